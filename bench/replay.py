"""`python -m bench replay [small|medium]`: 26 weeks of the demo lived through again, ordered two ways, side by side.

How it works. The demo knows everything its customers asked for, also what was not there. Its days are lived through
with the same lines at the till, shelf lives, cases, lead times, delivery days, breakages, lorries that forget a
product and suppliers that fail for days; only what is ordered each night differs:

- "average x days": the demo grocer's own way, a moving average times the days to cover times a factor, plus something
  for luck, in whole cases. Its factor is tuned: the curve below runs over it.
- Aisle: `insights.ordering.advice.advise`, as a shop's suggestions are made, every one accepted as it stands. Its
  forecast is made each night from the past alone: what was sold until that evening in this very replay, with days that
  ended empty left out of the level, weekdays and promotions learned from it, promotions and opening days ahead known.
  Nothing hidden in the demo is read. A plain forecast (levels of three speeds, contested by past error) is used here
  instead of the nightly one, which takes minutes a night.

Both begin from the same shelves four weeks before the count, so that neither is judged by the other's stock. A stock-
out is a product at a branch on a day on which something asked for was not there; waste is what expired, at cost.
Waste and stock-outs trade against each other, so each way has a curve (the grocer's factor; what a missed sale counts
for). They are compared at equal waste, along the curve between its points.
"""

from __future__ import annotations

import datetime as dt
import functools
import time
from dataclasses import dataclass

import numpy as np

from bench._past import AHEAD, Past, money
from bench.figures import say
from insights.demo import grocer, stock
from insights.demo.branches import Branch
from insights.ordering import shelf
from insights.ordering.advice import FOREVER, Items, Policy, advise
from insights.ordering.demand import Flags, Floats

TODAY = dt.date(2026, 11, 20)
COUNTED, SETTLING = 26 * 7, 28
FACTORS = (0.75, 0.9, 1.0, 1.08, 1.2, 1.35, 1.5, 1.75)
PATIENCE = (0.5, 1.0, 2.0)
COLUMNS = 60
MISSING = 0.0125  # one line in eighty is not on the lorry


@dataclass
class Outcome:
    """26 weeks of one way of ordering, over all branches."""

    outs: int = 0
    lost: float = 0.0
    margin: float = 0.0  # of what was lost
    waste: float = 0.0
    lies: float = 0.0  # stock at cost, at the end

    def add(self, other: Outcome) -> None:
        self.outs += other.outs
        self.lost += other.lost
        self.margin += other.margin
        self.waste += other.waste
        self.lies += other.lies


def main(arguments: list[str]) -> None:
    size = arguments[0] if arguments else "medium"
    demo = grocer.build(size, TODAY)
    start = time.perf_counter()
    theirs = [play(demo, functools.partial(_theirs, factor)) for factor in FACTORS]
    ours = [play(demo, functools.partial(_ours, Policy(patience=worth))) for worth in PATIENCE]
    for name, knobs, curve in (("aisle", PATIENCE, ours), ("average x days", FACTORS, theirs)):
        for knob, point in zip(knobs, curve, strict=True):
            more = {"waste": point.waste, "lost": point.lost, "margin": point.margin, "stock": point.lies}
            say(f"replay, {name} at {knob}", point.outs, **{key: round(value) for key, value in more.items()})
    best = min(theirs, key=lambda point: point.waste + point.margin)
    _compare("at the waste of the factor that costs least", best.waste, ours, theirs)
    _compare("at the waste of the demo's own factor", theirs[FACTORS.index(1.08)].waste, ours, theirs)
    say("replay, seconds", time.perf_counter() - start)


def _compare(where: str, waste: float, ours: list[Outcome], theirs: list[Outcome]) -> None:
    for figure in ("outs", "lost", "margin"):
        mine, other = (_at(waste, curve, figure) for curve in (ours, theirs))
        say(f"replay {figure} {where}", mine, other, waste=round(waste))


def _at(waste: float, curve: list[Outcome], figure: str) -> float:
    """A curve's figure at a waste; beyond its ends, the end's."""
    points = sorted(curve, key=lambda point: point.waste)
    return float(np.interp(waste, [p.waste for p in points], [getattr(p, figure) for p in points]))


def play(demo: grocer.Demo, way: object) -> Outcome:
    """Live through all days; from SETTLING days before the count on, orders are made the way given."""
    total, (margin, cost) = Outcome(), money(demo)
    begins = len(demo.calendar.days) - COUNTED
    for branch in demo.size.branches:
        lines, units = grocer.asked_for(demo, branch)
        order = way(demo, branch, units.sum(axis=1) > 0, begins - SETTLING)  # type: ignore[operator]
        args = (lines, units, demo.products, demo.nature, demo.calendar, branch)
        total.add(_counted(stock.stock_days(*args, order_tonight=order), margin, cost, begins))
    return total


def _counted(lived: stock.Stocked, margin: Floats, cost: Floats, begins: int) -> Outcome:
    outs, waste = lived.outs, lived.waste
    missed = (outs.day >= begins) & (outs.quantity > 0)
    spoilt = (waste.day >= begins) & (np.array(waste.what) == "expired")
    return Outcome(
        outs=int(missed.sum()),
        lost=float(outs.quantity[missed].sum() / 1000),
        margin=float((outs.quantity[missed] * margin[outs.product[missed]]).sum() / 1000),
        waste=float((waste.quantity[spoilt] * cost[waste.product[spoilt]]).sum() / 1000),
        lies=float((lived.closing * cost).sum() / 1000),
    )


def _theirs(factor: float, demo: grocer.Demo, branch: Branch, sold_here: Flags, begins: int) -> stock.Order:
    def order(shelves: stock.Shelves, day: int, plan: stock.Deliveries, wanted: Flags) -> None:
        stock.order_by_average(shelves, day, plan, wanted, factor if day >= begins else 1.08)

    return order


def _ours(policy: Policy, demo: grocer.Demo, branch: Branch, sold_here: Flags, begins: int) -> stock.Order:
    past = Past(demo, branch)

    def order(shelves: stock.Shelves, day: int, plan: stock.Deliveries, wanted: Flags) -> None:
        past.learn(shelves, day)
        past.take_in(wanted & sold_here)
        if day < begins:
            stock.order_by_average(shelves, day, plan, wanted)
        else:
            _order_advised(shelves, day, plan, wanted & sold_here, past, policy)

    return order


# --- An order as the suggestions make it ----------------------------------------------------------------------------


def _order_advised(
    shelves: stock.Shelves, day: int, plan: stock.Deliveries, wanted: Flags, past: Past, policy: Policy
) -> None:
    coming = {number: comes for number, comes, _ in plan.next_orders(day)}
    due = np.isin(plan.of_product, list(coming)) & wanted
    some = np.flatnonzero(due)
    if not some.size:
        return
    first, second, third = (
        np.array([_stop(plan, number, coming[number], after) for number in plan.of_product[some]]) for after in range(3)
    )
    mean, deviation = past.expected(day)
    ahead = shelves.coming[day + 1 : day + 1 + AHEAD, some].T / 1000
    items = Items(
        mean=mean[some],
        deviation=deviation[some],
        portion=past.portion[some],
        stock=_by_days_kept(shelves, day)[some],
        coming=np.pad(ahead, ((0, 0), (0, AHEAD - ahead.shape[1]))),
        first=first - day - 1,
        second=second - day - 1,
        third=third - day - 1,
        life=np.where(shelves.life >= stock.KEEPS, FOREVER, shelves.life)[some],
        case=shelves.case[some] / 1000,
        least=np.zeros(some.size),
        margin=past.margin[some],
        cost=past.cost[some],
        missing=np.full(some.size, MISSING),
    )
    advice = advise(items, policy)
    shelves.coming[first, some] += advice.cases * shelves.case[some]


def _stop(plan: stock.Deliveries, supplier: int, comes: int, after: int) -> int:
    stops = np.flatnonzero(plan.stops[supplier][comes:]) + comes
    return int(stops[min(after, stops.size - 1)]) if stops.size > after else comes + 7 * after


def _by_days_kept(shelves: stock.Shelves, day: int) -> Floats:
    """What is on the shelves this evening, by the days it still sells."""
    left = np.zeros((len(shelves.case), COLUMNS))
    rows = np.arange(len(shelves.case))
    for back in range(min(COLUMNS, day + 1)):
        came = day - back
        lot = shelves.received[came + 1] - np.maximum(shelves.received[came], shelves.gone)
        keeps = shelves.life - back - 1
        left[rows, shelf.column_of(keeps, COLUMNS)] += np.where(keeps > 0, np.maximum(lot, 0), 0)
    left[:, -1] += np.maximum(shelves.on_hand - left.sum(axis=1), 0)
    return left / 1000
