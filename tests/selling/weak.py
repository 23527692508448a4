"""A deliberately wrong twin of the booking, which the storm must find out: gunicorn tests.selling.weak:application.

The id is written first, in a transaction of its own; what follows from the sale comes after it; stock is read, counted
in Python and written back. It is how an idempotency middleware in front of a plain view behaves.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.asgi import get_asgi_application
from django.db import IntegrityError, transaction

application = get_asgi_application()

from inventory.models import StockLevel, StockMovement  # noqa: E402
from sales import booking, rollups  # noqa: E402
from sales.models import Payment, Sale, SaleLine  # noqa: E402

COPIED = (
    "kind",
    "channel",
    "receipt",
    "epoch",
    "seq",
    "business_date",
    "cashier",
    "line_count",
    "flags",
    "fingerprint",
)


def write(document: dict[str, Any], *, branch: int, at: dt.datetime, customer: Any = None) -> booking.Booked | None:
    """What `sales.booking.write` does, as long as nothing happens meanwhile."""
    sale = Sale(
        **{name: document[name] for name in COPIED},
        uuid=document["uuid"],
        source="api",
        branch_id=branch,
        register_id=document["register"],
        sold_at=at,
        received_at=document["received_at"],
        total=Decimal(document["total"]),
    )
    try:
        with transaction.atomic():
            sale.save(force_insert=True)
    except IntegrityError:
        return None
    with transaction.atomic():
        SaleLine.objects.bulk_create(_line(sale, told) for told in document["lines"])
        Payment.objects.bulk_create(
            Payment(sale=sale, tender=paid["tender"], amount=Decimal(paid["amount"])) for paid in document["payments"]
        )
    for told in document["lines"]:
        if told["product"]:
            _move(sale, told, at)
    rollups.mark_dirty([(branch, dt.date.fromisoformat(document["business_date"]))])
    return booking.Booked(sale.pk, [], is_awaited=False)


def _line(sale: Sale, told: dict[str, Any]) -> SaleLine:
    amounts = {name: Decimal(told[name]) for name in ("quantity", "unit_price", "discount", "net", "tax")}
    return SaleLine(sale=sale, number=told["number"], product_id=told["product"], name=told["name"], **amounts)


def _move(sale: Sale, told: dict[str, Any], at: dt.datetime) -> None:
    quantity = Decimal(told["quantity"])
    level = StockLevel.objects.filter(branch=sale.branch_id, product=told["product"]).first()
    if level is None or at < level.tracked_from:
        return
    kind = StockMovement.Kind.REFUND if quantity < 0 else StockMovement.Kind.SALE
    moved = {"branch_id": sale.branch_id, "product_id": told["product"], "occurred_at": at}
    source = f"sale:{sale.uuid}:{told['number']}"
    StockMovement.objects.create(kind=kind, quantity=-quantity, source=source, **moved)
    if level.counted_at and at <= level.counted_at:
        StockMovement.objects.create(kind="count", quantity=quantity, source=f"{source}:counted", **moved)
    else:
        levels = StockLevel.objects.filter(branch=sale.branch_id, product=told["product"])
        levels.update(quantity=level.quantity - quantity)  # what another sold since is forgotten


booking.write = write
