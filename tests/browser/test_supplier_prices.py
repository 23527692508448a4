"""Suppliers' new prices in a real browser: what they leave, costs taken over, prices drafted; each size and theme."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from inventory.models import PriceBatchLine, Product
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import DESK, PHONE, each_look, is_well, shoot
from tests.importing import bring_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COSTS, KINDS = "/s/green/prices/costs/", "/s/green/imports/kinds/"
LIST = (
    "supplier,code,name,product,cost,from\n"
    "Northgate Dairy Wholesale and Distribution,ND-1001,Semi-skimmed milk,MILK,1.30,2026-11-01\n"
    "Northgate Dairy Wholesale and Distribution,ND-2,Chocolate,CHOC,1.10,2026-12-01\n"
    "Northgate Dairy Wholesale and Distribution,ND-3,A drink made of oats with a rather long name,,0.90,\n"
)


def test_new_costs_are_looked_at_taken_over_and_drafted(live: Live, open_page: Callable[..., Any]) -> None:
    with use_shop(live.cast.green):
        bring_in("supplier_prices", LIST, maps=[])
    narrow, phone, desk = PHONE[0], PHONE[1], DESK[1]
    for name, path, looks in (
        ("price_costs", COSTS, (narrow, desk)),
        ("price_costs_new", f"{COSTS}?show=unknown", (narrow,)),
        ("import_kinds", KINDS, (narrow, phone)),
    ):
        for page, width, dark in each_look(open_page, live.cast.alice, path, looks):
            shoot(page, name, width, dark)
            is_well(page, name)
    page = open_page(live.cast.alice, COSTS, 390)
    expect(page.get_by_text("2 new prices")).to_be_visible()
    page.get_by_label("Choose Green Grocer milk 2 L").check()
    page.get_by_role("button", name="Take over and draft prices").click()
    expect(page.get_by_role("heading", name="After new costs")).to_be_visible()
    with use_shop(live.cast.green):
        milk = Product.objects.get(sku="MILK")
        assert milk.cost == Decimal("1.30")
        assert PriceBatchLine.objects.get().price > milk.price
    page.goto(f"{live.url}{COSTS}?show=unknown")
    page.get_by_label("SKU, barcode or name of your product for ND-3").fill("APPLE")
    page.get_by_role("button", name="It is this").click()
    expect(page.get_by_text("is Green Grocer apples.")).to_be_visible()
