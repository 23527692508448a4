"""Stickers of marked-down lots, to print: on sheets of labels, or one by one on a roll."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING

from django.utils.safestring import SafeString

from insights.charts import ean13
from inventory.models import LotPrice
from shop import formats
from shop.models import Shop

# (key in the address, words, labels on a sheet; 0: a roll, one label a page)
SHEETS = {
    "a4-24": ("A4, 24 labels, 70 × 37 mm", 24),
    "a4-14": ("A4, 14 labels, 105 × 42 mm", 14),
    "roll": ("Label printer, 57 × 32 mm", 1),
}
MOST_LOTS, MOST_STICKERS = 200, 500


@dataclass(frozen=True, slots=True)
class Sticker:
    """What one sticker says. `off` is what is taken off, in whole per cent."""

    name: str
    before: str
    price: str
    per: str
    off: str
    date: str
    lot: str
    code: str
    barcode: SafeString


@dataclass(frozen=True, slots=True)
class Screen:
    pages: list[list[Sticker]]
    sheet: str
    sheets: Mapping[str, tuple[str, int]]
    chosen: list[int]
    count: int
    copies: str
    lots: int
    left_out: bool


def build(chosen: Sequence[str], given: Mapping[str, str], shop: Shop) -> Screen:
    """The stickers of these lot prices (by id, as typed), the newest first; as many of each as packs were marked, or
    `copies` of each. Those taken back are left out. One query."""
    wanted = [int(one) for one in chosen if one.isascii() and one.isdigit() and len(one) < 19][:MOST_LOTS]
    rows = list(LotPrice.objects.filter(pk__in=wanted, ended_at=None).select_related("lot", "product").order_by("-pk"))
    sheet = given.get("sheet", "")
    sheet = sheet if sheet in SHEETS else "a4-24"
    typed = given.get("copies", "")
    copies = int(typed) if typed.isascii() and typed.isdigit() and 0 < int(typed[:6]) <= MOST_STICKERS else 0
    stickers = [one for row in rows for one in [_sticker(row, shop)] * (copies or _packs(row))]
    most = SHEETS[sheet][1]
    shown = stickers[:MOST_STICKERS]
    return Screen(
        pages=[shown[start : start + most] for start in range(0, len(shown), most)],
        sheet=sheet,
        sheets=SHEETS,
        chosen=[row.pk for row in rows],
        count=len(shown),
        copies=str(copies) if copies else "",
        lots=len(rows),
        left_out=len(stickers) > len(shown),
    )


def _packs(row: LotPrice) -> int:
    """Weighed goods have a price per kilogram: one sign for all of them."""
    if row.product.unit == "kg":
        return 1
    return min(int(row.quantity.to_integral_value(ROUND_CEILING)), MOST_STICKERS)


def _sticker(row: LotPrice, shop: Shop) -> Sticker:
    date, lot, before = row.lot.use_by or row.lot.best_before, row.lot, row.price_before
    cheaper = before is not None and before > row.price
    words = "Use by" if lot.use_by else "Best before"
    return Sticker(
        name=row.product.name,
        before=formats.money(before, shop.currency) if cheaper else "",
        price=formats.money(row.price, shop.currency),
        per="per kg" if row.product.unit == "kg" else "",
        off=f"{(1 - row.price / before) * 100:.0f} % off" if cheaper and before else "",
        date=f"{words} {formats.day(date, date)}" if date else "",
        lot=f"Lot {lot.code}" if lot.code else "",
        code=row.code,
        barcode=ean13.draw(row.code) if len(row.code) == 13 and row.code.isdigit() else SafeString(""),
    )
