"""Reads CSV and TSV files, plain or gzipped, as a stream: memory does not grow with the file.

A file is UTF-8 or UTF-16 where it is valid as such; else Windows-1252, and the result says so.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from shop.imports.errors import ImportRefused
from shop.imports.reading.layout import Choice, Layout, Source

__all__ = ["Choice", "Layout", "Source", "Table", "look", "sample"]

GIGABYTE = 1024**3
MOST_BYTES = 4 * GIGABYTE  # unpacked
MOST_COLUMNS = 1000
ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
DELIMITERS = ",;\t|"
FALLBACK = "cp1252"
_BLOCK = 1 << 20
_OTHER_FILES = {
    b"PK\x03\x04": "an Excel workbook or a zip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}


class Table:
    """A file being read. `fraction` says how much of it has been, `left_out` which rows were none, and how many."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._raw: BinaryIO | None = None
        self.left_out: dict[str, int] = {}

    def fraction(self) -> float:
        if self._raw is None or not self._source.size:
            return 0.0
        return 1.0 if self._raw.closed else self._raw.tell() / self._source.size

    def chunks(self, size: int) -> Iterator[tuple[list[int], list[list[str]]]]:
        """(lines of the file, rows) for the rows below the header, so many at a time. Blank rows are left out."""
        with self._source.opens() as self._raw:
            text = io.TextIOWrapper(_unpacked(self._raw), self._layout.encoding, newline="")
            reader = csv.reader(text, delimiter=self._layout.delimiter)
            line = 1
            try:
                next((row for row in reader if any(row)), None)
                while True:
                    line = reader.line_num + 1
                    rows = list(itertools.islice(reader, size))
                    if not rows:
                        return
                    yield _numbered(line, reader.line_num, rows)
            except csv.Error as error:
                raise ImportRefused(f"{self._source.name}, line {reader.line_num}: {_csv_words(error)}") from error
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise _cut_off(self._source) from error

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line of the file, cells) for every row below the header, one by one."""
        for lines, rows in self.chunks(1000):
            yield from zip(lines, rows, strict=True)


def _numbered(first: int, last: int, rows: list[list[str]]) -> tuple[list[int], list[list[str]]]:
    """The line each row begins on. Rows are one line each, unless a quoted cell holds line breaks."""
    lines = list(range(first, first + len(rows)))
    if last - first + 1 != len(rows):
        line = first
        for place, row in enumerate(rows):
            lines[place] = line
            line += 1 + sum(cell.count("\n") or cell.count("\r") for cell in row)
    if all(map(any, rows)):
        return lines, rows
    kept = [(line, row) for line, row in zip(lines, rows, strict=True) if any(row)]
    return [line for line, _ in kept], [row for _, row in kept]


def look(source: Source, *, whole: bool = True, said: dict[str, Any] | None = None) -> Layout:
    """How the file is written. `whole` also proves its encoding to the last byte; else the first block decides.

    `said` is what a person chose and wins over any guess: encoding, delimiter, quote, escape, skip, header_rows.
    Raises ImportRefused for what is no CSV text, is empty, or is too large.
    """
    said = said or {}
    with source.opens() as raw:
        try:
            blocks = _blocks(_unpacked(raw))
            head = next(blocks, b"")
            _refuse_other_files(source, head)
            encoding = said.get("encoding") or _encoding(source, head, blocks if whole else iter(()))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _cut_off(source) from error
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    delimiter = said.get("delimiter") or _delimiter(source, text)
    choices = (Choice(FALLBACK, "Windows text", ""),) if encoding == FALLBACK and "encoding" not in said else ()
    return Layout(encoding, delimiter, _header(source, text, delimiter), choices=choices)


def sample(source: Source, layout: Layout, rows: int) -> list[list[str]]:
    """The first rows, to show."""
    found = []
    for _, row in Table(source, layout).rows():
        found.append(row)
        if len(found) == rows:
            break
    return found


def _unpacked(raw: BinaryIO) -> BinaryIO:
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    size = 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > MOST_BYTES:
            raise ImportRefused("The file is larger than 4 GB when unpacked. Split it by month or by year.")
        yield block


def _refuse_other_files(source: Source, head: bytes) -> None:
    if not head.strip():
        raise ImportRefused(f"{source.name} is empty.")
    for magic, what in _OTHER_FILES.items():
        if head.startswith(magic):
            raise ImportRefused(f"{source.name} is {what}, not a CSV file. Save it as CSV and try again.")


def _encoding(source: Source, head: bytes, rest: Iterator[bytes]) -> str:
    if found := _utf16(head):
        return found
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    encoding = "utf-8-sig"
    block: bytes | None = head
    while block is not None:
        if b"\0" in block:
            raise ImportRefused(
                f"{source.name} holds binary zeros, so it is not a CSV text file. Export it again as CSV."
            )
        if encoding != FALLBACK:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                encoding = FALLBACK
        if encoding == FALLBACK:
            _must_be_windows_text(source, block)
        block = next(rest, None)
    return encoding


def _must_be_windows_text(source: Source, block: bytes) -> None:
    try:
        block.decode(FALLBACK)
    except UnicodeDecodeError as error:
        raise ImportRefused(
            f"{source.name} is neither UTF-8 nor Windows text. Export it again and choose UTF-8."
        ) from error


def _utf16(head: bytes) -> str | None:
    """The name of the UTF-16 in use: by its mark, or by zeros in every second byte of plain text."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = head[:200]
    half = len(start) // 2
    if half and start[1::2].count(0) > half * 0.7:
        return "utf-16-le"
    if half and start[::2].count(0) > half * 0.7:
        return "utf-16-be"
    return None


def _delimiter(source: Source, text: str) -> str:
    if ".tsv" in PurePath(source.name).suffixes:
        return "\t"
    first, *more = [line for line in text[:65536].splitlines() if line.strip()][:30] or [""]
    try:
        found = csv.Sniffer().sniff("\n".join([first, *more]), DELIMITERS).delimiter
    except csv.Error:
        found = ","
    return found if found in first else max(DELIMITERS, key=first.count)


def _header(source: Source, text: str, delimiter: str) -> tuple[str, ...]:
    try:
        row = next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)), [])
    except csv.Error as error:
        raise ImportRefused(f"{source.name}, line 1: {_csv_words(error)}") from error
    if not row:
        raise ImportRefused(f"{source.name} has no row with words in it. Its first row must name the columns.")
    if len(row) > MOST_COLUMNS:
        raise ImportRefused(f"{source.name} has {len(row):,} columns; {MOST_COLUMNS:,} is the most.")
    names: list[str] = []
    for place, cell in enumerate(row, 1):
        name = cell.strip() or f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return tuple(names)


def _cut_off(source: Source) -> ImportRefused:
    return ImportRefused(f"{source.name} is cut off or damaged. Upload it again.")


def _csv_words(error: csv.Error) -> str:
    if "field larger" in str(error):
        return "a cell is longer than 128 kB. A quotation mark is probably never closed."
    return f"the row cannot be read ({error})."
