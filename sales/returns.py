"""What a sale may still give back, and what that is worth: to the cent, so that many small returns make up the whole.

A line's part of the total is in cents, worked out so that all lines' parts add up to what was paid. A return from the
first to the third of ten pieces is worth the difference of the two running parts. So it does not matter in how many
goes, or in which order of lines, a sale comes back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from uuid import UUID

from django.db.models import Q, Sum

from sales.models import Payment, Sale, SaleLine
from sales.money import FINEST, ZERO, cents, piece
from shop.errors import Refused


class SaleUnknown(Refused):
    code = "not_found"
    status = HTTPStatus.NOT_FOUND


@dataclass(slots=True)
class SoldLine:
    """A line of the original. `paid` and `paid_tax` are its part of what was paid, in cents."""

    number: int
    row: SaleLine
    paid: Decimal
    paid_tax: Decimal
    returned: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        return max(self.row.quantity - self.returned, ZERO) if self.row.quantity > 0 else ZERO


@dataclass(frozen=True, slots=True)
class Share:
    """What returning a quantity is worth; all of it is taken off the books."""

    net: Decimal
    tax: Decimal
    discount: Decimal
    cost: Decimal | None


@dataclass(slots=True)
class Original:
    sale: Sale
    lines: dict[int, SoldLine] = field(default_factory=dict)


def originals(ids: Collection[UUID]) -> dict[UUID, Original]:
    """The sales with these ids, with what came back of each line so far."""
    found = {sale.uuid: Original(sale) for sale in Sale.objects.filter(uuid__in=ids)}
    rows: dict[int, list[SaleLine]] = {}
    for row in SaleLine.objects.filter(sale__in=[each.sale.pk for each in found.values()]).select_related("product"):
        rows.setdefault(row.sale_id, []).append(row)
    for each in found.values():
        each.lines = _sold(rows.get(each.sale.pk, []))
    for (sale, number), quantity in _returned(found).items():
        if line := found[sale].lines.get(number):
            line.returned = quantity
    return found


def share(line: SoldLine, quantity: Decimal, *, whole: bool = False) -> Share:
    """What the next `quantity` of a line is worth. `whole`: exactly what the line was, for a document taken back."""
    row, first, last = line.row, line.returned, line.returned + quantity
    if whole and not first and last == row.quantity:
        return Share(row.net, row.tax, row.discount, row.cost)
    paid = piece(line.paid, row.quantity, first, last)
    tax = piece(line.paid_tax, row.quantity, first, last)
    discount = piece(row.discount, row.quantity, first, last, FINEST)
    cost = None if row.cost is None else piece(row.cost, row.quantity, first, last, FINEST)
    return Share(paid - tax, tax, discount, cost)


def _sold(rows: list[SaleLine]) -> dict[int, SoldLine]:
    """The lines by number (imported ones by their place), each with its part of the total in cents."""
    lines, sum_paid, sum_tax = {}, ZERO, ZERO
    for place, row in enumerate(sorted(rows, key=lambda row: (row.number or 0, row.pk)), start=1):
        paid = cents(sum_paid + row.net + row.tax) - cents(sum_paid)
        tax = cents(sum_tax + row.tax) - cents(sum_tax)
        sum_paid, sum_tax = sum_paid + row.net + row.tax, sum_tax + row.tax
        number = row.number or place
        lines[number] = SoldLine(number, row, paid, tax)
    return lines


def _returned(ids: Collection[UUID]) -> dict[tuple[UUID, int], Decimal]:
    back = SaleLine.objects.filter(returns_sale__in=ids, returns_line__isnull=False, sale__voided_at=None)
    sums = back.order_by().values_list("returns_sale", "returns_line").annotate(quantity=Sum("quantity"))
    return {(sale, number): -quantity for sale, number, quantity in sums}


# --- What a till asks before it takes something back -----------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Worth:
    """What is given back, in cents; `gross` is net and tax together."""

    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class RefundableLine:
    """`gives_back` is for the next unit, or all that is left if that is less; `gives_back_all` for all that is left.
    `deposits` are the lines that come back with it."""

    line: int
    product: int | None
    name: str
    barcode: str
    sold: Decimal
    returned: Decimal
    left: Decimal
    gives_back: Worth
    gives_back_all: Worth
    deposit_of: int | None
    deposits: list[int]


@dataclass(frozen=True, slots=True)
class Refundable:
    id: UUID
    sold_at: dt.datetime
    total: Decimal
    lines: list[RefundableLine]
    tenders: dict[str, Decimal]


def find(id: UUID) -> Sale:
    """The document with this id. Raises SaleUnknown."""
    found: Sale | None = Sale.objects.filter(uuid=id).select_related("refund_of").first()
    if found is None:
        raise SaleUnknown("There is no sale with this id.")
    return found


def refundable(id: UUID) -> Refundable:
    """What may still come back of a sale and what it gives; never more than was paid. Raises SaleUnknown."""
    original = originals([id]).get(id)
    if original is None:
        raise SaleUnknown("There is no sale with this id.")
    return Refundable(
        id=id,
        sold_at=original.sale.sold_at,
        total=original.sale.total,
        lines=[_refundable(line, original) for line in original.lines.values()],
        tenders=_tenders(original.sale),
    )


def _refundable(line: SoldLine, original: Original) -> RefundableLine:
    deposits = [other.number for other in original.lines.values() if other.row.deposit_of == line.number]
    return RefundableLine(
        line=line.number,
        product=line.row.product_id,
        name=line.row.name,
        barcode=line.row.barcode,
        sold=line.row.quantity,
        returned=line.returned,
        left=line.left,
        gives_back=_worth(line, min(line.left, Decimal(1))),
        gives_back_all=_worth(line, line.left),
        deposit_of=line.row.deposit_of,
        deposits=deposits,
    )


def _worth(line: SoldLine, quantity: Decimal) -> Worth:
    if not quantity:
        return Worth(ZERO, ZERO, ZERO)
    worth = share(line, quantity)
    return Worth(worth.net, worth.tax, worth.net + worth.tax)


def _tenders(sale: Sale) -> dict[str, Decimal]:
    """What each tender paid less what was given back in it; those with nothing left are left out."""
    back = SaleLine.objects.filter(returns_sale=sale.uuid).values("sale")
    documents = Sale.objects.filter(pk__in=back, voided_at=None).exclude(pk=sale.pk).values("pk")
    # What an exchange was topped up with paid for other goods.
    paid = Payment.objects.filter(Q(sale=sale) | Q(sale__in=documents, amount__lt=0))
    sums = paid.order_by().values_list("tender").annotate(left=Sum("amount"))
    return {tender: left for tender, left in sums if left > 0}
