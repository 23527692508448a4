"""How cells are kept apart: the delimiter, the quotation mark and what escapes it.

Every way that the first lines allow is tried. The one wins that gives the most rows of equal width with the least left
over in their cells, as in van den Burg, Nazabal and Sutton: Wrangling messy CSV files (2019).
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from shop.imports.reading import cells

COMMON = ",;\t|"
ODD = ":^~\x1f\x01 #*"
_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces", ":": "colons"}
_ROWS_TYPED, _CELLS_TYPED = 100, 40
_EPSILON = 1e-3
_SAYS_SO = re.compile(r'^"?sep=(.)"?\s*$', re.I)


@dataclass(frozen=True)
class Dialect:
    """`delimiter` may be a character and a space: then spaces before a cell are none of it."""

    delimiter: str
    quote: str = '"'
    escape: str = ""

    def reader(self, lines: Iterable[str]) -> Any:
        """A csv.reader that raises csv.Error for a row whose quotation marks do not come out even."""
        how: dict[str, Any] = {"quotechar": self.quote} if self.quote else {"quoting": csv.QUOTE_NONE}
        if self.escape:
            lines, how["escapechar"] = self._only_escaping(lines), self.escape
        return csv.reader(
            lines, delimiter=self.delimiter[0], skipinitialspace=len(self.delimiter) > 1, strict=True, **how
        )

    def _only_escaping(self, lines: Iterable[str]) -> Iterator[str]:
        """An escape before any other letter is a letter itself: \\' and C:\\temp stay as they are."""
        escape, special = re.escape(self.escape), re.escape(self.quote + self.escape + self.delimiter[0])
        pairs = re.compile(f"{escape}([{special}]?)")
        for line in lines:
            yield pairs.sub(lambda m: m[0] if m[1] else m[0] * 2, line) if self.escape in line else line

    def alone(self, line: str) -> list[str] | None:
        """The cells of one line, also where spaces follow a closing quotation mark; None where it makes no row."""
        for attempt in (line, self._evened(line.rstrip("\r\n"))):
            try:
                rows = list(self.reader([attempt]))
            except csv.Error:
                continue
            return rows[0] if rows else []
        return None

    def _evened(self, line: str) -> str:
        """The line with marks doubled that stand within words of a quoted cell, and without spaces after such a cell:
        only marks next to a delimiter can begin or end one. Where one begins and never ends: the line as it is."""
        if not self.quote:
            return line
        mark, edge, found, place = self.quote, self.delimiter[0], [], 0
        begins = re.compile(rf"{re.escape(edge)} *{mark}")
        ends = re.compile(rf"{mark}[ \t]*(?={re.escape(edge)}|$)")
        while place <= len(line):
            start = place
            while line.startswith(" ", start):
                start += 1
            if not line.startswith(mark, start):
                place, cell = _upto(line, place, edge)
                found.append(cell)
                continue
            end = ends.search(line, start + 1)
            inner = line[start + 1 : end.start()].replace(mark * 2, mark) if end else ""
            if end is None or inner.startswith(mark) or inner.endswith(mark) or begins.search(inner):
                return line
            found.append(f"{mark}{inner.replace(mark, mark * 2)}{mark}")
            place = end.end() + 1
        return edge.join(found)


def _upto(line: str, place: int, edge: str) -> tuple[int, str]:
    """Where the next cell begins, and the one before."""
    end = line.find(edge, place)
    end = len(line) if end < 0 else end
    return end + 1, line[place:end]


@dataclass
class Record:
    """A row of the sample and the line it begins on. `cells` is None where its quotation marks make no sense; it is
    `mended` where they do after all."""

    line: int
    cells: list[str] | None
    mended: bool = False

    @property
    def is_blank(self) -> bool:
        return self.cells is not None and not any(map(str.strip, self.cells))


def records(lines: list[str], dialect: Dialect, first: int = 1) -> list[Record]:
    """The rows of some lines. An open quotation mark at their end may be closed further on: that row is left out."""
    found: list[Record] = []
    reader, done = dialect.reader(lines), 0
    while True:
        try:
            for row in reader:
                found.append(Record(first + done, row))
                done = reader.line_num
            return found
        except csv.Error as error:
            if "end of data" in str(error) and reader.line_num - done > 1:
                return found
            row_alone = dialect.alone(lines[done]) if reader.line_num == done + 1 else None
            found.append(Record(first + done, row_alone, mended=True))
            done = reader.line_num


def find(name: str, lines: list[str], said: dict[str, Any]) -> tuple[Dialect, tuple[str, ...]]:
    """The likeliest dialect of the lines, and why."""
    tried = [(_score(lines, dialect), dialect) for dialect in _candidates(name, lines, said, COMMON)]
    best, dialect = max(tried, key=lambda one: one[0])
    if "delimiter" not in said and (not best.is_table or best.score < 1):
        odd = [(_score(lines, dialect), dialect) for dialect in _candidates(name, lines, said, ODD)]
        strong = [one for one in odd if one[0].is_strong and one[0].score > 1.5 * best.score]
        best, dialect = max(strong, key=lambda one: one[0], default=(best, dialect))
    return dialect, _evidence(dialect, best)


def says_so(lines: list[str]) -> str:
    """The delimiter, where the first line names it for Excel."""
    marked = _SAYS_SO.match(lines[0]) if lines else None
    return marked[1] if marked else ""


def _candidates(name: str, lines: list[str], said: dict[str, Any], delimiters: str) -> list[Dialect]:
    """Those a person chose, or those that the lines could be written in; what is usual first."""
    text = "".join(lines)
    if said.get("delimiter"):
        delimiters = said["delimiter"][:1]
    elif {".tsv", ".tab"} & set(PurePath(name.lower()).suffixes) and "\t" in text:
        delimiters = "\t"
    else:
        filled = [line for line in lines if line.strip()]
        delimiters = "".join(
            letter
            for letter in delimiters
            if letter in text and (letter in COMMON or sum(letter in line for line in filled) > 0.8 * len(filled))
        )
        delimiters = delimiters or ("," if "," not in ODD and not delimiters else "")
    found = []
    for delimiter in delimiters:
        for quote in [said["quote"]] if "quote" in said else _quotes(text, delimiter):
            for escape in [said["escape"]] if "escape" in said else _escapes(text, quote):
                found.append(Dialect(delimiter, quote, escape))
                if quote and not delimiter.isspace() and re.search(rf"{re.escape(delimiter)} +{quote}\w", text):
                    found.append(Dialect(f"{delimiter} ", quote, escape))
    return found or [Dialect(",")]


def _quotes(text: str, delimiter: str) -> list[str]:
    found = ['"']
    edge = re.escape(delimiter)
    if len(re.findall(rf"(?:^|{edge}) ?'[^'\n]*'\s*(?={edge}|$)", text, re.M)) > 1:
        found.append("'")
    # Programs that write tabs often let quotation marks be inches; where they enclose cells they are none.
    if delimiter == "\t" and '"' in text and not re.search(rf'(?:^|{edge}) ?"[^"\n]*"\s*(?={edge}|$)', text, re.M):
        found.append("")
    return found


def _escapes(text: str, quote: str) -> list[str]:
    return ["", *(escape for escape in "\\" if quote and escape + quote in text)]


@dataclass(frozen=True, order=True)
class _Scored:
    score: float
    rows: int = 0
    usual_rows: int = 0
    width: int = 0
    first_width: int = 0

    @property
    def is_table(self) -> bool:
        """Several columns, and most rows have them."""
        return self.width > 1 and self.usual_rows >= 0.5 * self.rows

    @property
    def is_strong(self) -> bool:
        """Enough to believe in a delimiter that hardly anybody uses: the first row has as many cells as the rest."""
        return self.rows > 1 and self.width > 2 and self.first_width == self.width


def _score(lines: list[str], dialect: Dialect) -> _Scored:
    found = [record for record in records(lines, dialect) if not record.is_blank]
    if not found:
        return _Scored(0.0)
    shapes = Counter((len(record.cells or ()), record.mended) for record in found)
    pattern = sum(n * (max(width - 1, _EPSILON) / width) for (width, _), n in shapes.items() if width) / len(shapes)
    (width, _), usual_rows = max(shapes.items(), key=lambda one: (one[1], one[0]))
    some = [record.cells[:_CELLS_TYPED] for record in found[:_ROWS_TYPED] if record.cells]
    looked = list(itertools.chain.from_iterable(some))
    plain = sum(map(cells.is_plain, looked)) / len(looked) if looked else 0.0
    first = found[0].cells or []
    return _Scored(pattern * plain, len(found), usual_rows, width, len(first))


def _evidence(dialect: Dialect, best: _Scored) -> tuple[str, ...]:
    told = []
    letter = dialect.delimiter[0]
    if letter != ",":
        told.append(
            f"{_WORDS.get(letter, f'“{letter}”').capitalize()} separate the cells: {best.usual_rows:,} of the first "
            f"{best.rows:,} rows have {best.width:,}."
        )
    if dialect.quote == "'":
        told.append("Cells stand in single quotation marks.")
    if not dialect.quote:
        told.append("Quotation marks do not come in pairs, so they are part of the text.")
    if dialect.escape:
        told.append("Quotation marks within cells are written with a backslash before them.")
    return tuple(told)
