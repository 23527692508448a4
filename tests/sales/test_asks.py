"""What shopkeepers ask of a till's books, each asked as a till asks it: through the API.

The numbers are those of the list of asks in the design; 11 to 16 and 18 to 25 are tested where their pages are.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from inventory import services as inventory
from inventory.models import Barcode, BarcodeRule, Product, StockLevel, StockMovement
from sales.models import CostSettlement, InboxItem, Payment, Sale, SaleLine, Shift, ZReport
from shop import devices
from shop.models import Branch, Register, Shop
from shop.tenancy import use_shop
from tests.factories import Cast, make_product, till_client
from tests.sales.till_day import sell_many

API = "/api/v1/"
MILK = {"sku": "MILK", "quantity": "1", "unit_price": "1.45"}


@dataclass
class Counter:
    """One till of Green Grocer: tells what it did, and counts it."""

    client: Client
    register: Register
    epoch: int = 1
    seq: Any = field(default_factory=lambda: itertools.count(1))

    def post(self, path: str, body: Any, status: int) -> Any:
        response = self.client.post(API + path, body, content_type="application/json")
        assert response.status_code == status, response.content
        return response.json()

    def get(self, path: str) -> Any:
        response = self.client.get(API + path)
        assert response.status_code == 200, response.content
        return response.json()

    def sale(self, *lines: dict[str, Any], **about: Any) -> dict[str, Any]:
        """A sale as it will be sent, with the till's next number; paid in cash unless it says otherwise."""
        paid = sum((Decimal(line.get("unit_price", 0)) * Decimal(line["quantity"]) for line in lines), Decimal(0))
        return {
            "id": str(uuid.uuid4()),
            "sold_at": now(),
            "epoch": self.epoch,
            "seq": next(self.seq),
            "lines": list(lines) or [MILK],
            "payments": [{"tender": "cash", "amount": str(round(paid, 2))}] if paid else [],
            **about,
        }

    def sell(self, *lines: dict[str, Any], **about: Any) -> Any:
        """Tell a sale that is new; the answer."""
        return self.post("sales", self.sale(*lines, **about), 201)

    def open_shift(self, **about: Any) -> str:
        shift = {"id": str(uuid.uuid4()), "opened_at": now(), "float": "50.00", **about}
        self.post("shifts", shift, 201)
        return str(shift["id"])

    def close_shift(self, shift: str, counts: dict[str, str], **about: Any) -> Any:
        told = {"closed_at": now(), "counted": counts, **about}
        return self.post(f"shifts/{shift}:close", told, 201)["z"]["report"]


def now() -> str:
    return timezone.now().isoformat()


def counter_of(shop: Shop, name: str = "Till 1") -> Counter:
    with use_shop(shop):
        branch = Branch.objects.order_by("id").first()
        register = Register.objects.get_or_create(branch=branch, name=name)[0]
        return Counter(till_client(devices.connect(register, name)), register)


@pytest.fixture
def till(cast: Cast) -> Counter:
    return counter_of(cast.green)


def fill_shelf(sku: str = "MILK", quantity: str = "100", **more: Any) -> Product:
    product: Product = Product.objects.get(sku=sku)
    inventory.receive(
        branch=Branch.objects.order_by("id")[0],
        product=product,
        quantity=Decimal(quantity),
        by="alice@shops.example",
        **more,
    )
    return product


def level(product: Product) -> Decimal:
    found: Decimal = StockLevel.objects.get(product=product, branch=Branch.objects.order_by("id")[0]).quantity
    return found


def test_ask_01_a_sale_is_recorded_exactly_once(committed_cast: Cast) -> None:
    """The same sale 100 times from 3 threads: one sale, one set of movements, and each answer says so."""
    till, shop = counter_of(committed_cast.green), committed_cast.green
    with use_shop(shop):
        milk = fill_shelf()
    sale = till.sale({**MILK, "quantity": "2"}, {"sku": "CHOC", "quantity": "1", "unit_price": "2.40"})
    said: list[tuple[int, str, dict[str, Any]]] = []

    def tell() -> None:
        try:
            for _ in range(34):
                answer = till.client.post(API + "sales", sale, content_type="application/json")
                while answer.status_code == 429:
                    time.sleep(0.3)
                    answer = till.client.post(API + "sales", sale, content_type="application/json")
                said.append((answer.status_code, answer.headers.get("Idempotency-Replayed", ""), answer.json()))
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _, _ in said) == [200] * 101 + [201]
    assert {replayed for status, replayed, _ in said if status == 200} == {"true"}
    assert len({(body["receipt"], body["total"], body["business_date"]) for _, _, body in said}) == 1
    with use_shop(shop):
        assert Sale.objects.get().total == Decimal("5.30")
        assert SaleLine.objects.count() == 2 and Payment.objects.count() == 1
        assert StockMovement.objects.filter(kind="sale", product=milk).count() == 1
        assert level(milk) == 98


def test_ask_02_no_sale_is_lost_in_silence(till: Counter, cast: Cast) -> None:
    """A number that never came is named while the shop is open, and again when the till closes its shift."""
    shift = till.open_shift(epoch=1)
    sales = [till.sale(shift=shift) for _ in range(6)]
    lost = sales.pop(2)
    till.post("sales:batch", {"sales": sales}, 200)
    (epoch,) = till.get("sync-state")["epochs"]
    assert (epoch["epoch"], epoch["last_seq"], epoch["missing"]) == (1, 6, [[3, 3]])
    closed = till.close_shift(shift, {"cash": "58.70"}, sales=6, epoch=1, first_seq=1, last_seq=6)
    assert closed["reconciliation"]["missing"] == [[3, 3]] and closed["reconciliation"]["reconciled"] is False
    assert "Not all" in cast.client().get("/s/green/shifts/").content.decode()
    with use_shop(cast.green):
        place = f"/s/green/shifts/{Shift.objects.get(uuid=shift).pk}/"
    page = cast.client().get(place).content.decode()
    assert "Not all sales are here." in page and "Missing: 3." in page
    till.post("sales", lost, 201)
    assert till.get("sync-state")["epochs"][0]["missing"] == []
    assert till.get(f"shifts/{shift}/z")["now"]["reconciled"] is True
    assert "Missing: 3." not in cast.client().get(place).content.decode()


def test_ask_03_sell_offline_and_send_later_with_customers_nobody_knows_yet(till: Counter, cast: Cast) -> None:
    """A week of sales in one go, each on its own day; a customer met offline is made once, for review."""
    days = [timezone.now() - dt.timedelta(days=back) for back in (7, 3, 1)]
    ana = {"code": "NEW-1", "name": "Ana Sousa", "email": "ana@example.com", "phone": "912 345 678"}
    sales = [till.sale(MILK, sold_at=day.isoformat(), customer=ana) for day in days]
    sales.append(till.sale(MILK, customer="C1"))
    results = till.post("sales:batch", {"sales": sales}, 200)["results"]
    assert [result["status"] for result in results] == ["created"] * 4
    with use_shop(cast.green):
        made = Customer.objects.get(code="NEW-1")
        assert (made.name, made.email, made.needs_review) == ("Ana Sousa", "ana@example.com", True)
        found = Sale.objects.filter(customer=made).order_by("business_date")
        assert [sale.business_date for sale in found] == [cast.green.business_date(day) for day in days]
        assert Sale.objects.get(uuid=sales[3]["id"]).customer == Customer.objects.get(code="C1")


def test_ask_04_receipts_stay_apart_and_late_sales_find_their_shift(till: Counter, cast: Cast) -> None:
    """Two tabs with the same receipt number are two sales; a sale told days late is in the shift it was sold in."""
    first, second = till.sale(MILK, receipt="A-17"), till.sale({**MILK, "quantity": "2"}, receipt="A-17")
    second["seq"] = first["seq"]
    till.post("sales", first, 201)
    assert "seq_reused" in till.post("sales", second, 201)["warnings"]
    with use_shop(cast.green):
        assert Sale.objects.filter(receipt="A-17").count() == 2
        assert InboxItem.objects.get().kind == InboxItem.Kind.SEQ_REUSED
    monday = till.open_shift(opened_at=(timezone.now() - dt.timedelta(hours=5)).isoformat())
    late = till.sale(MILK, shift=monday, sold_at=(timezone.now() - dt.timedelta(hours=4)).isoformat())
    till.close_shift(monday, {"cash": "50.00"}, closed_at=(timezone.now() - dt.timedelta(hours=3)).isoformat())
    tuesday = till.open_shift(opened_at=(timezone.now() - dt.timedelta(hours=2)).isoformat())
    till.post("sales", late, 201)
    unnamed = till.sell(MILK)
    with use_shop(cast.green):
        assert str(Sale.objects.get(uuid=late["id"]).shift.uuid) == monday
        assert Shift.objects.get(uuid=tuesday).sales.count() <= 1
    till.get(f"shifts/{tuesday}/x")
    with use_shop(cast.green):
        assert str(Sale.objects.get(uuid=unnamed["id"]).shift.uuid) == tuesday


def test_ask_05_a_close_drops_nothing_and_is_fast(till: Counter, cast: Cast) -> None:
    """5,000 sales close in under 5 seconds; what had not arrived yet is told as missing, and joins the shift later."""
    shift = till.open_shift(opened_at=(timezone.now() - dt.timedelta(hours=10)).isoformat())
    with use_shop(cast.green):
        row = Shift.objects.get(uuid=shift)
        sell_many(
            Register.objects.select_related("branch__shop").get(pk=till.register.pk),
            [{"shift": row, "shift_key": row.uuid, "epoch": 1, "seq": number} for number in range(1, 5001)],
        )
    till.seq = itertools.count(5001)
    begun = time.perf_counter()
    told = {"sales": 5001, "epoch": 1, "first_seq": 1, "last_seq": 5001}
    closed = till.close_shift(shift, {"cash": "60050.00"}, **told)
    assert time.perf_counter() - begun < 5
    assert closed["reconciliation"]["came"] == 5000 and closed["reconciliation"]["missing"] == [[5001, 5001]]
    till.sell(MILK, shift=shift)
    z = till.get(f"shifts/{shift}/z")
    assert z["report"]["documents"] == 5000 and z["now"]["came"] == 5001 and z["now"]["reconciled"] is True


def test_ask_06_the_drawer_is_counted_blind_with_every_tender_and_drop(till: Counter, cast: Cast) -> None:
    """No till is told what the drawer should hold before it was counted; the Z has all that went in and out."""
    shift = till.open_shift()
    till.sell(MILK, shift=shift)
    till.sell({**MILK, "quantity": "2"}, shift=shift, payments=[{"tender": "card", "amount": "2.90"}])
    for kind, amount in (("paid_in", "20.00"), ("paid_out", "5.00"), ("drop", "40.00")):
        moved = {"id": str(uuid.uuid4()), "kind": kind, "amount": amount, "reason": "Window cleaner", "moved_at": now()}
        till.post(f"shifts/{shift}/cash", moved, 201)
    x = till.get(f"shifts/{shift}/x")
    assert x["blind"] is True and not {"tenders", "gross", "taxes"} & set(x["report"])
    z = till.close_shift(shift, {"cash": "26.00", "card": "2.90"})
    tenders = {row["tender"]: row for row in z["tenders"]}
    assert tenders["cash"]["expected"] == "26.45"  # 50.00 + 1.45 + 20.00 - 5.00 - 40.00
    assert tenders["cash"]["over_short"] == "-0.45"
    assert tenders["card"] | {"tender": "card"} == tenders["card"] and tenders["card"]["over_short"] == "0.00"
    assert (z["cash"]["paid_in"], z["cash"]["paid_out"], z["cash"]["drops"]) == ("20.00", "5.00", "40.00")
    with use_shop(cast.green):
        assert ZReport.objects.get().number == 1


def test_ask_07_codes_of_the_shops_scale_are_read_by_the_shops_own_rules(till: Counter, cast: Cast) -> None:
    """A weight or a price in a code, in whatever digits the shop prints it; sold by the code alone."""
    with use_shop(cast.green):
        ham = make_product(sku="HAM", name="Ham", price="12.00", unit="kg", plu="12345")
        BarcodeRule.objects.create(name="Weight", pattern="21IIIIIVVVVVC", holds="weight", decimals=3)
        BarcodeRule.objects.create(name="Price", pattern="23VVVVVIIIIIC", holds="price", decimals=2)
    weighed, priced = checked("211234500842"), checked("230048012345")
    said = till.get(f"lookup?code={weighed}")
    assert (said["product"]["sku"], Decimal(said["quantity"]), Decimal(said["unit_price"])) == (
        "HAM",
        Decimal("0.842"),
        12,
    )
    said = till.get(f"lookup?code={priced}")
    assert (said["product"]["sku"], Decimal(said["quantity"])) == ("HAM", Decimal("0.4"))
    line = {"barcode": weighed, "quantity": "0.842", "unit_price": "12.00"}
    assert till.sell(line)["total"] == "10.10"
    with use_shop(cast.green):
        sold = SaleLine.objects.get()
        assert (sold.product_id, sold.quantity, sold.barcode) == (ham.pk, Decimal("0.842"), weighed)
        assert not InboxItem.objects.exists()


def checked(twelve: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return twelve + str(-total % 10)


def test_ask_08_deposits_are_added_voided_and_refunded_with_the_goods(till: Counter, cast: Cast) -> None:
    with use_shop(cast.green):
        bottle = make_product(sku="BOTTLE", name="Deposit", price="0.25", cost=None)
        make_product(sku="COLA", name="Cola", price="1.80", deposit=bottle)
    assert till.get("lookup?code=COLA")["product"]["deposit"]["sku"] == "BOTTLE"
    cola = {"sku": "COLA", "quantity": "2", "unit_price": "1.80"}
    deposit = {"sku": "BOTTLE", "quantity": "2", "unit_price": "0.25", "deposit_of": 1}
    bought = till.sell(cola, deposit)["id"]
    first, second = till.get(f"sales/{bought}/refundable")["lines"]
    assert (first["deposits"], second["deposit_of"]) == ([2], 1)
    back = [{"quantity": "-1", "returns": {"sale": bought, "line": line}} for line in (1, 2)]
    assert till.sell(*back, refund_of=bought)["total"] == "-2.05"
    mistake = till.sell(cola, deposit)["id"]
    taken = [{"quantity": "-2", "returns": {"sale": mistake, "line": line}} for line in (1, 2)]
    assert till.sell(*taken, kind="void", refund_of=mistake)["total"] == "-4.10"
    with use_shop(cast.green):
        paid = SaleLine.objects.filter(product=bottle).values_list("quantity", "net", "deposit_of")
        assert sum((net for _, net, _ in paid), Decimal(0)) == Decimal("0.25")  # the one bottle still out
        assert {of for _, _, of in paid} >= {1}
        assert not InboxItem.objects.exists()


def test_ask_09_returns_up_to_what_is_left_in_the_tender_paid_or_as_an_exchange(till: Counter, cast: Cast) -> None:
    """Three for 4.00: pieces come back at their part of the discount, to the cent, and never more than was paid."""
    card = [{"tender": "card", "amount": "4.00"}]
    bought = till.sell({**MILK, "quantity": "3", "discount": "0.35"}, payments=card)
    sale = bought["id"]
    asked = till.get(f"sales/{sale}/refundable")
    (line,) = asked["lines"]
    assert (Decimal(line["left"]), asked["tenders"]) == (3, [{"tender": "card", "amount": "4.00"}])
    one = {"quantity": "-1", "returns": {"sale": sale, "line": 1}}
    first = till.sell(one, refund_of=sale, payments=[{"tender": "card", "amount": "-1.33"}])
    chocolate = {"sku": "CHOC", "quantity": "1", "unit_price": "2.40"}
    exchanged = till.sell(one, chocolate, refund_of=sale, payments=[{"tender": "card", "amount": "1.06"}])
    last = till.sell(one, refund_of=sale, payments=[{"tender": "card", "amount": "-1.33"}])
    worth = Decimal(first["total"]) + Decimal(exchanged["total"]) - Decimal("2.40") + Decimal(last["total"])
    assert worth == Decimal("-4.00")
    (line,) = till.get(f"sales/{sale}/refundable")["lines"]
    assert Decimal(line["left"]) == 0 and Decimal(line["gives_back"]["net"]) == 0
    once_more = till.sell(one, refund_of=sale)  # it happened at the till: booked, and a person is told
    assert "over_refund" in once_more["warnings"]
    with use_shop(cast.green):
        kinds = list(Sale.objects.order_by("id").values_list("kind", flat=True))
        assert kinds == ["sale", "refund", "exchange", "refund", "refund"]
        assert InboxItem.objects.filter(kind=InboxItem.Kind.OVER_REFUND).count() == 1


def test_ask_10_the_till_is_warned_of_lots_past_their_date(till: Counter, cast: Cast) -> None:
    """Use-by and best-before are two things; the sale itself is never refused."""
    today = cast.green.today()
    with use_shop(cast.green):
        fill_shelf("MILK", "6", lot="L1", use_by=today - dt.timedelta(days=1))
        fill_shelf("CHOC", "6", lot="L2", best_before=today - dt.timedelta(days=1))
        fill_shelf("APPLE", "6", lot="L3", use_by=today + dt.timedelta(days=30))
        code = Barcode.objects.get(product__sku="MILK").code
    assert [warning["code"] for warning in till.get(f"lookup?code={code}")["warnings"]] == ["expired"]
    assert [warning["code"] for warning in till.get("lookup?code=CHOC")["warnings"]] == ["past_best_before"]
    assert till.get("lookup?code=APPLE")["warnings"] == []
    assert till.sell(MILK)["status"] == "created"


def test_ask_17_selling_below_zero_does_not_ruin_the_cost(till: Counter, cast: Cast) -> None:
    """Three sold with none in the books: the next delivery says what they cost, and a list says that it did."""
    with use_shop(cast.green):
        milk = fill_shelf("MILK", "1", cost=Decimal("1.10"))
    sold = till.sell({**MILK, "quantity": "4"})
    assert "below_zero" in sold["warnings"]
    stock = till.get("stock?sku=MILK")
    assert Decimal(stock["quantity"]) == -3
    with use_shop(cast.green):
        assert SaleLine.objects.get().cost == Decimal("4.40")
        fill_shelf("MILK", "10", cost=Decimal("1.30"))
        assert level(milk) == 7
        assert SaleLine.objects.get().cost == Decimal("5.00")  # 1 at 1.10 and 3 at 1.30
        settled = CostSettlement.objects.get()
        assert (settled.quantity, settled.was, settled.now) == (3, Decimal("4.40"), Decimal("5.00"))
