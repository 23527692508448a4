"""What a run came to, day by day: its products, and the totals they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from insights.analyses.forecast import seldom
from insights.analyses.forecast.grids import Flags
from insights.analyses.forecast.inputs import ROWS_AT_ONCE, Inputs, panel_of
from insights.analyses.forecast.store import BANDS, SCORES, Floats, Rows, as_amounts, rounded, whole
from insights.analyses.protocol import Tick
from insights.forecasts import TOTAL

if TYPE_CHECKING:
    from insights.analyses.forecast.panel import Forecasts, Score, Totals

Bands = dict[str, Floats]
Places = NDArray[np.intp]

MOST_AMOUNTS = 8_000_000  # in the models' hands: series times steps
NAIVE = "naive"  # the model that repeats last week
ALL = -1
_SCORE_OF = dict(zip(SCORES, ("wape", "naive_wape", "bias", "coverage80"), strict=True))


@dataclass(frozen=True, slots=True)
class Sums:
    """Totals, a row each: of a category at a branch, of a branch (category ALL), of the shop (both ALL). By place."""

    branch: Places
    category: Places
    bands: Bands
    scores: dict[str, Floats]

    def of(self, branch: int = ALL) -> Bands:
        """The days of a branch, or of the shop."""
        row = np.flatnonzero((self.branch == branch) & (self.category == ALL))
        if row.size:
            return {name: of[row[0]] for name, of in self.bands.items()}
        return {name: np.zeros(of.shape[1]) for name, of in self.bands.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Bands by name, series x days ahead. `scores` are by name and series, NaN where unknown; `overall` are the run's.

    `contest` holds how far each model was off over all series; `stepped_back` counts the series that are served by
    repeating last week.
    """

    bands: Bands
    model: list[str]
    scores: dict[str, Floats]
    sums: Sums
    overall: dict[str, float | None]
    stepped_back: int
    contest: dict[str, float] = field(default_factory=dict)

    def week(self, name: str, days: int) -> float:
        """The shop's first days ahead as one: means add up, chance partly evens out."""
        shop = self.sums.of()
        middle = float(shop["mean"][:days].sum())
        wide = float(np.sqrt(((shop[name][:days] - shop["mean"][:days]) ** 2).sum()))
        return max(0.0, middle + (wide if name.startswith("high") else -wide))


def expect(inputs: Inputs, tick: Tick) -> Outcome | None:
    """What is expected; None where the shop's past is too short, or nothing of it sells any more."""
    if inputs.is_too_little or not inputs.series:
        return None
    from insights.analyses.forecast.compute import choose, fit, totals

    rows = seldom.busiest(inputs.units, MOST_AMOUNTS)
    panel = panel_of(inputs, rows)
    choice = choose(panel, tick=lambda done, total: tick(9 * done, 10 * max(total, 1)))
    made = fit(panel, choice)
    tick(95, 100)
    bands, model, scores = _every_series(inputs, rows, made)
    found = choice.overall
    return Outcome(
        bands=bands,
        model=model,
        scores=scores,
        sums=summed(inputs, bands, totals(panel, made, choice), np.isin(np.arange(inputs.series), rows)),
        overall={
            "wape": found.wape,
            "naive_wape": found.naive_wape,
            "bias": found.bias,
            "coverage": found.coverage80,
            "pinball": found.pinball,
            "naive_pinball": found.naive_pinball,
        },
        stepped_back=sum(name == NAIVE for name in made.model),
        contest={name: off for name, off in choice.contest.items() if np.isfinite(off)},  # a model may have no answer
    )


def _every_series(inputs: Inputs, rows: Places, made: Forecasts) -> tuple[Bands, list[str], dict[str, Floats]]:
    """The models' answers in their rows, and in the others what hardly sells."""
    bands, scores = in_days(inputs, made), as_arrays(made.scores)
    if rows.size == inputs.series:
        return bands, list(made.model), scores
    names = np.full(inputs.series, seldom.MODEL, dtype=object)
    names[rows] = made.model
    wide: Bands = {name: np.zeros((inputs.series, inputs.horizon)) for name in BANDS}
    known = {name: np.full(inputs.series, np.nan) for name in SCORES}
    for name, of in bands.items():
        wide[name][rows] = of
    for name, of in scores.items():
        known[name][rows] = of
    others = np.setdiff1d(np.arange(inputs.series), rows)
    for part in np.array_split(others, 1 + others.size // ROWS_AT_ONCE):
        will_open = inputs.open[inputs.branch_at[part], inputs.past :]
        for name, of in seldom.expect(inputs.units[part], inputs.step, will_open).items():
            wide[name][part] = by_day(inputs, of)
    return wide, names.tolist(), known


def in_days(inputs: Inputs, made: Forecasts) -> Bands:
    return {name: by_day(inputs, getattr(made, name)) for name in BANDS}


def by_day(inputs: Inputs, steps: Floats) -> Floats:
    """Amounts of the steps ahead on the days ahead, rounded as they are kept: weeks on their booking day."""
    days = np.zeros((steps.shape[0], inputs.horizon))
    for number, date in enumerate(inputs.dates[inputs.past :]):
        place = (date - inputs.as_of).days - 1
        if 0 <= place < inputs.horizon:
            days[:, place] = steps[:, number]
    return rounded(days)


def as_arrays(scores: Sequence[Score]) -> dict[str, Floats]:
    """Scores by name; NaN where unknown."""
    found = {name: [getattr(score, of) for score in scores] for name, of in _SCORE_OF.items()}
    return {name: np.array([np.nan if of is None else of for of in values]) for name, values in found.items()}


def summed(inputs: Inputs, bands: Bands, made: Totals, modelled: Flags | None = None) -> Sums:
    """The totals: means are exact sums of the products' as kept, bands and scores are the totals' own.

    Series that are not `modelled` (None: all are) are in the means, and widen the bands by chance of their own.
    """
    without = len(inputs.categories)
    branch = np.array([ALL if of is None else of for of in made.branch], dtype=np.intp)
    category = np.array([ALL if of is None else of for of in made.category], dtype=np.intp)
    kept = np.flatnonzero(category != without)
    own = {name: of[kept] for name, of in in_days(inputs, made.forecasts).items()}
    scores = {name: of[kept] for name, of in as_arrays(made.forecasts.scores).items()}
    sums = Sums(branch[kept], category[kept], own, scores)
    if modelled is not None and not modelled.all():
        sums = _widened(inputs, bands, sums, np.flatnonzero(~modelled))
    mean = _added_up(inputs, bands["mean"], sums, np.arange(inputs.series))
    return Sums(sums.branch, sums.category, sums.bands | {"mean": mean}, sums.scores)


def _widened(inputs: Inputs, bands: Bands, sums: Sums, others: Places) -> Sums:
    """The totals with these series added: new ones where there was none, bands wider."""
    keys = {*zip(sums.branch.tolist(), sums.category.tolist(), strict=True)}
    at, of = inputs.branch_at[others].tolist(), inputs.category_at[others].tolist()
    wanted = {*zip(at, of, strict=True)} | {(branch, ALL) for branch in at}
    more = np.array(sorted(wanted - keys), dtype=np.intp).reshape(-1, 2)
    nothing = np.zeros((len(more), inputs.horizon))
    unknown = np.full(len(more), np.nan)
    every = Sums(
        np.concatenate([sums.branch, more[:, 0]]),
        np.concatenate([sums.category, more[:, 1]]),
        {name: np.vstack([values, nothing]) for name, values in sums.bands.items()},
        {name: np.concatenate([values, unknown]) for name, values in sums.scores.items()},
    )
    middle = every.bands["mean"]
    mean = middle + _added_up(inputs, bands["mean"][others], every, others)
    wide = {"mean": mean}
    for name in BANDS[1:]:
        off = (bands[name][others] - bands["mean"][others]) ** 2
        width = np.sqrt((every.bands[name] - middle) ** 2 + _added_up(inputs, off, every, others))
        wide[name] = rounded(np.maximum(0, mean + (width if name.startswith("high") else -width)))
    return Sums(every.branch, every.category, wide, every.scores)


def _added_up(inputs: Inputs, amounts: Floats, sums: Sums, rows: Places) -> Floats:
    """The amounts of these rows, added into the totals they belong to, exactly."""
    found = np.zeros((sums.branch.size, amounts.shape[1]), dtype=np.int64)
    for part in np.array_split(np.arange(rows.size), 1 + rows.size // ROWS_AT_ONCE):
        at, of, numbers = inputs.branch_at[rows[part]], inputs.category_at[rows[part]], whole(amounts[part])
        every = np.full_like(of, ALL)
        for branch, category, counts in ((at, of, of != ALL), (at, every, True), (every, every, True)):
            into = _rows_of(sums, branch, category)
            known = (into >= 0) & counts
            np.add.at(found, into[known], numbers[known])
    return as_amounts(found)


def _rows_of(sums: Sums, branch: NDArray[np.int32], category: NDArray[np.int32]) -> Places:
    """For each pair the place of its total; -1: there is none."""
    wide = int(max(sums.category.max(initial=0), category.max(initial=0))) + 2
    keys, wanted = sums.branch * wide + sums.category + 1, branch.astype(np.int64) * wide + category + 1
    order = np.argsort(keys)
    found = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), keys.size - 1)]
    return np.where(keys[found] == wanted, found, -1)


def rows(inputs: Inputs, outcome: Outcome) -> list[Rows]:
    """What is stored of it."""
    branch, product, category = (
        np.array([*ids, 0], dtype=np.int64) for ids in (inputs.branches, inputs.products, inputs.categories)
    )
    sums = outcome.sums
    products = branch[inputs.branch_at], product[inputs.product_at], category[inputs.category_at]
    totals = branch[sums.branch], np.zeros(sums.branch.size, dtype=np.int64), category[sums.category]
    return [
        Rows(*products, outcome.model, inputs.step, outcome.bands, outcome.scores),
        Rows(*totals, [TOTAL] * sums.branch.size, inputs.step, sums.bands, sums.scores),
    ]
