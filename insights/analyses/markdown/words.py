"""A markdown in words: its title, why, the facts behind it and the plan of the next days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from insights.analyses.markdown.advising import Advice, last_day
from insights.analyses.markdown.reading import Inputs
from shop import formats


def title(one: Advice, currency: str) -> str:
    lot = one.near.lot
    return f"Mark down {amount(float(lot.quantity), lot.unit)} {lot.name} to {_price(one.price, one, currency)}"


def why(one: Advice, inputs: Inputs) -> str:
    """One or two sentences, every figure computed."""
    lot, told = one.near.lot, one.told
    assert told is not None
    assert lot.date is not None
    kind = "use by" if lot.is_use_by else "best before"
    as_it_is, ours = (amount(value, lot.unit) for value in (told.sold_as_it_is, told.sold))
    said = (
        f"{amount(float(lot.quantity), lot.unit)} left, {kind} {formats.day(lot.date, inputs.first)}. At "
        f"{_price(one.price_now, one, inputs.currency)} about {as_it_is} would sell in time, with this step and those "
        f"planned after it about {ours}."
    )
    if told.gain < 0 < told.waste_as_it_is - told.waste:
        saved = amount(told.waste_as_it_is - told.waste, lot.unit)
        said = f"{said} It brings in a little less, so that about {saved} of them are not thrown away."
    return f"{said} {last_day(lot.date, inputs.first, is_use_by=lot.is_use_by)}".strip()


def evidence(one: Advice, inputs: Inputs) -> dict[str, Any]:
    """Every term of the reckoning as JSON values. `lot` names the row that accepting marks down."""
    lot, told, near, currency = one.near.lot, one.told, one.near, inputs.currency
    assert told is not None
    assert lot.date is not None
    facts = [
        _fact("Lot", lot.code or "without a number"),
        _fact("Use by" if lot.is_use_by else "Best before", formats.day(lot.date, inputs.first)),
        _fact("Left of it", float(lot.quantity), "units"),
        _fact("Price now", _price(one.price_now, one, currency)),
        _fact("Sells in time as it is", round(told.sold_as_it_is, 1), "units"),
        _fact("Sells in time with the plan", round(told.sold, 1), "units"),
        _fact("Left over as it is", round(told.waste_as_it_is, 1), "units"),
        _fact("Left over with the plan", round(told.waste, 1), "units"),
        *(_fact(f"Plan, {day}", said) for day, said in path(one, inputs)),
        _fact("What a lower price does", _effect(one)),
        _fact("Fresher ones beside it", "yes" if near.has_fresh else "no"),
        _fact("Cost of each", float(near.cost), "money", cost=True),
        _fact("Waste saved, at cost", (told.waste_as_it_is - told.waste) * float(near.cost), "money", cost=True),
    ]
    if not near.is_forecast:
        facts.append(_fact("Expected sales", "no forecast: as of late"))
    return {"facts": facts, "lot": lot.lot, "price_now": str(one.price_now), "days": near.days}


def path(one: Advice, inputs: Inputs) -> list[tuple[str, str]]:
    """The plan day by day: the price on average, and what is left at the end of the day."""
    if one.told is None:
        return []
    rows = []
    for day in range(one.near.days):
        date = formats.day(inputs.first + dt.timedelta(days=day), inputs.first)
        price = one.price if day == 0 else one.price_on(day)
        about = "" if day == 0 else "about "
        left = amount(float(one.told.left[day]), one.near.lot.unit)
        rows.append((date, f"{about}{_price(price, one, inputs.currency)}, about {left} left at its end"))
    return rows


def amount(value: float, unit: str) -> str:
    number = Decimal(repr(round(value, 3)))
    said = formats.units(formats.rounded(number, 0 if number >= 10 or number == round(number) else 1))
    return f"{said} kg" if unit == "kg" else said


def _price(price: Decimal | None, one: Advice, currency: str) -> str:
    said = formats.money(price, currency)
    return f"{said} per kg" if one.near.lot.unit == "kg" else said


def _effect(one: Advice) -> str:
    effect = one.near.effect
    more = 0.8**effect.value - 1
    rests = "its own sales" if effect.is_own else "goods like it"
    return f"20 % off sells about {more:.0%} more a day (from {rests})".replace("%)", "%)")


def _fact(label: str, value: Any, unit: str = "text", *, cost: bool = False) -> dict[str, Any]:
    kept = round(value, 3) if isinstance(value, float) else value
    return {"label": label, "value": kept, "unit": unit} | ({"cost": True} if cost else {})
