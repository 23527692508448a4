"""How customers know the shop: which products are in many baskets, in large ones, and bought by the same people again.

Only what the shop's own receipts say; a shop that enters day totals has none, and then nothing is a key item.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from shop.models import Shop
from shop.periods import Period

DAYS = 91
OFTEN = 3  # baskets of one customer with a product in them, from which on the customer is regular


@dataclass(frozen=True, slots=True)
class Basket:
    """A product's baskets: how many, what one comes to on average, and how many customers buy it again and again."""

    count: int
    value: float
    regulars: int


@dataclass(frozen=True, slots=True)
class Baskets:
    """All baskets of the days, and each product's (by id)."""

    count: int = 0
    value: float = 0.0
    products: dict[int, Basket] = field(default_factory=dict)


def read(shop: Shop, as_of: dt.date) -> Baskets:
    """The baskets of the 13 weeks up to the day. One query for all, one by product."""
    span = Period(as_of - dt.timedelta(days=DAYS - 1), as_of)
    values: dict[str, Any] = {"shop": shop.pk, "first": span.first, "last": span.last, "often": OFTEN}
    with connection.cursor() as cursor:
        cursor.execute(_ALL, values)
        count, value = cursor.fetchone()
        cursor.execute(_BY_PRODUCT, values)
        rows = {product: Basket(many, mean, regulars) for product, many, mean, regulars in cursor.fetchall()}
    return Baskets(count, value or 0.0, rows)


_KEPT = "business_date between %(first)s and %(last)s and kind = 'sale' and voided_at is null"
_ALL = f"select count(*), avg(total)::float8 from sales_sale where shop_id = %(shop)s and {_KEPT}"
_BY_PRODUCT = f"""
select product_id, sum(many)::bigint, (sum(total) / sum(many))::float8,
    count(*) filter (where customer_id is not null and many >= %(often)s)
from (
    select product_id, customer_id, count(*) as many, sum(total) as total from (
        select distinct l.product_id, s.id, s.customer_id, s.total
        from sales_sale s join sales_saleline l on l.shop_id = s.shop_id and l.sale_id = s.id
        where s.shop_id = %(shop)s and {_KEPT} and l.product_id is not null and l.quantity > 0
    ) bought group by 1, 2
) by_customer group by 1
"""
