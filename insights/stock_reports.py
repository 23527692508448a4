"""Stock beside what is expected to sell: cover, dead stock and what to count. Each report is one statement, a page at
a time, and makes the roll-ups it reads true first.

Expected daily demand is the mean of the next seven days of the latest forecast; where there is none, the mean of the
last 28 days.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from insights.models import Run
from sales import rollups
from shop.periods import Period
from shop.tenancy import current_shop_id

LOOK_BACK = 28


@dataclass(frozen=True, slots=True)
class Cover:
    """How long a product's stock lasts at a branch. `days` is None where nothing is expected to sell.

    `target` is the days of cover its supplier's deliveries need: lead time and the days between two; None unknown.
    """

    product: int
    sku: str
    name: str
    unit: str
    branch: int
    branch_name: str
    quantity: Decimal
    daily: Decimal
    is_forecast: bool
    days: Decimal | None
    target: int | None
    on_order: Decimal
    next_delivery: dt.date | None
    value: Decimal | None

    @property
    def is_low(self) -> bool:
        return self.days is not None and (self.days < (self.target or 1) or self.quantity <= 0)


@dataclass(frozen=True, slots=True)
class CoverTotals:
    """Of all rows a list has: how many, how many negative or low, and what the stock cost."""

    rows: int
    negative: int
    low: int
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Dead:
    """Stock nobody bought for long. `sold_on` is None where none was ever sold at the branch.

    `sells_at` names a branch that sold it in the last 28 days.
    """

    product: int
    sku: str
    name: str
    unit: str
    branch: int
    branch_name: str
    quantity: Decimal
    value: Decimal | None
    sold_on: dt.date | None
    since: dt.date
    sells_at: str


@dataclass(frozen=True, slots=True)
class ToCount:
    """A product worth counting: `reason` is negative, never or old."""

    product: int
    sku: str
    name: str
    unit: str
    branch: int
    branch_name: str
    quantity: Decimal
    counted_at: dt.datetime | None
    daily: Decimal
    reason: str


def cover(
    today: dt.date,
    *,
    branch: int | None = None,
    supplier: int | None = None,
    low: bool = False,
    first: int = 0,
    most: int | None = 50,
) -> list[Cover]:
    """Days of cover, shortest first; negative stock before everything. `low`: only what will not last."""
    given = _given(today, branch=branch, supplier=supplier) | {"low": low, "first": first, "most": most}
    return [Cover(*row) for row in _read(_COVER, given)]


def cover_totals(
    today: dt.date, *, branch: int | None = None, supplier: int | None = None, low: bool = False
) -> CoverTotals:
    given = _given(today, branch=branch, supplier=supplier) | {"low": low}
    return CoverTotals(*_read(_COVER_TOTALS, given)[0])


def daily_demand(today: dt.date, products: list[int]) -> dict[tuple[int, int], Decimal]:
    """Expected daily demand of products by (branch, product); those with stock levels only."""
    return {(row[0], row[1]): row[2] for row in _read(_DAILY, _given(today) | {"products": products})}


def dead_stock(
    today: dt.date, *, days: int, branch: int | None = None, supplier: int | None = None, most: int | None = 200
) -> list[Dead]:
    """Stock without a sale in so many days, that was there all the time: the most money tied up first."""
    rollups.refresh()
    given = _given(today, branch=branch, supplier=supplier)
    return [Dead(*row) for row in _read(_DEAD, given | {"before": today - dt.timedelta(days=days), "most": most})]


def to_count(today: dt.date, *, branch: int | None = None, most: int | None = 50) -> list[ToCount]:
    """What to count next: negative stock, then best sellers never counted, then best sellers counted longest ago."""
    return [ToCount(*row) for row in _read(_TO_COUNT, _given(today, branch=branch) | {"most": most})]


def _given(today: dt.date, *, branch: int | None = None, supplier: int | None = None) -> dict[str, Any]:
    period = Period.ending(today - dt.timedelta(days=1), days=LOOK_BACK)
    rollups.refresh(period)
    run = Run.objects.latest_done("forecast")
    return {
        "shop": current_shop_id(),
        "today": today,
        "from": period.first,
        "to": period.last,
        "days": LOOK_BACK,
        "run": run.pk if run else None,
        "branch": branch,
        "supplier": supplier,
    }


def _read(statement: str, given: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall()  # type: ignore[no-any-return]


_DEMAND = """
with sold as (
    select d.branch_id, d.product_id, sum(d.units) / %(days)s as daily, sum(d.net) as net
    from sales_productday d
    where d.shop_id = %(shop)s and d.business_date between %(from)s and %(to)s and d.product_id is not null
    group by d.branch_id, d.product_id
),
expected as (
    select f.branch_id, f.product_id, (
        select avg(day)::numeric from unnest(f.mean[%(today)s - f.first_date + 1 : %(today)s - f.first_date + 7]) as day
    ) as daily
    from insights_forecastseries f
    where f.shop_id = %(shop)s and f.run_id = %(run)s and f.product_id is not null and f.branch_id is not null
),
held as (
    select l.branch_id, l.product_id, l.quantity, l.counted_at, l.tracked_from, p.sku, p.name, p.unit, p.cost,
        p.supplier_id, b.name as branch_name, e.daily is not null as is_forecast, coalesce(s.net, 0) as net,
        greatest(coalesce(e.daily, s.daily, 0), 0) as daily
    from inventory_stocklevel l
    join inventory_product p on p.shop_id = %(shop)s and p.id = l.product_id
    join shop_branch b on b.shop_id = %(shop)s and b.id = l.branch_id
    left join expected e on e.branch_id = l.branch_id and e.product_id = l.product_id
    left join sold s on s.branch_id = l.branch_id and s.product_id = l.product_id
    where l.shop_id = %(shop)s and (p.is_active or l.quantity <> 0)
        and (%(branch)s::bigint is null or l.branch_id = %(branch)s)
        and (%(supplier)s::bigint is null or p.supplier_id = %(supplier)s)
)
"""

_DAILY = f"""{_DEMAND}
select branch_id, product_id, daily from held where product_id = any(%(products)s)
"""

_COVERED = f"""{_DEMAND},
coming as (
    select o.branch_id, l.product_id, sum(greatest(l.quantity - l.received, 0)) as quantity,
        min(o.expected_on) as expected_on
    from inventory_purchaseorderline l
    join inventory_purchaseorder o on o.shop_id = %(shop)s and o.id = l.order_id
    where l.shop_id = %(shop)s and o.state in ('approved', 'part') and not l.is_closed and l.received < l.quantity
    group by o.branch_id, l.product_id
),
covered as (
    select h.*, case when h.daily > 0.001 then greatest(h.quantity, 0) / h.daily end as days,
        v.lead_time_days + case when v.delivery_weekdays = '' then 1
            else ceil(7.0 / length(v.delivery_weekdays))::int end as target,
        coalesce(c.quantity, 0) as on_order, c.expected_on, h.quantity * h.cost as value
    from held h
    left join inventory_supplier v on v.shop_id = %(shop)s and v.id = h.supplier_id
    left join coming c on c.branch_id = h.branch_id and c.product_id = h.product_id
),
listed as (
    select *, days is not null and (days < coalesce(target, 1) or quantity <= 0) as is_low from covered
)
"""

_COVER = f"""{_COVERED}
select product_id, sku, name, unit, branch_id, branch_name, quantity, daily, is_forecast, days, target, on_order,
    expected_on, value
from listed where not %(low)s or is_low or quantity < 0
order by quantity < 0 desc, days nulls last, name, branch_name, product_id, branch_id offset %(first)s limit %(most)s
"""

_COVER_TOTALS = f"""{_COVERED}
select count(*) filter (where not %(low)s or is_low or quantity < 0), count(*) filter (where quantity < 0),
    count(*) filter (where is_low), sum(value) filter (where quantity > 0)
from listed
"""

_DEAD = f"""{_DEMAND}
select h.product_id, h.sku, h.name, h.unit, h.branch_id, h.branch_name, h.quantity, h.quantity * h.cost, last.sold_on,
    h.tracked_from::date, coalesce((
        select o.name from sold s join shop_branch o on o.shop_id = %(shop)s and o.id = s.branch_id
        where s.product_id = h.product_id and s.branch_id <> h.branch_id and s.daily > 0 order by s.daily desc limit 1
    ), '')
from held h
cross join lateral (
    select max(d.business_date) as sold_on from sales_productday d
    where d.shop_id = %(shop)s and d.product_id = h.product_id and d.branch_id = h.branch_id and d.units > 0
) last
where h.quantity > 0 and coalesce(last.sold_on, h.tracked_from::date) < %(before)s
order by h.quantity * h.cost desc nulls last, coalesce(last.sold_on, h.tracked_from::date), h.name, h.branch_id
limit %(most)s
"""

# A count is worth more the more a product sells and the longer nobody looked; a week after a count it may rest.
_TO_COUNT = f"""{_DEMAND},
asked as (
    select h.*,
        case when h.quantity < 0 then 'negative' when h.counted_at is null then 'never' else 'old' end as reason,
        case when h.quantity < 0 then 0 when h.counted_at is null then 1 else 2 end as place,
        h.net * greatest(1, %(today)s - coalesce(h.counted_at, h.tracked_from)::date) as weight
    from held h
    where h.quantity < 0
        or ((h.daily > 0 or h.quantity > 0) and coalesce(h.counted_at::date, '-infinity'::date) < %(today)s - 7)
)
select product_id, sku, name, unit, branch_id, branch_name, quantity, counted_at, daily, reason
from asked order by place, case when place = 0 then quantity end, weight desc, name, branch_id limit %(most)s
"""
