"""Plain sentences about numbers that changed. Pure: exact numbers in, words out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shop import formats

# Below half a per cent two amounts are told as the same.
SAME = Decimal("0.005")
NAMED_PARTS = 3


@dataclass(frozen=True, slots=True)
class Lead:
    """One sentence around an amount that the page makes bold."""

    before: str
    amount: str
    after: str

    def __str__(self) -> str:
        return f"{self.before} {self.amount}{self.after}"


def ratio(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The change as a share of before; None where there is nothing to divide by."""
    if now is None or before is None or before <= 0:
        return None
    return (now - before) / before


def more_or_less(now: Decimal | None, before: Decimal | None, than: str) -> str:
    """6.1% more than <than>; empty where the two cannot be compared."""
    change = ratio(now, before)
    if change is None:
        return ""
    if abs(change) < SAME:
        return f"about the same as {than}"
    return f"{formats.percent(abs(change))} {'more' if change > 0 else 'less'} than {than}"


def lead(day: dt.date, took: Decimal, usual: Decimal | None, currency: str, today: dt.date) -> Lead:
    """Yesterday took £4,218, 6.1% more than a usual Friday."""
    weekday = formats.WEEKDAYS[day.weekday()]
    is_yesterday = day == today - dt.timedelta(days=1)
    who = "Yesterday took" if is_yesterday else f"The last day with sales, {formats.day_long(day, today)}, took"
    compared = more_or_less(took, usual, f"a usual {weekday}")
    tail = f", {compared}." if compared else f". There is no usual {weekday} to compare it with yet."
    return Lead(who, formats.money_short(took, currency), tail)


def whole_change(change: Decimal, currency: str, than: str) -> str:
    """£242 more than <than>."""
    amount = formats.money_short(abs(change), currency)
    if not formats.rounded(change, formats.decimals(currency)):
        return f"The same as {than}."
    return f"{amount} {'more' if change > 0 else 'less'} than {than}."


def what_changed(parts: Sequence[tuple[str, Decimal]], currency: str, than: str) -> str:
    """The whole change in words, then what moved most, largest first. The parts add up to the whole."""
    total = sum((change for _, change in parts), Decimal(0))
    places = formats.decimals(currency)
    seen = [part for part in parts if formats.rounded(part[1], places)]
    ordered = sorted(seen, key=lambda part: -abs(part[1]))[:NAMED_PARTS]
    named = [f"{name} {_unbroken(formats.money_short(change, currency, sign=True))}" for name, change in ordered]
    return " ".join([whole_change(total, currency, than), *([", ".join(named) + "."] if named else [])])


def _unbroken(amount: str) -> str:
    """A line never ends between the minus and its amount."""
    return amount.replace(formats.MINUS, formats.MINUS + "\N{WORD JOINER}")


def greeting(hour: int, name: str) -> str:
    word = "Good morning" if 4 <= hour < 12 else "Good afternoon" if 12 <= hour < 18 else "Good evening"
    return f"{word}, {name}" if name else word
