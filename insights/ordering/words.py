"""An order's reasons: one plain sentence, the facts behind it, and stock drawn until the goods would come."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np

from insights.ordering.advice import FOREVER, Advice
from insights.ordering.demand import Z80
from insights.ordering.inputs import Book, Line
from shop import formats

MOST_DAYS = 28


def title(line: Line, quantity: Decimal) -> str:
    unit = " kg" if line.product.unit == "kg" else ""
    return f"Order {formats.units(quantity)}{unit} {line.product.name}"


def why(book: Book, advice: Advice, row: int, wanted: int) -> str:
    """One or two sentences, every figure computed."""
    line, timing = book.lines[row], book.timing[book.lines[row].supplier.pk]
    asked = float(advice.before.mean[row] + advice.needed.mean[row])
    until = _day(book, timing.second)
    coming = sum(quantity for _, quantity in line.coming)
    have = f"{_amount(line, float(line.level))} in stock" + (
        f" and {_amount(line, float(coming))} coming" if coming else ""
    )
    said = f"{have}; about {_amount(line, asked)} will be asked for until the delivery after the next, {until}."
    chance = float(advice.chance_out_without[row])
    said += f" Without this order it runs out before then {_times_in_ten(chance)}."
    if advice.expired[row] >= 0.5:
        said += f" About {_amount(line, float(advice.expired[row]))} will spoil before the delivery."
    if advice.capped[row]:
        said += " Held down to what sells within its shelf life."
    if wanted > advice.cases[row]:
        said += " Held down by this week's cash limit."
    return said


def evidence(book: Book, advice: Advice, row: int, wanted: int, supplier_total: Decimal) -> dict[str, Any]:
    """Every term of the reckoning as JSON values."""
    line = book.lines[row]
    return {
        "facts": [*_stock_facts(book, advice, row), *_order_facts(book, advice, row, wanted, supplier_total)],
        "projection": _projection(book, row),
        "terms": _terms(book, advice, row),
        "cost_known": line.cost_known,
    }


def _stock_facts(book: Book, advice: Advice, row: int) -> list[dict[str, Any]]:
    line, timing = book.lines[row], book.timing[book.lines[row].supplier.pk]
    facts = [
        _fact("In stock", float(line.level), "units"),
        _fact("On order", float(sum(q for _, q in line.coming)), "units"),
        _fact("Comes on", _day(book, timing.first)),
        _fact("Must last until", _day(book, timing.second)),
        _fact("Asked for until it comes", _range(advice.before, row)),
        _fact("Asked for from then on", _range(advice.needed, row)),
        _fact("Left when it comes", round(float(advice.on_shelf[row]), 1), "units"),
    ]
    if line.product.shelf_life_days:
        facts.append(_fact("Keeps", line.product.shelf_life_days, "days"))
        facts.append(_fact("Sells within its life, at best", round(float(advice.most[row])), "units"))
        facts.append(_fact("Spoils before the delivery", round(float(advice.expired[row]), 1), "units"))
    if line.minimum:
        facts.append(_fact("Minimum on the shelf", float(line.minimum), "units"))
    return facts


def _order_facts(book: Book, advice: Advice, row: int, wanted: int, supplier_total: Decimal) -> list[dict[str, Any]]:
    line = book.lines[row]
    facts = [
        _fact("Runs out without the order", round(float(advice.chance_out_without[row]), 4), "share"),
        _fact("Runs out with it", round(float(advice.chance_out[row]), 4), "share"),
        _fact("Sales it saves", round(float(advice.saved[row]), 1), "units"),
        _fact("Waste it may add", round(float(advice.wasted[row]), 2), "units"),
        _fact("Lines of this supplier that never come", round(float(book.items.missing[row]), 4), "share"),
    ]
    if line.product.pack_size:
        facts.insert(0, _fact("Cases", f"{advice.cases[row]} of {line.product.pack_size}"))
    if wanted > advice.cases[row]:
        facts.append(_fact("Cases without the cash limit", str(wanted)))
    facts.append(_fact("Margin on each", round(float(book.items.margin[row]), 2), "money", cost=True))
    facts.append(_fact("Cost of each", round(float(book.items.cost[row]), 2), "money", cost=True))
    if not line.cost_known:
        facts.append(_fact("Cost", "not known, taken as seven tenths of the price", cost=True))
    if line.supplier.minimum_order:
        facts.append(_fact("Supplier delivers from", float(line.supplier.minimum_order), "money", cost=True))
        facts.append(_fact("This supplier's order so far", float(supplier_total), "money", cost=True))
    if line.supplier.lead_time_days is None:
        facts.append(_fact("Lead time", "not known, taken as 2 days"))
    return facts


def _terms(book: Book, advice: Advice, row: int) -> dict[str, Any]:
    items, timing = book.items, book.timing[book.lines[row].supplier.pk]
    life = int(items.life[row])
    return {
        "cases": int(advice.cases[row]),
        "case": float(items.case[row]),
        "first": (book.today + dt.timedelta(days=timing.first)).isoformat(),
        "second": (book.today + dt.timedelta(days=timing.second)).isoformat(),
        "before_mean": round(float(advice.before.mean[row]), 3),
        "needed_mean": round(float(advice.needed.mean[row]), 3),
        "needed_deviation": round(float(np.sqrt(advice.needed.variance[row])), 3),
        "on_shelf": round(float(advice.on_shelf[row]), 3),
        "expired": round(float(advice.expired[row]), 3),
        "life_days": None if life >= FOREVER else life,
        "minimum": float(items.least[row]),
    }


def _projection(book: Book, row: int) -> dict[str, Any]:
    """Stock at the end of each day if nothing is ordered, until a day after the delivery after the next."""
    items, timing = book.items, book.timing[book.lines[row].supplier.pk]
    days = min(timing.second + 2, items.mean.shape[1], MOST_DAYS)
    have = float(items.stock[row].sum()) + np.cumsum(items.coming[row, :days])
    asked = np.cumsum(items.mean[row, :days])
    unsure = Z80 * np.sqrt(np.cumsum(items.deviation[row, :days] ** 2))
    return {
        "first_date": book.today.isoformat(),
        "stock": _rounded(have - asked),
        "low": _rounded(have - asked - unsure),
        "high": _rounded(have - np.maximum(asked - unsure, 0)),
        "delivery_date": (book.today + dt.timedelta(days=timing.first)).isoformat(),
    }


def _rounded(values: Any) -> list[float]:
    return [round(max(float(value), 0.0), 2) for value in values]


def _fact(label: str, value: Any, unit: str = "text", *, cost: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, "unit": unit} | ({"cost": True} if cost else {})


def _range(one: Any, row: int) -> str:
    middle, around = float(one.mean[row]), Z80 * float(np.sqrt(one.variance[row]))
    return f"about {_plain(middle)}, {_plain(max(middle - around, 0))} to {_plain(middle + around)} eight times in ten"


def _plain(value: float) -> str:
    return formats.units(formats.rounded(Decimal(repr(value)), 0 if value >= 10 else 1))


def _amount(line: Line, value: float) -> str:
    return _plain(value) + (" kg" if line.product.unit == "kg" else "")


def _day(book: Book, ahead: int) -> str:
    return formats.day(book.today + dt.timedelta(days=ahead), book.today)


def _times_in_ten(chance: float) -> str:
    tenths = round(chance * 10)
    if tenths >= 10:
        return "almost surely"
    return f"{tenths} times in 10" if tenths > 1 else "about 1 time in 10" if tenths == 1 else "seldom"
