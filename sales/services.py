"""What the till writes. A document is a fact: it is written once, whole, and never edited, only refunded or voided.

The client's UUID is a document's identity for ever. The same id with the same content is the same document,
unchanged; with other content it is refused. Document, lines, payments, stock movements and the mark on its day
are one transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Customer
from inventory import services as inventory
from inventory.models import Product, StockMovement
from sales import matching, rollups
from sales.models import Payment, Sale, SaleLine
from sales.money import ZERO, cents, fine, plain, split
from shop.errors import Refused
from shop.models import Branch, Register, Shop

FINGERPRINT_VERSION = 1


class SaleRefused(Refused):
    code = "sale_invalid"


class SaleConflict(Refused):
    """The id is known with other content; the document kept is the first."""

    code = "sale_id_reused"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the till tells it. What is left out is taken from the product as it is now.

    `unit_price` is before `discount`, with tax in it where the shop's prices include tax. `net` and `tax` are
    given together by tills that work them out themselves. `restock` False: returned goods do not go back on the shelf.
    `cost_known` False: an empty `cost` is unknown, whatever the product costs now. `returns` names the sale and the
    number of its line that this one takes back.
    """

    quantity: Decimal
    product: Product | None = None
    unit_price: Decimal | None = None
    discount: Decimal = ZERO
    tax_rate: Decimal | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    cost: Decimal | None = None
    name: str = ""
    barcode: str = ""
    restock: bool = True
    cost_known: bool = True
    returns: tuple[UUID, int] | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """Part of a document paid by one tender; negative where it was given back."""

    tender: str
    amount: Decimal


def record_sale(
    *,
    uuid: UUID,
    branch: Branch,
    lines: Sequence[Line],
    sold_at: dt.datetime,
    register: Register | None = None,
    customer: Customer | None = None,
    cashier: str = "",
    receipt: str = "",
    kind: str | None = None,
    payments: Sequence[Paid] = (),
    refund_of: Sale | None = None,
    source: str,
    by: str,
) -> Sale:
    """Book a till's document; booking it again changes nothing. Without `kind`, all lines coming back is a refund.

    Stock may go below 0 and products may be unknown: it happened. Raises SaleConflict for a known id with other
    content, SaleRefused for no lines, a time without a zone or a line with neither price nor amounts.
    """
    _check(lines, sold_at)
    document = Sale(
        uuid=uuid,
        branch=branch,
        register=register,
        customer=customer,
        refund_of=refund_of,
        cashier=cashier,
        receipt=receipt,
        kind=kind or _kind_of(lines),
        source=source,
        sold_at=sold_at,
        business_date=branch.shop.business_date(sold_at),
        line_count=len(lines),
        received_at=timezone.now(),
    )
    document.fingerprint = _fingerprint(document, lines, payments)
    known = _known(document)
    return known or _book(document, lines, payments, by)


def refund(
    *,
    uuid: UUID,
    sale: Sale,
    sold_at: dt.datetime,
    quantities: dict[int, Decimal] | None = None,
    register: Register | None = None,
    cashier: str = "",
    receipt: str = "",
    restock: bool = True,
    payments: Sequence[Paid] = (),
    source: str,
    by: str,
) -> Sale:
    """Give a sale back, all of it or these quantities by line id, at the prices, tax and cost it was sold for.

    A document of its own, on its own day. Raises SaleRefused for a line that is not of this sale.
    """
    rows = {
        row.pk: row for row in SaleLine.objects.filter(sale=sale).select_related("product").order_by("number", "pk")
    }
    numbers = {id: row.number or place for place, (id, row) in enumerate(rows.items(), start=1)}
    wanted = {id: row.quantity for id, row in rows.items()} if quantities is None else quantities
    if unknown := set(wanted) - set(rows):
        raise SaleRefused(f"Line {min(unknown)} is not part of this sale.")
    return record_sale(
        uuid=uuid,
        branch=sale.branch,
        lines=[
            _returned(rows[id], quantity, (sale.uuid, numbers[id]), restock=restock) for id, quantity in wanted.items()
        ],
        sold_at=sold_at,
        register=register,
        customer=sale.customer,
        cashier=cashier,
        receipt=receipt,
        kind=Sale.Kind.REFUND,
        payments=payments,
        refund_of=sale,
        source=source,
        by=by,
    )


@transaction.atomic
def void_sale(*, sale: Sale, by: str, reason: str = "") -> Sale:
    """Take a document out of the figures and undo what it moved. Voiding it again changes nothing."""
    now = timezone.now()
    if Sale.objects.filter(pk=sale.pk, voided_at=None).update(voided_at=now):
        inventory.take_back(sources=matching.sources_of(sale), by=by, note=reason or "Voided")
        rollups.mark_dirty([(sale.branch_id, sale.business_date)])
    sale.refresh_from_db(fields=["voided_at"])
    return sale


def _check(lines: Sequence[Line], sold_at: dt.datetime) -> None:
    if not lines:
        raise SaleRefused("A sale needs at least one line.")
    if sold_at.tzinfo is None:
        raise SaleRefused("The time of a sale needs a time zone.")
    for line in lines:
        if any(isinstance(getattr(line, name), float) for name in Line.__slots__):
            raise SaleRefused("Amounts and quantities are exact decimals.")
        if (line.net is None) != (line.tax is None):
            raise SaleRefused("Net and tax of a line are given together.")
        if line.net is None and _unit_price(line) is None:
            raise SaleRefused(f"{line.name or line.product or 'A line'} has no price.")


def _kind_of(lines: Sequence[Line]) -> str:
    return Sale.Kind.REFUND if all(line.quantity < 0 for line in lines) else Sale.Kind.SALE


def _known(document: Sale) -> Sale | None:
    """The document booked under this id, if there is one. Raises SaleConflict where its content is another."""
    found: Sale | None = Sale.objects.filter(uuid=document.uuid).first()
    if found and found.fingerprint != document.fingerprint:
        raise SaleConflict("This sale's id was used before for another sale. The first one stands.")
    return found


@transaction.atomic
def _book(document: Sale, lines: Sequence[Line], payments: Sequence[Paid], by: str) -> Sale:
    rows = [_row(line, number, document.branch.shop) for number, line in enumerate(lines, start=1)]
    document.total = cents(sum((row.net + row.tax for row in rows), ZERO))
    try:
        with transaction.atomic():
            document.save(force_insert=True)
    except IntegrityError:
        # A twin got there first; its transaction has ended, so it is there to compare with.
        if twin := _known(document):
            return twin
        raise
    for number, row in enumerate(rows, start=1):
        row.sale, row.number = document, number
    SaleLine.objects.bulk_create(rows)
    Payment.objects.bulk_create(Payment(sale=document, tender=paid.tender, amount=paid.amount) for paid in payments)
    _move_stock(document, lines, by)
    rollups.mark_dirty([(document.branch_id, document.business_date)])
    return document


def _move_stock(document: Sale, lines: Sequence[Line], by: str) -> None:
    """What left or came back, line by line. A day summary has no moment of its own, but its goods left all the same."""
    kind = StockMovement.Kind.REFUND if document.kind == Sale.Kind.REFUND else StockMovement.Kind.SALE
    moves = [
        inventory.Move(
            line.product.pk, -line.quantity, matching.source_of(document.uuid, number), unit_cost=line.product.cost
        )
        for number, line in enumerate(lines, start=1)
        if line.product and (line.restock or line.quantity > 0)
    ]
    inventory.move(branch=document.branch_id, kind=kind, moves=moves, at=document.sold_at, by=by)


def _row(line: Line, number: int, shop: Shop) -> SaleLine:
    """The line with everything snapshot as it is now."""
    product, rate = line.product, _tax_rate(line)
    if line.net is not None and line.tax is not None:
        net, tax = line.net, line.tax
    else:
        asked = (_unit_price(line) or ZERO) * line.quantity - line.discount
        net, tax = split(asked, rate or ZERO, included=shop.prices_include_tax)
    back_to, back_line = line.returns or (None, None)
    return SaleLine(
        number=number,
        product=product,
        name=line.name or (product.name if product else ""),
        barcode=line.barcode,
        quantity=line.quantity,
        unit_price=_unit_price(line) or ZERO,
        discount=line.discount,
        net=net,
        tax=tax,
        tax_rate=rate,
        cost=_cost(line),
        returns_sale=back_to,
        returns_line=back_line,
        restock=line.restock,
    )


def _unit_price(line: Line) -> Decimal | None:
    if line.unit_price is not None or line.product is None:
        return line.unit_price
    return line.product.price


def _tax_rate(line: Line) -> Decimal | None:
    if line.tax_rate is not None or line.product is None or line.product.tax_rate is None:
        return line.tax_rate
    rate: Decimal = line.product.tax_rate.rate
    return rate


def _cost(line: Line) -> Decimal | None:
    if line.cost is not None or not line.cost_known or line.product is None or line.product.cost is None:
        return line.cost
    return fine(line.product.cost * line.quantity)


def _returned(row: SaleLine, quantity: Decimal, returns: tuple[UUID, int], *, restock: bool) -> Line:
    share = quantity / row.quantity if row.quantity else ZERO
    return Line(
        quantity=-quantity,
        product=row.product,
        unit_price=row.unit_price,
        discount=-fine(row.discount * share),
        tax_rate=row.tax_rate,
        net=-fine(row.net * share),
        tax=-fine(row.tax * share),
        cost=None if row.cost is None else -fine(row.cost * share),
        name=row.name,
        barcode=row.barcode,
        restock=restock,
        cost_known=row.cost is not None,
        returns=returns,
    )


def _fingerprint(document: Sale, lines: Sequence[Line], payments: Sequence[Paid]) -> str:
    """A hash of what was told, not of what we made of it: a price changed since makes no conflict of a repeat."""
    told = {
        "version": FINGERPRINT_VERSION,
        "kind": document.kind,
        "branch": document.branch_id,
        "register": document.register_id,
        "customer": document.customer_id,
        "refund_of": document.refund_of_id,
        "cashier": document.cashier,
        "receipt": document.receipt,
        "sold_at": document.sold_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "lines": [_told(line) for line in lines],
        "payments": [[paid.tender, plain(paid.amount)] for paid in payments],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _told(line: Line) -> dict[str, Any]:
    fields = {name: getattr(line, name) for name in Line.__slots__}
    fields["product"] = line.product.pk if line.product else None
    back_to = fields.pop("returns")
    if back_to:
        fields["returns"] = [str(back_to[0]), back_to[1]]
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
