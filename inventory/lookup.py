"""What a till is told about one scanned or typed code, and how much of a product there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from inventory import lot_prices
from inventory.codes import CodeUnknown, Reading, read_code, shown
from inventory.models import Product, StockLevel
from inventory.reports_lots import LotLeft, lots_left
from inventory.shelf import OnSale, Sticker, products_at, sticker_said
from shop import formats
from shop.models import Branch

# From this many days before its date a lot is near it.
NEAR_DAYS = 2
_CENT_OF_A_CENT = Decimal("0.0001")
_GRAM = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Warned:
    """What a cashier should look at before selling: expired, past_best_before, near_date, not_on_sale,
    no_price, wrong_unit or sticker_over."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Found:
    """A code's meaning with today's facts. `read_as`, `rule` and `pack_quantity` are as in `codes.Reading`.

    `quantity` is in the product's unit; None: the till has to weigh or ask. `unit_price` is what to charge for one
    piece or kilogram: the price of now, or the one that makes `quantity` come to `to_pay`, the price in the code, or
    that of the lot whose `sticker` was read.
    """

    code: str
    read_as: str
    rule: str
    product: OnSale
    quantity: Decimal | None
    pack_quantity: Decimal
    unit_price: Decimal | None
    to_pay: Decimal | None
    warnings: list[Warned]
    sticker: Sticker | None = None


@dataclass(frozen=True, slots=True)
class BranchStock:
    """What a branch has of a product. None: never counted nor received there."""

    branch: int
    name: str
    quantity: Decimal | None


@dataclass(frozen=True, slots=True)
class Stock:
    """What one branch has of a product, and the others by name."""

    sku: str
    name: str
    unit: str
    quantity: Decimal | None
    elsewhere: list[BranchStock]


@transaction.atomic
def look_up(code: str, *, branch: int, moment: dt.datetime, today: dt.date) -> Found:
    """What the code means at that branch and moment. Raises CodeUnknown."""
    reading = read_code(code)
    product = products_at(branch, moment, [reading.product.pk])[0]
    quantity, unit_price = _amount(reading, product.price)
    warnings = [*_about_sale(reading, product), *_about_lots(branch, product.id, today)]
    if reading.sticker:
        warnings += _about_sticker(reading, branch, moment)
    return Found(
        code=reading.code,
        read_as=reading.how,
        rule=reading.rule,
        product=product,
        quantity=quantity,
        pack_quantity=reading.pack_quantity,
        unit_price=unit_price,
        to_pay=reading.price,
        warnings=warnings,
        sticker=sticker_said(reading.sticker) if reading.sticker else None,
    )


@transaction.atomic
def stock_of(sku: str, *, here: int) -> Stock:
    """A product's stock at this branch and at the shop's others. Raises CodeUnknown."""
    product = Product.objects.of_sku(sku) if sku.isprintable() else None
    if product is None:
        raise CodeUnknown(f"No product has the SKU {shown(sku)}.")
    levels = dict(StockLevel.objects.filter(product=product).values_list("branch_id", "quantity"))
    others = Branch.objects.exclude(pk=here).order_by("name").values_list("pk", "name")
    elsewhere = [BranchStock(branch, name, levels.get(branch)) for branch, name in others]
    return Stock(product.sku, product.name, product.unit, levels.get(here), elsewhere)


def _amount(reading: Reading, price: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """How much of it, and what one costs. A label's price stands to the cent, whatever the price is now."""
    quantity = reading.quantity
    if reading.sticker:
        return quantity, reading.sticker.price
    if reading.price is None:
        return quantity, price
    if quantity is None and price:
        quantity = (reading.price / price).quantize(_GRAM) or None
    return quantity, (reading.price / quantity).quantize(_CENT_OF_A_CENT) if quantity else price


def _about_sale(reading: Reading, product: OnSale) -> Iterator[Warned]:
    if not product.is_active:
        yield Warned("not_on_sale", f"{product.name} is not on sale.")
    if product.price is None:
        yield Warned("no_price", f"{product.name} has no price.")
    if reading.how == "weight" and product.unit != Product.Unit.KILOGRAM:
        yield Warned("wrong_unit", f"The code says a weight, but {product.name} is sold by the piece.")
    if reading.how == "quantity" and product.unit == Product.Unit.KILOGRAM:
        yield Warned("wrong_unit", f"The code says a number of pieces, but {product.name} is sold by weight.")


def _about_sticker(reading: Reading, branch: int, moment: dt.datetime) -> Iterator[Warned]:
    if reading.sticker and lot_prices.is_over(reading.sticker, branch, moment):
        yield Warned("sticker_over", "The price on this sticker no longer holds here. Ask before selling at it.")


def _about_lots(branch: int, product: int, today: dt.date) -> Iterator[Warned]:
    """What lies on the shelf by first expired, first out: past its use-by or best-before date, or near it."""
    dated = [(lot.date, lot) for lot in lots_left(branch=branch, product=product) if lot.date is not None]
    use_by = [lot for day, lot in dated if lot.is_use_by and day < today]
    best_before = [lot for day, lot in dated if not lot.is_use_by and day < today]
    near = [lot for day, lot in dated if today <= day <= today + dt.timedelta(days=NEAR_DAYS)]
    if use_by:
        yield Warned("expired", f"{_some(use_by)} past the use-by date, {use_by[0].date}. Do not sell that.")
    if best_before:
        yield Warned("past_best_before", f"{_some(best_before)} past the best-before date, {best_before[0].date}.")
    if near:
        yield Warned("near_date", f"{_some(near)} dated {near[0].date}.")


def _some(lots: list[LotLeft]) -> str:
    amount = formats.units(sum((lot.quantity for lot in lots), Decimal(0)))
    return f"In stock: {amount} kg" if lots[0].unit == Product.Unit.KILOGRAM else f"In stock: {amount}"
