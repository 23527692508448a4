"""What is sold below zero now, and what receipts have put right since. How that is done: `sales.costs`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from shop.tenancy import current_shop_id


@dataclass(frozen=True, slots=True)
class BelowZero:
    """A product whose level at a branch is below zero: by how much, since when, at which cost it counts until the
    next receipt, and what that comes to (None: its cost is not known)."""

    product: int
    sku: str
    name: str
    branch: int
    branch_name: str
    quantity: Decimal
    since: dt.datetime | None
    cost: Decimal | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Settled:
    """Part of a sold line that a receipt gave its cost, or (quantity below 0) lost it again with a receipt taken back.
    `was` and `now`: the whole line's cost before and after."""

    product: int
    name: str
    branch_name: str
    sale: int
    sold_at: dt.datetime
    quantity: Decimal
    was: Decimal | None
    now: Decimal | None
    settled_at: dt.datetime


@dataclass(frozen=True, slots=True)
class BelowZeroTotals:
    """How many products at branches are below zero, what they come to, and for how many of them no cost is known."""

    rows: int
    value: Decimal
    uncosted: int


def sold_below_zero(*, branch: int | None = None, first: int = 0, most: int | None = None) -> list[BelowZero]:
    """Products below zero, the most money first, those of unknown cost last."""
    with connection.cursor() as cursor:
        values = {"shop": current_shop_id(), "branch": branch, "first": first, "most": most}
        cursor.execute(_BELOW_ZERO, values)
        return [BelowZero(*row) for row in cursor.fetchall()]


def below_zero_totals(*, branch: int | None = None) -> BelowZeroTotals:
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"shop": current_shop_id(), "branch": branch})
        return BelowZeroTotals(*cursor.fetchone())


def settled_lately(most: int, *, branch: int | None = None) -> list[Settled]:
    """What receipts settled, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, {"shop": current_shop_id(), "branch": branch, "most": most})
        return [Settled(*row) for row in cursor.fetchall()]


_LEVELS = """
from inventory_stocklevel l join inventory_product p on p.shop_id = l.shop_id and p.id = l.product_id
where l.shop_id = %(shop)s and l.quantity < 0 and (%(branch)s::bigint is null or l.branch_id = %(branch)s)
"""
_TOTALS = f"""
select count(*)::int, coalesce(sum(-l.quantity * p.cost), 0), (count(*) filter (where p.cost is null))::int {_LEVELS}
"""
# Since when: backwards from the level, the last movement that found the stock at zero or above.
_BELOW_ZERO = f"""
select n.product_id, n.sku, n.name, n.branch_id, b.name, n.below, since.at, n.cost, n.value
from (
    select p.id as product_id, p.sku, p.name, l.branch_id, -l.quantity as below, p.cost, -l.quantity * p.cost as value
    {_LEVELS} order by value desc nulls last, below desc, p.name, l.branch_id offset %(first)s limit %(most)s
) n
join shop_branch b on b.shop_id = %(shop)s and b.id = n.branch_id
left join lateral (
    select t.occurred_at as at from (
        select m.occurred_at, m.id, -n.below - sum(m.quantity)
            over (order by m.occurred_at desc, m.id desc rows unbounded preceding) as before
        from inventory_stockmovement m
        where m.shop_id = %(shop)s and m.product_id = n.product_id and m.branch_id = n.branch_id
    ) t where t.before >= 0 order by t.occurred_at desc, t.id desc limit 1
) since on true
order by n.value desc nulls last, n.below desc, n.name, n.branch_id
"""
_SETTLED = """
select c.product_id, p.name, b.name, s.id, s.sold_at, c.quantity, c.was, c.now, c.settled_at
from (
    select * from sales_costsettlement where shop_id = %(shop)s
    and (%(branch)s::bigint is null or branch_id = %(branch)s) order by id desc limit %(most)s
) c
join inventory_product p on p.shop_id = %(shop)s and p.id = c.product_id
join shop_branch b on b.shop_id = %(shop)s and b.id = c.branch_id
join sales_saleline l on l.shop_id = %(shop)s and l.id = c.line_id
join sales_sale s on s.shop_id = %(shop)s and s.id = l.sale_id
order by c.id desc
"""
