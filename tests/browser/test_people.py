"""From the front page to a shop with two people in it, in a real browser, on a desk and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from shop.models import Membership, Shop
from tests import factories
from tests.browser.conftest import Live

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
PAGES = ["/shops/", "/start/", "/s/green/settings/", "/s/green/settings/members/", "/s/green/settings/members/invite/"]
PAGES += ["/s/green/settings/tills/"]
TOO_SMALL = """[...document.querySelectorAll('a, button, select, summary, input:not([type=hidden])')].filter(e => {
    const r = e.getBoundingClientRect(), inText = e.closest('p, .check, .skip, fieldset');
    return r.width && r.height && (r.width < 23.5 || r.height < 23.5) && !inText;
}).map(e => e.outerHTML.slice(0, 100))"""


@pytest.fixture(autouse=True)
def no_guesses_counted(live: Live) -> None:
    cache.clear()


def sign_up(page: Any, name: str, email: str) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=email]", email)
    page.fill("[name=password1]", factories.PASSWORD)
    page.click("main form button")


def test_a_shop_is_started_and_somebody_joins(live: Live, open_page: Open) -> None:
    page = open_page(None, "/")
    page.click("main >> text=Start a shop >> nth=0")
    sign_up(page, "Dora Prado", "dora@new.example")
    page.wait_for_url("**/start/")
    page.fill("#id_name", "Prado & Söhne")
    page.select_option("#id_country", "DE")
    page.wait_for_selector("#id_slug[value=prado-sohne]")
    page.wait_for_selector("#id_zone option[value='Europe/Berlin'][selected]", state="attached")
    page.fill("#id_branches", "Markt, Bahnhof")
    page.click("main form button.btn-primary")
    page.wait_for_url("**/s/prado-sohne/**")
    page.goto(f"{live.url}/s/prado-sohne/settings/members/")
    page.click("text=Invite somebody")
    page.fill("#id_email", "emil@new.example")
    page.check("[name=role][value=manager]")
    page.click("main form button.btn-primary")
    link = page.input_value("#link")

    phone = open_page(None, link.removeprefix(live.url), width=390)
    phone.click("main a.btn-primary")
    sign_up(phone, "Emil", "emil@new.example")
    phone.wait_for_url(link)
    phone.click("main form button.btn-primary")
    phone.wait_for_url("**/s/prado-sohne/**")
    shop = Shop.objects.get(slug="prado-sohne")
    assert (shop.name, shop.currency, shop.zone) == ("Prado & Söhne", "EUR", "Europe/Berlin")
    assert {m.user.name: m.role for m in Membership.objects.filter(shop=shop)} == {
        "Dora Prado": "owner",
        "Emil": "manager",
    }


def test_a_mistake_takes_the_focus_and_leads_to_its_field(live: Live, open_page: Open) -> None:
    page = open_page(live.cast.alice, "/start/")
    page.fill("#id_name", "Another")
    page.press("#id_name", "Tab")
    expect(page.locator("#id_slug")).to_have_value("another")
    page.fill("#id_slug", "rival")
    page.click("main form button.btn-primary")
    page.wait_for_selector("[data-problem]")
    assert page.evaluate("document.activeElement.matches('[data-problem]')")
    page.click("[data-problem] a")
    assert page.evaluate("document.activeElement.id") == "id_slug"


def test_removing_somebody_is_asked_back(live: Live, open_page: Open) -> None:
    page = open_page(live.cast.alice, "/s/green/settings/members/")
    page.click("[aria-label='Remove Bob']")
    page.click("dialog[open] >> text=Keep")
    assert Membership.objects.filter(shop=live.cast.green).count() == 2
    page.click("[aria-label='Remove Bob']")
    page.click("dialog[open] .btn-bad")
    page.wait_for_selector(".notice.ok")
    assert Membership.objects.filter(shop=live.cast.green).count() == 1


def test_choosing_a_country_offers_its_regions(live: Live, open_page: Open) -> None:
    page = open_page(live.cast.alice, "/s/green/settings/")
    page.select_option("#id_country", "GB")
    page.wait_for_selector("#id_region option[value=SCT]", state="attached")
    page.select_option("#id_region", "SCT")
    page.click("main form button.btn-primary")
    page.wait_for_selector(".notice.ok")
    assert Shop.objects.get(slug="green").region == "SCT"


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_fit_and_can_be_touched(live: Live, open_page: Open, width: int, dark: bool) -> None:
    Membership.objects.create(shop=live.cast.rival, user=live.cast.alice, role="analyst")
    page = open_page(live.cast.alice, PAGES[0], width=width, dark=dark)
    for path in PAGES:
        page.goto(live.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(TOO_SMALL) == [], path
        assert page.locator("h1").count() == 1, path
