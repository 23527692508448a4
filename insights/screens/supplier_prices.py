"""What suppliers' new prices do to costs and margins, and the shelf prices that would keep the margins."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F
from django.utils import timezone

from insights.downloads import File
from inventory import prices, supplier_prices
from inventory.models import PriceBatch, PriceBatchLine, Supplier, SupplierItem, SupplierPrice
from inventory.pricing import margin
from shop import formats
from shop.csvout import Cell, amount
from shop.models import Shop

ROWS = 50
SHOWS = {"": "To look at", "left": "Put aside", "taken": "Taken over", "unknown": "None of your products yet"}
COLUMNS = (
    "supplier", "code", "product", "name", "from_date", "cost_before", "cost", "margin_before", "margin", "price",
    "price_to_keep_margin", "state",
)  # fmt: skip
State = SupplierPrice.State


@dataclass(frozen=True, slots=True)
class Search:
    supplier: Supplier | None
    suppliers: tuple[Supplier, ...]
    show: str
    page: str


@dataclass(frozen=True, slots=True)
class Row:
    """`change` is the cost's, written; `keeps` the shelf price that keeps the margin, `batch` the draft that has the
    product."""

    price: SupplierPrice
    before: Decimal | None
    change: str
    is_up: bool
    shelf: Decimal | None
    margin_before: Decimal | None
    margin: Decimal | None
    keeps: Decimal | None
    batch: PriceBatch | None

    @property
    def moves(self) -> bool:
        return self.keeps is not None and self.keeps != self.shelf


@dataclass(frozen=True, slots=True)
class CostsScreen:
    """`items` are articles that are no product of ours yet, in place of rows."""

    rows: list[Row]
    items: list[SupplierItem]
    page: Page[Any]
    shows: Mapping[str, str]
    waiting: int
    up: int
    unknown: int
    any_list: bool


def read(given: Mapping[str, str]) -> Search:
    """Read an address. What is not known is as not said."""
    suppliers = tuple(Supplier.objects.filter(items__isnull=False).distinct().order_by("name"))
    show = given.get("show", "")
    return Search(
        supplier=next((one for one in suppliers if str(one.pk) == given.get("supplier", "")), None),
        suppliers=suppliers,
        show=show if show in SHOWS else "",
        page=given.get("page", "1"),
    )


def build(search: Search, shop: Shop) -> CostsScreen:
    """A page of prices or of unknown articles; a fixed number of queries."""
    waiting = _found(Search(search.supplier, search.suppliers, "", ""))
    unknown = _unknown(search)
    found = unknown if search.show == "unknown" else _found(search)
    page = Paginator(found, ROWS).get_page(search.page)
    listed = list(page)
    return CostsScreen(
        rows=[] if search.show == "unknown" else rows_of(listed, shop),
        items=listed if search.show == "unknown" else [],
        page=page,
        shows=SHOWS,
        waiting=waiting.count(),
        up=waiting.filter(cost__gt=F("item__product__cost")).count(),
        unknown=unknown.count(),
        any_list=bool(search.suppliers),
    )


def rows_of(found: Collection[SupplierPrice], shop: Shop) -> list[Row]:
    """What these prices do; six queries, however many."""
    products = {row.item.product_id: row.item.product for row in found}
    shelf = prices.regular_prices(None, timezone.now(), list(products))
    wanted = [(row.item.product, shelf[row.item.product_id], row.cost) for row in found if row.state != State.TAKEN]
    keeps = supplier_prices.keeping_prices(shop, wanted)
    drafts = _drafts(list(products))
    return [_row(row, shelf[row.item.product_id], keeps, drafts, shop) for row in found]


def prices_that_keep(chosen: Collection[int], shop: Shop) -> dict[int, Decimal]:
    """For these supplier's prices (ids): products and the shelf prices that keep their margins, where those move."""
    found = list(_all().filter(pk__in=chosen).order_by("from_date", "pk"))
    return {row.price.item.product_id: row.keeps for row in rows_of(found, shop) if row.keeps is not None and row.moves}


def as_file(search: Search, shop: Shop) -> File:
    """The list as a file."""
    return File("supplier_prices", COLUMNS, _cells(_found(search), shop))


def _all() -> Any:
    related = "item__supplier", "item__product__tax_rate"
    return SupplierPrice.objects.filter(item__product__is_active=True).select_related(*related)


def _found(search: Search) -> Any:
    state = search.show if search.show in (State.LEFT, State.TAKEN) else State.WAITING
    found = _all().filter(state=state)
    if state == State.TAKEN:
        found = found.exclude(decided_at=None)  # a price the product had already is nothing anybody took over
    if search.supplier:
        found = found.filter(item__supplier=search.supplier)
    order = ("-decided_at",) if state == State.TAKEN else ("item__supplier__name", "item__product__name", "from_date")
    return found.order_by(*order, "pk")


def _unknown(search: Search) -> Any:
    found = SupplierItem.objects.filter(product=None, is_listed=True).select_related("supplier")
    if search.supplier:
        found = found.filter(supplier=search.supplier)
    return found.order_by("supplier__name", "code")


def _drafts(products: list[int]) -> dict[int, PriceBatch]:
    lines = PriceBatchLine.objects.filter(batch__state=PriceBatch.State.DRAFT, product__in=products)
    return {line.product_id: line.batch for line in lines.select_related("batch").order_by("batch_id")}


def _row(
    row: SupplierPrice,
    shelf: Decimal | None,
    keeps: Mapping[int, Decimal],
    drafts: Mapping[int, PriceBatch],
    shop: Shop,
) -> Row:
    product = row.item.product
    before = row.cost_before if row.state == State.TAKEN else product.cost
    rate = product.tax_rate.rate if product.tax_rate else None
    included = shop.prices_include_tax
    return Row(
        price=row,
        before=before,
        change=formats.percent(abs(row.cost - before) / before) if before else "",
        is_up=before is not None and row.cost > before,
        shelf=shelf,
        margin_before=margin(shelf, before, rate, prices_include_tax=included),
        margin=margin(shelf, row.cost, rate, prices_include_tax=included),
        keeps=keeps.get(product.pk),
        batch=drafts.get(product.pk),
    )


def _cells(found: Any, shop: Shop) -> Iterator[tuple[Cell, ...]]:
    pages = Paginator(found, 500)
    for number in pages.page_range:
        for row in rows_of(list(pages.page(number)), shop):
            item = row.price.item
            named = item.supplier.name, item.code, item.product.sku, item.product.name, row.price.from_date
            shares = (None if one is None else round(one, 4) for one in (row.margin_before, row.margin))
            money = amount(row.before), amount(row.price.cost), *shares, amount(row.shelf), amount(row.keeps)
            yield *named, *money, row.price.get_state_display()
