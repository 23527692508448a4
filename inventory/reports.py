"""What we have now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from inventory.models import Product, StockLevel
from shop.tenancy import current_shop_id


@dataclass(frozen=True, slots=True)
class StockRow:
    """How much of a product a branch has."""

    product: int
    sku: str
    name: str
    branch: str
    quantity: Decimal
    counted_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class LotRow:
    """How much of a product a branch has, of one lot. Rows of a product and branch add up to its level."""

    sku: str
    branch: str
    quantity: Decimal
    lot: str
    best_before: dt.date | None
    use_by: dt.date | None


@dataclass(frozen=True, slots=True)
class ComparablePrice:
    """A price by content, for the shelf label."""

    price: Decimal
    per: str


def stock_now(*, product: int | None = None, branch: int | None = None) -> list[StockRow]:
    """Levels by branch and product name; products never counted nor received are not in it."""
    levels = StockLevel.objects.order_by("branch__name", "product__name", "product_id")
    if product is not None:
        levels = levels.filter(product_id=product)
    if branch is not None:
        levels = levels.filter(branch_id=branch)
    fields = ("product_id", "product__sku", "product__name", "branch__name", "quantity", "counted_at")
    return [StockRow(*row) for row in levels.values_list(*fields)]


def stock_by_lot(*, product: int | None = None) -> Iterator[LotRow]:
    """Levels split by lot, taking it that what expires first was sold first. Call it in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_LOT, {"shop": current_shop_id(), "product": product})
        while rows := cursor.fetchmany(2000):
            yield from (LotRow(*row) for row in rows)


def comparable_price(product: Product) -> ComparablePrice | None:
    """The price per 100 g, 100 ml or piece of content; None where price or content is unknown."""
    if product.price is None:
        return None
    if product.unit == Product.Unit.KILOGRAM:
        return ComparablePrice(product.price / 10, "100 g")
    if product.content_size is None:
        return None
    if product.content_unit == Product.ContentUnit.PIECE:
        return ComparablePrice(product.price / product.content_size, "piece")
    return ComparablePrice(product.price * 100 / product.content_size, f"100 {product.content_unit}")


# What is left lies in the lots that expire last; what no lot explains stands in a row without one.
_BY_LOT = """
with lots as (
    select t.branch_id, t.product_id, t.code, t.best_before, t.use_by, t.quantity, sum(t.quantity) over (
        partition by t.branch_id, t.product_id
        order by coalesce(t.use_by, t.best_before) desc nulls first, t.received_on desc, t.id desc
    ) as until_here
    from inventory_lot t where t.shop_id = %(shop)s and (%(product)s::bigint is null or t.product_id = %(product)s)
),
held as (
    select l.branch_id, l.product_id, t.code, t.best_before, t.use_by,
        least(t.quantity, greatest(l.quantity - (t.until_here - t.quantity), 0)) as quantity
    from inventory_stocklevel l join lots t on t.branch_id = l.branch_id and t.product_id = l.product_id
    where l.shop_id = %(shop)s
),
explained as (select branch_id, product_id, sum(quantity) as quantity from held group by branch_id, product_id),
shares as (
    select * from held where quantity > 0
    union all
    select l.branch_id, l.product_id, '', null, null, l.quantity - coalesce(e.quantity, 0)
    from inventory_stocklevel l left join explained e on e.branch_id = l.branch_id and e.product_id = l.product_id
    where l.shop_id = %(shop)s and (l.quantity = 0 or l.quantity <> coalesce(e.quantity, 0))
        and (%(product)s::bigint is null or l.product_id = %(product)s)
)
select p.sku, b.name, s.quantity, s.code, s.best_before, s.use_by
from shares s
join inventory_product p on p.shop_id = %(shop)s and p.id = s.product_id and p.merged_into_id is null
join shop_branch b on b.shop_id = %(shop)s and b.id = s.branch_id
order by p.sku, b.name, coalesce(s.use_by, s.best_before) nulls last, s.code
"""
