"""Key items: the products by which customers judge what a shop costs. Their prices are a person's alone.

Weighed are how many baskets hold a product and how many customers buy it again and again, against the product that
leads, and its rank by what else its baskets come to and by how closely its sales follow its price: 0 to 1 each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from insights.analyses.pricing.arrays import Floats
from insights.analyses.pricing.baskets import Baskets

WEIGHTS = (0.45, 0.25, 0.15, 0.15)  # baskets, regulars, basket value, elasticity
SHARE = 0.04  # of the products that are in baskets at all, so many are key
LEAST_REACH = 0.01  # in fewer baskets than this nobody notices
LEAST_BASKETS = 200


@dataclass(frozen=True, slots=True)
class Key:
    """`reach` is the share of baskets that hold the product."""

    score: float
    is_key: bool
    reach: float


def keys(baskets: Baskets, elasticity: Mapping[int, float], price: Mapping[int, float]) -> dict[int, Key]:
    """The score of each product that is in baskets; none where there are too few baskets to tell."""
    if baskets.count < LEAST_BASKETS or not baskets.products:
        return {}
    ids = list(baskets.products)
    found = baskets.products.values()
    reach = np.array([one.count for one in found]) / baskets.count
    parts = (
        _share(reach),
        _share(np.array([one.regulars for one in found], dtype=np.float64)),
        _rank(np.array([one.value - price.get(id, 0.0) for id, one in baskets.products.items()])),
        _rank(np.array([-elasticity.get(id, 0.0) for id in ids])),
    )
    score = sum(weight * part for weight, part in zip(WEIGHTS, parts, strict=True))
    most = int(SHARE * len(ids))
    chosen = {int(place) for place in np.argsort(-np.asarray(score), kind="stable")[:most]}
    return {
        id: Key(round(float(points), 4), bool(place in chosen and share >= LEAST_REACH), float(share))
        for place, (id, points, share) in enumerate(zip(ids, np.asarray(score), reach, strict=True))
    }


def _share(values: Floats) -> Floats:
    """Against the most; the root, so that one product far ahead does not make all others alike."""
    return np.sqrt(values / max(float(values.max()), 1e-12))


def _rank(values: Floats) -> Floats:
    """0 for the least to 1 for the most; equal values rank alike."""
    if values.size < 2:
        return np.zeros(values.size)
    _, place, many = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(many) - (many + 1) / 2
    return np.asarray(middle[place] / (values.size - 1))
