"""Products that hardly sell, in shops with so many of them that the models could not hold them all. Pure.

Each is expected to sell what it sold of late a day its branch was open; its ranges are those of a few purchases that
come by chance, of its usual size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from insights.analyses.forecast.grids import Flags

Floats = NDArray[np.float64]

MODEL = "seldom"  # as the models call their own method for those
HALF_LIFE = 56  # days
EDGES = {"low80": 0.1, "low50": 0.25, "high50": 0.75, "high80": 0.9}


def busiest(units: NDArray[np.float32], most: int) -> NDArray[np.intp]:
    """The rows that sold on the most days, so that no more than `most` amounts are in them; in their order."""
    rows = max(1, most // max(1, units.shape[1]))
    if rows >= units.shape[0]:
        return np.arange(units.shape[0])
    days = (units > 0).sum(axis=1)
    return np.sort(np.argsort(-days, kind="stable")[:rows])


def expect(units: NDArray[np.float32], step: int, will_open: Flags) -> dict[str, Floats]:
    """Bands by name of each row's steps ahead. `units` are NaN where nothing is known."""
    from scipy.stats import poisson

    known = ~np.isnan(units)
    weight = 0.5 ** (step * np.arange(units.shape[1])[::-1] / HALF_LIFE)
    sold = np.where(known, units, 0)
    a_step = (sold @ weight) / np.maximum(known @ weight, 1e-9)
    each = sold.sum(axis=1) / np.maximum((sold > 0).sum(axis=1), 1)
    each = np.where(each > 0, each, 1)
    made = {"mean": a_step[:, None] * will_open}
    for name, share in EDGES.items():
        made[name] = (poisson.ppf(share, a_step / each) * each)[:, None] * will_open
    return {name: np.asarray(of, dtype=np.float64) for name, of in made.items()}
