"""What a forecast is made from and what comes out: arrays only, one row a series, one column a step.

A caller needs three calls:

    choice = choose(panel)                   # the contest; may be weekly; `as_json` and `from_json` keep it
    forecasts = fit(panel, choice)           # every night; series the contest has not seen get what suits most
    sums = totals(panel, forecasts, choice)

or `forecast(panel)`, which does the first two at once. All three live in `insights.analyses.forecast.compute`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Event:
    """Days unlike the others, known for history and horizon alike.

    Rows of one `name` are one event that comes back (Easter Monday of each year; the school holidays of two regions
    as two rows with different `series`); its effect is learned from its history. `kind` groups names that may share an
    effect as long as a name's own history is thin: "holiday", "school", "own".
    """

    name: str
    days: npt.ArrayLike  # T + H: 1 on its days, 0 elsewhere; with steps of a week the share of the week, e.g. 1/7
    kind: str = "own"
    series: npt.ArrayLike | None = None  # n flags: whom it concerns; None: everyone
    effect: float | None = None  # what somebody expects it to do, as a factor on sales: 1.2 is a fifth more


@dataclass(frozen=True)
class Panel:
    """The history of n series over T steps, and what is known of T + horizon steps.

    Anything array-like is taken; optional parts left out mean "nothing known". Series must not repeat a `key`.
    """

    keys: tuple[str, ...]  # n names by which a choice finds its series again, e.g. "branch:product"
    first: date  # the day of the first step; with steps of a week its first day
    step: int  # days in a step: 1 or 7
    horizon: int  # H, in steps
    y: npt.ArrayLike  # n x T demand in selling units; NaN where unknown or before the series was in range
    censored: npt.ArrayLike | None = None  # n x T: ran out, so demand was at least y
    closed: npt.ArrayLike | None = None  # n x (T + H), or T + H for everyone: shut, nothing can be sold
    promotion: npt.ArrayLike | None = None  # n x (T + H): 0 no promotion, else 1 or the share taken off
    price: npt.ArrayLike | None = None  # n x (T + H) shelf price of a unit; NaN unknown
    events: tuple[Event, ...] = ()
    branch: npt.ArrayLike | None = None  # n whole numbers
    category: npt.ArrayLike | None = None  # n whole numbers
    product: npt.ArrayLike | None = None  # n whole numbers: the same product at another branch helps a new one
    counted: npt.ArrayLike | None = None  # n flags: sold in whole pieces, so intervals are whole too; None: look at y

    @cached_property
    def history(self) -> Floats:
        """y with NaN wherever it says nothing about demand: unknown, shut, below zero."""
        y = np.array(self.y, dtype=np.float64, ndmin=2)
        y[~np.isfinite(y) | self.shut[:, : y.shape[1]]] = np.nan
        return np.maximum(y, 0.0)

    @property
    def count(self) -> int:
        return len(self.keys)

    @property
    def steps(self) -> int:
        """T, the steps of history."""
        return int(np.shape(self.y)[1])

    @cached_property
    def shut(self) -> Flags:
        """n x (T + H): nothing can be sold."""
        return np.asarray(self._wide(self.closed, empty=0.0) > 0)

    @cached_property
    def ran_out(self) -> Flags:
        """n x T: demand was at least y."""
        if self.censored is None:
            return np.zeros((self.count, self.steps), dtype=bool)
        return np.asarray(self.censored, dtype=bool)

    @cached_property
    def usable(self) -> Flags:
        """n x T: what was sold tells the demand; of steps that ran out only those that sold well even so."""
        known = np.asarray(np.isfinite(self.history))
        if self.censored is None:
            return known
        full = known & ~self.ran_out
        sold = np.where(full, np.nan_to_num(self.history), 0).sum(axis=1, keepdims=True)
        usual = sold / np.maximum(full.sum(axis=1, keepdims=True), 1)
        return np.asarray(full | (known & (np.nan_to_num(self.history) > usual)))

    @cached_property
    def promoted(self) -> Singles:
        return np.nan_to_num(self._wide(self.promotion, empty=0.0))

    @cached_property
    def priced(self) -> Singles:
        """n x (T + H) prices; NaN unknown or not above zero."""
        price = self._wide(self.price, empty=np.nan)
        return np.where(np.isfinite(price) & (price > 0), price, np.float32(np.nan))

    @cached_property
    def whole(self) -> Flags:
        """n flags: sold in whole pieces."""
        if self.counted is not None:
            return np.asarray(self.counted, dtype=bool)
        y = np.nan_to_num(self.history)
        return np.asarray((y == np.rint(y)).all(axis=1))

    def group(self, name: str) -> Ints:
        """n numbers from 0 without gaps for `branch`, `category` or `product`; all 0 where it was not given."""
        given = getattr(self, name)
        if given is None:
            return np.zeros(self.count, dtype=np.int64)
        return np.asarray(np.unique(np.asarray(given), return_inverse=True)[1], dtype=np.int64)

    def day(self, step: int) -> date:
        return self.first + timedelta(days=self.step * step)

    def until(self, steps: int, horizon: int) -> "Panel":
        """The panel as it looked when only `steps` steps had passed, with the future known then."""
        end = steps + horizon

        def cut(of: npt.ArrayLike | None) -> npt.ArrayLike | None:
            return None if of is None else np.asarray(of)[..., :end]

        return Panel(
            keys=self.keys,
            first=self.first,
            step=self.step,
            horizon=horizon,
            y=np.asarray(self.y)[:, :steps],
            censored=None if self.censored is None else np.asarray(self.censored)[:, :steps],
            closed=cut(self.closed),
            promotion=cut(self.promotion),
            price=cut(self.price),
            events=tuple(
                Event(of.name, np.asarray(of.days)[:end], of.kind, of.series, of.effect) for of in self.events
            ),
            branch=self.branch,
            category=self.category,
            product=self.product,
            counted=self.counted,
        )

    def only(self, rows: Ints) -> "Panel":
        """The panel of some of the series, in the given order."""

        def pick(of: npt.ArrayLike | None) -> npt.ArrayLike | None:
            return None if of is None or np.ndim(of) == 0 else np.asarray(of)[rows]

        closed = self.closed if self.closed is None or np.ndim(self.closed) == 1 else np.asarray(self.closed)[rows]
        return Panel(
            keys=tuple(self.keys[row] for row in rows),
            first=self.first,
            step=self.step,
            horizon=self.horizon,
            y=np.asarray(self.y)[rows],
            censored=pick(self.censored),
            closed=closed,
            promotion=pick(self.promotion),
            price=pick(self.price),
            events=tuple(Event(of.name, of.days, of.kind, pick(of.series), of.effect) for of in self.events),
            branch=pick(self.branch),
            category=pick(self.category),
            product=pick(self.product),
            counted=pick(self.counted),
        )

    def _wide(self, given: npt.ArrayLike | None, *, empty: float) -> Singles:
        shape = (self.count, self.steps + self.horizon)
        if given is None:
            return np.broadcast_to(np.float32(empty), shape)
        return np.broadcast_to(np.asarray(given, dtype=np.float32), shape)


@dataclass(frozen=True)
class Score:
    """How a model did on days it had not seen, and how the seasonal naive did on the same days."""

    wape: float | None = None
    naive_wape: float | None = None
    bias: float | None = None
    coverage80: float | None = None
    pinball: float | None = None
    naive_pinball: float | None = None
    folds: int = 0


@dataclass(frozen=True)
class Forecasts:
    """n x H each, never NaN, never below zero, low80 <= low50 <= high50 <= high80; 0 where shut."""

    mean: Floats
    low50: Floats
    high50: Floats
    low80: Floats
    high80: Floats
    model: tuple[str, ...]  # n names; "effects+trees" is the mean of two
    scores: tuple[Score, ...]  # n
    overall: Score


@dataclass(frozen=True)
class Totals:
    """Sums over products, row by row: of a category at a branch, of a branch, of the whole shop.

    `branch` and `category` hold what the panel called them, None where the row is a sum over them. Means are the sums
    of the products' means; intervals come from the sums' own errors in the backtest.
    """

    branch: tuple[int | None, ...]
    category: tuple[int | None, ...]
    forecasts: Forecasts


@dataclass(frozen=True)
class Choice:
    """What the contest found: plain numbers and words, to be kept as JSON."""

    model: Mapping[str, str]  # key of the series -> model
    usual: str  # for series the contest has not seen
    spread: Mapping[str, list[float]]  # key of the series or total -> how its errors grow with what is expected
    shape: list[list[float]]  # standard errors by stretch of the horizon: quantiles 10, 25, 75, 90 %
    scores: Mapping[str, Score]
    overall: Score
    contest: Mapping[str, float]  # model -> WAPE over all series, for the page
    settings: Mapping[str, float] = field(default_factory=dict)
    folds: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        scores = {key: Score(**score) for key, score in kept["scores"].items()}
        return cls(**{**kept, "scores": scores, "overall": Score(**kept["overall"])})
