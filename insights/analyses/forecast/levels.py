"""Where a series stands now: what it sold over what its calendar and promotions explain, the lately seen most."""

from __future__ import annotations

import numpy as np

from insights.analyses.forecast.panel import DAY, Floats, Panel

_RATES = {True: (0.01, 0.02, 0.04, 0.08), False: (0.05, 0.1, 0.2, 0.3, 0.45)}  # by day, by week
_NEW = 28.0  # days of its like that a new series is given to begin with


def level(panel: Panel, log: Floats) -> Floats:
    """n: the mean over several speeds of (exponentially weighted) sold over explained.

    A ratio of sums holds for counts with zeros too. A series that is new, or hardly sold, leans on the usual level of
    its category at its age, at its branch where there are such, for as many days as _NEW.
    """
    usable = panel.usable()
    sold = np.where(usable, np.nan_to_num(panel.sold), 0).astype(np.float64)
    explained = np.where(usable, np.exp(log[:, : panel.past]), 0).astype(np.float64)
    age = np.arange(panel.past)[::-1]
    like, trust = _of_its_like(panel, sold, explained)
    found = np.zeros(panel.series)
    for rate in _RATES[panel.step == DAY]:
        weight = (1 - rate) ** age
        found += (sold @ weight + like * trust) / np.maximum(explained @ weight + trust, 1e-9)
    return np.asarray(found / len(_RATES[panel.step == DAY]))


def _of_its_like(panel: Panel, sold: Floats, explained: Floats) -> tuple[Floats, Floats]:
    """The middle level of the series' category, and for how many steps to believe it: fewer the longer it is known."""
    steps = explained.sum(axis=1)
    own = sold.sum(axis=1) / np.maximum(steps, 1e-9)
    like = np.zeros(panel.series)
    for group in np.unique(panel.category):
        of = panel.category == group
        settled = of & (steps > _NEW / panel.step)
        like[of] = np.median(own[settled]) if settled.any() else own[of].mean()
    return like, np.asarray(_NEW / panel.step * np.exp(-steps * panel.step / _NEW))
