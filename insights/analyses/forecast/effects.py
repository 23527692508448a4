"""What the calendar, promotions and prices do to demand, as factors learned from all series together.

A quasi-Poisson regression with a log link in the units of each series' own level: a pooled answer, bent towards what
its category and then the series itself have shown, each by a ridge towards the one before (a hierarchical MAP
estimate). It holds for counts with zeros and for takings alike: the variance is level + level squared / 10, as of a
negative binomial.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from insights.analyses.forecast.drivers import Drivers, levels_around
from insights.analyses.forecast.panel import Flags, Floats, Ints, Panel, Singles

POOLED, GROUPED, OWN = 10.0, 30.0, 60.0  # ridges: towards nothing, towards all, towards the category
SMOOTH = {1: 28, 7: 6}  # steps each side of the level
AT_ONCE = 128
LONGEST = 3.0  # of a log factor
_SPREAD = 0.1
_NEWTON = 3
_SAMPLE = 600  # series that a pooled answer is learned from, the largest
_SAMPLE_OF_GROUP = 25
_LARGE = 1000  # series, above which each has its own answer for fewer columns
_HIGHEST = 8.0  # of a ratio to the level


@dataclass(frozen=True)
class Effects:
    """Log factors of every step, n x (T + H): of the plain calendar, and of what makes a step unlike its like."""

    calendar: Singles
    special: Singles
    own: Singles  # n x columns: the coefficients of each series
    level: Singles  # n x T: the smoothed level, 0 unknown

    @property
    def log(self) -> Singles:
        return self.calendar + self.special


@dataclass(frozen=True)
class Told:
    """What the past tells: sold over level (NaN: nothing) and what each step is worth."""

    ratio: Singles
    worth: Singles
    largest: Ints  # series by their size

    @classmethod
    def by(cls, panel: Panel, level: Singles) -> "Told":
        known = panel.usable & (level > 0)
        safe = np.where(level > 0, level, np.float32(1))
        ratio = np.where(known, np.minimum(panel.history / safe, _HIGHEST), np.nan).astype(np.float32)
        worth = np.where(level > 0, 1 / (1 / safe + np.float32(_SPREAD)), 0).astype(np.float32)
        return cls(ratio, worth, np.argsort(-level.mean(axis=1), kind="stable"))


def learn(panel: Panel) -> Effects:
    """Learn the factors from the past and say them for every step, past and ahead."""
    drivers = Drivers(panel)
    level = levels_around(panel, panel.usable, SMOOTH[panel.step]).astype(np.float32)
    told = Told.by(panel, level)
    pooled = _pool(panel, drivers, told)
    grouped = _group(panel, drivers, told, pooled)
    shape = (panel.count, panel.steps + panel.horizon)
    calendar, special = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    own = np.zeros((panel.count, pooled.size), dtype=np.float32)
    mine = drivers.is_own if panel.count > _LARGE else np.ones(pooled.size, dtype=bool)
    for rows in batches(np.arange(panel.count)):
        x = drivers.of(rows)
        start = grouped[panel.group("category")[rows]] if grouped is not None else np.tile(pooled, (rows.size, 1))
        found = _newton(x[:, : panel.steps], told.ratio[rows], told.worth[rows], start, mine)
        calendar[rows] = _answer(x, np.where(drivers.is_special, 0, found))
        special[rows] = _answer(x, np.where(drivers.is_special, found, 0)) + drivers.expected(rows)
        own[rows] = found
    return Effects(calendar, special, own, level)


def batches(rows: Ints, at_once: int = AT_ONCE) -> Iterator[Ints]:
    for start in range(0, rows.size, at_once):
        yield rows[start : start + at_once]


def _answer(x: Singles, found: Floats) -> Singles:
    log = np.matmul(x, found.astype(np.float32)[:, :, None])[:, :, 0]
    return np.asarray(np.clip(log, -LONGEST, LONGEST), dtype=np.float32)


def _pool(panel: Panel, drivers: Drivers, told: Told) -> Floats:
    """One answer of all series, from the largest where there are many."""
    rows = told.largest[:_SAMPLE]
    features = len(drivers.names)
    found = np.zeros(features)
    for _ in range(_NEWTON + 1):
        slope, weight = np.zeros(features), np.zeros((features, features))
        for batch in batches(rows):
            x = drivers.of(batch)[:, : panel.steps]
            g, h = _slopes(x, told.ratio[batch], told.worth[batch], np.tile(found, (batch.size, 1)))
            slope += g.sum(axis=0)
            weight += h.sum(axis=0)
        size = 1 + rows.size / 50
        found = _step(found[None], slope[None] / size, weight[None] / size, np.zeros((1, features)), POOLED)[0]
    return found


def _group(panel: Panel, drivers: Drivers, told: Told, pooled: Floats) -> Floats | None:
    """An answer a category, near the pooled one; None where there are no categories to speak of."""
    of_series = panel.group("category")
    sizes = np.bincount(of_series)
    if sizes.size < 2 or sizes.size * 2 > panel.count:
        return None
    found = np.tile(pooled, (sizes.size, 1))
    some = _largest_of_each(told.largest, of_series)
    sizes = np.minimum(sizes, _SAMPLE_OF_GROUP)
    for _ in range(_NEWTON - 1):
        slope, weight = np.zeros(found.shape), np.zeros((*found.shape, pooled.size))
        for rows in batches(some):
            of, x = of_series[rows], drivers.of(rows)[:, : panel.steps]
            g, h = _slopes(x, told.ratio[rows], told.worth[rows], found[of])
            np.add.at(slope, of, g)
            np.add.at(weight, of, h)
        scale = 1 + sizes / 5
        found = _step(found, slope / scale[:, None], weight / scale[:, None, None], pooled[None], GROUPED)
    return found


def _largest_of_each(largest: Ints, of_series: Ints) -> Ints:
    """The largest series of each category, some of each."""
    order = largest[np.argsort(of_series[largest], kind="stable")]
    groups = of_series[order]
    place = np.arange(order.size) - np.searchsorted(groups, groups)
    return np.sort(order[place < _SAMPLE_OF_GROUP])


def _newton(x: Singles, ratio: Singles, worth: Singles, start: Floats, mine: Flags) -> Floats:
    """From the answer of the like to the series' own, in the columns that are its own."""
    some = x if mine.all() else np.ascontiguousarray(x[:, :, mine])
    rest = _answer(x, np.where(mine, 0, start))
    found = start.copy()
    for _ in range(_NEWTON if mine.all() else _NEWTON - 1):
        slope, weight = _slopes(some, ratio, worth, found[:, mine], rest)
        found[:, mine] = _step(found[:, mine], slope, weight, start[:, mine], OWN)
    return found


def _slopes(
    x: Singles, ratio: Singles, worth: Singles, at: Floats, rest: Singles | None = None
) -> tuple[Singles, Singles]:
    """Gradient and information of each series' log likelihood; `rest` is what else is in the log of the mean."""
    known = ~np.isnan(ratio)
    mean = np.exp(_answer(x, at) if rest is None else np.clip(_answer(x, at) + rest, -LONGEST, LONGEST))
    pull = np.where(known, worth * (np.nan_to_num(ratio) - mean), np.float32(0))
    hold = np.where(known, worth * mean, np.float32(0))
    across = np.ascontiguousarray(x.transpose(0, 2, 1))
    return np.matmul(across, pull[:, :, None])[:, :, 0], np.matmul(across, x * hold[:, :, None])


def _step(found: Floats, slope: Floats | Singles, weight: Floats | Singles, towards: Floats, ridge: float) -> Floats:
    fixed = weight.astype(np.float64) + ridge * np.eye(found.shape[1])
    move = np.linalg.solve(fixed, (slope - ridge * (found - towards))[:, :, None])[:, :, 0]
    return np.asarray(found + np.clip(move, -1.0, 1.0))
