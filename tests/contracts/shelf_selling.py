"""The shelf's rows about selling by tills."""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from inventory.models import BarcodeRule, Product, ShelfPrice
from sales.models import CashMovement, CostSettlement, InboxItem, Sale, Shift, ShiftCount, ZReport
from shop import devices
from shop.models import Device, Register

BY = "alice@shops.example"


@dataclass
class Selling:
    """Rows that pages about selling name."""

    register: Register
    device: Device
    shift: Shift
    inbox_item: InboxItem
    z_report: ZReport


def sell_by_till(product: Product, sale: Sale) -> Selling:
    """A device, a code for another, a shift that is closed and counted, an item to look at, prices and rules."""
    register = Register.objects.select_related("branch", "shop").order_by("pk").first()
    devices.connect(register, f"{register.shop.name} front", by=BY)
    devices.make_enrolment(register, by=BY)
    ShelfPrice.objects.create(product=product, price=Decimal("1.20"), reason="Ends today")
    BarcodeRule.objects.create(name="Weighed", pattern="21IIIIIVVVVVC", holds="weight")
    shift, z_report = _close_a_shift(register)
    line = sale.lines.order_by("number").first()
    CostSettlement.objects.create(
        line=line, branch=register.branch, product=product, quantity=Decimal(1), was=None, now=Decimal("1.10"),
        receipt="receipt:1",
    )  # fmt: skip
    item = InboxItem.objects.create(
        kind="conflict", told_id=str(sale.uuid), fingerprint="0" * 64, branch=register.branch, register=register,
        sale=sale, reason="Same number, other content", payload={"id": str(sale.uuid), "lines": []},
    )  # fmt: skip
    return Selling(register, Device.objects.get(), shift, item, z_report)


def _close_a_shift(register: Register) -> tuple[Shift, ZReport]:
    now = dt.datetime.now(dt.UTC)
    shift = Shift.objects.create(
        register=register, opened_at=now - dt.timedelta(days=2), closed_at=now - dt.timedelta(days=1), cashier="Sam"
    )
    ShiftCount.objects.create(shift=shift, tender="cash", amount=Decimal(100))
    CashMovement.objects.create(
        uuid=uuid.uuid4(), shift=shift, kind="paid_out", amount=Decimal(5), reason="Window cleaner",
        moved_at=now - dt.timedelta(days=1, hours=3), fingerprint="0" * 64,
    )  # fmt: skip
    z_report = ZReport.objects.create(
        shift=shift, register=register, number=1, business_date=now.date(), body={}, made_at=now
    )
    return shift, z_report
