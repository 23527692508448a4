"""The shelf's rows about selling by tills."""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from inventory.models import BarcodeRule, Product, ShelfPrice
from sales import shifts
from sales.models import CostSettlement, InboxItem, Sale, Shift, ZReport
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
    item = _wait_for_a_person(register, sale)
    return Selling(register, Device.objects.order_by("pk").last(), shift, item, z_report)


def _close_a_shift(register: Register) -> tuple[Shift, ZReport]:
    """A shift of two days ago that was opened, lent from, counted and closed."""
    opened = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
    told = shifts.Opening("Sam", Decimal(100), opened)
    shift = shifts.open_shift(uuid=uuid.uuid4(), register=register, told=told).shift
    lent = shifts.Moving("paid_out", Decimal(5), "Window cleaner", "Sam", opened + dt.timedelta(hours=1))
    shifts.move_cash(uuid=uuid.uuid4(), shift=shift.uuid, register=register, told=lent)
    counted = shifts.Closing({"cash": Decimal(95)}, "Sam", opened + dt.timedelta(hours=8))
    done = shifts.close_shift(uuid=shift.uuid, register=register, told=counted)
    assert done.z is not None
    return done.shift, done.z


def _wait_for_a_person(register: Register, sale: Sale) -> InboxItem:
    """An item of every kind: what is not in the books names a customer and goods of its shop."""
    theirs = f"CANARY-{register.shop.slug}-payload"
    line = {"name": theirs, "quantity": "1", "unit_price": "2.50"}
    payload = {
        "kind": "sale", "sold_at": sale.sold_at.isoformat(), "lines": [line],
        "customer": {"code": "C9", "name": theirs}, "epoch": 1, "seq": 7,
        "payments": [{"tender": "cash", "amount": "2.50"}],
    }  # fmt: skip
    kept = {
        kind: InboxItem.objects.create(
            kind=kind, told_id=str(uuid.uuid4()), fingerprint="0" * 64, branch=register.branch, register=register,
            sale=None if kind in ("parked", "refused") else sale, line_number=2 if kind == "unmatched" else None,
            code="5012345678900" if kind == "unmatched" else "", name="Loose" if kind == "unmatched" else "",
            reason="As a till told it.", payload=payload if kind in ("conflict", "parked") else None,
        )
        for kind in InboxItem.Kind.values
    }  # fmt: skip
    return kept["conflict"]
