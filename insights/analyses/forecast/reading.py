"""What the forecast reads from the database: a fixed number of statements, rows packed by the server into arrays.

Each series comes as one row whatever its length, so that two years of thousands of products cost seconds and
little memory. Nothing of a business date later than `span.last` is read but promotions, prices and events.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from insights.lured import Lured, lured
from insights.models import CalendarEvent
from inventory.models import Category, PriceChange, Product
from sales.models import BranchHour, Promotion
from shop.models import Branch, Shop
from shop.periods import Period

STILL_SOLD = dt.timedelta(weeks=26)  # a series without a sale for so long is expected to sell nothing
LATELY = dt.timedelta(weeks=8)  # what a unit brings is told by what it brought in so long
_KEYS = np.dtype([("branch", "i8"), ("product", "i8"), ("worth", "f8")])
_SALES = np.dtype([("day", ">i4"), ("units", ">f4")])
_LEDGER = np.dtype([("day", ">i4"), ("lowest", ">f8"), ("change", ">f8")])


@dataclass(frozen=True, slots=True)
class Goods:
    """What a product is to the forecast."""

    id: int
    name: str
    category: int | None
    price: float


@dataclass(frozen=True, slots=True)
class Sold:
    """Products at branches, and the units of each on the days that have any, refunds taken off.

    Series number i is `product[i]` at `branch[i]` (ids); its days are `day[start[i]:start[i + 1]]`, in order, 0 being
    the span's first. `worth` is what a unit of it brought of late, net.
    """

    branch: NDArray[np.int64]
    product: NDArray[np.int64]
    worth: NDArray[np.float64]
    start: NDArray[np.int64]
    day: NDArray[np.int32]
    units: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One product at one branch: days on which its stock moved, the lowest it stood after a move, and the change."""

    branch: int
    product: int
    day: NDArray[np.int32]
    lowest: NDArray[np.float64]
    change: NDArray[np.float64]


def branches() -> dict[int, str]:
    return dict(Branch.objects.order_by("id").values_list("id", "name"))


def categories() -> dict[int, str]:
    return dict(Category.objects.order_by("id").values_list("id", "name"))


def goods() -> dict[int, Goods]:
    """The products on sale, by id."""
    rows = Product.objects.active().order_by("id").values_list("id", "name", "category_id", "price")
    return {
        id: Goods(id, name, category, float(price) if price else np.nan)
        for id, name, category, price in rows.iterator()
    }


def selling_days(span: Period) -> dict[int, list[dt.date]]:
    """By branch, the days on which it sold anything, in order."""
    rows = BranchHour.objects.within(span).summed(["branch_id", "business_date"], ["units"])
    found: dict[int, list[dt.date]] = {}
    for row in rows.order_by("business_date").iterator():
        if row["sum_units"] > 0:
            found.setdefault(row["branch_id"], []).append(row["business_date"])
    return found


def sold(shop: Shop, span: Period) -> Sold:
    """Every product on sale at every branch where it sold in the last 26 weeks of the span, less what came for a
    sticker's lower price only."""
    values = {"shop": shop.pk, "first": span.first, "last": span.last, "since": span.last - STILL_SOLD}
    values |= {"lately": span.last - LATELY}
    rows = list(_rows(_SOLD, values))
    keys = np.array([(branch, product, worth or 0) for branch, product, worth, _ in rows], dtype=_KEYS)
    counts = np.array([len(row[3]) // _SALES.itemsize for row in rows], dtype=np.int64)
    days = np.frombuffer(b"".join(row[3] for row in rows), _SALES)
    del rows
    order = np.lexsort((days["day"], np.repeat(np.arange(counts.size), counts)))
    found = Sold(
        keys["branch"],
        keys["product"],
        keys["worth"],
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        days["day"][order].astype(np.int32),
        days["units"][order].astype(np.float32),
    )
    _leave_out(lured(span), found, span)
    return found


def _leave_out(came: list[Lured], found: Sold, span: Period) -> None:
    """Take these units off their days."""
    if not came:
        return
    series = {key: i for i, key in enumerate(zip(found.branch.tolist(), found.product.tolist(), strict=True))}
    for one in came:
        if (i := series.get((one.branch, one.product))) is None:
            continue
        first, last = found.start[i], found.start[i + 1]
        place = first + np.searchsorted(found.day[first:last], (one.day - span.first).days)
        if place < last and found.day[place] == (one.day - span.first).days:
            found.units[place] = max(found.units[place] - one.units, 0)


def ledger(shop: Shop, span: Period) -> Iterator[Ledger]:
    """The stock ledger by day, from each product's first count or receipt to the end of the span's last day."""
    values = {"shop": shop.pk, "first": span.first, "until": _end_of(shop, span.last), "zone": shop.zone}
    values |= {"cutoff": shop.day_starts_at_hour}
    for branch, product, packed in _rows(_LEDGER_DAYS, values):
        rows = np.frombuffer(packed, _LEDGER)
        rows = rows[np.argsort(rows["day"])]
        yield Ledger(
            branch, product, rows["day"].astype(np.int32), *(rows[name].astype(float) for name in ("lowest", "change"))
        )


def promotions(span: Period) -> list[Promotion]:
    """Promotions with a day in the span, oldest first."""
    return list(Promotion.objects.touching(span).order_by("first_date", "id"))


def prices(shop: Shop, span: Period) -> Iterator[tuple[int, dt.date, float]]:
    """(product, first business date, price) of every price until the end of the span, in order."""
    rows = PriceChange.objects.filter(effective_at__lt=_end_of(shop, span.last)).exclude(price=None)
    fields = rows.order_by("effective_at", "id").values_list("product_id", "effective_at", "price")
    for product, at, price in fields.iterator():
        yield product, shop.business_date(at), float(price)


def events(span: Period) -> list[CalendarEvent]:
    """Approved events with a day in the span."""
    approved = CalendarEvent.objects.filter(state=CalendarEvent.State.APPROVED)
    return list(approved.filter(first_date__lte=span.last, last_date__gte=span.first).order_by("first_date", "id"))


def _end_of(shop: Shop, day: dt.date) -> dt.datetime:
    """The first moment after a business date."""
    next_day = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(shop.day_starts_at_hour))
    return next_day.replace(tzinfo=zoneinfo.ZoneInfo(shop.zone))


def _rows(statement: str, values: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Rows through a cursor of the server; call it in a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        yield from cursor


_SOLD = """
select r.branch_id, r.product_id,
    (sum(r.net) filter (where r.units > 0 and r.business_date > %(lately)s)
        / sum(r.units) filter (where r.units > 0 and r.business_date > %(lately)s))::float8,
    string_agg(int4send(r.business_date - %(first)s::date) || float4send(r.units::float4), ''::bytea)
from sales_productday r
join inventory_product p on p.shop_id = %(shop)s and p.id = r.product_id and p.is_active
where r.shop_id = %(shop)s and r.business_date between %(first)s and %(last)s
group by r.branch_id, r.product_id
having max(r.business_date) filter (where r.units > 0) > %(since)s
order by r.branch_id, r.product_id
"""
_LEDGER_DAYS = """
with moved as (
    select branch_id, product_id, quantity,
        ((occurred_at at time zone %(zone)s) - make_interval(hours => %(cutoff)s))::date as day,
        sum(quantity) over (partition by branch_id, product_id order by occurred_at, id) as level
    from inventory_stockmovement where shop_id = %(shop)s and occurred_at < %(until)s
),
days as (
    select branch_id, product_id, day, min(level) as lowest, sum(quantity) as change
    from moved group by branch_id, product_id, day
)
select branch_id, product_id, string_agg(
    int4send(day - %(first)s::date) || float8send(lowest::float8) || float8send(change::float8), ''::bytea)
from days group by branch_id, product_id order by branch_id, product_id
"""
