"""Reads tables written as text, plain or gzipped: how a file is written is found out, shown and proven, never assumed.

`look` says how, `Table` gives the rows as a stream, `sample` the first of them.
"""

from __future__ import annotations

import codecs
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from shop.imports.errors import ImportRefused
from shop.imports.limits import GIGABYTE, MOST_COLUMNS
from shop.imports.reading import dialects, encodings, headers, prose, saying, several
from shop.imports.reading.dialects import Record
from shop.imports.reading.layout import Choice, Layout, Problem, Source
from shop.imports.reading.streams import BLOCK, blocks, mended, refusals
from shop.imports.reading.table import Table

__all__ = ["ENDINGS", "GIGABYTE", "Choice", "Layout", "Problem", "Source", "Table", "Unsure", "look", "sample"]

ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
_LOOKED_AT = 120_000
_MANY_ROWS = 5
_MISSING = "A column name is probably missing; add it and upload the file again"
_OTHER_FILES = {
    b"PK\x03\x04": "an Excel workbook or a zip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}


class Unsure(ImportRefused):
    """How the file is written cannot be told. `layout` is the likeliest; a person who confirms it passes it as said."""

    def __init__(self, sentence: str, layout: Layout) -> None:
        super().__init__(sentence)
        self.layout = layout


def look(source: Source, *, whole: bool = True, said: dict[str, Any] | None = None) -> Layout:
    """How the file is written. `whole` also proves its encoding to the last byte; else the first block decides.

    `said` is what a person chose and wins over any guess: encoding, delimiter, quote, escape, skip (lines above the
    column names), header_rows (or has_header), ragged. Raises ImportRefused for what is no table as text, is empty, or
    is too large, and Unsure where only a person can tell the column names from the rows around them.
    """
    said = saying.checked(said)
    with source.opens() as raw, refusals(source):
        rest = blocks(source, raw)
        head = next(rest, b"")
        _refuse_other_files(source, head)
        found = encodings.find(source, head, rest if whole else None, said.get("encoding", ""))
        lines = _lines(source, head, found.encoding)
        lines = [mended(line) for line in lines] if found.mends else lines
    layout, doubt = _layout(source, lines, found, said)
    if doubt and "header_rows" not in said:
        raise Unsure(f"{source.name}: {doubt}.", layout)
    return _widened(source, layout) if layout.ragged and whole else layout


def sample(source: Source, layout: Layout, rows: int) -> list[list[str]]:
    """The first rows, to show."""
    found = []
    for _, row in Table(source, layout).rows():
        found.append(row)
        if len(found) == rows:
            break
    return found


def _refuse_other_files(source: Source, head: bytes) -> None:
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe\x1a"):
        raise ImportRefused(f"{source.name} is empty.")
    for magic, what in _OTHER_FILES.items():
        if head.startswith(magic):
            raise ImportRefused(f"{source.name} is {what}, not a CSV file. Save it as CSV and try again.")


def _lines(source: Source, head: bytes, encoding: str) -> list[str]:
    """The first whole lines of the file."""
    ends = len(head) < BLOCK
    text = codecs.getincrementaldecoder(encoding)().decode(head, ends)
    lines = io.StringIO(text, newline="").readlines()
    if not ends and len(lines) < 2:
        raise ImportRefused(f"{source.name} has a first row longer than 1 MB, so it is no table we can read.")
    lines = lines if ends else lines[:-1]
    taken = 0
    for place, line in enumerate(lines):
        taken += len(line)
        if taken > _LOOKED_AT:
            return lines[: place + 1]
    return lines


def _layout(source: Source, lines: list[str], found: encodings.Found, said: dict[str, Any]) -> tuple[Layout, str]:
    """The layout, and what is doubtful about it."""
    skip = said.get("skip", 0)
    if marked := dialects.says_so(lines):
        said, skip = {"delimiter": marked} | said, skip or 1
    dialect, evidence = dialects.find(source.name, lines[skip:], said)
    if "delimiter" not in said:
        prose.refuse(source, lines, dialect)
    every = dialects.records(lines[skip:], dialect, skip + 1)
    records = [record for record in every if not record.is_blank]
    good = [record for record in records if record.cells is not None]
    if not good:
        raise ImportRefused(_without_names(source, records, lines, said))
    rows = [record.cells for record in good if record.cells is not None]
    narrow = [row[: MOST_COLUMNS + 1] for row in rows]
    head = headers.find(narrow, said.get("header_rows"), 0 if "skip" in said else None)
    several.refuse(source, every, good[head.place].line, rows[head.place])
    _refuse_uneven(source, records, good[head.place])
    skip = good[head.place].line - 1
    data = rows[head.first_data :]
    layout = Layout(
        found.encoding,
        dialect.delimiter,
        headers.unique(head.names, _width(source, rows, head)),
        quote=dialect.quote,
        escape=dialect.escape,
        skip=skip,
        header_rows=head.rows,
        ragged=bool(said.get("ragged")),
        mends=found.mends,
        headings=several.has_full_rows(data),
        choices=found.choices,
        evidence=(*found.evidence, *evidence, *_told_preamble(rows[: head.place]), *head.evidence),
    )
    return _with_ends(layout, data, head.doubt)


def _without_names(source: Source, records: list[Record], lines: list[str], said: dict[str, Any]) -> str:
    if "skip" in said and not any(map(str.strip, lines[said["skip"] :])):
        return f"{source.name} has nothing below line {said['skip']:,}."
    if records or any('"' in line for line in lines):
        return (
            f"{source.name}: a quotation mark in the first row is never closed, so its column names cannot be read. "
            "Take it out and upload the file again."
        )
    return f"{source.name} has no row with words in it. Its first row must name the columns."


def _refuse_uneven(source: Source, records: list[Record], names: Record) -> None:
    for record in records:
        if record.cells is None and record.line <= names.line:
            raise ImportRefused(
                f"{source.name}, line {record.line}: a quotation mark too many or too few, so the column names cannot "
                "be read. Correct the line and upload the file again."
            )


def _width(source: Source, rows: Sequence[list[str]], head: headers.Head) -> int:
    """As many columns as there are names; without names, as the rows usually have."""
    if head.rows:
        width = len(rows[head.place])
    else:
        width = max(Counter(map(len, rows[head.place :])).items(), key=lambda one: (one[1], one[0]))[0]
    if width > MOST_COLUMNS:
        raise ImportRefused(f"{source.name} has {width:,} columns; {MOST_COLUMNS:,} is the most.")
    return width


def _told_preamble(rows: Sequence[list[str]]) -> Iterator[str]:
    if rows:
        words = " ".join(filter(None, map(str.strip, rows[0])))
        yield f"{len(rows)} rows above the column names were left out, the first of them “{words[:80]}”."


def _with_ends(layout: Layout, data: Sequence[list[str]], doubt: str) -> tuple[Layout, str]:
    """What the ends of the rows say: empty cells beyond the last name may be usual, or a sign of moved cells."""
    width = len(layout.header)
    whole = [row for row in data if len(row) >= width]
    layout = replace(layout, loose_end=all(row[width - 1].strip() for row in whole))
    usual, count = Counter(map(len, data)).most_common(1)[0] if data else (width, 0)
    longer = [row for row in data if len(row) == usual]
    if usual <= width or any(any(map(str.strip, row[width:])) for row in longer):
        if usual != width and len(data) >= _MANY_ROWS and count > 0.9 * len(data) and not layout.ragged:
            doubt = doubt or f"there are {width} column names, but the rows have {usual} cells. {_MISSING}"
        return layout, doubt
    layout = replace(layout, padding=usual - width)
    if name := headers.contradicts(layout.header, data):
        told = f"the rows have {usual} cells for {width} column names, and “{name}” does not fit its column"
        doubt = doubt or f"{told}. {_MISSING}"
    return layout, doubt


def _widened(source: Source, layout: Layout) -> Layout:
    """A ragged table is as wide as its longest row."""
    widest = max((len(row) for _, row in Table(source, layout).rows()), default=1)
    if widest > MOST_COLUMNS:
        raise ImportRefused(f"{source.name} has a row of {widest:,} cells; {MOST_COLUMNS:,} is the most.")
    return replace(layout, header=headers.unique(layout.header, max(widest, len(layout.header))))
