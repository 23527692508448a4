"""What a shop can know on an evening of the replay: what it has sold until then, and a plain forecast from that."""

from __future__ import annotations

import numpy as np

from insights.demo import grocer, ledger, prices, stock
from insights.demo.branches import Branch
from insights.ordering.demand import Flags, Floats

AHEAD = 35
FAST, SLOW, STEADY = 0.1, 0.008, 0.06  # of a category's level, a product's share of it, a product's own level
WEEKS = 26
MUCH = 300  # portions a month, at which a product's own level counts for half
LIKE_DAYS = 10  # what a new product's likeness to others weighs, in days of its own
CASES_OF_PROOF = 20  # what a pooled figure weighs against a product's own, in portions


def costs(demo: grocer.Demo) -> Floats:
    """In pounds, as last known; where nobody knows it, seven tenths of the price."""
    known = ledger.cost_grid(demo)[:, -1].astype(np.float64)
    return np.where(known >= 0, known, 0.7 * demo.shelf_prices[:, -1]) / 100


def money(demo: grocer.Demo) -> tuple[Floats, Floats]:
    """Margin and cost of a unit, in pounds."""
    cost = costs(demo)
    vat = np.array([item.vat for item in demo.products]) / 100
    return demo.shelf_prices[:, -1] / 100 / (1 + vat) - cost, cost


class Past:
    """One branch's sales so far. A day that ended empty counts as what was probably asked for, given what was sold.

    A product's level is its slow share of its category's quick level, and the more it sells its own; its week is its
    own drawn towards its category's; so is what an offer does to it.
    """

    def __init__(self, demo: grocer.Demo, branch: Branch) -> None:
        days, count = len(demo.calendar.days), len(demo.products)
        ahead = demo.calendar.beyond(AHEAD)
        self.open, self.weekday = ahead.open_days(branch), np.array(ahead.weekdays)
        self.holiday = np.array([day in demo.calendar.holidays for day in ahead.days])
        percent, _ = prices.promotion_grids(demo.promotions, branch, count, days)
        self.offer = np.pad(percent > 0, ((0, 0), (0, AHEAD)))
        names, self.category = np.unique([item.category.code for item in demo.products], return_inverse=True)
        self.categories = len(names)
        self.portion = np.array([0.5 if item.by_weight else 1.0 for item in demo.products])
        self.margin, self.cost = money(demo)
        self.asked, self.seen = np.zeros((count, days)), np.zeros((count, days), dtype=np.bool_)
        self.gone = np.zeros(count, dtype=np.int64)
        self.week, self.uplift, self.on_holiday = np.ones((count, 7)), np.ones(count), 1.0
        self.own, self.share = np.zeros(count), np.zeros(count)
        self.quick, self.still = np.zeros(self.categories), np.zeros(self.categories)
        self.scatter = np.full(count, 1.2)
        self.known, self.age = np.zeros(count, dtype=np.bool_), np.zeros(count)

    def take_in(self, on_sale: Flags) -> None:
        """A product new in the range is taken to sell like the middle one of its category, until it shows."""
        fresh = on_sale & ~self.known
        if fresh.any() and self.known.any():
            for number in np.flatnonzero(fresh):
                alike = self.known & (self.category == self.category[number])
                middle = np.median(self.own[alike]) if alike.any() else 0
                self.own[number] = self.share[number] = middle
                self.age[number] = LIKE_DAYS
        self.known |= on_sale

    def learn(self, shelves: stock.Shelves, day: int) -> None:
        """The evening of a day: what was sold, and what was probably asked for."""
        thrown = np.zeros(len(self.gone), dtype=np.int64)
        for kind in ("expired", "damaged"):
            if (rows := shelves.log.get(kind)) and rows[-1][0] == day:
                thrown[rows[-1][1]] += rows[-1][2]
        sold, self.gone = (shelves.gone - self.gone - thrown) / 1000, shelves.gone.copy()
        if not self.open[day]:
            return
        empty = shelves.on_hand <= np.minimum(shelves.least, 300)
        self.seen[:, day] = True
        self.asked[:, day] = np.where(empty, self._probably(sold, day), sold)
        if day % 7 == 0 and day >= 56:
            self._reshape(day)
        self._smooth(day)

    def _probably(self, sold: Floats, day: int) -> Floats:
        """What was asked for, given that it was at least this."""
        from scipy import special

        mean = np.maximum(self.level() * self.factor(day) / self.portion, 1e-6)
        least = sold / self.portion
        below, at_least = special.gammainc(np.maximum(least - 1, 1e-9), mean), special.gammainc(least + 1e-9, mean)
        below, at_least = np.where(least <= 1, 1, below), np.where(least <= 0, 1, at_least)
        return np.asarray(
            np.maximum(sold, mean * below / np.maximum(at_least, 1e-6) * self.portion).clip(max=sold * 3 + mean)
        )

    def _smooth(self, day: int) -> None:
        factor, asked = np.maximum(self.factor(day), 0.05), self.asked[:, day]
        expected = np.maximum(self.level() * factor, 0.02)
        plain = asked / factor
        self.age += 1
        begin = 1 / np.maximum(self.age, 1)
        total = np.bincount(self.category, plain, self.categories)
        self.quick += max(FAST, 1 / (day + 1)) * (total - self.quick)
        self.still += max(SLOW, 1 / (day + 1)) * (total - self.still)
        self.share += np.maximum(SLOW, begin) * (plain - self.share)
        self.own += np.maximum(STEADY, begin) * (plain - self.own)
        ratio = np.minimum((asked - expected) ** 2 / (expected * self.portion), 25)
        self.scatter += 0.02 * (ratio - self.scatter)

    def level(self) -> Floats:
        """What a product sells on an average day without an offer."""
        moved = np.clip(self.quick / np.maximum(self.still, 1e-9), 0.5, 2)
        shared = self.share * moved[self.category]
        proof = 30 * shared / self.portion  # what it sells in a month
        own = proof / (proof + MUCH)
        return np.asarray(shared * (1 - own) + self.own * own)

    def factor(self, day: int) -> Floats:
        """What a day does to it."""
        lift = np.where(self.offer[:, day], self.uplift, 1) * (self.on_holiday if self.holiday[day] else 1)
        return np.asarray(self.week[:, self.weekday[day]] * lift * self.open[day])

    def expected(self, day: int) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each of the AHEAD days after this one."""
        factors = np.stack([self.factor(day + 1 + ahead) for ahead in range(AHEAD)], axis=1)
        mean = np.maximum(self.level(), 0)[:, None] * factors
        chance = np.maximum(self.scatter, 1)[:, None] * mean * self.portion[:, None]
        return mean, np.sqrt(chance)

    def _reshape(self, day: int) -> None:
        """Once a week: the shape of the week, and what offers and holidays do."""
        since = slice(max(0, day - WEEKS * 7), day + 1)
        asked, seen, offer = self.asked[:, since], self.seen[:, since], self.offer[:, since]
        plain, weekday = seen & ~offer & ~self.holiday[since], self.weekday[since]
        pairs = [
            ((asked * (plain & (weekday == w))).sum(axis=1), (plain & (weekday == w)).sum(axis=1)) for w in range(7)
        ]
        total, days = (np.stack(side, axis=1).astype(np.float64) for side in zip(*pairs, strict=True))
        a_day = total.sum(axis=1) / np.maximum(days.sum(axis=1), 1)
        self.week = self._weeks(total, a_day[:, None] * days, days.sum(axis=0) > 0)
        usual = a_day[:, None] * self.week[:, weekday] * seen
        self.uplift = self._offers(asked * (seen & offer), usual * offer)
        was = self.holiday[: day + 1] & self.open[: day + 1]
        if was.sum() >= 3:
            normal = self.asked[:, : day + 1].sum(axis=0) / self.week[:, self.weekday[: day + 1]].mean(axis=0).clip(
                0.05
            )
            self.on_holiday = float(normal[was].mean() / normal[self.open[: day + 1]].mean())

    def _weeks(self, total: Floats, usual: Floats, opens: Flags) -> Floats:
        pooled = self._pooled(total, opens) / np.maximum(self._pooled(usual, opens), 1e-9)
        proof = CASES_OF_PROOF * 1.5 * self.portion[:, None]
        week = (total + proof * pooled[self.category]) / (usual + proof) * opens
        return np.asarray(week * opens.sum() / np.maximum(week.sum(axis=1, keepdims=True), 1e-9))

    def _pooled(self, grid: Floats, opens: Flags) -> Floats:
        found = np.zeros((self.categories, 7))
        np.add.at(found, self.category, grid)
        return found

    def _offers(self, got: Floats, usual: Floats) -> Floats:
        mine, base = got.sum(axis=1), usual.sum(axis=1)
        everywhere = (mine.sum() + CASES_OF_PROOF * 1.5) / (base.sum() + CASES_OF_PROOF)
        sums = [np.bincount(self.category, side, self.categories) for side in (mine, base)]
        pooled = (sums[0] + CASES_OF_PROOF * everywhere) / (sums[1] + CASES_OF_PROOF)
        proof = CASES_OF_PROOF * self.portion
        return np.asarray(np.clip((mine + proof * pooled[self.category]) / (base + proof), 1, 4))
