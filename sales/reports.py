"""The numbers, read from the roll-ups only: cost grows with days and products, never with sales.

Every report is for the chosen shop, takes the shop's business dates, makes the roll-ups it reads true first, and
runs a fixed number of queries. What the sums mean is in `sales.measures`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max, Min
from django.db.models.functions import ExtractIsoWeekDay

from sales import rollups
from sales.measures import ZERO, Sums
from sales.models import BranchHour, CategoryDay, ProductDay, Sale
from sales.models.rollups import AMOUNTS, HOUR_AMOUNTS
from shop.periods import Period

# "Usual" is the mean of this many earlier same weekdays with sales, looked for within a year.
USUAL_WEEKDAYS = 4
USUAL_LOOKS_BACK = dt.timedelta(weeks=52)


@dataclass(frozen=True, slots=True)
class Row:
    """One branch, category or product with its sums. `id` is None for what has none (lines without a product)."""

    id: int | None
    name: str
    sums: Sums
    sku: str = ""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a category added to the change of net sales between two periods."""

    name: str
    id: int | None
    now: Decimal
    before: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the figures reach: the latest moment sold, and when the last document came in. None with no sales."""

    sold_at: dt.datetime | None
    received_at: dt.datetime | None


def totals(period: Period, *, branch: int | None = None) -> Sums:
    """The period's sums."""
    rollups.refresh(period)
    rows = _hours(period, branch)
    return sum((_sums(row, HOUR_AMOUNTS) for row in rows.summed(["shop_id"], HOUR_AMOUNTS)), Sums.zero())


def by_day(period: Period, *, branch: int | None = None) -> dict[dt.date, Sums]:
    """Every day of the period, in order; days without sales are zero."""
    rollups.refresh(period)
    return {day: Sums.zero() for day in period} | _by_date(period, branch)


def by_day_and_branch(period: Period | None = None) -> Iterator[tuple[dt.date, str, Sums]]:
    """(date, branch name, sums) of every day with sales, in order, read as it is asked for. None: all days."""
    rollups.refresh(period)
    days = BranchHour.objects.all() if period is None else BranchHour.objects.within(period)
    keys = ["business_date", "branch__name"]
    for row in days.summed(keys, HOUR_AMOUNTS).order_by(*keys).iterator():
        yield row["business_date"], row["branch__name"], _sums(row, HOUR_AMOUNTS)


def by_branch(period: Period, *, branch: int | None = None) -> list[Row]:
    """The branches that sold, most net sales first."""
    rollups.refresh(period)
    rows = _hours(period, branch).summed(["branch_id", "branch__name"], HOUR_AMOUNTS)
    return _largest_first(Row(row["branch_id"], row["branch__name"], _sums(row, HOUR_AMOUNTS)) for row in rows)


def by_category(period: Period, *, branch: int | None = None) -> list[Row]:
    """The categories that sold (by the category each product has now), most net sales first."""
    rollups.refresh(period)
    rows = CategoryDay.objects.within(period).at_branch(branch).summed(["category_id", "category__name"])
    return _largest_first(Row(row["category_id"], row["category__name"] or "No category", _sums(row)) for row in rows)


def by_product(period: Period, *, branch: int | None = None, category: int | None = None) -> list[Row]:
    """The products that sold, of one category if given, most net sales first."""
    rollups.refresh(period)
    days = ProductDay.objects.within(period).at_branch(branch)
    if category is not None:
        days = days.filter(product__category_id=category)
    rows = days.summed(["product_id", "product__name", "product__sku"])
    return _largest_first(
        Row(row["product_id"], row["product__name"] or "Unknown product", _sums(row), row["product__sku"] or "")
        for row in rows
    )


def by_day_of_product(period: Period, product: int, *, branch: int | None = None) -> dict[dt.date, Sums]:
    """One product's days, every day of the period in order."""
    rollups.refresh(period)
    rows = ProductDay.objects.within(period).at_branch(branch).filter(product_id=product).summed(["business_date"])
    return {day: _no_baskets() for day in period} | {row["business_date"]: _sums(row) for row in rows}


def by_weekday_hour(period: Period, *, branch: int | None = None) -> dict[tuple[int, int], Sums]:
    """Sums by (weekday of the business date, 0 = Monday; local hour). Day summaries have no hour and are left out."""
    rollups.refresh(period)
    timed = _hours(period, branch).filter(hour__isnull=False).annotate(weekday=ExtractIsoWeekDay("business_date") - 1)
    rows = timed.summed(["weekday", "hour"], HOUR_AMOUNTS)
    return {(row["weekday"], row["hour"]): _sums(row, HOUR_AMOUNTS) for row in rows}


def usual(day: dt.date, *, branch: int | None = None) -> Sums | None:
    """The mean of the last four same weekdays before `day` that had sales; None without any."""
    return usual_by_day(Period(day, day), branch=branch)[day]


def usual_by_day(period: Period, *, branch: int | None = None) -> dict[dt.date, Sums | None]:
    """`usual` for every day of the period."""
    around = _usual_reach(period)
    rollups.refresh(around)
    known = _by_date(around, branch)
    means = _usual_days(period, known)
    return {day: _mean([known[date] for date in dates]) for day, dates in means.items()}


def usual_by_category(period: Period, *, branch: int | None = None) -> list[Row]:
    """What each category usually takes on the period's days: together the sum of `usual_by_day`."""
    around = _usual_reach(period)
    rollups.refresh(around)
    shares: dict[dt.date, Decimal] = defaultdict(Decimal)
    for dates in _usual_days(period, _by_date(around, branch)).values():
        for date in dates:
            shares[date] += Decimal(1) / len(dates)
    days = CategoryDay.objects.filter(business_date__in=list(shares)).at_branch(branch)
    found: dict[int | None, Row] = {}
    for row in days.summed(["business_date", "category_id", "category__name"]):
        id, name = row["category_id"], row["category__name"] or "No category"
        sums = _sums(row).times(shares[row["business_date"]])
        found[id] = Row(id, name, found[id].sums + sums if id in found else sums)
    return _largest_first(found.values())


def contribution(period: Period, against: Period, *, branch: int | None = None) -> list[Contribution]:
    """What each category added to the change of net sales against another period, largest change first."""
    return _contributions(by_category(period, branch=branch), by_category(against, branch=branch))


def contribution_to_usual(period: Period, *, branch: int | None = None) -> list[Contribution]:
    """What each category added to the change of net sales against what is usual on the period's days."""
    return _contributions(by_category(period, branch=branch), usual_by_category(period, branch=branch))


def freshness() -> Freshness:
    """Up to when the figures go."""
    sales = Sale.objects.counted().order_by()
    last_day = Sale.objects.counted().order_by("-business_date").values("business_date")[:1]
    received = Sale.objects.order_by("-id").values_list("received_at", flat=True)[:1]
    return Freshness(
        sold_at=sales.filter(business_date=last_day).aggregate(last=Max("sold_at"))["last"],
        received_at=next(iter(received), None),
    )


def first_and_last_day() -> Period | None:
    """The first and last business date with sales; None before the first."""
    rollups.refresh()
    bounds = BranchHour.objects.order_by().aggregate(first=Min("business_date"), last=Max("business_date"))
    return Period(bounds["first"], bounds["last"]) if bounds["first"] else None


def _hours(period: Period, branch: int | None) -> Any:
    return BranchHour.objects.within(period).at_branch(branch)


def _by_date(period: Period, branch: int | None) -> dict[dt.date, Sums]:
    rows = _hours(period, branch).summed(["business_date"], HOUR_AMOUNTS)
    return {row["business_date"]: _sums(row, HOUR_AMOUNTS) for row in rows}


def _sums(row: Mapping[str, Any], amounts: Iterable[str] = AMOUNTS) -> Sums:
    return Sums(**{"baskets": None, "basket_net": None} | {name: row[f"sum_{name}"] for name in amounts})


def _no_baskets() -> Sums:
    return Sums(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, 0, 0, None, None)


def _largest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.sums.net, row.name, row.id or 0))


def _usual_reach(period: Period) -> Period:
    return Period(period.first - USUAL_LOOKS_BACK, period.last)


def _usual_days(period: Period, known: Mapping[dt.date, Sums]) -> dict[dt.date, list[dt.date]]:
    """The earlier same weekdays with sales that say what is usual on each day of the period."""
    by_weekday: dict[int, list[dt.date]] = defaultdict(list)
    for date in sorted(known):
        if known[date].lines:
            by_weekday[date.weekday()].append(date)

    def of(day: dt.date) -> list[dt.date]:
        return [date for date in by_weekday[day.weekday()] if day - USUAL_LOOKS_BACK <= date < day][-USUAL_WEEKDAYS:]

    return {day: of(day) for day in period}


def _mean(days: list[Sums]) -> Sums | None:
    return sum(days, Sums.zero()).over(len(days)) if days else None


def _contributions(rows: list[Row], rows_before: list[Row]) -> list[Contribution]:
    now, before = ({row.id: row for row in of} for of in (rows, rows_before))
    found = [_contribution((now.get(id) or before[id]).name, id, now.get(id), before.get(id)) for id in now | before]
    return sorted(found, key=lambda entry: (-abs(entry.change), entry.name))


def _contribution(name: str, id: int | None, now: Row | None, before: Row | None) -> Contribution:
    net_now, net_before = (row.sums.net if row else ZERO for row in (now, before))
    return Contribution(name, id, net_now, net_before, net_now - net_before)
