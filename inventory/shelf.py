"""What a till must know of a product to sell it at a branch, offline too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from inventory import prices
from inventory.models import Barcode, Product
from inventory.prices import Step

_LINKS = ("category", "tax_rate", "deposit__tax_rate", "barcodes")


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
    is_active: bool = True

    @property
    def price(self) -> Decimal | None:
        return self.prices[0].price


def products_at(branch: int, moment: dt.datetime, products: Collection[int]) -> list[OnSale]:
    """These products (by id) as the branch sells them from that moment on, by id: a few queries, however many."""
    rows = list(Product.objects.filter(pk__in=products).order_by("pk").prefetch_related(*_LINKS))
    deposits = {row.deposit_id: row.deposit for row in rows if row.deposit_id}
    own = {row.pk: row.price for row in (*rows, *deposits.values())}
    steps = prices.schedules(branch, moment, own)
    return [_on_sale(row, steps) for row in rows]


def _on_sale(row: Product, steps: dict[int, list[Step]]) -> OnSale:
    return OnSale(
        id=row.pk,
        sku=row.sku,
        name=row.name,
        unit=row.unit,
        plu=row.plu,
        barcodes=tuple(Pack(code.code, code.pack_quantity) for code in _by_id(row.barcodes.all())),
        prices=tuple(steps[row.pk]),
        tax_rate=row.tax_rate.rate if row.tax_rate else None,
        category=row.category.name if row.category else "",
        deposit=_deposit(row.deposit, steps) if row.deposit else None,
        minimum_age=row.minimum_age,
        eligible_tenders=tuple(row.eligible_tenders),
        content=Content(row.content_size, row.content_unit) if row.content_size is not None else None,
        is_active=row.is_active,
    )


def _by_id(codes: Iterable[Barcode]) -> list[Barcode]:
    return sorted(codes, key=lambda code: code.pk)


def _deposit(row: Product, steps: dict[int, list[Step]]) -> Deposit:
    rate = row.tax_rate.rate if row.tax_rate else None
    return Deposit(row.pk, row.sku, row.name, steps[row.pk][0].price, rate)
