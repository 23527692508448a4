"""What is left of each lot, taking it that what expires first was sold first, and when it expires."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from shop.tenancy import current_shop_id


@dataclass(frozen=True, slots=True)
class LotLeft:
    """How much of a lot a branch still has. `date` is its use-by, else its best-before date; cost is per unit."""

    lot: int
    code: str
    product: int
    sku: str
    name: str
    unit: str
    branch: int
    branch_name: str
    quantity: Decimal
    date: dt.date | None
    is_use_by: bool
    cost: Decimal | None

    @property
    def value(self) -> Decimal | None:
        return None if self.cost is None else self.quantity * self.cost


def lots_left(*, branch: int, product: int) -> list[LotLeft]:
    """The lots of a product that a branch still has, first to expire first."""
    return _read(branch=branch, product=product)


def expiring(until: dt.date, *, branch: int | None = None, supplier: int | None = None) -> list[LotLeft]:
    """What is left of lots whose date is on or before `until`, past ones included, by date."""
    return _read(branch=branch, supplier=supplier, until=until)


def _read(**only: int | dt.date | None) -> list[LotLeft]:
    narrowed: dict[str, int | dt.date | None] = {"branch": None, "product": None, "supplier": None, "until": None}
    narrowed.update(only)
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, narrowed | {"shop": current_shop_id()})
        return [LotLeft(*row) for row in cursor.fetchall()]


# A level lies in the lots that expire last, as in `inventory.reports`.
_LEFT = """
with lots as (
    select t.*, coalesce(t.use_by, t.best_before) as date, sum(t.quantity) over (
        partition by t.branch_id, t.product_id
        order by coalesce(t.use_by, t.best_before) desc nulls first, t.received_on desc, t.id desc
    ) as until_here
    from inventory_lot t
    where t.shop_id = %(shop)s and t.quantity > 0
        and (%(branch)s::bigint is null or t.branch_id = %(branch)s)
        and (%(product)s::bigint is null or t.product_id = %(product)s)
)
select t.id, t.code, p.id, p.sku, p.name, p.unit, b.id, b.name,
    least(t.quantity, l.quantity - (t.until_here - t.quantity)), t.date, t.use_by is not null,
    coalesce(t.cost, p.cost)
from lots t
join inventory_stocklevel l on l.shop_id = %(shop)s and l.branch_id = t.branch_id and l.product_id = t.product_id
join inventory_product p on p.shop_id = %(shop)s and p.id = t.product_id
join shop_branch b on b.shop_id = %(shop)s and b.id = t.branch_id
where l.quantity > t.until_here - t.quantity
    and (%(until)s::date is null or t.date <= %(until)s)
    and (%(supplier)s::bigint is null or p.supplier_id = %(supplier)s)
order by t.date nulls last, p.name, b.name, t.id
"""
