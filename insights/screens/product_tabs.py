"""The tabs of a product that tell what it is, what it sold, what there is of it and who changed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from insights import charts
from insights.screens import came_with, demand
from insights.screens.came_with import Came
from insights.screens.panels import Panel, panel
from insights.screens.products import recent
from inventory import reports as stock
from inventory.models import Barcode, Product, ShelfPrice, StockMovement
from inventory.reports import LotRow, StockRow
from sales import reports
from sales.measures import Sums, measure
from shop import history
from shop.history import Entry
from shop.models import Shop
from shop.periods import Period
from shop.roles import Can, may

CHART_WEEKS = 12
LEDGER_LINES = 20
HISTORY_LINES = 50
COST: history.Hidden = {Product: frozenset({"cost"})}


@dataclass(frozen=True, slots=True)
class Sold:
    """What sold in twelve weeks, and of it in the last 28 days."""

    chart: Panel[charts.Chart]
    recent: Sums


@dataclass(frozen=True, slots=True)
class Overview:
    barcodes: list[Barcode]
    stock: list[StockRow]
    sold: Sold | None


@dataclass(frozen=True, slots=True)
class Demand:
    """`forecast` where the last forecast knows the product, else what it sold."""

    forecast: Panel[demand.Demand | None]
    sold: Sold


@dataclass(frozen=True, slots=True)
class Stock:
    levels: list[StockRow]
    lots: list[LotRow]
    ledger: list[StockMovement]


def overview(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> Overview:
    see_sales = may(role, Can.SEE_SALES)
    return Overview(
        barcodes=list(product.barcodes.all()),
        stock=stock.stock_now(product=product.pk) if may(role, Can.SEE_STOCK) else [],
        sold=_sold(product, _days(product, shop.today()), shop.today()) if see_sales else None,
    )


def demand_of(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> Demand:
    today = shop.today()
    days = _days(product, today)
    return Demand(panel(lambda: demand.build(product, shop, days, today)), _sold(product, days, today))


def stock_of(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> Stock:
    newest = StockMovement.objects.filter(product=product).order_by("-occurred_at", "-id")
    lots = stock.stock_by_lot(product=product.pk)
    return Stock(
        levels=stock.stock_now(product=product.pk),
        lots=[lot for lot in lots if lot.lot or lot.best_before or lot.use_by],
        ledger=list(newest.select_related("branch", "lot")[:LEDGER_LINES]),
    )


@dataclass(frozen=True, slots=True)
class Story:
    """Who changed what, and the imports it came with."""

    entries: list[Entry]
    came: list[Came]


def history_of(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> Story:
    """The latest changes of the product, its barcodes and its prices at a branch or for a time."""
    changes = history.of_row(product, [(Barcode, "product_id"), (ShelfPrice, "product_id")])
    entries = history.in_words(changes[:HISTORY_LINES], {} if may(role, Can.SEE_COST) else COST)
    return Story(entries, came_with.of_product(product, role))


def _days(product: Product, today: dt.date) -> dict[dt.date, Sums]:
    return reports.by_day_of_product(Period.ending(today - dt.timedelta(days=1), days=7 * CHART_WEEKS), product.pk)


def _sold(product: Product, days: dict[dt.date, Sums], today: dt.date) -> Sold:
    last = recent(today)
    lately = sum((sums for day, sums in days.items() if day in last), Sums.zero())
    return Sold(panel(lambda: _chart(product, days, today)), lately)


def _chart(product: Product, days: dict[dt.date, Sums], today: dt.date) -> charts.Chart:
    """Units a week, whole weeks up to yesterday."""
    units, dates = measure("units"), list(days)
    weeks = [dates[start : start + 7] for start in range(0, len(dates), 7)]
    values = [units.of(sum((days[day] for day in week), Sums.zero())) for week in weeks]
    word = "Kilograms sold" if product.unit == Product.Unit.KILOGRAM else "Pieces sold"
    return charts.line(
        f"{word}, last {CHART_WEEKS} weeks",
        [week[0] for week in weeks],
        [charts.Series(word, values)],
        charts.count(),
        step="week",
        links=[_week_url(product, week) for week in weeks],
        today=today,
    )


def _week_url(product: Product, week: list[dt.date]) -> str:
    said: dict[str, Any] = {"from": week[0].isoformat(), "to": week[-1].isoformat(), "product": product.pk}
    return f"{reverse('insights:line_list')}?{urlencode(said)}"
