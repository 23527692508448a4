"""Ranges from the errors of the backtest: how wide for each series, of what shape for all of them together.

The variance of an error is taken as m x f x (f + F) / 2, f being what is expected and F the series' usual: between
that of counts (growing with f) and that of takings (growing with f squared). `m` is the series' own, bent to that of
its like; the errors so standardised are pooled by stretch of the horizon, and their quantiles make the ranges. What
sells few whole pieces gets the quantiles of a negative binomial of that mean and variance instead.
"""

from dataclasses import dataclass

import numpy as np

from insights.analyses.forecast.panel import Flags, Floats

LEVELS = (0.1, 0.25, 0.75, 0.9)
FEW = 10.0  # pieces a step, up to which a range is that of a count
_LIKE = 10.0  # errors that a series is lent by its like
_FAR = 16.0  # times the usual squared error: no single step counts for more
_STRETCHES, _BUCKETS = 3, 8
_TINY = 1e-9
_UNSEEN = 1.5  # over the folds squared: how much wider ranges are for what so few folds cannot have shown
_LATER = 0.85  # what a fold counts beside the one after it


@dataclass(frozen=True)
class Spread:
    own: Floats  # n x 2: m and F
    shape: Floats  # stretches x 4 quantiles of the standardised errors
    usual: float  # m of a series nobody has seen


def learn(mean: Floats, actual: Floats) -> Spread:
    """From folds x n x horizon of what was expected and what was sold (NaN: tells nothing), the latest fold first."""
    weight = np.where(np.isfinite(actual), _LATER ** np.arange(len(mean))[:, None, None], 0)
    usual = (weight * mean).sum(axis=(0, 2)) / np.maximum(weight.sum(axis=(0, 2)), _TINY)
    error = np.where(weight > 0, actual - mean, 0)
    unit = _unit(mean, usual)
    square = np.where(unit > _TINY, error**2 / np.maximum(unit, _TINY), 0)
    own = _of_like(square, weight, usual)
    standard = error / np.sqrt(np.maximum(own[:, None] * unit, _TINY))
    shape = np.array([_quantiles(standard[part], weight[part]) for part in _stretches(mean.shape[2])])
    wider = 1 + _UNSEEN / len(mean) ** 2
    return Spread(np.stack([own, usual], axis=1), shape * wider, float(np.median(own)) if own.size else 1.0)


def _quantiles(values: Floats, weight: Floats) -> Floats:
    """Weighted; those of a normal distribution where there are none."""
    if not weight.any():
        return np.array([-1.28, -0.67, 0.67, 1.28])
    order = np.argsort(values, axis=None, kind="stable")
    share = np.cumsum(weight.ravel()[order])
    middle = (share - weight.ravel()[order] / 2) / share[-1]
    return np.asarray(np.interp(LEVELS, middle, values.ravel()[order]))


def _of_like(square: Floats, weight: Floats, usual: Floats) -> Floats:
    """The series' mean squared error in its unit, bent to that of series of its size."""
    own = np.zeros(usual.size)
    order = np.argsort(usual, kind="stable")
    for rows in np.array_split(order, max(1, min(_BUCKETS, usual.size // 40))):
        of = weight[:, rows]
        whole = max(float(of.sum()), 1.0)
        like = (of * square[:, rows]).sum() / whole
        like = (of * np.minimum(square[:, rows], _FAR * like)).sum() / whole
        kept = (of * np.minimum(square[:, rows], _FAR * max(like, _TINY))).sum(axis=(0, 2))
        own[rows] = (kept + _LIKE * like) / (of.sum(axis=(0, 2)) + _LIKE)
    return np.maximum(own, _TINY)


def ranges(mean: Floats, spread: Spread, whole: Flags) -> tuple[Floats, Floats, Floats, Floats]:
    """n x horizon: low80, low50, high50, high80 of what is expected; 0 where 0 is."""
    deviation = np.sqrt(spread.own[:, :1] * _unit(mean, spread.own[:, 1]))
    found = np.empty((4, *mean.shape))
    for number, (_, _, steps) in enumerate(_stretches(mean.shape[1], stretches=len(spread.shape))):
        for place, quantile in enumerate(spread.shape[number]):
            found[place][:, steps] = mean[:, steps] + quantile * deviation[:, steps]
    few = np.flatnonzero(whole & (spread.own[:, 1] < FEW))
    if few.size:
        found[:, few] = _counts(mean[few], deviation[few] ** 2)
    found = np.where(mean > 0, np.maximum(found, 0), 0)
    # Rounding and thin data may turn two ends around.
    low80, low50, high50, high80 = np.sort(found, axis=0)
    return low80, low50, high50, high80


def _counts(mean: Floats, variance: Floats) -> Floats:
    """4 x n x horizon quantiles of negative binomials."""
    from scipy.stats import nbinom

    safe = np.maximum(mean, 1e-4)
    wide = np.maximum(variance, 1.02 * safe)
    return np.stack([nbinom.ppf(level, safe**2 / (wide - safe), safe / wide) for level in LEVELS])


def _unit(mean: Floats, usual: Floats) -> Floats:
    level = usual[:, None]
    f = np.maximum(mean, 0.02 * level)
    return np.asarray(f * (f + level) / 2)


def _stretches(horizon: int, stretches: int | None = None) -> list[tuple[slice, slice, slice]]:
    count = min(_STRETCHES, horizon) if stretches is None else stretches
    ends = [round(horizon * number / count) for number in range(count + 1)]
    every = slice(None)
    return [(every, every, slice(first, last)) for first, last in zip(ends, ends[1:], strict=False)]
