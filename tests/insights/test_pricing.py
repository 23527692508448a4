"""What a price does to sales: the computation on made-up shops whose answer is known, then a run in a shop."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pytest

from insights.analyses.engine import ask_run
from insights.analyses.pricing import ANALYSIS, reading, weeks
from insights.analyses.pricing.analysis import Result, dearer
from insights.analyses.pricing.reading import Inputs, Offers, Sold
from insights.models import Elasticity, Run
from inventory.models import Product
from sales.models import Promotion
from shop import jobs
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in

WEEKS = 104


def made_up(
    truth: list[float],
    *,
    per_week: float = 60.0,
    category: int = 1,
    moves: bool = True,
    display: float = 0.0,
    recorded: bool = True,
) -> Inputs:
    """A shop of two branches whose products answer to their prices as told; a tenth of the weeks are promoted."""
    draw = np.random.default_rng(7)
    count = len(truth)
    price = np.exp(0.1 * np.repeat(draw.standard_normal((count, 1, WEEKS // 8)), 8, axis=2)) if moves else 1.0
    price = np.broadcast_to(price, (count, 2, WEEKS)).copy()
    promoted = draw.random((count, 1, WEEKS)) < (0.1 if display else 0.0)
    price = np.where(promoted, price * 0.8, price)
    season = 0.2 * np.sin(2 * np.pi * np.arange(WEEKS) / weeks.YEAR)
    rate = per_week * np.exp(np.array(truth)[:, None, None] * np.log(price) + season + display * promoted)
    units = draw.poisson(rate).astype(np.float64)
    product, branch, week = np.nonzero(units)
    sold = Sold(product + 1, branch + 1, week, units[units > 0], (units * price)[units > 0])
    which, _, when = np.nonzero(promoted)
    if not recorded:
        which, when = which[:0], when[:0]
    none = np.zeros(which.size, dtype=np.int64)
    offers = Offers(which + 1, none, when * 7, when * 7 + 6, none)
    ids = range(1, count + 1)
    return Inputs(WEEKS, sold, offers, dict.fromkeys(ids, category), {id: f"P{id}" for id in ids}, {category: "Tea"})


def values(inputs: Inputs) -> np.ndarray:
    found = ANALYSIS.compute(inputs, lambda done, total: None)
    return np.array([one.value for one in sorted(found.readings, key=lambda one: one.product)])


def test_what_is_hidden_is_found() -> None:
    truth = np.linspace(-2.6, -0.4, 16).tolist()
    found = ANALYSIS.compute(made_up(truth, display=0.3, per_week=300), lambda done, total: None).readings
    assert np.allclose([one.value for one in found], truth, atol=0.35)
    held = [one.low <= true <= one.high for one, true in zip(found, truth, strict=True)]
    assert 10 <= sum(held) <= 16
    assert all(one.low < one.value < one.high <= 0 for one in found)


def test_slow_sellers_count_the_weeks_without_a_sale() -> None:
    truth = [-1.5] * 20
    assert abs(float(np.mean(values(made_up(truth, per_week=1.5)))) + 1.5) < 0.25


def test_a_promotion_on_record_is_not_taken_for_the_price() -> None:
    truth = [-1.5] * 14
    assert np.allclose(values(made_up(truth, display=0.6)), truth, atol=0.25)


def test_without_records_a_short_deep_cut_is_taken_as_a_promotion() -> None:
    truth = [-1.5] * 14
    inputs = made_up(truth, display=0.6, recorded=False)
    assert np.allclose(values(inputs), truth, atol=0.6)
    words = " ".join(ANALYSIS.words(ANALYSIS.findings(ANALYSIS.compute(inputs, lambda d, t: None)), None))
    assert "No promotions are on record" in words


def test_a_product_whose_price_never_moves_has_its_categorys_figure_and_a_wide_range() -> None:
    inputs = made_up([-2.0] * 13)
    steady = inputs.sold.product == 13
    inputs.sold.paid[steady] = inputs.sold.units[steady]
    found = {one.product: one for one in ANALYSIS.compute(inputs, lambda done, total: None).readings}
    assert found[13].rows == 0 and found[12].rows > 100
    assert abs(found[13].value + 2.0) < 0.25
    assert found[13].high - found[13].low > 1.3 * (found[12].high - found[12].low)


def test_where_no_price_moves_nothing_is_claimed() -> None:
    assert values(made_up([-1.5] * 3, moves=False)).size == 0
    nothing = ANALYSIS.findings(Result([], {}, 0, 0))
    assert ANALYSIS.words(nothing, None) == [
        "There are not enough price changes yet to tell what a price does to sales."
    ]


def test_dearer_sells_less_even_where_the_data_say_more() -> None:
    found = ANALYSIS.compute(made_up([0.9] * 12), lambda done, total: None).readings
    assert all(one.value <= -0.05 and one.low <= one.value <= one.high <= 0 for one in found)
    assert math.isclose(dearer(-1.0), 1 / 1.1 - 1)


def test_an_empty_shop_is_no_fault() -> None:
    none = np.zeros(0, dtype=np.int64)
    empty = Inputs(WEEKS, Sold(none, none, none, np.zeros(0), np.zeros(0)), Offers(*[none] * 5), {}, {}, {})
    assert ANALYSIS.series(ANALYSIS.compute(empty, lambda done, total: None)) == 0


def test_progress_can_stop_it() -> None:
    def stop(done: int, total: int) -> None:
        raise jobs.Cancelled

    with pytest.raises(jobs.Cancelled):
        ANALYSIS.compute(made_up([-1.0] * 3), stop)


def _bring_in_a_year() -> None:
    """Weekly sales of three products at two prices that take turns, and a promotion."""
    monday, rows = dt.date(2025, 1, 6), ["date,product,quantity,price,branch"]
    for week in range(60):
        day = monday + dt.timedelta(days=7 * week)
        for place, sku in enumerate(("MILK", "CHOC", "APPLE")):
            dear = (week // 4 + place) % 2
            rows.append(f"{day},{sku},{(20, 16)[dear]},{('1.00', '1.20')[dear]},High Street")
    bring_in("sales_daily", "\n".join(rows))


def test_a_run_keeps_what_it_found_and_a_rival_sees_none_of_it(committed_cast: Cast) -> None:
    with use_shop(committed_cast.green):
        _bring_in_a_year()
        milk = Product.objects.get(sku="MILK")
        Promotion.objects.create(
            product=milk, first_date=dt.date(2025, 3, 3), last_date=dt.date(2025, 3, 9), share_off=Decimal("0.2")
        )
        job = ask_run(name="pricing", by="Alice", as_of=dt.date(2026, 2, 28), hint=False)
        jobs.run(job.pk)
        run = Run.objects.latest_done("pricing")
        assert run is not None and (run.series, run.provider) == (3, "local")
        kept = {row.product_id: row for row in Elasticity.objects.filter(run=run)}
        expected = math.log(20 / 16) / math.log(1 / 1.2)
        assert abs(kept[milk.pk].value - expected) < 0.3
        assert "dearer sells about" in " ".join(run.sentences)
    with use_shop(committed_cast.rival):
        assert not Elasticity.objects.exists()


def test_nothing_later_than_the_day_is_read(cast: Cast) -> None:
    with use_shop(cast.green):
        _bring_in_a_year()
        early = reading.read(cast.green, dt.date(2025, 2, 1))
        assert early.sold.units.size == 3 * 3  # the weeks up to Sunday 26 January
        assert reading.digest(early) == reading.digest(reading.read(cast.green, dt.date(2025, 2, 1)))
        assert reading.digest(early) != reading.digest(reading.read(cast.green, dt.date(2025, 2, 2)))
