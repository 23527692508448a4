"""Bytes and lines of a file as it is read, with limits: nobody's file may cost more memory than a row of one."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO, cast

from shop.imports.errors import ImportRefused
from shop.imports.limits import MEGABYTE, MOST_RATIO, MOST_UNPACKED, RATIO_COUNTS_FROM
from shop.imports.reading.layout import Layout, Source

BLOCK = MEGABYTE
# One row of the file. A thousand columns of a thousand letters each fit.
MOST_ROW = MEGABYTE
# Rows are taken from the parser so many at a time, and these together may be so large.
ROWS_AT_ONCE = 100
_MOST_AT_ONCE = 4 * MEGABYTE
_LINES_AT_ONCE = 1 << 16


_SIGNS = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}


def mended(text: str) -> str:
    """Control characters that Windows text became where it was taken for Latin 1, as the signs they were."""
    return text.translate(_SIGNS)


def unpacked(raw: BinaryIO) -> BinaryIO:
    """The file itself, or what a gzip file holds."""
    raw.seek(0)
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw


@contextmanager
def refusals(source: Source) -> Iterator[None]:
    """What cannot be unpacked or decoded is refused in words."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImportRefused(f"{source.name} is cut off or damaged. Upload it again.") from error
    except UnicodeError as error:
        raise ImportRefused(
            f"{source.name} holds letters that are not written as the rest of it is. Export it again and choose UTF-8."
        ) from error


def blocks(source: Source, raw: BinaryIO) -> Iterator[bytes]:
    """The unpacked bytes. Raises ImportRefused for too many of them, or for a file that was packed to do harm."""
    stream, size = unpacked(raw), 0
    while block := stream.read(BLOCK):
        size += len(block)
        if size > MOST_UNPACKED:
            raise ImportRefused("The file is larger than 4 GB when unpacked. Split it by month or by year.")
        if stream is not raw and size > RATIO_COUNTS_FROM and size > MOST_RATIO * max(raw.tell(), 1):
            raise ImportRefused(f"{source.name} unpacks to far more than a table would. Upload it unpacked.")
        yield block


class Watched(io.BufferedIOBase):
    """The bytes of a file on their way to the parser. Refuses a row that never ends before it fills the memory."""

    def __init__(self, source: Source, stream: BinaryIO) -> None:
        self._source = source
        self._stream = stream
        self.since_row = 0

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        block = self._stream.read(size)
        self.since_row += len(block)
        if self.since_row > 2 * MOST_ROW:
            self.refuse("a row longer than 1 MB")
        return block

    def refuse(self, what: str) -> None:
        raise ImportRefused(
            f"{self._source.name} has {what}. A quotation mark is probably never closed, or the file is no table."
        )

    def read(self, size: int | None = -1, /) -> bytes:
        return self.read1(size or -1)


class Lines:
    """The lines of a text, some at a time; the latest are kept, to show those that could not be read."""

    def __init__(self, text: TextIO, watched: Watched, rows: Callable[[], int], layout: Layout) -> None:
        self._text = text
        self._watched = watched
        self._rows = rows
        self._next = layout.skip + 1
        self._mends = layout.mends
        self._misplaced = layout.misplaced_quote
        self._kept: deque[tuple[int, list[str]]] = deque()
        self._needed_from = self._next
        self.taken = 0
        self.has_misplaced = False
        self._rows_from = 0

    def blocks(self) -> Iterator[list[str]]:
        """Lines as they are, line ends and all. `taken` grows by their length; `has_misplaced` says that a quotation
        mark stood in the middle of an unquoted cell."""
        rows = -1
        while block := self._text.readlines(_LINES_AT_ONCE):
            if rows != self._rows():
                rows, self._watched.since_row = self._rows(), 0
            if self._mends:
                block = [mended(line) for line in block]
            if not self.has_misplaced:
                self.has_misplaced = self._misplaced.search("".join(block)) is not None
            self._keep(block)
            yield block

    def next_rows(self, line: int) -> None:
        """The next rows are taken from here on; lines above that line are needed no more."""
        self._rows_from, self._needed_from = self.taken, line

    def _keep(self, block: list[str]) -> None:
        size = sum(map(len, block))
        self.taken += size
        if self.taken - self._rows_from > _MOST_AT_ONCE:
            self._watched.refuse("rows too long for a table")
        self._kept.append((self._next, block))
        self._next += len(block)
        while len(self._kept) > 1 and self._kept[1][0] <= self._needed_from:
            self._kept.popleft()

    def between(self, first: int, last: int) -> list[str]:
        """The lines of the file from first to last, as far as they are still kept."""
        found: list[str] = []
        for start, block in reversed(self._kept):
            if start <= last:
                found = block[max(0, first - start) : last - start + 1] + found
            if start <= first:
                break
        return found
