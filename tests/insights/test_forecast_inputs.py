"""What the forecast reads: nothing later than its day but what was known ahead, with a fixed number of statements."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights.analyses.forecast import inputs
from insights.analyses.protocol import Asked
from insights.models import CalendarEvent
from inventory.models import Category, PriceChange, Product, StockLevel, StockMovement
from sales import rollups
from sales.models import Promotion
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast, make_product
from tests.insights.history import book

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 3, 1)  # a Sunday
DAYS = 84
FIRST = AS_OF - dt.timedelta(days=DAYS - 1)
HIGH, STATION = "High Street", "Station"


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def asked(cast: Cast, as_of: dt.date = AS_OF, horizon: int = 14) -> Asked:
    return Asked(cast.green, as_of, horizon, "run:test")


@pytest.fixture
def sold(cast: Cast) -> Cast:
    """Twelve weeks: milk daily at both branches (Station not on Sundays), chocolate now and then."""
    every = [float(4 + number % 7) for number in range(DAYS + 20)]
    without_sunday = [0 if day(number).weekday() == 6 else of for number, of in enumerate(every)]
    now_and_then = [float(number % 9 == 2) for number in range(DAYS)]
    book(cast.green, FIRST, {(HIGH, "MILK"): every, (STATION, "MILK"): without_sunday, (HIGH, "CHOC"): now_and_then})
    return cast


def read(cast: Cast, **more: Any) -> inputs.Inputs:
    with use_shop(cast.green):
        return inputs.read(asked(cast, **more))


def row(made: inputs.Inputs, branch: str, sku: str) -> int:
    place = Branch.objects.get(name=branch).pk, Product.objects.get(sku=sku).pk
    return made.rows()[place]


def test_grids_hold_what_was_sold_up_to_the_day_asked_for(sold: Cast) -> None:
    made = read(sold)
    with use_shop(sold.green):
        milk, choc = row(made, HIGH, "MILK"), row(made, HIGH, "CHOC")
    assert (made.step, made.past, made.series) == (1, DAYS, 3)
    assert (made.dates[0], made.dates[DAYS - 1], made.dates[-1]) == (FIRST, AS_OF, AS_OF + dt.timedelta(days=14))
    assert made.units[milk].tolist() == [4 + number % 7 for number in range(DAYS)]
    assert np.isnan(made.units[choc, :2]).all(), "before its first sale a product is unknown"
    assert np.nansum(made.units[choc]) == sum(number % 9 == 2 for number in range(DAYS))
    assert made.days_sold == DAYS
    assert made.worth[milk] == pytest.approx(2)


def test_refunds_come_off_and_a_day_never_falls_below_nothing(sold: Cast) -> None:
    book(sold.green, day(10), {(HIGH, "MILK"): [-2, -10], (HIGH, "CHOC"): [0, 9]})
    made = read(sold)
    with use_shop(sold.green):
        milk = row(made, HIGH, "MILK")
    assert made.units[milk, 10:12].tolist() == [4 + 10 % 7 - 2, 0]


def test_days_shut_are_unknown_and_come_again(sold: Cast) -> None:
    with use_shop(sold.green):
        station = Branch.objects.get(name=STATION)
        CalendarEvent.objects.create(
            name="Stocktaking",
            first_date=AS_OF + dt.timedelta(days=3),
            last_date=AS_OF + dt.timedelta(days=3),
            branch=station,
            is_closed=True,
            state="approved",
        )
        CalendarEvent.objects.create(
            name="Perhaps", first_date=day(DAYS), last_date=day(DAYS + 9), is_closed=True, state="proposed"
        )
    made = read(sold)
    with use_shop(sold.green):
        milk = row(made, STATION, "MILK")
    sundays = [number for number in range(DAYS) if day(number).weekday() == 6]
    assert np.isnan(made.units[milk, sundays]).all()
    ahead = made.open[list(made.branches).index(station.pk), DAYS:]
    shut = [made.dates[DAYS + number] for number in np.flatnonzero(~ahead)]
    assert shut == [AS_OF + dt.timedelta(days=number) for number in (3, 7, 14)]


def test_promotions_prices_and_events_are_known_ahead(sold: Cast) -> None:
    soon = AS_OF + dt.timedelta(days=2)
    with use_shop(sold.green):
        milk, choc = Product.objects.get(sku="MILK"), Product.objects.get(sku="CHOC")
        station = Branch.objects.get(name=STATION)
        Promotion.objects.create(product=milk, first_date=soon, last_date=soon, share_off=Decimal("0.25"))
        Promotion.objects.create(product=milk, branch=station, first_date=day(3), last_date=day(4), price=Decimal("1"))
        Promotion.objects.create(product=choc, first_date=day(0) - dt.timedelta(days=9), last_date=day(1))
        PriceChange.objects.create(
            product=milk, price=Decimal(3), effective_at=dt.datetime.combine(soon, dt.time(9), dt.UTC)
        )
        PriceChange.objects.create(
            product=milk, price=Decimal(2), effective_at=dt.datetime.combine(day(1), dt.time(9), dt.UTC)
        )
        CalendarEvent.objects.create(
            name="Fair", first_date=soon, last_date=soon, effect=Decimal("0.5"), branch=station, state="approved"
        )
    made = read(sold)
    with use_shop(sold.green):
        at_high, at_station, of_choc = (row(made, *key) for key in ((HIGH, "MILK"), (STATION, "MILK"), (HIGH, "CHOC")))
    assert made.promoted is not None and made.price is not None
    assert np.flatnonzero(made.promoted[at_high]).tolist() == [DAYS + 1]
    assert made.promoted[at_high, DAYS + 1] == np.float32(0.25)
    assert np.flatnonzero(made.promoted[at_station]).tolist() == [3, 4, DAYS + 1]
    assert np.flatnonzero(made.promoted[of_choc]).tolist() == [0, 1]
    prices = made.price[made.product_at[at_high]]
    assert prices[[1, DAYS, DAYS + 1]].tolist() == [2, 2, 3]
    fair = next(event for event in inputs.panel_of(made, np.arange(made.series)).events if event.name == "Fair")
    assert (fair.effect, np.flatnonzero(fair.days).tolist()) == (1.5, [DAYS + 1])
    assert np.flatnonzero(fair.series).tolist() == [at_station]


def test_a_step_out_of_stock_is_marked_from_the_ledger(sold: Cast) -> None:
    with use_shop(sold.green):
        branch, milk = Branch.objects.get(name=HIGH), Product.objects.get(sku="MILK")
        moves = [(60, "count", 20), (61, "sale", -12), (62, "sale", -8), (64, "receipt", 50)]
        for number, (at, kind, quantity) in enumerate(moves):
            moment = dt.datetime.combine(day(at), dt.time(10), dt.UTC)
            StockMovement.objects.create(
                branch=branch, product=milk, kind=kind, quantity=quantity, occurred_at=moment, source=f"t{number}"
            )
        StockLevel.objects.create(
            branch=branch, product=milk, quantity=50, tracked_from=dt.datetime.combine(day(60), dt.time(), dt.UTC)
        )
    made = read(sold)
    with use_shop(sold.green):
        milk_row = row(made, HIGH, "MILK")
    assert made.out is not None
    # Day 63 sold with an empty ledger, one of one such day: the ledger is not believed.
    assert np.flatnonzero(made.out[milk_row]).tolist() == []
    with use_shop(sold.green):
        book(sold.green, day(63), {(HIGH, "MILK"): [-float(4 + 63 % 7)], (HIGH, "CHOC"): [5.0]})
    made = read(sold)
    assert made.out is not None
    assert np.flatnonzero(made.out[milk_row]).tolist() == [62, 63]


def test_books_of_whole_weeks_are_told_by_the_week(cast: Cast) -> None:
    weekly = [0.0] * 210
    weekly[4::7] = [float(10 + number) for number in range(30)]
    first = dt.date(2025, 6, 2)  # a Monday: weeks are booked on Fridays
    book(cast.green, first, {(HIGH, "MILK"): weekly})
    made = read(cast, as_of=first + dt.timedelta(days=208), horizon=28)
    assert (made.step, made.past) == (7, 30)
    assert made.units.tolist() == [[float(10 + number) for number in range(30)]]
    assert {date.weekday() for date in made.dates} == {4}
    assert made.dates[made.past] == made.dates[made.past - 1] + dt.timedelta(days=7)
    panel = inputs.panel_of(made, np.arange(made.series))
    assert panel.first == made.dates[0] - dt.timedelta(days=6)
    assert max(float(np.max(event.days)) for event in panel.events) <= 1


def test_what_stopped_selling_or_is_off_sale_is_left_out(sold: Cast) -> None:
    late = AS_OF + dt.timedelta(weeks=30)
    book(sold.green, late, {(HIGH, "MILK"): [1.0]})
    assert read(sold, as_of=late).series == 1
    with use_shop(sold.green):
        Product.objects.filter(sku="MILK").update(is_active=False)
    assert read(sold).series == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    later=st.lists(
        st.tuples(st.integers(1, 25), st.sampled_from(["MILK", "CHOC", "APPLE"]), st.integers(-5, 40), st.booleans()),
        max_size=6,
    )
)
def test_nothing_that_happened_later_changes_the_inputs(sold: Cast, later: list[tuple[int, str, int, bool]]) -> None:
    before = inputs.digest(read(sold))
    for ahead, sku, amount, stock in later:
        date = AS_OF + dt.timedelta(days=ahead)
        book(sold.green, date, {(HIGH, sku): [float(amount)]})
        if stock:
            with use_shop(sold.green):
                StockMovement.objects.create(
                    branch=Branch.objects.get(name=HIGH),
                    product=Product.objects.get(sku=sku),
                    kind="count",
                    quantity=amount,
                    occurred_at=dt.datetime.combine(date, dt.time(), dt.UTC),
                    source=f"later{StockMovement.objects.count()}",
                )
    assert inputs.digest(read(sold)) == before
    book(sold.green, AS_OF, {(HIGH, "MILK"): [1.0]})
    assert inputs.digest(read(sold)) != before


def test_another_shops_sales_are_never_read(sold: Cast) -> None:
    before = inputs.digest(read(sold))
    book(sold.rival, FIRST, {("Market Square", "MILK"): [99.0] * DAYS})
    assert inputs.digest(read(sold)) == before


def test_the_number_of_queries_is_the_same_for_three_times_as_many_products(sold: Cast) -> None:
    def queries() -> int:
        with use_shop(sold.green):
            rollups.refresh()
        with CaptureQueriesContext(connection) as captured:
            read(sold)
        return len(captured)

    with use_shop(sold.green):
        for name in ("MILK", "CHOC"):
            Promotion.objects.create(
                product=Product.objects.get(sku=name), first_date=day(3), last_date=day(4), share_off=Decimal("0.1")
            )
    few = queries()
    with use_shop(sold.green):
        for number in range(6):
            category = Category.objects.create(name=f"More {number}")
            made = make_product(sku=f"MORE{number}", category=category)
            Promotion.objects.create(product=made, first_date=day(3), last_date=day(9))
            CalendarEvent.objects.create(
                name=f"Fair {number}", first_date=day(number), last_date=day(number), state="approved"
            )
    book(sold.green, FIRST, {(HIGH, f"MORE{number}"): [2.0] * DAYS for number in range(6)})
    assert queries() == few <= 20


def test_a_shop_without_sales_has_too_little(cast: Cast) -> None:
    made = read(cast)
    assert made.is_too_little
    assert made.series == 0
