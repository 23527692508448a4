"""Goods that come for an order: by line, in parts, perhaps another product instead. Stock moves through the ledger.

Every call locks the order first, then its line, then stock, and may be repeated with the same `source`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory import services
from inventory.models import DeliveryLine, Product, PurchaseOrder, PurchaseOrderLine, StockMovement
from inventory.orders import OrderRefused, State, locked
from shop.tenancy import acting

LONGEST_SOURCE = 60
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Received:
    """What came. `over` is how much more than ordered the line has now; the costs are None where unknown."""

    delivery: DeliveryLine
    over: Decimal
    ordered_cost: Decimal | None
    cost: Decimal | None

    @property
    def cost_changed(self) -> bool:
        return self.cost is not None and self.ordered_cost is not None and self.cost != self.ordered_cost


@transaction.atomic
def receive_line(
    *,
    line: PurchaseOrderLine,
    quantity: Decimal,
    by: str,
    product: Product | None = None,
    cost: Decimal | None = None,
    lot: str = "",
    best_before: dt.date | None = None,
    use_by: dt.date | None = None,
    source: str = "",
    at: dt.datetime | None = None,
) -> Received:
    """Take in what came for a line, in its selling unit: part of it, all of it or more; `product` came in its place.

    One receipt in the ledger, named by `source`. Without a `cost` it counts at the order's cost, a product that came
    instead at its own. Raises OrderRefused for a draft or cancelled order, StockRefused unless the quantity is above 0.
    """
    source = source or f"delivery:{uuid.uuid4()}"
    if len(source) > LONGEST_SOURCE:
        raise OrderRefused(f"A source has at most {LONGEST_SOURCE} characters.")
    order, line = _locked_line(line.pk)
    product = product or line.product
    done = DeliveryLine.objects.filter(source=source).select_related("product").first()
    if done is None:
        _must_be_under_way(order)
        is_same = product.pk == line.product_id
        cost = (line.unit_cost if is_same else product.cost) if cost is None else cost
        services.receive(
            branch=order.branch, product=product, quantity=quantity, by=by, at=at, lot=lot, best_before=best_before,
            use_by=use_by, cost=cost, supplier=order.supplier, source=source, note=f"{order}",
        )  # fmt: skip
        done = _write(line, product, quantity, cost, source, by, at or timezone.now())
        line.received += quantity
        line.save(update_fields=["received"])
        _settle(order)
    ordered = line.unit_cost if done.product_id == line.product_id else done.product.cost
    return Received(done, max(ZERO, line.received - line.quantity), ordered, done.unit_cost)


@transaction.atomic
def undo_delivery(*, delivery: DeliveryLine, by: str) -> DeliveryLine:
    """Take a receipt back: its stock by a reversal in the ledger, its lot, and what the line has received."""
    order, line = _locked_line(delivery.order_line_id)
    found: DeliveryLine = DeliveryLine.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if found.undone_at is None:
        services.take_back(sources=[found.source], by=by, note=f"{order}: receipt undone")
        line.received = max(ZERO, line.received - found.quantity)
        line.save(update_fields=["received"])
        found.undone_at = timezone.now()
        found.save(update_fields=["undone_at"])
        _settle(order)
    return found


@transaction.atomic
def close_line(*, line: PurchaseOrderLine, closed: bool = True) -> PurchaseOrderLine:
    """Say that nothing more will come for a line (or that it may after all).

    Raises OrderRefused for a draft or cancelled order.
    """
    order, found = _locked_line(line.pk)
    _must_be_under_way(order)
    found.is_closed = closed
    found.save(update_fields=["is_closed"])
    _settle(order)
    return found


@transaction.atomic
def take_cost(*, delivery: DeliveryLine, by: str) -> Product:
    """Make what a delivery cost the product's cost from now on; the price history says why."""
    if delivery.unit_cost is None:
        raise OrderRefused("This delivery has no cost to take over.")
    order = delivery.order_line.order
    with acting(by, f"{order}: cost of the delivery"):
        products = Product.objects.filter(pk=delivery.product_id).exclude(cost=delivery.unit_cost)
        products.update(cost=delivery.unit_cost)
    return Product.objects.get(pk=delivery.product_id)  # type: ignore[no-any-return]


def _locked_line(pk: int) -> tuple[PurchaseOrder, PurchaseOrderLine]:
    order = locked(PurchaseOrderLine.objects.values_list("order_id", flat=True).get(pk=pk))
    lines = order.lines.select_for_update(of=("self",)).select_related("product")
    return order, lines.get(pk=pk)


def _write(
    line: PurchaseOrderLine,
    product: Product,
    quantity: Decimal,
    cost: Decimal | None,
    source: str,
    by: str,
    at: dt.datetime,
) -> DeliveryLine:
    lot = StockMovement.objects.values_list("lot_id", flat=True).get(source=source)
    return DeliveryLine.objects.create(  # type: ignore[no-any-return]
        order_line=line,
        product=product,
        lot_id=lot,
        quantity=quantity,
        unit_cost=cost,
        source=source,
        received_at=at,
        received_by=by,
    )


def _settle(order: PurchaseOrder) -> None:
    """An approved order's state is what its lines say."""
    lines = list(order.lines.all())
    over = [line.is_closed or line.received >= line.quantity for line in lines]
    touched = any(line.is_closed or line.received > 0 for line in lines)
    order.state = State.RECEIVED if all(over) else State.PART if touched else State.APPROVED
    order.save(update_fields=["state"])


def _must_be_under_way(order: PurchaseOrder) -> None:
    if order.state == State.DRAFT:
        raise OrderRefused(f"{order} is not approved yet. Approve it first.")
    if order.state == State.CANCELLED:
        raise OrderRefused(f"{order} was cancelled. Receive what came without an order.")
