"""The product list and one product: facts, stock, prices and what it sold. Cost only for roles that may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Q, Sum
from django.urls import reverse

from insights import charts
from insights.screens import demand
from insights.screens.panels import Panel, panel
from inventory import reports as stock
from inventory.models import Category, Product, StockLevel, StockMovement
from inventory.reports import ComparablePrice, LotRow, StockRow
from sales import reports, rollups
from sales.measures import Sums, measure
from sales.models import ProductDay
from shop.models import Shop
from shop.periods import Period
from shop.roles import Can, may

ROWS = 50
RECENT_DAYS = 28
CHART_WEEKS = 12
LEDGER_LINES = 12
SHOWS = {"": "On sale", "review": "To review", "no-cost": "Without a cost", "off": "Not on sale", "all": "All"}


@dataclass(frozen=True, slots=True)
class Search:
    """What the list is narrowed to."""

    words: str
    category: Category | None
    categories: tuple[Category, ...]
    show: str
    shows: Mapping[str, str]
    page: str

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.category or self.show)


@dataclass(frozen=True, slots=True)
class ProductsScreen:
    search: Search
    rows: list[dict[str, Any]]
    page: Page[Any]
    to_review: int
    title: str


def read(given: Mapping[str, str], role: str) -> Search:
    """Read an address. An unknown or foreign category is as none."""
    categories = tuple(Category.objects.order_by("name"))
    shows = {key: words for key, words in SHOWS.items() if key != "no-cost" or may(role, Can.SEE_COST)}
    show = given.get("show", "")
    return Search(
        words=given.get("q", "").replace("\x00", "").strip()[:100],
        category=next((one for one in categories if str(one.pk) == given.get("category", "")), None),
        categories=categories,
        show=show if show in shows else "",
        shows=shows,
        page=given.get("page", "1"),
    )


def found(search: Search) -> Any:
    """The products asked for. A search looks through those not on sale too."""
    rows = Product.objects.order_by("name", "pk")
    if search.words:
        rows = rows.matching(search.words)
    if search.category:
        rows = rows.filter(Q(category=search.category) | Q(category__parent=search.category))
    if search.show == "review":
        return rows.to_review()
    if search.show == "no-cost":
        return rows.filter(cost=None)
    if search.show == "off":
        return rows.filter(is_active=False)
    return rows if search.show == "all" or search.words else rows.active()


@transaction.atomic
def build(search: Search, role: str, today: dt.date) -> ProductsScreen:
    """One page of products with stock and recent sales for the roles that may see them."""
    page = Paginator(found(search).select_related("category"), ROWS).get_page(search.page)
    ids = [product.pk for product in page]
    levels = _levels(ids) if may(role, Can.SEE_STOCK) else {}
    sold = _sold(ids, today) if may(role, Can.SEE_SALES) else {}
    return ProductsScreen(
        search=search,
        rows=[{"product": p, "stock": levels.get(p.pk), "sold": sold.get(p.pk)} for p in page],
        page=page,
        to_review=Product.objects.to_review().count(),
        title=search.category.name if search.category else SHOWS[search.show],
    )


def _levels(ids: list[int]) -> dict[int, Decimal]:
    """What all branches have together; products never counted are not in it."""
    rows = StockLevel.objects.filter(product_id__in=ids).order_by().values("product_id").annotate(all=Sum("quantity"))
    return {row["product_id"]: row["all"] for row in rows}


def _sold(ids: list[int], today: dt.date) -> dict[int, dict[str, Decimal]]:
    period = recent(today)
    rollups.refresh(period)
    rows = ProductDay.objects.within(period).filter(product_id__in=ids).summed(["product_id"], ("net", "units"))
    return {row["product_id"]: {"net": row["sum_net"], "units": row["sum_units"]} for row in rows}


def recent(today: dt.date) -> Period:
    return Period.ending(today - dt.timedelta(days=1), days=RECENT_DAYS)


# --- One product ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Price:
    """A price the product had, since when, and who set it why."""

    since: dt.datetime
    price: Decimal | None
    cost: Decimal | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ProductScreen:
    product: Product
    margin: Decimal | None
    comparable: ComparablePrice | None
    barcodes: list[Any]
    prices: list[Price]
    stock: list[StockRow]
    lots: list[LotRow]
    ledger: list[StockMovement]
    chart: Panel[charts.Chart] | None
    recent: Sums | None
    lines_url: str
    edit_url: str
    has_stock: bool
    demand: Panel[demand.Demand | None] | None


@transaction.atomic
def detail(product: Product, shop: Shop, role: str) -> ProductScreen:
    """Everything about a product that the role may see; a fixed number of queries."""
    today, see_stock, see_sales = shop.today(), may(role, Can.SEE_STOCK), may(role, Can.SEE_SALES)
    see_cost = may(role, Can.SEE_COST)
    days = _days(product, today) if see_sales else {}
    last = recent(today)
    return ProductScreen(
        product=product,
        margin=_margin(product, shop) if see_cost else None,
        comparable=stock.comparable_price(product),
        barcodes=list(product.barcodes.all()),
        prices=_prices(product, see_cost=see_cost, see_history=may(role, Can.SEE_HISTORY)),
        stock=stock.stock_now(product=product.pk) if see_stock else [],
        lots=[lot for lot in stock.stock_by_lot(product=product.pk) if lot.lot or lot.best_before or lot.use_by]
        if see_stock
        else [],
        ledger=list(_ledger(product)) if see_stock else [],
        chart=panel(lambda: _chart(product, days, shop, today)) if see_sales else None,
        recent=sum((sums for day, sums in days.items() if day in last), Sums.zero()) if see_sales else None,
        lines_url=f"{reverse('insights:line_list')}?{urlencode({'period': '12w', 'product': product.pk})}",
        edit_url=reverse("admin:inventory_product_change", args=[product.pk]) if may(role, Can.EDIT_PRODUCTS) else "",
        has_stock=see_stock,
        demand=panel(lambda: demand.build(product, shop, days, today)) if see_sales else None,
    )


def _margin(product: Product, shop: Shop) -> Decimal | None:
    """The share of today's net price that is not cost; None where price or cost is unknown."""
    if not product.price or product.cost is None:
        return None
    rate = product.tax_rate.rate if product.tax_rate else Decimal(0)
    net = product.price / (1 + rate) if shop.prices_include_tax else product.price
    return (net - product.cost) / net


def _prices(product: Product, *, see_cost: bool, see_history: bool) -> list[Price]:
    rows = product.price_changes.order_by("-effective_at", "-id")[:20]
    return [
        Price(
            since=row.effective_at,
            price=row.price,
            cost=row.cost if see_cost else None,
            who=row.actor if see_history else "",
            why=row.reason if see_history else "",
        )
        for row in rows
    ]


def _ledger(product: Product) -> Any:
    newest = StockMovement.objects.filter(product=product).order_by("-occurred_at", "-id")
    return newest.select_related("branch", "lot")[:LEDGER_LINES]


def _days(product: Product, today: dt.date) -> dict[dt.date, Sums]:
    return reports.by_day_of_product(Period.ending(today - dt.timedelta(days=1), days=7 * CHART_WEEKS), product.pk)


def _chart(product: Product, days: dict[dt.date, Sums], shop: Shop, today: dt.date) -> charts.Chart:
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
    said = {"from": week[0].isoformat(), "to": week[-1].isoformat(), "product": product.pk}
    return f"{reverse('insights:line_list')}?{urlencode(said)}"
