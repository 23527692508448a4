"""How much people want to buy: the rate of every product at every branch on every day, and the lines drawn from it.

lines wanted = base x week(branch) x week(product) x season x holiday x event x trend x growth
             x (price paid / base price) ^ elasticity
             x (price paid / base price of the family's other products) ^ cross
             x display (while promoted) x chance of the day
"""

from dataclasses import dataclass

import numpy as np

from insights.demo.branches import Branch
from insights.demo.calendar import WEEKS, Calendar
from insights.demo.catalogue import Product
from insights.demo.chance import Flags, Floats, Ints, at_least_one, poisson, stream

DAY_NOISE = 0.05
CATEGORY_NOISE = 0.07
KG_A_LINE = 0.46


@dataclass(frozen=True)
class Nature:
    """What is fixed about each product's demand; one entry a product."""

    elasticity: Floats
    cross: Floats
    week: Floats  # products x 7
    trend: Floats  # a year
    first: Ints  # day it came
    last: Ints  # day it went
    family: Ints


@dataclass(frozen=True)
class Wanted:
    """Lines wanted at one branch, in order of day, product and chance. Quantities are thousandths."""

    day: Ints
    product: Ints
    quantity: Ints


def nature(products: tuple[Product, ...], elasticity: Floats, days: int) -> Nature:
    """The fixed demand facts of the products."""
    draw = stream("nature")
    count = len(products)
    week = np.array([WEEKS[product.category.week] for product in products])
    week = week * np.exp(0.05 * draw.standard_normal((count, 7)))
    week = np.round(week * 7 / week.sum(axis=1, keepdims=True), 3)
    trend = np.round(0.06 * draw.standard_normal(count), 3)
    first, last = _lifetimes(np.array([item.popularity for item in products]), days, draw)
    names = {name: place for place, name in enumerate(dict.fromkeys(product.family for product in products))}
    family = np.array([names[product.family] for product in products])
    alone = np.bincount(family)[family] == 1
    cross = np.where(alone, 0.0, np.array([product.category.cross for product in products]))
    return Nature(elasticity, cross, week, trend, first, last, family)


def popularity(products: tuple[Product, ...], branch: Branch) -> Floats:
    """How well each product does at a branch, before scaling to its size."""
    draw = stream("popularity", branch.name)
    known = np.array([0 if item.category.code in branch.without else item.popularity for item in products])
    return known * np.exp(0.28 * draw.standard_normal(len(products)))


def pull(calendar: Calendar, branch: Branch, products: tuple[Product, ...], made: Nature) -> Floats:
    """The factor of time on each product, days with the branch closed being 0: products x days."""
    weekday = np.array(calendar.weekdays)
    of_branch = np.array(branch.week)[weekday] * calendar.open_days(branch) * calendar.event_lift(branch)
    of_branch = of_branch * np.exp(branch.growth * calendar.years)
    by_kind = {product.category.season: product.category for product in products}
    time = {kind: calendar.season(of) * calendar.holiday_lift(kind) for kind, of in by_kind.items()}
    grid = np.array([time[product.category.season] for product in products])
    grid *= made.week[:, weekday] * np.exp(made.trend[:, None] * calendar.years)
    day = np.arange(len(calendar.days))
    on_sale = (made.first[:, None] <= day) & (day <= made.last[:, None])
    return np.asarray(grid * of_branch * on_sale, dtype=np.float64)


def price_pull(paid: Floats, base: Floats, made: Nature) -> Floats:
    """The factor of the product's own price and of its family's other prices: products x days."""
    gap = np.log(paid / base[:, None])
    total = np.zeros((int(made.family.max()) + 1, paid.shape[1]))
    np.add.at(total, made.family, gap)
    others = np.maximum(np.bincount(made.family)[made.family] - 1, 1)[:, None]
    of_others = (total[made.family] - gap) / others
    return np.exp(made.elasticity[:, None] * gap + made.cross[:, None] * of_others)


def noise(products: tuple[Product, ...], branch: Branch, days: int) -> Floats:
    """The chance of the day, shared by the branch and by each category: products x days."""
    draw = stream("noise", branch.name)
    names = {code: place for place, code in enumerate(dict.fromkeys(p.category.code for p in products))}
    of_category = CATEGORY_NOISE * draw.standard_normal((len(names), days))
    of_day = DAY_NOISE * draw.standard_normal(days)
    place = np.array([names[product.category.code] for product in products])
    return np.asarray(np.exp(of_category[place] + of_day), dtype=np.float64)


def wanted_lines(rate: Floats, products: tuple[Product, ...], branch: Branch) -> Wanted:
    """The lines people want: their number from the rate, their quantity from the product."""
    draw = stream("lines", branch.name)
    lines = poisson(rate, draw).T
    flat = lines.ravel()
    place = np.repeat(np.arange(flat.size), flat)
    day, product = np.divmod(place, len(products))
    more = np.array([item.category.multi for item in products])[product]
    pieces = at_least_one(more, draw) * 1000
    grams = np.exp(0.42 * draw.standard_normal(product.size)) * KG_A_LINE * 1000
    weighed = np.clip(5 * np.rint(grams / 5), 50, 3000).astype(np.int64)
    by_weight: Flags = np.array([item.by_weight for item in products])
    return Wanted(day, product, np.where(by_weight[product], weighed, pieces))


def units_a_line(products: tuple[Product, ...]) -> Floats:
    """The mean quantity of a line."""
    weighed = KG_A_LINE * float(np.exp(0.42**2 / 2))
    return np.array([weighed if item.by_weight else 1 / (1 - item.category.multi) for item in products])


def _lifetimes(liked: Floats, days: int, draw: np.random.Generator) -> tuple[Ints, Ints]:
    """A few slow sellers came late or went early; what everybody buys was always there."""
    chance, when = draw.random((2, liked.size))
    slow = liked < np.quantile(liked, 0.6)
    first = np.where(slow & (chance < 0.06), (60 + when * (days - 110)).astype(np.int64), 0)
    last = np.where(slow & (chance > 0.97), (60 + when * (days - 90)).astype(np.int64), days - 1)
    return first, last
