"""What a decision did, from the shop's own sales: followed, changed, refused, not carried out, or untold."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insights.analyses.outcomes import ANALYSIS
from insights.analyses.protocol import Asked
from insights.decisions import deciding, scoreboard
from insights.decisions.deciding import DecisionRefused
from insights.models import Outcome, Run
from inventory.models import Lot, PriceBatch, PriceBatchLine, Product, StockMovement
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.insights import ledger
from tests.insights.ledger import BY, COST, NEW, OLD, decided, grocer, put_up


def evaluate(shop: Shop) -> dict[int, Outcome]:
    """A night's measuring; the outcomes of the only decision by days."""
    with use_shop(shop):
        yesterday = shop.today() - dt.timedelta(days=1)
        run = Run.objects.create(analysis="outcomes", as_of_date=yesterday)
        result = ANALYSIS.compute(ANALYSIS.inputs(Asked(shop, yesterday, 0, "test")), lambda done, total: None)
        assert ANALYSIS.words(ANALYSIS.findings(result), None)
        ANALYSIS.store(run, result)
        return {one.days: one for one in Outcome.objects.order_by("id")}


def test_a_price_that_cost_no_sales_earned_its_difference(cast: Cast) -> None:
    tea = grocer(cast.green)
    put_up(cast.green, tea, 35)
    made = decided(cast.green, tea, 36)
    found = evaluate(cast.green)
    assert {days: one.verdict for days, one in found.items()} == {7: "earned", 14: "earned", 28: "earned"}
    month = found[28]
    with use_shop(cast.green):
        sold = 28 * 24 * Decimal("1.09")  # a day of about 26
    assert month.effect_low < sold * (NEW - OLD) < month.effect_high
    assert (month.predicted, found[7].predicted, month.act) == (Decimal(40), Decimal(10), "followed")
    assert month.first_date == cast.green.today() - dt.timedelta(days=35)
    assert len(month.method["earned"]) == 28 and month.method["sisters"] >= 10
    with use_shop(cast.green), pytest.raises(DecisionRefused, match="measured"):
        deciding.undo(pk=made.pk, by=BY)


def test_a_price_that_drove_buyers_away_cost_and_says_so(cast: Cast) -> None:
    tea = grocer(cast.green, factor=0.4)
    put_up(cast.green, tea, 35)
    decided(cast.green, tea, 36, advised_price=Decimal("2.10"))
    month = evaluate(cast.green)[28]
    assert (month.verdict, month.act) == ("cost", "changed")
    assert month.effect_high < 0 and month.predicted == 40


def test_measured_once_it_stands_and_a_second_night_changes_nothing(cast: Cast) -> None:
    tea = grocer(cast.green, started=20)
    put_up(cast.green, tea, 20)
    decided(cast.green, tea, 21)
    first = evaluate(cast.green)
    again = evaluate(cast.green)
    assert set(first) == {7, 14}  # the fourth week has not passed
    assert [(one.pk, one.measured_at) for one in first.values()] == [
        (one.pk, one.measured_at) for one in again.values()
    ]


def test_another_price_ends_the_measuring(cast: Cast) -> None:
    tea = grocer(cast.green)
    put_up(cast.green, tea, 35)
    put_up(cast.green, tea, 25, price=Decimal("1.90"), before=None)
    decided(cast.green, tea, 36)
    found = evaluate(cast.green)
    assert found[7].effect is not None
    assert [(found[days].effect, found[days].method["why_not"]) for days in (14, 28)] == [
        (None, "After 10 days it got another price."), (None, "After 10 days it got another price."),
    ]  # fmt: skip


def test_a_batch_tells_when_it_began_and_one_never_approved_earns_nothing(cast: Cast) -> None:
    tea = grocer(cast.green, started=20)
    made = decided(cast.green, tea, 40)
    with use_shop(cast.green):
        batch = PriceBatch.objects.create(name="Prices advised", made_at=made.decided_at)
        PriceBatchLine.objects.create(batch=batch, product=tea, price=NEW)
        made.effect = {"batch": batch.pk}
        made.save()
    assert [one.method["why_not"] for one in evaluate(cast.green).values()] == ["The price was never put up."]
    with use_shop(cast.green):
        batch.state, batch.starts_at = "approved", made.decided_at + dt.timedelta(days=19, hours=12)
        batch.save()
    found = evaluate(cast.green)
    assert found[14].effect is not None and found[14].first_date == cast.green.today() - dt.timedelta(days=20)


def test_a_refusal_is_scored_by_what_the_advice_would_have_brought(cast: Cast) -> None:
    tea = grocer(cast.green, steady=True)
    put_up(cast.green, tea, 300, price=OLD, before=None)
    decided(cast.green, tea, 36, state="dismissed", decided_price=None, advised_price=Decimal("1.80"))
    month = evaluate(cast.green)[28]
    assert (month.act, month.method["control"]) == ("refused", "pull")
    assert month.effect_low < month.effect < month.effect_high and month.verdict in ("earned", "unclear")


def test_what_is_no_money_is_said_not_to_be(cast: Cast) -> None:
    decided(cast.green, None, 20, kind="reply", key="reply:1", advised_price=None, decided_price=None)
    [one] = evaluate(cast.green).values()
    assert one.verdict == "unmeasured" and one.method["why_not"] == (
        "No answer was sent yet. An answer is not measured in money."
    )


def test_an_order_earned_what_sold_beyond_the_stock_before_it(cast: Cast) -> None:
    tea = grocer(cast.green, steady=True)
    with use_shop(cast.green):
        branch = Branch.objects.order_by("pk").first()
    ago = {"count": 60, "receipt": 14, "sale": 12, "waste": 9}
    amounts = {"count": 5, "receipt": 40, "sale": -30, "waste": -2}
    with use_shop(cast.green):
        for kind, quantity in amounts.items():
            at = dt.datetime.combine(cast.green.today() - dt.timedelta(days=ago[kind]), dt.time(9), dt.UTC)
            StockMovement.objects.create(
                branch=branch, product=tea, kind=kind, quantity=quantity, occurred_at=at, source=f"test/{kind}"
            )
    more = {"quantity": 40, "decided_quantity": 40, "advised_price": None, "decided_price": None, "branch": branch}
    decided(cast.green, tea, 15, kind="reorder", key="reorder:1:1", value_days=7, **more)
    [one] = evaluate(cast.green).values()
    assert one.metric == "order" and one.effect == (OLD - COST) * 25 - 2 * COST
    assert one.effect_low < one.effect < one.effect_high and one.verdict == "earned"


def test_a_marked_lot_is_set_against_the_bin(cast: Cast) -> None:
    tea = grocer(cast.green, started=15, factor=2.0)
    put_up(cast.green, tea, 300, price=OLD, before=None)
    with use_shop(cast.green):
        branch = Branch.objects.order_by("pk").first()
        lot = Lot.objects.create(branch=branch, product=tea, quantity=300, received_on=cast.green.today())
    price = {"advised_price": Decimal("1.80"), "decided_price": Decimal("1.80")}
    amount = {"quantity": 300, "decided_quantity": 300, "branch": branch}
    decided(cast.green, tea, 15, kind="markdown", key=f"markdown:{lot.pk}", value_days=7, **price, **amount)
    [one] = evaluate(cast.green).values()
    assert (one.metric, one.days, one.verdict) == ("lot", 7, "earned")
    assert one.method["marked"] == 300 and one.method["wasted"] == 0
    second = decided(cast.green, tea, 12, kind="markdown", key=f"markdown:{lot.pk}", value_days=4, **price, **amount)
    evaluate(cast.green)
    with use_shop(cast.green):
        again = Outcome.objects.get(suggestion=second)
    assert again.method["why_not"] == "It is counted with the first price of this lot."


def test_as_many_queries_for_six_decisions_as_for_two(cast: Cast) -> None:
    tea = grocer(cast.green)
    put_up(cast.green, tea, 35)
    with use_shop(cast.green):
        others = list(Product.objects.filter(sku__startswith="T").exclude(pk=tea.pk)[:5])

    def count() -> int:
        with (
            use_shop(cast.green),
            CaptureQueriesContext(
                connection,
            ) as caught,
        ):
            asked = Asked(cast.green, cast.green.today() - dt.timedelta(days=1), 0, "test")
            list(ANALYSIS.compute(ANALYSIS.inputs(asked), lambda done, total: None))
        return len(caught)

    for product in (tea, others[0]):
        decided(cast.green, product, 36)
    count()
    two = count()
    for product in others[1:]:
        decided(cast.green, product, 36)
    assert count() == two


def test_a_rival_sees_and_measures_only_its_own(cast: Cast) -> None:
    tea = grocer(cast.green)
    put_up(cast.green, tea, 35)
    decided(cast.green, tea, 36)
    evaluate(cast.green)
    assert evaluate(cast.rival) == {}
    with use_shop(cast.rival):
        assert not Outcome.objects.exists() and scoreboard.results() == []


def test_the_board_counts_each_decision_once_and_adds_up(cast: Cast) -> None:
    made = [decided(cast.green, None, 40, key=f"price:{n}") for n in range(4)]
    values = [("earned", 10, 4, 16), ("cost", -6, -9, -3), ("unclear", 2, -4, 8), ("unmeasured", None, None, None)]
    last = cast.green.today() - dt.timedelta(days=1)
    with use_shop(cast.green):
        for one, (verdict, *money) in zip(made, values, strict=True):
            names = dict(zip(("effect", "effect_low", "effect_high"), money, strict=True))
            for days in (7, 14):
                Outcome.objects.create(
                    suggestion=one, days=days, first_date=last, last_date=last, act="followed", verdict=verdict,
                    predicted=8, predicted_low=1, predicted_high=15, **names,
                )  # fmt: skip
        found = scoreboard.results()
        [score] = scoreboard.by(found, lambda one: one.suggestion.kind)
        scale = scoreboard.calibration(found)
    assert [one.days for one in found] == [14, 14, 14, 14]
    assert (score.decisions, score.earned, score.cost, score.unclear, score.unmeasured) == (4, 1, 1, 1, 1)
    assert score.total and score.mean and (score.total.value, score.mean.value) == (6, 2)
    assert score.total.low < 0 < score.total.high and score.hit_share == 0.5
    assert scale.count == 3 and scale.at_80 and round(scale.at_80.was, 3) == 0.667
    assert ledger.DAYS and 0.3 < scale.at_80.at_best < 0.8
