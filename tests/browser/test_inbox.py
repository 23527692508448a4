"""The till inbox in a real browser: decided by thumb on a phone, in every size and theme, with and without scripts."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from inventory import services
from inventory.models import Product, StockLevel
from sales import inbox
from sales.models import InboxItem, Sale
from shop import devices
from shop.models import Register
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk, settled, shoot
from tests.sales.tills import send

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
INBOX, BELOW_ZERO = "/s/green/inbox/", "/s/green/inventory/below-zero/"
CODE, BY = "5012345678900", "alice@shops.example"


@pytest.fixture
def odd_day(live: Live) -> Iterator[Live]:
    """A day at the till where everything odd happened once, and goods sold before they were booked in."""
    with use_shop(live.cast.green):
        register = Register.objects.get()
        milk, now = Product.objects.get(sku="MILK"), timezone.now()
        services.count_stock(
            branch=register.branch, counted={milk.pk: Decimal(2)}, by=BY, at=now - dt.timedelta(hours=9)
        )
        _sell_oddly(register, now - dt.timedelta(hours=3))
        services.receive(branch=register.branch, product=milk, quantity=Decimal(3), cost=Decimal("1.25"), by=BY)
        devices.connect(register, "Front till", by=BY)
        yield live


def _sell_oddly(register: Register, at: dt.datetime) -> None:
    milk = {"sku": "MILK", "quantity": "3", "unit_price": "1.45"}
    oats = {"barcode": CODE, "name": "Oat drink barista 1 L", "quantity": "2", "unit_price": "1.95"}
    paid = [("card", "4.35")]
    id = uuid.uuid4()
    about = {"cashier": "Sam", "customer": {"code": "C77", "name": "Grace Hopper"}}
    send(register, at, id=id, lines=[milk], payments=paid, receipt="R-101", epoch=1, seq=1, **about)
    more = [milk, {"sku": "CHOC", "quantity": "1", "unit_price": "2.40"}]
    send(register, at, id=id, lines=more, payments=[("card", "6.75")], receipt="R-101", epoch=1, seq=1, **about)
    send(register, at, lines=[milk], payments=paid, receipt="R-102", epoch=1, seq=4)
    send(register, at, lines=[milk], payments=paid, receipt="R-102", epoch=1, seq=4)
    for number in range(3):
        send(register, at, lines=[oats], receipt=f"R-20{number}")
    send(register, at, lines=[{"name": "Loose nuts", "quantity": "0.355", "unit_price": "12.50"}], receipt="R-210")
    send(register, at, lines=[milk], total="4.53", payments=[("cash", "4.53")], receipt="R-103")


@on_phone_and_desk
def test_every_page_in_every_size_and_theme(odd_day: Live, open_page: Open, looks: Looks) -> None:
    item = InboxItem.objects.get(kind="conflict")
    for decided in InboxItem.objects.filter(kind="mismatch"):
        inbox.resolve(item=decided, how="seen", by=BY)
    pages = {
        "inbox": INBOX,
        "inbox_detail": f"{INBOX}{item.pk}/",
        "inbox_code": f"{INBOX}unknown/?code={CODE}&q=green",
        "below_zero": BELOW_ZERO,
    }
    for name, path in pages.items():
        for page, width, dark in each_look(open_page, odd_day.cast.alice, path, looks):
            shoot(page, name, width, dark)
            is_well(page, name)


def test_a_thumb_clears_the_inbox(odd_day: Live, open_page: Open) -> None:
    page = open_page(odd_day.cast.alice, INBOX, 390)
    sales = Sale.objects.count()
    page.get_by_role("button", name="Book as another sale").click()
    expect(page.get_by_text("Booked as another sale.", exact=True)).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("^Set aside")).click()
    expect(page.get_by_text("Set aside.", exact=True)).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("^Undo.*Set aside")).click()
    expect(page.get_by_text("It waits in the inbox again.")).to_be_visible()
    assert Sale.objects.count() == sales + 1


def test_unknown_goods_become_a_product_and_move_its_stock(odd_day: Live, open_page: Open) -> None:
    page = open_page(odd_day.cast.alice, INBOX, 390)
    level = StockLevel.objects.get(product__sku="MILK").quantity
    page.get_by_role("link", name=re.compile("^Choose.*Oat drink")).click()
    page.get_by_label("Find by name, SKU or barcode").fill("milk")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name=re.compile("^This one.*milk")).click()
    expect(page.get_by_text("3 lines are Green Grocer milk 2 L now.")).to_be_visible()
    assert StockLevel.objects.get(product__sku="MILK").quantity == level - 6
    page.get_by_role("button", name=re.compile("^Undo.*Oat drink")).click()
    expect(page.get_by_text("3 lines wait for a product again.")).to_be_visible()
    assert StockLevel.objects.get(product__sku="MILK").quantity == level
    settled(page)
    page.get_by_role("link", name=re.compile("^Choose.*Oat drink")).click()
    page.get_by_role("button", name="Make the product").click()
    expect(page.get_by_text("3 lines are Oat drink barista 1 L now.")).to_be_visible()
