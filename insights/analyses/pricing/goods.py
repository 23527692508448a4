"""What the price analysis knows of each product besides its sales: price, cost, rules, ties, and what others ask."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from insights.analyses.pricing.rules import CENT
from inventory import price_law, price_rules
from inventory.competitors import Market, market_prices
from inventory.models import Product
from inventory.price_law import Least
from inventory.price_rules import DEFAULTS, Policy, Tie
from sales.models import Promotion
from shop import formats
from shop.models import Shop
from shop.periods import Period

SOON = 7  # days ahead in which a promotion's price comes first


@dataclass(frozen=True, slots=True)
class Good:
    """One product on sale. `tax` is its rate where prices include it, else 0; `size` is in `unit`, of one piece."""

    id: int
    name: str
    category: int
    price: Decimal | None
    cost: Decimal | None
    tax_rate: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    by_hand: bool = False
    is_deposit: bool = False
    size: Decimal | None = None
    unit: str = ""
    changed_on: dt.date | None = None
    promoted_to: dt.date | None = None
    days_sold: int = 0
    law: Least | None = None
    market: Market | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The goods by id, and the rules of the shop."""

    on: dt.date = dt.date.min
    currency: str = "EUR"
    goods: dict[int, Good] = field(default_factory=dict)
    policies: dict[int, Policy] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)
    endings: str = ""

    @property
    def smallest(self) -> Decimal:
        """The smallest step of a price."""
        return CENT if formats.decimals(self.currency) else Decimal(1)

    def policy(self, good: Good) -> Policy:
        found = self.policies.get(good.category) or self.policies.get(0)
        return found or DEFAULTS


def read(shop: Shop, as_of: dt.date, span: Period) -> Shelf:
    """Prices and costs as they are, or for an earlier day as they were at its end. Ten queries."""
    rows = list(_rows())
    then = _then(shop, as_of)
    changed, sold = _pairs(_CHANGED, shop, before=_end(shop, as_of)), _pairs(_DAYS_SOLD, shop, span=span)
    promoted, deposits = _promoted(as_of), {row["deposit_id"] for row in rows if row["deposit_id"]}
    market = market_prices([row["id"] for row in rows], as_of)
    goods = {}
    for row in rows:
        id = row["id"]
        price, cost = then.get(id, (row["price"], row["cost"]))
        rate = row["tax_rate__rate"] or Decimal(0)
        tax = rate if shop.prices_include_tax else Decimal(0)
        goods[id] = Good(
            id=id,
            name=row["name"],
            category=row["category_id"] or 0,
            price=price or None,
            cost=cost,
            tax_rate=rate,
            tax=tax,
            by_hand=row["price_by_hand"],
            is_deposit=id in deposits,
            size=row["content_size"],
            unit=row["content_unit"],
            changed_on=changed.get(id),
            promoted_to=promoted.get(id),
            days_sold=sold.get(id, 0),
            law=price_law.least_price(shop.country, price_law.Facts(cost, tax)),
            market=market.get(id),
        )
    endings = price_rules.habit([good.price for good in goods.values() if good.price and good.price >= 1])
    return Shelf(as_of, shop.currency, goods, price_rules.policies(), price_rules.ties(), endings)


def _rows() -> Any:
    return (
        Product.objects.active()
        .order_by("id")
        .values(
            "id", "name", "category_id", "price", "cost", "price_by_hand", "deposit_id", "content_size", "content_unit",
            "tax_rate__rate",
        )
    )  # fmt: skip


def _end(shop: Shop, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zoneinfo.ZoneInfo(shop.zone))


def _then(shop: Shop, as_of: dt.date) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """Prices and costs at the end of an earlier day; nothing where that is last night or later."""
    if as_of >= shop.today(timezone.now()) - dt.timedelta(days=1):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_THEN, {"shop": shop.pk, "before": _end(shop, as_of)})
        return {product: (price, cost) for product, price, cost in cursor.fetchall()}


def _promoted(as_of: dt.date) -> dict[int, dt.date]:
    """Until when a product is promoted, where that is now or soon."""
    rows = Promotion.objects.touching(Period(as_of + dt.timedelta(days=1), as_of + dt.timedelta(days=SOON)))
    found: dict[int, dt.date] = {}
    for product, last in rows.values_list("product_id", "last_date"):
        found[product] = max(last, found.get(product, last))
    return found


def _pairs(statement: str, shop: Shop, **values: Any) -> dict[int, Any]:
    span = values.pop("span", None)
    if span:
        values |= {"first": span.first, "last": span.last}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"shop": shop.pk, "zone": shop.zone, **values})
        return dict(cursor.fetchall())


_THEN = """
select distinct on (product_id) product_id, price, cost from inventory_pricechange
where shop_id = %(shop)s and effective_at < %(before)s order by product_id, effective_at desc, id desc
"""
# A cost that changes writes a row too: only another price counts, and the first is none.
_CHANGED = """
select product_id, (max(effective_at) at time zone %(zone)s)::date from (
    select product_id, effective_at, price, lag(price) over (partition by product_id order by effective_at, id) as was
    from inventory_pricechange where shop_id = %(shop)s and effective_at < %(before)s
) steps
where was is not null and price is distinct from was group by product_id
"""
_DAYS_SOLD = """
select product_id, count(distinct business_date) from sales_productday
where shop_id = %(shop)s and business_date between %(first)s and %(last)s and product_id is not null and units > 0
group by product_id
"""
