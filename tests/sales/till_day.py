"""A till's day for tests: documents as the API books them, written at once."""

import datetime as dt
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from sales.models import Payment, Sale, SaleLine, Shift
from shop.models import Register

NOW = timezone.now().replace(microsecond=0)


def at(hours: float) -> dt.datetime:
    """So many hours before this run began."""
    return NOW - dt.timedelta(hours=hours)


def sell(
    register: Register,
    *,
    gross: str = "12.00",
    rate: str | None = "0.2",
    tender: str = "cash",
    paid: str | None = None,
    when: dt.datetime | None = None,
    **fields: Any,
) -> Sale:
    """One document with one line and one payment (`paid` "" for none), in the shift it names if that is known."""
    return sell_many(
        register, [{"gross": gross, "rate": rate, "tender": tender, "paid": paid, "when": when, **fields}]
    )[0]


def sell_many(register: Register, wanted: Iterable[dict[str, Any]]) -> list[Sale]:
    rows = list(wanted)
    sales = [_sale(register, row) for row in rows]
    Sale.objects.bulk_create(sales)
    SaleLine.objects.bulk_create(_line(sale, row) for sale, row in zip(sales, rows, strict=True))
    paid = [(sale, row) for sale, row in zip(sales, rows, strict=True) if row.get("paid") != ""]
    Payment.objects.bulk_create(
        Payment(
            sale=sale, tender=row.get("tender", "cash"), amount=Decimal(row.get("paid") or row.get("gross", "12.00"))
        )
        for sale, row in paid
    )
    return sales


def _sale(register: Register, row: dict[str, Any]) -> Sale:
    sold_at, gross = row.get("when") or at(4), Decimal(row.get("gross", "12.00"))
    named = Shift.objects.filter(uuid=row["shift_key"], register=register).first() if "shift_key" in row else None
    known = {"shift", "shift_key", "epoch", "seq", "receipt", "cashier", "rounding", "voided_at", "kind", "received_at"}
    given = {name: value for name, value in row.items() if name in known}
    return Sale(
        **{
            "uuid": uuid.uuid4(),
            "source": "api",
            "branch_id": register.branch_id,
            "register": register,
            "shift": named,
            "sold_at": sold_at,
            "business_date": register.branch.shop.business_date(sold_at),
            "total": gross,
            "line_count": 1,
            "fingerprint": uuid.uuid4().hex,
            "received_at": timezone.now(),
            **({"kind": "refund"} if gross < 0 else {}),
            **given,
        }
    )


def _line(sale: Sale, row: dict[str, Any]) -> SaleLine:
    rate = None if row.get("rate", "0.2") is None else Decimal(row.get("rate", "0.2"))
    net = (sale.total / (1 + (rate or 0))).quantize(Decimal("0.0001"))
    return SaleLine(
        sale=sale,
        number=1,
        name="Goods",
        quantity=Decimal(1),
        unit_price=sale.total,
        discount=Decimal(row.get("discount", "0")),
        net=net,
        tax=sale.total - net,
        tax_rate=rate,
        deposit_of=row.get("deposit_of"),
    )


def ids(count: int) -> list[UUID]:
    return [uuid.uuid4() for _ in range(count)]
