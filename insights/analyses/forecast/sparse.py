"""Naive and intermittent methods, for all series at once."""

import numpy as np

from insights.analyses.forecast.panel import Flags, Floats, Panel

_YEAR = 364
FEW = 20  # selling steps
_SOLD, _AMOUNT = 0.1, 0.2  # how fast the chance of a sale and its amount are learned


def is_sparse(panel: Panel) -> Flags:
    """n: sells too seldom to show a pattern: on under 20 steps, and on few of those it was there for."""
    selling = (np.nan_to_num(panel.history) > 0).sum(axis=1)
    known = np.isfinite(panel.history).sum(axis=1)
    return np.asarray((selling < FEW) & (selling * 2 < known))


def season(panel: Panel) -> int:
    """Steps after which things repeat: a week of days; a year of weeks where the past holds one, else one week."""
    if panel.step == 1:
        return 7
    return _YEAR // 7 if panel.steps >= _YEAR // 7 + 8 else 1


def naive(panel: Panel) -> Floats:
    """n x H: what was sold a season before, or whole seasons earlier where that is not known (Hyndman and
    Athanasopoulos, Forecasting: principles and practice, 5.2); the mean where none is known, 0 where nothing is.
    """
    length = season(panel)
    last = np.full((panel.count, length), np.nan)
    for start in range(panel.steps - length, -length, -length):
        piece = np.full((panel.count, length), np.nan)
        piece[:, max(0, -start) :] = panel.history[:, max(0, start) : start + length]
        last = np.where(np.isnan(last), piece, last)
        if not np.isnan(last).any():
            break
    known = np.isfinite(last)
    mean = np.nansum(last, axis=1) / np.maximum(known.sum(axis=1), 1)
    filled = np.where(known, last, mean[:, None])
    return np.asarray(filled[:, np.arange(panel.horizon) % length])


def intermittent(panel: Panel) -> Floats:
    """n x H, the same at each step: the chance of a sale times its usual amount, both smoothed (Teunter, Syntetos and
    Babai 2011). Steps that tell nothing of demand change nothing.
    """
    usable, y = panel.usable, np.nan_to_num(panel.history)
    sold = usable & (y > 0)
    count = np.maximum(sold.sum(axis=1), 1)
    amount = np.where(sold, y, 0).sum(axis=1) / count
    chance = (sold.sum(axis=1) + 0.5) / (usable.sum(axis=1) + 5)  # leans to seldom while little is known
    for step in range(panel.steps):
        known, sale = usable[:, step], sold[:, step]
        chance = np.where(known, chance + _SOLD * (sale - chance) * 0.5, chance)
        amount = np.where(sale, amount + _AMOUNT * (y[:, step] - amount), amount)
    return np.asarray(np.repeat((chance * amount)[:, None], panel.horizon, axis=1))
