"""Prices, costs and promotions of the demo shop over its days. Money is whole pence."""

from dataclasses import dataclass

import numpy as np

from insights.demo.branches import Branch
from insights.demo.calendar import Calendar
from insights.demo.catalogue import Product
from insights.demo.chance import Floats, Ints, stream

PRICE_SPREAD = 0.13
DEPTHS = (15, 20, 25, 33)
WITHOUT_COST = 97  # every so many products nobody has typed the cost of


@dataclass(frozen=True)
class PriceChange:
    """A price that holds from a day on. The cost is None where nobody knows it."""

    product: int
    day: int
    price: int
    cost: int | None
    reason: str


@dataclass(frozen=True)
class Promotion:
    """Per cent off a product on days first to last, at one branch or at all; `display` is the pull of the shelf."""

    product: int
    branch: str | None
    first: int
    last: int
    percent: int
    display: float


def price_changes(products: tuple[Product, ...], calendar: Calendar, first: Ints) -> list[PriceChange]:
    """Every price and cost of every product, in order of product and day, from shortly before it is first sold."""
    changes = []
    for number, product in enumerate(products):
        changes += _changes_of(number, product, calendar, max(0, int(first[number]) - 5))
    return changes


def shelf_prices(changes: list[PriceChange], products: int, days: int) -> Ints:
    """The price of each product on each day; before its first price, that price."""
    prices = np.zeros((products, days), dtype=np.int64)
    for change in changes:
        begins = change.day if prices[change.product, 0] else 0
        prices[change.product, begins:] = change.price
    return prices


def promotions(products: tuple[Product, ...], calendar: Calendar, branches: tuple[Branch, ...]) -> list[Promotion]:
    """A fortnight each, for a few products at a time, never the same one twice within eight weeks."""
    draw = stream("promotions")
    found = []
    rests = np.zeros(len(products), dtype=np.int64)
    fits = np.array([not product.by_weight and product.category.code not in ("FRU", "VEG") for product in products])
    for first in range(5, len(calendar.days) - 7, 14):
        chance = draw.random(len(products))
        for number in np.flatnonzero(fits & (rests <= first) & (chance < 0.045)):
            rests[number] = first + 56
            found.append(_promotion(int(number), first, len(calendar.days), branches, draw))
    return found


def promotion_grids(found: list[Promotion], branch: Branch, products: int, days: int) -> tuple[Ints, Floats]:
    """Per cent off and display pull (1 where none) of each product on each day at a branch."""
    percent = np.zeros((products, days), dtype=np.int64)
    display = np.ones((products, days))
    for promotion in found:
        if promotion.branch in (None, branch.name):
            window = (promotion.product, slice(promotion.first, promotion.last + 1))
            percent[window] = promotion.percent
            display[window] = promotion.display
    return percent, display


def _promotion(
    number: int, first: int, days: int, branches: tuple[Branch, ...], draw: np.random.Generator
) -> Promotion:
    depth, alone, where, pull = draw.random(4)
    branch = branches[int(where * len(branches))].name if alone < 0.3 and len(branches) > 1 else None
    percent = DEPTHS[int(depth * len(DEPTHS))]
    return Promotion(number, branch, first, min(first + 13, days - 1), percent, round(1.15 + 0.55 * float(pull), 2))


def _changes_of(number: int, product: Product, calendar: Calendar, day: int) -> list[PriceChange]:
    draw = stream("price", product.sku)
    net = product.base_price * 100 / (100 + product.vat)
    base_cost = net * (1 - product.category.margin) * (1 + 0.05 * float(draw.standard_normal()))
    known = number % WITHOUT_COST != 41
    changes: list[PriceChange] = []
    while day < len(calendar.days):
        wish = PRICE_SPREAD * float(np.clip(draw.standard_normal(), -1.7, 1.7)) + 0.02 * float(calendar.years[day])
        price = sensible(product.base_price * float(np.exp(wish)))
        wobble = 0.02 * float(draw.standard_normal()) + 0.25 * wish + 0.015 * float(calendar.years[day])
        cost = max(1, round(base_cost * float(np.exp(wobble))))
        before = changes[-1].price if changes else None
        if before is None or abs(price / before - 1) > 0.02:
            changes.append(PriceChange(number, day, price, cost if known else None, _reason(before, price, draw)))
        day += 30 + int(draw.integers(0, 60))
    return changes


def sensible(pence: float) -> int:
    """The nearest price a shop would print."""
    step = 1 if pence < 100 else 5 if pence < 1000 else 10
    return max(step, step * round(pence / step))


def _reason(before: int | None, price: int, draw: np.random.Generator) -> str:
    if before is None:
        return "First price"
    up = ("Supplier put the cost up", "In line with other shops", "Yearly review")
    down = ("To sell more of it", "In line with other shops", "Supplier put the cost down")
    return (up if price > before else down)[int(draw.integers(0, 3))]
