"""What becomes of sales when a product turns out to be another one: sold lines and promotions go along."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from inventory import services as inventory
from inventory.merging.links import Work, moves, stays
from sales import matching
from sales.models import CostSettlement, InboxItem, ProductDay, Promotion, SaleLine
from shop.tenancy import current_shop_id


def declare() -> None:
    moves(SaleLine, "product", "sold lines", then=_lines_moved, since=_lines_since)
    moves(InboxItem, "product", "matched codes of the till inbox")
    moves(Promotion, "product", "promotions")
    stays(ProductDay, "product", "daily sums", "They are made again from the sold lines.")
    stays(CostSettlement, "product", "costs put right", "They are part of a ledger, which is never changed.")


def _lines_moved(work: Work, lines: Sequence[int]) -> None:
    """Their days are reckoned again. What was sold after the merging has moved no stock, unless the old one's."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK_DAYS, {"shop": current_shop_id(), "lines": list(lines)})
    if work.late:
        _move_stock(work, lines)


def _move_stock(work: Work, lines: Sequence[int]) -> None:
    after = SaleLine.objects.filter(pk__in=lines, sale__received_at__gte=work.merge.merged_at)
    inventory.move_all(matching.moves_of(after.values_list("pk", flat=True), work.kept), by=work.by)


def _lines_since(product: int, moment: dt.datetime) -> int:
    return int(SaleLine.objects.filter(product=product, sale__received_at__gt=moment).count())


_MARK_DAYS = """
insert into sales_dirtyday (shop_id, branch_id, business_date)
select distinct %(shop)s, s.branch_id, s.business_date
from sales_saleline l join sales_sale s on s.shop_id = %(shop)s and s.id = l.sale_id
where l.shop_id = %(shop)s and l.id = any(%(lines)s)
"""
