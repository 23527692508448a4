"""Who comes when: times for the lines, and the lines that leave the shop together."""

from dataclasses import dataclass

import numpy as np

from insights.demo.branches import Branch
from insights.demo.calendar import Calendar
from insights.demo.catalogue import Product
from insights.demo.chance import Floats, Ints, stream
from insights.demo.demand import Wanted

BIN_SECONDS = 300
# The height of each kind of product's day, in hours: middle, how wide, and what is sold all day anyway.
HOURS = {"day": (13.0, 8.0, 1.0), "morning": (8.6, 1.7, 0.22), "lunch": (12.7, 1.3, 0.25), "evening": (18.0, 2.0, 0.3)}


@dataclass(frozen=True)
class Pair:
    """Some of what is sold of one thing is bought together with another: names start or end with these words."""

    bought_with: str
    taken: str
    chance: float


PAIRS = (
    Pair("spaghetti 500 g", "tomato and basil pasta sauce 500 g", 0.55),
    Pair("London dry gin 70 cl", "tonic water 1 l", 0.3),
    Pair("beef burgers 4 pack", "burger buns 4 pack", 0.5),
    Pair("sandwich", "crisps 40 g", 0.45),
    Pair("sandwich", "cola 330 ml", 0.35),
    Pair("butter croissant", "coffee to take away", 0.4),
    Pair("strawberries 400 g", "double cream 150 ml", 0.35),
    Pair("everyday tea bags 80 pack", "digestive biscuits 400 g", 0.3),
    Pair("corn flakes 500 g", "semi-skimmed milk 2 pt", 0.15),
    Pair("smoked back bacon 200 g", "soft white rolls 4 pack", 0.35),
)


@dataclass(frozen=True)
class Lines:
    """Till lines of one branch in the order they were rung up. Quantities are thousandths."""

    day: Ints
    second: Ints
    product: Ints
    quantity: Ints
    receipt: Ints

    def __getitem__(self, which: np.ndarray) -> "Lines":
        """The lines picked by flags or places."""
        return Lines(
            self.day[which], self.second[which], self.product[which], self.quantity[which], self.receipt[which]
        )


def rung_up(wanted: Wanted, products: tuple[Product, ...], calendar: Calendar, branch: Branch) -> Lines:
    """The wanted lines put into receipts: what is bought close together in time is one basket."""
    second = _seconds(wanted, products, calendar, branch)
    _bring_pairs_together(second, wanted, products, branch)
    order = np.lexsort((second, wanted.day))
    day, second = wanted.day[order], second[order]
    receipt = _receipts(day, branch)
    first = np.concatenate(([True], receipt[1:] != receipt[:-1]))
    return Lines(day, second[first][receipt], wanted.product[order], wanted.quantity[order], receipt)


def day_profile(branch: Branch, weekday: int, kind: str) -> Floats:
    """How the trade of one kind of product spreads over five-minute steps of a weekday; sums to 1."""
    hours = branch.hours[weekday]
    assert hours is not None, "a closed day has no profile"
    hour = (np.arange(24 * 3600 // BIN_SECONDS) + 0.5) * BIN_SECONDS / 3600
    weight = 0.35 + sum(_bump(hour, middle, wide) * strong for middle, wide, strong in branch.rush)
    middle, wide, floor = HOURS[kind]
    weight = weight * (floor + _bump(hour, middle, wide))
    weight[(hour * 60 < hours[0] + 2) | (hour * 60 > hours[1] - 5)] = 0
    return np.asarray(weight / weight.sum())


def _bump(hour: Floats, middle: float, wide: float) -> Floats:
    return np.exp(-(((hour - middle) / wide) ** 2) / 2)


def _seconds(wanted: Wanted, products: tuple[Product, ...], calendar: Calendar, branch: Branch) -> Ints:
    uniform = stream("times", branch.name).random(wanted.day.size)
    weekday = np.array(calendar.weekdays)[wanted.day]
    kinds = np.array([product.category.hours for product in products])[wanted.product]
    second = np.zeros(wanted.day.size, dtype=np.int64)
    for day in range(7):
        for kind in HOURS:
            of_kind = np.flatnonzero((weekday == day) & (kinds == kind))
            if of_kind.size:
                reached = np.cumsum(day_profile(branch, day, kind))
                place = np.searchsorted(reached, uniform[of_kind] * reached[-1], side="right")
                within = (uniform[of_kind] * 1e6 % 1 * BIN_SECONDS).astype(np.int64)
                second[of_kind] = np.minimum(place, reached.size - 1) * BIN_SECONDS + within
    return second


def pair_members(pair: Pair, products: tuple[Product, ...]) -> tuple[Ints, Ints]:
    """The products on either side of a pair."""
    sides = [
        np.flatnonzero([item.name.lower().endswith(words.lower()) for item in products])
        for words in (pair.bought_with, pair.taken)
    ]
    return sides[0], sides[1]


def _bring_pairs_together(second: Ints, wanted: Wanted, products: tuple[Product, ...], branch: Branch) -> None:
    draw = stream("pairs", branch.name)
    for pair in PAIRS:
        leading, taken = pair_members(pair, products)
        leaders = np.flatnonzero(np.isin(wanted.product, leading))
        followers = np.flatnonzero(np.isin(wanted.product, taken))
        wish, pick = draw.random((2, followers.size))
        start = np.searchsorted(wanted.day[leaders], wanted.day[followers])
        count = np.searchsorted(wanted.day[leaders], wanted.day[followers], side="right") - start
        moved = (wish < pair.chance) & (count > 0)
        chosen = leaders[start[moved] + (pick[moved] * count[moved]).astype(np.int64)]
        second[followers[moved]] = second[chosen]


def _receipts(day: Ints, branch: Branch) -> Ints:
    """Numbers the receipts: baskets of chance length, never over midnight."""
    draw = stream("baskets", branch.name)
    uniform = np.maximum(draw.random(day.size), 1e-12)
    longer = np.log(1 - 1 / branch.lines_a_basket)
    lengths = np.minimum(1 + (np.log(uniform) / longer).astype(np.int64), 28)
    ends = np.cumsum(lengths)
    starts = np.zeros(day.size, dtype=np.bool_)
    starts[ends[ends < day.size]] = True
    starts[1:] |= day[1:] != day[:-1]
    return np.cumsum(starts).astype(np.int64)
