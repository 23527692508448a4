"""What expires when, how much of it should still sell, and what that leaves at risk."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils.safestring import SafeString

from insights.charts.stock import stacked
from insights.stock_reports import daily_demand
from inventory.reports_lots import LotLeft
from inventory.reports_lots import expiring as lots_expiring
from shop import formats
from shop.models import Shop

AHEAD = 90
CHART_DAYS = 14
SOON = 7
ZERO = Decimal(0)
# The last day of a bucket, counted from today; the first holds what is past its date.
BUCKETS = (
    (-1, "Past its date"),
    (0, "Today"),
    (3, "In 3 days"),
    (7, "In 7 days"),
    (30, "In 30 days"),
    (90, "In 90 days"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A lot with a date, how much of it should sell before, and what that leaves at risk."""

    lot: LotLeft
    sells: Decimal
    in_days: int

    @property
    def risk(self) -> Decimal:
        return self.lot.quantity - self.sells

    @property
    def risk_value(self) -> Decimal | None:
        return None if self.lot.cost is None else self.risk * self.lot.cost


@dataclass(frozen=True, slots=True)
class Day:
    """All that expires on one day."""

    date: dt.date
    in_days: int
    rows: tuple[Row, ...]

    @property
    def value(self) -> Decimal:
        return sum((row.lot.value or ZERO for row in self.rows), ZERO)

    @property
    def risk_value(self) -> Decimal:
        return sum((row.risk_value or ZERO for row in self.rows), ZERO)


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    lots: int
    value: Decimal
    risk: Decimal


@dataclass(frozen=True, slots=True)
class Expiring:
    """`days` are those of the list, `bars` the first 14 of them drawn; `soon` counts the lots of the next week."""

    lead: str
    days: list[Day]
    buckets: list[Bucket]
    bars: SafeString
    summary: str
    table: list[dict[str, object]]
    columns: tuple[str, ...]
    soon: int


def rows(today: dt.date, *, branch: int | None = None, supplier: int | None = None) -> list[Row]:
    """Every lot in stock whose date is past or within 90 days. What expires first is taken to sell first."""
    lots = lots_expiring(today + dt.timedelta(days=AHEAD), branch=branch, supplier=supplier)
    daily = daily_demand(today, list({lot.product for lot in lots}))
    sold: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    found = []
    for lot in lots:
        key, in_days = (lot.branch, lot.product), ((lot.date or today) - today).days
        reach = daily.get(key, ZERO) * max(in_days + 1, 0)
        sells = min(lot.quantity, max(reach - sold[key], ZERO))
        sold[key] += sells
        found.append(Row(lot, sells, in_days))
    return found


def expiring(
    today: dt.date, shop: Shop, *, sees_cost: bool, branch: int | None = None, supplier: int | None = None
) -> Expiring:
    """The list, its buckets and its bars: at cost for roles that may see it, else in units."""
    found = rows(today, branch=branch, supplier=supplier)
    days = [
        Day(date, (date - today).days, tuple(of)) for date, of in groupby(found, key=lambda row: row.lot.date or today)
    ]
    labels, sells, risks = _chart(found, today, sees_cost=sees_cost)
    summary = _summary(sells, risks, shop, sees_cost=sees_cost)
    title = "What expires in the next 14 days"
    return Expiring(
        lead=_lead(found, today),
        days=days,
        buckets=_buckets(found),
        bars=stacked(labels, sells, risks, f"{title}. {summary}"),
        summary=summary,
        table=_table(labels, sells, risks, shop, sees_cost=sees_cost),
        columns=("Day", "Should sell", "At risk"),
        soon=sum(row.in_days <= SOON for row in found),
    )


def _chart(found: list[Row], today: dt.date, *, sees_cost: bool) -> tuple[list[str], list[Decimal], list[Decimal]]:
    sells, risks = [ZERO] * CHART_DAYS, [ZERO] * CHART_DAYS
    for row in found:
        if 0 <= row.in_days < CHART_DAYS:
            each = (row.lot.cost or ZERO) if sees_cost else Decimal(1)
            sells[row.in_days] += row.sells * each
            risks[row.in_days] += row.risk * each
    dates = [today + dt.timedelta(days=ahead) for ahead in range(CHART_DAYS)]
    return [formats.day_of_month(date, today) for date in dates], sells, risks


def _summary(sells: list[Decimal], risks: list[Decimal], shop: Shop, *, sees_cost: bool) -> str:
    risk, whole = sum(risks, ZERO), sum(risks, ZERO) + sum(sells, ZERO)
    if not whole:
        return "Nothing with a date expires in the next 14 days."
    if sees_cost:
        words = formats.money_short(whole, shop.currency), formats.money_short(risk, shop.currency)
        return f"{words[0]} at cost expires in the next 14 days; {words[1]} of it is not expected to sell in time."
    words = formats.units(formats.rounded(whole, 0)), formats.units(formats.rounded(risk, 0))
    return f"{words[0]} units expire in the next 14 days; about {words[1]} of them are not expected to sell in time."


def _table(
    labels: list[str], sells: list[Decimal], risks: list[Decimal], shop: Shop, *, sees_cost: bool
) -> list[dict[str, object]]:
    def write(value: Decimal) -> str:
        return formats.money(value, shop.currency) if sees_cost else formats.units(formats.rounded(value, 1))

    return [{"cells": (name, write(a), write(b)), "url": ""} for name, a, b in zip(labels, sells, risks, strict=True)]


def _buckets(found: list[Row]) -> list[Bucket]:
    made, since = [], None
    for last, name in BUCKETS:
        mine = [row for row in found if row.in_days <= last and (since is None or row.in_days > since)]
        value = sum((row.lot.value or ZERO for row in mine), ZERO)
        made.append(Bucket(name, len(mine), value, sum((row.risk_value or ZERO for row in mine), ZERO)))
        since = last
    return made


def _lead(found: list[Row], today: dt.date) -> str:
    past = sum(row.in_days < 0 for row in found)
    soon = sum(0 <= row.in_days <= SOON for row in found)
    if past:
        return f"{past} lot{'s are' if past != 1 else ' is'} past the date: write off what is left."
    if soon:
        return f"{soon} lot{'s' if soon != 1 else ''} expire{'' if soon != 1 else 's'} within a week."
    first = next((row.lot.date for row in found if row.lot.date), None)
    if first is None:
        return "Nothing with a date is in stock, or its lots have none."
    return f"Nothing expires before {formats.day(first, today)}."
