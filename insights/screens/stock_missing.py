"""What is not known of products and suppliers, the most valuable first, to be filled in cell by cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory import gaps
from inventory.models import Product, Supplier
from sales import rollups
from sales.models import ProductDay
from shop import formats
from shop.csvout import amount
from shop.errors import Refused
from shop.models import Shop
from shop.periods import Period

ROWS = 30
RECENT_DAYS = 28
TITLES = {
    "cost": "Cost",
    "supplier": "Supplier",
    "pack_size": "Pieces in a case",
    "shelf_life_days": "Shelf life, days",
    "lead_time_days": "Lead time, days",
    "delivery_weekdays": "Delivery days",
    "email": "Email for orders",
}
GAPS = {
    "cost": Q(cost=None),
    "supplier": Q(supplier=None),
    "pack_size": Q(pack_size=None),
    "shelf_life_days": Q(shelf_life_days=None),
}
SUPPLIER_GAPS = {
    "lead_time_days": Q(lead_time_days=None),
    "delivery_weekdays": Q(delivery_weekdays=""),
    "email": Q(email=""),
}
ANY_GAP = GAPS["cost"] | GAPS["supplier"] | GAPS["pack_size"] | GAPS["shelf_life_days"]
ANY_SUPPLIER_GAP = SUPPLIER_GAPS["lead_time_days"] | SUPPLIER_GAPS["delivery_weekdays"] | SUPPLIER_GAPS["email"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one row, as it is filled in."""

    of: str
    pk: int
    name: str
    field: str
    value: str
    written: str = ""
    error: str = ""
    saved: bool = False

    @property
    def title(self) -> str:
        return TITLES[self.field]

    @property
    def missing(self) -> bool:
        return not self.value

    @property
    def days(self) -> list[dict[str, Any]]:
        """The days of the week, for delivery days."""
        return [
            {"key": str(key), "name": name, "short": name[:2], "on": str(key) in self.value}
            for key, name in enumerate(formats.WEEKDAYS)
        ]


@dataclass(frozen=True, slots=True)
class Row:
    pk: int
    name: str
    sub: str
    net: Decimal
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """For how much of the sales something is known: "Cost known for 92 % of sales"."""

    key: str
    title: str
    share: Decimal | None
    missing: int

    @property
    def per_cent(self) -> int:
        return int((self.share or 0) * 100)


@dataclass(frozen=True, slots=True)
class Asks:
    """`of`: products or suppliers; `what`: one gap only."""

    of: str
    what: str
    page: str


@dataclass(frozen=True, slots=True)
class MissingScreen:
    asks: Asks
    rows: list[Row]
    page: Page[Any]
    columns: list[str]
    progress: list[Known]
    suppliers: list[Supplier]


def read(given: Mapping[str, str], shop: Shop) -> Asks:
    of = "suppliers" if given.get("of") == "suppliers" else "products"
    known = SUPPLIER_GAPS if of == "suppliers" else GAPS
    what = given.get("what", "")
    return Asks(of, what if what in known else "", given.get("page", "1"))


def build(asks: Asks, shop: Shop) -> MissingScreen:
    """One page of rows with a gap: the more they sold in the last 28 days, the higher."""
    progressed = progress(shop)
    rows = _suppliers(asks, shop) if asks.of == "suppliers" else _products(asks, shop)
    page = Paginator(rows, ROWS).get_page(asks.page)
    fields = list(SUPPLIER_GAPS if asks.of == "suppliers" else GAPS)
    return MissingScreen(
        asks=asks,
        rows=[_row(one, asks.of, fields) for one in page],
        page=page,
        columns=[TITLES[field] for field in fields],
        progress=progressed,
        suppliers=list(Supplier.objects.order_by("name")) if asks.of == "products" else [],
    )


def progress(shop: Shop) -> list[Known]:
    """What is known, measured by the sales of the last 28 days of products on sale, and how many rows lack it."""
    rollups.refresh(_recent(shop))
    known = GAPS | {name: Q(supplier=None) | _through(gap) for name, gap in SUPPLIER_GAPS.items()}
    nets = {f"net_{name}": Sum("sold", filter=~gap) for name, gap in known.items()}
    many = {f"no_{name}": Count("pk", filter=gap) for name, gap in GAPS.items()}
    found = Product.objects.active().annotate(sold=_sold(shop)).aggregate(net_all=Sum("sold"), **nets, **many)
    lack = Supplier.objects.aggregate(**{f"no_{name}": Count("pk", filter=gap) for name, gap in SUPPLIER_GAPS.items()})
    return [
        Known(name, TITLES[name], _share(found[f"net_{name}"], found["net_all"]), (found | lack)[f"no_{name}"])
        for name in (*GAPS, *SUPPLIER_GAPS)
    ]


def _share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return (part or Decimal(0)) / whole if whole and whole > 0 else None


def save(posted: Any, *, by: str) -> Cell | None:
    """Fill one cell in; a value that cannot be is told in the cell. None for a row that is not."""
    model: Any = Supplier if posted.get("of") == "suppliers" else Product
    field = posted.get("field", "")
    if not posted.get("pk", "").isdecimal() or field not in TITLES:
        return None
    row = model.objects.filter(pk=int(posted["pk"][:18])).first()
    if row is None:
        return None
    value = "".join(sorted(posted.getlist("value"))) if field == "delivery_weekdays" else posted.get("value", "")
    of = "suppliers" if model is Supplier else "products"
    try:
        row = gaps.fill_in(row, field, value.replace("\x00", ""), by=by)
    except Refused as refused:
        return Cell(of, row.pk, row.name, field, value[:100], error=refused.sentence)
    return _cell(row, of, field, saved=True)


def answer(cell: Cell, shop: Shop) -> dict[str, Any]:
    """What the page shows anew after a cell was filled in."""
    suppliers = list(Supplier.objects.order_by("name")) if cell.field == "supplier" else []
    return {"cell": cell, "progress": progress(shop), "suppliers": suppliers}


def _recent(shop: Shop) -> Period:
    return Period.ending(shop.today() - dt.timedelta(days=1), days=RECENT_DAYS)


def _sold(shop: Shop) -> Any:
    """Net sales of a product in the last 28 days, as an expression."""
    days = ProductDay.objects.within(_recent(shop)).filter(product_id=OuterRef("pk")).order_by()
    return Coalesce(Subquery(days.values("product_id").annotate(net=Sum("net")).values("net")), Decimal(0))


def _through(gap: Q) -> Q:
    """A supplier's gap, asked of its products."""
    return Q(*((f"supplier__{name}", value) for name, value in gap.children))  # type: ignore[misc]


def _products(asks: Asks, shop: Shop) -> Any:
    gap = GAPS.get(asks.what, ANY_GAP)
    rows = Product.objects.active().filter(gap).select_related("supplier").annotate(net=_sold(shop))
    return rows.order_by("-net", "name", "pk")


def _suppliers(asks: Asks, shop: Shop) -> Any:
    gap = SUPPLIER_GAPS.get(asks.what, ANY_SUPPLIER_GAP)
    days = ProductDay.objects.within(_recent(shop)).filter(product__supplier_id=OuterRef("pk")).order_by()
    net = Coalesce(Subquery(days.values("product__supplier_id").annotate(net=Sum("net")).values("net")), Decimal(0))
    return Supplier.objects.filter(gap).annotate(net=net).order_by("-net", "name", "pk")


def _row(row: Any, of: str, fields: list[str]) -> Row:
    cells = tuple(_cell(row, of, field) for field in fields)
    return Row(row.pk, row.name, row.sku if of == "products" else "", row.net, cells)


def _cell(row: Any, of: str, field: str, *, saved: bool = False) -> Cell:
    value = getattr(row, field)
    if field == "supplier":
        return Cell(of, row.pk, row.name, field, str(row.supplier_id or ""), value.name if value else "", saved=saved)
    if isinstance(value, Decimal):
        value = amount(value)
    text = "" if value is None else str(value)
    return Cell(of, row.pk, row.name, field, text, text, saved=saved)
