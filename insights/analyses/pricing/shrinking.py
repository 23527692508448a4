"""Lends each product the strength of its category, and each category that of the shop (empirical Bayes)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from insights.analyses.pricing.arrays import Floats, Ints
from insights.analyses.pricing.regression import Estimates

LEAST_SPREAD = 0.05  # variance between the products of a category, and between categories, always allowed for
IN_80 = 1.2816
LEAST, MOST = -8.0, -0.05  # dearer never sells more, and a figure beyond is a fault of the data


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Elasticity with the range that holds it 8 times in 10, an entry a product; `is_own` where its own prices told.

    `middle` is each category's.
    """

    value: Floats
    low: Floats
    high: Floats
    is_own: np.ndarray
    middle: dict[int, float]


@dataclass(frozen=True, slots=True)
class Pooled:
    """The same before it is held within what an elasticity can be; `spread` is the standard deviation left."""

    value: Floats
    spread: Floats
    middle: dict[int, float]


def shrink(found: Estimates, category: Ints) -> Shrunk:
    """Raises nothing: without a single usable estimate all are NaN."""
    pooled = pool(found, category, least_spread=LEAST_SPREAD)
    value, spread = pooled.value, pooled.spread
    return Shrunk(
        np.clip(value, LEAST, MOST),
        np.clip(value - IN_80 * spread, LEAST - 2, MOST),
        np.clip(value + IN_80 * spread, LEAST, 0),
        found.usable,
        {one: float(np.clip(middle, LEAST, MOST)) for one, middle in pooled.middle.items()},
    )


def pool(found: Estimates, category: Ints, *, least_spread: float) -> Pooled:
    """Each product's figure drawn toward its category's, and each category's toward the shop's."""
    value, spread = np.full(category.size, np.nan), np.full(category.size, np.nan)
    names = np.unique(category)
    groups = [_group(found, (category == one) & found.usable, least_spread) for one in names]
    middles, unsure = _between(np.array([g[0] for g in groups]), np.array([g[1] for g in groups]), least_spread)
    for one, (_, _, between), middle, doubt in zip(names, groups, middles, unsure, strict=True):
        of = category == one
        error = np.where(found.usable[of], found.error[of], np.inf)
        trust = between / (between + error**2)
        own = np.where(found.usable[of], found.value[of], middle)
        value[of] = middle + trust * (own - middle)
        spread[of] = np.sqrt((1 - trust) * between + (1 - trust) ** 2 * doubt)
    return Pooled(value, spread, {int(one): float(middle) for one, middle in zip(names, middles, strict=True)})


def _group(found: Estimates, of: np.ndarray, least: float) -> tuple[float, float, float]:
    """A category's mean, the variance of that mean, and the variance between its products."""
    value, variance, between = found.value[of], found.error[of] ** 2, least
    if not of.any():
        return np.nan, np.inf, least
    mean = float(value.mean())
    for _ in range(50):
        weight = 1 / (variance + between)
        mean = float((weight * value).sum() / weight.sum())
        seen = (weight**2 * ((value - mean) ** 2 - variance)).sum() / (weight**2).sum()
        between = max(float(seen), least)
    return mean, float(1 / (1 / (variance + between)).sum()), between


def _between(mean: Floats, variance: Floats, least: float) -> tuple[Floats, Floats]:
    """The categories' means drawn toward the shop's, and the variance left in them."""
    known = np.isfinite(mean)
    if not known.any():
        return mean, np.full(mean.size, np.inf)
    weight = 1 / (variance[known] + least)
    whole = (weight * mean[known]).sum() / weight.sum()
    between = max(float(np.var(mean[known]) - np.mean(variance[known])), least)
    trust = np.where(known, between / (between + np.where(known, variance, 0)), 0)
    return whole + trust * (np.where(known, mean, whole) - whole), (1 - trust) * between
