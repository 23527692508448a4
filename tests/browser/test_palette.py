"""The search box in a real browser: opened by key and by button, worked by keys, useful without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from insights.models import SearchEntry
from insights.search import index, meaning
from inventory.models import Product
from shop.tenancy import use_shop
from tests.browser.axe import violations
from tests.browser.conftest import Live
from tests.browser.looks import OVERFLOW, settled, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
NAMES = ["Brightwell washing-up liquid 500 ml", "Brightwell dishwasher tablets 30 pack", "Orchard Lane sourdough 800 g"]


@pytest.fixture
def found(live: Live) -> Live:
    """Green Grocer's goods and three more, all read by the search."""
    with use_shop(live.cast.green):
        Product.objects.bulk_create(Product(sku=f"N{place}", name=name) for place, name in enumerate(NAMES))
        index.refresh()
        index.embed(list(SearchEntry.objects.exclude(model=meaning.MODEL)))
    return live


def test_found_by_keys_alone(found: Live, open_page: Open) -> None:
    page = open_page(found.cast.alice, "/s/green/products/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    words, lines = page.locator("#palette-words"), page.locator("#palette-found [role=option]")
    expect(words).to_be_focused()
    expect(lines.filter(has_text="Receive stock")).to_be_visible()
    page.keyboard.type("washing dishes")
    expect(lines.first).to_contain_text("washing-up liquid")
    expect(lines.first).to_have_attribute("aria-selected", "true")
    expect(words).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(lines.nth(1)).to_have_attribute("aria-selected", "true")
    expect(words).to_have_attribute("aria-activedescendant", lines.nth(1).get_attribute("id"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/products/*/")
    expect(page.locator("h1")).to_have_text(NAMES[0])
    page.keyboard.press("Control+k")
    expect(words).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_looks_well_and_is_accessible(found: Live, open_page: Open) -> None:
    for width, dark in ((390, False), (1440, True)):
        page = open_page(found.cast.alice, "/s/green/search/?q=sour+dough", width, dark)
        expect(page.get_by_role("link", name=NAMES[2])).to_be_visible()
        page.get_by_role("link", name="Search", exact=True).click()
        page.locator("#palette-words").fill("green")
        expect(page.locator("#palette-found [role=option]").first).to_be_visible()
        settled(page)
        assert page.evaluate(OVERFLOW) <= 0
        shoot(page, "palette", width, dark)
        assert violations(page) == []
        page.keyboard.press("Escape")
        shoot(page, "search", width, dark)
        assert violations(page) == []
        page.close()
