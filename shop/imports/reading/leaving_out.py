"""Rows of a file that are none of the table: blank ones, column names said again, totals, a table pasted twice."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence

from shop.imports.reading.cells import NUMBER, look_of
from shop.imports.reading.layout import Problem

BLANK, NAMES_AGAIN, TOTALS, TITLES = "blank rows", "repeated column names", "totals", "titles above repeated names"
_STEMS = "total", "sum", "razem", "celkem", "totaal", "итог", "всего", "合計", "小計", "gesamt", "összes"
_ALONE = re.compile(
    r"^((grand|sub|overall|report|page|running)[ -]?)?(total|totals|totale|totali|totaal|totalt|sum|summe|somme|suma|"
    r"soma|gesamt|gesamtsumme|zwischensumme|endsumme|razem|celkem|összesen|итого|всего|合計|小計)"
    r"( ?(general|général|generale|geral|ttc|ht|amount|sales))?\s*[:.]?$",
    re.I,
)
_OF_SOMETHING = re.compile(r"^((sub)?totals? (of|for)\b.+|.+\b(sub)?totals?)\s*:?$", re.I)
# So many rows like the first ones say that a table begins again.
_TELLING = 3
_LONGEST_WORD = 80


class Kept:
    """Sorts rows as they come. `counts` says what was left out and how often, `examples` shows one of each."""

    def __init__(self, names: Sequence[list[str]], width: int, *, headings: bool = False) -> None:
        self.counts: dict[str, int] = {}
        self.examples: dict[str, tuple[int, str]] = {}
        self._names = [[cell.strip() for cell in row] for row in names]
        self._firsts = {row[0].strip() for row in self._names}
        self._width = width
        self._headings = headings
        self._first_rows: list[list[str]] = []
        self._repeats: int | None = None
        self._again_from = 0

    def needs_a_look(self, rows: list[list[str]]) -> bool:
        """Whether any of the rows could be none of the table: a quick look at their first cells."""
        try:
            firsts = set(map(operator.itemgetter(0), rows))
            if self._headings and "" in map(operator.itemgetter(1), rows):
                return True
        except IndexError:
            return True
        if "" in firsts or not self._firsts.isdisjoint(firsts) or not all(map(str.strip, firsts)):
            return True
        told = "\n".join(firsts).lower()
        return any(stem in told for stem in _STEMS) or not self._firsts.isdisjoint(map(str.strip, firsts))

    def sorted(self, lines: list[int], rows: list[list[str]], *, at_end: bool) -> tuple[list[int], list[list[str]]]:
        """The rows that stay. `at_end` says that the file has no more."""
        if self._repeats is None and not self.needs_a_look(rows):
            self._first_rows += rows[: _TELLING - len(self._first_rows)]
            return lines, rows
        stay: list[int] = []
        kept: list[list[str]] = []
        for place, row in enumerate(rows):
            reason = "" if isinstance(row, Problem) else self._reason(row, is_last=at_end and place == len(rows) - 1)
            if reason:
                self._leave_out(reason, lines[place], row)
                if reason is NAMES_AGAIN:
                    self._repeats, self._again_from = 0, lines[place]
                    self._take_titles(stay, kept)
            else:
                stay.append(lines[place])
                kept.append(self._or_heading(self._or_repeated(row)))
        return stay, kept

    def _or_heading(self, row: list[str]) -> list[str]:
        if not self._headings or isinstance(row, Problem) or len(row) < 2 or any(map(str.strip, row[1:])):
            return row
        return Problem([*row, ""], "only the first cell is filled, so this is probably a heading")

    def _take_titles(self, lines: list[int], rows: list[list[str]]) -> None:
        """Rows right above repeated names that fill one cell of several are their title."""
        while rows and self._width > 1 and _filled(rows[-1]) == 1:
            self._leave_out(TITLES, lines.pop(), rows.pop())

    def _leave_out(self, reason: str, line: int, row: list[str]) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1
        self.examples.setdefault(reason, (line, ", ".join(filter(None, map(str.strip, row)))[:120]))

    def _or_repeated(self, row: list[str]) -> list[str]:
        """A file pasted twice goes on with its own first rows after the names: those and all below came before."""
        if self._repeats is None:
            self._first_rows += [row][: _TELLING - len(self._first_rows)]
            return row
        if self._repeats < _TELLING:
            same = self._repeats < len(self._first_rows) and row == self._first_rows[self._repeats]
            self._repeats = self._repeats + 1 if same else None
        if self._repeats is None:
            return row
        return Problem([*row, ""], f"the same table begins again in line {self._again_from}: this row has come before")

    def _reason(self, row: list[str], *, is_last: bool) -> str:
        first = next((cell for cell in row if cell and cell.strip("\x1a \t\r\n\u00a0")), "").strip()
        if not first:
            return BLANK
        if first in self._firsts and self.is_names(row):
            return NAMES_AGAIN
        return (
            TOTALS
            if any(stem in first.lower() for stem in _STEMS) and self._is_total(row, first, is_last=is_last)
            else ""
        )

    def is_names(self, row: list[str]) -> bool:
        return bool(self._names) and [cell.strip() for cell in row] in self._names

    def _is_total(self, row: list[str], first: str, *, is_last: bool) -> bool:
        """A word for it in the first filled cell, numbers and gaps in the rest. A product may be called Total: without
        gaps it is one, except in the file's last row."""
        if len(first) > _LONGEST_WORD:
            return False
        cells = [cell.strip() for cell in row[: self._width]]
        rest = [cell for cell in cells[cells.index(first) + 1 :] if cell] if first in cells else []
        if not rest or any(look_of(cell) != NUMBER for cell in rest):
            return False
        gaps = len(cells) - len(rest) - 1
        if _ALONE.match(first):
            return gaps > 0 or is_last
        return bool(_OF_SOMETHING.match(first)) and gaps >= len(cells) / 2


def _filled(row: list[str]) -> int:
    return sum(map(bool, map(str.strip, row)))
