"""What a week sells at today's price: the last weeks, each brought to it by the product's elasticity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from insights.analyses.pricing.arrays import Floats, Ints
from insights.analyses.pricing.reading import Inputs

WEEKS = 13
FADES = 0.9  # a week counts so much of the one after it
QUIET = 4  # weeks without a sale after which nothing can be said
LEAST_PLAIN = 3  # weeks without a promotion that are enough to leave the promoted ones out
FAR = 0.6  # a week at a price further off says nothing
CHANCE = 1.3  # of what counts spread by themselves
DRIFT = 0.12  # what season and trend may add until the next weeks


@dataclass(frozen=True, slots=True)
class Level:
    """Units a week at a price, and the standard deviation of their log."""

    units: float
    error: float


@dataclass(frozen=True, slots=True)
class Past:
    """A product's whole past: weeks with a sale, and the lowest and highest mean price of a week."""

    weeks: int
    lowest: Decimal
    highest: Decimal


def levels(inputs: Inputs, prices: Mapping[int, Decimal], elasticity: Mapping[int, float]) -> dict[int, Level]:
    """The level of each product (by id) at the price named; without those not sold lately."""
    sold, first = inputs.sold, inputs.weeks - WEEKS
    recent = (sold.week >= first) & np.isin(sold.product, list(prices))
    ids, place = np.unique(sold.product[recent], return_inverse=True)
    units, paid = (np.zeros((ids.size, WEEKS)) for _ in range(2))
    np.add.at(units, (place, sold.week[recent] - first), sold.units[recent])
    np.add.at(paid, (place, sold.week[recent] - first), sold.paid[recent])
    before = np.isin(ids, sold.product[sold.week < first])
    plain = ~_promoted(inputs, ids, first)
    found = {}
    for row, id in enumerate(ids.tolist()):
        begun = 0 if before[row] else int((units[row] > 0).argmax()) + 1  # the first week may be part of one
        level = _level(units[row, begun:], paid[row, begun:], plain[row, begun:], float(prices[id]), elasticity[id])
        if level:
            found[id] = level
    return found


def pasts(inputs: Inputs) -> dict[int, Past]:
    """Each product's past, over all branches. The oddest weeks are left out."""
    sold = inputs.sold
    keys, place = np.unique(np.stack([sold.product, sold.week]), axis=1, return_inverse=True)
    price = np.bincount(place, sold.paid) / np.bincount(place, sold.units)
    starts = np.flatnonzero(np.diff(keys[0], prepend=-1))
    parts = np.split(price, starts[1:]) if starts.size else []
    return {int(keys[0][start]): _past(part) for start, part in zip(starts, parts, strict=True)}


def _past(price: Floats) -> Past:
    low, high = np.percentile(price, (2, 98), method="nearest")
    return Past(price.size, Decimal(f"{low:.4f}"), Decimal(f"{high:.4f}"))


def _level(units: Floats, paid: Floats, plain: np.ndarray, price: float, elasticity: float) -> Level | None:
    """The weighted mean of weeks; a week without a sale was at the price asked."""
    if not units[-QUIET:].any():
        return None
    asked = np.where(units > 0, paid / np.maximum(units, 1e-9), price)
    kept = np.abs(np.log(asked / price)) < FAR
    if (kept & plain).sum() >= LEAST_PLAIN:
        kept &= plain
    if not kept.any():
        return None
    weight = FADES ** np.arange(units.size)[::-1] * kept
    weight /= weight.sum()
    mean = float(weight @ (units * np.exp(elasticity * np.log(price / asked))))
    if mean <= 0:
        return None
    counted = mean / float((weight**2).sum())  # units that the mean rests on
    return Level(mean, float(np.sqrt(CHANCE / counted + DRIFT**2)))


def _promoted(inputs: Inputs, ids: Ints, first: int) -> np.ndarray:
    """Whether a product was promoted anywhere in each of the last weeks."""
    offers = inputs.offers
    found = np.zeros((ids.size, WEEKS), dtype=bool)
    for place in np.flatnonzero(np.isin(offers.product, ids) & (offers.last >= first * 7)).tolist():
        row = int(np.searchsorted(ids, offers.product[place]))
        begin, end = int(offers.first[place]) // 7 - first, int(offers.last[place]) // 7 - first
        found[row, max(begin, 0) : end + 1] = True
    return found
