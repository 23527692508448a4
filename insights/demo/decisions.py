"""Decisions of the demo's last months: its own price changes as they might have been advised, and advice it refused.

What was advised knew the sales before and guessed how a price would be answered, not what then happened: some of it was
wrong, and the ledger measures it from the demo's sales like any other shop's.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from insights.demo.branches import ZONE
from insights.demo.chance import stream
from insights.demo.grocer import Demo
from insights.demo.prices import PriceChange, sensible
from insights.models import Suggestion
from inventory.models import Product

DAYS = 28  # that a price's worth is told for
FIRST, LAST = 170, 9  # days before the demo's end between which decisions were taken
MOST, REFUSED = 64, 14
STEADY = 45  # days a refused product kept its price
KNOWN = 0.45  # how far off (a standard deviation) the advice was about the answer to a price
LEAST = 0.75  # pounds; smaller advice is not given
ADVISED_AT, DECIDED_AT = dt.time(5, 12), dt.time(8, 20)


@dataclass(frozen=True)
class Advice:
    """One decision: what was advised on a day for the next, and what was done (None: refused). Money is in pounds."""

    product: int
    day: int
    before: int
    advised: int
    done: int | None
    units: float
    worth: tuple[float, float, float]


def write_decisions(demo: Demo, by: str) -> None:
    """Put them into the chosen shop. Small: one statement to read, one to write."""
    products = {product.sku: product for product in Product.objects.only("id", "sku", "unit", "name", "shop")}
    rows = [_row(demo, one, products[demo.products[one.product].sku], by) for one in advised(demo)]
    Suggestion.objects.bulk_create([row.stamp_shop() for row in rows])


def advised(demo: Demo) -> list[Advice]:
    """The same for the same demo, oldest first."""
    sold = _sold(demo)
    draw = stream("decisions")
    taken = [one for one in _taken(demo, sold, draw) if one.worth[1] >= LEAST]
    refused = [one for one in _refused(demo, sold, draw) if one.worth[1] >= LEAST]
    chosen = sorted(draw.permutation(len(taken))[:MOST].tolist())
    return sorted([*(taken[place] for place in chosen), *refused[:REFUSED]], key=lambda one: (one.day, one.product))


def _taken(demo: Demo, sold: np.ndarray, draw: np.random.Generator) -> Iterator[Advice]:
    """Price changes that somebody might have been advised to make; one in five went less far than was advised."""
    before: dict[int, PriceChange] = {}
    days = len(demo.calendar.days)
    for change in demo.changes:
        earlier, before[change.product] = before.get(change.product), change
        if earlier is None or change.cost is None or not days - FIRST <= change.day <= days - LAST:
            continue
        bold = sensible(earlier.price + (change.price - earlier.price) * 1.6)
        wish = bold if draw.random() < 0.2 else change.price
        yield _advice(demo, change, earlier.price, wish, change.price, sold, draw)


def _refused(demo: Demo, sold: np.ndarray, draw: np.random.Generator) -> Iterator[Advice]:
    """Products that kept their price, as if somebody had said no to another one."""
    days = len(demo.calendar.days)
    last = {change.product: change for change in demo.changes}
    for number in draw.permutation(len(demo.products)).tolist():
        change = last.get(number)
        if change is None or change.cost is None or change.day > days - STEADY or not sold[number, -STEADY:].any():
            continue
        wish = sensible(change.price * (1 + (0.08 if draw.random() < 0.7 else -0.08)))
        day = days - LAST - 29 + int(draw.integers(0, 20)) - 10
        asked = PriceChange(number, max(day, change.day + 22), wish, change.cost, "")
        if wish != change.price and asked.day < days - LAST:
            yield _advice(demo, asked, change.price, wish, None, sold, draw)


def _advice(
    demo: Demo, change: PriceChange, before: int, wish: int, done: int | None, sold: np.ndarray,
    draw: np.random.Generator,
) -> Advice:  # fmt: skip
    """What four weeks at the advised price seemed worth on the day before."""
    product, cost = demo.products[change.product], (change.cost or 0) / 100
    units = float(sold[change.product, max(0, change.day - 28) : change.day].sum())
    pull = float(demo.nature.elasticity[change.product]) + KNOWN * float(draw.standard_normal())
    tax = 1 + product.vat / 100

    def worth(pull: float, units: float) -> float:
        now, then = before / 100 / tax - cost, wish / 100 / tax - cost
        return units * (float((wish / before) ** pull) * then - now)

    middle = worth(pull, units)
    corners = [worth(pull + side * 1.28 * KNOWN, units * more) for side in (-1, 1) for more in (0.85, 1.15)]
    by_chance = 1.28 * abs(before / 100 / tax - cost) * (units + (0.08 * units) ** 2) ** 0.5
    low, high = (middle - min(corners), max(corners) - middle)
    spans = middle - (low**2 + by_chance**2) ** 0.5, middle, middle + (high**2 + by_chance**2) ** 0.5
    return Advice(change.product, change.day - 1, before, wish, done, units, spans)


def _sold(demo: Demo) -> np.ndarray:
    """Units of each product on each day, all branches together."""
    grid = np.zeros((len(demo.products), len(demo.calendar.days)))
    for story in demo.branches:
        lines = story.sold.lines
        np.add.at(grid, (lines.product, lines.day), lines.quantity / 1000)
    return grid


def _row(demo: Demo, one: Advice, product: Product, by: str) -> Suggestion:
    day = demo.calendar.days[one.day]
    low, middle, high = (Decimal(repr(round(value, 2))) for value in one.worth)
    facts = [
        {"label": "Price now", "value": one.before / 100, "unit": "money"},
        {"label": "Price advised", "value": one.advised / 100, "unit": "money"},
        {"label": "Sold in the 28 days before", "value": round(one.units, 1), "unit": "units"},
    ]
    to = f"£{one.advised / 100:.2f}"
    return Suggestion(
        kind="price",
        key=f"price:{product.pk}",
        product=product,
        title=f"Change {product.name} from £{one.before / 100:.2f} to {to}"[:200],
        why=f"At {to} it should bring more margin over the next four weeks.",
        evidence={"facts": facts},
        value=middle,
        value_low=low,
        value_high=high,
        value_days=DAYS,
        advised_price=Decimal(one.advised) / 100,
        decided_price=None if one.done is None else Decimal(one.done) / 100,
        state="dismissed" if one.done is None else "accepted",
        reason="not_now" if one.done is None else "",
        made_at=_at(day, ADVISED_AT),
        decided_at=_at(day, DECIDED_AT),
        decided_by=by,
    )


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, ZoneInfo(ZONE))
