"""An approved order as its supplier gets it: a mail in plain words with the lines as a CSV file.

The job that mails may be started again at any point and never mails twice: it notes that the mail is about to leave
before it leaves. One that was stopped in between is left as failed, for a person to ask the supplier.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.forms import ValidationError
from django.template.loader import render_to_string
from django.utils import timezone

from inventory import orders
from inventory.models import PurchaseOrder, PurchaseOrderLine
from shop import formats, jobs
from shop.csvout import Cell, pieces, quantity
from shop.mail import leaves_this_machine
from shop.models import Job

log = logging.getLogger("aisle.mail")
Mail, State = PurchaseOrder.Mail, PurchaseOrder.State
COLUMNS = ("order", "delivery_day", "sku", "barcode", "product", "cases", "pieces_in_a_case", "quantity", "unit")
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads UTF-8 as something else


def lines_of(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    """The lines as they are printed and sent, by product name."""
    found = order.lines.select_related("product").prefetch_related("product__barcodes")
    return list(found.order_by("product__name", "id"))


def in_cases(line: PurchaseOrderLine) -> str:
    """8 cases of 6, 8 cases of 6 and 2 single, 3 kg, 5 pieces."""
    if line.product.unit == "kg":
        return f"{formats.units(line.quantity)} kg"
    cases, single = cases_of(line)
    singles = f"{formats.units(single)} {'piece' if single == 1 else 'pieces'}"
    if not cases:
        return singles
    whole = f"{cases} {'case' if cases == 1 else 'cases'} of {line.pack_size}"
    return f"{whole} and {singles}" if single else whole


def cases_of(line: PurchaseOrderLine) -> tuple[int, Decimal]:
    """Whole cases, and what is left over."""
    if not line.pack_size or line.pack_size == 1 or line.product.unit == "kg":
        return 0, line.quantity
    whole, single = divmod(line.quantity, line.pack_size)
    return int(whole), single


def file_of(order: PurchaseOrder) -> str:
    """The lines as CSV text that a spreadsheet opens safely."""
    return BOM + "".join(pieces(COLUMNS, rows_of(order, lines_of(order))))


def rows_of(order: PurchaseOrder, lines: Iterable[PurchaseOrderLine]) -> Iterator[tuple[Cell, ...]]:
    for line in lines:
        product, (cases, _) = line.product, cases_of(line)
        barcode = next((code.code for code in product.barcodes.all() if code.pack_quantity == 1), "")
        what = order.number, order.expected_on, product.sku, barcode, product.name
        yield *what, cases or None, line.pack_size, quantity(line.quantity), product.unit


def file_name(order: PurchaseOrder) -> str:
    return f"order_{order.number}.csv"


def message_of(order: PurchaseOrder) -> EmailMessage:
    """The mail: from the shop's name by our own address, answers go to who approved it."""
    context = {
        "order": order,
        "shop": order.shop,
        "lines": [(line, in_cases(line)) for line in lines_of(order)],
        "day": formats.day_long(order.expected_on, timezone.localdate()) if order.expected_on else "",
    }
    subject = " ".join(render_to_string("inventory/mail/order_subject.txt", context).split())
    body = render_to_string("inventory/mail/order.txt", context)
    message = EmailMessage(subject, body, _sender(order), [order.supplier.email], reply_to=_reply_to(order))
    message.attach(file_name(order), file_of(order).encode(), "text/csv")
    return message


@jobs.job_kind(orders.MAIL_JOB)
def mail_order(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Mail the order its job names, if it still waits for it. Returns {sent}."""
    with transaction.atomic():
        order = orders.locked(job.payload["order"])
        if order.mail != Mail.WAITING or order.state not in {State.APPROVED, State.PART, State.RECEIVED}:
            return {"sent": False}
        if "leaving" in job.step:
            _note(order, "The work stopped while the mail left. Ask the supplier whether it came before sending again.")
            return {"sent": False}
        message = message_of(order)
        report.checkpoint(leaving=order.supplier.email)
    error = _send(message)
    with transaction.atomic():
        order = orders.locked(order.pk)
        _note(order, error, to=message.to[0])
    return {"sent": not error}


def _send(message: EmailMessage) -> str:
    """Empty where the mail server took it, else what to tell the person."""
    if not leaves_this_machine() and settings.EMAIL_BACKEND.endswith(
        ("filebased.EmailBackend", "console.EmailBackend")
    ):
        return "No mail server is set up here. Print the order, or send the file yourself."
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused:
        return f"The mail server does not take mail for {message.to[0]}. Check the supplier's address."[:200]
    except (OSError, smtplib.SMTPException) as error:
        log.warning("order not mailed", extra={"why": type(error).__name__})
        return "The mail server could not be reached or refused it. Try again, or send the file yourself."
    return ""


def _note(order: PurchaseOrder, error: str, *, to: str = "") -> None:
    order.mail, order.mail_error = (Mail.FAILED, error) if error else (Mail.SENT, "")
    if not error:
        order.mailed_to, order.mailed_at = to, timezone.now()
    order.save(update_fields=["mail", "mail_error", "mailed_to", "mailed_at"])


def _sender(order: PurchaseOrder) -> str:
    name = " ".join(order.shop.name.split())
    return formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _reply_to(order: PurchaseOrder) -> list[str]:
    try:
        validate_email(order.approved_by)
    except ValidationError:
        return []
    return [order.approved_by]
