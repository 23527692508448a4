"""The demo's last days as a till's program told them: goods nobody knows, sums that do not add up, a sale sent twice.

They go through the door of the tills. Only unknown goods are booked, so no stock moves.
"""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from insights.demo.branches import ZONE
from insights.demo.grocer import Demo
from sales import till
from sales import told as telling
from sales.models import Sale, SaleLine, Shift
from shop.devices import Till
from shop.models import Register

CODE = "9521234000017"  # of the range kept for examples
SPACE = uuid.UUID("6f1c7d1e-3f57-4b0a-9a52-6d9d2f3b8a10")
OATS = {"barcode": CODE, "name": "Oat drink barista 1 L", "unit_price": "1.95", "tax_rate": "0"}
CRISPS = {"barcode": "9521234000024", "name": "Sea salt crisps 150 g", "unit_price": "2.25", "tax_rate": "0.2"}
NUTS = {"name": "Loose hazelnuts", "unit_price": "12.50", "tax_rate": "0"}
BAG = {"name": "Paper bag", "unit_price": "0.30", "tax_rate": "0.2"}
# Days before the end, local time, the till's own number (3 and 4 never come), what was sold, how it was paid.
SOLD: tuple[tuple[int, dt.time, int, dict[str, Any], str, str], ...] = (
    (3, dt.time(10, 12), 1, OATS | {"quantity": "2"}, "card", "3.90"),
    (3, dt.time(16, 40), 2, OATS | {"quantity": "1"}, "cash", "1.95"),
    (2, dt.time(11, 5), 5, NUTS | {"quantity": "0.36"}, "card", "4.50"),
    (2, dt.time(12, 31), 6, CRISPS | {"quantity": "2"}, "card", "4.50"),
    (1, dt.time(10, 48), 7, OATS | {"quantity": "3"}, "card", "5.85"),
)


def sell_unknown_goods(demo: Demo) -> None:
    """New goods on the shelf that nobody has entered. Before the shifts, which count them."""
    register = _first_till(demo)
    for days, time, seq, line, tender, paid in SOLD:
        _send(register, _id(demo, str(seq)), _numbered(demo, days, time, seq, line, tender, paid))


def send_oddities(demo: Demo) -> None:
    """What a person should look at, each once. After the shifts: it came when they were counted, or in the open one."""
    register = _first_till(demo)
    _send(register, _id(demo, "again"), _numbered(demo, *SOLD[-1]))  # from a restored copy of the till
    evening = dt.datetime.combine(demo.today - dt.timedelta(days=1), dt.time(15, 55), ZoneInfo(ZONE))
    euros = _content(evening, demo.size.branches[0].cashiers[0], "A-0009", [CRISPS | {"quantity": "1"}], "cash", "2.25")
    _send(register, _id(demo, "euros"), euros | {"currency": "EUR"})
    _send_another(register)
    shift = Shift.objects.open().select_related("register__shop").get()
    bag = _content(
        shift.opened_at + dt.timedelta(minutes=20), shift.cashier, "", [BAG | {"quantity": "1"}], "cash", "0.35"
    )
    _send(shift.register, _id(demo, "bag"), bag)


def _first_till(demo: Demo) -> Register:
    branch = demo.size.branches[0]
    found: Register = Register.objects.select_related("shop").get(branch__name=branch.name, name=branch.tills[0])
    return found


def _numbered(
    demo: Demo, days: int, time: dt.time, seq: int, line: dict[str, Any], tender: str, paid: str
) -> dict[str, Any]:
    at = dt.datetime.combine(demo.today - dt.timedelta(days=days), time, ZoneInfo(ZONE))
    content = _content(at, demo.size.branches[0].cashiers[0], f"A-{seq:04}", [line], tender, paid)
    return content | {"epoch": 1, "seq": seq}


def _send_another(register: Register) -> None:
    """The last basket of the import comes again under its own id, with one piece more of its first goods."""
    first = Sale.objects.filter(register=register, line_count__gte=2, kind=Sale.Kind.SALE).order_by("-pk")[0]
    lines = [
        {"sku": line.product.sku, "quantity": str(line.quantity), "unit_price": str(line.unit_price),
         "discount": str(line.discount)}
        for line in SaleLine.objects.filter(sale=first).select_related("product")
    ]  # fmt: skip
    more = Decimal(lines[0]["unit_price"])
    lines[0]["quantity"] = str(Decimal(lines[0]["quantity"]) + 1)
    paid = str((first.total + more).quantize(Decimal("0.01")))
    _send(register, first.uuid, _content(first.sold_at, first.cashier, first.receipt, lines, "card", paid))


def _content(
    at: dt.datetime, cashier: str, receipt: str, lines: list[dict[str, Any]], tender: str, paid: str
) -> dict[str, Any]:
    payments = [{"tender": tender, "amount": paid}]
    return {"sold_at": at.isoformat(), "cashier": cashier, "receipt": receipt, "lines": lines, "payments": payments}


def _send(register: Register, id: uuid.UUID, content: dict[str, Any]) -> None:
    told = telling.read(id, content)
    device = Till(register.shop, register.branch_id, register.pk, 0, register.name)
    till.book(device, [told], received_at=told.sold_at + dt.timedelta(seconds=4))


def _id(demo: Demo, name: str) -> uuid.UUID:
    return uuid.uuid5(SPACE, f"{demo.today} {name}")
