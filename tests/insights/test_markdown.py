"""Near-date markdown: the plan itself, what it reads, what it offers, and what accepting does."""

import datetime as dt
import itertools
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insights.analyses.forecast import reading as forecast_reading
from insights.analyses.markdown import ANALYSIS, advising, cases, reading
from insights.analyses.markdown.plan import Lot, Plan, Policy
from insights.decisions import deciding
from insights.decisions.offering import offer
from insights.lured import Lured, lured
from insights.models import Elasticity, ForecastSeries, Run, Suggestion
from inventory import lot_prices
from inventory import services as inventory
from inventory.lot_prices import LotPriceRefused
from inventory.models import Lot as LotRow
from inventory.models import LotPrice, Product
from sales import rollups
from shop.models import Branch, Shop
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast, at, make_product
from tests.sales.tilling import document, send, till_of

D = Decimal
NOW = at("2026-03-10T06:00")
TODAY = NOW.date()
BY = "alice@shops.example"


def case(quantity: float = 6, mean: tuple[float, ...] = (1.5, 1.5), **more: Any) -> Lot:
    given: dict[str, Any] = {
        "price": 2.0, "cost": 1.2, "levels": (1.0, 0.8, 0.5), "elasticity": -1.5, "unsure": 0.3,
    }  # fmt: skip
    return Lot(quantity, np.array(mean), np.sqrt(np.array(mean)), **(given | more))


# --- The plan ---------------------------------------------------------------------------------------------------------
def test_the_plan_is_the_best_of_all_there_are() -> None:
    """Every table of levels on a small case, each valued one demand after another."""
    lot = case(2, (0.8, 1.1), levels=(1.0, 0.6), unsure=0.0, drawn=0.2, fresh=0.7)
    policy = Policy(sticker=0.05)
    plan = Plan(lot, policy)
    states = [(day, before, left) for day in range(2) for before in range(2) for left in (1, 2)]
    ways = [range(before, 2) for _, before, _ in states]
    tables = (dict(zip(states, chosen, strict=True)) for chosen in itertools.product(*ways))
    values = [_worth(lot, policy, table, 0, 0, 2) for table in tables]
    followed = {state: int(plan.level[state]) for state in states}
    assert _worth(lot, policy, followed, 0, 0, 2) == pytest.approx(max(values))
    stay = _worth(lot, policy, dict.fromkeys(states, 0), 0, 0, 2)
    assert plan.gain == pytest.approx(max(values) - stay, abs=1e-5)


def _worth(lot: Lot, policy: Policy, table: dict[tuple[int, int, int], int], day: int, before: int, left: int) -> float:
    if day == lot.mean.size:
        return -policy.waste * lot.cost * left
    level = table[day, before, left] if left else before
    share, mean = lot.levels[level], float(lot.mean[day])
    rate = mean * share**lot.elasticity
    full, margin = mean / rate, lot.price - lot.cost
    total = -policy.sticker * left * (level > before)
    for asked in range(40):
        chance = math.exp(-rate) * rate**asked / math.factorial(asked)
        sold = min(left, asked)
        money = share * lot.price * sold + lot.fresh * margin * full * (asked - sold)
        money -= lot.drawn * margin * (1 - full) * sold
        total += chance * (money + _worth(lot, policy, table, day + 1, level, left - sold))
    return total


def test_more_left_or_fewer_days_never_make_it_dearer() -> None:
    firsts = [case(amount).levels[Plan(case(amount)).first] for amount in range(1, 16)]
    assert firsts == sorted(firsts, reverse=True)
    assert firsts[0] == 1, "one piece sells by itself"
    assert firsts[-1] < 1
    by_days = [case(8, (1.5,) * days).levels[Plan(case(8, (1.5,) * days)).first] for days in range(1, 6)]
    assert by_days == sorted(by_days)
    assert by_days[0] < by_days[-1]


def test_nobody_who_minds_the_price_leaves_it_as_it_is() -> None:
    assert Plan(case(6, elasticity=-0.05, unsure=0.01)).first == 0
    assert Plan(case(6, elasticity=-2.5)).first > 0


def test_what_is_told_agrees_with_the_reckoning() -> None:
    lot = case(12, (2.0, 2.0, 2.0), unsure=0.4)
    plan = Plan(lot)
    told = plan.told(seed=1)
    spared = plan.policy.waste * lot.cost * (told.waste_as_it_is - told.waste)
    assert told.gain + spared == pytest.approx(plan.gain, abs=0.8)
    assert told.gain_low < told.gain < told.gain_high
    assert told.waste < told.waste_as_it_is
    assert told.sold + told.waste == pytest.approx(12)
    assert plan.told(seed=1).gain == told.gain, "the same each time"


def test_a_large_lot_is_reckoned_in_bundles() -> None:
    plan = Plan(case(600, (40.0, 40.0)))
    assert (plan.lot.bundle, plan.lot.count) == (10, 60)
    assert plan.first > 0
    told = plan.told()
    spared = plan.policy.waste * plan.lot.cost * (told.waste_as_it_is - told.waste)
    assert told.gain + spared == pytest.approx(plan.gain, rel=0.2)


def test_older_lots_take_the_first_of_the_demand() -> None:
    mean, deviation = cases.after(3, np.array([2.0, 2.0, 2.0]), np.ones(3))
    assert mean.tolist() == [0, 1, 2]
    assert deviation.tolist() == pytest.approx([0, math.sqrt(0.5), 1])


# --- What it reads and offers -----------------------------------------------------------------------------------------
@pytest.fixture
def green(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    with use_shop(cast.green):
        yield cast.green


def receive(product: Product, quantity: int = 12, days: int = 1, *, use_by: bool = True, code: str = "L1") -> LotRow:
    date = TODAY + dt.timedelta(days=days)
    inventory.receive(
        branch=Branch.objects.order_by("id")[0], product=product, quantity=D(quantity), by=BY, lot=code, cost=D("1.00"),
        at=NOW - dt.timedelta(days=4), **({"use_by": date} if use_by else {"best_before": date}),
    )  # fmt: skip
    return LotRow.objects.get(code=code, product=product)


def expect(product: Product, mean: float = 3, elasticity: float = -2.0) -> None:
    """A forecast of so much a day, and what a price does to it."""
    forecast, pricing = (
        Run.objects.get_or_create(
            analysis=name, status="done", as_of_date=TODAY - dt.timedelta(days=1), defaults={"ended_at": NOW}
        )[0]
        for name in ("forecast", "pricing")
    )
    bands = {name: [value] * 14 for name, value in (("mean", mean), ("low80", mean - 1.5), ("high80", mean + 2.0))}
    ForecastSeries.objects.create(
        run=forecast, branch=Branch.objects.order_by("id")[0], product=product, first_date=TODAY, model="level",
        low50=[mean - 1] * 14, high50=[mean + 1] * 14, **bands,
    )  # fmt: skip
    Elasticity.objects.create(
        run=pricing, product=product, value=elasticity, low80=elasticity - 0.5, high80=elasticity + 0.5, observations=40
    )


def run(shop: Shop) -> Run:
    """The analysis, as the engine runs it."""
    made: Run = Run.objects.create(analysis="markdown", as_of_date=TODAY - dt.timedelta(days=1))
    inputs = ANALYSIS.inputs(_asked(shop))
    result = ANALYSIS.compute(inputs, lambda done, total: None)
    made.findings = ANALYSIS.findings(result)
    made.sentences = ANALYSIS.words(made.findings, None)
    offer(made, ANALYSIS.suggests, ANALYSIS.suggest(made, result))
    made.status, made.ended_at = "done", NOW
    made.save()
    return made


def _asked(shop: Shop) -> Any:
    from insights.analyses.protocol import Asked

    return Asked(shop, TODAY - dt.timedelta(days=1), 5, "run:1")


def test_a_lot_that_will_not_sell_in_time_is_offered_at_a_lower_price(green: Shop) -> None:
    choc = Product.objects.get(sku="CHOC")
    lot = receive(choc)
    expect(choc)
    found = run(green)
    (one,) = Suggestion.objects.filter(kind="markdown")
    assert (one.key, one.quantity, one.branch_id, one.product_id) == (f"markdown:{lot.pk}", 12, lot.branch_id, choc.pk)
    assert D("0.60") <= one.advised_price < D("2.40")
    assert one.value_low <= one.value <= one.value_high
    assert (one.value > 0, one.value_days) == (True, 2)
    assert one.deadline_at == NOW.replace(hour=14)
    assert one.evidence["lot"] == lot.pk
    facts = {fact["label"]: fact["value"] for fact in one.evidence["facts"]}
    assert (facts["Lot"], facts["Left of it"]) == ("L1", 12)
    assert facts["Left over with the plan"] < facts["Left over as it is"]
    assert sum(label.startswith("Plan, ") for label in facts) == 2
    assert found.findings["to_mark"] == 1
    assert found.sentences[0] == "1 lot comes to the date within 5 days."


@pytest.mark.parametrize(
    ("quantity", "days", "by_hand"), [(2, 3, False), (12, 30, False), (12, -1, False), (12, 1, True)]
)
def test_what_sells_anyway_is_far_off_over_or_a_person_s_is_left_alone(
    green: Shop, quantity: int, days: int, by_hand: bool
) -> None:
    choc = Product.objects.get(sku="CHOC")
    Product.objects.filter(pk=choc.pk).update(price_by_hand=by_hand)
    receive(choc, quantity, days)
    expect(choc)
    run(green)
    assert not Suggestion.objects.filter(kind="markdown").exists()


def test_without_forecast_or_elasticity_it_still_says_something(green: Shop) -> None:
    receive(Product.objects.get(sku="CHOC"))
    (near,) = reading.read(green, NOW).near
    assert (near.is_forecast, near.effect) == (False, reading.UNKNOWN)
    assert advising.advise(near, "GBP").state in {"mark", "wait"}


def test_weighed_goods_and_goods_without_a_cost(green: Shop) -> None:
    apple = Product.objects.get(sku="APPLE")
    Product.objects.filter(pk=apple.pk).update(unit="kg")
    lot = receive(apple, 8)
    LotRow.objects.filter(pk=lot.pk).update(cost=None)
    expect(apple, 2)
    run(green)
    one = Suggestion.objects.get(kind="markdown")
    assert "8 kg" in one.title
    assert "per kg" in one.title
    assert one.value is None, "nobody knows what it costs"


def test_from_the_afternoon_on_tomorrow_is_planned_for(green: Shop) -> None:
    early, late = (reading.planned_day(green, NOW.replace(hour=hour)) for hour in (13, 15))
    assert (early[0], late[0]) == (TODAY, TODAY + dt.timedelta(days=1))
    assert early[1] == NOW.replace(hour=14)
    assert 0 < early[2] < 1 == late[2]


def test_accepting_marks_the_lot_down_and_undoing_takes_it_back(green: Shop) -> None:
    choc = Product.objects.get(sku="CHOC")
    lot = receive(choc)
    expect(choc)
    run(green)
    pk = Suggestion.objects.get(kind="markdown").pk
    for _ in range(2):
        done = deciding.accept(pk=pk, by=BY, quantity=D(5), price=D("1.50"))
    made = LotPrice.objects.get()
    assert (made.lot_id, made.price, made.quantity, made.made_by) == (lot.pk, D("1.50"), 5, BY)
    assert str(made.pk) in done.effect["url"]
    run(green)
    assert not Suggestion.objects.filter(kind="markdown", state="open").exists(), "one step a day"
    for _ in range(2):
        deciding.undo(pk=pk, by=BY)
    made.refresh_from_db()
    assert made.ended_at is not None


def test_the_next_day_goes_on_from_the_sticker_s_price(green: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    choc = Product.objects.get(sku="CHOC")
    receive(choc, 20, 3)
    expect(choc)
    run(green)
    first = Suggestion.objects.get(kind="markdown")
    deciding.accept(pk=first.pk, by=BY, price=D("2.15"))
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + dt.timedelta(days=1))
    run(green)
    second = Suggestion.objects.get(kind="markdown", state="open")
    assert second.advised_price < D("2.15")


def test_what_was_sold_with_a_sticker_is_not_undone(green: Shop) -> None:
    choc = Product.objects.get(sku="CHOC")
    receive(choc)
    expect(choc)
    run(green)
    done = deciding.accept(pk=Suggestion.objects.get(kind="markdown").pk, by=BY)
    code = LotPrice.objects.get().code
    send(till_of(green), document({"barcode": code, "quantity": "1"}, sold_at=NOW.isoformat()), at=NOW)
    with pytest.raises(LotPriceRefused):
        deciding.undo(pk=done.pk, by=BY)


def test_three_times_the_lots_take_no_more_queries(green: Shop) -> None:
    def asked(numbers: range) -> int:
        for number in numbers:
            receive(make_product(sku=f"N{number}", price="2.00"), 9, 2, code=f"N{number}")
        with CaptureQueriesContext(connection) as found:
            reading.read(green, NOW)
        return len(found)

    assert asked(range(3)) == asked(range(3, 9))


def test_another_shop_s_lots_are_not_seen(cast: Cast) -> None:
    with use_shop(cast.rival):
        receive(Product.objects.get(sku="CHOC"))
    with use_shop(cast.green):
        assert reading.read(cast.green, NOW).near == []


def test_what_came_for_the_price_only_is_not_learnt_as_demand(green: Shop) -> None:
    choc = Product.objects.get(sku="CHOC")
    lot = receive(choc)
    expect(choc, elasticity=-2.0)
    made = lot_prices.mark_down(lot=lot.pk, price=D("1.20"), quantity=D(8), by=BY)
    assert lured(Period(TODAY, TODAY)) == []
    sold = [{"barcode": made.code, "quantity": "4"}, {"sku": "CHOC", "quantity": "3", "unit_price": "2.40"}]
    send(till_of(green), document(*sold, sold_at=NOW.isoformat()), at=NOW)
    four_times = "at half price four times as many come"
    assert lured(Period(TODAY, TODAY)) == [Lured(lot.branch_id, choc.pk, TODAY, 3.0)], four_times
    rollups.refresh(Period(TODAY, TODAY))
    read = forecast_reading.sold(green, Period(TODAY - dt.timedelta(days=30), TODAY))
    assert read.units.tolist() == [4.0], "seven were sold"
