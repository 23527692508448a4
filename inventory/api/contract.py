"""The shelf as it travels to tills. One definition writes the answers and documents them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from inventory.catalogue_feed import MOST
from shop.api.types import Money, Quantity


def short(value: Decimal) -> str:
    """1.4500 is 1.45, 2.0000 is 2.00, 0.0125 stays."""
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


Price = Annotated[Money, PlainSerializer(short, return_type=str)]
TaxRate = Annotated[Money, PlainSerializer(short, return_type=str), Field(description="A share: 0.20 is 20%.")]


class Said(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CatalogueCall(BaseModel):
    """What to ask the catalogue for."""

    cursor: Annotated[str, Field(max_length=300)] = ""
    limit: Annotated[int, Field(ge=1, le=MOST)] = 500


class CodeCall(BaseModel):
    code: Annotated[str, Field(min_length=1, max_length=400)]


class SkuCall(BaseModel):
    sku: Annotated[str, Field(min_length=1, max_length=400)]


class BarcodeSaid(Said):
    code: str
    pack_quantity: Quantity = Field(description="What one scan of it sells, in the product's unit.")


class StepSaid(Said):
    """A price that holds from `starts_at` (null: already) to just before `ends_at` (null: until told otherwise)."""

    price: Price | None
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None


class DepositSaid(Said):
    """What is paid on top: sell it as a line of its own with `deposit_of`. Itself a product, with prices of its own."""

    id: int
    sku: str
    name: str
    price: Price | None
    tax_rate: TaxRate | None


class StickerSaid(Said):
    """A marked-down lot's sticker. Scanned, it sells one piece or kilogram of that lot at its price; send its code as
    the line's `barcode`."""

    code: str
    price: Price
    lot: str
    date: dt.date | None = Field(description="Its use-by, else its best-before date.")
    starts_at: dt.datetime
    ends_at: dt.datetime | None = Field(description="From then on the price no longer holds.")


class ContentSaid(Said):
    size: Quantity
    unit: Literal["g", "ml", "piece"]


class ProductSaid(Said):
    """A product as this till's branch sells it. `price` is for one piece or kilogram, now; `prices` from now on."""

    id: int = Field(description="Stays the same when its SKU changes.")
    sku: str
    name: str
    unit: Literal["piece", "kg"]
    plu: str
    barcodes: list[BarcodeSaid]
    price: Price | None
    prices: list[StepSaid]
    tax_rate: TaxRate | None
    category: str
    deposit: DepositSaid | None
    minimum_age: int | None
    eligible_tenders: list[str] = Field(description="Vouchers that may pay for it, such as meal_voucher.")
    content: ContentSaid | None
    stickers: list[StickerSaid] = Field(description="Of lots near their date, at this branch, the newest first.")


class RuleSaid(Said):
    """How a code printed in the shop is read, sign by sign: a digit stands for itself, I for the goods (a PLU or
    SKU), V for the value, C for the check digit, X for any."""

    name: str
    pattern: str
    holds: Literal["weight", "price", "quantity"]
    decimals: int = Field(description="How many digits of the value are behind the point.")


class RemovedSaid(Said):
    id: int
    sku: str


class CataloguePage(Said):
    """Put `products` in place of what you have of them, by id; take `removed` away; keep `cursor` with them.

    `reset`: the whole catalogue begins here, forget what you had. `more`: ask again at once.
    """

    products: list[ProductSaid]
    removed: list[RemovedSaid]
    barcode_rules: list[RuleSaid] = Field(
        validation_alias="rules", description="All of them, the first that fits wins."
    )
    cursor: str
    more: bool
    reset: bool


class WarningSaid(Said):
    code: Literal["expired", "past_best_before", "near_date", "not_on_sale", "no_price", "wrong_unit", "sticker_over"]
    detail: str


class LookupSaid(Said):
    """What a code means here and now. `quantity` null: weigh it, or ask. `unit_price` times `quantity` is to be paid,
    to the cent also where the code itself says a price (`to_pay`)."""

    code: str
    read_as: Literal["barcode", "sticker", "plu", "sku", "weight", "price", "quantity"]
    rule: str = Field(description="The barcode rule it was read by, if any.")
    product: ProductSaid
    quantity: Quantity | None
    pack_quantity: Quantity
    unit_price: Price | None
    to_pay: Price | None
    warnings: list[WarningSaid]
    sticker: StickerSaid | None = Field(description="The marked-down lot whose sticker was read; its price is paid.")


class BranchStockSaid(Said):
    branch: int
    name: str
    quantity: Quantity | None = Field(description="Null: never counted nor received there.")


class StockSaid(Said):
    """A product's stock: here, and at the shop's other branches."""

    sku: str
    name: str
    unit: Literal["piece", "kg"]
    quantity: Quantity | None = Field(description="At this till's branch. Null: never counted nor received here.")
    elsewhere: list[BranchStockSaid]
