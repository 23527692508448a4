"""Which price holds where and when, by the hour and over a change of the clocks; and what a till is told of it."""

import datetime as dt
import zoneinfo
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import prices
from inventory.models import Product, ShelfPrice
from inventory.prices import Step, prices_at, schedules, set_shelf_prices
from inventory.services import PriceRefused
from shop.models import Branch, Change
from shop.tenancy import use_shop
from tests.factories import Cast, at, make_product

D = Decimal
NOON = at("2026-03-10T12:00")
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def shop(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


@pytest.fixture
def high(shop: Any) -> Branch:
    branch: Branch = Branch.objects.get(name="High Street")
    return branch


@pytest.fixture
def station(shop: Any) -> Branch:
    branch: Branch = Branch.objects.get(name="Station")
    return branch


def of(product: Product, branch: Branch, moment: dt.datetime) -> Decimal | None:
    return prices_at(branch.pk, moment, [product.pk])[product.pk]


def test_without_any_other_the_products_own_price_holds(high: Branch) -> None:
    assert of(make_product(price="2.50"), high, NOON) == D("2.50")
    assert of(Product.objects.create(sku="NONE", name="No price"), high, NOON) is None


def test_a_branchs_price_holds_there_alone(high: Branch, station: Branch) -> None:
    bread = make_product(price="2.00")
    set_shelf_prices(prices={bread.pk: D("2.30")}, branch=station, by="alice", reason="Station")
    assert (of(bread, high, NOON), of(bread, station, NOON)) == (D("2.00"), D("2.30"))


def test_a_timed_price_begins_and_ends_on_the_moment_and_the_price_before_is_back(high: Branch) -> None:
    bread = make_product(price="2.00")
    set_shelf_prices(prices={bread.pk: D("1.50")}, by="alice", reason="Offer", starts_at=NOON, ends_at=NOON + HOUR)
    tick = dt.timedelta(microseconds=1)
    moments = (NOON - tick, NOON, NOON + HOUR - tick, NOON + HOUR)
    assert [of(bread, high, moment) for moment in moments] == [2, D("1.5"), D("1.5"), 2]


def test_of_several_the_one_with_an_end_then_the_branchs_then_the_later_holds(high: Branch) -> None:
    bread = make_product(price="2.00")

    def price(text: str, **fields: Any) -> None:
        ShelfPrice.objects.create(product=bread, price=D(text), **fields)
        assert of(bread, high, NOON) == D(text), fields

    price("1.90")
    price("1.91")
    price("1.85", starts_at=NOON - 2 * HOUR)
    price("1.80", branch=high)
    price("1.75", branch=high, starts_at=NOON - HOUR)
    price("1.70", ends_at=NOON + HOUR)
    price("1.60", starts_at=NOON - 3 * HOUR, ends_at=NOON + HOUR)
    price("1.50", starts_at=NOON - 2 * HOUR, ends_at=NOON + HOUR)
    price("1.40", branch=high, ends_at=NOON + HOUR)
    price("1.30", branch=high, starts_at=NOON - HOUR, ends_at=NOON + HOUR)
    price("1.20", branch=high, starts_at=NOON - HOUR, ends_at=NOON + HOUR)
    ShelfPrice.objects.create(product=bread, price=D("9.99"), starts_at=NOON - HOUR)
    assert of(bread, high, NOON) == D("1.20")


def test_the_schedule_is_the_price_of_each_time_to_come_without_a_gap(high: Branch) -> None:
    bread = make_product(price="2.00")
    set_shelf_prices(prices={bread.pk: D("1.80")}, by="alice", reason="Branch", branch=high)
    later = {"starts_at": NOON + HOUR, "ends_at": NOON + 3 * HOUR}
    set_shelf_prices(prices={bread.pk: D("1.50")}, by="alice", reason="Offer", **later)
    flash = {"starts_at": NOON + 2 * HOUR, "ends_at": NOON + 4 * HOUR}
    set_shelf_prices(prices={bread.pk: D("1.20")}, by="alice", reason="Flash", **flash)
    assert schedules(high.pk, NOON, {bread.pk: D("2.00")})[bread.pk] == [
        Step(D("1.80"), None, NOON + HOUR),
        Step(D("1.50"), NOON + HOUR, NOON + 2 * HOUR),
        Step(D("1.20"), NOON + 2 * HOUR, NOON + 4 * HOUR),
        Step(D("1.80"), NOON + 4 * HOUR, None),
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.booleans(), st.none() | st.integers(0, 12), st.none() | st.integers(0, 12), st.integers(0, 3)),
        max_size=8,
    )
)
def test_the_schedule_says_at_every_moment_what_the_price_is_then(high: Branch, told: list[Any]) -> None:
    bread = make_product(price="2.00")
    for at_branch, start, end, price in told:
        begins = None if start is None else NOON + start * HOUR
        ends = None if end is None else NOON + end * HOUR
        if begins is None or ends is None or begins < ends:
            ShelfPrice.objects.create(
                product=bread, branch=high if at_branch else None, price=D(price), starts_at=begins, ends_at=ends
            )
    steps = schedules(high.pk, NOON + HOUR, {bread.pk: bread.price})[bread.pk]
    assert steps[0].starts_at is None and steps[-1].ends_at is None
    assert all(one.ends_at == two.starts_at for one, two in zip(steps, steps[1:], strict=False))
    for half_hours in range(2, 28):
        moment = NOON + half_hours * HOUR / 2
        now = [s for s in steps if (not s.starts_at or s.starts_at <= moment) and (not s.ends_at or moment < s.ends_at)]
        assert [step.price for step in now] == [of(bread, high, moment)]


def test_ask_11_a_price_of_one_evening_is_right_on_the_day_the_clocks_change(cast: Cast) -> None:
    """Odoo #226808, #80556: from 18:00 to 20:00 in the shop's zone, whatever the server's zone and the season."""
    lisbon = zoneinfo.ZoneInfo("Europe/Lisbon")
    with use_shop(cast.green):
        high, bread = Branch.objects.get(name="High Street"), make_product(price="2.00")
        for day in (dt.date(2026, 3, 28), dt.date(2026, 3, 29), dt.date(2026, 10, 24), dt.date(2026, 10, 25)):
            evening = [dt.datetime.combine(day, dt.time(hour), lisbon) for hour in (18, 20)]
            set_shelf_prices(
                prices={bread.pk: D("1.00")}, by="alice", reason="Evening", starts_at=evening[0], ends_at=evening[1]
            )
            seen = [of(bread, high, dt.datetime.combine(day, dt.time(hour), lisbon)) for hour in (17, 18, 19, 20)]
            assert seen == [2, 1, 1, 2], day


def test_setting_the_same_prices_twice_is_setting_them_once(high: Branch) -> None:
    loaves = {make_product().pk: D("1.11") for _ in range(3)}
    window = {"branch": high, "starts_at": NOON, "ends_at": NOON + HOUR}
    assert set_shelf_prices(prices=loaves, by="alice", reason="Offer", **window) == 3
    assert set_shelf_prices(prices=dict.fromkeys(loaves, D("1.22")), by="alice", reason="Offer", **window) == 3
    assert set(ShelfPrice.objects.values_list("price", flat=True)) == {D("1.22")}
    assert ShelfPrice.objects.count() == 3
    change = Change.objects.filter(table="inventory_shelfprice").first()
    assert (change.actor, change.reason) == ("alice", "Offer")


def test_setting_refuses_what_no_price_can_be_and_leaves_other_shops_alone(cast: Cast) -> None:
    with use_shop(cast.rival):
        theirs = Product.objects.get(sku="MILK")
    with use_shop(cast.green):
        mine = Product.objects.get(sku="MILK")
        for price in (D("-1"), D("1.00001")):
            with pytest.raises(PriceRefused):
                set_shelf_prices(prices={mine.pk: price}, by="alice", reason="")
        with pytest.raises(PriceRefused):
            set_shelf_prices(prices={mine.pk: D(1)}, by="alice", reason="", starts_at=NOON, ends_at=NOON)
        assert set_shelf_prices(prices={mine.pk: D(1), theirs.pk: D(1)}, by="alice", reason="") == 1


def test_prices_of_many_cost_as_many_queries_as_of_few(high: Branch) -> None:
    many = {make_product().pk: D(1) for _ in range(30)}
    set_shelf_prices(prices=many, by="alice", reason="", branch=high)
    for some in (list(many)[:10], list(many)):
        with CaptureQueriesContext(connection) as queries:
            prices_at(high.pk, NOON, some)
        assert len(queries) == 2
    with CaptureQueriesContext(connection) as queries:
        prices.schedules(high.pk, NOON, many)
    assert len(queries) == 1
