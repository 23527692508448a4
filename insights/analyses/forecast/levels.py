"""Where a series stands now: what it sold over what its calendar and promotions explain, the lately seen most."""

import numpy as np

from insights.analyses.forecast.panel import Floats, Panel, Singles

_RATES = {1: (0.01, 0.02, 0.04, 0.08), 7: (0.1, 0.2, 0.3, 0.45)}
_NEW = 28.0  # days of its like that a new series is given to begin with


def level(panel: Panel, log: Singles) -> Floats:
    """n: the mean over several speeds of exponentially weighted sold over explained.

    A ratio of sums holds for counts with zeros too. A series that is new leans on the middle level of its category at
    its branch for as many days as _NEW, so one never seen has just that.
    """
    sold = np.where(panel.usable, np.nan_to_num(panel.history), 0).astype(np.float64)
    explained = np.where(panel.usable, np.exp(log[:, : panel.steps]), 0).astype(np.float64)
    age = np.arange(panel.steps)[::-1]
    like, trust = _of_its_like(panel, sold, explained)
    found = np.zeros(panel.count)
    for rate in _RATES[panel.step]:
        weight = (1 - rate) ** age
        found += (sold @ weight + like * trust) / np.maximum(explained @ weight + trust, 1e-9)
    return np.asarray(found / len(_RATES[panel.step]))


def _of_its_like(panel: Panel, sold: Floats, explained: Floats) -> tuple[Floats, Floats]:
    """The middle level of the series' like, and for how many steps to believe it: fewer the longer it is known."""
    steps = explained.sum(axis=1)
    new = _NEW / panel.step
    own = sold.sum(axis=1) / np.maximum(steps, 1e-9)
    settled = steps > new
    like = np.full(panel.count, np.median(own[settled]) if settled.any() else 0.0)
    branch, category = panel.group("branch"), panel.group("category")
    both = category * (branch.max(initial=0) + 1) + branch
    for of in (category, both):
        order = np.argsort(of, kind="stable")
        starts = np.flatnonzero(np.diff(of[order], prepend=-1))
        for rows in np.split(order, starts[1:]):
            some = rows[settled[rows]]
            if some.size and not settled[rows].all():
                like[rows] = np.median(own[some])
    return like, np.asarray(new * np.exp(-steps / new))
