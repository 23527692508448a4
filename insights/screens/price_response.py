"""What a price does to sales, as the last run of the price analysis told it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q

from insights.analyses.pricing.analysis import STEP
from insights.downloads import File
from insights.elasticities import PriceEffect, effect
from insights.models import Elasticity, Run
from inventory.models import Category, Product
from shop.csvout import Cell

ROWS = 50
SORTS = {"": "most lost first", "least": "least lost first", "name": "by name"}
COLUMNS = ("product", "elasticity", "low80", "high80", "observations")


@dataclass(frozen=True, slots=True)
class Search:
    words: str
    category: Category | None
    categories: tuple[Category, ...]
    sort: str
    page: str


@dataclass(frozen=True, slots=True)
class PricesScreen:
    run: Run | None
    effects: list[PriceEffect]
    page: Page[Any] | None
    sorts: Mapping[str, str]
    step: str = f"{STEP:.0%}"


def read(given: Mapping[str, str]) -> Search:
    """Read an address. What is not known is as not said."""
    categories = tuple(Category.objects.order_by("name"))
    sort = given.get("sort", "")
    return Search(
        words=given.get("q", "").replace("\x00", "").strip()[:100],
        category=next((one for one in categories if str(one.pk) == given.get("category", "")), None),
        categories=categories,
        sort=sort if sort in SORTS else "",
        page=given.get("page", "1"),
    )


def build(search: Search) -> PricesScreen:
    run = Run.objects.latest_done("pricing")
    if run is None:
        return PricesScreen(None, [], None, SORTS)
    page = Paginator(_found(run, search), ROWS).get_page(search.page)
    return PricesScreen(run, [effect(row) for row in page], page, SORTS)


def of_prices(search: Search) -> File:
    """The table as a file."""
    run = Run.objects.latest_done("pricing")
    return File("elasticities", COLUMNS, _cells(_found(run, search)) if run else ())


def rows() -> Iterator[tuple[Cell, ...]]:
    """Every product of the last run."""
    run = Run.objects.latest_done("pricing")
    if run is not None:
        yield from _cells(_found(run, read({"sort": "name"})))


def _found(run: Run, search: Search) -> Any:
    found = Elasticity.objects.filter(run=run).select_related("product")
    if search.words:
        found = found.filter(product__in=Product.objects.matching(search.words))
    if search.category:
        within = Q(product__category=search.category) | Q(product__category__parent=search.category)
        found = found.filter(within)
    order = {"": ("value", "pk"), "least": ("-value", "pk"), "name": ("product__name", "pk")}
    return found.order_by(*order[search.sort])


def _cells(found: Any) -> Iterator[tuple[Cell, ...]]:
    for row in found.iterator(chunk_size=2000):
        figures = (Decimal(f"{value:.4f}") for value in (row.value, row.low80, row.high80))
        yield row.product.sku, *figures, row.observations
