"""The insights pages in a real browser: every size and theme, accessible, nothing sideways, working by hand."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from inventory.models import Product
from sales.models import Sale
from shop.tenancy import use_shop
from tests.browser.axe import violations
from tests.browser.conftest import Live
from tests.browser.looks import OVERFLOW, Looks, each_look, is_well, on_phone_and_desk, settled, shoot
from tests.insights.tills import sell, sell_days

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]

DRAWN = ".plot[data-drawn]"


@pytest.fixture
def trading(live: Live) -> dict[str, str]:
    """Green Grocer after six weeks of trade; the pages to open, by name."""
    green, yesterday = live.cast.green, dt.date.today() - dt.timedelta(days=1)
    sell_days(green, yesterday, 42, hour=10)
    sell_days(green, yesterday, 42, sku="CHOC", hour=16, quantity="2")
    sell(green, yesterday, "", price="2.00")
    with use_shop(green):
        sale, milk = Sale.objects.order_by("pk").first(), Product.objects.get(sku="MILK")
    return {
        "today": "/s/green/today/",
        "sales": "/s/green/sales/",
        "sales_year": "/s/green/sales/?period=month&compare=previous&measure=baskets&by=product",
        "no_sales": "/s/green/sales/?period=custom&from=2020-01-01&to=2020-01-31",
        "line_list": "/s/green/sales/lines/?hour=10",
        "sale_detail": f"/s/green/sales/receipts/{sale.pk}/",
        "product_list": "/s/green/products/",
        "nothing_found": "/s/green/products/?q=zebra",
        "product_detail": f"/s/green/products/{milk.pk}/",
    }


@on_phone_and_desk
def test_every_page_in_every_size_and_theme(live: Live, trading: dict[str, str], open_page: Open, looks: Looks) -> None:
    for name, path in trading.items():
        for page, width, dark in each_look(open_page, live.cast.alice, path, looks):
            shoot(page, name, width, dark)
            is_well(page, name)


def test_a_new_shop(live: Live, open_page: Open) -> None:
    for width in (390, 1440):
        for path in ("/s/green/today/", "/s/green/sales/", "/s/green/sales/lines/"):
            page = open_page(live.cast.alice, path, width)
            assert page.evaluate(OVERFLOW) <= 0
            assert violations(page) == []
        page = open_page(live.cast.alice, "/s/green/today/", width)
        assert page.get_by_text("Your shop's mornings start here").is_visible()
        shoot(page, "today_new", width, False)


def test_plotly_takes_over_the_line_and_redraws_it(live: Live, trading: dict[str, str], open_page: Open) -> None:
    page = open_page(live.cast.alice, trading["sales"])
    page.wait_for_selector(DRAWN)
    assert page.locator(".host .scatterlayer .trace").count() >= 2, "this period, and what is usual"
    page.click("a.lab >> text=Baskets")
    page.wait_for_selector("h2 >> text=Baskets by day")
    page.wait_for_selector(DRAWN)
    assert "measure=baskets" in page.url
    assert violations(page) == []


def test_controls_swap_the_results_and_the_address_keeps_them(
    live: Live, trading: dict[str, str], open_page: Open
) -> None:
    page = open_page(live.cast.alice, trading["sales"])
    page.evaluate("window.stayed = true")
    page.focus("#period")
    page.select_option("#period", "7d")
    page.wait_for_url("**period=7d**")
    expect(page.locator("#say")).to_contain_text("net sales")
    assert page.evaluate("window.stayed"), "the page was not loaded anew"
    assert page.evaluate("document.activeElement.id") == "period", "the focus stays on the control"
    settled(page)
    page.select_option("#compare", "previous")
    page.wait_for_selector("#match")
    settled(page)
    assert "period=7d" in page.url and "compare=previous" in page.url
    page.click("#earlier")
    page.wait_for_url("**from=**")
    page.go_back()
    page.wait_for_selector("#period")
    assert page.input_value("#period") == "7d"
    page.reload()
    assert page.input_value("#compare") == "previous"


def test_from_a_category_to_its_receipt(live: Live, trading: dict[str, str], open_page: Open) -> None:
    page = open_page(live.cast.alice, trading["sales"])
    page.click("#rows >> text=Dairy")
    page.wait_for_selector("#rows h2 >> text=Dairy")
    page.click('a[aria-label="Lines of Green Grocer chocolate"]')
    page.wait_for_url("**/sales/lines/**product=**")
    expect(page.locator("a.chip")).to_contain_text("Green Grocer chocolate")
    page.click('#rows a[href*="/sales/receipts/"] >> visible=true >> nth=0')
    page.wait_for_url("**/sales/receipts/**")
    assert page.locator("h1").inner_text() == "Receipt"


def test_heat_cells_lead_to_their_lines(live: Live, trading: dict[str, str], open_page: Open) -> None:
    page = open_page(live.cast.alice, trading["sales"])
    cell = page.locator(".heat td a").first
    assert ":" in page.locator(".heat td[title]").first.get_attribute("title")
    cell.click()
    page.wait_for_url("**/sales/lines/**weekday=1**")
    assert page.locator("#rows tbody tr").count() > 0


def test_a_product_is_found_while_typing(live: Live, trading: dict[str, str], open_page: Open) -> None:
    page = open_page(live.cast.alice, trading["product_list"])
    page.locator("#q").press_sequentially("choc", delay=20)
    expect(page.locator("#results tbody tr")).to_have_count(1)
    assert page.input_value("#q") == "choc", "what was typed stays"
    page.click("#results tbody a")
    page.wait_for_url("**/products/*/")
    assert "chocolate" in page.locator("h1").inner_text()


def test_everything_works_without_scripts(live: Live, trading: dict[str, str], chromium: Any) -> None:
    from django.conf import settings

    context = chromium.new_context(java_script_enabled=False)
    session = live.cast.client().cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live.url}])
    page = context.new_page()
    page.goto(live.url + trading["sales"])
    page.select_option("#period", "7d")
    page.click("#controls button")
    assert "period=7d" in page.url
    page.click("a.lab >> text=Units")
    assert page.locator("h2 >> text=Units by day").count() == 1
    assert page.locator("svg.draw[role=img]").count() >= 1, "the server's own drawing"
    context.close()


def test_keyboard_reaches_a_definition_and_escape_closes_it(
    live: Live, trading: dict[str, str], open_page: Open
) -> None:
    page = open_page(live.cast.alice, trading["today"])
    page.locator(".kpi .def summary").first.focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("What customers paid for goods, without sales tax").is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert not page.get_by_text("What customers paid for goods, without sales tax").is_visible()


def test_a_cashier_has_shifts_and_products_only(live: Live, trading: dict[str, str], open_page: Open) -> None:
    page = open_page(live.cast.bob, "/s/green/")
    page.wait_for_url("**/shifts/")
    assert page.locator("nav.nav a").all_inner_texts() == ["Shifts", "Products"]
    assert violations(page) == []
