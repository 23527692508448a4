"""Suppliers' delivery terms, minimum stock and orders in the admin."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client

from inventory import orders
from inventory.models import MinimumStock, Product, Supplier
from shop.models import Branch
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import make_member

ADMIN = "/s/green/admin/inventory"


@pytest.fixture
def green(cast):
    with use_shop(cast.green):
        yield cast.green


def test_a_suppliers_days_are_ticked(cast, green):
    farm = Supplier.objects.get()
    given = {
        "name": farm.name, "lead_time_days": "2", "delivery_weekdays": ["4", "1"], "order_by": "11:30",
        "minimum_order": "60",
    }  # fmt: skip
    answer = cast.client().post(f"{ADMIN}/supplier/{farm.pk}/change/", given)
    assert answer.status_code == 302
    farm.refresh_from_db()
    assert (farm.delivery_weekdays, farm.order_by, farm.minimum_order) == ("14", dt.time(11, 30), 60)
    text = cast.client().get(f"{ADMIN}/supplier/{farm.pk}/change/").content.decode()
    assert text.count("checked") >= 2 and 'type="time"' in text
    assert "Tue, Fri" in cast.client().get(f"{ADMIN}/supplier/").content.decode()


def test_a_minimum_is_set_and_one_below_nothing_refused(cast, green):
    branch, milk = Branch.objects.first(), Product.objects.get(sku="MILK")
    given = {"branch": branch.pk, "product": milk.pk, "quantity": "-1"}
    client = cast.client()
    assert "cannot be below 0" in client.post(f"{ADMIN}/minimumstock/add/", given).content.decode()
    assert client.post(f"{ADMIN}/minimumstock/add/", given | {"quantity": "6"}).status_code == 302
    assert MinimumStock.objects.get().quantity == 6
    again = client.post(f"{ADMIN}/minimumstock/add/", given | {"quantity": "7"}).content.decode()
    assert "already" in again


def test_orders_are_read_and_a_clerk_sees_no_cost(cast, green):
    branch, milk = Branch.objects.first(), Product.objects.get(sku="MILK")
    line = orders.add_line(branch=branch, supplier=milk.supplier, product=milk, quantity=Decimal(12), by="x")
    path = f"{ADMIN}/purchaseorder/{line.order_id}/change/"
    assert "€1.10" in cast.client().get(path).content.decode()
    clerk = Client()
    clerk.force_login(make_member(shop=green, role=Role.CLERK))
    text = clerk.get(path).content.decode()
    assert "milk 2 L" in text and "1.10" not in text
    assert cast.client().post(path, {"state": "received"}).status_code == 403
    assert cast.client(cast.bob).get(path).status_code == 403
