"""What else a supplier could bring with an order that is too small: what will be needed next. Light, for a page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.utils import timezone

from insights.models import Run
from insights.ordering import inputs
from inventory.models import Product, PurchaseOrder

FORECAST = "forecast"


@dataclass(frozen=True, slots=True)
class Next:
    """A product and the days its stock will last; `quantity` is one case."""

    product: Product
    days: float
    quantity: Decimal


def next_needed(order: PurchaseOrder, most: int = 5) -> list[Next]:
    """The supplier's products at the branch that are not on the order, soonest needed first; none without a forecast.
    Call it in a transaction."""
    run = Run.objects.latest_done(FORECAST)
    book = run and inputs.read(run, timezone.now(), branch=order.branch_id, supplier=order.supplier_id)
    if not book:
        return []
    on_it = set(order.lines.values_list("product_id", flat=True))
    a_day = book.items.mean.mean(axis=1)
    have = book.items.stock.sum(axis=1) + book.items.coming.sum(axis=1)
    found = [
        Next(line.product, float(have[row] / a_day[row]), Decimal(repr(float(book.items.case[row]))))
        for row, line in enumerate(book.lines)
        if a_day[row] > 0 and line.product.pk not in on_it and _keeps(line.product, a_day[row])
    ]
    return sorted(found, key=lambda one: one.days)[:most]


def _keeps(product: Product, a_day: np.float64) -> bool:
    """A case sells within its life."""
    return product.shelf_life_days is None or bool(a_day * product.shelf_life_days >= (product.pack_size or 1))
