"""Where the column names stand: below a preamble, in several rows, or nowhere.

Rows under a name decide: where they hold numbers or dates and the row itself holds words, it is the row of names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from shop.imports.reading import cells
from shop.imports.reading.cells import CODE, EMPTY, LINK, NUMBER, TEXT, TIME, look_of

_ROWS_LOOKED_AT = 300
_MOST_PREAMBLE = 60
_MOST_HEADER_ROWS = 3
_LONG = 40
# Names that promise a kind of value, in the languages tills speak most.
_PROMISES = [
    (
        {NUMBER},
        "qty|quantity|price|amount|total|cost|menge|preis|betrag|prix|quantité|precio|cantidad|preço|quantidade",
    ),
    ({cells.DATE, NUMBER}, "date|day|datum|tag|fecha|data"),
    ({LINK}, "url|link|e-?mail|website"),
    ({TIME, cells.DATE, NUMBER}, "time|uhrzeit|hora|heure"),
]


@dataclass
class Head:
    """`place` is that of the first row of names (or of data where there are none) among the rows looked at."""

    place: int
    rows: int
    names: list[str]
    first_data: int
    evidence: list[str] = field(default_factory=list)
    doubt: str = ""


def find(rows: Sequence[list[str]], said_rows: int | None = None, at: int | None = None) -> Head:
    """The row of names among non-blank rows. `said_rows` and `at` are what a person chose: how many, and where."""
    rows = rows[:_ROWS_LOOKED_AT]
    place = _first_full(rows) if at is None else at
    count = said_rows
    evidence: list[str] = []
    doubt = ""
    if count is None:
        votes = _votes(rows, place)
        words = 0 if votes else _word_votes(rows, place)
        count = 0 if votes < 0 else 1 + _more_rows(rows, place)
        if count == 0:
            evidence.append("The first row holds values like the rows below it, so there are no column names.")
        if words < 0:
            doubt = "whether the first row holds column names or values cannot be told. Say which, or add column names"
        elif place and at is None:
            doubt = _doubt(rows, place, votes or words)
    if count > 1:
        evidence.append(f"The column names stand in {count} rows.")
    return Head(place, count, _names(rows[place : place + count]), place + count, evidence, doubt)


def _first_full(rows: Sequence[list[str]]) -> int:
    """The first row that fills about as many columns as the rest of the table does."""
    filled = [sum(map(bool, map(str.strip, row))) for row in rows]
    later = sorted(filled[len(filled) // 5 :])
    usual = later[len(later) // 2] if later else 0
    widest = max(map(len, rows), default=0)
    if widest < 2 or usual < 2:
        return 0
    for place, count in enumerate(filled[:_MOST_PREAMBLE]):
        if count >= max(2, usual / 2):
            return _or_neighbour(rows, place)
    return 0


def _or_neighbour(rows: Sequence[list[str]], place: int) -> int:
    """A title may fill as many cells as the names below it; a row of names may leave some columns without."""
    usual, count = Counter(map(len, rows)).most_common(1)[0]
    above = rows[place - 1] if place else []
    named = sum(map(bool, map(str.strip, above)))
    if named and len(above) == len(rows[place]) <= 2 * named and _votes(rows, place) < 0 < _votes(rows, place - 1):
        return place - 1
    if len(rows[place]) == usual or count < 0.5 * len(rows):
        return place
    below = range(place + 1, min(place + 6, len(rows) - 1))
    return next((other for other in below if len(rows[other]) == usual and _votes(rows, other) > 0), place)


def _column_looks(rows: Sequence[list[str]], width: int) -> list[str]:
    return [cells.usual(look_of(row[column]) for row in rows if column < len(row)) for column in range(width)]


def _votes(rows: Sequence[list[str]], place: int) -> int:
    """Above zero: the row names the columns below. Below: it is one of them. Zero: nothing says either."""
    row, below = rows[place], rows[place + 1 :]
    if not below:
        return -1 if any(look_of(cell) in {NUMBER, cells.DATE, TIME} for cell in row) else 1
    if _counts_up(row):
        return 1
    looks = _column_looks(below, len(row))
    return sum(_vote(cell, look) for cell, look in zip(row, looks, strict=True))


def _vote(cell: str, look: str) -> int:
    """A word above numbers is their name; a number above numbers is one of them."""
    own = look_of(cell)
    if EMPTY in (own, look) or look in {TEXT, CODE}:
        return 0
    return -1 if own == look else int(own in {TEXT, CODE})


def _word_votes(rows: Sequence[list[str]], place: int) -> int:
    """As `_votes`, by the words alone: a name hardly ever comes again below itself. Weaker than numbers and dates."""
    row, below = rows[place], rows[place + 1 :]
    found = 0
    for column, cell in enumerate(row):
        if look_of(cell) in {TEXT, CODE}:
            values = [other[column].strip() for other in below if column < len(other) and other != row]
            values = [value for value in values if value]
            found += -1 if cell.strip() in values else _shape_vote(cell, values)
    return found


def _shape_vote(cell: str, values: list[str]) -> int:
    """Codes such as MG-8769 have one shape; a name over them has another."""
    shapes = {cells.shape(value) for value in values}
    if len(shapes) == 1 and len(values) > 2 and any(letter.isdigit() for letter in values[0]):
        return -1 if cells.shape(cell) in shapes else 1
    return 0


def _counts_up(row: list[str]) -> bool:
    """A word, then years or numbers one after the other: names of columns, though they look like values."""
    numbers = [cell.strip() for cell in row[1:] if cell.strip()]
    if look_of(row[0]) != TEXT or len(numbers) < 2 or not all(re.fullmatch(r"\d{1,4}", cell) for cell in numbers):
        return False
    return all(int(later) - int(earlier) == 1 for earlier, later in zip(numbers, numbers[1:], strict=False))


def _more_rows(rows: Sequence[list[str]], place: int) -> int:
    """How many rows below the first row of names hold names too."""
    found = 0
    while found + 1 < _MOST_HEADER_ROWS and place + found + 2 < len(rows):
        next_place = place + found + 1
        if rows[next_place] != rows[place] and not _is_second(rows, place, next_place):
            break
        found += 1
    return found


def _is_second(rows: Sequence[list[str]], place: int, second: int) -> bool:
    """A row of words over columns of values, or one that fills exactly the gaps of the row above it."""
    first, row, below = rows[place], rows[second], rows[second + 1 :]
    filled = [column for column, cell in enumerate(row) if cell.strip()]
    if len(row) != len(first) or not filled or any(look_of(row[column]) != TEXT for column in filled):
        return False
    looks = _column_looks(below, len(row))
    over_values = sum(looks[column] not in {TEXT, EMPTY} for column in filled)
    gaps = {column for column, cell in enumerate(first) if not cell.strip()}
    gaps |= {column - 1 for column in gaps}
    if gaps and set(filled) <= gaps and over_values:
        return True
    return over_values > 1 and over_values >= 0.5 * len(filled) and max(len(row[column]) for column in filled) < _LONG


def _doubt(rows: Sequence[list[str]], place: int, votes: int) -> str:
    """Rows above the names are left out only where the names are beyond doubt."""
    row = rows[place]
    ever = [column for column in range(len(row)) if any(column < len(o) and o[column].strip() for o in rows[place:])]
    complete = all(row[column].strip() for column in ever) and len(set(row)) >= len(ever)
    if votes > 0 or (votes == 0 and complete and max(map(len, row)) < 3 * _LONG):
        return ""
    return (
        "which row holds the column names cannot be told from the rows around it. Say in which line they stand, or "
        "take the lines above them out"
    )


def _names(rows: Sequence[list[str]]) -> list[str]:
    """One name a column. A name above a gap holds for the columns of the gap too."""
    if not rows:
        return []
    width = len(rows[0])
    parts: list[list[str]] = [[] for _ in range(width)]
    for number, row in enumerate(rows):
        over = ""
        for column in range(width):
            cell = " ".join(row[column].split()) if column < len(row) else ""
            over = cell or (over if number + 1 < len(rows) and _is_gap(rows, number, column) else "")
            if over and over not in parts[column]:
                parts[column].append(over)
    return [" ".join(part) for part in parts]


def _is_gap(rows: Sequence[list[str]], number: int, column: int) -> bool:
    return any(column < len(row) and row[column].strip() for row in rows[number + 1 :])


def unique(names: Sequence[str], width: int) -> tuple[str, ...]:
    """Names as they are used: “column 3” for one without, “price (2)” for the second of two equal ones."""
    found: dict[str, None] = {}
    for place in range(1, width + 1):
        name = (names[place - 1] if place <= len(names) else "") or f"column {place}"
        while name in found:
            name = f"{name} ({place})"
        found[name] = None
    return tuple(found)


def contradicts(names: Sequence[str], rows: Sequence[list[str]]) -> str:
    """A name whose column holds another kind of value than the name promises; empty where none does."""
    looks = _column_looks(rows, len(names))
    for name, look in zip(names, looks, strict=True):
        promised = [kinds for kinds, words in _PROMISES if re.search(rf"(?<![^\W_])({words})(?![^\W_])", name, re.I)]
        if promised and look and not any(look in kinds for kinds in promised):
            return name
    return ""
