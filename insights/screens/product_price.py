"""The price tab of a product: the prices it has had."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from inventory.models import Product
from shop.models import Shop
from shop.roles import Can, may

MOST_HAD = 20


@dataclass(frozen=True, slots=True)
class Had:
    """A price the product had, since when, and who set it why."""

    since: dt.datetime
    price: Decimal | None
    cost: Decimal | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class PriceTab:
    had: list[Had]


def build(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> PriceTab:
    return PriceTab(_had(product, see_cost=may(role, Can.SEE_COST), see_history=may(role, Can.SEE_HISTORY)))


def _had(product: Product, *, see_cost: bool, see_history: bool) -> list[Had]:
    rows = product.price_changes.order_by("-effective_at", "-id")[:MOST_HAD]
    return [
        Had(
            since=row.effective_at,
            price=row.price,
            cost=row.cost if see_cost else None,
            who=row.actor if see_history else "",
            why=row.reason if see_history else "",
        )
        for row in rows
    ]
