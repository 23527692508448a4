"""What the demand models work on and what they give: arrays, no database.

A series is a product at a branch (or a store, a category ...). Steps are days or whole weeks.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

DAY, WEEK = 1, 7


@dataclass(frozen=True, slots=True)
class Event:
    """Steps unlike others, known ahead: a holiday, a street fair. `on` is 1 on its steps, or the part of a week.

    `branch` and `category` are places in the panel's groups, None: all. `effect` is what somebody expects of it (0.2: a
    fifth more) and is applied as it is; without one the effect is learnt from earlier events of the same `name`.
    """

    name: str
    on: Floats
    branch: int | None = None
    category: int | None = None
    effect: float | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """n series over T past steps of `step` days, and what is known of `horizon` steps ahead.

    `sold` (n x T) is what was sold, NaN where nothing is known (before a product came, closed days). `branch` and
    `category` number each series' groups from 0. `open` (branches x T + horizon) says when a branch trades: elsewhere
    the forecast is 0. `short` marks steps out of stock: demand was at least what was sold. `promotion` (part off) and
    `price` (n x T + horizon) are known ahead; NaN prices are unknown. `first` is the first step's (first) day.
    """

    step: int
    first: dt.date
    horizon: int
    sold: Floats
    branch: Ints
    category: Ints
    open: Flags
    short: Flags | None = None
    promotion: Floats | None = None
    price: Floats | None = None
    events: tuple[Event, ...] = field(default=())

    @property
    def series(self) -> int:
        return int(self.sold.shape[0])

    @property
    def past(self) -> int:
        return int(self.sold.shape[1])

    @property
    def dates(self) -> list[dt.date]:
        """The first day of every step, past and ahead."""
        return [self.first + dt.timedelta(days=self.step * at) for at in range(self.past + self.horizon)]

    def trades(self) -> Flags:
        """n x T + horizon: whether the series' branch is open."""
        return self.open[self.branch]

    def usable(self) -> Flags:
        """n x T: what was sold tells the demand. A step out of stock does so only where it sold well even so."""
        known = ~np.isnan(self.sold) & self.trades()[:, : self.past]
        if self.short is None:
            return known
        count = np.maximum((known & ~self.short).sum(axis=1, keepdims=True), 1)
        usual = np.where(known & ~self.short, np.nan_to_num(self.sold), 0).sum(axis=1, keepdims=True) / count
        return known & (~self.short | (np.nan_to_num(self.sold) > usual))

    def cut(self, origin: int, horizon: int) -> Panel:
        """The panel as it stood after `origin` steps, asked for `horizon` steps; what was known ahead stays known."""
        end = origin + horizon

        def until(rows: Floats | None) -> Floats | None:
            return None if rows is None else rows[:, :end]

        return replace(
            self,
            horizon=horizon,
            sold=self.sold[:, :origin],
            open=self.open[:, :end],
            short=None if self.short is None else self.short[:, :origin],
            promotion=until(self.promotion),
            price=until(self.price),
            events=tuple(replace(event, on=event.on[:end]) for event in self.events),
        )

    def only(self, rows: Ints | Flags) -> Panel:
        """Some of the series."""

        def of(grid: Floats | None) -> Floats | None:
            return None if grid is None else grid[rows]

        return replace(
            self,
            sold=self.sold[rows],
            branch=self.branch[rows],
            category=self.category[rows],
            short=None if self.short is None else self.short[rows],
            promotion=of(self.promotion),
            price=of(self.price),
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """How good a forecast proved over the backtest's folds; NaN where nothing was sold. See `scores`."""

    wape: Reals
    naive_wape: Reals
    bias: Reals
    coverage: Reals
    pinball: Reals


@dataclass(frozen=True, slots=True)
class Forecasts:
    """n x horizon: the expected demand and the ranges that hold it 5 and 8 times in 10. Never below 0, never NaN."""

    mean: Reals
    low50: Reals
    high50: Reals
    low80: Reals
    high80: Reals
    model: list[str]
    scores: Scores
    overall: dict[str, float]
