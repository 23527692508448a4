"""What will be on the shelf when the lorry comes: the oldest is sold first, and goes when its days are over.

Stock is an array of items by days it still keeps: column 0 sells today only, the last column does not spoil in sight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from insights.ordering.demand import Floats, Ints


@dataclass(frozen=True, slots=True)
class Shelf:
    """The stock expected on the morning of a day, before what comes that day, and what was thrown away until then."""

    stock: Floats
    expired: Floats


def column_of(keeps_days: Ints, columns: int) -> Ints:
    """Where goods that keep so many days stand."""
    return np.asarray(np.clip(keeps_days, 1, columns) - 1)


def until(stock: Floats, coming: Floats, life: Ints, mean: Floats, day: Ints) -> Shelf:
    """Live each item through to its own `day` with the sales expected. `coming` and `mean` are items by days."""
    stock, rows = stock.copy(), np.arange(len(stock))
    kept, gone, expired = np.zeros_like(stock), np.zeros(len(stock)), np.zeros(len(stock))
    fresh = column_of(life, stock.shape[1])
    for today in range(int(day.max(initial=0)) + 1):
        due = day == today
        kept[due], gone[due] = stock[due], expired[due]
        if today < coming.shape[1]:
            stock[rows, fresh] += coming[:, today]
        stock = _sold(stock, mean[:, min(today, mean.shape[1] - 1)])
        expired += stock[:, 0]
        stock = _a_day_older(stock)
    return Shelf(kept, gone)


def usable(stock: Floats, mean_a_day: Floats, days: Ints) -> Floats:
    """How much of a shelf can be sold within so many days before it spoils, on days a little better than expected."""
    columns, taken = stock.shape[1], np.zeros(len(stock))
    for column in range(columns):
        last = days if column == columns - 1 else np.minimum(column + 1, days)
        expected = mean_a_day * last
        most = np.maximum(expected + np.sqrt(expected) + 1, taken)
        taken = np.where(last < days, np.minimum(taken + stock[:, column], most), taken + stock[:, column])
    return np.asarray(taken)


def _sold(stock: Floats, wanted: Floats) -> Floats:
    older = np.cumsum(stock, axis=1) - stock
    return np.asarray(stock - np.clip(wanted[:, None] - older, 0, stock))


def _a_day_older(stock: Floats) -> Floats:
    older = np.zeros_like(stock)
    older[:, :-2], older[:, -1] = stock[:, 1:-1], stock[:, -1]
    return older
