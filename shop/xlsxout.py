"""The one XLSX writer: a table as a workbook, written row by row, so that memory does not grow with it.

Each cell has the type of its value: numbers can be added up, days sorted, and text is never run as a formula.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import chain, islice
from typing import IO, Any

import xlsxwriter

from shop.csvout import Cell

MOST_ROWS = 1_048_575  # below the header, on one sheet
LONGEST_TEXT = 32_767
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
}
_FORMATS = {"money": "0.00", "fine": "0.00##", "day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss"}
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BREAK = re.compile("\r\n?")
_FIRST_DAY = dt.date(1900, 3, 1)  # before it, spreadsheets count a day that never was


def write(out: IO[bytes], name: str, header: Iterable[str], rows: Iterable[Iterable[Cell]]) -> None:
    """The table as a workbook: its header in bold and held in place; what one sheet cannot hold goes on to the next."""
    columns = list(header)
    left = iter(rows)
    first: Iterable[Cell] | None = None
    sheets = 0
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        formats = {known: book.add_format({"num_format": code}) for known, code in _FORMATS.items()}
        bold = book.add_format({"bold": True})
        while not sheets or (first := next(left, None)) is not None:
            ahead = () if first is None else (first,)
            sheets += 1
            sheet = book.add_worksheet(_sheet_name(name, sheets))
            sheet.freeze_panes(1, 0)
            for place, title in enumerate(columns):
                sheet.set_column(place, place, min(40, max(12, len(title) + 3)))
                sheet.write_string(0, place, _plain(title), bold)
            for number, row in enumerate(islice(chain(ahead, left), MOST_ROWS), 1):
                for place, value in enumerate(row):
                    _write(sheet, number, place, value, formats)


def _write(sheet: Any, row: int, column: int, value: Cell, formats: dict[str, Any]) -> None:
    """One value in its own type. Unknown is empty; a moment keeps the clock it was written with."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(row, column, _plain(value))
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, dt.date):
        is_moment = isinstance(value, dt.datetime)
        if (value.date() if isinstance(value, dt.datetime) else value) < _FIRST_DAY:
            sheet.write_string(row, column, value.isoformat())
        else:
            sheet.write_datetime(row, column, value, formats["moment" if is_moment else "day"])
    elif not isinstance(value, Decimal) or value.is_finite():
        sheet.write_number(row, column, value, formats.get(_places(value)))


def _places(value: Decimal | int) -> str:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    places = -exponent if isinstance(exponent, int) else 0
    return "money" if places == 2 else "fine" if places > 2 else ""


def _plain(text: str) -> str:
    return _UNFIT.sub("", _BREAK.sub("\n", text))[:LONGEST_TEXT]


def _sheet_name(name: str, number: int) -> str:
    """A name a spreadsheet takes: short and without its own signs."""
    plain = re.sub(r"[\[\]:*?/\\'<>&\"]", " ", name).strip()[:25] or "Sheet"
    return plain if number == 1 else f"{plain} {number}"
