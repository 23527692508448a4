"""The rows of a file whose layout is known, as a stream: memory does not grow with the file."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from typing import BinaryIO, cast

from shop.imports.errors import ImportRefused
from shop.imports.limits import MOST_ROWS
from shop.imports.reading.dialects import Dialect
from shop.imports.reading.layout import Layout, Problem, Source
from shop.imports.reading.leaving_out import BLANK, Kept
from shop.imports.reading.streams import ROWS_AT_ONCE, Lines, Watched, refusals, unpacked

_MOST_IN_A_CHUNK = 4 << 20


class Table:
    """A file being read. `fraction` says how much of it has been; `left_out` which rows were none of the table, and
    how many, and `examples` the line and the words of one of each. Both are complete once the last chunk is out."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._dialect = Dialect(layout.delimiter, layout.quote, layout.escape)
        self._width = len(layout.header)
        self._opens = layout.misplaced_quote
        self._raw: BinaryIO | None = None
        self._rows = 0
        self._at_work: list[list[str]] = []
        self._kept = Kept([], self._width, headings=layout.headings)

    @property
    def left_out(self) -> dict[str, int]:
        return self._kept.counts

    @property
    def examples(self) -> dict[str, tuple[int, str]]:
        return self._kept.examples

    def told(self) -> list[str]:
        """Sentences about the rows that were left out. Blank ones go without saying."""
        return [
            f"{self._source.name}: {count:,} {'row' if count == 1 else 'rows'} left out as {reason}, such as line "
            f"{self.examples[reason][0]:,}: “{self.examples[reason][1]}”."
            for reason, count in self.left_out.items()
            if reason != BLANK
        ]

    def fraction(self) -> float:
        if self._raw is None or not self._source.size:
            return 0.0
        return 1.0 if self._raw.closed else min(1.0, self._raw.tell() / self._source.size)

    def chunks(self, size: int) -> Iterator[tuple[list[int], list[list[str]]]]:
        """(lines of the file, rows) for the rows below the column names, so many at a time.

        Rows that cannot be matched with the names are among them: `Layout.problem` tells. Raises ImportRefused.
        """
        with self._source.opens() as self._raw, refusals(self._source):
            watched = Watched(self._source, unpacked(self._raw))
            text = io.TextIOWrapper(cast(BinaryIO, watched), self._layout.encoding, newline="")
            for _ in range(self._layout.skip):
                text.readline()
            lines = Lines(text, watched, lambda: self._rows + len(self._at_work), self._layout)
            for numbers, rows, at_end in self._batched(lines, size):
                found = self._kept.sorted(numbers, rows, at_end=at_end)
                if found[1]:
                    yield found

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line of the file, cells) for every row below the column names, one by one."""
        for lines, rows in self.chunks(ROWS_AT_ONCE):
            yield from zip(lines, rows, strict=True)

    def _batched(self, lines: Lines, size: int) -> Iterator[tuple[list[int], list[list[str]], bool]]:
        """Rows as they are parsed, without those of the column names, and whether they are the last. Few at a time are
        held ahead: rows that live long cost Python more than reading them does."""
        numbers: list[int] = []
        rows: list[list[str]] = []
        names: list[list[str]] = []
        started = lines.taken
        parsed = self._parsed(lines, min(size, ROWS_AT_ONCE))
        ahead = next(parsed, None)
        while ahead is not None:
            some_numbers, some = self._without_names(*ahead, names)
            numbers += some_numbers
            rows += some
            ahead = next(parsed, None)
            if rows and (ahead is None or len(rows) >= size or lines.taken - started > _MOST_IN_A_CHUNK):
                yield numbers, rows, ahead is None
                numbers, rows, started = [], [], lines.taken

    def _without_names(
        self, numbers: list[int], rows: list[list[str]], names: list[list[str]]
    ) -> tuple[list[int], list[list[str]]]:
        if len(names) == self._layout.header_rows:
            return numbers, rows
        place = 0
        while place < len(rows) and len(names) < self._layout.header_rows:
            if any(map(str.strip, rows[place])):
                names.append(rows[place])
            place += 1
        self._kept = Kept(names, self._width, headings=self._layout.headings)
        return numbers[place:], rows[place:]

    def _parsed(self, lines: Lines, most: int) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Rows and the lines they begin on. A row with uneven quotation marks is told apart, the next is read on."""
        start = self._layout.skip
        reader = self._dialect.reader(itertools.chain.from_iterable(lines.blocks()))
        done = 0
        while True:
            rows: list[list[str]] = []
            self._at_work = rows
            error = None
            lines.next_rows(start + done + 1)
            try:
                rows.extend(itertools.islice(reader, most))
            except csv.Error as found:
                error = found
            if rows:
                numbers, ends = _numbered(start + done + 1, rows, None if error else start + reader.line_num)
                done = ends - start
                if lines.has_misplaced or self._dialect.quote == "'":
                    rows = [self._or_doubted(row) for row in rows]
                self._count(len(rows))
                yield numbers, rows
            if error is not None:
                last = start + reader.line_num
                told = self._told_apart(lines, start + done + 1, last, error)
                self._count(len(told[1]))
                yield told
                done = last - start
            elif len(rows) < most:
                return

    def _count(self, rows: int) -> None:
        self._rows += rows
        if self._rows > MOST_ROWS:
            raise ImportRefused(f"{self._source.name} has more than {MOST_ROWS:,} rows. Split it by year.")

    def _told_apart(self, lines: Lines, first: int, last: int, error: csv.Error) -> tuple[list[int], list[list[str]]]:
        """The lines of a row that could not be read. Those that are whole rows by themselves are taken as such."""
        numbers, rows = [], []
        problem = _words(error, first, last)
        for number, line in enumerate(lines.between(first, last), first):
            if not line.strip():
                continue
            cells = self._dialect.alone(line)
            alone = first == last or (number > first and self._width > 2)
            numbers.append(number)
            if alone and cells is not None and len(cells) == self._width:
                rows.append(self._or_doubted(cells))
            else:
                rows.append(self._problem([line.rstrip("\r\n")], problem))
        return numbers, rows

    def _or_doubted(self, row: list[str]) -> list[str]:
        """A row whose quotation marks come out even, and may still not mean what they say."""
        mark, marked = self._dialect.quote, [place for place, cell in enumerate(row) if self._dialect.quote in cell]
        if mark == "'" and any('""' in cell for cell in row):
            return self._problem(row, "two quotation marks together could be one or two")
        odd = [place for place in marked if row[place].count(mark) % 2]
        if len(odd) > 1 and self._opens.search(row[odd[0]]) and row[odd[-1]].rstrip().endswith(mark):
            return self._problem(
                row, "a quotation mark begins within a cell: a delimiter is probably missing before it"
            )
        return row

    def _problem(self, cells: list[str], problem: str) -> Problem:
        """Never as wide as the table: that is how rows with a problem are found."""
        return Problem([*cells, ""] if len(cells) == self._width else cells, problem)


def _numbered(first: int, rows: list[list[str]], last: int | None) -> tuple[list[int], int]:
    """The line each row begins on, and the last line of them. Rows are one line each, unless a quoted cell holds line
    breaks."""
    lines = list(range(first, first + len(rows)))
    if last is not None and last - first + 1 == len(rows):
        return lines, last
    line = first
    for place, row in enumerate(rows):
        lines[place] = line
        line += 1 + sum(cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row)
    return lines, last or line - 1


def _words(error: csv.Error, first: int, last: int) -> str:
    if last > first or "end of data" in str(error):
        return f"a quotation mark in line {first} is not closed where it should be"
    if "field larger" in str(error):
        return "a cell is longer than 128 kB"
    return "a quotation mark stands where none can be: within a cell they are doubled"
