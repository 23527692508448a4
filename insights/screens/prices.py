"""The prices the last run of the price analysis advises, narrowed and sorted, and what is in a batch already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, DecimalField, F, Q, QuerySet, Value, When
from django.db.models.functions import Abs

from insights.downloads import File
from insights.models import PriceAdvice, Run
from inventory.models import Category, PriceBatch, PriceBatchLine, Product
from shop import formats
from shop.csvout import Cell, amount

ROWS = 50
SHOWS = {"": "To change", "key": "Key items to change", "stay": "To keep", "all": "All"}
SORTS = {"": "most gained first", "move": "largest change first", "name": "by name"}
COLUMNS = (
    "product", "name", "price_now", "advised", "units_now", "units", "margin_now", "margin", "change", "change_low",
    "change_high", "key_item", "why_not",
)  # fmt: skip
_MOVES = ~Q(price=None) & ~Q(price=F("price_now"))


@dataclass(frozen=True, slots=True)
class Search:
    words: str
    category: Category | None
    categories: tuple[Category, ...]
    show: str
    sort: str
    page: str

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.category or self.show)


@dataclass(frozen=True, slots=True)
class Row:
    """`move` is the change of the price as a share, written; `batch` the draft that has the product."""

    advice: PriceAdvice
    move: str
    batch: PriceBatch | None

    @property
    def moves(self) -> bool:
        return self.advice.price is not None and self.advice.price != self.advice.price_now


@dataclass(frozen=True, slots=True)
class PricesScreen:
    run: Run | None
    rows: list[Row]
    page: Page[Any] | None
    drafts: list[PriceBatch]
    moves: int
    gain: Decimal | None
    shows: Mapping[str, str]
    sorts: Mapping[str, str]


def read(given: Mapping[str, str]) -> Search:
    """Read an address. What is not known is as not said."""
    categories = tuple(Category.objects.order_by("name"))
    show, sort = given.get("show", ""), given.get("sort", "")
    return Search(
        words=given.get("q", "").replace("\x00", "").strip()[:100],
        category=next((one for one in categories if str(one.pk) == given.get("category", "")), None),
        categories=categories,
        show=show if show in SHOWS else "",
        sort=sort if sort in SORTS else "",
        page=given.get("page", "1"),
    )


def build(search: Search) -> PricesScreen:
    """A page of advised prices; a fixed number of queries."""
    drafts = list(PriceBatch.objects.filter(state=PriceBatch.State.DRAFT).order_by("-pk")[:10])
    run: Run | None = Run.objects.latest_done("pricing")
    if run is None:
        return PricesScreen(None, [], None, drafts, 0, None, SHOWS, SORTS)
    page = Paginator(_found(run, search), ROWS).get_page(search.page)
    listed = list(page)
    batched = _batched([row.product_id for row in listed], drafts)
    gains = [change for change in _moving(run).values_list("change", flat=True) if change is not None]
    return PricesScreen(
        run=run,
        rows=[Row(row, _move(row), batched.get(row.product_id)) for row in listed],
        page=page,
        drafts=drafts,
        moves=len(gains),
        gain=sum(gains, Decimal(0)) if gains else None,
        shows=SHOWS,
        sorts=SORTS,
    )


def of_advice(search: Search) -> File:
    """The list as a file."""
    run = Run.objects.latest_done("pricing")
    return File("advised_prices", COLUMNS, _cells(_found(run, search)) if run else ())


def rows() -> Iterator[tuple[Cell, ...]]:
    """Everything the last run says of prices, by name."""
    run = Run.objects.latest_done("pricing")
    if run is not None:
        yield from _cells(_found(run, read({"show": "all", "sort": "name"})))


def advised(products: list[int]) -> dict[int, Decimal]:
    """The advised price of each of these products (ids) that should move."""
    run = Run.objects.latest_done("pricing")
    if run is None:
        return {}
    found = _moving(run).filter(product__in=products).values_list("product_id", "price")
    return {product: price for product, price in found if price is not None}


def _moving(run: Run) -> QuerySet[PriceAdvice]:
    found: QuerySet[PriceAdvice] = PriceAdvice.objects.filter(_MOVES, run=run, product__is_active=True)
    return found


def _found(run: Run, search: Search) -> QuerySet[PriceAdvice]:
    found = PriceAdvice.objects.filter(run=run, product__is_active=True).select_related("product")
    if search.show in ("", "key"):
        found = found.filter(_MOVES)
    elif search.show == "stay":
        found = found.exclude(_MOVES)
    if search.show == "key":
        found = found.filter(is_key=True)
    if search.words:
        found = found.filter(product__in=Product.objects.matching(search.words))
    if search.category:
        found = found.filter(Q(product__category=search.category) | Q(product__category__parent=search.category))
    if search.sort == "move":
        share = Abs((F("price") - F("price_now")) / F("price_now"))
        known = When(_MOVES & Q(price_now__gt=0), then=share)
        found = found.annotate(move=Case(known, default=Value(Decimal(0)), output_field=DecimalField()))
        return found.order_by("-move", "product_id")  # type: ignore[no-any-return]
    if search.sort == "name":
        return found.order_by("product__name", "product_id")  # type: ignore[no-any-return]
    return found.order_by(F("change").desc(nulls_last=True), "product_id")  # type: ignore[no-any-return]


def _batched(products: list[int], drafts: list[PriceBatch]) -> dict[int, PriceBatch]:
    by_id = {batch.pk: batch for batch in drafts}
    lines = PriceBatchLine.objects.filter(batch__in=by_id, product__in=products).order_by("batch_id")
    return {product: by_id[batch] for product, batch in lines.values_list("product_id", "batch_id")}


def _move(row: PriceAdvice) -> str:
    if row.price is None or not row.price_now or row.price == row.price_now:
        return ""
    return formats.percent((row.price - row.price_now) / row.price_now, sign=True)


def _cells(found: QuerySet[PriceAdvice]) -> Iterator[tuple[Cell, ...]]:
    for row in found.iterator(chunk_size=2000):
        units = (Decimal(f"{value:.2f}") for value in (row.units_now, row.units))
        money = row.margin_now, row.margin, row.change, row.change_low, row.change_high
        named = row.product.sku, row.product.name, amount(row.price_now), amount(row.price)
        yield *named, *units, *map(amount, money), "yes" if row.is_key else "no", row.why_not
