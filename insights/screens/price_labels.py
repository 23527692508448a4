"""Shelf labels of a batch, to print."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone

from inventory import price_law
from inventory.models import Barcode, PriceBatch, PriceBatchLine, Product
from shop.models import Shop

# (key in the address, words, labels on a sheet; 0: a roll, one label a page)
SHEETS = {
    "a4-24": ("A4, 24 labels, 70 × 37 mm", 24),
    "a4-14": ("A4, 14 labels, 105 × 42 mm", 14),
    "roll": ("Label printer, 57 × 32 mm", 1),
}
SMALL = 250  # up to so many grams or millilitres the price is told per 100


@dataclass(frozen=True, slots=True)
class UnitPrice:
    price: Decimal
    per: str


@dataclass(frozen=True, slots=True)
class Label:
    """`lowest` is the lowest price of the 30 days before a promotion."""

    product: Product
    price: Decimal
    unit_price: UnitPrice | None
    code: str
    lowest: Decimal | None


@dataclass(frozen=True, slots=True)
class LabelsScreen:
    """`pages` are sheets of labels. `before`: they carry the prices the batch took the place of."""

    batch: PriceBatch
    pages: list[list[Label]]
    count: int
    sheet: str
    sheets: Mapping[str, tuple[str, int]]
    before: bool
    starts_at: dt.datetime
    ends_at: dt.datetime | None


def build(batch: PriceBatch, shop: Shop, given: Mapping[str, str]) -> LabelsScreen:
    """The labels by product name; of an undone batch with the prices that are back. Four queries."""
    sheet = given.get("sheet", "")
    sheet = sheet if sheet in SHEETS else "a4-24"
    before = given.get("prices") == "before" or batch.state == PriceBatch.State.UNDONE
    labels = _labels(batch, before=before)
    most = SHEETS[sheet][1]
    return LabelsScreen(
        batch=batch,
        pages=[labels[start : start + most] for start in range(0, len(labels), most)],
        count=len(labels),
        sheet=sheet,
        sheets=SHEETS,
        before=before,
        starts_at=(batch.undone_at if before else batch.starts_at) or timezone.now(),
        ends_at=None if before else batch.ends_at,
    )


def _labels(batch: PriceBatch, *, before: bool) -> list[Label]:
    codes = Prefetch("product__barcodes", Barcode.objects.order_by("pk"))
    lines = list(batch.lines.select_related("product").prefetch_related(codes).order_by("product__name", "pk"))
    lowest: dict[int, Decimal] = {}
    if batch.ends_at and not before:
        products = [line.product_id for line in lines]
        lowest = price_law.reference_prices(products, batch.starts_at or timezone.now(), batch.branch_id)
    found = []
    for line in lines:
        price = _price(line, before=before)
        if price is not None:
            product, low = line.product, lowest.get(line.product_id)
            found.append(Label(product, price, unit_price(product, price), _code(product), low))
    return found


def _price(line: PriceBatchLine, *, before: bool) -> Decimal | None:
    """Where undoing left a later price there is no label: that price has its own."""
    if not before:
        return line.price
    return None if line.was_left else line.price_before


def unit_price(product: Product, price: Decimal) -> UnitPrice | None:
    """The price per 100 g or ml of a small pack, per kg or litre of a larger one, per piece of several."""
    size, unit = product.content_size, product.content_unit
    if product.unit == Product.Unit.KILOGRAM or size is None:
        return None
    if unit == Product.ContentUnit.PIECE:
        return UnitPrice(price / size, "piece") if size != 1 else None
    if size <= SMALL:
        return UnitPrice(price * 100 / size, f"100 {unit}")
    return UnitPrice(price * 1000 / size, "kg" if unit == Product.ContentUnit.GRAM else "litre")


def _code(product: Product) -> str:
    single = next((one.code for one in product.barcodes.all() if one.pack_quantity == 1), "")
    return single or product.plu or product.sku
