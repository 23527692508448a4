"""What stock was lost without being sold."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import connection

from shop.tenancy import current_shop_id


def shrinkage(since: dt.datetime, *, branch: int | None = None) -> Decimal | None:
    """What counts since then found missing, less what they found over, at cost; counts taken back stay out.

    A product's first count at a branch finds nothing missing. None where no count touched a product with a cost.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHRINKAGE, {"shop": current_shop_id(), "since": since, "branch": branch})
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


_SHRINKAGE = """
select -sum(m.quantity * p.cost)
from inventory_stockmovement m
join inventory_product p on p.shop_id = %(shop)s and p.id = m.product_id
join inventory_stocklevel l on l.shop_id = %(shop)s and l.branch_id = m.branch_id and l.product_id = m.product_id
where m.shop_id = %(shop)s and m.occurred_at >= %(since)s and m.occurred_at > l.tracked_from
    and (%(branch)s::bigint is null or m.branch_id = %(branch)s)
    and (m.kind = 'count' or (m.kind = 'correction' and exists (
        select from inventory_stockmovement o
        where o.shop_id = %(shop)s and o.kind = 'count' and o.source = regexp_replace(m.source, '^(undo|again):', '')
    )))
"""
