"""A product's demand and the forecast's quality: numbers beside the plain way, in words, as a table and a file."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from insights.models import Elasticity, ForecastSeries, Run
from insights.screens.demand import empty_days
from insights.screens.forecast import bias_in_words, told
from inventory import services as stock
from inventory.models import Category, Product
from sales.models import Promotion
from shop.models import Branch
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.conftest import client_of
from tests.insights.deciding import forecast_run
from tests.insights.test_today_ahead import expect
from tests.insights.tills import TODAY, YESTERDAY, sell, sell_days

QUALITY = "/s/green/insights/forecast/"
GOOD = {"wape": 0.18, "naive_wape": 0.24, "bias": 0.031, "coverage": 0.79}


@pytest.fixture
def run(morning: Cast) -> Run:
    sell_days(morning.green, YESTERDAY, 28, quantity="2")
    run = forecast_run(morning.green, YESTERDAY, scores=GOOD | {"pinball": 0.51, "naive_pinball": 0.66})
    expect(morning.green, run, "MILK", **GOOD)
    return run


def page_of(cast: Cast, more: str = "") -> str:
    with use_shop(cast.green):
        pk = Product.objects.get(sku="MILK").pk
    response = cast.client().get(f"/s/green/products/{pk}/?tab=demand{more}")
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_product_shows_what_sold_and_what_is_expected(morning: Cast, run: Run) -> None:
    html = page_of(morning)
    for words in ("Pieces sold, and expected", "should sell about 70 pieces", "56 to 84", "From sales up to Thu 19 Mar",
                  "off by 18% of what was sold; repeating last week would have been off by 24%", "held 79% of the days",
                  "3.1% too much", "&amp;export=demand", "5 times in 10"):  # fmt: skip
        assert words in html, words
    assert "What its price does" not in html


def test_its_table_is_a_file(morning: Cast, run: Run) -> None:
    text = page_of(morning, "&export=demand")
    assert "day,sold,expected,range50,range80" in text and "8 to 12" in text
    assert text.strip().count("\n") == 28 + 28, "from its first sale on"


def test_two_branches_add_up(morning: Cast, run: Run) -> None:
    with use_shop(morning.green):
        station = Branch.objects.order_by("pk").last()
        series = ForecastSeries.objects.get()
        series.pk, series.branch = None, station
        series.save(force_insert=True)
    html = page_of(morning)
    assert "should sell about 140 pieces" in html and "Station" in html


def test_promotions_are_shaded(morning: Cast, run: Run) -> None:
    with use_shop(morning.green):
        milk = Product.objects.get(sku="MILK")
        Promotion.objects.create(product=milk, first_date=TODAY, last_date=TODAY + dt.timedelta(days=3))
    html = page_of(morning)
    assert 'class="span-promo"' in html


def test_days_without_stock_are_read_off_the_ledger(morning: Cast) -> None:
    with use_shop(morning.green):
        milk, branch = Product.objects.get(sku="MILK"), Branch.objects.order_by("pk").first()
        assert empty_days(milk, [YESTERDAY]) == [], "never followed, so not known"
        stock.count_stock(branch=branch, counted={milk.pk: Decimal(3)}, by="a@b.example")
    days = [TODAY - dt.timedelta(days=back) for back in range(3, -1, -1)]
    sell(morning.green, TODAY, quantity="3", hour=9)
    with use_shop(morning.green):
        assert empty_days(milk, days) == [[TODAY]]


def test_the_price_response_is_told_with_its_range(morning: Cast, run: Run) -> None:
    with use_shop(morning.green):
        milk = Product.objects.get(sku="MILK")
        pricing = Run.objects.create(analysis="pricing", status="done", as_of_date=YESTERDAY)
        row = Elasticity.objects.create(
            run=pricing, product=milk, value=-1.5, low80=-2.0, high80=-1.0, observations=104
        )
        html = page_of(morning)
        assert "A price 10% higher sells about 13% less, 8 times in 10 between 9% and 17% less." in html
        row.high80 = 0.3
        row.save()
    assert "hardly follow its price" in page_of(morning)


def test_without_a_forecast_the_page_is_as_it_was(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    html = page_of(morning)
    assert "sold, last 12 weeks" in html and "and expected" not in html


def test_an_old_forecast_is_not_drawn(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    expect(morning.green, forecast_run(morning.green, YESTERDAY), "MILK", first=TODAY - dt.timedelta(days=90))
    assert "and expected" not in page_of(morning)


def test_a_cashier_sees_no_demand(morning: Cast, run: Run) -> None:
    with use_shop(morning.green):
        pk = Product.objects.get(sku="MILK").pk
    response = morning.client(user=morning.bob).get(f"/s/green/products/{pk}/?tab=demand&export=demand")
    assert response.status_code == 200 and "expected" not in response.content.decode()


# --- The quality page ----------------------------------------------------------------------------------------------


def test_quality_stands_beside_the_plain_way(morning: Cast, run: Run) -> None:
    with use_shop(morning.green):
        branch, dairy = Branch.objects.order_by("pk").first(), Category.objects.get(name="Dairy")
        for where in ({}, {"branch": branch}, {"branch": branch, "category": dairy}):
            bands = {name: [1.0] for name in ("mean", "low50", "high50", "low80", "high80")}
            scores = GOOD | ({"wape": 0.4} if "category" in where else {})
            ForecastSeries.objects.create(run=run, first_date=TODAY, model="sum", **bands, **scores, **where)
    html = morning.client().get(QUALITY).content.decode()
    for words in ("In its test the forecast was off by 18%", "Green Grocer", "High Street", "Dairy", "24%", "79%",
                  "worse than last week", "Pinball loss 0.51, of repeating last week 0.66.",
                  "Recent trend"):  # fmt: skip
        assert words in html, words
    text = morning.client().get(f"{QUALITY}?export=csv").content.decode()
    assert "branch,category,model,wape,naive_wape,bias,coverage" in text
    assert "High Street,Dairy,sum,0.4000,0.2400,0.0310,0.7900" in text


def test_before_the_first_run_it_says_when(morning: Cast) -> None:
    assert "No forecast yet" in morning.client().get(QUALITY).content.decode()
    assert morning.client().get(f"{QUALITY}?export=csv").status_code == 200


def test_another_shops_quality_is_not_there(morning: Cast) -> None:
    forecast_run(morning.rival, YESTERDAY, scores=GOOD)
    assert "No forecast yet" in morning.client().get(QUALITY).content.decode()


def test_an_analyst_may_read_and_download(morning: Cast, run: Run) -> None:
    client = client_of(make_member(shop=morning.green, role=Role.ANALYST))
    assert client.get(f"{QUALITY}?export=csv").status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((None, None, None), ""),
        ((0.2, None, None), "In its test the forecast was off by 20% of what was sold."),
        ((0.3, 0.2, None), "repeating last week would have done better, with 20%."),
        (("x", float("nan"), True), ""),
    ],
)
def test_scores_in_words(given: tuple[Any, ...], words: str) -> None:
    assert words in told(*given) and bool(told(*given)) == bool(words)


def test_bias_in_words() -> None:
    assert [bias_in_words(b) for b in (0.05, -0.2, 0.001, None)] == ["5.0% too much", "20% too little", "none", "–"]
