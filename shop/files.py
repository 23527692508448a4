"""A table as a file in the form that was asked for: exact CSV, CSV as the shop's own Excel reads it, or a workbook.

The plain CSV is the one to import again: UTF-8, commas, a decimal point. The others are for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import IO

from shop import csvout, xlsxout
from shop.csvout import Cell
from shop.errors import Refused

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FormatUnknown(Refused):
    code = "format_unknown"


class Format(StrEnum):
    CSV = "csv"
    EXCEL = "excel"
    XLSX = "xlsx"

    @property
    def ending(self) -> str:
        return "xlsx" if self is Format.XLSX else "csv"

    @property
    def content_type(self) -> str:
        return XLSX_TYPE if self is Format.XLSX else "text/csv; charset=utf-8"


def asked_format(word: str) -> Format:
    """The form this word names; plain CSV where it is empty. Raises FormatUnknown."""
    try:
        return Format(word or Format.CSV)
    except ValueError as error:
        raise FormatUnknown(f"“{word[:20]}” is not a form of file. Choose csv, excel or xlsx.") from error


def write(
    out: IO[bytes], form: Format, name: str, header: Iterable[str], rows: Iterable[Iterable[Cell]], *, country: str = ""
) -> None:
    """Write the table row by row: memory does not grow with it. `country` decides how its Excel reads CSV."""
    if form is Format.XLSX:
        xlsxout.write(out, name, header, rows)
        return
    dialect = csvout.of_country(country) if form is Format.EXCEL else csvout.PLAIN
    for piece in csvout.pieces(header, rows, dialect):
        out.write(piece.encode())
