"""The product list, with stock and what sold lately for the roles that may see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Case, Q, Sum, When

from insights.search.find import find
from inventory.models import Category, Product, StockLevel
from sales import rollups
from sales.models import ProductDay
from shop.periods import Period
from shop.roles import Can, may

ROWS = 50
RECENT_DAYS = 28
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
    comes_closest: bool  # nothing has the words searched for


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
    """The products asked for, none that was merged. A search looks through those not on sale too."""
    rows = _answering(search.words) if search.words else Product.objects.order_by("name", "pk")
    rows = rows.standing()
    if search.category:
        rows = rows.filter(Q(category=search.category) | Q(category__parent=search.category))
    if search.show == "review":
        return rows.to_review()
    if search.show == "no-cost":
        return rows.filter(cost=None)
    if search.show == "off":
        return rows.filter(is_active=False)
    return rows if search.show == "all" or search.words else rows.active()


def _answering(words: str) -> Any:
    """What has these words in its name, SKU or barcode; where nothing has, what comes closest, nearest first."""
    rows = Product.objects.standing().matching(words)
    if rows.exists():
        return rows.order_by("name", "pk")
    near = [hit.pk for hit in find(words)]
    places = [When(pk=pk, then=place) for place, pk in enumerate(near)]
    return Product.objects.filter(pk__in=near).order_by(Case(*places, default=0), "pk")


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
        comes_closest=bool(search.words and page) and not Product.objects.matching(search.words).exists(),
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
