"""Why a decision is offered: the computed facts in the shop's words, and stock drawn until the goods would come.

What a suggestion carries is read carefully: a fact or drawing that is not as expected is left out, never guessed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.safestring import SafeString

from customers.models import Review
from insights import charts
from insights.models import Suggestion
from insights.reviews import replying
from shop import formats

MOST_STEPS = 92


@dataclass(frozen=True, slots=True)
class Projection:
    """Stock day by day until it is covered again, as a drawing and as a table."""

    title: str
    drawing: SafeString
    sentence: str
    rows: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The words that would be approved, and the review they answer."""

    text: str
    review: Review


@dataclass(frozen=True, slots=True)
class Evidence:
    facts: list[tuple[str, str]]
    projection: Projection | None
    reply: Reply | None = None


def build(found: Suggestion, currency: str, today: dt.date, *, see_cost: bool) -> Evidence:
    """The facts the role may see; costs only for those who may see them."""
    given = found.evidence if isinstance(found.evidence, Mapping) else {}
    facts = list(_facts(given.get("facts"), currency, see_cost=see_cost))
    if see_cost and found.outlay is not None:
        facts.append(("Costs now", formats.money(found.outlay, currency)))
    return Evidence(facts, _projection(given.get("projection"), today), _reply(found))


def _reply(found: Suggestion) -> Reply | None:
    words = replying.words_of(found) if found.kind == replying.KIND else None
    return Reply(*words) if words else None


def _facts(given: Any, currency: str, *, see_cost: bool) -> Iterator[tuple[str, str]]:
    """Each is {label, value, unit (text, units, money, share, days), cost}; `cost` marks what only some may see."""
    for fact in given if isinstance(given, list) else []:
        if not isinstance(fact, Mapping) or not fact.get("label") or (fact.get("cost") and not see_cost):
            continue
        yield str(fact["label"])[:80], _written(fact.get("value"), str(fact.get("unit") or "text"), currency)


def _written(value: Any, unit: str, currency: str) -> str:
    if value is None:
        return formats.UNKNOWN
    number = None if unit == "text" else _number(value)
    if number is None:
        return str(value)[:200]
    if unit == "money":
        return formats.money(number, currency)
    if unit == "share":
        return formats.percent(number)
    if unit == "days":
        return f"{formats.plain(formats.rounded(number, 1))} day{'' if number == 1 else 's'}"
    return formats.units(number)


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**12 else None


def _numbers(given: Any) -> list[Decimal]:
    found = [_number(value) for value in given] if isinstance(given, Sequence) and not isinstance(given, str) else []
    return [value for value in found if value is not None]


def _projection(given: Any, today: dt.date) -> Projection | None:
    """From {first_date, stock, low, high, delivery_date}: numbers at the end of each day, from today's on."""
    if not isinstance(given, Mapping):
        return None
    stock, low, high = (_numbers(given.get(name)) for name in ("stock", "low", "high"))
    first = _date(given.get("first_date"))
    if first is None or not 2 <= len(stock) <= MOST_STEPS or not len(stock) == len(low) == len(high):
        return None
    if max(*stock, *high) <= 0:
        return None  # an empty shelf needs no drawing
    days = [first + dt.timedelta(days=i) for i in range(len(stock))]
    delivery = _date(given.get("delivery_date"))
    sentence = _sentence(days, stock, low, delivery, today)
    drawing = charts.projection(
        [f"{formats.WEEKDAYS[day.weekday()][:3]} {day.day}" for day in days],
        stock,
        low,
        high,
        charts.count(),
        delivery=days.index(delivery) if delivery in days else None,
        label=f"Expected stock. {sentence}",
    )
    rows = [
        (formats.day(day, today), _left(mid), f"{_left(a)} to {_left(b)}")
        for day, mid, a, b in zip(days, stock, low, high, strict=True)
    ]
    return Projection("Stock if nothing is ordered", drawing, sentence, rows)


def _left(value: Decimal) -> str:
    return formats.units(formats.rounded(max(value, Decimal(0)), 0))


def _sentence(
    days: list[dt.date], stock: list[Decimal], low: list[Decimal], delivery: dt.date | None, today: dt.date
) -> str:
    out = next((day for day, left in zip(days, stock, strict=True) if left <= 0), None)
    early = next((day for day, left in zip(days, low, strict=True) if left <= 0), None)
    if out:
        said = f"Expected to run out on {formats.day(out, today)}"
        said += f", perhaps on {formats.day(early, today)} already." if early and early < out else "."
    elif early:
        said = f"May run out on {formats.day(early, today)}."
    else:
        said = f"Expected to last beyond {formats.day(days[-1], today)}."
    return said + (f" Goods ordered now come on {formats.day(delivery, today)}." if delivery else "")


def _date(given: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(given))
    except ValueError:
        return None
