"""Zip and gzip files, opened with suspicion: what their directory says is checked first, what comes out is counted.

Names inside an archive are labels and never become paths.
"""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

from shop.imports.errors import ImportRefused
from shop.imports.limits import (
    MEGABYTE,
    MOST_DIRECTORY,
    MOST_ENTRIES,
    MOST_RATIO,
    MOST_UNPACKED,
    RATIO_COUNTS_FROM,
)

Readable = IO[bytes] | gzip.GzipFile
ZIP_MAGIC = b"PK\x03\x04"
_BLOCK = 1 << 18
_SMALL = 1 << 14
_END = b"PK\x05\x06"
_END_SIZE = 22
_LOCATOR = b"PK\x06\x07"  # of the larger directory that large zips have
_LOCATOR_SIZE = 20
_LOCAL_SIZE = 30
_PROTECTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, struct.error, NotImplementedError, ValueError)


def open_zip(raw: BinaryIO, name: str, *, most: int = MOST_UNPACKED) -> zipfile.ZipFile:
    """The zip, once its directory is found sane. Reads nothing else. Raises ImportRefused."""
    size = raw.seek(0, 2)
    _check_end(raw, size, name)
    try:
        found = zipfile.ZipFile(raw)
    except (*_DAMAGED, OSError) as error:
        raise _damaged(name) from error
    _check_entries(found, size, name, most)
    return found


def _check_end(raw: BinaryIO, size: int, name: str) -> None:
    """The directory's own size, before anything reads it: a forged one would be taken into memory whole."""
    raw.seek(max(0, size - _END_SIZE - 0xFFFF))
    tail = raw.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise _damaged(name)
    entries, directory = struct.unpack("<HL", tail[place + 10 : place + 16])
    locator = tail[max(0, place - _LOCATOR_SIZE) : place]
    if locator.startswith(_LOCATOR):
        raw.seek(min(struct.unpack("<Q", locator[8:16])[0], size))
        entries, directory = struct.unpack("<QQ", raw.read(48).ljust(48, b"\xff")[32:48])
    if entries > MOST_ENTRIES or directory > MOST_DIRECTORY:
        raise ImportRefused(f"{name} holds more than {MOST_ENTRIES:,} files, or its list of them is damaged.")


def _check_entries(found: zipfile.ZipFile, size: int, name: str, most: int) -> None:
    end = 0
    for entry in sorted(found.infolist(), key=lambda entry: entry.header_offset):
        if entry.flag_bits & _PROTECTED:
            raise ImportRefused(f"{name} is protected by a password. Save it without one and upload it again.")
        if entry.compress_type not in _METHODS:
            raise ImportRefused(f"{name} is packed in a way we do not read. Pack it again as an ordinary zip.")
        if entry.header_offset < end:
            raise ImportRefused(f"{name} is built to unpack the same bytes over and over. It was not opened.")
        end = entry.header_offset + _LOCAL_SIZE + entry.compress_size
        _check_ratio(name, entry.compress_size, entry.file_size)
    if end > size:
        raise _damaged(name)
    unpacked = sum(entry.file_size for entry in found.infolist())
    _check_ratio(name, size, unpacked)
    if unpacked > most:
        raise ImportRefused(f"{name} is larger than {_words(most)} when unpacked. Split it.")


def _check_ratio(name: str, packed: int, unpacked: int) -> None:
    if unpacked > RATIO_COUNTS_FROM and unpacked > packed * MOST_RATIO:
        raise ImportRefused(
            f"{name} would unpack to over {MOST_RATIO} times its size. No table does; it was not opened."
        )


def files(found: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files a person packed: no folders, none that a system adds by itself."""
    return [entry for entry in found.infolist() if not entry.is_dir() and not _is_by_the_system(entry.filename)]


def _is_by_the_system(name: str) -> bool:
    parts = re.split(r"[\\/]", name)
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1].lower() in {"thumbs.db", "desktop.ini"}


def label(name: str) -> str:
    """A name from an archive or a workbook, fit to be shown: its last part, without control characters."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip()[:100] or "unnamed"


def unpack(found: zipfile.ZipFile, entry: zipfile.ZipInfo, to: Path, *, most: int, name: str) -> None:
    """One file of a zip, to disk. Its bytes are counted while they come. Raises ImportRefused."""
    try:
        with found.open(entry) as packed:
            _copy(packed, to, most, name)
    except _DAMAGED as error:
        raise _damaged(f"{label(entry.filename)} in {name}") from error


def gunzip(raw: BinaryIO, to: Path, *, most: int, name: str) -> None:
    """What a gzip file holds, to disk. Raises ImportRefused."""
    try:
        with gzip.GzipFile(fileobj=raw) as packed:
            _copy(packed, to, most, name)
    except _DAMAGED as error:
        raise _damaged(name) from error


def gzip_head(raw: BinaryIO, name: str, size: int) -> bytes:
    """The first bytes inside a gzip file. Raises ImportRefused where they unpack as no table would."""
    opened = zlib.decompressobj(31)
    head, unpacked, packed = b"", 0, 0
    try:
        while unpacked <= RATIO_COUNTS_FROM and (block := raw.read(_SMALL)):
            packed += len(block)
            while block and unpacked <= RATIO_COUNTS_FROM:
                piece = opened.decompress(block, _BLOCK)
                head, unpacked = head or piece[:size], unpacked + len(piece)
                block = opened.unconsumed_tail
    except zlib.error as error:
        raise _damaged(name) from error
    if not head and not opened.eof:
        raise _damaged(name)
    _check_ratio(name, packed, unpacked)
    return head


def keep(raw: BinaryIO, to: Path, *, most: int, name: str) -> None:
    """A copy on this machine's disk."""
    _copy(raw, to, most, name)


def _copy(blocks: Readable, to: Path, most: int, name: str) -> None:
    with to.open("wb") as out:
        for block in _blocks(blocks):
            if out.tell() + len(block) > most:
                raise ImportRefused(f"{name} is larger than {_words(most)} when unpacked. Split it.")
            out.write(block)


def _blocks(opened: Readable) -> Iterator[bytes]:
    while block := opened.read(_BLOCK):
        yield block


def _words(size: int) -> str:
    return f"{size // MEGABYTE:,} MB" if size < 1024 * MEGABYTE else f"{size // (1024 * MEGABYTE)} GB"


def _damaged(name: str) -> ImportRefused:
    return ImportRefused(f"{name} is cut off or damaged. Save or pack it again, and upload that.")
