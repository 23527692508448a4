"""The models and their call log in a real browser: accessible, as wide as the screen, and deaf to hostile answers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from insights.models import LLMCall
from insights.providers import gateway, services
from insights.providers.base import Ask
from shop.scope import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk
from tests.vendors import Fault, Vendor
from tests.vendors.connecting import KEY, connect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MODELS = "/s/green/settings/models/"
TEXT = {"type": "object", "properties": {"sentence": {"type": "string"}}, "required": ["sentence"]}


def _live_a_month(live: Live, vendor: Vendor) -> None:
    """Two models, and calls of every outcome, one of them by a hostile vendor."""
    cache.clear()
    with use_shop(live.cast.green):
        gemini = connect(live.cast.green, vendor)
        connect(live.cast.green, vendor, "openai")
        services.try_out(gemini)
        for number, fault in enumerate([None, Fault.HOSTILE, Fault.KEY_REFUSED, Fault.PROSE, Fault.NOT_JSON]):
            vendor.script(fault)
            ask = Ask("forecast", "1", "Put the facts into words.", {"sold": number, "milk": "Oat milk 1 L"}, TEXT)
            for _ in range(2):
                gateway.ask(ask, run_key="run:1")
        LLMCall.objects.create(
            purpose="calendar", provider="gemini", model="test-model", input_hash="0", reserved="0.01"
        )


@on_phone_and_desk
def test_the_pages(live: Live, open_page: Callable[..., Any], vendor: Vendor, looks: Looks) -> None:
    paths = [MODELS, f"{MODELS}new/", f"{MODELS}calls/"]
    for path in paths:
        for page, _, _ in each_look(open_page, live.cast.alice, path, looks):
            is_well(page, path)
    _live_a_month(live, vendor)
    with use_shop(live.cast.green):
        calls = [f"{MODELS}calls/{pk}/" for pk in LLMCall.objects.order_by("answer").values_list("pk", flat=True)]
    for path in (*paths, calls[0], calls[-1]):
        for page, _, _ in each_look(open_page, live.cast.alice, path, looks):
            is_well(page, path)


def test_a_model_is_connected_and_tested_on_a_phone(live: Live, open_page: Callable[..., Any], vendor: Vendor) -> None:
    page = open_page(live.cast.alice, "/s/green/settings/", 390)
    page.get_by_role("link", name="Open the models").click()
    page.get_by_role("link", name="Connect a model").first.click()
    page.get_by_label("Key").fill(KEY)
    page.get_by_label("Model").fill("test-model")
    page.get_by_label("Address").fill(vendor.url)
    page.get_by_role("button", name="Connect").click()
    assert "Enter the price" in page.get_by_role("alert").inner_text()
    page.get_by_label("Key").fill(KEY)
    page.get_by_label("Price of what is sent").fill("0.3")
    page.get_by_label("Price of the answer").fill("2.5")
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="Test Gemini").click()
    page.get_by_text("Gemini answered with test-model.").first.wait_for()
    page.get_by_role("link", name="Open the call log").click()
    page.get_by_role("link", name="Test").click()
    page.get_by_text("What left the house").wait_for()
    assert KEY not in page.content()
