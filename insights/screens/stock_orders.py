"""Receiving against an order: what is due, its lines, and what came of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q
from django.urls import reverse

from insights.screens.stock_entry import Asked
from insights.screens.stock_find import Found, find
from insights.screens.stock_forms import ReceiveLine
from insights.screens.stock_latest import Line as Entered
from insights.screens.stock_latest import Outcome, amount, latest, line_of
from inventory import deliveries
from inventory.models import DeliveryLine, Product, PurchaseOrder, PurchaseOrderLine, StockMovement
from shop import formats
from shop.models import Branch
from shop.roles import Can, may

DUE_STATES = (PurchaseOrder.State.APPROVED, PurchaseOrder.State.PART)


@dataclass(frozen=True, slots=True)
class Due:
    """An order whose goods have not all come."""

    pk: int
    number: int
    supplier: str
    expected_on: dt.date | None
    lines: int
    open_lines: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the order in words: 12 of 24 came, which is 2 cases short."""

    row: PurchaseOrderLine
    left: Decimal
    ordered: str
    received: str
    left_words: str
    cost: str
    came: list[DeliveryLine]

    @property
    def done(self) -> bool:
        return self.row.is_closed or self.left <= 0


@dataclass(frozen=True, slots=True)
class Came:
    """What was taken in a moment ago."""

    delivery: DeliveryLine
    said: Outcome
    new_cost: bool


@dataclass(frozen=True, slots=True)
class OrderScreen:
    order: PurchaseOrder
    asked: Asked
    lines: list[Line]
    open_now: Line | None
    form: ReceiveLine | None
    found: Found
    not_on_it: Product | None
    came: Came | None
    latest: list[Entered]
    may_receive: bool


def due(branch: Branch | None = None, until: dt.date | None = None) -> list[Due]:
    """Orders on the way, the earliest first; of one branch; those expected by a day."""
    still_open = Q(lines__is_closed=False, lines__received__lt=F("lines__quantity"))
    orders = PurchaseOrder.objects.filter(state__in=DUE_STATES)
    if branch:
        orders = orders.filter(branch=branch)
    if until:
        orders = orders.filter(expected_on__lte=until)
    orders = orders.annotate(all=Count("lines"), open=Count("lines", filter=still_open))
    rows = orders.select_related("supplier").order_by(F("expected_on").asc(nulls_last=True), "pk")[:20]
    return [Due(one.pk, one.number, one.supplier.name, one.expected_on, one.all, one.open) for one in rows]


def build(order: PurchaseOrder, asked: Asked, form: ReceiveLine | None = None) -> OrderScreen:
    """The order's lines, and the line that the address, a scan or a form that was sent names."""
    lines = _lines(order, asked)
    found = find(asked.given.get("q", "")) if form is None else Found()
    open_now = _open_line(lines, asked, found)
    may_receive = order.state in DUE_STATES or order.state == PurchaseOrder.State.RECEIVED
    if open_now and form is None and may_receive:
        form = _form(open_now.row, asked, None)
    return OrderScreen(
        order=order,
        asked=asked,
        lines=lines,
        open_now=open_now if form else None,
        form=form,
        found=found,
        not_on_it=found.product if found.product and not open_now else None,
        came=_came(order, asked),
        latest=latest(order.branch),
        may_receive=may_receive,
    )


def act(order: PurchaseOrder, asked: Asked, posted: Mapping[str, str]) -> tuple[ReceiveLine | None, str]:
    """Do what the form says; answers the form to be put right, or where to go next. Raises Refused."""
    here = reverse("insights:stock_order", args=[order.pk])
    if posted.get("do") == "cost":
        delivery = DeliveryLine.objects.filter(order_line__order=order, pk=_number(posted.get("delivery"))).first()
        if delivery:
            deliveries.take_cost(delivery=delivery, by=asked.by)
        return None, here
    line = order.lines.select_related("product").filter(pk=_number(posted.get("line"))).first()
    if line is None:
        return None, here
    if posted.get("do") == "close":
        deliveries.close_line(line=line, closed=not line.is_closed)
        return None, here
    form = _form(line, asked, posted)
    instead = _instead(form) if form.is_valid() else None
    if not form.is_valid():
        return form, ""
    got = deliveries.receive_line(
        line=line,
        quantity=form.amount,
        by=asked.by,
        product=instead,
        source=f"delivery:{form.cleaned_data['entry']}",
        **form.said(),
    )
    return None, f"{here}?{urlencode({'came': got.delivery.pk} | _next(asked))}"


def _next(asked: Asked) -> dict[str, str]:
    return {"q": asked.given["next"][:100]} if asked.given.get("next") else {}


def _instead(form: ReceiveLine) -> Product | None:
    """The product that came in place of the ordered one; a word nobody can place is a problem of the form."""
    words = form.cleaned_data["instead"]
    found = find(words)
    if words and found.product is None:
        tell = "Several products match. Say it more exactly." if found.several else "We do not know this product."
        form.add_error("instead", tell)
    return found.product


def _form(line: PurchaseOrderLine, asked: Asked, data: Any) -> ReceiveLine:
    left, size = max(line.quantity - line.received, Decimal(0)), line.product.pack_size
    by_case = bool(size and size > 1 and left and left % size == 0)
    initial: dict[str, Any] = {"quantity": left / size if by_case and size else left, "per": size if by_case else 1}
    if asked.sees_cost:
        initial["cost"] = line.unit_cost
    return ReceiveLine(data, product=line.product, branch=asked.branch, initial=initial, sees_cost=asked.sees_cost)


def _lines(order: PurchaseOrder, asked: Asked) -> list[Line]:
    rows = order.lines.select_related("product").prefetch_related("deliveries__product").order_by("product__name", "pk")
    return [_line(row, asked) for row in rows]


def _line(row: PurchaseOrderLine, asked: Asked) -> Line:
    left = max(row.quantity - row.received, Decimal(0))
    return Line(
        row=row,
        left=left,
        ordered=_cases(row.quantity, row.product),
        received=amount(row.received, row.product),
        left_words=_cases(left, row.product),
        cost=formats.money(row.unit_cost, asked.shop.currency) if asked.sees_cost and row.unit_cost is not None else "",
        came=[one for one in row.deliveries.all() if one.undone_at is None],
    )


def _cases(quantity: Decimal, product: Product) -> str:
    """24 (2 cases of 12)."""
    size, text = product.pack_size, amount(quantity, product)
    if not size or size < 2 or quantity % size or not quantity:
        return text
    many = int(quantity / size)
    return f"{text} ({many} case{'' if many == 1 else 's'} of {size})"


def _open_line(lines: list[Line], asked: Asked, found: Found) -> Line | None:
    if found.product:
        return next((line for line in lines if line.row.product_id == found.product.pk), None)
    return next((line for line in lines if str(line.row.pk) == asked.given.get("line")), None)


def _came(order: PurchaseOrder, asked: Asked) -> Came | None:
    rows = DeliveryLine.objects.filter(order_line__order=order, pk=_number(asked.given.get("came")))
    row = rows.select_related("product", "order_line").first()
    if row is None:
        return None
    line = row.order_line
    over, details = line.received - line.quantity, []
    if over > 0:
        details.append(f"{amount(over, row.product)} more than ordered.")
    cost, ordered = row.unit_cost, line.unit_cost if row.product_id == line.product_id else row.product.cost
    changed = asked.sees_cost and cost is not None and ordered is not None and cost != ordered
    if changed:
        now, was = (formats.money(one, asked.shop.currency) for one in (cost, ordered))
        details.append(f"It cost {now} each, {'up' if cost > ordered else 'down'} from {was}.")
    new = changed and not row.undone_at and cost != row.product.cost and may(asked.role, Can.EDIT_PRODUCTS)
    movement = StockMovement.objects.select_related("product").get(source=row.source)
    return Came(row, Outcome(line_of(movement), " ".join(details)), new)


def _number(text: str | None) -> int:
    return int(text[:18]) if text and text.isdecimal() else 0
