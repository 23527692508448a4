"""What is ordered and why: pure reckoning, small cases worked out by hand or by trying everything."""

import datetime as dt
import itertools
import zoneinfo

import numpy as np
import pytest

from insights.ordering import cash, shelf
from insights.ordering.advice import FOREVER, Items, Policy, advise, gains
from insights.ordering.demand import Span, span, spread
from inventory.calendar import Terms

LONDON = zoneinfo.ZoneInfo("Europe/London")
DAYS = 35


def items(n=1, **given):
    """`n` alike: 10 a day, nothing on the shelf, a delivery tomorrow and every second day after it."""
    flat = {
        "mean": 10.0, "deviation": 3.5, "portion": 1.0, "first": 1, "second": 3, "third": 5, "life": FOREVER,
        "case": 1.0, "least": 0.0, "margin": 0.5, "cost": 1.0, "missing": 0.0, "stock": 0.0, "keeps": 60,
    }  # fmt: skip
    flat |= given
    stock, coming = np.zeros((n, 60)), np.zeros((n, DAYS))
    stock[:, flat["keeps"] - 1] = flat["stock"]
    for day, quantity in given.get("coming", {}).items():
        coming[:, day] = quantity
    whole = {name: np.full(n, flat[name], dtype=np.int64) for name in ("first", "second", "third", "life")}
    real = {
        name: np.full(n, flat[name], dtype=np.float64)
        for name in ("portion", "case", "least", "margin", "cost", "missing")
    }
    grid = {name: np.full((n, DAYS), flat[name], dtype=np.float64) for name in ("mean", "deviation")}
    return Items(stock=stock, coming=coming, **grid, **whole, **real)


def ordered(**given):
    return float(advise(items(**given)).quantity[0])


def test_the_span_of_demand_is_that_of_a_negative_binomial():
    one = Span(np.array([4.0]), np.array([8.0]))  # size 4, share a half
    assert one.above(np.array([0.0]))[0] == pytest.approx(1 - 0.5**4)
    assert one.missed(np.array([0.0]))[0] == pytest.approx(4)
    assert one.missed(np.array([1.0]))[0] == pytest.approx(4 - (1 - 0.5**4))
    assert one.left(np.array([1.0]))[0] == pytest.approx(0.5**4)


def test_a_range_of_whole_pieces_hides_no_chance():
    nothing = np.zeros((1, 3))
    assert spread(np.full((1, 3), 0.1), nothing, nothing, np.ones((1, 1)))[0, 0] == pytest.approx(0.1**0.5)


def test_past_the_forecast_the_last_fortnight_goes_on():
    total = span(np.ones((1, 10)), np.ones((1, 10)), np.array([0]), np.array([20]), 0)
    assert total.mean[0] == pytest.approx(20)


def test_an_order_lasts_until_the_delivery_after_the_next():
    """20 a cycle, and more for luck; twice the days, twice the goods."""
    short, long = ordered(), ordered(second=5, third=9)
    assert 24 <= short <= 40
    assert 48 <= long <= 70


def test_what_is_there_and_what_is_on_order_is_not_ordered_again():
    full = ordered()
    assert ordered(stock=15.0) == pytest.approx(full - 5, abs=5)  # about ten sell before it comes
    assert ordered(stock=10.0, coming={0: 12}) == pytest.approx(full - 12, abs=5)
    assert ordered(stock=10.0, coming={1: 12}) == pytest.approx(full - 12, abs=5)
    assert ordered(stock=10.0, coming={2: full}) <= 1
    assert ordered(stock=200.0) == 0


def test_orders_are_whole_cases():
    assert ordered(case=24.0) == 48
    assert ordered(case=24.0, stock=30.0) == 24


def test_what_spoils_sooner_gets_less_and_never_more_than_it_sells():
    keeps = [ordered(life=life, deviation=6.0, cost=2.0) for life in (2, 3, 6, FOREVER)]
    assert keeps == sorted(keeps)
    advice = advise(items(life=2, least=500.0))
    assert advice.quantity[0] <= advice.most[0] < 40
    assert advice.capped[0] == 1


def test_goods_that_spoil_before_they_sell_are_not_counted_on():
    fresh, old = ordered(stock=40.0), ordered(stock=40.0, keeps=1)
    assert fresh < 15
    assert old > 25


def test_a_better_margin_buys_more_safety_and_a_dearer_waste_less():
    assert ordered(life=2, margin=2.0) > ordered(life=2, margin=0.5) > ordered(life=2, margin=0.5, cost=4.0)


def test_a_wider_forecast_gets_more_of_what_keeps():
    assert ordered(deviation=8.0) > ordered(deviation=3.5)


def test_a_minimum_is_kept_on_the_shelf():
    assert ordered(mean=0.0, deviation=0.0, least=6.0, case=4.0) == 8
    assert ordered(mean=0.0, deviation=0.0, least=6.0, case=4.0, stock=6.0) == 0


def test_a_supplier_who_forgets_lines_gets_ordered_from_earlier():
    assert ordered(missing=0.2) > ordered()


def test_weighed_goods_are_reckoned_in_portions():
    assert ordered(portion=0.5, case=0.5) % 0.5 == 0


def test_the_value_lies_in_its_range_and_doing_nothing_is_worth_nothing():
    many = items(50)
    many.margin[:] = np.linspace(0.01, 3, 50)
    many.life[:] = np.tile([2, 3, 8, 30, FOREVER], 10)
    advice = advise(many)
    assert (advice.value_low <= advice.value).all() and (advice.value <= advice.value_high).all()
    assert (advice.value[advice.cases == 0] == 0).all()
    assert (advice.value >= -1e-9).all()


def test_the_best_number_of_cases_is_the_best_of_all():
    """Bisection against trying every number."""
    draw = np.random.default_rng(7)
    many = items(40)
    many.mean[:] = draw.gamma(1, 3, (40, 1))
    many.deviation[:] = np.sqrt(many.mean * 1.4)
    many.life[:] = draw.choice([2, 5, 9, FOREVER], 40)
    many.case[:] = draw.choice([1.0, 3.0, 12.0], 40)
    many.cost[:] = draw.uniform(0.2, 4, 40)
    best = advise(many, Policy(holding_a_year=0)).cases
    tried = np.stack([_worth(many, np.full(40, n)) for n in range(60)], axis=1)
    lost = tried.max(axis=1) - tried[np.arange(40), best]
    assert lost.max() < 0.01


def _worth(many, cases):
    from insights.ordering.advice import Scale

    return Scale(many.in_portions(), Policy(holding_a_year=0)).worth(cases)


def test_cash_buys_nearly_as_much_as_trying_everything_would():
    draw = np.random.default_rng(3)
    for _ in range(40):
        wanted = draw.integers(1, 4, 5)
        earned = np.sort(draw.uniform(0.1, 5, (5, 3)), axis=1)[:, ::-1] * (np.arange(3) < wanted[:, None])
        price, money = draw.uniform(1, 6, 5), draw.uniform(5, 25)
        got = cash.within(wanted, earned, price, money)
        assert (got * price).sum() <= money + 1e-6 and (got <= wanted).all()
        best = max(
            _earned(earned, choice)
            for choice in itertools.product(*(range(n + 1) for n in wanted))
            if (np.array(choice) * price).sum() <= money
        )
        assert _earned(earned, got) >= 0.8 * best


def _earned(gain, cases):
    return sum(gain[row, :n].sum() for row, n in enumerate(cases))


def test_enough_cash_leaves_nothing_out():
    wanted = np.array([2, 3])
    assert (cash.within(wanted, np.ones((2, 3)), np.ones(2), 5.0) == wanted).all()


def test_each_case_earns_no_more_than_the_one_before():
    each = gains(items(life=6), np.array([40]))
    assert (np.diff(each[0]) <= 1e-9).all()


def test_the_oldest_is_sold_first_and_goes_in_time():
    stock = np.zeros((1, 10))
    stock[0, 0], stock[0, 4] = 5, 5
    then = shelf.until(stock, np.zeros((1, 5)), np.array([9]), np.full((1, 5), 2.0), np.array([2]))
    assert then.expired[0] == 3  # two of five sold on the first day
    assert then.stock[0].sum() == 3  # two of the others on the second


def test_six_thousand_items_are_advised_in_a_few_seconds():
    advice = advise(items(6000, life=9))
    assert (advice.cases == advice.cases[0]).all()


# --- Calendars --------------------------------------------------------------------------------------------------


def terms(weekdays="0123456", lead=1, order_by=dt.time(11)):
    return Terms(lead, frozenset(int(one) for one in weekdays), order_by, LONDON)


def local(*when):
    return dt.datetime(*when, tzinfo=LONDON)


def test_an_order_before_the_cut_off_goes_with_the_next_lorry_and_after_it_with_the_one_after():
    before, after = (next(terms("024").deliveries(local(2026, 11, 19, *clock))) for clock in ((10, 59), (11, 0)))
    assert (before.on, before.cutoff_at) == (dt.date(2026, 11, 20), local(2026, 11, 19, 11))
    assert after.on == dt.date(2026, 11, 23)


def test_the_cut_off_follows_the_shops_clock_when_it_changes():
    """Clocks go back on 25 October 2026 and forward on 28 March 2027."""
    autumn = [one.cutoff_at for one in itertools.islice(terms().deliveries(local(2026, 10, 24, 8)), 2)]
    assert autumn == [dt.datetime(2026, 10, 24, 10, tzinfo=dt.UTC), dt.datetime(2026, 10, 25, 11, tzinfo=dt.UTC)]
    spring = [one.cutoff_at for one in itertools.islice(terms().deliveries(local(2027, 3, 27, 8)), 2)]
    assert spring == [dt.datetime(2027, 3, 27, 11, tzinfo=dt.UTC), dt.datetime(2027, 3, 28, 10, tzinfo=dt.UTC)]


def test_without_a_time_the_order_day_lasts_to_its_end():
    late = local(2026, 10, 25, 23, 59)
    assert next(terms(order_by=None).deliveries(late)).on == dt.date(2026, 10, 26)
    assert terms(order_by=None).cutoff(dt.date(2026, 10, 26)) == dt.datetime(2026, 10, 26, 0, tzinfo=dt.UTC)


def test_a_time_that_the_clocks_skip_is_still_a_moment():
    cutoff = terms(order_by=dt.time(1, 30)).cutoff(dt.date(2027, 3, 29))
    assert cutoff == dt.datetime(2027, 3, 28, 1, 30, tzinfo=dt.UTC)


def test_the_same_day_and_once_a_week():
    assert next(terms(lead=0).deliveries(local(2026, 11, 18, 10))).on == dt.date(2026, 11, 18)
    first, second = terms("2", lead=3).next_two(local(2026, 11, 18, 10))
    assert (first.on, second.on) == (dt.date(2026, 11, 25), dt.date(2026, 12, 2))
