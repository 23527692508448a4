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

from insights.models import CalendarEvent
from inventory.models import Category, PriceChange, Product
from sales.models import BranchHour, Promotion
from shop.models import Branch, Shop
from shop.periods import Period

STILL_SOLD = dt.timedelta(weeks=26)  # a series without a sale for so long is expected to sell nothing
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
class Series:
    """One product at one branch: the days of the span (0: its first) with a sum of units, refunds taken off."""

    branch: int
    product: int
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


def series(shop: Shop, span: Period) -> Iterator[Series]:
    """Every product at every branch that sold in the last 26 weeks of the span. Call it in a transaction."""
    values = {"shop": shop.pk, "first": span.first, "last": span.last, "since": span.last - STILL_SOLD}
    for branch, product, packed in _rows(_SERIES, values):
        rows = np.frombuffer(packed, _SALES)
        rows = rows[np.argsort(rows["day"])]
        yield Series(branch, product, rows["day"].astype(np.int32), rows["units"].astype(np.float32))


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


def _rows(statement: str, values: dict[str, Any]) -> Iterator[tuple[int, int, bytes]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        yield from cursor


_SERIES = """
select branch_id, product_id,
    string_agg(int4send(business_date - %(first)s::date) || float4send(units::float4), ''::bytea)
from sales_productday
where shop_id = %(shop)s and business_date between %(first)s and %(last)s and product_id is not null
group by branch_id, product_id
having max(business_date) filter (where units > 0) > %(since)s
order by branch_id, product_id
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
