"""What was sold for a sticker's lower price only: left out of what the forecast learns from.

Of packs sold with a markdown's sticker some would have been bought at the full price. The rest came for the price, by
the product's elasticity; counted in full they would be ordered again, and thrown away again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from insights.models import Elasticity, Run
from inventory.models import LotPrice
from shop.periods import Period
from shop.tenancy import current_shop_id

USUAL_EFFECT = -1.2  # where the price analysis has told nothing of a product


@dataclass(frozen=True, slots=True)
class Lured:
    """Units of a product at a branch on a business date that were sold for the price only."""

    branch: int
    product: int
    day: dt.date
    units: float


def lured(span: Period) -> list[Lured]:
    """By branch, product and day of the span. One query for a shop that marks nothing down, else four."""
    if not LotPrice.objects.exists():
        return []
    run = Run.objects.latest_done("pricing")
    effects = dict(Elasticity.objects.filter(run=run).values_list("product_id", "value")) if run else {}
    with connection.cursor() as cursor:
        cursor.execute(_SOLD_WITH, {"shop": current_shop_id(), "first": span.first, "last": span.last})
        rows = cursor.fetchall()
    found: dict[tuple[int, int, dt.date], float] = {}
    for branch, product, day, units, share in rows:
        came = units * (1 - share ** -min(effects.get(product, USUAL_EFFECT), 0.0))
        found[branch, product, day] = found.get((branch, product, day), 0.0) + came
    return [Lured(*key, units) for key, units in found.items()]


# By way of the lots' own movements: they have an index, and sales without a sticker name no lot.
_SOLD_WITH = """
select s.branch_id, l.product_id, s.business_date, sum(l.quantity)::float8,
    least(l.unit_price / k.price_before, 1)::float8 as share
from inventory_lotprice k
join inventory_stockmovement m on m.shop_id = k.shop_id and m.lot_id = k.lot_id and m.kind = 'sale'
    and m.source like 'sale:%%'
join sales_sale s on s.shop_id = k.shop_id and s.uuid = split_part(m.source, ':', 2)::uuid
join sales_saleline l on l.shop_id = k.shop_id and l.sale_id = s.id and l.barcode = k.code
    and l.number::text = split_part(m.source, ':', 3)
where k.shop_id = %(shop)s and k.price_before > 0 and l.quantity > 0 and l.unit_price > 0
    and s.business_date between %(first)s and %(last)s
group by 1, 2, 3, 5
"""
