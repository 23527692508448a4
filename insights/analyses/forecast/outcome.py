"""What a run came to, day by day: its products, and the totals they add up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from insights.analyses.forecast.inputs import Inputs
from insights.analyses.forecast.store import SCORES, Floats, Rows, added, rounded
from insights.forecasts import TOTAL

Bands = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Bands by name, rows x days ahead. `shelves` are the categories at a branch: places of branch and category.

    `scores` are by name and series, NaN where unknown; `overall` are the run's, by name. `stepped_back` counts the
    series for which nothing beat repeating last week.
    """

    bands: Bands
    model: list[str]
    scores: dict[str, Floats]
    shelves: NDArray[np.int32]
    categories: Bands
    branches: Bands
    shop: Bands
    overall: dict[str, float | None]
    stepped_back: int

    def week(self, name: str, days: int) -> float:
        """The shop's first days ahead as one: means add up, chance partly evens out."""
        middle = self.shop["mean"][0, :days]
        if name == "mean":
            return float(middle.sum())
        wide = float(np.sqrt(((self.shop[name][0, :days] - middle) ** 2).sum()))
        return max(0.0, float(middle.sum()) + (wide if name.startswith("high") else -wide))


def rows(inputs: Inputs, outcome: Outcome) -> list[Rows]:
    """What is stored of it."""
    branch, product, category = (
        np.array([*ids, 0], dtype=np.int64) for ids in (inputs.branches, inputs.products, inputs.categories)
    )
    at_branch = branch[np.arange(len(inputs.branches))]
    of_shelf = branch[outcome.shelves[:, 0]], category[outcome.shelves[:, 1]]
    links = (branch[inputs.branch_at], product[inputs.product_at], category[inputs.category_at])
    return [
        _rows(inputs, links, outcome.model, outcome.bands, outcome.scores),
        _rows(inputs, (of_shelf[0], 0, of_shelf[1]), [TOTAL], outcome.categories),
        _rows(inputs, (at_branch, 0, 0), [TOTAL], outcome.branches),
        _rows(inputs, (np.zeros(1, dtype=np.int64), 0, 0), [TOTAL], outcome.shop),
    ]


def _rows(
    inputs: Inputs,
    links: tuple[NDArray[np.int64] | int, ...],
    model: list[str],
    bands: Bands,
    scores: dict[str, Floats] | None = None,
) -> Rows:
    count = bands["mean"].shape[0]
    branch, product, category = (np.broadcast_to(np.asarray(ids, dtype=np.int64), count) for ids in links)
    unknown = {name: np.full(count, np.nan) for name in SCORES}
    names = model if len(model) == count else model * count
    return Rows(branch, product, category, names, inputs.step, bands, scores or unknown)


def by_day(inputs: Inputs, steps: Floats) -> Floats:
    """Amounts of the steps ahead on the days ahead, rounded as they are kept: weeks on their booking day."""
    days = np.zeros((steps.shape[0], inputs.horizon))
    for number, date in enumerate(inputs.dates[inputs.past :]):
        place = (date - inputs.as_of).days - 1
        if 0 <= place < inputs.horizon:
            days[:, place] = steps[:, number]
    return rounded(days)


def totals(inputs: Inputs, mean: Floats, shelves: NDArray[np.int32]) -> tuple[Floats, Floats, Floats]:
    """The means of categories at branches, branches and the shop: exact sums of the products'."""
    whole = len(inputs.categories) + 1
    key = inputs.branch_at.astype(np.int64) * whole + inputs.category_at + 1
    shelf = np.searchsorted(shelves[:, 0].astype(np.int64) * whole + shelves[:, 1] + 1, key)
    known = inputs.category_at >= 0
    return (
        added(mean[known], shelf[known], len(shelves)),
        added(mean, inputs.branch_at.astype(np.intp), len(inputs.branches)),
        added(mean, np.zeros(len(mean), dtype=np.intp), 1),
    )


def shelves_of(inputs: Inputs) -> NDArray[np.int32]:
    """The categories at a branch that have a series, in order: places of branch and category."""
    pairs = np.stack([inputs.branch_at, inputs.category_at], axis=1)[inputs.category_at >= 0]
    return np.unique(pairs, axis=0) if len(pairs) else np.zeros((0, 2), dtype=np.int32)
