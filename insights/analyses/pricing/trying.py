"""What a week is expected to bring at a price not yet asked: pure arithmetic, the same for run, slider and curve.

Units answer to the price by the product's elasticity; what its buyers take instead, or no more, by its cross effects.
None of these is known exactly: each outcome is the mean, and the range the middle 80 %, of the same draws for every
price, so that prices compare and the same question always has the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np

from insights.analyses.pricing.arrays import Floats

DRAWS = 256
IN_80 = 1.2816
NEVER_MORE = 0.0  # dearer never sells more of itself, nor less of what takes its place
BEYOND = 1.2  # an elasticity is of the past; what it is next month is less sure than what it was
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class Spill:
    """A substitute: by how many per cent it sells more where this product is one per cent dearer; what each leaves."""

    product: int
    name: str
    value: float
    error: float
    units: float
    margin_each: float


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a trial of a price needs. `tax` is the rate where prices include it, else 0; units are a week's."""

    price: float
    cost: float
    tax: float
    units: float
    units_error: float
    elasticity: float
    elasticity_error: float
    spills: tuple[Spill, ...] = ()

    def each(self, price: float) -> float:
        """What one sold leaves over its cost."""
        return price / (1 + self.tax) - self.cost


@dataclass(frozen=True, slots=True)
class Trial:
    """A week at a price: the product's own units and margin, and the change against today's, substitutes included.

    `loses` is the chance that the change is below 0. At today's price nothing changes.
    """

    price: float
    units: float
    units_low: float
    units_high: float
    margin: float
    margin_low: float
    margin_high: float
    change: float
    change_low: float
    change_high: float
    loses: float


def tries(terms: Terms, prices: Sequence[float]) -> list[Trial]:
    """The trial of each price; all at once, since an analysis asks for many."""
    at = np.asarray(prices, dtype=np.float64)
    if not at.size:
        return []
    steepness, sold, across = _draws()
    steep = np.minimum(terms.elasticity + BEYOND * terms.elasticity_error * steepness, NEVER_MORE)
    base = np.exp(terms.units_error * sold)
    base *= terms.units / base.mean()
    ratio = np.log(at / terms.price)
    units = base * np.exp(ratio[:, None] * steep)
    margin = units * np.array([terms.each(price) for price in prices])[:, None]
    change = margin - base * terms.each(terms.price)
    for spill in terms.spills:
        cross = np.maximum(spill.value + spill.error * across, NEVER_MORE)
        change = change + spill.units * spill.margin_each * (np.exp(ratio[:, None] * cross) - 1)
    spans = [figure for values in (units, margin, change) for figure in _spans(values)]
    loses = (change < 0).mean(axis=1)
    return [Trial(*map(float, row)) for row in zip(at, *spans, loses, strict=True)]


def try_price(terms: Terms, price: float) -> Trial:
    return tries(terms, [price])[0]


def _spans(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, low and high of each row."""
    ordered = np.sort(values, axis=1)
    low, high = (ordered[:, round(share * (DRAWS - 1))] for share in (LOW, HIGH))
    return ordered.mean(axis=1), low, high


@cache
def _draws() -> tuple[Floats, Floats, Floats]:
    """Three sets of standard normal draws, each evenly spread over the whole distribution, shuffled apart."""
    even = np.array([NormalDist().inv_cdf((place + 0.5) / DRAWS) for place in range(DRAWS)])
    order = np.random.default_rng(4)
    first, second, third = (order.permutation(even) for _ in range(3))
    return first, second, third


def error_of(value: float, low: float, high: float) -> float:
    """The standard deviation an 80 % range stands for; of a range cut off on one side, the whole side's."""
    return max(value - low, high - value, 0.0) / IN_80
