"""How much to order of each item: whole cases, as many as earn more in sales not missed than they cost in waste.

The goods of an order must last until the delivery after the next. What they earn there is the margin on sales that
would be missed without them; what they cost is what spoils unsold, and money lying on the shelf. Both come from the
forecast's own range, so the safety of an item is its own: milk that keeps nine days gets plenty, a sandwich does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from insights.ordering import shelf
from insights.ordering.demand import Flags, Floats, Ints, Span, span

FOREVER = 100_000  # days, of what never spoils
MOST_CASES = 4096


@dataclass(frozen=True, slots=True)
class Policy:
    """What is weighed against what. Money is in the shop's currency."""

    patience: float = 0.0  # what a missed sale costs beyond its margin: people who did not find it
    holding_a_year: float = 0.25  # of the cost of goods lying on the shelf
    together: float = 0.1  # how far the days of a forecast err alike
    least_chance: float = 0.01  # of running out; where it is smaller, the next order is early enough


@dataclass(frozen=True, slots=True)
class Items:
    """What is known of each item, one row an item: amounts in pieces or kilograms, days counted from today (0).

    `stock` is by days it still keeps (see `shelf`), `coming` by the day it comes. `first` is the day of the delivery
    to order for, `second` and `third` those after it. `missing` is the chance that a line is not on the lorry.
    """

    mean: Floats
    deviation: Floats
    portion: Floats
    stock: Floats
    coming: Floats
    first: Ints
    second: Ints
    third: Ints
    life: Ints
    case: Floats
    least: Floats
    margin: Floats
    cost: Floats
    missing: Floats

    def in_portions(self) -> Items:
        by = self.portion
        wide = by[:, None]
        return replace(
            self,
            mean=self.mean / wide,
            deviation=self.deviation / wide,
            stock=self.stock / wide,
            coming=self.coming / wide,
            case=self.case / by,
            least=self.least / by,
            margin=self.margin * by,
            cost=self.cost * by,
        )


@dataclass(frozen=True, slots=True)
class Advice:
    """What to order, and every term of it: amounts in the item's unit, chances as shares, money in the currency."""

    cases: Ints
    quantity: Floats
    on_shelf: Floats  # expected when the delivery comes
    expired: Floats  # expected to spoil until then
    before: Span  # demand until the delivery
    needed: Span  # demand from it to the one after
    chance_out: Floats  # of running out before the delivery after the next, with the order
    chance_out_without: Floats
    saved: Floats  # sales not missed
    wasted: Floats
    most: Floats  # what sells within its life, at best
    capped: Ints  # 1 where shelf life holds the order down
    value: Floats
    value_low: Floats
    value_high: Floats


def advise(items: Items, policy: Policy | None = None) -> Advice:
    """The order of every item. Pure; nothing is ordered where an order earns nothing."""
    scale = Scale(items.in_portions(), policy or Policy())
    cases = np.where(scale.needed.above(scale.old) >= scale.policy.least_chance, scale.best_cases(), 0)
    wanted, most = np.maximum(cases, scale.least_cases()), scale.most_cases()
    chosen = np.minimum(wanted, np.maximum(most, np.minimum(cases, 1)))
    return scale.advice(chosen, capped=chosen < wanted)


def gains(items: Items, cases: Ints, policy: Policy | None = None) -> Floats:
    """What each further case of each item earns: items by cases, nothing past its own number."""
    scale = Scale(items.in_portions(), policy or Policy())
    steps = np.arange(int(cases.max(initial=0)) + 1)
    worth = np.stack([scale.value(np.minimum(step, cases)) for step in steps], axis=1)
    return np.diff(worth, axis=1)


class Scale:
    """Weighs an order of any number of cases, for all items at once, in portions."""

    def __init__(self, items: Items, policy: Policy) -> None:
        self.items, self.policy = items, policy
        today = np.zeros_like(items.first)
        together = policy.together
        self.before = span(items.mean, items.deviation, today, items.first, together)
        needed = span(items.mean, items.deviation, items.first, items.second, together)
        longer = span(items.mean, items.deviation, items.first, items.third, together)
        keeps = items.first + np.minimum(items.life, FOREVER)
        within_life = span(items.mean, items.deviation, items.first, keeps, together)
        on_shelf = shelf.until(items.stock, items.coming, items.life, items.mean, items.first)
        self.expired, self.on_shelf, unsure = self._left_at_delivery(on_shelf)
        self.cycle = (items.second - items.first).astype(np.float64)
        a_day = needed.mean / np.maximum(self.cycle, 1)
        above = self.on_shelf - on_shelf.stock.sum(axis=1)
        above += self._coming(items.first, items.second)  # of orders that come with it or soon after
        self.old = np.maximum(shelf.usable(on_shelf.stock, a_day, items.second - items.first) + above, 0)
        self.old_in_life = np.maximum(shelf.usable(on_shelf.stock, a_day, items.life) + above, 0)
        self.needed, self.longer, self.within_life = (
            Span(one.mean, one.variance + unsure) for one in (needed, longer, within_life)
        )

    def _left_at_delivery(self, expected: shelf.Shelf) -> tuple[Floats, Floats, Floats]:
        """What spoils before the delivery, what is left then, and how unsure that is (a variance)."""
        coming = self._coming(np.zeros_like(self.items.first), self.items.first)
        good = np.maximum(self.items.stock.sum(axis=1) + coming - expected.expired, 0)
        left = np.maximum(self.before.left(good), expected.stock.sum(axis=1))
        return expected.expired, left, self.before.variance * (1 - self.before.above(good))

    def _coming(self, first: Ints, last: Ints) -> Floats:
        """What comes from one day up to another (excluded)."""
        days = np.arange(self.items.coming.shape[1])
        within = (first[:, None] <= days) & (days < last[:, None])
        return np.asarray((self.items.coming * within).sum(axis=1))

    def missed(self, cases: Ints) -> Floats:
        """Sales missed until the delivery after the next, which itself may not come."""
        have, items = self.old + cases * self.items.case, self.items
        return (1 - items.missing) * self.needed.missed(have) + items.missing * self.longer.missed(have)

    def wasted(self, cases: Ints) -> Floats:
        """What of the order spoils, as far as it is to this delivery's account: goods that keep for several
        deliveries stand in for what those would bring, so each carries its share."""
        old, spoils = self.old_in_life, self.items.life < FOREVER
        more = self.within_life.left(old + cases * self.items.case) - self.within_life.left(old)
        deliveries = np.maximum(self.items.life / np.maximum(self.cycle, 1), 1)
        return np.asarray(np.where(spoils, np.maximum(more, 0) / deliveries, 0))

    def value(self, cases: Ints) -> Floats:
        """What an order earns beside ordering nothing, in money."""
        items, none = self.items, np.zeros_like(cases)
        return items.margin * (self.missed(none) - self.missed(cases)) - items.cost * self.wasted(cases)

    def worth(self, cases: Ints) -> Floats:
        """The value as the policy weighs it, less what lying on the shelf costs."""
        items, policy = self.items, self.policy
        lies = self.needed.left(self.old + cases * items.case) * self.cycle / 365
        extra = policy.patience * items.portion * self.missed(cases)
        return self.value(cases) - extra - policy.holding_a_year * items.cost * lies

    def best_cases(self) -> Ints:
        """The last case that still earns: each case earns less than the one before it."""
        far = self.longer.mean + 8 * np.sqrt(self.longer.variance) + 2 - self.old
        high = np.minimum(np.ceil(np.maximum(far, 0) / self.items.case), MOST_CASES).astype(np.int64) + 1
        low = np.zeros_like(high)
        while (high - low).max(initial=0) > 1:
            middle = (low + high) // 2
            earns = (high - low > 1) & (self.worth(middle) > self.worth(middle - 1))
            low, high = np.where(earns, middle, low), np.where(earns | (high - low <= 1), high, middle)
        return np.asarray(low)

    def least_cases(self) -> Ints:
        """As many as keep the minimum on the shelf until the delivery after the next."""
        short = np.where(self.items.least > 0, self.items.least + self.needed.mean - self.old, 0)
        return np.asarray(np.ceil(np.maximum(short, 0) / self.items.case - 1e-9).astype(np.int64))

    def most_cases(self) -> Ints:
        """As many as sell within their life when demand is high."""
        room = self.within_life.reached(0.9) - self.old_in_life
        cases = np.floor(np.maximum(room, 0) / self.items.case).astype(np.int64)
        return np.asarray(np.where(self.items.life < FOREVER, cases, MOST_CASES))

    def advice(self, cases: Ints, *, capped: Flags) -> Advice:
        items, by, none = self.items, self.items.portion, np.zeros_like(cases)
        have = self.old + cases * items.case
        low, high = (self._value_at(cases, chance) for chance in (0.1, 0.9))
        most = np.where(items.life < FOREVER, self.within_life.reached(0.9), np.inf)
        return Advice(
            cases=cases,
            quantity=np.round(cases * items.case * by, 3),
            on_shelf=self.on_shelf * by,
            expired=self.expired * by,
            before=_in_units(self.before, by),
            needed=_in_units(self.needed, by),
            chance_out=self.needed.above(have),
            chance_out_without=self.needed.above(self.old),
            saved=(self.missed(none) - self.missed(cases)) * by,
            wasted=self.wasted(cases) * by,
            most=most * by,
            capped=capped.astype(np.int64),
            value=self.value(cases),
            value_low=np.minimum(low, self.value(cases)),
            value_high=np.maximum(high, self.value(cases)),
        )

    def _value_at(self, cases: Ints, chance: float) -> Floats:
        """What the order earns when demand is as low (or high) as this."""
        items, more = self.items, cases * self.items.case
        asked, in_life = self.needed.reached(chance), self.within_life.reached(chance)
        sold = np.minimum(asked, self.old + more) - np.minimum(asked, self.old)
        left = np.maximum(self.old_in_life + more - in_life, 0) - np.maximum(self.old_in_life - in_life, 0)
        return np.asarray(items.margin * sold - items.cost * np.where(items.life < FOREVER, left, 0))


def _in_units(one: Span, by: Floats) -> Span:
    return Span(one.mean * by, one.variance * by**2)
