"""The one CSV writer: for commands, page exports and files of refused rows.

Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers and dates are written plain.
An Excel opened by a double click reads CSV as its country writes numbers: `of_country` is how it wants them.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from shop.countries import writes_decimal_comma

Cell = str | Decimal | int | dt.date | None

_STARTS_FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
_ROWS_A_PIECE = 500
_NUMBER = re.compile(r"^\s*[-+]?[\d.,\s]*\d\s*$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written. `is_local`: for eyes and spreadsheets of a country, not to be imported again."""

    delimiter: str = ","
    decimal: str = "."
    is_local: bool = False


PLAIN = Dialect()


def of_country(country: str) -> Dialect:
    """As Excel reads it there: with semicolons and decimal commas where people write those, and a mark for UTF-8."""
    return Dialect(";", ",", True) if writes_decimal_comma(country) else Dialect(is_local=True)


def pieces(header: Iterable[str], rows: Iterable[Iterable[Cell]], dialect: Dialect = PLAIN) -> Iterator[str]:
    """The file as text, some hundred rows at a time, so that neither side ever holds it whole."""
    buffer = io.StringIO()
    buffer.write("\ufeff" if dialect.is_local else "")
    writer = csv.writer(buffer, delimiter=dialect.delimiter)
    written = (lambda value: local(value, dialect.decimal)) if dialect.is_local else cell
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([written(value) for value in row])
        if number % _ROWS_A_PIECE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cell(value: Cell) -> str:
    """One value as text: unknown is empty, decimals without exponent, times in ISO form."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def local(value: Cell, decimal: str) -> str:
    """One value as a spreadsheet of the country takes it: moments without their zone, decimals with its sign."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None, microsecond=0).isoformat(sep=" ")
    return cell(value).replace(".", decimal) if isinstance(value, Decimal) else cell(value)


def safe(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula.

    Text that has one already gets another, so that an import can take exactly one off.
    """
    bare = text.lstrip("'")
    risky = bare.startswith(_STARTS_FORMULA) or bare.lstrip().startswith(_STARTS_FORMULA)
    return f"'{text}" if risky else text


def safe_or_number(text: str) -> str:
    """A cell of somebody's file: a number such as -1,50 stays one, so that the file can be mended and sent again."""
    return text if _NUMBER.match(text) else safe(text)


def amount(value: Decimal | None) -> Decimal | None:
    """Money for a file: exact, with two decimals or as many as it has, so that a column adds up to the cent."""
    return _trimmed(value, least=2)


def quantity(value: Decimal | None) -> Decimal | None:
    """Pieces and kilograms for a file: without trailing zeros."""
    return _trimmed(value, least=0)


def _trimmed(value: Decimal | None, *, least: int) -> Decimal | None:
    if value is None:
        return None
    exact = value.normalize() + 0
    exponent = exact.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return exact.quantize(Decimal(1).scaleb(-max(places, least)))
