"""Sales, shifts, stock and customers in the admin: read, entered through services, never edited in place."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from inventory import services as stock
from inventory.models import Lot, Product, StockLevel, StockMovement
from sales import shifts
from sales.models import DirtyDay, Sale
from sales.services import Line, Paid, record_sale
from shop import mount
from shop.models import Branch, Register, Shop
from shop.roles import Role
from shop.tenancy import use_shop
from tests import factories
from tests.factories import Cast, at

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return mount.shop_url("green", f"admin:{name}", *args)


def lines_post(*lines: dict[str, Any], **heading: Any) -> dict[str, Any]:
    data = {"lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": 0, **heading}
    for number, line in enumerate(lines):
        data |= {f"lines-{number}-{name}": value for name, value in line.items()}
    return data


def sell(cast: Cast, *, receipt: str = "R1", when: str = "2026-03-01T10:00", shop: Any = None) -> Sale:
    with use_shop(shop or cast.green):
        milk = Product.objects.get(sku="MILK")
        return record_sale(
            uuid=uuid.uuid4(),
            branch=Branch.objects.order_by("id").first(),
            lines=[Line(quantity=Decimal(2), product=milk)],
            payments=[Paid("cash", Decimal("2.90"))],
            customer=Customer.objects.first(),
            receipt=receipt,
            sold_at=at(when),
            source="test",
            by="test",
        )


@pytest.fixture
def clerk(cast: Cast) -> Client:
    return cast.client(factories.make_member(shop=cast.green, role=Role.CLERK))


@pytest.fixture
def milk(cast: Cast) -> Product:
    with use_shop(cast.green):
        found: Product = Product.objects.get(sku="MILK")
    return found


@pytest.fixture
def branches(cast: Cast) -> list[Branch]:
    with use_shop(cast.green):
        return list(Branch.objects.order_by("id"))


def test_a_document_is_read_with_its_lines_and_payments(cast: Cast) -> None:
    sale = sell(cast)
    page = cast.client().get(url("sales_sale_change", sale.pk)).content.decode()
    for words in ("Green Grocer milk 2 L", "2.90", "cash", "R1"):
        assert words in page
    assert 'name="_save"' not in page
    with use_shop(cast.green):
        assert cast.client().post(url("sales_sale_change", sale.pk), {"total": "1"}).status_code == 403
        assert Sale.objects.get(pk=sale.pk).total == sale.total


def test_documents_are_found_by_day_branch_and_receipt(cast: Cast, branches: list[Branch]) -> None:
    sell(cast, receipt="R1", when="2026-03-01T10:00")
    sell(cast, receipt="R2", when="2026-03-02T10:00")
    client, address = cast.client(), url("sales_sale_changelist")

    def found(**query: Any) -> list[str]:
        page = client.get(address, query)
        assert page.status_code == 200
        return [sale.receipt for sale in page.context["cl"].result_list]

    assert found() == ["R2", "R1"]
    assert found(business_date__gte="2026-03-02") == ["R2"]
    assert found(business_date__lte="2026-03-01", kind__exact="sale") == ["R1"]
    assert found(business_date__gte="not a day") == ["R2", "R1"]
    assert found(branch__id__exact=branches[1].pk) == []
    assert found(q="R1") == ["R1"]
    assert client.get(address, {"total__gt": "1"}).status_code == 400


def test_the_lists_cost_the_same_for_three_times_the_documents(cast: Cast) -> None:
    client, counts = cast.client(), []
    for number in (4, 12):
        for _ in range(number):
            sell(cast, receipt=str(uuid.uuid4()))
        for name in ("sales_sale", "inventory_stockmovement", "customers_customer"):
            with CaptureQueriesContext(connection) as captured:
                client.get(url(f"{name}_changelist"))
            counts.append(len(captured))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 16


def test_a_sale_by_hand(cast: Cast, milk: Product, branches: list[Branch]) -> None:
    heading = {"uuid": str(uuid.uuid4()), "branch": branches[0].pk, "sold_at": "2026-03-01T10:15"}
    data = lines_post({"product": milk.pk, "quantity": "3"}, {"quantity": "1"}, **heading)
    client = cast.client()
    assert client.post(url("sales_sale_add"), data).status_code == 302
    assert client.post(url("sales_sale_add"), data).status_code == 302, "sent twice is one sale"
    with use_shop(cast.green):
        sale = Sale.objects.get()
        assert (sale.total, sale.line_count, sale.source) == (Decimal("4.35"), 1, "admin")
        assert sale.sold_at == at("2026-03-01T10:15"), "typed in the shop's time: Lisbon is UTC in winter"
        assert DirtyDay.objects.filter(business_date=dt.date(2026, 3, 1)).exists()


def test_an_empty_sale_is_refused_in_words(cast: Cast, branches: list[Branch]) -> None:
    heading = {"uuid": str(uuid.uuid4()), "branch": branches[0].pk, "sold_at": "2026-03-01T10:15"}
    answer = cast.client().post(url("sales_sale_add"), lines_post({"quantity": "1"}, **heading))
    assert answer.status_code == 422 and "Fill in at least one line." in answer.content.decode()


def test_voiding_asks_for_a_reason_first(cast: Cast) -> None:
    sale, client = sell(cast), cast.client()
    address, action = url("sales_sale_changelist"), {"action": "void", "_selected_action": [sale.pk]}
    assert "Void 1 document?" in client.post(address, action).content.decode()
    assert client.post(address, {**action, "confirmed": "yes", "reason": ""}).status_code == 422
    assert client.post(address, {**action, "confirmed": "yes", "reason": "Rung up twice"}).status_code == 302
    with use_shop(cast.green):
        assert Sale.objects.get().voided_at is not None


def test_who_may_not_enter_sales_is_not_asked(cast: Cast, clerk: Client) -> None:
    sale = sell(cast)
    analyst = cast.client(factories.make_member(shop=cast.green, role=Role.ANALYST))
    assert analyst.get(url("sales_sale_change", sale.pk)).status_code == 200
    assert analyst.get(url("sales_sale_add")).status_code == 403
    analyst.post(
        url("sales_sale_changelist"),
        {"action": "void", "_selected_action": [sale.pk], "confirmed": "yes", "reason": "x"},
    )
    for client in (clerk, cast.client(cast.bob)):
        for name in ("sales_sale_changelist", "sales_shift_changelist", "customers_customer_changelist"):
            assert client.get(url(name)).status_code == 403
        assert client.get(url("sales_sale_change", sale.pk)).status_code == 403
    with use_shop(cast.green):
        assert Sale.objects.get().voided_at is None


def test_another_shops_document_is_no_document(cast: Cast) -> None:
    theirs = sell(cast, shop=cast.rival)
    client = cast.client()
    for name in ("change", "history"):
        assert client.get(url(f"sales_sale_{name}", theirs.pk)).status_code == 404
    client.post(
        url("sales_sale_changelist"),
        {"action": "void", "_selected_action": [theirs.pk], "confirmed": "yes", "reason": "x"},
    )
    with use_shop(cast.rival):
        assert Sale.objects.get().voided_at is None


def test_foreign_choices_are_refused_in_entries(cast: Cast, branches: list[Branch], milk: Product) -> None:
    with use_shop(cast.rival):
        their_branch, their_milk = Branch.objects.first(), Product.objects.get(sku="MILK")
    client = cast.client()
    for branch, product in ((their_branch, milk), (branches[0], their_milk)):
        data = lines_post({"product": product.pk, "quantity": "3"}, branch=branch.pk)
        answer = client.post(url("inventory_stockmovement_count"), data)
        assert answer.status_code == 422 and "Rival" not in answer.content.decode()
    with use_shop(cast.rival):
        assert not StockLevel.objects.exists()


def test_customers_names_stay_with_those_who_may_see_them(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop.roles import CAPABILITIES, Can

    sale = sell(cast)
    assert "Green Grocer regular" in cast.client().get(url("sales_sale_change", sale.pk)).content.decode()
    monkeypatch.setitem(CAPABILITIES, Role.ANALYST, frozenset({Can.SEE_SALES, Can.SEE_PRODUCTS, Can.SEE_STOCK}))
    analyst = cast.client(factories.make_member(shop=cast.green, role=Role.ANALYST))
    page = analyst.get(url("sales_sale_change", sale.pk)).content.decode()
    assert "2.90" in page and "regular" not in page and "2.20" not in page


def test_a_shift_is_looked_at_and_never_changed_here(cast: Cast) -> None:
    with use_shop(cast.green):
        till = Register.objects.select_related("branch__shop").first()
        key, client = uuid.uuid4(), cast.client()
        shift = shifts.open_shift(uuid=key, register=till, told=shifts.Opening("Sam", Decimal(100))).shift
        lent = shifts.Moving("paid_out", Decimal(5), "Window cleaner")
        shifts.move_cash(uuid=uuid.uuid4(), shift=key, register=till, told=lent)
        shifts.close_shift(uuid=key, register=till, told=shifts.Closing({"cash": Decimal("94.50")}, "Sam"))
    assert client.get(url("sales_shift_add")).status_code == 403
    page = client.get(url("sales_shift_change", shift.pk)).content.decode()
    assert "Window cleaner" in page and "94.50" in page and 'name="_save"' not in page
    assert client.post(url("sales_shift_change", shift.pk), {"cashier": "Eve"}).status_code == 403
    assert "opening float" in client.get(url("sales_shift_history", shift.pk)).content.decode().lower()


def test_stock_is_counted_received_wasted_and_moved(
    cast: Cast, clerk: Client, milk: Product, branches: list[Branch]
) -> None:
    here, there = branches
    entries = [
        ("count", {"branch": here.pk}, {"quantity": "10"}),
        ("receive", {"branch": here.pk}, {"quantity": "24", "lot": "L7", "use_by": "2026-12-01"}),
        ("waste", {"branch": here.pk}, {"quantity": "2", "reason": "burst"}),
        ("transfer", {"from_branch": here.pk, "to_branch": there.pk}, {"quantity": "5"}),
    ]
    for name, heading, line in entries:
        address = url(f"inventory_stockmovement_{name}")
        assert clerk.get(address).status_code == 200
        answer = clerk.post(address, lines_post({"product": milk.pk, **line}, **heading))
        assert answer.status_code == 302, (name, answer.content.decode())
    with use_shop(cast.green):
        levels = dict(StockLevel.objects.values_list("branch_id", "quantity"))
        assert levels == {here.pk: 27, there.pk: 5}
        assert Lot.objects.get(code="L7").use_by == dt.date(2026, 12, 1)
        assert all(actor.endswith("@shops.example") for actor in StockMovement.objects.values_list("actor", flat=True))
    for query in ({"q": "milk"}, {"kind": "waste"}):
        assert "burst" in clerk.get(url("inventory_stockmovement_changelist"), query).content.decode()
    assert "burst" not in clerk.get(url("inventory_stockmovement_changelist"), {"kind": "count"}).content.decode()
    assert cast.client(cast.bob).get(url("inventory_stockmovement_count")).status_code == 403


def test_a_refused_entry_says_why_and_keeps_nothing(cast: Cast, milk: Product, branches: list[Branch]) -> None:
    with use_shop(cast.green):
        choc = Product.objects.get(sku="CHOC")
        stock.count_stock(branch=branches[0], counted={milk.pk: Decimal(5)}, by="x")
    data = lines_post(
        {"product": milk.pk, "quantity": "1"}, {"product": choc.pk, "quantity": "1"}, branch=branches[0].pk
    )
    answer = cast.client().post(url("inventory_stockmovement_waste"), data)
    assert answer.status_code == 422 and "Count or receive" in answer.content.decode()
    with use_shop(cast.green):
        assert StockLevel.objects.get().quantity == 5


def test_a_lots_dates_are_put_right_and_its_quantity_is_not(
    cast: Cast, clerk: Client, milk: Product, branches: list[Branch]
) -> None:
    with use_shop(cast.green):
        stock.receive(branch=branches[0], product=milk, quantity=Decimal(6), cost=Decimal("1.11"), by="x")
        lot = Lot.objects.get()
    page = clerk.get(url("inventory_lot_change", lot.pk)).content.decode()
    assert "1.11" not in page
    data = {"code": "L1", "use_by": "2026-12-24", "quantity": "600", "cost": "0.01"}
    assert clerk.post(url("inventory_lot_change", lot.pk), data).status_code == 302
    with use_shop(cast.green):
        lot.refresh_from_db()
    assert (lot.use_by, lot.quantity, lot.cost) == (dt.date(2026, 12, 24), 6, Decimal("1.11"))


def test_a_customer_is_changed_by_those_who_may(cast: Cast) -> None:
    with use_shop(cast.green):
        customer = Customer.objects.get()
    client = cast.client()
    data = {"code": "C1", "name": "Mrs Regular", "email": "new@shops.example"}
    assert client.post(url("customers_customer_change", customer.pk), data).status_code == 302
    assert "Mrs Regular" in client.get(url("customers_customer_history", customer.pk)).content.decode()
    analyst = cast.client(factories.make_member(shop=cast.green, role=Role.ANALYST))
    assert analyst.post(url("customers_customer_change", customer.pk), data).status_code == 403
    double = client.post(url("customers_customer_add"), {"code": "C1"}).content.decode()
    assert "There is already a customer with the customer number C1." in double


@pytest.mark.parametrize("name", ["receive", "waste", "transfer"])
def test_an_entry_sent_twice_moves_stock_once(cast: Cast, milk: Product, branches: list[Branch], name: str) -> None:
    here, there = branches
    with use_shop(cast.green):
        stock.receive(branch=here, product=milk, quantity=Decimal(20), by="x")
    client, address = cast.client(), url(f"inventory_stockmovement_{name}")
    entry = client.get(address).context["heading"]["entry"].value()
    heading = {"entry": entry, "branch": here.pk, "from_branch": here.pk, "to_branch": there.pk}
    for _ in range(2):
        assert client.post(address, lines_post({"product": milk.pk, "quantity": "5"}, **heading)).status_code == 302
    with use_shop(cast.green):
        level = StockLevel.objects.get(branch=here).quantity
        assert level == {"receive": 25, "waste": 15, "transfer": 15}[name]


def test_a_product_counted_on_two_lines_is_refused(cast: Cast, milk: Product, branches: list[Branch]) -> None:
    data = lines_post(
        {"product": milk.pk, "quantity": "8"}, {"product": milk.pk, "quantity": "4"}, branch=branches[0].pk
    )
    answer = cast.client().post(url("inventory_stockmovement_count"), data)
    assert answer.status_code == 422 and "on two lines" in answer.content.decode()
    with use_shop(cast.green):
        assert not StockLevel.objects.exists()


@pytest.mark.parametrize(
    ("heading", "line", "words"),
    [
        ({"sold_at": "0001-01-01T00:00"}, {}, "Look at the date."),
        ({"sold_at": "9999-12-31T23:59"}, {}, "Look at the date."),
        ({"sold_at": "2199-01-01T10:00"}, {}, "Look at the date."),
        ({}, {"quantity": "99999999999", "unit_price": "9999999999"}, "too large to be true"),
        ({}, {"product": "abc"}, "Select a valid choice"),
        ({"customer": "abc"}, {}, "Select a valid choice"),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_an_impossible_sale_is_refused_in_words(
    cast: Cast, milk: Product, branches: list[Branch], zone: str, heading: Any, line: Any, words: str
) -> None:
    Shop.objects.filter(pk=cast.green.pk).update(zone=zone)
    whole = {"uuid": str(uuid.uuid4()), "branch": branches[0].pk, "sold_at": "2026-03-01T10:15"} | heading
    data = lines_post({"product": milk.pk, "quantity": "1"} | line, **whole)
    answer = cast.client().post(url("sales_sale_add"), data)
    assert answer.status_code == 422 and words in answer.content.decode()
    with use_shop(cast.green):
        assert not Sale.objects.exists()


def test_who_moved_stock_is_for_those_who_see_history(
    cast: Cast, clerk: Client, milk: Product, branches: list[Branch]
) -> None:
    with use_shop(cast.green):
        stock.receive(branch=branches[0], product=milk, quantity=Decimal(20), by="manager@shops.example")
        movement = StockMovement.objects.get()
    for address in (
        url("inventory_stockmovement_changelist"),
        url("inventory_stockmovement_change", movement.pk),
    ):
        assert "manager@" in cast.client().get(address).content.decode()
        assert "manager@" not in clerk.get(address).content.decode()
