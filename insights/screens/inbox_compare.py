"""A document that waits, beside the one in the books: what a till sent, in the same words, and what differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from insights.screens import inbox as screens
from inventory.models import Barcode, Product
from sales import inbox
from sales.inbox import Kind
from sales.models import InboxItem, Payment, Sale, SaleLine
from shop import formats
from shop.models import Shop


@dataclass(frozen=True, slots=True)
class Goods:
    name: str
    quantity: Decimal
    amount: Decimal | None

    @property
    def key(self) -> tuple[str, Decimal, Decimal | None]:
        return self.name, self.quantity, None if self.amount is None else self.amount.quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. `facts` are (name, value) in the same order on both sides."""

    title: str
    facts: dict[str, str] = field(default_factory=dict)
    goods: tuple[Goods, ...] = ()
    total: str = ""
    sale: Sale | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    value: str
    differs: bool


@dataclass(frozen=True, slots=True)
class GoodsRow:
    goods: Goods | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A side with its differences from the other marked."""

    title: str
    facts: list[Fact]
    rows: list[GoodsRow]
    total: Fact
    sale: Sale | None


@dataclass(frozen=True, slots=True)
class ItemScreen:
    item: InboxItem
    title: str
    words: screens.Words
    sides: list[Shown]
    same: bool
    buttons: list[tuple[str, str]]
    reopen: bool


def build(item: InboxItem, shop: Shop, *, see_customers: bool) -> ItemScreen:
    """One item whole. Customers are named only for roles that may see them."""
    first = _other(item)
    sides = [_of_sale(first, shop, see_customers=see_customers)] if first else []
    if item.payload:
        sides.append(_of_payload(item, shop, see_customers=see_customers))
    shown = _marked(sides)
    differs = any(
        side.total.differs or any(fact.differs for fact in side.facts) or any(row.differs for row in side.rows)
        for side in shown
    )
    figures = inbox.figures([item.sale_id]) if item.kind == Kind.MISMATCH and item.sale_id else {}
    return ItemScreen(
        item=item,
        title=screens.title_of(item, figures.get(item.sale_id or 0), shop.currency),
        words=screens.KINDS[item.kind],
        sides=shown,
        same=len(shown) == 2 and not differs,
        buttons=[] if item.resolved_at else [(how, screens.BUTTONS[how]) for how in inbox.CHOICES[item.kind]],
        reopen=inbox.may_reopen(item),
    )


def _other(item: InboxItem) -> Sale | None:
    """What is in the books instead: the sale of the same id, or of the same number of the till."""
    sales = Sale.objects.select_related("branch", "register", "customer")
    if item.sale_id:
        found: Sale | None = sales.filter(pk=item.sale_id).first()
        return found
    payload = item.payload if isinstance(item.payload, dict) else {}
    if payload.get("seq") is None:
        return None
    twin: Sale | None = sales.filter(register=item.register_id, epoch=payload.get("epoch"), seq=payload["seq"]).first()
    return twin


def _marked(sides: list[Side]) -> list[Shown]:
    facts = [side.facts for side in sides]
    rows = list(zip_longest(*(side.goods for side in sides)))
    return [
        Shown(
            side.title,
            [Fact(name, value, len({one.get(name, "") for one in facts}) > 1) for name, value in side.facts.items()],
            [GoodsRow(row[place], len({one and one.key for one in row}) > 1) for row in rows],
            Fact("Total", side.total, len({one.total for one in sides}) > 1),
            side.sale,
        )
        for place, side in enumerate(sides)
    ]


def _of_sale(sale: Sale, shop: Shop, *, see_customers: bool) -> Side:
    lines = SaleLine.objects.filter(sale=sale).select_related("product")
    goods = [
        Goods(line.name or (line.product.name if line.product else ""), line.quantity, line.net + line.tax)
        for line in lines
    ]
    known = str(sale.customer.name or sale.customer.code) if sale.customer and see_customers else "A known customer"
    facts = _facts(
        sale.sold_at,
        shop,
        receipt=sale.receipt,
        cashier=sale.cashier,
        customer=known if sale.customer else "",
        payments=((paid.tender, paid.amount) for paid in Payment.objects.filter(sale=sale)),
    )
    return Side("In the books", facts, tuple(goods), formats.money(sale.total, shop.currency), sale)


def _of_payload(item: InboxItem, shop: Shop, *, see_customers: bool) -> Side:
    payload: dict[str, Any] = item.payload if isinstance(item.payload, dict) else {}
    customer = payload.get("customer") or {}
    named = (customer.get("name") or customer.get("code", "")) if see_customers else "A known customer"
    facts = _facts(
        parse_datetime(payload.get("sold_at", "")),
        shop,
        receipt=payload.get("receipt", ""),
        cashier=payload.get("cashier", ""),
        customer=named if customer else "",
        payments=((paid["tender"], Decimal(paid["amount"])) for paid in payload.get("payments", [])),
    )
    title = "Booked from it" if item.resolved_at and not inbox.may_reopen(item) else "Not in the books"
    total = screens.written_total(payload, shop.currency)
    return Side(title, facts, tuple(_goods(payload.get("lines", []))), total)


def _facts(
    at: dt.datetime | None,
    shop: Shop,
    *,
    receipt: str,
    cashier: str,
    customer: str,
    payments: Iterable[tuple[str, Decimal]],
) -> dict[str, str]:
    local = timezone.localtime(at) if at else None
    paid = ", ".join(f"{tender} {formats.money(amount, shop.currency)}" for tender, amount in payments)
    return {
        "Sold": formats.moment(local, shop.today()),
        "Receipt": receipt or formats.UNKNOWN,
        "Served by": cashier or formats.UNKNOWN,
        "Customer": customer or formats.UNKNOWN,
        "Paid": paid or formats.UNKNOWN,
    }


def _goods(lines: list[Mapping[str, Any]]) -> list[Goods]:
    """The lines as sent, named by our products where the till gave only a number."""
    ids = {line["product"] for line in lines if line.get("product")}
    skus = {line["sku"] for line in lines if line.get("sku")}
    codes = {line["barcode"] for line in lines if line.get("barcode")}
    names: dict[Any, str] = dict(Product.objects.filter(pk__in=ids).values_list("pk", "name"))
    names |= dict(Product.objects.filter(sku__in=skus).values_list("sku", "name"))
    names |= dict(Barcode.objects.filter(code__in=codes).values_list("code", "product__name"))
    return [Goods(_name(line, names), Decimal(line["quantity"]), screens.line_amount(line)) for line in lines]


def _name(line: Mapping[str, Any], names: Mapping[Any, str]) -> str:
    told = [line.get(key) for key in ("product", "sku", "barcode")]
    return str(
        line.get("name") or next((names[one] for one in told if one in names), "") or next(filter(None, told), "")
    )
