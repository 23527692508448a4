"""Today's other half: decisions first, what is expected, what runs low, what comes, and what it rests on."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest

from insights.models import ForecastSeries, Run
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine, StockLevel, Supplier
from shop.models import Branch, Shop
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.conftest import client_of
from tests.insights.deciding import forecast_run, suggest
from tests.insights.tills import TODAY, YESTERDAY, sell, sell_days

PATH = "/s/green/today/"


def text_of(cast: Cast, **more: Any) -> str:
    response = cast.client(**more).get(PATH)
    assert response.status_code == 200
    return str(response.content.decode())


def expect(shop: Shop, run: Run, sku: str = "", *, mean: float = 10.0, first: dt.date = TODAY, **more: Any) -> None:
    """28 days of the same mean; without a SKU the whole shop's."""
    with use_shop(shop):
        product = Product.objects.get(sku=sku) if sku else None
        branch = Branch.objects.order_by("pk").first() if sku else None
        spread = {"mean": 1, "low50": 0.9, "high50": 1.1, "low80": 0.8, "high80": 1.2}
        bands = {name: [mean * part] * 28 for name, part in spread.items()}
        ForecastSeries.objects.create(
            run=run, product=product, branch=branch, first_date=first, model="theta", **bands, **more
        )


def stock(shop: Shop, sku: str, quantity: str) -> None:
    with use_shop(shop):
        StockLevel.objects.create(
            branch=Branch.objects.order_by("pk").first(),
            product=Product.objects.get(sku=sku),
            quantity=Decimal(quantity),
            tracked_from=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        )


@pytest.fixture
def forecast(morning: Cast) -> Run:
    sell_days(morning.green, YESTERDAY, 28, quantity="10")
    money = {"mean": [14.5] * 28, "low80": [11.6] * 28, "high80": [17.4] * 28}
    run = forecast_run(morning.green, YESTERDAY, findings={"sales": {"all": money}})
    expect(morning.green, run)
    return run


def test_decisions_come_before_the_numbers(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    for number in range(9):
        suggest(morning.green, f"k{number}", title=f"Order number {number}", value=Decimal(number), hours=10 + number)
    html = text_of(morning)
    assert html.index("Decide first") < html.index('id="day-title"')
    assert "9 decisions are waiting, worth about €36.00. The first closes at 18:00." in html
    assert re.findall(r'decisions/\d+/">Order number (\d)</a>', html) == list("8765432")
    assert "2 more" in html and html.count("btn-primary") == 1 + html.count('<button class="btn btn-primary">Dismiss')


def test_what_is_expected_is_money_with_its_range(morning: Cast, forecast: Run) -> None:
    html = text_of(morning)
    assert "Expected today" in html and "€14.50" in html
    assert "8 times in 10, between €11.60 and €17.40" in html
    assert "Busiest from 10:00 to 11:00" in html
    assert "The forecast reads sales up to Thu 19 Mar" in html and "no model was asked" in html


def test_who_wrote_the_words_is_said(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    forecast_run(morning.green, YESTERDAY, provider="gemini", model="gemini-x")
    assert "written by gemini gemini-x from computed figures" in text_of(morning)


@pytest.mark.parametrize(("days", "words"), [(12, "You have 12."), (30, "No forecast has been made yet.")])
def test_without_a_forecast_it_says_what_is_missing(morning: Cast, days: int, words: str) -> None:
    sell_days(morning.green, YESTERDAY, days)
    html = text_of(morning)
    assert words in html and ("<progress" in html) == (days < 21)


def test_a_forecast_that_ends_before_today_expects_nothing(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 8)
    expect(morning.green, forecast_run(morning.green, YESTERDAY), first=TODAY - dt.timedelta(days=90))
    assert "does not reach today" in text_of(morning)


def test_a_failed_run_is_told_and_the_one_before_stands(morning: Cast, forecast: Run) -> None:
    forecast_run(morning.green, YESTERDAY, status="failed", error="Out of memory.")
    html = text_of(morning)
    assert "The last forecast did not finish. What you see is from the one before." in html
    assert "€14.50" in html


def test_nothing_to_decide(morning: Cast, forecast: Run) -> None:
    assert "Nothing to decide" in text_of(morning)


def test_what_runs_low_is_by_days_of_cover(morning: Cast, forecast: Run) -> None:
    green = morning.green
    for sku, quantity, mean in (("MILK", "15", 10), ("CHOC", "-2", 4), ("APPLE", "100", 4)):
        expect(green, forecast, sku, mean=mean)
        stock(green, sku, quantity)
    html = text_of(morning)
    low = html[html.index("Running low") :]
    rows = re.findall(r"products/\d+/\">([^<]+)</a>.*?<b>([^<]+)</b>.*?chip[^>]*>([^<]+)<", low, re.S)
    assert rows[:2] == [("Green Grocer chocolate", "?", "Count first"), ("Green Grocer milk 2 L", "1.5", "Low")]
    assert "apples" not in low[: low.index("</table>")], "a week and more is not low"


def test_what_is_ordered_says_so(morning: Cast, forecast: Run) -> None:
    expect(morning.green, forecast, "MILK")
    stock(morning.green, "MILK", "5")
    with use_shop(morning.green):
        order = PurchaseOrder.objects.create(
            number=1, branch=Branch.objects.order_by("pk").first(), supplier=Supplier.objects.first(),
            state="approved", expected_on=TODAY,
        )  # fmt: skip
        PurchaseOrderLine.objects.create(order=order, product=Product.objects.get(sku="MILK"), quantity=Decimal(12))
    html = text_of(morning)
    assert "On order" in html
    deliveries = html[html.index("Deliveries today") :]
    assert "Green Grocer Farm" in deliveries and "One line" in deliveries and "Due" in deliveries


def test_another_shops_forecast_and_stock_are_in_nothing(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 8)
    sell_days(morning.rival, YESTERDAY, 28)
    run = forecast_run(morning.rival, YESTERDAY)
    expect(morning.rival, run)
    expect(morning.rival, run, "MILK")
    stock(morning.rival, "MILK", "1")
    suggest(morning.rival, title="Order rival goods")
    html = text_of(morning)
    assert "ival" not in html and "You have 8." in html


def test_an_analyst_reads_and_presses_nothing(morning: Cast, forecast: Run) -> None:
    suggest(morning.green)
    html = client_of(make_member(shop=morning.green, role=Role.ANALYST)).get(PATH).content.decode()
    assert "Order 48" in html and "Add to order" not in html and "Keys:" not in html


def test_queries_do_not_grow_with_what_waits(morning: Cast, forecast: Run, queries: Any) -> None:
    green = morning.green
    suggest(green)
    expect(green, forecast, "MILK")
    stock(green, "MILK", "5")
    few = queries(morning.client(), PATH)
    for number in range(12):
        suggest(green, f"k{number}")
    for sku in ("CHOC", "APPLE"):
        expect(green, forecast, sku)
        stock(green, sku, "3")
    assert queries(morning.client(), PATH) == few
    assert few <= 75, "most of the page's time is queries"
