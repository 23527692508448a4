"""How much less of a product sells at a higher price: many small regressions at once.

Log units = branch's own level + elasticity x log price + promotions + how busy the branch was, for each product by
itself, + season and trend shared by the products of the family. Counts of few pieces are fitted as counts (weeks
without a sale count too), large ones in logs, where a single busy week weighs no more than others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from insights.analyses.pricing.arrays import Floats, Ints
from insights.analyses.pricing.weeks import Rows

STEPS = 12
SPREAD = 0.05  # of a week's chance beyond that of counts
CALM = 0.5  # holds all effects but the prices' near none where nothing is known of them
FREE = 1e-6
PLENTY, HARDLY_ANY = 15.0, 0.1  # units a week, and the part of weeks without a sale, from which on logs serve
WEEKS_ALIKE = 1.3  # weeks next to each other are alike: the error is larger than if each were news
LEAST_ROWS = 16
LEAST_CHANGE = 0.01  # standard deviation of log price within a branch, below which a product tells nothing itself
WORST = 3.0


@dataclass(frozen=True, slots=True)
class Estimates:
    """By number of product: elasticity, its standard error, rows behind it; `usable` where it says anything."""

    value: Floats
    error: Floats
    rows: Ints
    usable: np.ndarray


@dataclass(frozen=True, slots=True)
class _Fit:
    own: Floats  # effects by product
    shared: Floats
    error: Floats  # as own


def estimate(rows: Rows, of: int = 0) -> Estimates:
    """The effect of the own column of that number; the first is the product's price."""
    count = rows.products.size
    many = np.bincount(rows.product, minlength=count)
    fit = _as_counts(rows, of)
    value, error = fit.own[:, of].copy(), fit.error[:, of].copy()
    mean = np.bincount(rows.product, rows.units, minlength=count) / np.maximum(many, 1)
    none = np.bincount(rows.product, rows.units <= 0, minlength=count) / np.maximum(many, 1)
    plenty = (mean >= PLENTY) & (none <= HARDLY_ANY)
    if plenty.any():
        logs = _in_logs(rows, plenty, fit.shared, of)
        value[plenty], error[plenty] = logs.own[plenty, of], logs.error[plenty, of]
    usable = (many >= LEAST_ROWS) & (_change(rows, of) >= LEAST_CHANGE)
    usable &= np.isfinite(value) & np.isfinite(error) & (error > 0) & (error < WORST)
    return Estimates(value, error * WEEKS_ALIKE, many, usable)


def _change(rows: Rows, of: int) -> Floats:
    """The standard deviation of a column, such as the log price, within each product's branches."""
    column = rows.own[:, of : of + 1]
    moved = column[:, 0] - _means(column, rows.pair, np.ones(rows.units.size))[rows.pair, 0]
    count = rows.products.size
    many = np.maximum(np.bincount(rows.product, minlength=count), 1)
    return np.asarray(np.sqrt(np.bincount(rows.product, moved**2, minlength=count) / many))


def _as_counts(rows: Rows, of: int) -> _Fit:
    """Quasi-likelihood of counts by weighted least squares, repeated; each pair keeps its own level."""
    level = _means(rows.units[:, None], rows.pair, np.ones(rows.units.size))[rows.pair, 0]
    expected = np.maximum((rows.units + level) / 2, 1e-3)
    low, high = (np.log(np.maximum(level, 1e-3)) + step for step in (-4, 4))
    log, every = np.log(expected), np.column_stack([rows.own, rows.shared])
    fit = _Fit(np.zeros((0, 0)), np.zeros(0), np.zeros((0, 0)))
    for _ in range(STEPS):
        weight = expected / (1 + SPREAD * expected)
        working = log + (rows.units - expected) / expected
        fit = _solve(rows, every, working, weight, of)
        effects = np.clip(_predicted(rows, fit), -30, 30)
        base = _means((working - effects)[:, None], rows.pair, weight)[rows.pair, 0]
        log = np.clip(base + effects, low, high)
        expected = np.exp(log)
    excess = (rows.units - expected) ** 2 / (expected + SPREAD * expected**2)
    return replace(fit, error=fit.error * np.sqrt(np.maximum(_by_freedom(rows, excess), 0.3))[:, None])


def _in_logs(rows: Rows, plenty: np.ndarray, shared: Floats, of: int) -> _Fit:
    """Least squares in logs of the products with plenty of sales, season and trend as the counts have shown them."""
    kept = plenty[rows.product] & (rows.units > 0)
    some = Rows(
        rows.products, rows.product[kept], rows.pair[kept], rows.units[kept], rows.own[kept], np.zeros((kept.sum(), 0))
    )
    log = np.log(some.units) - rows.shared[kept] @ shared
    even = np.ones(log.size)
    fit = _solve(some, some.own, log, even, of)
    left = log - _predicted(some, fit)
    left -= _means(left[:, None], some.pair, even)[some.pair, 0]
    return replace(fit, error=fit.error * np.sqrt(_by_freedom(some, left**2))[:, None])


def _predicted(rows: Rows, fit: _Fit) -> Floats:
    own = np.einsum("ij,ij->i", rows.own, fit.own[rows.product])
    return np.asarray(own + rows.shared @ fit.shared if fit.shared.size else own)


def _by_freedom(rows: Rows, squares: Floats) -> Floats:
    count = rows.products.size
    pairs = np.unique(np.stack([rows.product, rows.pair]), axis=1)[0]
    used = np.bincount(pairs, minlength=count) + rows.own.shape[1]
    free = np.maximum(np.bincount(rows.product, minlength=count) - used, 1)
    return np.asarray(np.bincount(rows.product, squares, minlength=count) / free)


def _means(columns: Floats, pair: Ints, weight: Floats) -> Floats:
    """The weighted mean of each column within each pair."""
    total = np.maximum(np.bincount(pair, weight), 1e-12)
    return np.column_stack([np.bincount(pair, column * weight) / total for column in columns.T])


def _solve(rows: Rows, columns: Floats, target: Floats, weight: Floats, of: int) -> _Fit:
    """Own and shared effects together: each product's own are taken out of the shared ones, which are solved first."""
    within = columns - _means(columns, rows.pair, weight)[rows.pair]
    left = target - _means(target[:, None], rows.pair, weight)[rows.pair, 0]
    count, width, own = rows.products.size, columns.shape[1], rows.own.shape[1]
    squares, sides = np.zeros((count, width, width)), np.zeros((count, width))
    for i in range(width):
        sides[:, i] = np.bincount(rows.product, weight * within[:, i] * left, minlength=count)
        for j in range(i, width):
            sums = np.bincount(rows.product, weight * within[:, i] * within[:, j], minlength=count)
            squares[:, i, j] = squares[:, j, i] = sums
    hold = np.diag([FREE if place in (0, of) else CALM for place in range(own)])
    inverse = np.linalg.inv(squares[:, :own, :own] + hold)
    across = squares[:, :own, own:]
    shared = np.zeros(width - own)
    if width > own:
        mixed = np.einsum("pkl,plj->pkj", inverse, across)
        whole = (squares[:, own:, own:] - np.einsum("pki,pkj->pij", across, mixed)).sum(0)
        side = (sides[:, own:] - np.einsum("pki,pk->pi", mixed, sides[:, :own])).sum(0)
        shared = np.linalg.solve(whole + CALM * np.eye(width - own), side)
    effects = np.einsum("pkl,pl->pk", inverse, sides[:, :own] - across @ shared)
    return _Fit(effects, shared, np.sqrt(np.einsum("pkk->pk", inverse)))
