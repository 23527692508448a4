"""A shopkeeper connects a till, changes its key and disconnects it; the till's program notices each time."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import expect

from tests.browser.conftest import Live
from tests.factories import till_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
TILLS = "/s/green/settings/tills/"


@pytest.fixture(autouse=True)
def no_guesses_counted(live: Live) -> None:
    cache.clear()


def status_of(key: str) -> int:
    return int(till_client(key).get("/api/v1/device").status_code)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_till_is_connected_changed_and_disconnected(live: Live, open_page: Open, width: int) -> None:
    page = open_page(live.cast.alice, TILLS, width=width)
    page.get_by_role("button", name="Connect a device to Till 1, High Street").click()
    code = page.inner_text("#code")
    assert re.fullmatch(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", code)
    told = Client().post("/api/v1/enrol", {"code": code.lower(), "name": "Front"}, content_type="application/json")
    first = told.json()["key"]
    assert status_of(first) == 200

    page.goto(live.url + TILLS)
    assert code not in page.content() and first not in page.content()
    expect(page.get_by_text("Last seen")).to_be_visible()
    page.get_by_label("Front: change the key or disconnect").click()
    page.get_by_role("button", name="Change its key").click()
    page.get_by_role("button", name="Make a new key").click()
    second = page.input_value("#key")
    assert status_of(first) == status_of(second) == 200

    page.goto(live.url + TILLS)
    page.get_by_label("Front: change the key or disconnect").click()
    page.get_by_role("button", name="Disconnect", exact=True).click()
    page.get_by_role("button", name="Disconnect Front").click()
    expect(page.get_by_text("Front is disconnected.")).to_be_visible()
    assert status_of(first) == status_of(second) == 403


def test_a_till_is_added_and_a_rule_refused(live: Live, open_page: Open) -> None:
    page = open_page(live.cast.alice, TILLS)
    page.select_option("#id_branch", label="Station")
    page.fill("#id_name", "Till 1")
    page.get_by_role("button", name="Add this till").click()
    expect(page.get_by_text("Till 1 is there.")).to_be_visible()
    page.select_option("#id_branch", label="Station")
    page.fill("#id_name", "Till 1")
    page.get_by_role("button", name="Add this till").click()
    expect(page.locator("[data-problem]")).to_be_focused()
    page.fill("#id_api_origins", "till.example/path")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-problem]")).to_contain_text("not a web address")


@pytest.mark.parametrize("name", ["docs", "redoc"])
def test_the_api_is_described_without_asking_anybody_else(live: Live, open_page: Open, name: str) -> None:
    """Both pages draw the endpoints; `open_page` fails for anything the content policy stops."""
    page = open_page(None, f"/api/v1/{name}")
    page.wait_for_selector("text=Aisle till API >> nth=0")
    page.wait_for_load_state("networkidle")
