"""What a forecast says: computed facts in plain sentences, and what of a model's wording may stand."""

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analyses import placeholders
from insights.analyses.forecast import explain, facts
from insights.analyses.forecast.inputs import Happening, Inputs
from insights.analyses.forecast.outcome import Outcome, by_day
from insights.analyses.forecast.store import BANDS, SCORES
from tests.insights.history import added_up

AS_OF = dt.date(2026, 3, 1)
PAST, AHEAD = 56, 14

RISE = {
    "id": "f3",
    "kind": "rise",
    "shown": {"category": "Ice cream", "change": "20%", "units": "140", "reason": "promotions of 3 products"},
}
FALL = {**RISE, "id": "f4", "kind": "fall"}


def shop(past: dict[str, list[float]], ahead: dict[str, float], **more: Any) -> tuple[Inputs, Outcome]:
    """One branch, a product a category, of these units a day."""
    names = list(past)
    days = [AS_OF - dt.timedelta(days=PAST - 1 - number) for number in range(PAST + AHEAD)]
    place = np.arange(len(names), dtype=np.int32)
    made = Inputs(
        as_of=AS_OF, horizon=AHEAD, step=1, currency="GBP", dates=days, past=PAST, days_sold=PAST,
        branches={7: "High Street"}, products={number + 1: name for number, name in enumerate(names)},
        categories={number + 1: name for number, name in enumerate(names)}, branch_at=place * 0, product_at=place,
        category_at=place, worth=np.full(len(names), 2.0), units=np.array(list(past.values()), dtype=np.float32),
        open=np.ones((1, PAST + AHEAD), dtype=np.bool_),
    )  # fmt: skip
    for name, value in more.items():
        setattr(made, name, value)
    mean = by_day(made, np.array([[ahead[name]] * AHEAD for name in names]))
    bands = dict(zip(BANDS, (mean, mean * 0.8, mean * 1.2, mean * 0.5, mean * 1.5), strict=True))
    scores = {name: np.full(len(names), 0.3) for name in SCORES}
    sums = added_up(made, bands)
    return made, Outcome(bands, ["ets"] * len(names), scores, sums, {"wape": 0.2, "naive_wape": 0.4}, 1)


def said(made: Inputs, outcome: Outcome | None) -> list[str]:
    return explain.sentences(facts.findings(made, outcome), None)


def flat(amount: float) -> list[float]:
    return [amount] * PAST


def test_the_week_ahead_is_set_beside_the_one_before() -> None:
    made, outcome = shop({"Dairy": flat(10)}, {"Dairy": 11})
    found = facts.findings(made, outcome)
    first, second, *_ = explain.sentences(found, None)
    assert first.startswith("2 Mar to 8 Mar: 77 units are expected, 10% more than in the 7 days before")
    assert second == "2 Mar to 8 Mar: net sales of £154.00 are expected at the prices of late."
    assert found["sales"]["all"]["mean"] == [22.0] * AHEAD == found["sales"]["7"]["mean"]
    assert found["sales"]["all"]["low80"][0] < 22 < found["sales"]["all"]["high80"][0]


def test_a_category_moves_for_the_reason_that_was_computed() -> None:
    past = {"Dairy": flat(10), "Bread": flat(10)}
    promoted = np.zeros((2, PAST + AHEAD), dtype=np.float32)
    promoted[0, PAST : PAST + 7] = 0.2
    made, outcome = shop(past, {"Dairy": 15, "Bread": 8}, promoted=promoted)
    rise, fall = (text for text in said(made, outcome) if text.startswith(("Dairy", "Bread")))
    assert rise == "Dairy should rise by 50% to 105 units: promotions of 1 product."
    assert fall == "Bread should fall by 20% to 56 units: its trend and season."


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"holidays": {AS_OF + dt.timedelta(days=5): "Harvest Day"}}, "Harvest Day"),
        (
            {"events": [Happening("Street fair", AS_OF, AS_OF + dt.timedelta(days=2), 7, None, 0.5, None, None)]},
            "Street fair",
        ),
        ({}, "its trend and season"),
    ],
)
def test_holidays_and_events_are_reasons(more: dict[str, Any], because: str) -> None:
    made, outcome = shop({"Dairy": flat(10)}, {"Dairy": 15}, **more)
    assert any(text.endswith(f": {because}.") for text in said(made, outcome))


def test_an_odd_week_before_and_days_shut_are_reasons() -> None:
    odd = flat(10)
    odd[-7:] = [4] * 7
    made, outcome = shop({"Dairy": odd}, {"Dairy": 10})
    assert any("the week before was unusual" in text for text in said(made, outcome))
    trading = np.ones((1, PAST + AHEAD), dtype=np.bool_)
    trading[0, PAST + 2] = False
    made, outcome = shop({"Dairy": flat(10)}, {"Dairy": 8}, open=trading)
    sentences = said(made, outcome)
    assert any(text.endswith(": 1 day more shut.") for text in sentences)
    assert "High Street is expected to be shut on Wed 4 Mar." in sentences


def test_too_short_a_past_and_no_sales_are_said() -> None:
    made, _ = shop({"Dairy": flat(10)}, {"Dairy": 11}, days_sold=20)
    assert said(made, None) == ["There are 20 days with sales up to Sunday 1 March; a forecast needs at least 21."]
    made.days_sold = 300
    assert said(made, None) == ["Nothing sold in the 26 weeks up to Sunday 1 March, so nothing is forecast."]


def test_no_figure_and_no_name_leaves_in_the_question() -> None:
    made, outcome = shop({"Dairy": flat(10), "Bread": flat(9)}, {"Dairy": 15, "Bread": 4})
    question = explain.question(facts.findings(made, outcome))
    assert question is not None
    bare = [placeholders.PLACE.sub("", fact["about"]) for fact in question.facts]
    assert not any(letter.isdigit() for text in bare for letter in text)
    assert not any("Dairy" in text for text in bare)


def test_a_models_wording_stands_with_our_figures_in_it() -> None:
    answer = {"sentences": [{"fact": "f4", "text": "Expect less {{f4.category}}: {{f4.units}} units"}]}
    found = {"facts": [RISE, FALL]}
    assert explain.sentences(found, answer) == [
        "Expect less Ice cream: 140 units",
        "Ice cream should rise by 20% to 140 units: promotions of 3 products.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{{f3.category}} will sell 150 units",
        "{{f3.category}} will sell twenty more units than {{f3.units}}",
        "{{f3.category}} will double to {{f3.units}}",
        "{{f3.category}} will sell ٣ units",
        "{{f3.category}} falls by {{f3.change}}",
        "{{f9.units}} of {{f3.category}}",
        "{{f3.cost}} of {{f3.category}}",
        "Buy more of everything",
        "{{f3.category}} <script>alert()</script>",
        "{{f3.category}} see https://evil.example",
        "{{f3.category}} hurry!",
        "{{f3.category.__class__}}",
        "{f3.category}",
        "",
        "{{f3.category}} " + "very " * 100,
    ],
)
def test_a_models_wording_that_may_not_stand_is_said_in_ours(text: str) -> None:
    answer = {"sentences": [{"fact": "f3", "text": text}]}
    assert explain.sentences({"facts": [RISE]}, answer) == [explain.plain(RISE)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(
    json_values
    | st.fixed_dictionaries(
        {
            "sentences": st.lists(
                st.fixed_dictionaries({"fact": st.sampled_from(["f3", "f4", "f5"]), "text": st.text(max_size=60)})
            )
        }
    )
)
def test_whatever_a_model_answers_every_fact_is_said_once_and_no_digit_is_its_own(answer: Any) -> None:
    found = explain.sentences({"facts": [RISE, FALL]}, answer)
    assert sorted(found) == sorted([explain.plain(RISE), explain.plain(FALL)])
