"""The forecast as a run: from sales to stored series, sentences and files."""

import csv
import datetime as dt
import io
import json
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from insights import forecasts
from insights.analyses.forecast import outcome, seldom
from insights.analyses.protocol import find_analysis
from insights.models import ForecastSeries, Run, Suggestion
from inventory.models import Product
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.insights.history import book

pytestmark = pytest.mark.django_db(transaction=True)
AS_OF = dt.date(2026, 3, 1)
DAYS = 126
FIRST = AS_OF - dt.timedelta(days=DAYS - 1)
HIGH, STATION = "High Street", "Station"
WEEK = np.array([1.2, 0.9, 0.9, 1.0, 1.1, 1.4, 0.5])


def demand(seed: int, rate: float, days: int = DAYS) -> list[float]:
    draw = np.random.default_rng(seed)
    pull = [WEEK[(FIRST + dt.timedelta(days=number)).weekday()] for number in range(days)]
    return [float(units) for units in draw.poisson(rate * np.array(pull))]


@pytest.fixture
def sold(committed_cast: Cast) -> Cast:
    rates = {(HIGH, "MILK"): 20.0, (STATION, "MILK"): 8.0, (HIGH, "CHOC"): 3.0, (HIGH, "APPLE"): 0.1}
    book(committed_cast.green, FIRST, {key: demand(seed, rate) for seed, (key, rate) in enumerate(rates.items())})
    return committed_cast


def run(cast: Cast, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("run_analysis", cast.green.slug, "forecast", **({"as_of": AS_OF, "horizon": 14} | options), stdout=out)
    said: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return said


def exported(cast: Cast) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("export", cast.green.slug, "forecasts", stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_a_run_forecasts_every_product_at_every_branch_day_by_day(sold: Cast) -> None:
    said = run(sold)
    assert {"run", "status", "series", "seconds", "wape", "naive_wape", "coverage"} <= set(said)
    assert (said["status"], said["series"]) == ("done", 4)
    rows = exported(sold)
    assert len(rows) == 4 * 14
    assert {row["date"] for row in rows} == {str(AS_OF + dt.timedelta(days=ahead)) for ahead in range(1, 15)}
    for row in rows:
        assert 0 <= float(row["low80"]) <= float(row["high80"])
        assert row["model"]
    milk = sum(float(row["mean"]) for row in rows if (row["branch"], row["product"]) == (HIGH, "MILK"))
    assert milk == pytest.approx(14 * 20, rel=0.2)


def test_the_pages_reports_read_the_same_run(sold: Cast) -> None:
    run(sold)
    week = Period(AS_OF + dt.timedelta(days=1), AS_OF + dt.timedelta(days=7))
    with use_shop(sold.green):
        units, money = forecasts.expected(week), forecasts.expected_sales(week)
        quality = forecasts.quality()
        milk = forecasts.of_product(Product.objects.get(sku="MILK").pk)
        shown = Run.objects.get()
    assert set(units) == set(money) == set(week)
    assert all(money[day].mean == pytest.approx(2 * units[day].mean, rel=0.01) for day in week)
    assert milk is not None and len(milk.mean) == 14
    assert quality is not None and quality.series == 4 == sum(quality.models.values())
    assert shown.sentences and all(isinstance(text, str) for text in shown.sentences)
    assert json.dumps(shown.findings, allow_nan=False)
    assert json.dumps(shown.scores, allow_nan=False)
    assert [figure.label for figure in find_analysis("forecast").figures(shown.findings)]


def test_what_happened_later_changes_neither_inputs_nor_forecast(sold: Cast) -> None:
    run(sold)
    before = exported(sold)
    book(sold.green, AS_OF + dt.timedelta(days=1), {(HIGH, "MILK"): [500.0] * 10, (HIGH, "APPLE"): [99.0] * 10})
    run(sold)
    assert exported(sold) == before
    with use_shop(sold.green):
        first, second = Run.objects.order_by("pk").values_list("inputs_hash", flat=True)
    assert first == second


def test_too_short_a_past_is_said_and_forecasts_nothing(committed_cast: Cast) -> None:
    book(committed_cast.green, AS_OF - dt.timedelta(days=19), {(HIGH, "MILK"): [5.0] * 20})
    said = run(committed_cast)
    assert (said["status"], said["series"]) == ("done", 0)
    with use_shop(committed_cast.green):
        shown = Run.objects.get()
        assert not ForecastSeries.objects.exists()
        assert not Suggestion.objects.exists()
    assert shown.sentences == ["There are 20 days with sales up to Sunday 1 March; a forecast needs at least 21."]


def test_a_shop_without_any_sale_has_a_run_all_the_same(committed_cast: Cast) -> None:
    assert run(committed_cast)["status"] == "done"


def test_where_products_are_too_many_the_seldom_sold_share_one_simple_method(
    sold: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "MOST_AMOUNTS", 2 * DAYS)
    run(sold)
    rows = exported(sold)
    simple = {(row["branch"], row["product"]) for row in rows if row["model"] == seldom.MODEL}
    assert simple == {(HIGH, "CHOC"), (HIGH, "APPLE")}
    choc = sum(float(row["mean"]) for row in rows if row["product"] == "CHOC")
    assert choc == pytest.approx(14 * 3, rel=0.25)
    with use_shop(sold.green):
        whole = ForecastSeries.objects.get(product=None, branch=None)
        branch = ForecastSeries.objects.get(product=None, branch__name=HIGH, category=None)
    sums = [
        sum(float(row["mean"]) for row in rows if row["date"] == str(AS_OF + dt.timedelta(days=1 + ahead)))
        for ahead in range(14)
    ]
    assert whole.mean == pytest.approx(sums)
    assert all(low < mean < high for low, mean, high in zip(branch.low80, branch.mean, branch.high80, strict=True))


def test_one_shops_run_is_nothing_to_another(sold: Cast) -> None:
    run(sold)
    with use_shop(sold.rival):
        assert not ForecastSeries.objects.exists()
        assert not Run.objects.exists()


def test_weekly_books_are_forecast_by_the_week_on_their_day(committed_cast: Cast) -> None:
    weekly = [0.0] * (7 * 60)
    draw = np.random.default_rng(3)
    weekly[4::7] = [float(units) for units in draw.poisson(200, 60)]
    first = dt.date(2025, 1, 6)  # a Monday: weeks are booked on Fridays
    book(committed_cast.green, first, {(HIGH, "MILK"): weekly})
    run(committed_cast, as_of=first + dt.timedelta(days=7 * 60 - 3), horizon=28)
    rows = exported(committed_cast)
    booked = [row for row in rows if float(row["mean"])]
    assert len(rows) == 28
    assert [dt.date.fromisoformat(row["date"]).weekday() for row in booked] == [4] * 4
    assert sum(float(row["mean"]) for row in booked) == pytest.approx(800, rel=0.1)
