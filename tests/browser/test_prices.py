"""A price from the slider to the shelf label and back in a real browser; every size and theme, accessible."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from inventory import price_batches
from inventory.models import PriceBatch, Product
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk, settled, shoot
from tests.factories import make_product
from tests.insights.pricing_facts import advise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
BY = "alice@shops.example"
PRICES = "/s/green/prices/"


@pytest.fixture
def priced(live: Live) -> Iterator[Live]:
    with use_shop(live.cast.green):
        advise()
    yield live


def milk(live: Live) -> Product:
    with use_shop(live.cast.green):
        found: Product = Product.objects.get(sku="MILK")
    return found


@on_phone_and_desk
def test_every_page_in_every_size_and_theme(priced: Live, open_page: Open, looks: Looks) -> None:
    with use_shop(priced.cast.green):
        batch = price_batches.draft_batch(name="Spring prices", by=BY)
        wanted = {make_product(name=f"A product with quite a long name {n}").pk: Decimal("1.55") for n in range(3)}
        price_batches.put(batch=batch.pk, prices=wanted | {milk(priced).pk: Decimal("1.55")}, by=BY)
    paths = {
        "price_list": PRICES,
        "price_batch": f"{PRICES}batches/{batch.pk}/",
        "price_labels": f"{PRICES}batches/{batch.pk}/labels/",
        "product_price": f"/s/green/products/{milk(priced).pk}/?tab=price",
    }
    for name, path in paths.items():
        for page, width, dark in each_look(open_page, priced.cast.alice, path, looks):
            shoot(page, name, width, dark)
            is_well(page, name)


def test_a_price_from_the_slider_to_the_label_and_back(priced: Live, open_page: Open) -> None:
    page = open_page(priced.cast.alice, f"/s/green/products/{milk(priced).pk}/", 390)
    page.get_by_role("link", name="Price", exact=True).click()
    slide = page.locator("#price-slide")
    expect(slide).to_be_visible()
    settled(page)
    slide.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    preview = page.locator("#price-preview")
    expect(preview).to_contain_text(re.compile(r"At €1\.58: \d+ a week, €[\d.]+ margin, likely €"), timeout=15_000)
    expect(page.get_by_label("Price", exact=True)).to_have_value("1.58")
    expect(page).to_have_url(re.compile("price=1.58"))
    page.get_by_label("Price", exact=True).fill("1,59")
    page.get_by_role("button", name="Put €1.59 into a batch").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("New prices")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("1 price will hold at every branch, at once.")
    page.get_by_role("button", name="Approve 1 price").click()
    expect(page.locator(".hero .chip")).to_have_text("Approved")
    assert milk(priced).price == Decimal("1.59")

    page.get_by_role("link", name="Labels").click()
    expect(page.locator(".label")).to_contain_text(["€1.59"])
    _prints_on_paper(page)
    page.get_by_role("link", name="New prices").click()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("button", name="Undo this batch").click()
    expect(page.locator(".hero .chip")).to_have_text("Undone")
    assert milk(priced).price == Decimal("1.45")
    with use_shop(priced.cast.green):
        assert PriceBatch.objects.get().undone_by == priced.cast.alice.email


def _prints_on_paper(page: Any) -> None:
    """Only the labels, each as large as its sticker, on pages of the sheet's own size."""
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator(".tabbar")).to_be_hidden()
    box = page.locator(".label").first.bounding_box()
    assert abs(box["width"] - 70 * 96 / 25.4) < 1 and abs(box["height"] - 37 * 96 / 25.4) < 1
    assert _pages(page) == [(595, 842)]
    page.emulate_media(media="screen")
    page.get_by_label("Paper").select_option("roll")
    page.get_by_role("button", name="Show").click()
    page.wait_for_load_state("networkidle")
    page.emulate_media(media="print")
    assert _pages(page) == [(162, 91)]
    page.emulate_media(media="screen")


def _pages(page: Any) -> list[tuple[int, int]]:
    """The size of each page of the print in points."""
    sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", page.pdf(prefer_css_page_size=True))
    return [(round(float(width)), round(float(height))) for width, height in sizes]
