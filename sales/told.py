"""A sale as a till tells it: plain values, one way to write them down, and the hash that tells a repeat from another.

What is left out is None or empty here; `sales.till` works it out. Written down (`Told.content`) it has the names of the
till API, so that what is kept for a person to decide about reads as it was sent.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sales.models import Sale
from sales.money import plain

VERSION = 1


@dataclass(slots=True)
class ToldLine:
    """One line; its number is its place, from 1. `quantity` below 0 comes back."""

    quantity: Decimal
    product: int | None = None
    sku: str = ""
    barcode: str = ""
    name: str = ""
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    tax_rate: Decimal | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    deposit_of: int | None = None
    returns_sale: UUID | None = None
    returns_line: int | None = None
    restock: bool = True

    @property
    def is_priced(self) -> bool:
        return self.net is not None or self.unit_price is not None


@dataclass(slots=True)
class ToldCustomer:
    code: str
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(slots=True)
class Told:
    """A document of a till, not yet looked at."""

    id: UUID
    lines: list[ToldLine]
    sold_at: dt.datetime
    kind: str = ""
    channel: str = "till"
    receipt: str = ""
    epoch: int | None = None
    seq: int | None = None
    cashier: str = ""
    shift: UUID | None = None
    customer: ToldCustomer | None = None
    currency: str = ""
    refund_of: UUID | None = None
    rounding: Decimal | None = None
    total: Decimal | None = None
    payments: list[tuple[str, Decimal]] = field(default_factory=list)
    branch: str = ""
    register: str = ""

    def __post_init__(self) -> None:
        self.kind = self.kind or _kind_of(self.lines)
        if self.seq is not None and self.epoch is None:
            self.epoch = 0

    def content(self) -> dict[str, Any]:
        """All that was told but the id, in JSON's own types; what was left out is left out."""
        customer = self.customer
        told = {
            "kind": self.kind,
            "sold_at": self.sold_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "channel": self.channel,
            "receipt": self.receipt,
            "epoch": self.epoch,
            "seq": self.seq,
            "cashier": self.cashier,
            "shift": self.shift and str(self.shift),
            "customer": customer and _filled({name: getattr(customer, name) for name in ToldCustomer.__slots__}),
            "currency": self.currency,
            "refund_of": self.refund_of and str(self.refund_of),
            "rounding": self.rounding and plain(self.rounding),
            "total": None if self.total is None else plain(self.total),
            "lines": [_line(line) for line in self.lines],
            "payments": [{"tender": tender, "amount": plain(amount)} for tender, amount in self.payments],
        }
        return _filled(told)

    def fingerprint(self) -> str:
        """The same for the same content under whatever id, however it was spelled on the way."""
        written = json.dumps({"version": VERSION, **self.content()}, sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()

    def originals(self) -> set[UUID]:
        """The sales that this one takes something back from."""
        named = {line.returns_sale for line in self.lines if line.returns_sale}
        return named | ({self.refund_of} if self.refund_of else set())


def read(id: UUID, content: dict[str, Any]) -> Told:
    """The document that was written down as this content."""
    rest = {
        name: content[name]
        for name in ("kind", "channel", "receipt", "epoch", "seq", "cashier", "currency")
        if name in content
    }
    return Told(
        id=id,
        lines=[_read_line(line) for line in content["lines"]],
        sold_at=dt.datetime.fromisoformat(content["sold_at"]),
        shift=_uuid(content.get("shift")),
        customer=ToldCustomer(**content["customer"]) if "customer" in content else None,
        refund_of=_uuid(content.get("refund_of")),
        rounding=_decimal(content.get("rounding")),
        total=_decimal(content.get("total")),
        payments=[(paid["tender"], Decimal(paid["amount"])) for paid in content.get("payments", [])],
        **rest,
    )


def _kind_of(lines: list[ToldLine]) -> str:
    if all(line.quantity < 0 for line in lines):
        return Sale.Kind.REFUND
    returns = any(line.quantity < 0 and line.returns_sale for line in lines)
    return Sale.Kind.EXCHANGE if returns else Sale.Kind.SALE


_LINE_DECIMALS = ("unit_price", "discount", "tax_rate", "net", "tax")


def _line(line: ToldLine) -> dict[str, Any]:
    told: dict[str, Any] = {"quantity": plain(line.quantity)}
    for name in ("product", "sku", "barcode", "name", "deposit_of"):
        if value := getattr(line, name):
            told[name] = value
    for name in _LINE_DECIMALS:
        value = getattr(line, name)
        if value is not None:
            told[name] = plain(value)
    if line.returns_sale:
        told["returns"] = _filled({"sale": str(line.returns_sale), "line": line.returns_line})
    if not line.restock:
        told["restock"] = False
    return told


def _read_line(told: dict[str, Any]) -> ToldLine:
    returns = told.get("returns", {})
    decimals: dict[str, Any] = {name: Decimal(told[name]) for name in _LINE_DECIMALS if name in told}
    plain_values = ("product", "sku", "barcode", "name", "deposit_of", "restock")
    return ToldLine(
        quantity=Decimal(told["quantity"]),
        **{name: told[name] for name in plain_values if name in told},
        **decimals,
        returns_sale=_uuid(returns.get("sale")),
        returns_line=returns.get("line"),
    )


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != "" and value != []}


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
