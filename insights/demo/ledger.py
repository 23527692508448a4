"""The demo's stock as papers: lots received, lots left, and goods thrown away."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from insights.demo.catalogue import Product
from insights.demo.chance import Ints
from insights.demo.grocer import BranchStory, Demo


@dataclass(frozen=True)
class LotLine:
    """Goods of one product that came (or are left) at a branch. Quantity is in thousandths, cost in pence."""

    branch: str
    product: Product
    received: dt.date
    quantity: int
    lot: str
    best_before: dt.date | None
    use_by: dt.date | None
    cost: int | None
    opening: bool


@dataclass(frozen=True)
class WasteLine:
    """Goods thrown away before the shop opened, or as they were handed back. Quantity is in thousandths."""

    branch: str
    product: Product
    at: dt.datetime
    quantity: int
    cause: str  # expired, damaged, returned


def lots_received(demo: Demo) -> Iterator[LotLine]:
    """The first count of every branch, then every delivery, in order of branch, day and product."""
    costs = cost_grid(demo)
    for story in demo.branches:
        for product in np.flatnonzero(story.stocked.opening):
            quantity = int(story.stocked.opening[product])
            yield _lot(demo, story, int(product), 0, quantity, costs, opening=True)
        came = story.stocked.deliveries
        for day, product, quantity in zip(came.day, came.product, came.quantity, strict=True):
            yield _lot(demo, story, int(product), int(day), int(quantity), costs)


def lots_left(demo: Demo) -> Iterator[LotLine]:
    """What is on the shelves after the last day: the newest lots, as the oldest are sold first."""
    costs = cost_grid(demo)
    for story in demo.branches:
        came = story.stocked.deliveries
        order = np.lexsort((came.day, came.product))
        bounds = np.searchsorted(came.product[order], np.arange(len(demo.products) + 1))
        for product in np.flatnonzero(story.stocked.closing):
            mine = order[bounds[product] : bounds[product + 1]]
            left = int(story.stocked.closing[product])
            rows = list(_newest(left, came.day[mine], came.quantity[mine]))
            for day, quantity, opening in reversed(rows):
                yield _lot(demo, story, int(product), day, quantity, costs, opening=opening)


def thrown_away(demo: Demo) -> Iterator[WasteLine]:
    """Everything thrown away: expired and damaged by day, then what was handed back."""
    for story in demo.branches:
        waste = story.stocked.waste
        for day, product, quantity, cause in zip(waste.day, waste.product, waste.quantity, waste.what, strict=True):
            at = dt.datetime.combine(demo.calendar.days[day], dt.time(5 if cause == "expired" else 23, 30))
            yield WasteLine(story.branch.name, demo.products[product], at, int(quantity), cause)
        lines = story.sold.lines[story.sold.refunds]
        for day, second, product, quantity in zip(lines.day, lines.second, lines.product, lines.quantity, strict=True):
            at = dt.datetime.combine(demo.calendar.days[day], dt.time()) + dt.timedelta(seconds=int(second))
            yield WasteLine(story.branch.name, demo.products[product], at, -int(quantity), "returned")


def cost_grid(demo: Demo) -> Ints:
    """The cost in pence of each product on each day, -1 where nobody knows it."""
    costs = np.full(demo.shelf_prices.shape, -1, dtype=np.int64)
    for change in demo.changes:
        costs[change.product, change.day :] = -1 if change.cost is None else change.cost
    return costs


def _newest(left: int, days: Ints, quantities: Ints) -> Iterator[tuple[int, int, bool]]:
    for day, quantity in zip(days[::-1], quantities[::-1], strict=True):
        if left <= 0:
            return
        yield int(day), min(left, int(quantity)), False
        left -= int(quantity)
    if left > 0:
        yield 0, left, True


def _lot(
    demo: Demo, story: BranchStory, number: int, day: int, quantity: int, costs: Ints, *, opening: bool = False
) -> LotLine:
    product = demo.products[number]
    received = demo.calendar.days[day]
    life, dated = product.category.life, product.category.dated
    until = received + dt.timedelta(days=life - 1) if life and dated else None
    initials = "".join(word[0] for word in product.category.supplier.split())
    cost = int(costs[number, day])
    return LotLine(
        story.branch.name,
        product,
        received,
        quantity,
        f"{'OPEN' if opening else initials}-{received:%y%m%d}" if until else "",
        until if dated == "bb" else None,
        until if dated == "ub" else None,
        None if cost < 0 else cost,
        opening,
    )
