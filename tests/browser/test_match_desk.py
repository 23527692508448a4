"""The match desk in a real browser: pairs decided by thumb and by keyboard, in every size and theme."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from inventory import merging, services
from inventory.models import Barcode, Product, ProductPair
from shop.models import Branch
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk, settled, shoot
from tests.factories import make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
DESK = "/s/green/products/matches/"


@pytest.fixture
def pairs(live: Live) -> Iterator[Live]:
    """Three pairs that wait, one of them sure, and one product that was merged already."""
    with use_shop(live.cast.green):
        names = [
            ("Free range eggs large 12 pack", "EGGS LGE X12"),
            ("Mature cheddar 400 g", "CHEDDAR MATURE 400G"),
        ]
        for number, (first, second) in enumerate(names):
            one = make_product(sku=f"A-{number}", name=first, price="3.20")
            other = make_product(sku=f"CORNER-{number}", name=second, price="3.35", cost=None)
            reasons = ["Names: nearly the same words, same size."]
            if not number:
                Barcode.objects.create(product=other, code="4006381333931")
                reasons.insert(0, "The barcode of one is the SKU of the other: 4006381333931.")
            score = Decimal("0.99") if not number else Decimal("0.81")
            ProductPair.objects.create(first=one, second=other, score=score, reasons=reasons)
        milk, old = Product.objects.get(sku="MILK"), make_product(sku="OLD", name="Milk, two litres")
        services.count_stock(branch=Branch.objects.order_by("id")[0], counted={old.pk: Decimal(4)}, by="alice")
        merging.merge(kept=milk, gone=old, by="alice@shops.example")
        yield live


@on_phone_and_desk
def test_every_page_in_every_size_and_theme(pairs: Live, open_page: Open, looks: Looks) -> None:
    one, other = (Product.objects.get(sku=sku).pk for sku in ("A-1", "CORNER-1"))
    pages = {
        "matches": DESK,
        "merge_search": f"/s/green/products/{one}/merge/?q=cheddar",
        "merge_plan": f"/s/green/products/{one}/merge/?with={other}",
        "merges": "/s/green/products/merges/",
    }
    for name, path in pages.items():
        for page, width, dark in each_look(open_page, pairs.cast.alice, path, looks):
            shoot(page, name, width, dark)
            is_well(page, name)


def test_a_pair_after_the_other_by_keyboard(pairs: Live, open_page: Open) -> None:
    page = open_page(pairs.cast.alice, DESK)
    first, second = page.locator("[data-pair]").nth(0), page.locator("[data-pair]").nth(1)
    first.focus()
    page.keyboard.press("1")
    expect(page.locator("[data-done]")).to_contain_text("one product")
    settled(page)
    expect(second).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("[data-done]").nth(1)).to_contain_text("two products")
    assert {pair.state for pair in ProductPair.objects.all()} == {"merged", "different"}
    page.locator("[data-done]").nth(0).get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is a product of its own again")).to_be_visible()
    assert {pair.state for pair in ProductPair.objects.all()} == {"open", "different"}
