"""What is stored of a forecast, and read again: exact sums, nobody else's rows, old runs let go."""

import csv
import datetime as dt
import io
from collections import defaultdict
from decimal import Decimal

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insights import forecasts
from insights.analyses.forecast import inputs, outcome, store
from insights.analyses.forecast.outcome import Outcome
from insights.analyses.protocol import Asked
from insights.models import ForecastSeries, Run
from inventory.models import Category, Product
from shop.models import Branch
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.insights.history import added_up, book

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 3, 1)
TOMORROW = AS_OF + dt.timedelta(days=1)
DAYS, AHEAD = 63, 10
HIGH, STATION = "High Street", "Station"


@pytest.fixture
def read(cast: Cast) -> inputs.Inputs:
    """Three products, two of them in a category, at two branches."""
    with use_shop(cast.green):
        fruit = Category.objects.create(name="Fruit")
        Product.objects.filter(sku="APPLE").update(category=fruit)
        Product.objects.filter(sku="CHOC").update(category=None)
    first = AS_OF - dt.timedelta(days=DAYS - 1)
    keys = [(HIGH, "MILK"), (HIGH, "CHOC"), (STATION, "MILK"), (STATION, "APPLE")]
    book(cast.green, first, {key: [float(3 + number)] * DAYS for number, key in enumerate(keys)})
    with use_shop(cast.green):
        return inputs.read(Asked(cast.green, AS_OF, AHEAD, "run:test"))


def made_up(read: inputs.Inputs, seed: int = 1) -> Outcome:
    """An outcome with any numbers: what is stored does not depend on how they came about."""
    draw = np.random.default_rng(seed)
    mean = outcome.by_day(read, draw.gamma(2, 3, (read.series, AHEAD)))
    bands = {name: store.rounded(mean * of) for name, of in zip(store.BANDS, (1, 0.8, 1.2, 0.5, 1.7), strict=True)}
    scores = {name: np.full(read.series, 0.25) for name in store.SCORES}
    scores["bias"][0] = np.nan
    return Outcome(bands, ["ets"] * read.series, scores, added_up(read, bands), {"wape": 0.2}, 0)


def new_run(status: str = Run.Status.DONE) -> Run:
    when = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC) + dt.timedelta(hours=Run.objects.count())
    run: Run = Run.objects.create(analysis="forecast", as_of_date=AS_OF, horizon=AHEAD, status=status, ended_at=when)
    return run


def write(cast: Cast, read: inputs.Inputs, made: Outcome) -> Run:
    with use_shop(cast.green):
        run = new_run()
        store.write(run, TOMORROW, *outcome.rows(read, made))
    return run


def exported(cast: Cast, *options: str) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("export", cast.green.slug, "forecasts", *options, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_products_categories_branches_and_the_shop_add_up_exactly(cast: Cast, read: inputs.Inputs) -> None:
    write(cast, read, made_up(read))
    rows = exported(cast)
    assert len(rows) == read.series * AHEAD
    assert list(rows[0]) == ["branch", "product", "date", "mean", "low80", "high80", "model"]
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    with use_shop(cast.green):
        category = dict(Product.objects.values_list("sku", "category__name"))
        for row in rows:
            for key in ("", row["branch"], f"{row['branch']}/{category[row['product']]}"):
                sums[key, row["date"]] += Decimal(row["mean"])
        totals = ForecastSeries.objects.totals().select_related("branch", "category")
        found = {
            (row.branch.name if row.branch else "") + (f"/{row.category.name}" if row.category else ""): row
            for row in totals
        }
    assert set(found) == {"", HIGH, STATION, f"{HIGH}/Dairy", f"{STATION}/Dairy", f"{STATION}/Fruit"}
    for name, row in found.items():
        for place, mean in enumerate(row.mean):
            date = TOMORROW + dt.timedelta(days=place)
            assert Decimal(str(mean)) == sums[name, date.isoformat()], (name, date)


def test_what_was_computed_is_what_is_read(cast: Cast, read: inputs.Inputs) -> None:
    made = made_up(read)
    write(cast, read, made)
    with use_shop(cast.green):
        high, milk = Branch.objects.get(name=HIGH), Product.objects.get(sku="MILK")
        place = read.rows()[high.pk, milk.pk]
        outlook = forecasts.of_product(milk.pk, branch=high.pk)
        both = forecasts.of_product(milk.pk)
    assert outlook is not None and both is not None
    for name in store.BANDS:
        assert getattr(outlook, name) == tuple(made.bands[name][place])
    assert (outlook.first, outlook.model, outlook.wape) == (TOMORROW, "ets", 0.25)
    assert outlook.bias is None or place != 0
    assert outlook.period == Period(TOMORROW, AS_OF + dt.timedelta(days=AHEAD))
    assert both.mean[0] == pytest.approx(
        sum(made.bands["mean"][row, 0] for (_, product), row in read.rows().items() if product == milk.pk)
    )
    assert both.low80[0] < both.mean[0] < both.high80[0]


def test_writing_again_changes_nothing(cast: Cast, read: inputs.Inputs) -> None:
    made = made_up(read)
    run = write(cast, read, made)
    before = exported(cast)
    with use_shop(cast.green):
        store.write(run, TOMORROW, *outcome.rows(read, made))
    assert exported(cast) == before


def test_another_shop_sees_nothing(cast: Cast, read: inputs.Inputs) -> None:
    write(cast, read, made_up(read))
    out = io.StringIO()
    call_command("export", cast.rival.slug, "forecasts", stdout=out)
    assert out.getvalue().strip() == "branch,product,date,mean,low80,high80,model"
    with use_shop(cast.rival):
        assert not ForecastSeries.objects.exists()
        assert forecasts.expected(Period(TOMORROW, TOMORROW)) == {}
        assert forecasts.quality() is None


def test_an_export_of_some_days_has_those_only(cast: Cast, read: inputs.Inputs) -> None:
    write(cast, read, made_up(read))
    rows = exported(cast, "--from", str(TOMORROW), "--to", str(TOMORROW))
    assert {row["date"] for row in rows} == {str(TOMORROW)}
    assert len(rows) == read.series


def test_the_last_finished_run_is_shown_and_a_running_one_is_not(cast: Cast, read: inputs.Inputs) -> None:
    shown = write(cast, read, made_up(read, 1))
    before = exported(cast)
    with use_shop(cast.green):
        running = new_run(Run.Status.RUNNING)
        store.write(running, TOMORROW, *outcome.rows(read, made_up(read, 2)))
        assert forecasts.latest() == shown
    assert exported(cast) == before


def test_old_runs_let_their_series_go_but_never_the_one_shown(cast: Cast, read: inputs.Inputs) -> None:
    made = made_up(read)
    runs = [write(cast, read, made) for _ in range(store.KEEP_TOTALS + 2)]
    with use_shop(cast.green):
        running = new_run(Run.Status.RUNNING)
        store.write(running, TOMORROW, *outcome.rows(read, made))
        products = set(ForecastSeries.objects.products().values_list("run_id", flat=True))
        totals = set(ForecastSeries.objects.totals().values_list("run_id", flat=True))
        assert forecasts.latest() == runs[-1]
    assert products == {running.pk, runs[-1].pk}
    assert totals == {running.pk, *(run.pk for run in runs[-(store.KEEP_TOTALS - 1) :])}


def test_reports_take_the_same_queries_for_more_products(cast: Cast, read: inputs.Inputs) -> None:
    write(cast, read, made_up(read))
    week = Period(TOMORROW, TOMORROW + dt.timedelta(days=6))

    def ask() -> None:
        forecasts.expected(week)
        forecasts.by_category(week)
        list(forecasts.of_products(forecasts.latest() or new_run()))

    with use_shop(cast.green):
        with CaptureQueriesContext(connection) as few:
            ask()
        run = forecasts.latest()
        series = ForecastSeries.objects.filter(run=run).products().values()
        ids = iter(Product.objects.exclude(sku="MILK").values_list("pk", flat=True))
        ForecastSeries.objects.bulk_create(
            ForecastSeries(**{**row, "id": None, "product_id": product, "branch_id": None})
            for row, product in zip(series, ids, strict=False)
        )
        with CaptureQueriesContext(connection) as more:
            ask()
    assert len(few) == len(more)


def test_categories_and_the_rest_add_up_to_the_branches(cast: Cast, read: inputs.Inputs) -> None:
    write(cast, read, made_up(read))
    week = Period(TOMORROW, TOMORROW + dt.timedelta(days=6))
    with use_shop(cast.green):
        rows = forecasts.by_category(week)
        whole = forecasts.together(forecasts.expected(week).values())
    assert {row.name for row in rows} == {"Dairy", "Fruit", "No category"}
    assert sum(row.expected.mean for row in rows) == pytest.approx(whole.mean)
    assert whole.low80 < whole.mean < whole.high80


def test_weekly_bookings_are_spread_over_their_week(cast: Cast, read: inputs.Inputs) -> None:
    booked = (0, 0, 14.0, 0, 0, 0, 0, 0, 0, 7.0, 0, 0)
    outlook = forecasts.Outlook(
        branch=1, product=1, category=None, first=TOMORROW, mean=booked, low50=booked, high50=booked, low80=booked,
        high80=booked, model="ets", step=7,
    )  # fmt: skip
    assert forecasts.evened(outlook).mean == (2.0, 2.0, 2.0, 1, 1, 1, 1, 1, 1, 1, 1, 1)


def test_nothing_forecast_is_stored_as_nothing(cast: Cast) -> None:
    with use_shop(cast.green):
        store.write(new_run(), TOMORROW)
        assert not ForecastSeries.objects.exists()
    assert exported(cast) == []
