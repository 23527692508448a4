"""In which letters a file is written: by its mark, as strict UTF-8, as UTF-16 without a mark, else a code page.

The first three are proven, to the last byte where the whole file is read. A code page is a guess and is told as one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shop.imports.errors import ImportRefused
from shop.imports.reading import pages
from shop.imports.reading.layout import Choice, Source
from shop.imports.reading.streams import blocks, mended

UTF8 = "utf-8-sig"
_UNICODE = {"utf-8", UTF8, "utf-16", "utf-16-le", "utf-16-be", "utf-32"}
_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_HIGH = re.compile(rb"[\x80-\xff]")
# Letters as UTF-8 writes them, halves of pairs included.
_AS_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ASCII = bytes(range(128))
# What Windows text becomes where it was taken for Latin 1 before it was written as UTF-8: control characters.
_CONTROLS = re.compile(rb"\xc2[\x80-\x9f]")
_WORD = re.compile(rb"[^\s,;|\t\"]*\xc2[\x80-\x9f][^\s,;|\t\"]*")
_MOST_WORDS = 60
_SAMPLE = 1 << 16


@dataclass(frozen=True)
class Found:
    encoding: str
    evidence: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    mends: bool = False


def find(source: Source, head: bytes, rest: Iterator[bytes] | None, said: str = "") -> Found:
    """The encoding of a file that begins with `head`; `rest` is what must be proven besides, down to its end. `said`
    wins.

    Raises ImportRefused for what is no text, or is written in two ways at once.
    """
    if said:
        return _as_said(source, said, head, rest)
    if marked := _marked(head):
        return _proven(source, marked, head, rest)
    evidence = "It begins with the mark of UTF-8." if head.startswith(codecs.BOM_UTF8) else ""
    seen = _Seen(source)
    for block in _with(head, rest):
        seen.take(block)
    if rest is not None:
        seen.finish()
    if not seen.is_utf8:
        return seen.page()
    told = [evidence] if evidence else []
    if seen.controls:
        word = seen.controls.decode("utf-8", "ignore")
        told.append(f"Signs of Windows were written as control characters; “{mended(word)}” is one of them.")
    return Found(UTF8, tuple(told), mends=bool(seen.controls))


def _as_said(source: Source, said: str, head: bytes, rest: Iterator[bytes] | None) -> Found:
    if said not in _UNICODE and said not in pages.NAMES:
        raise ImportRefused(f"“{said}” is no way of writing letters that we know. Choose one of those shown.")
    said = UTF8 if said == "utf-8" else said
    return _proven(source, said, head, rest)


def _marked(head: bytes) -> str:
    """UTF-16 and 32 by their mark; UTF-16 without one by zeros in every second byte of plain text."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    start = head[:400]
    half = len(start) // 2
    if half and start[1::2].count(0) > half * 0.7 and start[::2].count(0) < half * 0.1:
        return "utf-16-le"
    if half and start[::2].count(0) > half * 0.7 and start[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return ""


def _proven(source: Source, encoding: str, head: bytes, rest: Iterator[bytes] | None) -> Found:
    """Every byte decodes, and none is zero."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        for block in _with(head, rest):
            text = decoder.decode(block)
            if "\0" in text:
                _refuse_zeros(source, lines + text.count("\n", 0, text.index("\0")))
            lines += text.count("\n")
        decoder.decode(b"", rest is not None)
    except UnicodeError as error:
        name = pages.NAMES.get(encoding, encoding.upper())
        raise ImportRefused(
            f"{source.name} cannot be read as {name} text: near line {lines:,} there are bytes that mean nothing in "
            "it. Export it again and choose UTF-8."
        ) from error
    words = {"utf-16": "It begins with the mark of UTF-16.", "utf-32": "It begins with the mark of UTF-32."}
    if encoding.startswith("utf-16-"):
        return Found(encoding, ("Every second byte is zero, so it is UTF-16.",))
    return Found(encoding, (words[encoding],) if encoding in words else ())


def _with(head: bytes, rest: Iterator[bytes] | None) -> Iterator[bytes]:
    yield head
    yield from rest or ()


def _refuse_zeros(source: Source, line: int) -> None:
    raise ImportRefused(
        f"{source.name} holds binary zeros, the first in line {line:,}, so it is not a CSV text file. "
        "Export it again as CSV."
    )


@dataclass
class _Seen:
    """What the bytes of a file without a mark have shown so far."""

    source: Source
    is_utf8: bool = True
    taken: int = 0
    bad_at: int = 0
    bytes_above: int = 0
    bytes_as_utf8: int = 0
    used: set[int] = field(default_factory=set)
    words: dict[bytes, None] = field(default_factory=dict)
    decoder: Any = field(default_factory=codecs.getincrementaldecoder("utf-8"))
    waiting: bytes = b""
    controls: bytes = b""

    def take(self, block: bytes) -> None:
        if b"\0" in block:
            _refuse_zeros(self.source, _line_at(self.source, self.taken + block.index(b"\0")))
        if not block.isascii():
            self._take_above(block)
        elif self.waiting:
            self._not_utf8(0)
        self.taken += len(block)

    def _take_above(self, block: bytes) -> None:
        above = block.translate(None, _ASCII)
        self.used.update(above.translate(None, bytes(self.used)))
        if self.is_utf8:
            try:
                self.decoder.decode(block)
                self.waiting = self.decoder.getstate()[0]
            except UnicodeDecodeError as error:
                self._not_utf8(max(error.start, 0))
        if self.is_utf8:
            self.bytes_above += len(above)
            self.bytes_as_utf8 += len(above)
            if not self.controls and (found := _CONTROLS.search(block)):
                word = _WORD.search(block[max(0, found.start() - 20) : found.end() + 20])
                self.controls = word[0] if word else found[0]
        else:
            self._take_words(block)

    def _take_words(self, block: bytes) -> None:
        """Some of the letters of a block that is no UTF-8, from the first on."""
        first = _HIGH.search(block)
        some = block[first.start() if first else 0 :][:_SAMPLE]
        self.bytes_above += len(some.translate(None, _ASCII))
        self.bytes_as_utf8 += sum(map(len, _AS_UTF8.findall(some)))
        if len(self.words) < _MOST_WORDS:
            self.words.update(dict.fromkeys(pages.examples(block, _MOST_WORDS)))

    def _not_utf8(self, place: int) -> None:
        self.is_utf8, self.waiting = False, b""
        self.bad_at = self.taken + place

    def finish(self) -> None:
        """A letter cut off at the very end is none."""
        if self.waiting and self.is_utf8:
            self._not_utf8(0)

    def page(self) -> Found:
        """The likeliest code page, and the others. Raises ImportRefused where a part of the file is UTF-8."""
        line = _line_at(self.source, self.bad_at)
        words, every = list(self.words), [bytes([byte]) for byte in self.used]
        of_country = pages.of_country(_country())
        able = [page for page in of_country if pages.can_be(page, every)]
        ranked = pages.ranked(words, able)
        if not ranked:
            raise ImportRefused(
                f"{self.source.name} is neither UTF-8 nor {pages.NAMES[of_country[0]]} text: see line "
                f"{line:,}. Export it again and choose UTF-8."
            )
        self._refuse_two_ways(ranked[0], line)
        choices = pages.choices(words, ranked)
        told = f"It is not UTF-8, see line {line:,}. It was read as {pages.NAMES[ranked[0]]} text"
        if choices:
            told += f": “{choices[0].words}”"
        if len(choices) > 1:
            told += f"; as {choices[1].name} it would be “{choices[1].words}”"
        only = Choice(ranked[0], pages.NAMES[ranked[0]], "")
        return Found(ranked[0], (f"{told}.",), choices or (only,))

    def _refuse_two_ways(self, page: str, line: int) -> None:
        """By accident, text in a code page of one byte a letter hardly ever looks like UTF-8."""
        most = 0.1 if page in {"cp1252", "cp1250", "cp1254", "cp1257"} else 0.5
        if self.bytes_as_utf8 > most * self.bytes_above:
            raise ImportRefused(
                f"{self.source.name} is written in two ways: a part of it is UTF-8, line {line:,} is not. "
                "Export it again and choose UTF-8."
            )


def _line_at(source: Source, place: int) -> int:
    """The line of a byte: counted only where it must be told, since it takes as long as reading."""
    line = 1
    with source.opens() as raw:
        for block in blocks(source, raw):
            line += block.count(b"\n", 0, place)
            place -= len(block)
            if place <= 0:
                break
    return line


def _country() -> str:
    """Of the chosen shop; empty where none is chosen."""
    from shop.models import Shop
    from shop.scope import chosen_shop_id

    chosen = chosen_shop_id()
    return "" if chosen is None else Shop.objects.get(pk=chosen).country
