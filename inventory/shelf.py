"""What a till must know of a product to sell it at a branch, offline too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from inventory import lot_prices, prices
from inventory.models import Barcode, Category, LotPrice, Product, TaxRate
from inventory.prices import Step


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is paid on top for the bottle or crate: a product of its own, with the price it has now."""

    id: int
    sku: str
    name: str
    price: Decimal | None
    tax_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Pack:
    """A barcode, and what one scan of it stands for."""

    code: str
    pack_quantity: Decimal


@dataclass(frozen=True, slots=True)
class Sticker:
    """A marked-down lot's sticker: its barcode, and what one piece or kilogram of that lot costs until `ends_at`."""

    code: str
    price: Decimal
    lot: str
    date: dt.date | None
    starts_at: dt.datetime
    ends_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Content:
    """What is in one piece: 500 g."""

    size: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class OnSale:
    """A product as the till sells it. `prices` says its price from now on, step by step; the first step holds now.

    Prices are for one piece or kilogram (`unit`). `tax_rate` is a share. `eligible_tenders` names the vouchers that
    may pay for it.
    """

    id: int
    sku: str
    name: str
    unit: str
    plu: str
    barcodes: tuple[Pack, ...]
    prices: tuple[Step, ...]
    tax_rate: Decimal | None
    category: str
    deposit: Deposit | None
    minimum_age: int | None
    eligible_tenders: tuple[str, ...]
    content: Content | None
    stickers: tuple[Sticker, ...] = ()
    is_active: bool = True

    @property
    def price(self) -> Decimal | None:
        return self.prices[0].price


def products_at(branch: int, moment: dt.datetime, products: Collection[int]) -> list[OnSale]:
    """These products (by id) as the branch sells them from that moment on, by id: a few queries, however many."""
    rows = list(Product.objects.filter(pk__in=products).order_by("pk"))
    shared = _shared(rows)
    own = {row.pk: row.price for row in (*rows, *shared.deposits.values())}
    steps = prices.schedules(branch, moment, own)
    marked = lot_prices.on_sale(branch, moment, products)
    return [_on_sale(row, shared, steps, marked.get(row.pk, [])) for row in rows]


def sticker_said(row: LotPrice) -> Sticker:
    """A sticker as tills are told it."""
    date = row.lot.use_by or row.lot.best_before
    return Sticker(row.code, row.price, row.lot.code, date, row.starts_at, row.ends_at)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What products name by id, read for all of them at once: a page of a catalogue is put together by dicts alone."""

    deposits: dict[int, Product]
    rates: dict[int, Decimal]
    categories: dict[int, str]
    barcodes: dict[int, list[Pack]]


def _shared(rows: list[Product]) -> _Shared:
    deposits = Product.objects.in_bulk({row.deposit_id for row in rows if row.deposit_id})
    rates = {row.tax_rate_id for row in (*rows, *deposits.values())}
    barcodes: dict[int, list[Pack]] = {}
    codes = Barcode.objects.filter(product__in=[row.pk for row in rows]).order_by("pk")
    for product, code, pack_quantity in codes.values_list("product_id", "code", "pack_quantity"):
        barcodes.setdefault(product, []).append(Pack(code, pack_quantity))
    return _Shared(
        deposits,
        dict(TaxRate.objects.filter(pk__in=rates).values_list("pk", "rate")),
        dict(Category.objects.filter(pk__in={row.category_id for row in rows}).values_list("pk", "name")),
        barcodes,
    )


def _on_sale(row: Product, shared: _Shared, steps: dict[int, list[Step]], marked: list[LotPrice]) -> OnSale:
    deposit = shared.deposits.get(row.deposit_id) if row.deposit_id else None
    return OnSale(
        id=row.pk,
        sku=row.sku,
        name=row.name,
        unit=row.unit,
        plu=row.plu,
        barcodes=tuple(shared.barcodes.get(row.pk, ())),
        prices=tuple(steps[row.pk]),
        tax_rate=_rate(row, shared),
        category=shared.categories[row.category_id] if row.category_id else "",
        deposit=_deposit(deposit, shared, steps) if deposit else None,
        minimum_age=row.minimum_age,
        eligible_tenders=tuple(row.eligible_tenders),
        content=Content(row.content_size, row.content_unit) if row.content_size is not None else None,
        stickers=tuple(map(sticker_said, marked)),
        is_active=row.is_active,
    )


def _deposit(row: Product, shared: _Shared, steps: dict[int, list[Step]]) -> Deposit:
    return Deposit(row.pk, row.sku, row.name, steps[row.pk][0].price, _rate(row, shared))


def _rate(row: Product, shared: _Shared) -> Decimal | None:
    return shared.rates[row.tax_rate_id] if row.tax_rate_id else None
