"""A result seen in a real browser once the days have passed and the night's work is done; every size and theme."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from insights.models import Outcome, Suggestion
from inventory.models import Product
from shop import jobs
from shop.models import Job
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk
from tests.insights.ledger import decided, grocer, put_up

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
HUB = "/s/green/insights/"


@pytest.fixture
def raised(live: Live) -> Suggestion:
    """Three weeks ago somebody followed advice to raise a price; nobody stayed away."""
    green = live.cast.green
    tea = grocer(green, started=20)
    put_up(green, tea, 20)
    return decided(green, tea, 21)


def work_the_night(live: Live) -> None:
    with use_shop(live.cast.green):
        for job in Job.objects.filter(kind="analysis", ended_at=None):
            jobs.run(job.pk)


def test_a_result_is_seen_after_the_days_have_passed(raised: Suggestion, live: Live, open_page: Open) -> None:
    page = open_page(live.cast.alice, f"{HUB}?state=accepted", 390)
    row = page.locator(f"#act-{raised.pk}")
    expect(row).to_contain_text("Measuring until")
    expect(row).not_to_contain_text("Result")
    page.get_by_role("navigation", name="Insights").get_by_role("link", name="Runs").click()
    page.get_by_role("button", name="Run now: What decisions did").click()
    page.wait_for_load_state()
    work_the_night(live)
    page.goto(page.url.split("/s/")[0] + f"{HUB}?state=accepted")
    row = page.locator(f"#act-{raised.pk}")
    expect(row).to_contain_text("Earned")
    expect(row).to_contain_text("Result +")
    expect(row).to_contain_text("Measuring until")  # its fourth week has not passed
    row.get_by_text("How this was measured").click()
    expect(row.get_by_text("where nothing had been changed")).to_be_visible()
    row.get_by_role("link", name=raised.title).click()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    expect(page.get_by_role("img", name="Earned since the decision")).to_be_visible()
    page.goto(page.url.split("/s/")[0] + "/s/green/today/")
    expect(page.get_by_role("main")).to_contain_text("This month: +")


@on_phone_and_desk
def test_every_page_in_every_size_and_theme(raised: Suggestion, live: Live, open_page: Open, looks: Looks) -> None:
    green = live.cast.green
    with use_shop(green):
        milk = Product.objects.get(sku="MILK")
    last = green.today() - dt.timedelta(days=1)
    values = (("earned", 12, 6, 18), ("cost", -6, -9, -3), ("unclear", 1, -4, 6))
    for number, (verdict, *money) in enumerate(values):
        made = decided(green, milk, 40, key=f"price:{number}", decided_price=Decimal("2.20"))
        with use_shop(green):
            Outcome.objects.create(
                suggestion=made, days=28, first_date=last - dt.timedelta(days=27), last_date=last, act="followed",
                verdict=verdict, predicted=10, predicted_low=4, predicted_high=16, effect=money[0],
                effect_low=money[1], effect_high=money[2],
                method={"control": "sisters", "sisters": 8, "placebos": 120, "days": 28, "sold": 90, "expected": 80.5,
                        "low": 70.1, "high": 95.2, "earned": [float(day) for day in range(28)]},
            )  # fmt: skip
    paths = {
        "insights": f"{HUB}?state=accepted",
        "outcomes": f"{HUB}outcomes/",
        "calibration": f"{HUB}calibration/",
        "outcome": f"/s/green/decisions/{made.pk}/",
    }
    for name, path in paths.items():
        for page, _, _ in each_look(open_page, live.cast.alice, path, looks):
            is_well(page, name)
