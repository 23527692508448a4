"""One boosted-trees model over all series, on top of the effects: what they miss together.

It learns the ratio of sold to level from the effects' own answer, the calendar, promotions, events and the same
time last year. scikit-learn's histogram gradient boosting: it copes with gaps, is quick, and is imported by workers only.
"""

from __future__ import annotations

import numpy as np

from insights.analyses.forecast.effects import Effects, _moved, _on, centred_level
from insights.analyses.forecast.panel import DAY, Floats, Ints, Panel

_ROWS = 250_000  # most it learns from
_AT_ONCE = 512
_ROUNDS, _LEAVES, _RATE = 160, 24, 0.06
_SEED = 20261121
_LONGEST = 3.0


def improve(panel: Panel, effects: Effects, since: int) -> Floats:
    """n x T + horizon: the log factors as the trees see them, from step `since` on; the effects' own before.

    The same panel gives the same answer. Too short a past gives the effects back.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    level = centred_level(panel)
    rows, steps = np.nonzero(panel.usable() & (level > 0))
    if rows.size < 500:
        return effects.log
    worth = _worth(panel, level)[rows, steps]
    chosen = _sample(rows.size, worth)
    shared = _Shared(panel)
    x = shared.at(panel, effects, level, rows[chosen], steps[chosen])
    ratio = np.clip(panel.sold[rows[chosen], steps[chosen]] / level[rows[chosen], steps[chosen]], 0, 8)
    model = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=_ROUNDS,
        learning_rate=_RATE,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=30,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=_SEED,
    )
    model.fit(x, ratio, sample_weight=worth[chosen])
    return _answers(model, panel, effects, level, shared, since)


def _answers(model: object, panel: Panel, effects: Effects, level: Floats, shared: _Shared, since: int) -> Floats:
    log = effects.log.copy()
    columns = np.arange(since, panel.past + panel.horizon)
    for start in range(0, panel.series, _AT_ONCE):
        some = np.arange(start, min(start + _AT_ONCE, panel.series))
        rows, steps = np.repeat(some, columns.size), np.tile(columns, some.size)
        said = model.predict(shared.at(panel, effects, level, rows, steps))  # type: ignore[attr-defined]
        logs = np.clip(np.log(np.maximum(said, 1e-3)), -_LONGEST, _LONGEST)
        log[some[:, None], columns[None]] = logs.reshape(some.size, columns.size)
    return log


def _worth(panel: Panel, level: Floats) -> Floats:
    """Lately sold tells more, and so does what sells much; a year ago counts half."""
    age = np.arange(panel.past)[::-1] * panel.step / 365
    return np.asarray(np.exp2(-age)[None] * np.sqrt(level), dtype=np.float64)


def _sample(count: int, worth: Floats) -> Ints:
    """Which rows to learn from: all, or as many as fit, the worthier the likelier."""
    if count <= _ROWS:
        return np.arange(count)
    draw = np.random.default_rng(_SEED).random(count)
    return np.sort(np.argsort(-(worth**0.5) * draw, kind="stable")[:_ROWS])


class _Shared:
    """What does not differ between series of a branch, kept once."""

    def __init__(self, panel: Panel) -> None:
        dates = panel.dates
        self.year_day = np.array([d.timetuple().tm_yday for d in dates], dtype=np.float32)
        self.month_day = np.array([d.day for d in dates], dtype=np.float32)
        self.weekday = np.array([d.weekday() for d in dates], dtype=np.float32)
        self.shut = ~panel.open
        self.shut_before = _running(self.shut)
        self.events = [_on(panel, name) for name in dict.fromkeys(e.name for e in panel.events if e.effect is None)]
        self.promoted = None if panel.promotion is None else (panel.promotion > 0)
        self.begun = None if self.promoted is None else _running(self.promoted)
        self.to_end = None if self.promoted is None else _running(self.promoted[:, ::-1])[:, ::-1]
        self.last_year = self._last_year(panel)

    def _last_year(self, panel: Panel) -> Floats | None:
        """n x T + horizon: what the step 52 weeks before was over its level; None where the past is too short."""
        back = 364 // panel.step
        if panel.past <= back + 4:
            return None
        level = centred_level(panel)
        known = panel.usable() & (level > 0)
        ratio = np.where(known, panel.sold / np.where(known, level, 1), np.nan).astype(np.float32)
        grid = np.full((panel.series, panel.past + panel.horizon), np.nan, dtype=np.float32)
        length = min(panel.past, panel.past + panel.horizon - back)
        grid[:, back : back + length] = ratio[:, :length]
        return grid

    def at(self, panel: Panel, effects: Effects, level: Floats, rows: Ints, steps: Ints) -> Floats:
        """A feature a column, for each (series, step)."""
        branch = panel.branch[rows]
        columns = [
            effects.log[rows, steps],
            self.year_day[steps],
            self.month_day[steps],
            np.log1p(level.mean(axis=1))[rows],
        ]
        if panel.step == DAY:
            columns += [self.weekday[steps], self.shut_before[branch, np.maximum(steps - 1, 0)]]
            columns += [_moved(self.shut, -ahead)[branch, steps] for ahead in (1, 2)]
        for event in self.events:
            columns += [_moved(event, shift)[branch, steps] for shift in (-2, -1, 0, 1)]
        if panel.promotion is not None and self.begun is not None and self.to_end is not None:
            columns += [panel.promotion[rows, steps], self.begun[rows, steps], self.to_end[rows, steps]]
        if self.last_year is not None:
            columns += [self.last_year[rows, steps], self._around(rows, steps)]
        columns += [effects.own[rows, number] for number in range(min(effects.own.shape[1], 24))]
        return np.stack(columns, axis=1).astype(np.float32)

    def _around(self, rows: Ints, steps: Ints) -> Floats:
        """Last year's step with its neighbours."""
        grid = self.last_year
        assert grid is not None
        near = np.stack([grid[rows, np.clip(steps + by, 0, grid.shape[1] - 1)] for by in (-1, 0, 1)])
        count = (~np.isnan(near)).sum(axis=0)
        return np.where(count > 0, np.nansum(near, axis=0) / np.maximum(count, 1), np.nan)


def _running(flags: Floats) -> Floats:
    """How many steps in a row it has been so, this one included."""
    steps = np.arange(1, flags.shape[1] + 1)
    since = np.maximum.accumulate(np.where(flags, 0, steps), axis=1)
    return np.where(flags, steps - since, 0).astype(np.float32)
