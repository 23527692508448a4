"""How good a forecast was. Every formula with its source; all are 0 at best."""

from __future__ import annotations

from typing import Any

import numpy as np

from insights.analyses.forecast.panel import Floats


def wape(actual: Floats, mean: Floats, axis: int | None = None) -> Floats:
    """Weighted absolute percentage error: sum |actual - forecast| / sum |actual| (Hyndman and Koehler 2006; MAD/mean).

    A share: 0.2 is a fifth. NaN where nothing was sold.
    """
    return _share(np.nansum(np.abs(actual - mean), axis=axis), np.nansum(np.abs(actual), axis=axis))


def bias(actual: Floats, mean: Floats, axis: int | None = None) -> Floats:
    """Sum of forecast less actual over the sum of actual: above 0 it expected too much. NaN where nothing was sold."""
    off = np.where(np.isnan(actual), np.nan, mean - actual)
    return _share(np.nansum(off, axis=axis), np.nansum(np.abs(actual), axis=axis))


def coverage(actual: Floats, low: Floats, high: Floats, axis: int | None = None) -> Floats:
    """The share of actual values inside the range, both ends included. NaN where there are none."""
    known = ~np.isnan(actual)
    inside = known & (actual >= low) & (actual <= high)
    return _share(inside.sum(axis=axis), known.sum(axis=axis))


def pinball(actual: Floats, low: Floats, high: Floats, level: float, axis: int | None = None) -> Floats:
    """The mean of the pinball losses of a range's two ends, over the sum of actual (Koenker and Bassett 1978).

    For an 80 % range (level 0.8) the ends are the quantiles 0.1 and 0.9.
    """
    below, above = (1 - level) / 2, (1 + level) / 2
    return _share(
        np.nansum(_loss(actual, low, below) + _loss(actual, high, above), axis=axis) / 2,
        np.nansum(np.abs(actual), axis=axis),
    )


def _loss(actual: Floats, quantile: Floats, level: float) -> Floats:
    error = actual - quantile
    return np.asarray(np.maximum(level * error, (level - 1) * error))


def _share(part: Any, whole: Any) -> Floats:
    known = np.asarray(whole) > 0
    return np.where(known, np.asarray(part, dtype=np.float64) / np.where(known, whole, 1), np.nan)
