"""The README of the takeout: what each file and each column is, in plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from django.utils import timezone

from shop.exports import documented
from shop.models import Shop
from shop.takeout.tables import Table

_WIDE = 100


def text(shop: Shop, tables: Iterable[Table], counts: dict[str, int]) -> str:
    """Everything somebody needs who has only the files."""
    parts = [_head(shop), "LISTS", "Made to be read, and to be imported again.", ""]
    for name, export in documented().items():
        parts += _file(f"lists/{name}.csv", export.about, zip(export.header, export.means, strict=True))
    parts += ["TABLES", "Every table as the program keeps it, joined by ids.", ""]
    for table in tables:
        about = f"{table.about} {counts[table.name]:,} rows."
        parts += _file(f"tables/{table.name}.csv", about, zip(table.columns, table.means, strict=True))
    return "\r\n".join(parts) + "\r\n"


def _head(shop: Shop) -> str:
    made = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    return "\r\n".join(
        [
            f"{shop.name}: everything, as of {made} ({shop.zone}).",
            "",
            "The files are CSV: UTF-8, commas, a header, a decimal point, dates as 2026-03-01, moments in UTC.",
            "An empty cell is unknown. Text that a spreadsheet would run as a formula begins with an apostrophe.",
            f"Money is in {shop.currency}. Passwords, keys and other secrets are in none of the files.",
            "",
        ]
    )


def _file(name: str, about: str, columns: Iterable[tuple[str, str]]) -> list[str]:
    lines = [name, *textwrap.wrap(about, _WIDE, initial_indent="  ", subsequent_indent="  ")]
    for column, means in columns:
        lines += textwrap.wrap(f"{column}: {means}", _WIDE, initial_indent="    ", subsequent_indent="        ")
    return [*lines, ""]
