"""The decision ledger against planted effects: the demo shop's sales with price changes whose effect is known.

A window of a product that nothing happened to gets a price change of up to a fifth: sales are thinned or added by the
product's own hidden elasticity, so what it earned beside what would have sold is known to the penny. The ledger sees
the changed sales only. Where nothing is planted, it must not find anything more often than it says.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.figures import say
from insights.decisions.outcomes_compute import Floats, Panel, add_up, answers
from insights.decisions.scoreboard import SHARED
from insights.demo import prices
from insights.demo.grocer import Demo, build

TODAY = dt.date(2026, 11, 21)
WINDOWS = (7, 14, 28)
AT_ONCE = 8  # decisions of one day, whose products nobody compares with
PLANTED, PLACEBOS, IN_A_SUM = 400, 300, 20
SEED = 20261121


@dataclass(frozen=True)
class Shop:
    """The demo as grids: branches by products by days."""

    demo: Demo
    units: NDArray[np.float32]
    usable: NDArray[np.bool_]
    changed: NDArray[np.int64]  # product, day
    group: NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """One planted decision: the truth, and what the ledger said of it."""

    true: float
    value: float
    low: float
    high: float
    expected: float
    sold: float
    days: int


def measure() -> None:
    """Print the figures."""
    shop = _shop(build("medium", TODAY))
    for name, branch in (("for the whole shop", None), ("at one branch", 0)):
        draw = np.random.default_rng(SEED)
        found, asked = _plant(shop, branch, PLANTED, draw)
        _say(f"ledger: true effects in the stated 80 % range, prices {name}", found, asked)
    nothing, asked = _plant(shop, None, PLACEBOS, np.random.default_rng(SEED + 1), planted=False)
    earned = float(np.mean([one.low > 0 for one in nothing]))
    cost = float(np.mean([one.high < 0 for one in nothing]))
    say(
        "ledger: earned said of nothing (10 % is what 8 in 10 allows)",
        earned,
        0.1,
        cost=round(cost, 3),
        of=len(nothing),
    )


def _say(name: str, found: list[Found], asked: int) -> None:
    inside = float(np.mean([one.low <= one.true <= one.high for one in found]))
    bias = sum(one.expected - one.sold for one in found) / sum(one.sold for one in found)
    wide = float(np.median([(one.high - one.low) / max(abs(one.true), 1.0) for one in found]))
    clear = [one for one in found if one.low > 0 or one.high < 0]
    say(
        name,
        inside,
        0.8,
        of=len(found),
        not_measured=asked - len(found),
        by_days={days: _inside([one for one in found if one.days == days]) for days in WINDOWS},
        bias_of_units=round(bias, 4),
        median_width_of_effect=round(wide, 2),
        could_not_tell=round(1 - len(clear) / len(found), 3),
        sign_right_of_clear=round(float(np.mean([(one.value > 0) == (one.true > 0) for one in clear])), 3),
        sums_of_20_inside=_sums(found),
    )


def _inside(found: list[Found]) -> float:
    return round(float(np.mean([one.low <= one.true <= one.high for one in found])), 3)


def _sums(found: list[Found]) -> float:
    """Of sums of twenty, how many lie in their own range."""
    inside = []
    for start in range(0, len(found) - IN_A_SUM + 1, IN_A_SUM):
        part = found[start : start + IN_A_SUM]
        value, least, most = (np.array([getattr(one, name) for one in part]) for name in ("value", "low", "high"))
        _, low, high = add_up(value, least, most, SHARED)
        inside.append(low <= sum(one.true for one in part) <= high)
    return round(float(np.mean(inside)), 3)


def _shop(demo: Demo) -> Shop:
    shape = (len(demo.branches), len(demo.products), demo.size.days)
    units, usable = np.zeros(shape, np.float32), np.ones(shape, np.bool_)
    for at, story in enumerate(demo.branches):
        lines, outs = story.sold.lines, story.stocked.outs
        np.add.at(units[at], (lines.product, lines.day), lines.quantity / 1000)
        percent, _ = prices.promotion_grids(demo.promotions, story.branch, shape[1], shape[2])
        usable[at] = percent == 0
        usable[at][outs.product, outs.day] = False
    np.maximum(units, 0, out=units)
    changed = np.array([(one.product, one.day) for one in demo.changes]).T
    group = np.unique([product.category.code for product in demo.products], return_inverse=True)[1]
    return Shop(demo, units, usable, changed, group)


def _plant(
    shop: Shop, branch: int | None, wanted: int, draw: np.random.Generator, *, planted: bool = True
) -> tuple[list[Found], int]:
    """So many measured decisions, and how many were asked for to get them."""
    found: list[Found] = []
    asked = 0
    while len(found) < wanted:
        days, first = int(draw.choice(WINDOWS)), int(draw.integers(180, shop.demo.size.days - 28))
        chosen = _steady(shop, branch, first, days, draw)
        asked += len(chosen)
        found += _measured(shop, branch, first, days, chosen, draw, planted=planted)
    return found[:wanted], asked


def _steady(shop: Shop, branch: int | None, first: int, days: int, draw: np.random.Generator) -> list[int]:
    """Products that kept their price for three weeks before and over the window, and sold."""
    product, day = shop.changed
    moved = {int(one) for one in product[(day >= first - 21) & (day < first + days)]}
    sold = _units(shop, branch)[:, first - 28 : first].sum(axis=1)
    fit = [one for one in range(sold.size) if one not in moved and sold[one] >= 10]
    return [int(one) for one in draw.choice(fit, min(AT_ONCE, len(fit)), replace=False)]


def _units(shop: Shop, branch: int | None) -> NDArray[np.float32]:
    return np.asarray(shop.units.sum(axis=0) if branch is None else shop.units[branch])


def _measured(
    shop: Shop,
    branch: int | None,
    first: int,
    days: int,
    chosen: list[int],
    draw: np.random.Generator,
    *,
    planted: bool,
) -> list[Found]:
    units, window = _units(shop, branch).copy(), slice(first, first + days)
    before = units[:, window].astype(np.float64)
    moves = {one: float(draw.choice([-1, 1]) * draw.uniform(0.04, 0.2)) if planted else 0.0 for one in chosen}
    for one, move in moves.items():
        units[one, window] = _answered(before[one], (1 + move) ** float(shop.demo.nature.elasticity[one]), draw)
    family = shop.demo.nature.family
    close = {one: np.flatnonzero(family == family[one]).tolist() for one in chosen}
    panel = _panel(shop, branch, units, [(one, first) for one in chosen])
    found = []
    for one, answer in zip(chosen, answers(panel, first, days, chosen, close), strict=True):
        if answer.why_not or answer.counted is None:
            continue
        price = float(shop.demo.shelf_prices[one, first - 1]) / 100
        cost, then = price * (1 - shop.demo.products[one].category.margin), price * (1 + moves[one])
        after, was = float(units[one, window][answer.counted].sum()), float(before[one][answer.counted].sum())
        brought = after * (then - cost)
        true, value, low, high = (
            brought - of * (price - cost) for of in (was, answer.expected, answer.high, answer.low)
        )
        found.append(Found(true, value, low, high, answer.expected, was, days))
    return found


def _answered(units: Floats, factor: float, draw: np.random.Generator) -> Floats:
    """Sales at another price: each piece is bought or not, and new ones come by chance. Weights are scaled."""
    whole = np.rint(units)
    if not np.allclose(units, whole):
        return units * factor
    if factor <= 1:
        return draw.binomial(whole.astype(np.int64), factor).astype(np.float64)
    return whole + draw.poisson(whole * (factor - 1))


def _panel(shop: Shop, branch: int | None, units: NDArray[np.float32], planted: list[tuple[int, int]]) -> Panel:
    opened = np.array([shop.units[at].sum(axis=0) > 0 for at in range(len(shop.units))])
    places = range(len(shop.units)) if branch is None else [branch]
    usable = np.ones_like(shop.usable[0])
    for at in places:
        usable &= shop.usable[at] | ~opened[at] | ~shop.units[at].any(axis=1)[:, None]
    usable &= opened[list(places)].any(axis=0)
    product, day = np.concatenate([shop.changed, np.array(planted).T], axis=1)
    others = None if branch is None else np.asarray(shop.units.sum(axis=0) - shop.units[branch])
    return Panel(units, usable, shop.group, np.array(shop.demo.calendar.weekdays), product, day, others)
