"""What buyers take instead: how much more of a product sells when its close substitutes are dearer.

Close are the few products of the same category whose names share most, the rarer the word the more. Which of them
dearer moves the product is more than its sales can tell one by one, so one figure is found for their prices together,
drawn toward the category as elasticities are, and shared out by closeness. It is told only where it is hardly none.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from insights.analyses.pricing import shrinking
from insights.analyses.pricing.arrays import Ints
from insights.analyses.pricing.regression import Estimates
from insights.analyses.pricing.weeks import Near

CLOSEST = 6
LEAST_ALIKE = 0.5
COMMON = 200  # products of a category; a word that so many share brings none together
LEAST_SPREAD = 0.01  # variance between the products of a category
MOST = 2.0
UNSURE_SHARE = 0.4  # of an effect: closeness by name tells only roughly which substitute it comes from
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Cross:
    """`product` sells `value` per cent more where `other` is one per cent dearer."""

    product: int
    other: int
    value: float
    low: float
    high: float


def close(products: Mapping[int, str], category: Mapping[int, int]) -> dict[int, list[tuple[int, float]]]:
    """The closest substitutes of each product that has any, with weights that sum to 1."""
    groups: dict[int, list[int]] = defaultdict(list)
    for id in products:
        if category.get(id):
            groups[category[id]].append(id)
    found: dict[int, list[tuple[int, float]]] = {}
    for members in groups.values():
        found |= _close_within(members, products)
    return found


def _close_within(members: list[int], products: Mapping[int, str]) -> dict[int, list[tuple[int, float]]]:
    words = {id: set(_WORD.findall(products[id].lower())) for id in members}
    often = Counter(word for of_one in words.values() for word in of_one)
    weight = {word: math.log(1 + len(members) / count) for word, count in often.items()}
    holders: dict[str, list[int]] = defaultdict(list)
    for id, of_one in words.items():
        for word in of_one:
            holders[word].append(id)
    length = {id: sum(weight[word] for word in of_one) or 1.0 for id, of_one in words.items()}
    found = {}
    for id in members:
        shared: dict[int, float] = defaultdict(float)
        for word in words[id]:
            if len(holders[word]) <= COMMON:
                for other in holders[word]:
                    shared[other] += weight[word]
        alike = {other: both / math.sqrt(length[id] * length[other]) for other, both in shared.items() if other != id}
        best = sorted(((score**2, -other) for other, score in alike.items() if score >= LEAST_ALIKE), reverse=True)
        if best := best[:CLOSEST]:
            total = sum(score for score, _ in best)
            found[id] = [(-other, score / total) for score, other in best]
    return found


def crosses(products: Ints, found: Estimates, category: Ints, near: Near) -> list[Cross]:
    """The believable effects: those of products whose figure's 80 % range lies above none."""
    pooled = shrinking.pool(found, category, least_spread=LEAST_SPREAD)
    believed = pooled.value - shrinking.IN_80 * pooled.spread > 0
    around = shrinking.IN_80 * np.hypot(pooled.spread, UNSURE_SHARE * pooled.value)
    low, high = np.maximum(pooled.value - around, 0), pooled.value + around
    told = []
    for id, believe, value, least, most in zip(products.tolist(), believed, pooled.value, low, high, strict=True):
        if believe and value <= MOST:
            told += [
                Cross(id, other, float(value) * share, float(least) * share, float(most) * share)
                for other, share in near.get(id, ())
            ]
    return told
