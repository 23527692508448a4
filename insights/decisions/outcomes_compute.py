"""What would have sold without a decision, and how far such an answer is off: pure arithmetic on arrays.

A series is a product over days. What it would have sold in a window is told by its own sales before, at the price it
had then, on the same weekdays; carried into the window by what the whole shop sold on those days; then corrected by
what its sisters (products of its category that nothing happened to) did beyond that, by its own drift, and, where a
decision was one branch's, by the same product at the other branches. How much each correction counts, and how wide the
range is, is learnt from placebos: the same question asked of series and of earlier windows in which nothing was
decided, where the answer is known. See docs/ledger.md.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Grid = NDArray[np.float32]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

BEFORE = 56  # days looked at before a window
FEWEST_BEFORE = 21  # days at the price before; with fewer nothing is said
FEWEST_UNITS = 10.0  # sold on those days
WHOLE = 0.75  # of a window's days must count
EARLIER = (28, 56, 84)  # days before the window at which placebo windows begin too
FEWEST_PLACEBOS = 12
NEAREST = 240  # placebos of a like size, whose errors make the range
MOST_PLACEBOS = 1500  # series asked in a window
SISTERS, SELF, WEEKDAY, OWN_SPREAD = 60.0, 25.0, 25.0, 14.0  # what a small sample is drawn toward "nothing" by
BY_CHANCE = (0.5, 0.75, 1.0, 1.35, 1.8, 2.5)
IN_COMMON = (0.0, 0.03, 0.06, 0.09, 0.13, 0.18, 0.25, 0.4)
FAR = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True)
class Panel:
    """Series by days. `usable` marks days that count: open, in stock, not on offer. `group` is a series' category.

    `changed_series`, `changed_day`: price changes, by series and then day. `elsewhere` is what the same product sold at
    the other branches, None where the panel is the whole shop.
    """

    units: Grid
    usable: Flags
    group: Ints
    weekday: Ints
    changed_series: Ints
    changed_day: Ints
    elsewhere: Grid | None = None

    @property
    def days(self) -> int:
        return int(self.units.shape[1])

    def price_days(self, first: int) -> tuple[Ints, Ints]:
        """Of each series the last change of its price before a day (0 if none), and the first on or after it."""
        since = np.zeros(self.units.shape[0], dtype=np.int64)
        until = np.full(self.units.shape[0], FAR)
        before = self.changed_day < first
        np.maximum.at(since, self.changed_series[before], self.changed_day[before])
        np.minimum.at(until, self.changed_series[~before], self.changed_day[~before])
        return np.maximum(since, 0), until


@dataclass(frozen=True, slots=True)
class Answer:
    """What one series would have sold in a window, with an 80 % range, beside what it sold on the days that count.

    `daily` spreads `expected` over the window's days, `counted` are the days that count. `sisters` and `placebos` are
    how many series the comparison and how many errors the range rest on. `why_not` is set where nothing can be said.
    """

    sold: float = 0.0
    expected: float = 0.0
    low: float = 0.0
    high: float = 0.0
    daily: Floats | None = None
    counted: Flags | None = None
    before: Flags | None = None  # the days before that were used
    sisters: int = 0
    placebos: int = 0
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class _Window:
    """A window with all series' first guesses in it. Arrays are by series; `clean` and `shape` are series by days."""

    first: int
    days: int
    clean: Flags  # the days before that are compared with
    counted: Flags  # the window's days that count
    shape: Floats  # the first guess, by the window's days
    sold: Floats
    guess: Floats
    base: Floats  # units sold on the clean days
    spread: Floats  # how uneven its days are: 1 as chance alone makes them
    drift: Floats  # log: its last four weeks against all of its clean days
    asked: Flags  # can be asked what nothing did to it
    sisters: Floats  # log: what the others of its category did beyond the guess
    sister_count: Ints
    others: Floats  # log: the same for the product at other branches


def answers(panel: Panel, first: int, days: int, treated: list[int], apart: dict[int, list[int]]) -> list[Answer]:
    """One answer for each treated series, in order. `apart` names series too close to one to be its sisters."""
    touched = np.zeros(panel.units.shape[0], dtype=np.bool_)
    touched[treated] = True
    now = _window(panel, first, days, touched, apart)
    if now is None:
        return [Answer(why_not="There are too few days of sales before it.") for _ in treated]
    nothing = np.zeros_like(touched)
    past = [_window(panel, first - lag, days, nothing, {}) for lag in EARLIER]
    return _answered([now, *(one for one in past if one is not None)], treated)


def _answered(windows: list[_Window], treated: list[int]) -> list[Answer]:
    sampled = [np.flatnonzero(_sample(one.asked)) for one in windows]
    if sum(rows.size for rows in sampled) < FEWEST_PLACEBOS:
        return [Answer(why_not="There are too few products to compare with.") for _ in treated]
    weights = _weights(windows, sampled)
    guess, sold, base, spread = (np.concatenate(parts) for parts in zip(
        *((_corrected(one, weights)[rows], one.sold[rows], one.base[rows], one.spread[rows])
          for one, rows in zip(windows, sampled, strict=True)), strict=True))  # fmt: skip
    chance, common = _noise(guess, sold, base, spread)
    errors = (sold - guess) / _deviation(guess, base, spread, chance, common)
    now, corrected = windows[0], _corrected(windows[0], weights)
    wide = _deviation(corrected, now.base, now.spread, chance, common)
    return [_one(now, row, float(corrected[row]), float(wide[row]), errors, guess) for row in treated]


def _one(now: _Window, row: int, expected: float, deviation: float, errors: Floats, sizes: Floats) -> Answer:
    if why_not := _why_not(now, row):
        return Answer(why_not=why_not)
    low, high, used = _quantiles(errors, sizes, expected)
    shape = now.shape[row]
    return Answer(
        sold=float(now.sold[row]),
        expected=expected,
        low=max(0.0, expected + low * deviation),
        high=max(0.0, expected + high * deviation),
        daily=shape * expected / max(float(shape.sum()), 1e-9),
        counted=now.counted[row],
        before=now.clean[row],
        sisters=int(now.sister_count[row]),
        placebos=used,
    )


def _why_not(now: _Window, row: int) -> str:
    if now.clean[row].sum() < FEWEST_BEFORE:
        return "It had the price before for less than three weeks, so there is too little to compare with."
    if now.base[row] < FEWEST_UNITS:
        return "It sold too little before."
    if now.counted[row].sum() < WHOLE * now.days:
        return "It was on offer, out of stock or shut away on too many of these days."
    return ""


def _window(panel: Panel, first: int, days: int, touched: Flags, apart: dict[int, list[int]]) -> _Window | None:
    """None where the panel does not reach so far back or so far ahead."""
    if first < FEWEST_BEFORE or first + days > panel.days:
        return None
    start = max(0, first - BEFORE)
    since, until = panel.price_days(first)
    span, window = slice(start, first), slice(first, first + days)
    units, ahead = panel.units[:, span].astype(np.float64), panel.units[:, window].astype(np.float64)
    clean = panel.usable[:, span] & (np.arange(start, first) >= since[:, None])
    counted = panel.usable[:, window]
    backbone = np.where(touched[:, None], 0, panel.units[:, start : first + days]).sum(axis=0, dtype=np.float64)
    before, after = backbone[: first - start], backbone[first - start :]
    shape = _shape(units, clean, before, after, panel.weekday[start : first + days])
    sold, guess, base = (ahead * counted).sum(axis=1), (shape * counted).sum(axis=1), (units * clean).sum(axis=1)
    enough = (clean.sum(axis=1) >= FEWEST_BEFORE) & (base >= FEWEST_UNITS) & (counted.sum(axis=1) >= WHOLE * days)
    asked = enough & (until >= first + days) & ~touched
    sisters, count = _sisters(panel.group, asked, sold, guess, apart)
    others = _elsewhere(panel, span, window, clean, counted, before, after)
    spread = _spread(units, clean, before)
    drift = _drift(units, clean, before)
    return _Window(first, days, clean, counted, shape, sold, guess, base, spread, drift, asked, sisters, count, others)


def _shape(units: Floats, clean: Flags, before: Floats, after: Floats, weekday: Ints) -> Floats:
    """The first guess for each day ahead: the series' share of the shop, by weekday where it has sold enough."""
    ones = np.eye(7)[weekday]
    behind, ahead = ones[: before.size], ones[before.size :]
    mass = clean * before
    share = (units * clean).sum(axis=1) / np.maximum(mass.sum(axis=1), 1e-9)
    by_day, due = (units * clean) @ behind, share[:, None] * (mass @ behind)
    ratio = (by_day + WEEKDAY) / (due + WEEKDAY)
    return np.asarray(share[:, None] * after * (ratio @ ahead.T))


def _spread(units: Floats, clean: Flags, before: Floats) -> Floats:
    """How much more uneven than pure chance the days before were, drawn toward what is usual in the shop."""
    mass = clean * before
    due = np.maximum((units * clean).sum(axis=1) / np.maximum(mass.sum(axis=1), 1e-9), 1e-9)[:, None] * before
    days = clean.sum(axis=1)
    own = (clean * (units - due) ** 2 / np.maximum(due, 1e-6)).sum(axis=1) / np.maximum(days - 1, 1)
    known = days >= FEWEST_BEFORE
    usual = float(np.median(own[known])) if known.any() else 1.0
    return np.asarray(np.maximum((days * own + OWN_SPREAD * usual) / (days + OWN_SPREAD), 0.05))


def _drift(units: Floats, clean: Flags, before: Floats) -> Floats:
    """Log of the share of the shop in the last four weeks against all clean days, drawn toward none."""
    lately = clean & (np.arange(before.size) >= before.size - 28)
    share = (units * clean).sum(axis=1) / np.maximum((clean * before).sum(axis=1), 1e-9)
    due = share * (lately * before).sum(axis=1)
    return np.asarray(np.log(((units * lately).sum(axis=1) + SELF) / (due + SELF)))


def _sisters(
    group: Ints, asked: Flags, sold: Floats, guess: Floats, apart: dict[int, list[int]]
) -> tuple[Floats, Ints]:
    """Log of what the others of the group sold against their guesses, and how many they are; never itself."""
    size = int(group.max(initial=0)) + 1
    use = asked.astype(np.float64)

    def of_group(values: Floats) -> Floats:
        return np.asarray(np.bincount(group, weights=use * values, minlength=size)[group], dtype=np.float64)

    sums = [of_group(values) - use * values for values in (sold, guess)]
    count = of_group(np.ones_like(use)) - use
    for row, close in apart.items():
        near = [other for other in close if group[other] == group[row] and asked[other] and other != row]
        for total, values in zip(sums, (sold, guess), strict=True):
            total[row] -= values[near].sum()
        count[row] -= len(near)
    return np.log((np.maximum(sums[0], 0) + SISTERS) / (np.maximum(sums[1], 0) + SISTERS)), count.astype(np.int64)


def _elsewhere(
    panel: Panel, span: slice, window: slice, clean: Flags, counted: Flags, before: Floats, after: Floats
) -> Floats:
    """Log of what the product sold at the other branches against its share before; 0 where there are none."""
    if panel.elsewhere is None:
        return np.zeros(panel.units.shape[0])
    units, ahead = panel.elsewhere[:, span].astype(np.float64), panel.elsewhere[:, window].astype(np.float64)
    share = (units * clean).sum(axis=1) / np.maximum((clean * before).sum(axis=1), 1e-9)
    due = share * (counted * after).sum(axis=1)
    return np.asarray(np.log(((ahead * counted).sum(axis=1) + SELF) / (due + SELF)))


def _sample(asked: Flags) -> Flags:
    """At most so many of them, spread evenly: a large shop is told by a part of it."""
    rows = np.flatnonzero(asked)
    if rows.size <= MOST_PLACEBOS:
        return asked
    chosen = np.zeros_like(asked)
    chosen[rows[np.linspace(0, rows.size - 1, MOST_PLACEBOS).astype(np.int64)]] = True
    return chosen


def _weights(windows: list[_Window], sampled: list[Ints]) -> Floats:
    """How much each correction counts, 0 to 1: what would have answered the placebos best."""
    pairs = [*zip(windows, sampled, strict=True)]
    terms = np.concatenate([np.stack([one.sisters, one.drift, one.others], axis=1)[rows] for one, rows in pairs])
    guess = np.concatenate([one.guess[rows] for one, rows in pairs])
    sold = np.concatenate([one.sold[rows] for one, rows in pairs])
    steps = (0.0, 0.25, 0.5, 0.75, 1.0)
    others = steps if np.any(terms[:, 2]) else (0.0,)
    best, least = np.zeros(3), np.inf
    for tried in itertools.product(steps, steps, others):
        answer = guess * np.exp(terms @ np.array(tried))
        error = float((np.abs(sold - answer) / np.sqrt(answer + 0.002 * answer**2 + 1)).sum())
        if error < least - 1e-9:
            best, least = np.array(tried), error
    return np.asarray(best)


def _corrected(one: _Window, weights: Floats) -> Floats:
    return np.asarray(one.guess * np.exp(weights[0] * one.sisters + weights[1] * one.drift + weights[2] * one.others))


def _deviation(guess: Floats, base: Floats, spread: Floats, chance: float, common: float) -> Floats:
    """What an answer may be off by: chance in the window and in the days before, and what nothing here explains."""
    by_chance = spread * guess * (1 + guess / np.maximum(base, 1.0))
    return np.asarray(np.sqrt(chance * by_chance + (common * guess) ** 2 + 1e-6))


def _noise(guess: Floats, sold: Floats, base: Floats, spread: Floats) -> tuple[float, float]:
    """The two sizes of the deviation, by what the placebos were off by."""
    best, least = (1.0, 0.1), np.inf
    for chance, common in itertools.product(
        (0.5, 0.75, 1.0, 1.35, 1.8, 2.5), (0, 0.03, 0.06, 0.09, 0.13, 0.18, 0.25, 0.4)
    ):
        wide = _deviation(guess, base, spread, chance, common)
        score = float((np.log(wide) + np.sqrt(2) * np.abs(sold - guess) / wide).mean())
        if score < least:
            best, least = (chance, common), score
    return best


def _quantiles(errors: Floats, sizes: Floats, size: float) -> tuple[float, float, int]:
    """The errors, in deviations, between which 8 of 10 placebos of a like size lay; wider where there are few."""
    near = np.argsort(np.abs(np.log(np.maximum(sizes, 0.5)) - np.log(max(size, 0.5))), kind="stable")[:NEAREST]
    found = np.sort(errors[near])
    count = found.size
    at = min(count - 1, int(np.ceil(0.9 * (count + 1))) - 1)
    return float(min(found[count - 1 - at], -0.2)), float(max(found[at], 0.2)), count


def add_up(effects: Floats, lows: Floats, highs: Floats, shared: float) -> tuple[float, float, float]:
    """The sum with its 80 % range; `shared` is the part of the errors' variance that all have in common."""
    total, below, above = float(effects.sum()), effects - lows, highs - effects
    wide = [float(np.sqrt((1 - shared) * (part**2).sum() + shared * part.sum() ** 2)) for part in (below, above)]
    return total, total - wide[0], total + wide[1]
