"""`python -m bench markdown [--seeds 3] [--weeks 26]`: the demo's near-date goods sold three ways, side by side.

How it works. The demo knows what its customers want: the mean of every product on every day, how sales answer to a
price, and what they take from the products beside it. A shop is lived through from that, day by day, with the demo's
lots, shelf lives, lorries and grocer's orders; buyers are drawn anew for each seed, the same for every policy:

- nothing: full price to the end.
- fixed: 30 % off on a lot's last day.
- ours: the step that `insights.analyses.markdown.plan` advises each morning, every one accepted as it stands. It sees
  what a shop sees: its stock by lot, a plain forecast from what was sold until last night in this very shop (its own
  marked-down sales among them), and an elasticity that is wrong as estimates are: half-way between the product's own
  and its category's, with chance on top.

The oldest goods are sold first. Buyers who would have paid in full take the cheaper pack as well. A lower price takes
buyers from the other products of its family as the demo's truth says. Margin is net sales less the cost of what was
bought, stock at cost counted at both ends. Waste is what expired, at cost.
"""

from __future__ import annotations

import argparse
import copy
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bench._past import Past, money
from bench.figures import say
from insights.analyses.markdown import cases
from insights.analyses.markdown.plan import Plan, Policy
from insights.demo import grocer, stock
from insights.demo.branches import Branch
from insights.demo.chance import Floats, Ints

TODAY = dt.date(2026, 11, 20)
SETTLING = 28
FIXED = 0.7
PERISHES = 40  # days; what keeps longer is left out
PORTION = 1000, 500  # thousandths a buyer takes: a piece, or half a kilogram
WRONG = 0.3  # standard deviation of what an estimate is off by


@dataclass
class Outcome:
    """What came of one policy over the counted days."""

    waste: float = 0.0
    margin: float = 0.0
    last_days: int = 0
    sold_out: int = 0
    cheap: float = 0.0  # units sold below the full price
    given: float = 0.0  # money not asked for them

    def add(self, other: Outcome) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


# Tells each lot's share of the full price this morning, by product and the day it came; prices never rise again.
Way = Callable[["Floor", int], None]


@dataclass
class Floor:
    """A branch's shelves this morning, and what its grocer knows."""

    demo: grocer.Demo
    shelves: stock.Shelves
    past: Past
    marked: dict[tuple[int, int], list[float]] = field(default_factory=dict)  # share of the price, thousandths with it

    def at(self, product: int, came: int) -> tuple[float, float]:
        """The price on a lot's stickers as a share of the full one, and how much has them."""
        share, amount = self.marked.get((product, came), (1.0, 0))
        return (share, amount) if amount else (share, 0)

    def lots(self, product: int, day: int) -> list[tuple[int, int]]:
        """(day it came, thousandths left) of each lot, the oldest first."""
        shelves, life = self.shelves, int(self.shelves.life[product])
        first = max(0, day - life + 1)
        column = shelves.received[first : day + 2, product]
        column = np.maximum(column, shelves.gone[product])
        lots = [(first - 1, int(column[0] - shelves.gone[product]))]
        lots += [(first + place, int(amount)) for place, amount in enumerate(np.diff(column))]
        return [(came, amount) for came, amount in lots if amount > 0]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench markdown")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--size", default="medium")
    measure(**vars(parser.parse_args(arguments)))


def measure(seeds: int = 3, weeks: int = 26, size: str = "medium") -> None:
    """Print each policy's figures, and ours beside the fixed one's with the range over the seeds."""
    start = time.perf_counter()
    demo = grocer.build(size, TODAY)
    found = [_seed(demo, seed, weeks * 7) for seed in range(seeds)]
    for name in found[0]:
        mine = [one[name] for one in found]
        say(
            f"markdown, {name}: waste at cost",
            float(np.mean([one.waste for one in mine])),
            margin=round(float(np.mean([one.margin for one in mine]))),
            sold_out=round(float(np.mean([one.sold_out / max(one.last_days, 1) for one in mine])), 3),
            cheap=round(float(np.mean([one.cheap for one in mine]))),
            given=round(float(np.mean([one.given for one in mine]))),
        )
    for name in [name for name in found[0] if name not in {"nothing", "fixed"}]:
        waste = [one[name].waste / one["fixed"].waste for one in found]
        margin = [one[name].margin - one["fixed"].margin for one in found]
        beside = f"markdown, {name} beside 30 % off on the last day"
        say(f"{beside}: waste", float(np.mean(waste)), 0.75, range=_range(waste))
        say(f"{beside}: margin", float(np.mean(margin)), range=_range(margin))
    say("markdown, seconds", time.perf_counter() - start)


def _range(values: list[float]) -> list[float]:
    return [round(min(values), 3), round(max(values), 3)]


WAYS: dict[str, Callable[[grocer.Demo, int], Way]] = {
    "nothing": lambda demo, seed: _nothing,
    "fixed": lambda demo, seed: _fixed,
    "ours": lambda demo, seed: _ours(demo, seed, Policy()),
}


def _seed(demo: grocer.Demo, seed: int, counted: int) -> dict[str, Outcome]:
    totals = {name: Outcome() for name in WAYS}
    begins = len(demo.calendar.days) - counted
    for branch in demo.size.branches:
        shop = Life(demo, branch, seed)
        shop.live(_nothing, 0, begins - SETTLING)
        for name, way in WAYS.items():
            mine = copy.deepcopy(shop)
            mine.live(way(demo, seed), begins - SETTLING, begins)
            totals[name].add(mine.live(way(demo, seed), begins, len(demo.calendar.days)))
    return totals


class Life:
    """A branch from day to day."""

    def __init__(self, demo: grocer.Demo, branch: Branch, seed: int) -> None:
        _, rate = grocer.asked_for(demo, branch)
        products = demo.products
        self.demo, self.rate, self.branch = demo, rate, branch
        self.known, self.drawn = _estimates(demo, seed)
        self.lured = np.zeros(len(products), dtype=np.int64)
        self.portion = np.array([PORTION[item.by_weight] for item in products])
        self.is_open = demo.calendar.open_days(branch)
        self.plan = stock.Deliveries(products, demo.calendar, branch)
        self.draw, self.buyers = (np.random.default_rng([seed, number]) for number in range(2))
        shelves = stock._opening(rate, products, self.is_open)
        self.floor = Floor(demo, shelves, Past(demo, branch))
        self.margin, self.cost = money(demo)
        self.keeps = np.array([bool(item.category.life) and item.category.life <= PERISHES for item in products])
        self.family = demo.nature.family
        self.others = np.maximum(np.bincount(self.family)[self.family] - 1, 1)

    def __deepcopy__(self, memo: dict[int, object]) -> Life:
        made = copy.copy(self)
        made.floor = Floor(self.demo, copy.deepcopy(self.floor.shelves), copy.deepcopy(self.floor.past))
        made.draw, made.buyers = copy.deepcopy(self.draw), copy.deepcopy(self.buyers)
        return made

    def live(self, way: Way, first: int, last: int) -> Outcome:
        """Live the days from first up to last (excluded)."""
        told, shelves, keeps = Outcome(), self.floor.shelves, self.keeps
        before = self._worth(first)
        for day in range(first, last):
            chance, demand = self.draw.random((2, len(keeps))), self.buyers.poisson(self.rate[:, day] / self.portion)
            on_sale = (self.rate.sum(axis=1) > 0) & (self.demo.nature.first <= day) & (day <= self.demo.nature.last)
            if self.is_open[day]:
                stock._morning(shelves, day, chance[0], self.plan.fails(day))
                self._spoilt(day, told)
                way(self.floor, day)
                self._trade(day, demand, told)
            shelves.received[day + 1] = np.maximum(shelves.received[day + 1], shelves.received[day])
            self.floor.past.gone += self.lured
            self.floor.past.learn(shelves, day)
            self.floor.past.take_in(on_sale)
            self._average(day)
            stock.order_by_average(shelves, day, self.plan, on_sale)
        bought = shelves.received[last, keeps] - shelves.received[first, keeps]
        told.margin += float(self._worth(last) - before - (bought * self.cost[keeps]).sum() / 1000)
        return told

    def _worth(self, day: int) -> float:
        return float((self.floor.shelves.on_hand * self.cost)[self.keeps].sum() / 1000)

    def _spoilt(self, day: int, told: Outcome) -> None:
        rows = self.floor.shelves.log.get("expired")
        if rows and rows[-1][0] == day:
            of = self.keeps[rows[-1][1]]
            told.waste += float((rows[-1][2] * self.cost[rows[-1][1]])[of].sum() / 1000)

    def _trade(self, day: int, demand: Ints, told: Outcome) -> None:
        """All buyers of a day: each takes the oldest pack; some came for a price only."""
        floor, shelves = self.floor, self.floor.shelves
        self.before = shelves.on_hand.copy()
        self.lured = np.zeros_like(shelves.gone)
        marked = sorted({product for product, came in floor.marked if self._alive(product, came, day)})
        gap = self._gaps(marked, day)
        lost = np.where(gap < 0, 1 - np.exp(self.demo.nature.cross * gap), 0)
        demand = demand - self.draw_lost(demand, lost, day)
        wanted = demand * self.portion
        self.asked = wanted.copy()
        sold = np.minimum(wanted, shelves.on_hand)
        price = self.margin + self.cost
        plain = np.ones(len(sold), dtype=np.bool_)
        plain[marked] = False
        told.margin += float((sold * price)[plain & self.keeps].sum() / 1000)
        for product in np.flatnonzero(self.keeps & (shelves.on_hand > 0) & (shelves.life < stock.KEEPS)):
            came, amount = floor.lots(product, day)[0]
            ends = came + int(shelves.life[product]) - 1 == day
            if not plain[product]:
                sold[product] = self._sell_marked(int(product), day, int(demand[product]), told)
            told.last_days += ends
            told.sold_out += ends and bool(sold[product] >= amount)
        shelves.on_hand -= sold
        shelves.gone += sold

    def draw_lost(self, demand: Ints, lost: Floats, day: int) -> Ints:
        return np.random.default_rng([day, 7]).binomial(demand, np.clip(lost, 0, 1))

    def _alive(self, product: int, came: int, day: int) -> bool:
        shelves = self.floor.shelves
        return came + shelves.life[product] > day and shelves.received[came + 1, product] > shelves.gone[product]

    def _gaps(self, marked: list[int], day: int) -> Floats:
        """The mean log price of each product's family beside it, where some of it is marked down."""
        total, own = np.zeros(int(self.family.max()) + 1), np.zeros(len(self.family))
        for product in marked:
            came, amount = self.floor.lots(product, day)[0]
            level, amount = self.floor.at(product, came)
            wanted = self.rate[product, day] * level ** self.demo.nature.elasticity[product]
            own[product] = np.log(level) * min(1.0, amount / max(wanted, 1e-9))
            total[self.family[product]] += own[product]
        return np.asarray((total[self.family] - own) / self.others)

    def _sell_marked(self, product: int, day: int, base: int, told: Outcome) -> int:
        """Buyers in any order; each takes the oldest pack he wants, one with a sticker first. Those who came for the
        price go where it is no longer there."""
        floor, portion, draw = self.floor, int(self.portion[product]), np.random.default_rng([day, product])
        effect, piles = float(self.demo.nature.elasticity[product]), []
        for came, amount in floor.lots(product, day):
            share, marked = floor.at(product, came)
            piles += [[share, min(marked, amount), came], [1.0, amount - min(marked, amount), None]]
        most = max(share**effect - 1 for share, amount, _ in piles if amount)
        rate = self.rate[product, day] / portion
        # What a price must add for one to come for it; those who pay in full need none.
        reach = np.concatenate([np.full(base, -1.0), draw.random(draw.poisson(rate * most)) * most])
        price, sold = float(self.margin[product] + self.cost[product]), 0
        for buyer in draw.permutation(reach):
            pile = next((pile for pile in piles if pile[1] > 0), None)
            if pile is None:
                break
            if buyer > pile[0] ** effect - 1 or (buyer >= 0 and pile[0] == 1):
                continue
            amount = min(portion, pile[1])
            pile[1] -= amount
            sold += amount
            self.lured[product] += amount * (1 - pile[0] ** -self.known[product])
            if pile[2] is not None and pile[0] < 1:
                floor.marked[product, pile[2]][1] -= amount
            told.margin += price * pile[0] * amount / 1000
            told.cheap += (pile[0] < 1) * amount / 1000
            told.given += price * (1 - pile[0]) * amount / 1000
        return int(sold)

    def _average(self, day: int) -> None:
        """What the grocer takes for his average, as the demo's does."""
        if not self.is_open[day]:
            return
        shelves = self.floor.shelves
        left = self.before - shelves.on_hand - self.lured
        empty = (self.asked > left + self.lured) | (shelves.on_hand <= 0)
        shelves.average += stock.LEARNING * (np.where(empty, np.maximum(left, shelves.average), left) - shelves.average)


def _nothing(floor: Floor, day: int) -> None:
    """Full price to the end."""


def _fixed(floor: Floor, day: int) -> None:
    for product in np.flatnonzero((floor.shelves.on_hand > 0) & (floor.shelves.life <= PERISHES)):
        came, amount = floor.lots(product, day)[0]
        if came + int(floor.shelves.life[product]) - 1 == day:
            floor.marked[int(product), came] = [FIXED, amount]


def _estimates(demo: grocer.Demo, seed: int) -> tuple[Floats, Floats]:
    """Elasticities as a shop would have them, and the share of what they add that is drawn from other products."""
    own, cross = demo.nature.elasticity, demo.nature.cross
    names, category = np.unique([item.category.code for item in demo.products], return_inverse=True)
    middle = np.array([own[category == place].mean() for place in range(len(names))])[category]
    known = (own + middle) / 2 + WRONG * np.random.default_rng([seed, 3]).standard_normal(own.size)
    known = np.clip(known, -4, -0.1)
    return known, np.clip(cross / -known, 0, 0.9)


def _ours(demo: grocer.Demo, seed: int, policy: Policy) -> Way:
    """Each morning's advice for every lot near its date, from what the shop knows."""
    known, drawn = _estimates(demo, seed)

    def way(floor: Floor, day: int) -> None:
        shelves, past = floor.shelves, floor.past
        mean, deviation = past.expected(day - 1)
        price = past.margin + past.cost
        for product in np.flatnonzero((shelves.on_hand > 0) & (shelves.life <= PERISHES)).tolist():
            lots, life = floor.lots(product, day), int(shelves.life[product])
            portion = PORTION[demo.products[product].by_weight]
            older = 0.0
            for place, (came, amount) in enumerate(lots):
                days = came + life - day
                if days > cases.HORIZON:
                    break
                lot = cases.lot(
                    quantity=amount / portion,
                    older=older,
                    mean=mean[product, :days] * 1000 / portion,
                    deviation=deviation[product, :days] * 1000 / portion,
                    price=price[product] * portion / 1000,
                    cost=past.cost[product] * portion / 1000,
                    below=cases.levels(floor.at(product, came)[0], policy),
                    elasticity=float(known[product]),
                    unsure=0.4,
                    fresh=1.0 if place + 1 < len(lots) else 0.5,
                    drawn=float(drawn[product]),
                )
                older += amount / portion
                if lot is None:
                    continue
                plan = Plan(lot, policy)
                if plan.first and plan.gain >= cases.LEAST_GAIN:
                    floor.marked[product, came] = [lot.levels[plan.first], amount]

    return way
