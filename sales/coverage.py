"""Which days of which till have come in: whole, in part, or not at all, by what that weekday usually brings there.

Read from the documents themselves, since the roll-ups do not know tills: cost grows with the documents of the days
looked at, one query.
"""

from __future__ import annotations

import datetime as dt
import statistics
import zoneinfo
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Count, Max, Sum

from sales.models import Sale
from shop.models import Feed, Shop
from shop.periods import Period
from shop.tenancy import current_shop_id

LEARNS_FROM = dt.timedelta(weeks=8)  # days before the period that say what is usual
GONE_AFTER = dt.timedelta(weeks=4)  # a till that sold nothing for so long is not looked at any more
LEAST_ALIKE = 3  # other same weekdays that can say what is usual
HALF = 0.5  # of the usual lines: less is a part of a day
EARLY, THREE_QUARTERS = dt.timedelta(hours=3), 0.75  # a day that ends so early with less than this is one too

Place = tuple[int, int | None]  # branch and till


class State(StrEnum):
    FULL = "full"
    PARTIAL = "partial"
    MISSING = "missing"
    SHUT = "shut"
    BEFORE = "before"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class TillDay:
    """One till's day. `usual` is how many lines it usually has, None while nothing can tell; `last_at` its last sale,
    by the shop's clock."""

    day: dt.date
    state: State
    documents: int = 0
    lines: int = 0
    usual: int | None = None
    last_at: dt.time | None = None


@dataclass(frozen=True, slots=True)
class TillDays:
    """A till, or a branch's documents that name none, with every day of the period in order."""

    branch_id: int
    register_id: int | None
    branch: str
    register: str
    days: list[TillDay]


@dataclass
class _Sold:
    """What a till sold by day: (documents, lines, last sale as minutes of the business day)."""

    branch: str
    register: str
    by_day: dict[dt.date, tuple[int, int, dt.datetime]] = field(default_factory=dict)


def coverage(period: Period, *, today: dt.date, feed: Feed | None = None) -> list[TillDays]:
    """Every till that sold lately, by branch and name; of a feed, the tills it brings."""
    zone = zoneinfo.ZoneInfo(Shop.objects.get(pk=current_shop_id()).zone)
    reach = Period(period.first - LEARNS_FROM, period.last)
    places = None if feed is None else _places_of(feed, reach)
    return [
        TillDays(place[0], place[1], sold.branch, sold.register, _days(sold, period, today))
        for place, sold in _sold(reach, zone).items()
        if (places is None or place in places) and max(sold.by_day) >= min(today, period.last) - GONE_AFTER
    ]


def _places_of(feed: Feed, period: Period) -> set[Place]:
    brought = Sale.objects.between(period.first, period.last).filter(imported__feed=feed)
    return set(brought.order_by().values_list("branch_id", "register_id").distinct())


def _sold(period: Period, zone: zoneinfo.ZoneInfo) -> dict[Place, _Sold]:
    keys = ("branch_id", "register_id", "branch__name", "register__name", "business_date")
    rows = Sale.objects.counted().between(period.first, period.last).order_by().values_list(*keys)
    found: dict[Place, _Sold] = {}
    for branch, register, name, till, day, documents, lines, last in rows.annotate(
        Count("pk"), Sum("line_count"), Max("sold_at")
    ).order_by("branch__name", "register__name", "branch_id", "register_id", "business_date"):
        sold = found.setdefault((branch, register), _Sold(name, till or ""))
        sold.by_day[day] = documents, lines, last.astimezone(zone)
    return found


def _days(sold: _Sold, period: Period, today: dt.date) -> list[TillDay]:
    first = min(sold.by_day)
    return [_day(sold, day, first, today) for day in period]


def _day(sold: _Sold, day: dt.date, first: dt.date, today: dt.date) -> TillDay:
    alike = [date for date in sold.by_day if date != day and date < today and date.weekday() == day.weekday()]
    usual = round(statistics.median(sold.by_day[date][1] for date in alike)) if len(alike) >= LEAST_ALIKE else None
    if day not in sold.by_day:
        if day >= today:
            return TillDay(day, State.OPEN, usual=usual)
        if day < first:
            return TillDay(day, State.BEFORE)
        state = State.MISSING if _is_usually_open(sold, day, first, today) else State.SHUT
        return TillDay(day, state, usual=usual)
    documents, lines, last = sold.by_day[day]
    state = State.FULL
    if day >= today:
        state = State.OPEN
    elif usual is not None and _is_part(lines, usual, last, [sold.by_day[date][2] for date in alike]):
        state = State.PARTIAL
    return TillDay(day, state, documents, lines, usual, last.time())


def _is_part(lines: int, usual: int, last: dt.datetime, others: Collection[dt.datetime]) -> bool:
    if lines < usual * HALF:
        return True
    ends = statistics.median(_minutes(other) for other in others)
    return lines < usual * THREE_QUARTERS and ends - _minutes(last) > EARLY.total_seconds() / 60


def _minutes(moment: dt.datetime) -> int:
    return moment.hour * 60 + moment.minute


def _is_usually_open(sold: _Sold, day: dt.date, first: dt.date, today: dt.date) -> bool:
    """Whether the till sells on most of this day's weekdays; while there are few, on most days."""
    dates = [first + dt.timedelta(days=number) for number in range((min(today, max(sold.by_day)) - first).days + 1)]
    alike = [date for date in dates if date.weekday() == day.weekday() and date != day]
    return _share_open(sold, alike if len(alike) >= LEAST_ALIKE else dates) >= HALF


def _share_open(sold: _Sold, dates: Iterable[dt.date]) -> float:
    known = list(dates)
    return sum(date in sold.by_day for date in known) / len(known) if known else 0.0
