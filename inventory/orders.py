"""Orders to suppliers: filled as a draft, approved once, mailed, cancelled. Receiving is in `inventory.deliveries`.

A branch has one draft a supplier. Every call locks its order first, then its lines, then stock, and may be repeated:
the second changes nothing. What is refused is refused with a sentence and leaves everything as it was.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from inventory.calendar import terms_of
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine, Supplier
from shop import formats, jobs
from shop.errors import Refused
from shop.models import Branch
from shop.tenancy import current_shop_id

State, Mail = PurchaseOrder.State, PurchaseOrder.Mail
MAIL_JOB = "order_mail"
MOST = Decimal(1_000_000)
ZERO = Decimal(0)


class OrderRefused(Refused):
    code = "order_invalid"


class BelowMinimum(OrderRefused):
    """The order is worth less than its supplier delivers for; the person may say "send it all the same"."""

    code = "order_below_minimum"


@transaction.atomic
def add_line(
    *,
    branch: Branch,
    supplier: Supplier,
    product: Product,
    quantity: Decimal,
    by: str,
    source: str = "",
    now: dt.datetime | None = None,
) -> PurchaseOrderLine:
    """Put a quantity (pieces or kilograms) of a product on the one draft of the branch and supplier, making it if
    need be. The same `source` adds once. Raises OrderRefused unless the quantity is above 0.
    """
    _check(quantity)
    now, source = now or timezone.now(), source or f"hand:{uuid.uuid4()}"
    order = _draft(branch, supplier, by, now)
    _schedule(order, now)
    line = order.lines.select_for_update(of=("self",)).filter(product=product).first()
    if line is None:
        line = PurchaseOrderLine(order=order, product=product, quantity=ZERO, sources={})
    if source not in line.sources:
        line.quantity += quantity
        line.sources = {**line.sources, source: str(quantity)}
        line.pack_size, line.unit_cost = product.pack_size, product.cost
        _check(line.quantity)
        line.save()
    return line


@transaction.atomic
def take_off(*, line: int, source: str) -> None:
    """Take what `source` added off a draft again, and the line where nothing is left. A line or source that is
    gone is passed over. Raises OrderRefused once the order is approved.
    """
    found = PurchaseOrderLine.objects.filter(pk=line).first()
    if found is None:
        return
    order = locked(found.order_id)
    found = order.lines.select_for_update(of=("self",)).filter(pk=line).first()
    if found is None or source not in found.sources:
        return
    _must_be_draft(order)
    found.quantity -= Decimal(found.sources.pop(source))
    if found.quantity <= 0 or not found.sources:
        found.delete()
    else:
        found.save(update_fields=["quantity", "sources"])


@transaction.atomic
def change_line(*, line: PurchaseOrderLine, quantity: Decimal) -> PurchaseOrderLine | None:
    """Set a line's quantity; 0 takes it off. Raises OrderRefused unless its order is a draft."""
    order = locked(line.order_id)
    _must_be_draft(order)
    found: PurchaseOrderLine | None = order.lines.select_for_update(of=("self",)).filter(pk=line.pk).first()
    if found is None:
        return None
    if quantity == 0:
        found.delete()
        return None
    _check(quantity)
    found.quantity = quantity
    found.save(update_fields=["quantity"])
    return found


def remove_line(*, line: PurchaseOrderLine) -> None:
    """Take a line off a draft."""
    change_line(line=line, quantity=ZERO)


@transaction.atomic
def approve(
    *, order: PurchaseOrder, by: str, below_minimum: bool = False, now: dt.datetime | None = None
) -> PurchaseOrder:
    """Close the draft for changes and ask for its mail, where the supplier has an address. Costs and cases are those
    of now, the delivery day is the next that an order of now goes with.

    Raises OrderRefused for an empty or cancelled order, BelowMinimum unless told to go below it. Approving twice,
    or by two people at once, approves and mails once.
    """
    now = now or timezone.now()
    found = locked(order.pk)
    if found.state in {State.APPROVED, State.PART, State.RECEIVED}:
        return found
    _must_be_draft(found)
    lines = list(found.lines.select_for_update(of=("self",)).select_related("product").order_by("id"))
    if not lines:
        raise OrderRefused("There is nothing on this order yet. Add a product first.")
    for line in lines:
        line.pack_size, line.unit_cost = line.product.pack_size, line.product.cost
    PurchaseOrderLine.objects.bulk_update(lines, ["pack_size", "unit_cost"])
    _check_minimum(found, lines, below_minimum=below_minimum)
    _schedule(found, now)
    found.state, found.approved_by, found.approved_at = State.APPROVED, by, now
    if found.supplier.email:
        _ask_mail(found, by, uuid.uuid5(uuid.NAMESPACE_URL, f"order:{found.shop_id}:{found.pk}"))
    found.save()
    return found


@transaction.atomic
def mail_again(*, order: PurchaseOrder, by: str) -> PurchaseOrder:
    """Ask for the mail once more. While one is on its way a second is not asked for.

    Raises OrderRefused for a draft, a cancelled order, or a supplier without an address.
    """
    found = locked(order.pk)
    _must_be_approved(found)
    if not found.supplier.email:
        raise OrderRefused(f"{found.supplier} has no email address. Print the order, or send the file yourself.")
    if found.mail != Mail.WAITING:
        _ask_mail(found, by, uuid.uuid4())
        found.save()
    return found


@transaction.atomic
def mark_sent(*, order: PurchaseOrder, now: dt.datetime | None = None) -> PurchaseOrder:
    """Note that the supplier has the order by another way: telephone, paper, their website."""
    found = locked(order.pk)
    _must_be_approved(found)
    if found.mail not in {Mail.SENT, Mail.WAITING}:
        found.mail, found.mailed_to, found.mailed_at, found.mail_error = Mail.SENT, "", now or timezone.now(), ""
        found.save()
    return found


@transaction.atomic
def cancel(*, order: PurchaseOrder) -> PurchaseOrder:
    """Drop an order of which nothing has come. A mail that has not left yet stays here.

    Raises OrderRefused once some of it was received.
    """
    found = locked(order.pk)
    if found.state in {State.PART, State.RECEIVED}:
        raise OrderRefused("Some of this order has come. Close the lines that will not come instead.")
    found.state = State.CANCELLED
    if found.mail == Mail.WAITING:
        found.mail = Mail.NONE
    found.save(update_fields=["state", "mail"])
    return found


def worth(lines: Iterable[PurchaseOrderLine]) -> Decimal:
    """What lines cost together; those without a cost count as nothing."""
    return sum((line.quantity * (line.unit_cost or ZERO) for line in lines), ZERO).quantize(Decimal("0.01"))


def locked(pk: int) -> PurchaseOrder:
    """The order, locked to the end of the transaction."""
    found = PurchaseOrder.objects.select_for_update(of=("self",)).select_related("supplier", "branch", "shop")
    return found.get(pk=pk)  # type: ignore[no-any-return]


def _draft(branch: Branch, supplier: Supplier, by: str, now: dt.datetime) -> PurchaseOrder:
    """The branch's draft for the supplier, locked. Numbers are given out one after the other within a shop."""
    drafts = PurchaseOrder.objects.filter(branch=branch, supplier=supplier, state=State.DRAFT)
    pk = drafts.values_list("pk", flat=True).first()
    if pk is None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended('orders', %s))", [current_shop_id()])
        pk = drafts.values_list("pk", flat=True).first()
    if pk is None:
        last = PurchaseOrder.objects.order_by().aggregate(last=Max("number"))["last"] or 0
        pk = PurchaseOrder.objects.create(branch=branch, supplier=supplier, number=last + 1, made_by=by, made_at=now).pk
    order = locked(pk)
    return order if order.state == State.DRAFT else _draft(branch, supplier, by, now)


def _schedule(order: PurchaseOrder, now: dt.datetime) -> None:
    """The delivery an order of now goes with, and its cut-off. Without a known lead time there is neither."""
    if order.supplier.lead_time_days is None:
        order.cutoff_at = order.expected_on = None
    else:
        coming = next(terms_of(order.supplier, order.shop.zone).deliveries(now))
        order.cutoff_at, order.expected_on = coming.cutoff_at, coming.on
    order.save(update_fields=["cutoff_at", "expected_on"])


def _ask_mail(order: PurchaseOrder, by: str, key: uuid.UUID) -> None:
    order.mail, order.mail_error = Mail.WAITING, ""
    jobs.ask(kind=MAIL_JOB, key=key, payload={"order": order.pk}, title=f"Mail {order} to {order.supplier}", by=by)


def _check(quantity: Decimal) -> None:
    if not ZERO < quantity <= MOST:
        raise OrderRefused("Choose a quantity above 0.")
    if quantity != quantity.quantize(Decimal("0.001")):
        raise OrderRefused("A quantity has at most three decimals.")


def _check_minimum(order: PurchaseOrder, lines: list[PurchaseOrderLine], *, below_minimum: bool) -> None:
    least, total = order.supplier.minimum_order, worth(lines)
    if least is not None and total < least and not below_minimum:
        currency = order.shop.currency
        raise BelowMinimum(
            f"{order.supplier} delivers from {formats.money(least, currency)};"
            f" this order is worth {formats.money(total, currency)}. Add more, or say that it goes out all the same."
        )


def _must_be_draft(order: PurchaseOrder) -> None:
    if order.state == State.CANCELLED:
        raise OrderRefused(f"{order} was cancelled.")
    if order.state != State.DRAFT:
        raise OrderRefused(f"{order} is approved already, so it can no longer be changed. Ask the supplier.")


def _must_be_approved(order: PurchaseOrder) -> None:
    if order.state == State.DRAFT:
        raise OrderRefused("Approve the order first.")
    if order.state == State.CANCELLED:
        raise OrderRefused(f"{order} was cancelled.")
