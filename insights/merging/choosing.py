"""Which of two products to keep: the one that sold more lately, else the one more is known of, else the older."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from inventory.models import Product
from sales import rollups
from sales.models import ProductDay
from shop.periods import Period

WEEKS = 12
_KNOWN = ("category_id", "supplier_id", "tax_rate_id", "price", "cost", "content_size", "pack_size", "shelf_life_days")


@dataclass(frozen=True, slots=True)
class Sold:
    """What a product sold in the last twelve weeks."""

    net: Decimal = Decimal(0)
    units: Decimal = Decimal(0)


def sold_lately(products: Collection[int], today: dt.date) -> dict[int, Sold]:
    """By product; those that sold nothing are left out."""
    period = Period.ending(today - dt.timedelta(days=1), days=7 * WEEKS)
    rollups.refresh(period)
    rows = ProductDay.objects.within(period).filter(product_id__in=products).summed(["product_id"], ("net", "units"))
    return {row["product_id"]: Sold(row["sum_net"], row["sum_units"]) for row in rows}


def to_keep(one: Product, other: Product, sold: dict[int, Sold]) -> Product:
    return max((one, other), key=lambda product: (sold.get(product.pk, Sold()).net, known(product), -product.pk))


def known(product: Product) -> int:
    """How many of its details are filled in."""
    return sum(getattr(product, name) is not None for name in _KNOWN)
