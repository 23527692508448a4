"""One product's demand: what sold in twelve weeks, what is expected in four, how good that was, what its price does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db.models import Sum
from django.db.models.functions import TruncDate

from insights import charts
from insights.charts.fans import OUT_OF_STOCK, PROMOTION
from insights.elasticities import PriceEffect, elasticity_of
from insights.models import ForecastSeries, Run
from insights.screens.forecast import Quality, quality, told
from insights.screens.today_outlook import FORECAST
from inventory.models import Product, StockLevel, StockMovement
from sales.measures import Sums
from sales.models import Promotion
from shop import formats
from shop.models import Shop
from shop.periods import Period

AHEAD = 28
BANDS = ("mean", "low50", "high50", "low80", "high80")


@dataclass(frozen=True, slots=True)
class Demand:
    chart: charts.Chart
    made: str
    quality: list[Quality]
    said: str
    response: PriceEffect | None


def build(product: Product, shop: Shop, days: Mapping[dt.date, Sums], today: dt.date) -> Demand | None:
    """None where the last forecast knows nothing of the product. `days` are its last days, what each sold."""
    run = Run.objects.latest_done(FORECAST)
    series = list(ForecastSeries.objects.filter(run=run, product=product).select_related("branch")) if run else []
    if run is None or not series or not days:
        return None
    expected = _expected(series, today)
    if expected is None:
        return None
    largest = max(series, key=lambda one: sum(one.mean))
    return Demand(
        chart=_chart(product, days, expected, today),
        made=f"From sales up to {formats.day(run.as_of_date, today)}",
        quality=[quality(one, shop) for one in series if one.wape is not None],
        said=told(largest.wape, largest.naive_wape, largest.coverage),
        response=elasticity_of(product),
    )


def _expected(series: Sequence[ForecastSeries], today: dt.date) -> charts.Expected | None:
    """All branches from today on. Means add up; ranges added are a little wide, since branches err apart."""
    found: dict[str, list[Decimal]] = {}
    for name in BANDS:
        rows = [_from(getattr(one, name), one.first_date, today) for one in series]
        shortest = min(len(row) for row in rows)
        found[name] = [sum(values, Decimal(0)) for values in zip(*(row[:shortest] for row in rows), strict=True)]
    return charts.Expected(**found) if found["mean"] else None


def _from(values: Sequence[float], first: dt.date, today: dt.date) -> list[Decimal]:
    start = (today - first).days
    return [Decimal(str(round(value, 3))) for value in values[start : start + AHEAD]] if start >= 0 else []


def _chart(product: Product, days: Mapping[dt.date, Sums], expected: charts.Expected, today: dt.date) -> charts.Chart:
    known = list(days.items())
    began = next((place for place, (_, sums) in enumerate(known) if sums.lines), 0)
    sold, first = [sums.units for _, sums in known[began:]], known[began][0]
    unit = "kilograms" if product.unit == Product.Unit.KILOGRAM else "pieces"
    whole = sum(expected.mean[:7], Decimal(0))
    low, high = sum(expected.low80[:7], Decimal(0)), sum(expected.high80[:7], Decimal(0))
    return charts.fan(
        f"{unit.capitalize()} sold, and expected",
        first,
        sold,
        expected,
        charts.count(),
        spans=list(_spans(product, first, days, today)),
        summary=f"The next seven days should sell about {formats.number(whole)} {unit},"
        f" and {formats.number(low)} to {formats.number(high)} by the range of 8 times in 10 of each day.",
        today=today,
    )  # fmt: skip


def _spans(product: Product, first: dt.date, days: Mapping[dt.date, Sums], today: dt.date) -> Iterator[charts.Span]:
    """Promotions, and stretches of days on which nothing sold while the days around did and the shelf was empty."""
    shown = Period(first, today + dt.timedelta(days=AHEAD))
    for promotion in Promotion.objects.touching(shown).filter(product=product):
        yield charts.Span(PROMOTION, promotion.first_date, promotion.last_date)
    for stretch in empty_days(product, list(days)):
        yield charts.Span(OUT_OF_STOCK, stretch[0], stretch[-1])


def empty_days(product: Product, days: Sequence[dt.date]) -> list[list[dt.date]]:
    """Stretches of days that ended with nothing on any followed shelf, by the ledger read backwards from now."""
    if not days:
        return []
    levels = list(StockLevel.objects.filter(product=product).values_list("quantity", "tracked_from"))
    if not levels:
        return []
    left = sum((quantity for quantity, _ in levels), Decimal(0))
    since = min(moment for _, moment in levels).date()
    moves = StockMovement.objects.filter(product=product, occurred_at__date__gte=days[0]).order_by()
    by_day = moves.values_list(TruncDate("occurred_at")).annotate(moved=Sum("quantity"))
    moved: dict[dt.date, Decimal] = dict(by_day)
    later = sum((quantity for day, quantity in moved.items() if day > days[-1]), Decimal(0))
    at_end, empty = left - later, []
    for day in reversed(days):
        if at_end <= 0 and day >= since:
            empty.append(day)
        at_end -= moved.get(day, Decimal(0))
    empty.reverse()
    runs = groupby(enumerate(empty), key=lambda pair: pair[1] - dt.timedelta(days=pair[0]))
    return [[day for _, day in stretch] for _, stretch in runs]
