"""One boosted-trees model over all series, on top of the effects: what they miss together.

It learns the ratio of sold to level from the effects' own answer, the calendar, promotions, events and the same time
last year. scikit-learn's histogram gradient boosting: it copes with gaps, is quick, and only workers import it.
"""

from typing import Any

import numpy as np

from insights.analyses.forecast.drivers import Drivers, shifted
from insights.analyses.forecast.effects import LONGEST, Effects
from insights.analyses.forecast.panel import Flags, Floats, Ints, Panel, Singles

_ROWS = 250_000  # most it learns from
_FEWEST = 500
_AT_ONCE = 512
_SEED = 20_261_121
_OWN = 24  # coefficients it is told


def improve(panel: Panel, effects: Effects) -> Singles | None:
    """n x (T + H): the effects' log factors as the trees see them; None where the past is too short to learn from.

    The steps that the level is taken from (the last months) and those ahead are answered, earlier ones left.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    known = panel.usable & (effects.level > 0)
    rows, steps = np.nonzero(known)
    if rows.size < _FEWEST:
        return None
    worth = _worth(panel, effects)
    chosen = _sample(worth[rows, steps])
    rows, steps = rows[chosen], steps[chosen]
    told = _Told(panel, effects, known)
    model = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=160,
        learning_rate=0.06,
        max_leaf_nodes=24,
        min_samples_leaf=30,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=_SEED,
    )
    ratio = np.clip(panel.history[rows, steps] / effects.level[rows, steps], 0, 8)
    with threadpool_limits(1):  # its threads wait by spinning, which a machine with other work pays for many times over
        model.fit(told.at(rows, steps), ratio + 1e-6, sample_weight=worth[rows, steps])
        return _answers(model, panel, effects, told)


def _answers(model: Any, panel: Panel, effects: Effects, told: "_Told") -> Singles:
    log = effects.log.copy()
    back = (182 if panel.count <= 1000 else 56) // panel.step
    columns = np.arange(max(0, panel.steps - back), log.shape[1])
    for start in range(0, panel.count, _AT_ONCE):
        some = np.arange(start, min(start + _AT_ONCE, panel.count))
        said = model.predict(told.at(np.repeat(some, columns.size), np.tile(columns, some.size)))
        logs = np.clip(np.log(np.maximum(said, 1e-3)), -LONGEST, LONGEST)
        log[some[:, None], columns[None]] = logs.reshape(some.size, columns.size)
        expected = told.drivers.expected(some)
        log[some] += np.where(np.arange(log.shape[1]) >= columns[0], expected, 0)
    return log


def _worth(panel: Panel, effects: Effects) -> Floats:
    """Lately sold tells more, and so does what sells much; a year ago counts half."""
    age = np.arange(panel.steps)[::-1] * panel.step / 365
    return np.asarray(np.exp2(-age)[None] * np.sqrt(effects.level), dtype=np.float64)


def _sample(worth: Floats) -> Ints:
    """Which rows to learn from: all, or as many as fit, the worthier the likelier."""
    if worth.size <= _ROWS:
        return np.arange(worth.size)
    draw = np.random.default_rng(_SEED).random(worth.size)
    return np.sort(np.argpartition(-(worth**0.5) * draw, _ROWS)[:_ROWS])


class _Told:
    """The features of any (series, step)."""

    def __init__(self, panel: Panel, effects: Effects, known: Flags) -> None:
        self.panel, self.effects, self.drivers = panel, effects, Drivers(panel)
        self.size = np.log1p(effects.level.mean(axis=1))
        every = np.arange(panel.count)
        self.events = [self._held(events, every) for events in self._by_name()]
        self.shut = self._few(panel.shut) if panel.step == 1 and panel.shut.any() else None
        self.promoted = panel.promoted if self.drivers.has_promotions else None
        self.last_year = self._last_year(known)

    def _by_name(self) -> list[tuple[Any, ...]]:
        """Events by kind, and by name where there are few names."""
        kinds: dict[str, list[Any]] = {}
        for event in self.drivers.learned:
            kinds.setdefault(event.kind if event.kind != "own" else event.name, []).append(event)
        return [tuple(events) for events in kinds.values()]

    def _held(self, events: tuple[Any, ...], every: Ints) -> tuple[Ints, Singles]:
        if all(event.series is None for event in events):
            return np.zeros(every.size, dtype=np.int64), self.drivers.event_rows(events, every[:1])
        return self._few(self.drivers.event_rows(events, every))

    @staticmethod
    def _few(rows: Any) -> tuple[Ints, Singles]:
        """Equal rows once: the place of each, and the rows."""
        seen: dict[bytes, int] = {}
        place = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in rows], dtype=np.int64)
        first = np.unique(place, return_index=True)[1]
        return place, np.asarray(rows[first], dtype=np.float32)

    def _last_year(self, known: Flags) -> Singles | None:
        """n x (T + H): what the step 52 weeks before was over its level; None where the past is too short."""
        panel, back = self.panel, 364 // self.panel.step
        if panel.steps <= back + 4:
            return None
        safe = np.where(known, self.effects.level, 1)
        ratio = np.where(known, panel.history / safe, np.nan).astype(np.float32)
        grid = np.full((panel.count, panel.steps + panel.horizon), np.nan, dtype=np.float32)
        length = min(panel.steps, grid.shape[1] - back)
        grid[:, back : back + length] = ratio[:, :length]
        return grid

    def at(self, rows: Ints, steps: Ints) -> Singles:
        """A feature a column."""
        effects, drivers = self.effects, self.drivers
        columns: list[Any] = [self._log(rows, steps)]
        columns += [drivers.year_day[steps], drivers.month_day[steps], self.size[rows]]
        if self.panel.step == 1:
            columns.append(drivers.weekday[steps])
        if self.shut is not None:
            place, shut = self.shut
            columns += [shifted(shut, by)[place[rows], steps] for by in (-2, -1, 1, 2)]
            columns.append(running(shut)[place[rows], np.maximum(steps - 1, 0)])
        for place, on in self.events:
            columns += [shifted(on, by)[place[rows], steps] for by in (-2, -1, 0, 1)]
        if self.promoted is not None:
            columns += self._promotion(rows, steps)
        if self.last_year is not None:
            columns += [self.last_year[rows, steps], self._around(rows, steps)]
        columns += [effects.own[rows, at] for at in range(min(effects.own.shape[1], _OWN))]
        return np.stack(columns, axis=1).astype(np.float32)

    def _log(self, rows: Ints, steps: Ints) -> Singles:
        return self.effects.calendar[rows, steps] + self.effects.special[rows, steps]

    def _promotion(self, rows: Ints, steps: Ints) -> list[Any]:
        promoted = self.promoted
        assert promoted is not None
        last = promoted.shape[1] - 1
        near = [promoted[rows, np.clip(steps + by, 0, last)] for by in (-7, -3, -1, 1, 3)]
        return [promoted[rows, steps], *near]

    def _around(self, rows: Ints, steps: Ints) -> Singles:
        """Last year's step with its neighbours."""
        grid = self.last_year
        assert grid is not None
        near = np.stack([grid[rows, np.clip(steps + by, 0, grid.shape[1] - 1)] for by in (-1, 0, 1)])
        count = (~np.isnan(near)).sum(axis=0)
        return np.where(count > 0, np.nansum(near, axis=0) / np.maximum(count, 1), np.float32(np.nan))


def running(flags: Singles) -> Singles:
    """How many steps in a row it has been so, this one included."""
    steps = np.arange(1, flags.shape[1] + 1)
    since = np.maximum.accumulate(np.where(flags > 0, 0, steps), axis=1)
    return np.where(flags > 0, steps - since, 0).astype(np.float32)
