"""The order pages: who sees and does what, and what they say."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client

from inventory import orders
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine, Supplier
from shop.models import Branch, Job
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import make_member

ORDERS = "/s/green/orders/"


@pytest.fixture
def order(cast):
    with use_shop(cast.green):
        Supplier.objects.update(email="orders@farm.example", lead_time_days=1, minimum_order=Decimal(5))
        Product.objects.filter(sku="MILK").update(pack_size=6)
        milk, branch = Product.objects.get(sku="MILK"), Branch.objects.order_by("id").first()
        line = orders.add_line(
            branch=branch, supplier=milk.supplier, product=milk, quantity=Decimal(12), by="x", source="hand:1"
        )
        yield line.order


def client_of(cast, role):
    client = Client()
    client.force_login(make_member(shop=cast.green, role=role))
    return client


def test_the_list_has_what_waits_first_and_says_until_when(cast, order):
    text = cast.client().get(ORDERS).content.decode()
    assert "To approve" in text and "Green Grocer Farm" in text and "€13.20" in text
    assert "On the way" not in text


def test_an_order_shows_its_lines_in_cases(cast, order):
    text = cast.client().get(f"{ORDERS}{order.pk}/").content.decode()
    assert "2 cases of 6, 12 in all" in text and "Approve and mail" in text


def test_a_clerk_sees_no_money_and_approves_nothing(cast, order):
    clerk = client_of(cast, Role.CLERK)
    for path in (ORDERS, f"{ORDERS}{order.pk}/"):
        text = clerk.get(path).content.decode()
        assert "Green Grocer Farm" in text and "€" not in text and "Approve and mail" not in text
    assert clerk.post(f"{ORDERS}{order.pk}/approve/").status_code == 403
    assert clerk.get(f"{ORDERS}?export=csv").status_code == 403
    order.refresh_from_db()
    assert order.state == "draft"


def test_a_cashier_sees_no_orders(cast, order):
    assert cast.client(cast.bob).get(ORDERS).status_code == 403
    assert cast.client(cast.bob).get(f"{ORDERS}{order.pk}/").status_code == 403


def test_a_rival_finds_no_such_order(cast, order):
    rival = cast.client(cast.charlie)
    assert rival.get(f"/s/rival/orders/{order.pk}/").status_code == 404
    assert rival.post(f"/s/rival/orders/{order.pk}/approve/").status_code == 404
    assert rival.get(f"{ORDERS}{order.pk}/").status_code == 404


def test_lines_change_and_go(cast, order):
    client, line = cast.client(), order.lines.get()
    assert client.post(f"{ORDERS}lines/{line.pk}/", {"quantity": "18"}).status_code == 302
    line.refresh_from_db()
    assert line.quantity == 18
    for wrong in ("", "x", "-3", "NaN", "1e99"):
        assert client.post(f"{ORDERS}lines/{line.pk}/", {"quantity": wrong}).status_code == 422
    client.post(f"{ORDERS}lines/{line.pk}/", {"quantity": "0"})
    assert not PurchaseOrderLine.objects.exists()
    assert "nothing on this order yet" in client.get(f"{ORDERS}{order.pk}/").content.decode()


def test_a_product_is_found_and_added_once_however_often_it_is_pressed(cast, order):
    client, choc = cast.client(), Product.objects.get(sku="CHOC")
    assert "chocolate" in client.get(f"{ORDERS}{order.pk}/?q=choc").content.decode()
    given = {"product": choc.pk, "quantity": "5", "entry": "abc"}
    for _ in range(2):
        assert client.post(f"{ORDERS}{order.pk}/add/", given).status_code == 302
    assert order.lines.get(product=choc).quantity == 5


def test_a_product_found_on_the_list_opens_an_order(cast, order):
    choc, other = Product.objects.get(sku="CHOC"), Branch.objects.order_by("id").last()
    answer = cast.client().post(f"{ORDERS}add/", {"product": choc.pk, "branch": other.pk, "quantity": "2"})
    assert answer.status_code == 302
    assert PurchaseOrder.objects.get(branch=other).lines.get().quantity == 2


def test_approving_asks_for_the_mail_and_closes_the_lines(cast, order):
    client = cast.client()
    for _ in range(2):
        assert client.post(f"{ORDERS}{order.pk}/approve/").status_code == 302
    text = client.get(f"{ORDERS}{order.pk}/").content.decode()
    assert "Being mailed to orders@farm.example" in text and "every 2s" in text
    assert Job.objects.filter(kind="order_mail").count() == 1
    answer = client.post(f"{ORDERS}lines/{order.lines.get().pk}/", {"quantity": "1"})
    assert answer.status_code == 422 and "approved already" in answer.content.decode()


def test_below_the_minimum_it_needs_a_tick(cast, order):
    Supplier.objects.update(minimum_order=Decimal(60))
    client = cast.client()
    assert "delivers from €60.00" in client.get(f"{ORDERS}{order.pk}/").content.decode()
    answer = client.post(f"{ORDERS}{order.pk}/approve/")
    assert answer.status_code == 422 and "send it all the same" in answer.content.decode()
    assert client.post(f"{ORDERS}{order.pk}/approve/", {"below_minimum": "1"}).status_code == 302


def test_a_failed_mail_says_why_and_can_go_again_or_by_hand(cast, order):
    orders.approve(order=order, by="alice@shops.example")
    PurchaseOrder.objects.update(mail="failed", mail_error="The mail server could not be reached.")
    client = cast.client()
    text = client.get(f"{ORDERS}{order.pk}/").content.decode()
    assert "could not be reached" in text and "Mail it now" in text
    client.post(f"{ORDERS}{order.pk}/send/", {"do": "by_hand"})
    assert "Sent by hand" in client.get(f"{ORDERS}{order.pk}/").content.decode()
    client.post(f"{ORDERS}{order.pk}/send/", {"do": "again"})
    assert PurchaseOrder.objects.get(pk=order.pk).mail == "waiting"


def test_a_supplier_without_address_is_said(cast, order):
    Supplier.objects.update(email="")
    assert "has no email address. Print the order" in cast.client().get(f"{ORDERS}{order.pk}/").content.decode()


def test_cancelling_ends_it(cast, order):
    client = cast.client()
    client.post(f"{ORDERS}{order.pk}/cancel/")
    assert "Cancelled" in client.get(f"{ORDERS}{order.pk}/").content.decode()
    assert "No open orders" in client.get(ORDERS).content.decode()
    assert "Green Grocer Farm" in client.get(f"{ORDERS}?show=cancelled").content.decode()


def test_files_of_the_list_and_of_an_order(cast, order):
    client = cast.client()
    header, row = client.get(f"{ORDERS}?export=csv").content.decode().splitlines()
    assert header.startswith("order,branch,supplier,state") and row.startswith("1,High Street,Green Grocer Farm,draft")
    assert row.endswith("13.20")
    header, row = client.get(f"{ORDERS}{order.pk}/?export=csv").content.decode().splitlines()
    assert "cost" not in header and "MILK" in row


def test_pages_ask_the_same_however_much_is_on_them(cast, order, django_assert_max_num_queries):
    client = cast.client()
    for number in range(15):
        product = Product.objects.create(sku=f"P{number}", name=f"Product {number}", supplier=order.supplier)
        orders.add_line(
            branch=order.branch, supplier=order.supplier, product=product, quantity=Decimal(1), by="x",
            source=f"suggestion:{number}",
        )  # fmt: skip
    with django_assert_max_num_queries(30):
        client.get(f"{ORDERS}{order.pk}/")
    with django_assert_max_num_queries(25):
        client.get(ORDERS)


def test_a_passed_cut_off_is_said(cast, order):
    PurchaseOrder.objects.update(cutoff_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert "The cut-off has passed" in cast.client().get(f"{ORDERS}{order.pk}/").content.decode()
