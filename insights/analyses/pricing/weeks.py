"""Products that share their seasons, as rows a regression takes: one a product, branch and week on sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from insights.analyses.pricing.arrays import Floats, Ints
from insights.analyses.pricing.reading import Inputs

YEAR = 365.25 / 7
OFF_SALE = 4  # weeks in a row without a sale after which the product is taken as not offered
CUT = 0.04  # without promotions on record, a price so far below its usual is taken as one
USUAL = 6  # weeks to either side that tell the usual price
WHOLE_SHARE = 0.05  # what else a branch sells says something of its week from this part of its units on
SHARING = 12  # products it takes to tell a season from their own prices


Near = Mapping[int, list[tuple[int, float]]]  # each product's substitutes with their weights


@dataclass(frozen=True, slots=True)
class Rows:
    """`own` holds what each product answers to by itself, log price first; `shared` what all of them answer to."""

    products: Ints  # ids, by number
    product: Ints
    pair: Ints
    units: Floats
    own: Floats
    shared: Floats


def families(inputs: Inputs) -> list[Ints]:
    """Products that sold, in groups that share seasons: a category, or all small categories together."""
    sold = np.unique(inputs.sold.product)
    category = np.array([inputs.category.get(int(id), 0) for id in sold], dtype=np.int64)
    found, counts = np.unique(category, return_counts=True)
    large = found[(counts >= SHARING) & (found != 0)]
    groups = [sold[category == one] for one in large]
    rest = sold[~np.isin(category, large)]
    return [*groups, rest] if rest.size else groups


def rows(inputs: Inputs, members: Ints, near: Near | None = None) -> Rows:
    """The rows of these products. With `near`, the mean log price of each one's substitutes is its last own column."""
    sold = inputs.sold
    of = np.isin(sold.product, members)
    keys, pair = np.unique(np.stack([sold.product[of], sold.branch[of]]), axis=1, return_inverse=True)
    units, paid = (np.zeros((keys.shape[1], inputs.weeks)) for _ in range(2))
    units[pair, sold.week[of]] = sold.units[of]
    paid[pair, sold.week[of]] = sold.paid[of]
    number = np.searchsorted(members, keys[0])
    price = _log_price(units, paid, number)
    at, week = np.nonzero(_on_sale(units))
    promoted = promotion_weeks(inputs, keys)
    if not inputs.offers.product.size:
        promoted = _unusual_cuts(price)[:, :, None]
    own = [price[at, week], *promoted[at, week].T, _elsewhere(inputs, keys)[at, week]]
    shared = _seasons(week) if members.size >= SHARING else np.zeros((week.size, 0))
    kept = [column for column in own[1:] if np.ptp(column) > 0] if week.size else []
    if near is not None:
        kept.append(_of_others(price, keys, near)[at, week])
    return Rows(members, number[at], at, units[at, week], np.column_stack([own[0], *kept]), shared)


def promotion_weeks(inputs: Inputs, keys: Ints) -> Floats:
    """The part of each week that a (product, branch) was promoted: pairs x weeks x kinds."""
    offers, kinds = inputs.offers, int(inputs.offers.kind.max(initial=0)) + 1
    days = np.zeros((keys.shape[1], inputs.weeks, kinds))
    of = np.flatnonzero(np.isin(offers.product, keys[0]))
    for place in of.tolist():
        pairs = np.flatnonzero(
            (keys[0] == offers.product[place]) & ((keys[1] == offers.branch[place]) | (offers.branch[place] == 0))
        )
        first, last = max(int(offers.first[place]), 0), min(int(offers.last[place]), inputs.weeks * 7 - 1)
        for week in range(first // 7, last // 7 + 1):
            part = min(last, week * 7 + 6) - max(first, week * 7) + 1
            days[pairs, week, offers.kind[place]] += part
    return np.minimum(days / 7, 1)


def _on_sale(units: Floats) -> np.ndarray:
    """Between the first and the last sale, without these weeks themselves, unless the span cuts there: a product that
    comes or goes midway sells part of a week."""
    weeks = units.shape[1]
    before, after = _nearest(units > 0)
    inside: np.ndarray = (before >= 0) & (after < weeks) & (after - before - 1 <= OFF_SALE)
    first, last = (units > 0).argmax(1), weeks - 1 - (units > 0)[:, ::-1].argmax(1)
    pairs = np.arange(units.shape[0])
    inside[pairs[first > 0], first[first > 0]] = False
    inside[pairs[last < weeks - 1], last[last < weeks - 1]] = False
    return inside


def _nearest(known: np.ndarray) -> tuple[Ints, Ints]:
    """For each place of a row the nearest known one at or before it (-1: none) and at or after it (length: none)."""
    length = known.shape[1]
    place = np.arange(length)
    before = np.maximum.accumulate(np.where(known, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, place, length)[:, ::-1], axis=1)[:, ::-1]
    return before, after


def _log_price(units: Floats, paid: Floats, number: Ints) -> Floats:
    """The log of the mean price paid. A week without a sale has the other branches' price, else that between the
    weeks around it: the price before alone would hide that a rise stopped the sales."""
    known = units > 0
    price = np.log(np.where(known, paid, 1) / np.where(known, units, 1))
    products = int(number.max(initial=-1)) + 1
    total, count = (np.zeros((products, units.shape[1])) for _ in range(2))
    np.add.at(total, number, price * known)
    np.add.at(count, number, known)
    elsewhere = count[number] > 0
    price = np.where(known, price, np.where(elsewhere, (total / np.maximum(count, 1))[number], 0))
    before, after = _nearest(known | elsewhere)
    at = np.arange(units.shape[0])[:, None]
    left = price[at, np.maximum(before, 0)]
    right = price[at, np.minimum(after, units.shape[1] - 1)]
    return np.where(before < 0, right, np.where(after >= units.shape[1], left, (left + right) / 2))


def _of_others(price: Floats, keys: Ints, near: Near) -> Floats:
    """The mean log price of each product's substitutes at its branch, against their usual; 0 where none is sold."""
    places = {(product, branch): place for place, (product, branch) in enumerate(keys.T.tolist())}
    level = price - price.mean(axis=1, keepdims=True)
    found = np.zeros(price.shape)
    for (product, branch), place in places.items():
        here = [(places[other, branch], share) for other, share in near.get(product, ()) if (other, branch) in places]
        if here:
            at, share = (np.array(values) for values in zip(*here, strict=True))
            found[place] = share @ level[at] / share.sum()
    return found


def _unusual_cuts(price: Floats) -> Floats:
    """1 where the price is well below its usual of the weeks around: a promotion nobody put on record."""
    padded = np.pad(price, ((0, 0), (USUAL, USUAL)), mode="edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * USUAL + 1, axis=1), axis=2)
    return np.asarray(price < usual - CUT, dtype=np.float64)


def _elsewhere(inputs: Inputs, keys: Ints) -> Floats:
    """The log of what the branch sold of other categories that week, less its mean: how busy it was. Zeros where it
    sells hardly anything else."""
    sold, weeks = inputs.sold, inputs.weeks
    branches, branch = np.unique(sold.branch, return_inverse=True)
    total = np.bincount(branch * weeks + sold.week, sold.units, minlength=branches.size * weeks)
    category = np.array([inputs.category.get(int(id), 0) for id in np.unique(sold.product)], dtype=np.int64)
    of_row = category[np.searchsorted(np.unique(sold.product), sold.product)]
    found = np.zeros((keys.shape[1], weeks))
    mine = np.array([inputs.category.get(int(id), 0) for id in keys[0]], dtype=np.int64)
    at = np.searchsorted(branches, keys[1])
    for one in np.unique(mine):
        same = of_row == one
        own = np.bincount(branch[same] * weeks + sold.week[same], sold.units[same], minlength=total.size)
        rest = np.maximum(total - own, 0).reshape(-1, weeks)
        enough = rest.sum(1) > WHOLE_SHARE * total.reshape(-1, weeks).sum(1)
        log = np.where(rest > 0, np.log(np.maximum(rest, 1)), 0)
        log -= (log.sum(1) / np.maximum((rest > 0).sum(1), 1))[:, None]
        pairs = mine == one
        found[pairs] = np.where(enough[:, None] & (rest > 0), log, 0)[at[pairs]]
    return found


def _seasons(week: Ints) -> Floats:
    angle = 2 * np.pi * week / YEAR
    waves = [wave(step * angle) for step in (1, 2) for wave in (np.sin, np.cos)]
    return np.column_stack([*waves, week / YEAR])
