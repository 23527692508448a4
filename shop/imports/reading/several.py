"""Files that hold more than one table, or headings between the rows of one."""

from __future__ import annotations

from collections.abc import Sequence

from shop.imports.errors import ImportRefused
from shop.imports.reading.cells import TEXT, look_of
from shop.imports.reading.dialects import Record
from shop.imports.reading.layout import Source

_ENOUGH_ROWS = 8
_FULL = 3


def refuse(source: Source, records: Sequence[Record], names_line: int, names: Sequence[str]) -> None:
    """Raises ImportRefused where another table with other names begins below the first: a gap, a title, then words in
    several cells. Read on, its rows would be taken for rows of the first."""
    plain = [name.strip() for name in names]
    gap = title = False
    for record in records:
        cells = [] if record.cells is None else [cell.strip() for cell in record.cells]
        filled = [cell for cell in cells if cell]
        if record.line <= names_line or not filled:
            gap = gap or record.line > names_line
        elif len(filled) == 1 and len(plain) > 2:
            title = gap
        else:
            if gap and title and cells != plain and all(look_of(cell) == TEXT for cell in filled):
                raise ImportRefused(
                    f"{source.name} holds several tables: another one begins in line {record.line:,}. "
                    "Put each into a file of its own."
                )
            gap = title = False


def has_full_rows(rows: Sequence[list[str]]) -> bool:
    """Whether the rows fill several cells each, apart from the few that fill their first alone."""
    counts = [(sum(map(bool, map(str.strip, row))), bool(row and row[0].strip())) for row in rows]
    alone = counts.count((1, True))
    others = [count for count in counts if count != (1, True)]
    return len(others) >= _ENOUGH_ROWS and alone <= 0.2 * len(rows) and all(count >= _FULL for count, _ in others)
