"""What a run came to, day by day: its products, and the totals they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from insights.analyses.forecast.inputs import Inputs, panel_of
from insights.analyses.forecast.store import BANDS, SCORES, Floats, Rows, added, rounded
from insights.analyses.protocol import Tick
from insights.forecasts import TOTAL

if TYPE_CHECKING:
    from insights.analyses.forecast.panel import Forecasts, Score, Totals

Bands = dict[str, Floats]
Places = NDArray[np.intp]

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

    panel = panel_of(inputs)
    choice = choose(panel, tick=lambda done, total: tick(9 * done, 10 * max(total, 1)))
    made = fit(panel, choice)
    tick(95, 100)
    bands = in_days(inputs, made)
    found = choice.overall
    return Outcome(
        bands=bands,
        model=list(made.model),
        scores=as_arrays(made.scores),
        sums=summed(inputs, bands, totals(panel, made, choice)),
        overall={
            "wape": found.wape,
            "naive_wape": found.naive_wape,
            "bias": found.bias,
            "coverage": found.coverage80,
            "pinball": found.pinball,
            "naive_pinball": found.naive_pinball,
        },
        stepped_back=sum(name == NAIVE for name in made.model),
        contest=dict(choice.contest),
    )


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


def summed(inputs: Inputs, bands: Bands, made: Totals) -> Sums:
    """The totals: means are exact sums of the products' as kept, bands and scores are the totals' own."""
    without = len(inputs.categories)
    branch = np.array([ALL if of is None else of for of in made.branch], dtype=np.intp)
    category = np.array([ALL if of is None else of for of in made.category], dtype=np.intp)
    kept = np.flatnonzero(category != without)
    branch, category = branch[kept], category[kept]
    own = {name: of[kept] for name, of in in_days(inputs, made.forecasts).items()}
    mean = np.zeros_like(own["mean"])
    for at, of in ((inputs.branch_at, inputs.category_at), (inputs.branch_at, ALL), (ALL, ALL)):
        wanted = np.flatnonzero(((branch == ALL) == (np.ndim(at) == 0)) & ((category == ALL) == (np.ndim(of) == 0)))
        into = _rows_of(branch[wanted], category[wanted], np.broadcast_to(at, inputs.series), of)
        known = into >= 0
        mean[wanted] = added(bands["mean"][known], into[known], wanted.size)
    scores = {name: of[kept] for name, of in as_arrays(made.forecasts.scores).items()}
    return Sums(branch, category, own | {"mean": mean}, scores)


def _rows_of(branch: Places, category: Places, at: NDArray[np.int32], of: NDArray[np.int32] | int) -> Places:
    """For each series the place of its sum among these; -1: none."""
    wide = int(max(category.max(initial=0), np.max(of, initial=0))) + 2
    keys, wanted = branch * wide + category + 1, at.astype(np.int64) * wide + of + 1
    order = np.argsort(keys)
    found = order[np.minimum(np.searchsorted(keys[order], wanted), keys.size - 1)] if keys.size else wanted * 0
    return np.where(keys[found] == wanted, found, -1) if keys.size else np.full(wanted.size, -1)


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
