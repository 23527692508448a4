"""How numbers, money and days are written on screen.

Money is exact: amounts come in as Decimal (or int) and are only rounded for the eye.
Unknown is an en dash, never 0. Minus is the true minus sign.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "–"
MINUS = "\N{MINUS SIGN}"

SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "C$",
    "CHF": "CHF\N{NO-BREAK SPACE}",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "NZD": "NZ$",
    "USD": "$",
}
SMALL_COINS = {"EUR": "c", "GBP": "p", "USD": "¢"}
WITHOUT_DECIMALS = {"JPY", "KRW", "CLP", "ISK", "VND"}

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

Number = Decimal | int


def symbol(currency: str) -> str:
    """The sign before an amount; an unknown code stands for itself."""
    return SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}")


def decimals(currency: str) -> int:
    return 0 if currency in WITHOUT_DECIMALS else 2


def rounded(value: Number, places: int) -> Decimal:
    """Half away from zero, as a till receipt does it."""
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def number(value: Number | None, places: int = 0, *, before: str = "", sign: bool = False) -> str:
    """Thousands by comma. `sign` also writes the plus, for results only."""
    if value is None:
        return UNKNOWN
    exact = rounded(value, places)
    lead = MINUS if exact < 0 else "+" if sign and exact > 0 else ""
    return f"{lead}{before}{abs(exact):,f}"


def money(value: Number | None, currency: str, *, sign: bool = False) -> str:
    return number(value, decimals(currency), before=symbol(currency), sign=sign)


def money_short(value: Number | None, currency: str, *, sign: bool = False) -> str:
    """For headlines: no pence from 1,000 up."""
    if value is not None and abs(Decimal(value)) >= 1000:
        return number(value, 0, before=symbol(currency), sign=sign)
    return money(value, currency, sign=sign)


def unit_price(value: Number | None, currency: str) -> str:
    """A price per 100 g and the like: 6.5p below one whole coin, £1.28 above."""
    if value is None or abs(Decimal(value)) >= 1 or currency not in SMALL_COINS:
        return money(value, currency)
    return plain(rounded(Decimal(value) * 100, 1)) + SMALL_COINS[currency]


def plain(value: Decimal) -> str:
    """A number without trailing zeros: 0.842, 3, 1,200.5."""
    text = f"{abs(value):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def units(value: Number | None) -> str:
    """Pieces without decimals, weighed amounts with up to three."""
    return UNKNOWN if value is None else plain(rounded(value, 3))


def percent(ratio: Number | None, *, sign: bool = False) -> str:
    """0.061 is 6.1%, 0.18 is 18%: one decimal below ten per cent, none above."""
    if ratio is None:
        return UNKNOWN
    value = Decimal(ratio) * 100
    places = 1 if abs(rounded(value, 1)) < 10 else 0
    return number(value, places, sign=sign) + "%"


def points(difference: Number | None, *, sign: bool = False) -> str:
    """Rates change in points: 0.006 is 0.6 pt."""
    if difference is None:
        return UNKNOWN
    return number(Decimal(difference) * 100, 1, sign=sign) + "\N{NO-BREAK SPACE}pt"


def day(value: date | None, today: date) -> str:
    """Fri 20 Nov; the year only if it is not this one."""
    if value is None:
        return UNKNOWN
    return f"{WEEKDAYS[value.weekday()][:3]} {day_of_month(value, today)}"


def day_long(value: date | None, today: date) -> str:
    """Friday 20 November."""
    if value is None:
        return UNKNOWN
    year = "" if value.year == today.year else f" {value.year}"
    return f"{WEEKDAYS[value.weekday()]} {value.day} {MONTHS[value.month - 1]}{year}"


def day_of_month(value: date, today: date) -> str:
    year = "" if value.year == today.year else f" {value.year}"
    return f"{value.day} {MONTHS[value.month - 1][:3]}{year}"


def day_range(first: date, last: date, today: date) -> str:
    """25 Oct to 20 Nov. Both days count."""
    if first == last:
        return day(first, today)
    if first.year != last.year:
        return f"{_dated(first)} to {_dated(last)}"
    return f"{first.day} {MONTHS[first.month - 1][:3]} to {day_of_month(last, today)}"


def _dated(value: date) -> str:
    return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def clock(value: datetime | None) -> str:
    """07:38, in the zone the value is already in."""
    return UNKNOWN if value is None else f"{value:%H:%M}"


def moment(value: datetime | None, today: date) -> str:
    return UNKNOWN if value is None else f"{day(value.date(), today)} {clock(value)}"
