"""What an advised price must keep to, and what any price would bring: pure, without a database."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analyses.pricing import trying
from insights.analyses.pricing.advising import Advised, Known, advise
from insights.analyses.pricing.binding import stops
from insights.analyses.pricing.goods import Good, Shelf
from insights.analyses.pricing.levels import Past
from insights.analyses.pricing.rules import Bound, Room, broken, choices, room
from insights.analyses.pricing.trying import Spill, Terms
from inventory.competitors import Market
from inventory.price_law import Least
from inventory.price_rules import DEFAULTS, Policy, Tie

D = Decimal
TODAY = dt.date(2026, 11, 20)
WIDE = (D("0.50"), D("4.00"))


def terms(price: float = 2.0, elasticity: float = -1.2, spills: tuple[Spill, ...] = (), cost: float = 1.3) -> Terms:
    return Terms(price, cost, 0.0, 40.0, 0.1, elasticity, 0.1, spills)


def good(id: int = 1, **fields: object) -> Good:
    given: dict[str, object] = {"name": f"P{id}", "category": 1, "price": D("2.00"), "cost": D("1.30")} | fields
    return Good(id, **given)  # type: ignore[arg-type]


def known(one: Good, *, stop: str = "", elasticity: float = -1.2) -> Known:
    cost = float(one.cost or 0)
    return Known(one, terms(float(one.price or 0), elasticity, cost=cost), Past(52, D("1.50"), D("3.00")), stop)


def advised(
    *goods: Good, policy: Policy = DEFAULTS, ties: tuple[Tie, ...] = (), elasticity: float = -1.2
) -> dict[int, Advised]:
    shelf = Shelf(TODAY, "EUR", {one.id: one for one in goods}, {0: policy}, list(ties), "")
    return advise(shelf, {one.id: known(one, elasticity=elasticity) for one in goods})


# Bounds -----------------------------------------------------------------------------------------------------------


def test_where_two_rules_cannot_both_be_kept_the_first_counts_and_the_price_goes_as_near_as_it_may() -> None:
    move = Bound("largest_move", "", D("1.80"), D("2.20"))
    floor = Bound("margin_floor", "", least=D("2.50"))
    assert room([floor, move], widest=WIDE) == Room(D("2.20"), D("2.20"), ("margin_floor",))
    law = Bound("law", "", least=D("2.50"))
    assert room([law, move], widest=WIDE) == Room(D("2.50"), D("2.50"), ("largest_move",))
    assert room([Bound("tried", "", D("1.90"), D("2.05")), move], widest=WIDE) == Room(D("1.90"), D("2.05"))
    assert [one.rule for one in broken([floor, law, move], D("2.30"))] == ["law", "largest_move", "margin_floor"]


def test_prices_are_written_as_the_shop_writes_them_and_todays_may_stay() -> None:
    assert choices(Room(D("1.85"), D("2.15")), D("2.00"), "nine") == [D("1.89"), D("1.99"), D("2.00"), D("2.09")]
    assert choices(Room(D("2.01"), D("2.03")), D("2.00"), "nine") == [D("2.01"), D("2.02"), D("2.03")]
    assert choices(Room(D("140"), D("142")), D("140"), "", smallest=D(1)) == [D(140), D(141), D(142)]
    assert len(choices(Room(D("1"), D("99")), D("50"), "")) < 200


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["law", "largest_move", "margin_floor", "size", "gap", "tried"]),
            st.integers(50, 400),
            st.integers(0, 200),
        ),
        max_size=6,
    )
)
def test_the_weightiest_rule_is_always_kept(rules: list[tuple[str, int, int]]) -> None:
    bounds = [Bound(rule, "", D(low) / 100, D(low + wide) / 100) for rule, low, wide in rules]
    left = room(bounds, widest=(D("0.01"), D("9.00")))
    assert D("0.01") <= left.least <= left.most <= D("9.00")
    prices = choices(left, D("2.00"), "five")
    assert prices and all(price > 0 for price in prices)
    if bounds and not left.gave_way:
        assert all(bound.holds(left.least) and bound.holds(left.most) for bound in bounds)


# What a price would bring -----------------------------------------------------------------------------------------


def test_todays_price_changes_nothing_and_dearer_sells_less() -> None:
    now, up, down = trying.tries(terms(), [2.0, 2.2, 1.8])
    assert (now.change, now.change_low, now.loses) == (0, 0, 0) and now.units == pytest.approx(40)
    assert up.units < now.units < down.units
    assert up.units_low < up.units < up.units_high and up.change_low < up.change < up.change_high
    assert up.margin == pytest.approx(0.9 * 40 * 1.1**-1.2, rel=0.02)
    assert trying.tries(terms(), [2.0, 2.2, 1.8]) == [now, up, down]
    assert trying.tries(terms(), []) == []


def test_what_buyers_take_instead_counts() -> None:
    spill = Spill(2, "Other", 0.5, 0.1, 30.0, 1.0)
    alone, together = (trying.try_price(terms(spills=spills), 2.2) for spills in ((), (spill,)))
    assert together.change - alone.change == pytest.approx(30 * (1.1**0.5 - 1), rel=0.05)
    assert together.margin == alone.margin


# Advice -----------------------------------------------------------------------------------------------------------


def test_a_price_that_earns_more_is_advised_as_far_as_the_rules_go() -> None:
    one = advised(good())[1]
    assert one.moves and one.price == D("2.20") and one.trial.change > 0
    assert advised(good(), policy=Policy(largest_move=D("0.05")))[1].price == D("2.10")
    lower = advised(good(cost=D("0.40")), elasticity=-2.5)[1]
    assert lower.price < D("2.00") and lower.trial.change > 0


def test_what_is_not_worth_it_stays_and_says_why() -> None:
    best = advised(good(cost=D("0.40")), elasticity=-1.25)[1]  # 2.00 is the best price there is
    assert not best.moves and ("best" in best.why_not or "too little" in best.why_not)
    risky = Known(good(cost=D("0.40")), Terms(2.0, 0.4, 0, 40, 0.1, -0.9, 1.5), None)
    stays = advise(Shelf(TODAY, "EUR", {1: risky.good}, {0: Policy(largest_move=D("0.1"))}, [], ""), {1: risky})[1]
    assert not stays.moves and stays.why_not and stays.price == D("2.00")


def test_a_price_that_breaks_a_rule_is_mended_step_by_step() -> None:
    one = advised(good(price=D("1.00"), cost=D("1.30")))[1]
    assert one.price == D("1.10") and one.asked == "Never below what it costs." and one.space.gave_way
    french = advised(good(price=D("1.00"), law=Least(D("1.30"), "The law forbids it.")))[1]
    assert french.price >= D("1.30") and french.asked == "The law forbids it."


def test_ties_hold_between_todays_prices_and_the_advised_ones() -> None:
    gap = Tie("gap", 1, 2, D("0.1"))
    own, brand = good(1, price=D("1.80"), cost=D("1.20")), good(2, price=D("2.00"))
    found = advised(own, brand, ties=(gap,))
    assert found[1].price == D("1.80") and any(bound.rule == "gap" for bound in found[1].bounds)
    assert found[2].price >= D("2.00")
    small = good(3, price=D("1.50"), cost=D("1.10"), size=D(100), unit="g")
    large = good(4, price=D("2.90"), cost=D("2.00"), size=D(200), unit="g")
    sized = advised(small, large, ties=(Tie("size", 3, 4),))
    assert sized[4].price <= 2 * sized[3].price and sized[4].price <= 2 * D("1.50")


def test_products_of_one_price_move_together_or_not_at_all() -> None:
    same = (Tie("same", 1, 2), Tie("same", 2, 3))
    found = advised(good(1), good(2), good(3), ties=same)
    assert {one.price for one in found.values()} == {D("2.20")}
    shelf = Shelf(TODAY, "EUR", {id: good(id) for id in (1, 2)}, {0: DEFAULTS}, [Tie("same", 1, 2)], "")
    held = advise(shelf, {1: known(good(1)), 2: known(good(2), stop="Only a person changes its price.")})
    assert not held[1].moves and not held[2].moves
    assert held[1].why_not == "It has the same price as P2: only a person changes its price."


def test_wishes_pull_by_their_weight() -> None:
    market = Market(D("1.90"), None, "Big Store", TODAY, 3, 1.0, ())
    like = Policy(largest_move=D("0.1"), target_index=D(1), weight_index=D(3), margin_floor=D(0))
    assert advised(good(market=market), policy=like)[1].price == D("1.90")
    no_weight = Policy(largest_move=D("0.1"), target_index=D(1), weight_index=D(0), margin_floor=D(0))
    assert advised(good(market=market), policy=no_weight)[1].price == D("2.20")
    margin = Policy(largest_move=D("0.1"), target_margin=D("0.5"), weight_margin=D(2))
    assert advised(good(cost=D("1.00")), policy=margin, elasticity=-3.0)[1].price >= D("2.00")


def test_what_only_a_person_changes_is_left_alone_in_words() -> None:
    shelf = Shelf(TODAY, "EUR", {}, {0: DEFAULTS}, [], "")
    for fields, is_key, words in (
        ({"by_hand": True}, False, "Only a person changes its price."),
        ({}, True, "Customers know its price: only a person changes it."),
        ({"changed_on": TODAY - dt.timedelta(days=4)}, False, "Its price changed 5 days ago; prices rest for 28 days."),
        ({"promoted_to": TODAY + dt.timedelta(days=4)}, False, "It is on promotion until Tue 24 Nov."),
    ):
        assert [one.text for one in stops(shelf, good(**fields), is_key=is_key)] == [words]
    assert list(stops(shelf, good(changed_on=TODAY - dt.timedelta(days=27)), is_key=False)) == []
