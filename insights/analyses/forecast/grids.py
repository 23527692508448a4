"""Rows of the database as grids of series and days. Pure: arrays in, arrays out.

A grid's columns are the days of the panel, and where it says so the days ahead after them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float32]

NOTHING = 5e-4  # less than the smallest amount of stock that is written down
WRONG_LEDGER = 0.1  # a product that sells on so many of its days without stock has a ledger that is not true
WEEK = 7
FEW_DATES = 8


def weekly_weekday(days: Iterable[Sequence[dt.date]]) -> int | None:
    """The weekday on which the branches book whole weeks; None where they book days.

    `days` are each branch's days with sales. Whole weeks: nine in ten follow the one before by 7 days or more
    in whole weeks, on the same weekday.
    """
    steps: list[int] = []
    weekdays: Counter[int] = Counter()
    for of_branch in days:
        steps += [(after - before).days for before, after in zip(of_branch[:-1], of_branch[1:], strict=True)]
        weekdays.update(day.weekday() for day in of_branch)
    if len(steps) < FEW_DATES:
        return None
    weekday, booked = weekdays.most_common(1)[0]
    whole = sum(step % WEEK == 0 for step in steps)
    return weekday if whole >= 0.9 * len(steps) and booked >= 0.9 * weekdays.total() else None


def by_week(grid: Floats, first: dt.date, weekday: int) -> tuple[Floats, list[dt.date]]:
    """Daily sums as weeks that end on the weekday, and their last days. A last part of a week is left out."""
    lead = (weekday - first.weekday()) % WEEK + 1  # days until the first week's end, that day included
    weeks = 1 + (grid.shape[1] - lead) // WEEK
    if grid.shape[1] < lead:
        return grid[:, :0], []
    whole = np.zeros((grid.shape[0], weeks * WEEK), dtype=grid.dtype)
    whole[:, WEEK - lead :] = grid[:, : lead + (weeks - 1) * WEEK]
    ends = [first + dt.timedelta(days=lead - 1 + WEEK * number) for number in range(weeks)]
    return whole.reshape(grid.shape[0], weeks, WEEK).sum(axis=2), ends


def empty_shelf(
    day: NDArray[np.int32], lowest: NDArray[np.float64], change: NDArray[np.float64], units: Floats, before: int
) -> Flags:
    """The panel's days on which a product was, or ran, out of stock, told by its ledger.

    `day` counts from the panel's first, and may be before it; the first move is the first count or receipt. A ledger
    that knows less than was sold is not believed.
    """
    total = units.size
    start = np.zeros(total + before)
    level = np.cumsum(change)
    moved = day + before
    known = (moved >= 0) & (moved < start.size)
    low = np.full(start.size, np.inf)
    low[moved[known]] = lowest[known]
    jump = np.zeros(start.size)
    jump[moved[known]] = np.diff(level, prepend=0.0)[known]
    end = np.cumsum(jump)
    start[1:] = end[:-1]
    start, low, end = start[before:], low[before:], end[before:]
    tracked = np.arange(total) + before > (moved[0] if moved.size else start.size)
    none_all_day = tracked & (start <= NOTHING) & ~np.isfinite(low)
    moved_without = tracked & (start <= NOTHING) & np.isfinite(low) & (end <= start)
    ran_out = tracked & (start > NOTHING) & (low <= NOTHING)
    sold_without = (none_all_day | moved_without) & (units > 0)
    nothing = none_all_day | moved_without
    if nothing.any() and sold_without.sum() > WRONG_LEDGER * nothing.sum():
        return np.zeros(total, dtype=np.bool_)
    return np.asarray(ran_out | (nothing & ~sold_without), dtype=np.bool_)


def step_function(changes: Sequence[tuple[int, float]], days: int) -> Floats:
    """A price for every day out of (day it begins, price) in order; before the first it is taken to be the first."""
    grid = np.full(days, np.nan, dtype=np.float32)
    for day, value in changes:
        grid[max(day, 0) :] = value
    known = np.flatnonzero(~np.isnan(grid))
    if known.size:
        grid[: known[0]] = grid[known[0]]
    return grid
