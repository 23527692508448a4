"""Deciding in a real browser: on a phone by thumb, at a desk by key; calendar, demand and quality in every size."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from insights.calendar import events
from insights.calendar.events import Fields
from insights.models import ForecastSeries, Run, Suggestion
from inventory.models import Category, Product, PurchaseOrder, PurchaseOrderLine, StockLevel, Supplier
from sales.models import Promotion
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.browser.axe import violations
from tests.browser.conftest import Live
from tests.browser.looks import OVERFLOW, Looks, each_look, is_well, on_phone_and_desk, settled, shoot
from tests.insights.deciding import suggest
from tests.insights.tills import sell_days

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
TODAY = "/s/green/today/"
SCORES = {"wape": 0.18, "naive_wape": 0.24, "bias": 0.03, "coverage": 0.79}
SHARES = {"mean": 1.0, "low50": 0.85, "high50": 1.15, "low80": 0.65, "high80": 1.4}


def forecast(shop: Shop, today: dt.date) -> None:
    """A run of last night for milk, its category, its branch and the shop."""
    run = Run.objects.create(
        analysis="forecast", status="done", as_of_date=today - dt.timedelta(days=1), scores=SCORES,
        ended_at=dt.datetime.now(dt.UTC), provider="local", version="1",
    )  # fmt: skip
    branch, milk = Branch.objects.order_by("pk").first(), Product.objects.get(sku="MILK")
    dairy = Category.objects.get(name="Dairy")
    for where in ({}, {"branch": branch}, {"branch": branch, "category": dairy}, {"branch": branch, "product": milk}):
        week = [6.0, 5.0, 5.5, 6.0, 8.0, 11.0, 7.0]
        bands = {name: [week[day % 7] * share for day in range(28)] for name, share in SHARES.items()}
        ForecastSeries.objects.create(run=run, first_date=today, model="theta", **bands, **SCORES, **where)
    StockLevel.objects.create(
        branch=branch, product=milk, quantity=Decimal(9), tracked_from=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )
    Promotion.objects.create(product=milk, first_date=today + dt.timedelta(days=4), last_date=today + dt.timedelta(9))
    order = PurchaseOrder.objects.create(
        number=900, branch=branch, supplier=Supplier.objects.first(), state="approved", expected_on=today
    )
    PurchaseOrderLine.objects.create(order=order, product=Product.objects.get(sku="CHOC"), quantity=Decimal(24))


@pytest.fixture
def morning(live: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Green Grocer after six weeks, with a forecast and three decisions. Accepting does nothing in the house."""
    from insights.decisions import drafts

    monkeypatch.setitem(drafts._acts, "reorder", None)  # type: ignore[arg-type]
    green = live.cast.green
    today = green.today()
    sell_days(green, today - dt.timedelta(days=1), 42, hour=10, quantity="6")
    sell_days(green, today - dt.timedelta(days=1), 42, sku="CHOC", hour=16, quantity="2")
    with use_shop(green):
        forecast(green, today)
        events.add(
            fields=Fields("Road works", today + dt.timedelta(5), today + dt.timedelta(8), effect=Decimal("-0.2")),
            by="alice@shops.example",
        )
        events.propose(sentence="street fair on Saturday", shop=green, by="alice@shops.example")
    stock = [31, 18, 6, -4]
    projection = {
        "first_date": today.isoformat(), "stock": stock, "low": [31, 12, -3, -20], "high": [31, 23, 15, 8],
        "delivery_date": (today + dt.timedelta(days=2)).isoformat(),
    }  # fmt: skip
    facts = [
        {"label": "In stock", "value": 31, "unit": "units"},
        {"label": "Expected a day", "value": "13 (8 to 19)"},
        {"label": "On order", "value": 0, "unit": "units"},
        {"label": "Cost of a case", "value": "6.60", "unit": "money", "cost": True},
    ]
    suggest(green, "milk", hours=3, evidence={"facts": facts, "projection": projection})
    suggest(green, "choc", sku="CHOC", title="Order 24 Green Grocer chocolate", quantity=Decimal(24), hours=30)
    suggest(green, "count", sku="APPLE", kind="count", title="Count Green Grocer apples", quantity=None, outlay=None,
            value=None, value_low=None, value_high=None, supplier=None, evidence={},
            why="The till has sold 4.2 kg more than stock says we had.")  # fmt: skip
    return live


def state(shop: Shop, key: str) -> str:
    with use_shop(shop):
        return str(Suggestion.objects.get(key=key).state)


def row(page: Any, words: str) -> Any:
    return page.locator(".act", has_text=words)


def paths(live: Live) -> dict[str, str]:
    with use_shop(live.cast.green):
        milk, found = Product.objects.get(sku="MILK"), Suggestion.objects.get(key="milk")
        event = events.CalendarEvent.objects.order_by("pk").first()
    return {
        "decide_today": TODAY,
        "decision_list": "/s/green/insights/",
        "decision_detail": f"/s/green/decisions/{found.pk}/",
        "event_list": "/s/green/calendar/",
        "event_form": f"/s/green/calendar/{event.pk}/",
        "product_demand": f"/s/green/products/{milk.pk}/?tab=demand",
        "forecast_quality": "/s/green/insights/forecast/",
        "brief": "/s/green/brief/",
    }


@on_phone_and_desk
def test_every_page_in_every_size_and_theme(morning: Live, open_page: Open, looks: Looks) -> None:
    for name, path in paths(morning).items():
        for page, width, dark in each_look(open_page, morning.cast.alice, path, looks):
            shoot(page, name, width, dark)
            is_well(page, name)


def test_accept_with_another_quantity_on_a_phone_then_undo(morning: Live, open_page: Open) -> None:
    page = open_page(morning.cast.alice, TODAY, 390)
    milk = row(page, "milk 2 L")
    milk.get_by_label("More: ").click()
    expect(milk.locator("[name=quantity]")).to_have_value("49")
    milk.get_by_label("Less: ").click()
    milk.locator("[name=quantity]").fill("36")
    milk.get_by_role("button", name="Add to order").click()
    expect(row(page, "milk 2 L")).to_contain_text("Added to order, 36 of them")
    undo = row(page, "milk 2 L").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(page.locator("#say")).to_contain_text("2 waiting")
    expect(page.locator("[data-waiting]")).to_have_text("2 waiting")
    assert state(morning.cast.green, "milk") == "accepted"
    assert page.evaluate(OVERFLOW) <= 0
    shoot(page, "decide_accepted", 390, False)
    undo.click()
    expect(row(page, "milk 2 L").get_by_role("button", name="Add to order")).to_be_focused()
    assert state(morning.cast.green, "milk") == "open"
    settled(page)
    assert violations(page) == []


def test_ask_later_and_dismiss_by_their_dialogs(morning: Live, open_page: Open) -> None:
    for width in (390, 1440):
        page = open_page(morning.cast.alice, TODAY, width)
        row(page, "chocolate").locator("[data-snooze]").click()
        dialog = page.locator("dialog[open]")
        expect(dialog.locator("button[name=until]").first).to_be_visible()
        shoot(page, "decide_later", width, False)
        assert violations(page) == []
        page.close()
    page = open_page(morning.cast.alice, TODAY, 390)
    row(page, "chocolate").locator("[data-snooze]").click()
    page.locator("dialog[open] button[name=until]").first.click()
    expect(row(page, "chocolate")).to_contain_text("Asleep until")
    expect(row(page, "chocolate").get_by_role("button", name="Undo")).to_be_focused()
    row(page, "apples").locator("[data-dismiss]").click()
    page.locator("dialog[open] select").select_option("wrong_data")
    settled(page)
    page.locator("dialog[open]").get_by_role("button", name="Keep it").click()
    row(page, "apples").locator("[data-dismiss]").click()
    page.locator("dialog[open]").get_by_role("button", name="Dismiss").click()
    expect(row(page, "apples")).to_contain_text("Dismissed (the figures are wrong)")
    assert state(morning.cast.green, "count") == "dismissed"
    settled(page)
    shoot(page, "decide_done", 390, False)
    assert violations(page) == []


def test_why_this_opens_once_with_its_drawing(morning: Live, open_page: Open) -> None:
    for width, dark in ((390, False), (1440, False), (1440, True)):
        page = open_page(morning.cast.alice, TODAY, width, dark)
        row(page, "milk 2 L").get_by_text("Why this").click()
        expect(row(page, "milk 2 L").locator(".evidence svg[role=img]")).to_be_visible()
        expect(row(page, "milk 2 L")).to_contain_text("Expected to run out on")
        assert page.evaluate(OVERFLOW) <= 0
        settled(page)
        shoot(page, "decide_evidence", width, dark)
        assert violations(page) == []
        page.close()


def test_the_keys_decide(morning: Live, open_page: Open) -> None:
    page = open_page(morning.cast.alice, TODAY)
    page.keyboard.press("j")
    expect(row(page, "milk 2 L").locator("h3 a")).to_be_focused()
    page.keyboard.press("e")
    expect(row(page, "milk 2 L").locator(".evidence")).to_be_visible()
    page.keyboard.press("j")
    expect(row(page, "chocolate").locator("h3 a")).to_be_focused()
    page.keyboard.press("s")
    expect(page.locator("dialog[open]")).to_contain_text("Ask again when?")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.locator("dialog[open]")).to_contain_text("Dismiss this?")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(row(page, "milk 2 L")).to_contain_text("Added to order")
    expect(row(page, "milk 2 L").get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, "milk 2 L").get_by_role("button", name="Add to order")).to_be_focused()


def test_a_decision_taken_meanwhile_is_told_in_its_row(morning: Live, open_page: Open) -> None:
    page = open_page(morning.cast.alice, TODAY, 390)
    with use_shop(morning.cast.green):
        Suggestion.objects.filter(key="milk").update(state="replaced")
    row(page, "milk 2 L").get_by_role("button", name="Add to order").click()
    expect(row(page, "milk 2 L")).to_contain_text("replaced already")
    assert page.evaluate(OVERFLOW) <= 0
    assert violations(page) == []


def test_it_works_without_scripts(morning: Live, chromium: Any) -> None:
    from django.conf import settings

    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    session = morning.cast.client().cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": morning.url}])
    page = context.new_page()
    page.goto(morning.url + TODAY)
    row(page, "milk 2 L").get_by_role("button", name="Add to order").click()
    assert "What became of it" in page.content() and state(morning.cast.green, "milk") == "accepted"
    page.get_by_role("button", name="Undo").click()
    page.goto(morning.url + TODAY)
    row(page, "chocolate").locator("[data-snooze]").click()
    page.locator("#later button").first.click()
    assert "Asleep until" in page.content()
    context.close()


def test_a_sentence_is_approved_on_a_phone(morning: Live, open_page: Open) -> None:
    page = open_page(morning.cast.alice, "/s/green/calendar/", 390)
    page.fill("#said", "what should I order?")
    page.get_by_role("button", name="Read it").click()
    expect(page.locator(".problem")).to_contain_text("No day is named")
    assert violations(page) == []
    page = open_page(morning.cast.alice, "/s/green/calendar/", 390)
    page.fill("#said", "food festival next weekend")
    page.get_by_role("button", name="Read it").click()
    expect(page.locator("[aria-labelledby=proposed]")).to_contain_text("Food festival")
    page.locator("[aria-labelledby=proposed] li", has_text="Food festival").get_by_role(
        "button", name="Approve"
    ).click()
    expect(page.locator("[aria-labelledby=coming]")).to_contain_text("Food festival")
    shoot(page, "event_approved", 390, False)
    assert violations(page) == []


def test_a_mailed_link_is_confirmed_on_a_phone(morning: Live, open_page: Open) -> None:
    from insights.briefs import links

    with use_shop(morning.cast.green):
        token = links.make(Suggestion.objects.get(key="milk"), "alice@shops.example")
    page = open_page(None, f"/d/{token}/", 390)
    assert page.evaluate(OVERFLOW) <= 0
    shoot(page, "brief_link", 390, False)
    assert violations(page) == []
    assert state(morning.cast.green, "milk") == "open"
    page = open_page(None, f"/d/{token}/", 390)
    page.get_by_role("button", name="Add to order").click()
    expect(page.locator("h1")).to_have_text("Added to order")
    assert state(morning.cast.green, "milk") == "accepted"
    assert violations(page) == []


def test_plotly_takes_over_the_fan(morning: Live, open_page: Open) -> None:
    page = open_page(morning.cast.alice, paths(morning)["product_demand"])
    page.wait_for_selector(".plot[data-drawn]")
    assert page.locator(".host .scatterlayer .trace").count() >= 4
    shoot(page, "product_demand_plotly", 1440, False)
