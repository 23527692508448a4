"""From a file as it came to the tables in it: a text file is itself, workbooks and archives become CSV text on disk.

What a file is, its first bytes say; its name is only believed where they say nothing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from shop.imports import archives, workbooks
from shop.imports.errors import ImportRefused
from shop.imports.limits import MOST_MEMBERS, MOST_UNPACKED, MOST_UPLOADED, MOST_WORKBOOK
from shop.imports.reading import Source

TEXTS = (".csv", ".tsv", ".tab", ".txt")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
ENDINGS = (*TEXTS, *WORKBOOKS, ".zip", ".gz")
_HEAD = 4096
_GZIP_MAGIC = b"\x1f\x8b"
# A sheet was written by ourselves: nothing about it is left to guess.
_WRITTEN_HERE = {"encoding": "utf-8", "delimiter": ",", "quote": '"'}
_OTHERS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
    b"MZ": "a program",
    b"\x7fELF": "a program",
    b"\x09\x08": "a workbook of an Excel older than 97",
    b"PK\x05\x06": "a zip with nothing in it",
}
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table", b"<head", b"<body", b"<meta", b"<workbook")


@dataclass(frozen=True)
class Member:
    """One table of a file, as text. `said` is what is certain of how it is written: pass it to `reading.look`."""

    name: str
    source: Source
    evidence: tuple[str, ...] = ()
    said: dict[str, Any] = field(default_factory=dict)


def first_look(source: Source) -> str:
    """What the file is: “text”, “workbook” or “archive”, by its name, size, first bytes and directory alone.

    Cheap whatever the file. Raises ImportRefused with the cause and what to do.
    """
    if not source.name.lower().endswith(ENDINGS):
        raise ImportRefused(
            f"{source.name} is no table we can read. Its name must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}."
        )
    if source.size > MOST_UPLOADED:
        raise ImportRefused(f"{source.name} is larger than 1 GB. Pack it as .gz, or split it by month or by year.")
    with _opened(source) as raw:
        head = raw.read(_HEAD)
        if head.startswith(_GZIP_MAGIC):
            raw.seek(0)
            _refuse_others(inside := archives.gzip_head(raw, source.name, _HEAD), source.name)
            if inside.startswith((_GZIP_MAGIC, archives.ZIP_MAGIC)) and not source.name.lower().endswith(
                _packed_books()
            ):
                raise ImportRefused(f"{source.name} is packed twice. Pack the tables themselves.")
            return "archive"
        _refuse_others(head, source.name)
        raw.seek(0)
        kind = workbooks.what_is(raw, source.name)
        if kind == "zip":
            _first_look_at_zip(raw, source.name)
            return "archive"
        return "workbook" if kind else "text"


def _packed_books() -> tuple[str, ...]:
    return tuple(f"{one}.gz" for one in WORKBOOKS)


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    with source.opens() as raw:
        raw.seek(0)
        yield raw


def _refuse_others(head: bytes, name: str) -> None:
    if not head.strip():
        raise ImportRefused(f"{name} is empty. Export it again and look whether the export holds rows.")
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise ImportRefused(f"{name} is {what}. Export the table as CSV or .xlsx and upload that.")
    if len(head) > 262 and head[257:262] == b"ustar":
        raise ImportRefused(f"{name} is a tar archive. Pack the tables as an ordinary zip.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(_MARKUP):
        raise ImportRefused(
            f"{name} is a web page or XML, whatever its name says. Open it in a spreadsheet, save it as .xlsx or CSV "
            "and upload that."
        )


def _first_look_at_zip(raw: BinaryIO, name: str) -> list[zipfile.ZipInfo]:
    with archives.open_zip(raw, name) as found:
        return _tables_in(found, name)[0]


def _tables_in(found: zipfile.ZipFile, name: str) -> tuple[list[zipfile.ZipInfo], list[str]]:
    """The files that may be tables, and the names of those that are none. Raises ImportRefused where there are none."""
    everything = archives.files(found)
    if len(everything) > MOST_MEMBERS:
        raise ImportRefused(f"{name} holds more than {MOST_MEMBERS} files. Pack fewer of them at a time.")
    for entry in everything:
        if entry.filename.lower().endswith((".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz")):
            raise ImportRefused(
                f"{name} holds another archive, {archives.label(entry.filename)}. Pack the tables themselves."
            )
        if entry.filename.lower().endswith(WORKBOOKS) and entry.file_size > MOST_WORKBOOK:
            raise ImportRefused(
                f"{archives.label(entry.filename)} in {name} is a workbook larger than 20 MB. Save it as CSV."
            )
    tables = [entry for entry in everything if _may_be_table(entry)]
    others = [archives.label(entry.filename) for entry in everything if not _may_be_table(entry)]
    if not tables:
        held = f"It holds {', '.join(others[:3])}." if others else "It is empty."
        raise ImportRefused(f"{name} holds no table. {held} Put CSV files or workbooks into it.")
    return tables, others


def _may_be_table(entry: zipfile.ZipInfo) -> bool:
    last = archives.label(entry.filename).lower()
    return last.endswith((*TEXTS, *WORKBOOKS)) and not last.startswith("readme") and entry.file_size > 0


def open_tables(source: Source, folder: Path) -> list[Member]:
    """The tables of a file: at least one. What is not plain text is written to `folder`, which the caller removes.

    Raises ImportRefused with the cause. Everything that comes out of an archive is counted while it comes.
    """
    kind = first_look(source)
    if kind == "text":
        return [Member(source.name, source)]
    if kind == "workbook":
        path = folder / "workbook"
        with _opened(source) as raw:
            archives.keep(raw, path, most=MOST_WORKBOOK, name=source.name)
        return _members_of(path, folder / "sheets", source.name)
    with _opened(source) as raw:
        zipped = raw.read(4) == archives.ZIP_MAGIC
    return _of_zip(source, folder) if zipped else _of_gzip(source, folder)


def _of_gzip(source: Source, folder: Path) -> list[Member]:
    """Text is read as it unpacks; only a workbook must be on disk."""
    with _opened(source) as raw:
        head = archives.gzip_head(raw, source.name, 8)
    if not head.startswith((archives.ZIP_MAGIC, workbooks.OLD_MAGIC)):
        return [Member(source.name, source)]
    path = folder / "workbook"
    with _opened(source) as raw:
        archives.gunzip(raw, path, most=MOST_WORKBOOK, name=source.name)
    return _members_of(path, folder / "sheets", source.name[: -len(".gz")])


def _of_zip(source: Source, folder: Path) -> list[Member]:
    found: list[Member] = []
    left = MOST_UNPACKED
    with _opened(source) as raw, archives.open_zip(raw, source.name) as opened:
        tables, others = _tables_in(opened, source.name)
        for place, entry in enumerate(tables):
            path = folder / f"{place}"
            archives.unpack(opened, entry, path, most=left, name=source.name)
            left -= path.stat().st_size
            found += _members_of(path, folder / f"sheets{place}", archives.label(entry.filename))
    found = _named_apart(found)
    if others:
        told = f"Left out, being no tables: {', '.join(others[:5])}{' and more' if len(others) > 5 else ''}."
        found[0] = replace(found[0], evidence=(*found[0].evidence, told))
    return found


def _named_apart(members: list[Member]) -> list[Member]:
    """No two tables of a file have the same name: a person chooses by it."""
    seen: set[str] = set()
    apart = []
    for member in members:
        name, number = member.name, 1
        while name in seen:
            number += 1
            name = f"{member.name} ({number})"
        seen.add(name)
        apart.append(replace(member, name=name))
    return apart


def _members_of(path: Path, folder: Path, name: str) -> list[Member]:
    """The tables of an unpacked file. Archives inside archives are not opened."""
    with path.open("rb") as raw:
        _refuse_others(raw.read(_HEAD), name)
        raw.seek(0)
        if raw.read(2) == _GZIP_MAGIC:
            raise ImportRefused(f"{name} is packed twice. Pack the tables themselves.")
        raw.seek(0)
        kind = workbooks.what_is(raw, name)
    if kind == "zip":
        raise ImportRefused(f"{name} is an archive inside an archive. Pack the tables themselves.")
    if not kind:
        return [Member(name, _on_disk(path, name))]
    return _sheets(path.rename(path.with_suffix(f".{kind}")), folder, name)


def _sheets(path: Path, folder: Path, name: str) -> list[Member]:
    sheets = workbooks.sheets(path, folder, name)
    found = [
        Member(
            archives.label(sheet.name) if len(sheets) > 1 else name,
            _on_disk(sheet.path, f"{name}, sheet {archives.label(sheet.name)}"),
            (f"The sheet “{archives.label(sheet.name)}” is hidden in the workbook.",) if sheet.is_hidden else (),
            dict(_WRITTEN_HERE),
        )
        for sheet in sheets
    ]
    return _named_apart(found)


def _on_disk(path: Path, name: str) -> Source:
    opens: Callable[[], BinaryIO] = lambda: cast(BinaryIO, path.open("rb"))  # noqa: E731
    return Source(name, path.stat().st_size, opens)
