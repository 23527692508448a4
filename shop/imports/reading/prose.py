"""Text that is no table: sentences, or columns held apart by spaces alone. Read as rows it would be rows of nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shop.imports.errors import ImportRefused
from shop.imports.reading import dialects
from shop.imports.reading.dialects import Dialect
from shop.imports.reading.layout import Source

_LINES = 200
_ALIGNED = re.compile(r"\S {2,}\S")
_MANY_WORDS = 6


def refuse(source: Source, lines: Sequence[str], dialect: Dialect) -> None:
    """Raises ImportRefused for text whose lines hold no delimiter and look like anything but one column of values."""
    filled = [line for line in lines[:_LINES] if line.strip()]
    rows = [record.cells for record in dialects.records(list(lines[:_LINES]), dialect) if record.cells]
    single = sum(len(row) == 1 for row in rows)
    if len(filled) < 4 or single < 0.6 * len(rows):
        return
    if sum(bool(_ALIGNED.search(line.strip())) for line in filled) > 0.7 * len(filled):
        raise ImportRefused(
            f"{source.name} holds its columns apart by spaces alone, so where one ends is not certain. "
            "Export it as CSV, with a comma or semicolon between the cells."
        )
    if sum(len(line.split()) for line in filled) > _MANY_WORDS * len(filled):
        raise ImportRefused(f"{source.name} holds sentences, not a table with columns. Export the table as CSV.")
