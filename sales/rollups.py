"""The roll-ups, always true: writers mark a branch's day, readers rebuild the marked days they are about to read.

Safe to run at any time, by many at once, in a transaction or not. A rebuild reads raw lines for the marked days
only, a fixed number of statements however many days are marked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from sales.models import DirtyDay
from shop.periods import Period
from shop.tenancy import current_shop_id


def mark_dirty(marks: Iterable[tuple[int, dt.date]]) -> None:
    """Say that these (branch id, business date) changed. Call it in the transaction that changes them.

    Set-based writers add the rows by SQL: `insert into sales_dirtyday (shop_id, branch_id, business_date) select ...`.
    """
    DirtyDay.objects.bulk_create([DirtyDay(branch_id=branch, business_date=day) for branch, day in sorted(set(marks))])


def refresh(period: Period | None = None) -> int:
    """Make the roll-ups of the period's days (default: all days) equal to their lines; returns days rebuilt.

    Costs one small query where nothing changed. A writer that commits while this runs has left its own mark,
    so the next refresh sees it.
    """
    marked = DirtyDay.objects.all() if period is None else DirtyDay.objects.within(period)
    if not marked.exists():
        return 0
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_LOCK, [current_shop_id()])
        cursor.execute(_TAKE, [current_shop_id(), *_bounds(period)])
        taken = cursor.fetchall()
        if taken:
            _rebuild(cursor, taken)
    return len(taken)


def _bounds(period: Period | None) -> tuple[dt.date, dt.date]:
    return (period.first, period.last) if period else (dt.date.min, dt.date.max)


def _rebuild(cursor: Any, taken: list[tuple[int, dt.date]]) -> None:
    days = {
        "shop": current_shop_id(),
        "branches": [branch for branch, _ in taken],
        "dates": [day for _, day in taken],
    }
    cursor.execute(_PLAN, ["off" if len(taken) > _A_FEW_DAYS else "on"])
    for statement in (_EMPTY, _FILL_PRODUCT_AND_CATEGORY_DAYS, _FILL_BRANCH_HOURS):
        cursor.execute(statement, days)


# Many days at once come from an import, made a moment ago and not in the planner's statistics yet: it takes the shop
# for empty and would compare every sale with every line (measured: over nine minutes instead of seven seconds).
_A_FEW_DAYS = 31
_PLAN = "select set_config('enable_nestloop', %s, true)"

# One rebuild at a time in a shop. The same key is taken by the triggers of sales migration 0004.
# The memory lets an import's hundreds of days be grouped without spilling to disk.
_LOCK = "select pg_advisory_xact_lock(hashtextextended('rollups', %s)), set_config('work_mem', '64MB', true)"

# Marks are taken before lines are read: whatever commits in between is read now and marked for later.
_TAKE = """
with taken as (
    delete from sales_dirtyday where shop_id = %s and business_date between %s and %s
    returning branch_id, business_date
)
select distinct branch_id, business_date from taken
"""

_DAYS = """
with days as (
    select * from unnest(%(branches)s::bigint[], %(dates)s::date[]) as day (branch_id, business_date)
)
"""

_EMPTY = f"""{_DAYS},
products as (
    delete from sales_productday r using days d
    where r.shop_id = %(shop)s and r.branch_id = d.branch_id and r.business_date = d.business_date
),
categories as (
    delete from sales_categoryday r using days d
    where r.shop_id = %(shop)s and r.branch_id = d.branch_id and r.business_date = d.business_date
)
delete from sales_branchhour r using days d
where r.shop_id = %(shop)s and r.branch_id = d.branch_id and r.business_date = d.business_date
"""

_LINE_SUMS = """
    sum(l.net) as net, sum(l.tax) as tax, sum(l.discount) as discount, sum(l.quantity) as units,
    coalesce(sum(l.net) filter (where l.cost is not null), 0) as costed_net, coalesce(sum(l.cost), 0) as cost,
    count(l.cost) as costed_lines, count(*) as lines
"""
_COLUMNS = "net, tax, discount, units, costed_net, cost, costed_lines, lines"
_ADDED_UP = ", ".join(f"sum({{0}}.{name})" for name in _COLUMNS.split(", "))

# Voided documents are left out here, the only place that decides which documents count.
_COUNTED = """
    from days d
    join sales_sale s on s.shop_id = %(shop)s and s.branch_id = d.branch_id and s.business_date = d.business_date
        and s.voided_at is null
    join sales_saleline l on l.shop_id = %(shop)s and l.sale_id = s.id
"""

# The categories are sums of the product days just made, taken from the statement that made them.
_FILL_PRODUCT_AND_CATEGORY_DAYS = f"""{_DAYS},
made as (
    insert into sales_productday (shop_id, branch_id, business_date, product_id, {_COLUMNS})
    select %(shop)s, s.branch_id, s.business_date, l.product_id, {_LINE_SUMS}
    {_COUNTED} group by s.branch_id, s.business_date, l.product_id
    returning branch_id, business_date, product_id, {_COLUMNS}
)
insert into sales_categoryday (shop_id, branch_id, business_date, category_id, {_COLUMNS})
select %(shop)s, r.branch_id, r.business_date, p.category_id, {_ADDED_UP.format("r")}
from made r left join inventory_product p on p.shop_id = %(shop)s and p.id = r.product_id
group by r.branch_id, r.business_date, p.category_id
"""

_FILL_BRANCH_HOURS = f"""{_DAYS},
documents as (
    select s.branch_id, s.business_date, s.kind, s.sold_at, s.id, {_LINE_SUMS}
    {_COUNTED} group by s.branch_id, s.business_date, s.kind, s.sold_at, s.id
),
timed as (
    -- A void takes back the basket as well as its goods; a refund leaves the basket that was.
    select t.*,
        case t.kind when 'sale' then 1 when 'exchange' then 1 when 'void' then -1 else 0 end as baskets,
        case when t.kind <> 'summary' then
        extract(hour from t.sold_at at time zone (select zone from shop_shop where id = %(shop)s)) end as hour
    from documents t
)
insert into sales_branchhour (shop_id, branch_id, business_date, hour, {_COLUMNS}, baskets, basket_net)
select %(shop)s, t.branch_id, t.business_date, t.hour, {_ADDED_UP.format("t")},
    sum(t.baskets), coalesce(sum(t.net) filter (where t.baskets <> 0), 0)
from timed t group by t.branch_id, t.business_date, t.hour
"""
