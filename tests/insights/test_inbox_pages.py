"""The till inbox: what waits, decided by a press, taken back by another."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import services as stock
from inventory.models import Barcode, Product, StockLevel
from sales.models import InboxItem, Sale, SaleLine
from shop import devices
from shop.models import Branch, Register
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.sales.tills import send

BY = "alice@shops.example"
INBOX = "/s/green/inbox/"
CODE = "5012345678900"
OATS = {"barcode": CODE, "name": "Oat drink", "quantity": "2", "unit_price": "1.95"}
MILK = {"sku": "MILK", "quantity": "1"}


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast


def sell(**told: Any) -> Any:
    return send(Register.objects.get(), timezone.now() - dt.timedelta(hours=2), **told)


def milk() -> Product:
    return Product.objects.get(sku="MILK")


def follow(quantity: str = "10") -> None:
    branch = Register.objects.get().branch
    yesterday = timezone.now() - dt.timedelta(days=1)
    stock.count_stock(branch=branch, counted={milk().pk: Decimal(quantity)}, by=BY, at=yesterday)


def conflict() -> InboxItem:
    id = uuid.uuid4()
    customer = {"code": "C77", "name": "Grace Hopper"}
    sell(id=id, lines=[MILK], receipt="R-1", cashier="Sam")
    sell(id=id, lines=[{"sku": "CHOC", "quantity": "5"}], receipt="R-1", cashier="Sam", customer=customer)
    return InboxItem.objects.open().get(kind="conflict")


def post(client: Client, address: str, **data: Any) -> str:
    answer = client.post(address, data, follow=True)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content.decode()


def test_an_empty_inbox_says_so(green: Cast) -> None:
    body = green.client().get(INBOX).content.decode()
    assert "Nothing waits. What tills send is in the books." in body
    assert "No number of a till&#x27;s count is missing." in body or "No number of a till's count is missing." in body


def test_what_waits_is_told_by_kind_and_code(green: Cast) -> None:
    conflict()
    sell(lines=[OATS])
    sell(lines=[OATS], receipt="R-9")
    sell(lines=[MILK], total="9.99", receipt="R-8")
    body = green.client().get(INBOX).content.decode()
    assert "3 things wait for a look. 1 is not in the books yet." in body
    assert "Till 1: first €1.45, then a sale without prices" in body
    assert "Oat drink" in body
    assert "€7.80" in body
    assert "Receipt R-8: lines €1.45, total €9.99" in body


def test_a_conflict_is_shown_side_by_side_and_decided(green: Cast) -> None:
    item, client = conflict(), green.client()
    body = client.get(f"{INBOX}{item.pk}/").content.decode()
    assert body.count("Green Grocer chocolate") == 1
    assert "Grace Hopper" in body
    assert "Differs" in body
    said = post(client, f"{INBOX}{item.pk}/resolve/", how="another")
    assert "Booked as another sale." in said
    assert Sale.objects.count() == 2
    assert "Booked from it" in client.get(f"{INBOX}{item.pk}/").content.decode()


def test_a_customer_is_named_only_to_those_who_may_see_customers(green: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop import roles

    item = conflict()
    without = roles.CAPABILITIES[Role.ANALYST] - {roles.Can.SEE_CUSTOMERS}
    monkeypatch.setitem(roles.CAPABILITIES, Role.ANALYST, without)
    analyst = make_member(shop=green.green, role=Role.ANALYST)
    body = green.client(analyst).get(f"{INBOX}{item.pk}/").content.decode()
    assert "Grace" not in body
    assert "C77" not in body
    assert "A known customer" in body


def test_keeping_the_first_can_be_taken_back(green: Cast) -> None:
    item, client = conflict(), green.client()
    assert "Kept the first" in post(client, f"{INBOX}{item.pk}/resolve/", how="keep")
    assert "It waits in the inbox again." in post(client, f"{INBOX}{item.pk}/reopen/")
    assert InboxItem.objects.open().filter(pk=item.pk).exists()


def test_somebody_who_comes_second_is_told(green: Cast) -> None:
    item, client = conflict(), green.client()
    post(client, f"{INBOX}{item.pk}/resolve/", how="keep")
    answer = client.post(f"{INBOX}{item.pk}/resolve/", {"how": "another"})
    assert answer.status_code == 422
    assert "alice@shops.example was first: kept the first." in answer.content.decode()


def test_an_analyst_looks_and_decides_nothing(green: Cast) -> None:
    item = conflict()
    sell(lines=[OATS])
    client = green.client(make_member(shop=green.green, role=Role.ANALYST))
    body = client.get(INBOX).content.decode()
    assert "Oat drink" in body
    assert "Keep the first" not in body
    assert client.post(f"{INBOX}{item.pk}/resolve/", {"how": "keep"}).status_code == 403
    assert "Managers and owners may say" in client.get(f"{INBOX}unknown/?code={CODE}").content.decode()


def test_a_code_is_matched_and_unmatched_on_the_page(green: Cast) -> None:
    follow()
    sell(lines=[OATS])
    client = green.client()
    body = client.get(f"{INBOX}unknown/?code={CODE}&q=milk").content.decode()
    assert "Green Grocer milk 2 L" in body
    assert "1 line is Green Grocer milk 2 L now." in post(
        client, f"{INBOX}unknown/match/", code=CODE, product=milk().pk
    )
    assert StockLevel.objects.get(product=milk()).quantity == 8
    assert "waits for a product again" in post(client, f"{INBOX}unknown/undo/", code=CODE, product=milk().pk)
    assert StockLevel.objects.get(product=milk()).quantity == 10
    assert not Barcode.objects.filter(code=CODE).exists()


def test_a_like_name_is_offered_without_a_search(green: Cast) -> None:
    sell(lines=[OATS | {"name": "chocolate dark"}])
    assert "Green Grocer chocolate" in green.client().get(f"{INBOX}unknown/?code={CODE}").content.decode()


def test_a_product_is_made_with_the_name_and_price_as_told(green: Cast) -> None:
    sell(lines=[OATS])
    client = green.client()
    body = client.get(f"{INBOX}unknown/?code={CODE}").content.decode()
    assert 'value="Oat drink"' in body
    assert 'value="1.95"' in body
    post(client, f"{INBOX}unknown/match/", code=CODE, make="1", name="Oat drink 1 L", price="1.95")
    made = Product.objects.get(sku=CODE)
    assert (made.name, made.price) == ("Oat drink 1 L", Decimal("1.95"))
    assert SaleLine.objects.get(product=made).quantity == 2


@pytest.mark.parametrize("price", ["x", "-1", "NaN", "1e9", "Infinity"])
def test_a_price_that_is_none_makes_nothing(green: Cast, price: str) -> None:
    sell(lines=[OATS])
    said = post(green.client(), f"{INBOX}unknown/match/", code=CODE, make="1", name="Oat drink", price=price)
    assert "Write a price such as 1.95." in said
    assert not Product.objects.filter(sku=CODE).exists()


def test_a_refused_match_makes_no_product(green: Cast) -> None:
    sell(lines=[OATS])
    Barcode.objects.create(product=milk(), code=CODE)
    said = post(green.client(), f"{INBOX}unknown/match/", code=CODE, make="1", name="Oats", price="1")
    assert "is the barcode of Green Grocer milk 2 L" in said
    assert not Product.objects.filter(sku=CODE).exists()


def test_leaving_it_without_a_product_is_decided_and_undone(green: Cast) -> None:
    sell(lines=[OATS])
    item, client = InboxItem.objects.get(), green.client()
    assert "Left without a product." in post(client, f"{INBOX}{item.pk}/resolve/", how="leave")
    assert "Oat drink" in post(client, f"{INBOX}{item.pk}/reopen/")


def test_a_code_with_anything_in_it_finds_its_page(green: Cast) -> None:
    strange = "a/b&c=d?é #1"
    sell(lines=[{"name": strange, "quantity": "1", "unit_price": "1"}])
    client = green.client()
    assert "inbox/unknown/?code=a%2Fb%26c%3Dd%3F%C3%A9%20%231" in client.get(INBOX).content.decode()
    answer = client.get(f"{INBOX}unknown/", {"code": strange})
    assert answer.status_code == 200


def test_a_code_that_does_not_wait_leads_back(green: Cast) -> None:
    assert (
        "Nothing waits under this code"
        in green.client().get(f"{INBOX}unknown/?code=nothing", follow=True).content.decode()
    )


def test_missing_numbers_and_silent_tills_are_named(green: Cast) -> None:
    sell(lines=[MILK], epoch=1, seq=1)
    sell(lines=[MILK], epoch=1, seq=4)
    silent = Register.objects.create(branch=Branch.objects.order_by("id").first(), name="Till 9")
    devices.connect(silent, "Back till", by=BY)
    body = green.client().get(INBOX).content.decode()
    assert "2 sales of Till 1 never came" in body
    assert "Numbers 2 to 3 of its own count" in body
    assert "Till 9 is silent" in body


def test_one_kind_is_listed_in_pages(green: Cast) -> None:
    for number in range(30):
        sell(lines=[MILK], total="9.99", receipt=f"R-{number}")
    client = green.client()
    assert "All 30" in client.get(INBOX).content.decode()
    assert "1 to 25 of 30" in client.get(f"{INBOX}?kind=mismatch").content.decode()
    assert "26 to 30 of 30" in client.get(f"{INBOX}?kind=mismatch&page=2").content.decode()


def test_today_says_that_something_waits(green: Cast) -> None:
    conflict()
    body = green.client().get("/s/green/today/").content.decode()
    assert "One thing waits in the till inbox" in body


def test_the_pages_cost_the_same_however_much_waits(green: Cast) -> None:
    client = green.client()

    def statements(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    def more(many: int) -> None:
        for number in range(many):
            conflict()
            sell(lines=[{"name": f"{many}-{number}", "quantity": "1", "unit_price": "2"}], total="3.00")
            sell(lines=[OATS])
        item = InboxItem.objects.open().filter(kind="mismatch").first()
        client.post(f"{INBOX}{item.pk}/resolve/", {"how": "seen"})

    def conflict() -> None:
        id = uuid.uuid4()
        sell(id=id, lines=[MILK])
        sell(id=id, lines=[MILK | {"quantity": "2"}])

    pages = INBOX, f"{INBOX}unknown/?code={CODE}", "/s/green/inventory/below-zero/", "/s/green/today/"
    more(2)
    few = [statements(page) for page in pages]
    more(6)
    assert [statements(page) for page in pages] == few


def test_what_is_below_zero_is_shown_and_downloaded(green: Cast) -> None:
    follow("1")
    sell(lines=[MILK | {"quantity": "3"}])
    client = green.client()
    body = client.get("/s/green/inventory/below-zero/").content.decode()
    assert "One product shows less than nothing" in body
    assert "€2.20" in body
    file = client.get("/s/green/inventory/below-zero/?export=csv").content.decode().splitlines()
    assert file[0] == "product,name,branch,below_zero,since,cost,value"
    assert file[1].startswith("MILK,Green Grocer milk 2 L,High Street,2,")
    assert file[1].endswith(",1.10,2.20")
    branch = Register.objects.get().branch
    stock.receive(branch=branch, product=milk(), quantity=Decimal(9), cost=Decimal("1.50"), by=BY)
    body = client.get("/s/green/inventory/below-zero/").content.decode()
    assert "Nothing is below zero" in body
    assert "€4.10" in body


def test_a_clerk_sees_what_is_below_zero_without_costs(green: Cast) -> None:
    follow("1")
    sell(lines=[MILK | {"quantity": "3"}])
    client = green.client(make_member(shop=green.green, role=Role.CLERK))
    body = client.get("/s/green/inventory/below-zero/").content.decode()
    assert "Green Grocer milk" in body
    assert "€" not in body
