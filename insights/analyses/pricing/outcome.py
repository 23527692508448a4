"""From sales to advice: elasticities, substitutes, key items, levels, and at the end a price for each product."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from insights.analyses.pricing import advising, key_items, levels, regression, shrinking, substitutes, weeks
from insights.analyses.pricing.advising import Advised, Known
from insights.analyses.pricing.arrays import Ints
from insights.analyses.pricing.binding import stops
from insights.analyses.pricing.goods import Good, Shelf
from insights.analyses.pricing.key_items import Key
from insights.analyses.pricing.levels import Level, Past
from insights.analyses.pricing.reading import Inputs
from insights.analyses.pricing.regression import Estimates
from insights.analyses.pricing.substitutes import Cross
from insights.analyses.pricing.trying import Spill, Terms, error_of
from insights.analyses.protocol import Tick

LEAST_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """One product's elasticity. `rows` counts the weeks at branches behind it; 0: its category's figure alone."""

    product: int
    name: str
    value: float
    low: float
    high: float
    rows: int


@dataclass(slots=True)
class Result:
    """`why_not` says of each product without advice what is missing; `reasons` are a model's words, by product."""

    readings: list[Reading]
    categories: dict[str, float]
    weeks: int
    promotions: int
    shelf: Shelf = field(default_factory=Shelf)
    crosses: list[Cross] = field(default_factory=list)
    keys: dict[int, Key] = field(default_factory=dict)
    advised: dict[int, Advised] = field(default_factory=dict)
    why_not: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)

    def moves(self) -> list[Advised]:
        """The advised moves, the most gained first; those a rule asks for before all."""
        found = [one for one in self.advised.values() if one.moves]
        return sorted(found, key=lambda one: (not one.asked, -one.trial.change, one.known.good.id))


def compute(inputs: Inputs, tick: Tick) -> Result:
    """Family by family a regression for each product and one for its substitutes, then advice for all."""
    near = substitutes.close(inputs.products, inputs.category)
    families = weeks.families(inputs)
    own, cross = [], []
    for place, members in enumerate(families):
        own.append(regression.estimate(weeks.rows(inputs, members)))
        rows = weeks.rows(inputs, members, near)
        cross.append(regression.estimate(rows, of=rows.own.shape[1] - 1))
        tick(place + 1, len(families) + 1)
    used, offers = int(np.unique(inputs.sold.week).size), int(inputs.offers.product.size)
    result = Result([], {}, used, offers, inputs.shelf)
    if families:
        products = np.concatenate(families)
        category = np.array([inputs.category.get(int(id), 0) for id in products], dtype=np.int64)
        result.readings, result.categories = _shrunk(inputs, products, category, _joined(own))
        result.crosses = substitutes.crosses(products, _joined(cross), category, near)
    _advise(inputs, result)
    return result


def _joined(parts: list[Estimates]) -> Estimates:
    return Estimates(
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.error for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.usable for part in parts]),
    )


def _shrunk(inputs: Inputs, products: Ints, category: Ints, found: Estimates) -> tuple[list[Reading], dict[str, float]]:
    shrunk = shrinking.shrink(found, category)
    rows = np.where(shrunk.is_own, found.rows, 0)
    columns = (products, shrunk.value, shrunk.low, shrunk.high, rows)
    readings = [
        Reading(id, inputs.products.get(id, ""), value, low, high, many)
        for id, value, low, high, many in zip(*(column.tolist() for column in columns), strict=True)
        if math.isfinite(value)
    ]
    known = {inputs.categories.get(key, ""): value for key, value in shrunk.middle.items() if math.isfinite(value)}
    return readings, dict(sorted(known.items(), key=lambda item: item[1]))


def _advise(inputs: Inputs, result: Result) -> None:
    """Fills in keys, advice, and for the rest what is missing."""
    shelf, pasts = inputs.shelf, levels.pasts(inputs)
    effects = {one.product: one for one in result.readings}
    steepness = {id: one.value for id, one in effects.items()}
    prices = {id: good.price for id, good in shelf.goods.items() if good.price}
    result.keys = key_items.keys(inputs.baskets, steepness, {id: float(price) for id, price in prices.items()})
    ready = {}
    for id, good in shelf.goods.items():
        if why := _missing(good, effects.get(id), pasts.get(id)):
            result.why_not[id] = why
        else:
            ready[id] = good
    found = levels.levels(inputs, {id: prices[id] for id in prices if id in effects}, steepness)
    spills = _spills(shelf, result.crosses, found)
    known = {}
    for id, good in ready.items():
        if id not in found:
            result.why_not[id] = f"Not sold in the last {levels.QUIET} weeks."
            continue
        terms = _terms(good, effects[id], found[id], tuple(spills.get(id, ())))
        is_key = id in result.keys and result.keys[id].is_key
        stop = next((one.text for one in stops(shelf, good, is_key=is_key)), "")
        known[id] = Known(good, terms, pasts.get(id), stop)
    result.advised = advising.advise(shelf, known)


def _missing(good: Good, effect: Reading | None, past: Past | None) -> str:
    """What is not known of a product that advice needs, in a sentence; empty where nothing is missing."""
    if good.is_deposit:
        return "It is a deposit; its price is not advised on."
    if not good.price:
        return "It has no price."
    if good.cost is None:
        return "Its cost is not known."
    needs = f"Price advice needs {LEAST_WEEKS} weeks and two prices."
    if not good.days_sold or past is None:
        return f"Not sold yet. {needs}"
    if past.weeks < LEAST_WEEKS or past.weeks < 2:
        return f"Sold on {good.days_sold} day{'' if good.days_sold == 1 else 's'}. {needs}"
    if effect is None or not effect.rows:
        return f"Sold in {past.weeks} weeks, hardly ever at another price. {needs}"
    return ""


def _terms(good: Good, effect: Reading, level: Level, spills: tuple[Spill, ...]) -> Terms:
    assert good.price is not None and good.cost is not None
    error = error_of(effect.value, effect.low, effect.high)
    return Terms(
        price=float(good.price),
        cost=float(good.cost),
        tax=float(good.tax),
        units=level.units,
        units_error=level.error,
        elasticity=effect.value,
        elasticity_error=error,
        spills=spills,
    )


def _spills(shelf: Shelf, crosses: list[Cross], found: dict[int, Level]) -> dict[int, list[Spill]]:
    """What sells more, by the product that is dearer."""
    spills: dict[int, list[Spill]] = defaultdict(list)
    for one in crosses:
        good = shelf.goods.get(one.product)
        if good and good.price and good.cost is not None and one.product in found:
            each = float(good.price) / (1 + float(good.tax)) - float(good.cost)
            error = error_of(one.value, one.low, one.high)
            spills[one.other].append(Spill(good.id, good.name, one.value, error, found[good.id].units, each))
    return spills
