"""Data entry in a real browser: forty prices, a product with two barcodes, one product among twenty thousand."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from inventory.models import Barcode, Category, PriceChange, Product, Supplier
from shop.tenancy import use_shop
from tests import factories
from tests.browser.conftest import Live

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PRODUCTS = "/s/green/admin/inventory/product/"
Open = Callable[..., Any]


def test_forty_prices_are_changed(live: Live, open_page: Open) -> None:
    with use_shop(live.cast.green):
        for number in range(40):
            factories.make_product(sku=f"TEA{number:02}", name=f"Tea number {number:02}", price="2.00", cost="1.20")
    page = open_page(live.cast.alice, f"{PRODUCTS}?q=tea")
    page.check("#action-toggle")
    page.select_option("select[name=action]", "change_prices")
    page.click("button[name=index]")
    page.wait_for_selector("table.price-lines")
    assert page.locator("table.price-lines tbody tr").count() == 40
    page.select_option("select[name=how]", "percent")
    page.fill("input[name=value]", "7.5")
    page.select_option("select[name=ending]", "nine")
    page.click("input[name=work_out]")
    prices = page.locator("input[name$='-price']")
    assert prices.nth(0).input_value() == "2.19"
    prices.nth(3).fill("2.49")
    page.fill("input[name=reason]", "New delivery costs more")
    page.click("input[name=save]")
    page.wait_for_selector("ul.messagelist")
    assert "40 prices changed" in page.inner_text("ul.messagelist")
    with use_shop(live.cast.green):
        tea = Product.objects.filter(sku__startswith="TEA")
        assert tea.filter(price=Decimal("2.19")).count() == 39
        assert tea.get(price=Decimal("2.49")).name == "Tea number 03"
        assert PriceChange.objects.filter(reason="New delivery costs more", actor="alice@shops.example").count() == 40
    page.goto(f"{live.url}/s/green/admin/")
    assert "Changed 40 products: New delivery costs more" in page.inner_text("#recent-actions-module")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_product_with_two_barcodes_by_keyboard_and_scanner(live: Live, open_page: Open, width: int) -> None:
    page = open_page(live.cast.alice, f"{PRODUCTS}add/", width=width)
    assert page.evaluate("document.activeElement.name") == "sku"
    keys = page.keyboard
    keys.type("OAT-1L")
    keys.press("Tab")
    keys.type("Oat drink barista 1 L")
    page.fill("input[name=price]", "2.05")
    page.focus("input[name='barcodes-0-code']")
    keys.type("5000000000011")
    keys.press("Enter")
    assert page.evaluate("document.activeElement.name") == "barcodes-1-code", "a scanner's Enter goes to the next"
    keys.type("5000000000028")
    keys.press("Enter")
    assert page.evaluate("document.activeElement.name") == "barcodes-2-code", "there is always one more line"
    page.fill("input[name='barcodes-1-pack_quantity']", "6")
    page.click("input[name=_save]")
    page.wait_for_selector("ul.messagelist")
    with use_shop(live.cast.green):
        codes = Barcode.objects.filter(product__sku="OAT-1L")
        assert {barcode.code: barcode.pack_quantity for barcode in codes} == {"5000000000011": 1, "5000000000028": 6}


def test_a_category_is_found_by_typing_and_a_foreign_one_is_not(live: Live, open_page: Open) -> None:
    with use_shop(live.cast.rival):
        Category.objects.create(name="Rival secrets")
    page = open_page(live.cast.alice, f"{PRODUCTS}add/")
    page.click(".field-category .select2-selection")
    page.fill(".select2-search__field", "Dai")
    page.wait_for_selector(".select2-results__option:has-text('Dairy')")
    page.fill(".select2-search__field", "secret")
    page.wait_for_selector(".select2-results__option:has-text('No results found')")


def test_a_category_is_added_beside_the_product(live: Live, open_page: Open) -> None:
    page = open_page(live.cast.alice, f"{PRODUCTS}add/")
    with page.expect_popup() as opened:
        page.click("#add_id_category")
    opened.value.fill("input[name=name]", "Herbs")
    opened.value.click("input[name=_save]")
    page.wait_for_selector(".field-category .select2-selection__rendered:has-text('Herbs')")


def test_one_product_is_found_among_twenty_thousand(live: Live, open_page: Open) -> None:
    with use_shop(live.cast.green):
        farm = Supplier.objects.first()
        rows = [
            Product(sku=f"N{i:05}", name=f"Article {i:05} of the range", price=1, supplier=farm) for i in range(20_000)
        ]
        Product.objects.bulk_create(rows, batch_size=5000)
        wanted = Product.objects.get(sku="N13579")
        Barcode.objects.create(product=wanted, code="4011234567890")
    page = open_page(live.cast.alice, PRODUCTS)
    for words in ("13579 range", "N13579", "4011234567890"):
        page.fill("#searchbar", words)
        started = time.perf_counter()
        page.press("#searchbar", "Enter")
        page.wait_for_selector("#result_list tbody tr:only-child")
        assert time.perf_counter() - started < 3
        assert "Article 13579 of the range" in page.inner_text("#result_list")
    page.click("#result_list tbody a")
    page.wait_for_selector("#product_form")
    assert page.input_value("input[name=sku]") == "N13579"


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_and_keeps_the_console_clean(live: Live, open_page: Open, width: int) -> None:
    """Lists, forms and entry pages of every model: no error, nothing wider than the screen."""
    from shop.admin_sites import shop_admin

    page = open_page(live.cast.alice, "/s/green/admin/", width=width)
    paths = [f"{model._meta.app_label}/{model._meta.model_name}/" for model in shop_admin._registry]
    paths += [f"inventory/stockmovement/{name}/" for name in ("count", "receive", "waste", "transfer")]
    paths += ["inventory/product/add/", "sales/sale/add/", "customers/customer/add/"]
    for path in paths:
        page.goto(f"{live.url}/s/green/admin/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide at {width}"


def test_the_theme_is_the_sites_and_the_way_back_is_there(live: Live, open_page: Open) -> None:
    page = open_page(live.cast.alice, "/s/green/admin/", dark=True)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("[data-theme-switch]")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light
    assert page.get_attribute(".to-site", "href") == "/s/green/"
