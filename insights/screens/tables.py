"""The sales table: categories, and the products of one; sortable, with what changed and the way to the lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.urls import reverse

from insights.screens.asked import NO_CATEGORY, Asked
from insights.screens.figures import exact
from inventory.models import Category, Product
from sales import reports
from sales.measures import Sums, measure
from sales.reports import Row
from shop import formats

ROWS = 50
COLUMNS = {"net": "Net sales", "change": "Change", "units": "Units", "discount": "Discounts", "margin": "Margin"}
WIDE_ONLY = frozenset({"units", "discount"})


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that sorts. `sorted` is the aria-sort word, empty where the table is sorted by another."""

    name: str
    url: str
    sorted: str = ""
    wide_only: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    wide_only: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row. `url` leads deeper (a category's products, a product's page), `lines_url` to the lines."""

    name: str
    sku: str
    url: str
    lines_url: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    word: str
    columns: list[Column]
    lines: list[Line]
    total: tuple[Cell, ...]
    page: Page[Any]
    up_url: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A category or product with its change of net sales; None where nothing is compared."""

    row: Row
    change: Decimal | None


def table(asked: Asked, currency: str, *, with_cost: bool, compare: bool) -> Table:
    """The rows asked for, sorted and cut into pages; the total is of all of them."""
    found = rows(asked, compare=compare)
    keys = [
        key
        for key in COLUMNS
        if (key != "margin" or with_cost) and (key != "change" or any(one.change is not None for one in found))
    ]
    key, down = _order(asked, keys)
    found.sort(key=lambda one: _sortable(one, key), reverse=down)
    page = Paginator(found, ROWS).get_page(asked.page)
    deep = bool(asked.category) or asked.by == "product"
    return Table(
        title=_title(asked),
        word="products" if deep else "categories",
        columns=[
            Column(
                "Product" if deep else "Category",
                _sort_url(asked, "name", key, down=down),
                _aria(key, "name", down=down),
            )
        ]
        + [
            Column(
                COLUMNS[k], _sort_url(asked, k, key, down=down), _aria(key, k, down=down), k in ("discount", "units")
            )
            for k in keys
        ],
        lines=[_line(one, asked, keys, currency, deep=deep) for one in page],
        total=_cells(_total(found), keys, currency),
        page=page,
        up_url=asked.url(category="", by="", sort="") if deep else "",
    )


def rows(asked: Asked, *, compare: bool) -> list[Found]:
    """Categories; or products, of one category where it is asked for."""
    period, branch = asked.choice.counted, asked.branch_id
    if asked.by != "product" and not asked.category:
        now = reports.by_category(period, branch=branch)
        before = _categories_before(asked) if compare else None
    else:
        now = _products(asked, period)
        before = _products(asked, asked.choice.against) if compare and asked.choice.against else None
    if before is None:
        return [Found(row, None) for row in now]
    was = {row.id: row.sums.net for row in before}
    gone = [Row(row.id, row.name, Sums.zero(), row.sku) for row in before if row.id not in {r.id for r in now}]
    return [Found(row, row.sums.net - was.get(row.id, Decimal(0))) for row in [*now, *gone]]


def _categories_before(asked: Asked) -> list[Row]:
    choice, branch = asked.choice, asked.branch_id
    if choice.against:
        return reports.by_category(choice.against, branch=branch)
    return reports.usual_by_category(choice.counted, branch=branch)


def _products(asked: Asked, period: Any) -> list[Row]:
    if asked.category != NO_CATEGORY:
        category = int(asked.category) if asked.category else None
        return reports.by_product(period, branch=asked.branch_id, category=category)
    loose = set(Product.objects.filter(category=None).values_list("pk", flat=True))
    return [row for row in reports.by_product(period, branch=asked.branch_id) if row.id is None or row.id in loose]


def _title(asked: Asked) -> str:
    if asked.category == NO_CATEGORY:
        return "No category"
    if asked.category:
        found = Category.objects.filter(pk=int(asked.category)).first()
        return found.name if found else "Unknown category"
    return "Products" if asked.by == "product" else "Categories"


def _order(asked: Asked, keys: list[str]) -> tuple[str, bool]:
    key = asked.sort.removeprefix("-")
    if key not in {*keys, "name"}:
        return "net", True
    return key, asked.sort.startswith("-")


def _sortable(one: Found, key: str) -> tuple[Any, ...]:
    if key == "name":
        return (one.row.name.casefold(), one.row.id or 0)
    value = _value(one, key)
    return (value is not None, value or 0, one.row.id or 0)


def _value(one: Found, key: str) -> Decimal | None:
    sums = one.row.sums
    if key == "margin":
        return measure("gross_margin_share").of(sums)
    if key == "change":
        return one.change
    return {"net": sums.net, "units": sums.units, "discount": sums.discount}[key]


def _sort_url(asked: Asked, key: str, current: str, *, down: bool) -> str:
    """First press: largest first, names from A. Second press: the other way round."""
    descending = not down if key == current else key != "name"
    return asked.url(sort=f"-{key}" if descending else key)


def _aria(current: str, key: str, *, down: bool) -> str:
    return ("descending" if down else "ascending") if key == current else ""


def _line(one: Found, asked: Asked, keys: list[str], currency: str, *, deep: bool) -> Line:
    row = one.row
    if deep:
        url = reverse("insights:product_detail", args=[row.id]) if row.id else ""
        lines_url = asked.lines_url(product=str(row.id) if row.id else "none")
    else:
        key = str(row.id) if row.id else NO_CATEGORY
        url, lines_url = asked.url(category=key, sort="", by=""), asked.lines_url(category=key)
    return Line(row.name, row.sku, url, lines_url, _cells(one, keys, currency))


def _cells(one: Found, keys: list[str], currency: str) -> tuple[Cell, ...]:
    return tuple(Cell(_written(one, key, currency), key in WIDE_ONLY) for key in keys)


def _written(one: Found, key: str, currency: str) -> str:
    value = _value(one, key)
    if key == "units":
        return formats.units(value)
    if key == "change":
        return formats.money(value, currency, sign=True)
    measures = {"net": "net_sales", "discount": "discounts", "margin": "gross_margin_share"}
    return exact(measure(measures[key]), value, currency)


def _total(found: list[Found]) -> Found:
    changes = [one.change for one in found if one.change is not None]
    sums = sum((one.row.sums for one in found), Sums.zero())
    return Found(Row(None, "All", sums), sum(changes, Decimal(0)) if changes else None)
