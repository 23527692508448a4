"""Workbooks (.xlsx, .xlsm, .xls, .ods) become CSV text, one file a sheet. The reading is done by a child process."""

from __future__ import annotations

import json
import logging
import signal
import struct
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from shop.imports import archives, workbook_child
from shop.imports.errors import ImportRefused
from shop.imports.limits import MOST_WORKBOOK, MOST_WORKBOOK_UNPACKED, workbook_memory, workbook_seconds

log = logging.getLogger("aisle.imports")
OLD_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TOO_SLOW = "takes too long to read. Save the sheet as CSV"
_SEALED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True)
class Sheet:
    """A sheet as a CSV file: UTF-8, commas, a line for each row of the sheet."""

    name: str
    path: Path
    rows: int
    is_hidden: bool


def sheets(path: Path, folder: Path, name: str) -> list[Sheet]:
    """The sheets of a workbook that hold anything, visible ones first. Raises ImportRefused with the cause.

    Reading may take memory and time in proportion to the file's size and no more, whatever is in it.
    """
    size = path.stat().st_size
    _check_size(size, name)
    folder.mkdir(parents=True, exist_ok=True)
    told = _child(path, folder, size)
    if "refused" in told:
        raise ImportRefused(f"{name} {told['refused']} and upload it again.")
    found = [Sheet(one["name"], folder / one["file"], one["rows"], one["hidden"]) for one in told["sheets"]]
    if not found:
        raise ImportRefused(f"{name} is empty: none of its sheets holds a row.")
    return found


def _check_size(size: int, name: str) -> None:
    if size > MOST_WORKBOOK:
        raise ImportRefused(
            f"{name} is a workbook larger than {MOST_WORKBOOK // 1024**2} MB. Save the sheet as CSV and upload that."
        )


def _child(path: Path, folder: Path, size: int) -> dict[str, Any]:
    """What the child process printed. It gets no environment, so it knows no secret."""
    seconds = workbook_seconds(size)
    words = [sys.executable, "-I", str(workbook_child.__file__), str(path), str(folder)]
    try:
        done = subprocess.run(
            [*words, str(workbook_memory(size)), str(seconds)],
            env={"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"refused": _TOO_SLOW}
    told: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else _died(done.returncode, done.stderr)
    if "why" in told:
        log.info("workbook not read", extra={"why": told["why"]})
    return told


def _died(code: int, said: bytes) -> dict[str, Any]:
    """Ended by its limits, or by something in the file that no reader expects."""
    why = f"{code} {said[-300:].decode(errors='replace')}"
    if code == -signal.SIGXCPU:
        return {"refused": _TOO_SLOW, "why": why}
    of_memory = b"memory allocation" in said or b"capacity overflow" in said or code == -signal.SIGKILL
    return {"refused": workbook_child.TOO_LARGE if of_memory else workbook_child.UNREADABLE, "why": why}


def what_is(raw: BinaryIO, name: str) -> str:
    """“xlsx”, “xls” or “ods” for a workbook, “zip” for another zip, “” for what is neither.

    Looks at the first bytes and the directory. Raises ImportRefused for a workbook nobody should open.
    """
    head = raw.read(8)
    if head == OLD_MAGIC:
        _look_at_old(raw, name)
        return "xls"
    if not head.startswith(archives.ZIP_MAGIC):
        return ""
    size = raw.seek(0, 2)
    with archives.open_zip(raw, name) as found:
        names = set(found.namelist())
        kind = _kind_of_zip(found, names, name)
        if kind != "zip":
            _check_size(size, name)
            archives.open_zip(raw, name, most=MOST_WORKBOOK_UNPACKED)
        return kind


def _kind_of_zip(found: zipfile.ZipFile, names: set[str], name: str) -> str:
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "mimetype" in names and "content.xml" in names:
        says = found.open("mimetype").read(100)
        if b"opendocument.spreadsheet" in says:
            return "ods"
        raise ImportRefused(f"{name} is a document, not a workbook. Save its table as CSV and upload that.")
    if "xl/workbook.bin" in names:
        raise ImportRefused(f"{name} is a binary workbook. Save it as .xlsx and upload that.")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise ImportRefused(f"{name} is a document, not a workbook. Save its table as CSV and upload that.")
    if "[Content_Types].xml" in names and any(one.startswith("xl/") for one in names):
        raise ImportRefused(f"{name} is damaged: the list of its sheets is missing. Save it again as .xlsx.")
    return "zip"


def _look_at_old(raw: BinaryIO, name: str) -> None:
    """An .xlsx with a password is a sealed box of the old kind. Its first directory sector names what is inside."""
    _check_size(raw.seek(0, 2), name)
    raw.seek(0)
    header = raw.read(512)
    if len(header) < 512:
        raise ImportRefused(f"{name} is cut off or damaged. Save it again and upload that.")
    sector = 1 << min(struct.unpack("<H", header[30:32])[0], 12)
    raw.seek((struct.unpack("<L", header[48:52])[0] + 1) * sector)
    if _SEALED in raw.read(4096):
        raise ImportRefused(f"{name} is protected by a password. Save it without one and upload it again.")
