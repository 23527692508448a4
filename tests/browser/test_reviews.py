"""Reviews in a real browser: a manager corrects one, copies a reply and marks it replied; in every size and theme."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from customers.models import Review
from insights.models import ReviewCorrection, ReviewReading, ReviewReply, ReviewTheme, Run
from inventory.models import Product
from shop.models import Branch
from shop.tenancy import use_shop
from tests.browser.axe import violations
from tests.browser.conftest import Live
from tests.browser.looks import OVERFLOW, Looks, each_look, is_well, on_phone_and_desk, settled, shoot
from tests.insights.reviewing import write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
LIST = "/s/green/reviews/"
SAID = {
    "positive": ("Lovely fresh bread and kind people.", {"freshness": 0.9, "staff": 0.7}),
    "negative": ("Half an hour in the queue again, one till open.", {"queue": -0.9}),
    "neutral": ("Good apples, but rather dear for what they are.", {"freshness": 0.5, "price": -0.6}),
}
SPANISH = "La leche estaba agria y nadie quiso cambiármela. No vuelvo."


@pytest.fixture
def read(live: Live) -> Live:
    """Green Grocer with five months of reviews, read by this machine and by a model."""
    with use_shop(live.cast.green):
        station, milk = Branch.objects.get(name="Station"), Product.objects.get(sku="MILK")
        run = Run.objects.create(
            analysis="sentiment", status="done", as_of_date=timezone.localdate(), ended_at=timezone.now(),
            sentences=["Of 60 reviews, 30 sound pleased, 18 displeased and 12 neither."],
        )  # fmt: skip
        theme = ReviewTheme.objects.create(
            run=run, name="queue, till, waiting", reviews=14, mean_score=-0.7, lately=9, before=2, is_change=True
        )
        ReviewTheme.objects.create(run=run, name="fresh, bread", reviews=21, mean_score=0.8, lately=4, before=5)
        for number in range(60):
            label = "negative" if number % 3 == 0 and number < 40 else ("positive", "neutral")[number % 5 == 1]
            text, aspects = SAID[label]
            write(
                f"R{number}", label, days_ago=1 + number * 2, text=text, aspects=aspects, author="Ann Author",
                branch=station if label == "negative" or number % 4 == 0 else Branch.objects.first(),
                product=milk if number % 5 == 0 else None, rating=Decimal(number % 5 + 1), source="Google",
                read={"confidence": Decimal("0.9") if number % 2 else Decimal("0.6"), "theme": theme},
            )  # fmt: skip
        write("es", "negative", days_ago=0, text=SPANISH, title="Leche agria", product=milk, source="App",
              aspects={"freshness": -0.9, "staff": -0.6},
              read={"provider": "gemini", "language": "es", "confidence": Decimal("0.97")})  # fmt: skip
        write("irony", "positive", days_ago=1, text="Great, sour milk again. Thank you so much.", source="Google",
              read={"confidence": Decimal("0.55")})  # fmt: skip
        write("ad", "positive", text="Earn from home, see my page.", read={"spam": "It advertises something else."})
    return live


def paths(live: Live) -> tuple[dict[str, str], dict[str, str]]:
    """The pages to see in every look, and those to see in one."""
    with use_shop(live.cast.green):
        spanish, milk = Review.objects.get(code="es").pk, Product.objects.get(sku="MILK").pk
    whole = {"review_list": LIST, "review_detail": f"{LIST}{spanish}/"}
    once = {
        "review_spam": f"{LIST}?show=spam",
        "review_form": f"{LIST}new/",
        "product_reviews": f"/s/green/products/{milk}/?tab=reviews",
    }
    return whole, once


def row(page: Any, words: str) -> Any:
    return page.locator("li.review", has_text=words).first


@on_phone_and_desk
def test_every_page_in_every_size_and_theme(read: Live, open_page: Open, looks: Looks) -> None:
    whole, once = paths(read)
    for name, path in (whole | once).items():
        for page, width, dark in each_look(open_page, read.cast.alice, path, looks if name in whole else looks[-1:]):
            shoot(page, name, width, dark)
            is_well(page, name)


def test_a_manager_corrects_a_label_and_takes_it_back(read: Live, open_page: Open) -> None:
    page = open_page(read.cast.alice, LIST, 390)
    irony = row(page, "sour milk again")
    expect(irony).to_contain_text("Pleased")
    irony.get_by_text("Correct").click()
    irony.get_by_role("button", name="Displeased").click()
    expect(row(page, "sour milk again")).to_contain_text("said by a person")
    expect(page.locator("#say")).to_contain_text("it sounds displeased")
    undo = row(page, "sour milk again").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    with use_shop(read.cast.green):
        assert ReviewCorrection.objects.get().label == "negative"
        assert ReviewReading.objects.get(review__code="irony").label == "positive"
    assert page.evaluate(OVERFLOW) <= 0
    shoot(page, "review_corrected", 390, False)
    undo.click()
    expect(row(page, "sour milk again")).not_to_contain_text("said by a person")
    settled(page)
    assert violations(page) == []


def test_a_manager_copies_a_reply_and_marks_it_replied(read: Live, open_page: Open) -> None:
    page = open_page(read.cast.alice, f"{LIST}?show=waiting", 390)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row(page, "La leche estaba agria").get_by_role("link", name="Reply").click()
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#text")).to_have_value("Gracias por contárnoslo. Sentimos haberle fallado. "
                                                "Lo hablaremos en el equipo. Green Grocer")  # fmt: skip
    shoot(page, "reply_draft", 390, False)
    page.locator("#text").fill("Lo sentimos mucho. Green Grocer")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#toast")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "Lo sentimos mucho. Green Grocer"
    shoot(page, "reply_approved", 390, False)
    page.locator("[data-toast-close]").click()
    assert violations(page) == []
    page.get_by_role("button", name="Mark as replied").click()
    expect(page.locator("#reply")).to_contain_text("Marked as replied by alice@shops.example")
    with use_shop(read.cast.green):
        assert ReviewReply.objects.get().state == "replied"
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("button", name="Mark as replied")).to_be_visible()
