"""The reasons of advised prices: ours, and what of a model's may stand."""

from typing import Any

import pytest

from bench._price_words import questions
from insights.analyses.pricing import wording

FACTS = questions()[0]
DEARER = next(fact for fact in FACTS if "dearer" in fact["kinds"] and "rule" in fact["shown"])


def test_our_own_words_name_every_figure_there_is() -> None:
    for fact in FACTS:
        text = wording.plain(fact)
        assert "{" not in text
        assert all(value in text for name, value in fact["shown"].items() if name != "name")


def test_a_model_sees_no_figure_and_no_name() -> None:
    question = wording.question(FACTS)
    assert question is not None and len(question.facts) == len(FACTS) <= wording.MOST_TOLD
    told = str([{**fact, "fact": "", "placeholders": []} for fact in question.facts])
    for fact in FACTS:
        assert fact["shown"]["name"] not in told and fact["shown"]["price"] not in told
        assert fact["shown"].get("rule", "€") not in told
    assert wording.question([]) is None


def answer(text: str) -> dict[int, str]:
    return wording.reasons(FACTS, {"reasons": [{"fact": DEARER["id"], "text": text}]})


def test_a_models_words_stand_with_our_figures_in_them() -> None:
    said = answer(f"At {{{{{DEARER['id']}.price}}}} it earns more than at {{{{{DEARER['id']}.now}}}}.")
    shown = DEARER["shown"]
    assert said == {DEARER["product"]: f"At {shown['price']} it earns more than at {shown['now']}."}


@pytest.mark.parametrize(
    "text",
    [
        "It earns more.",  # does not name the price
        "At {price} it earns 12 more.",
        "At {price} it earns twice as much.",
        "At {price} it is cheaper for everybody.",
        "At {price} and {cost} it earns more.",
        "At {price} <b>it earns more</b>.",
        "At {price} it earns more, see https://shop.example.",
        "At {price} it earns more!",
        "At {price} " + "it earns more " * 40,
    ],
)
def test_what_may_not_stand_falls(text: str) -> None:
    for name in ("price", "cost"):
        text = text.replace(f"{{{name}}}", f"{{{{{DEARER['id']}.{name}}}}}")
    assert answer(text) == {}


@pytest.mark.parametrize("strange", [None, [], {"reasons": 3}, {"reasons": ["a", {"fact": None}]}, {"reasons": [{}]}])
def test_a_strange_answer_leaves_our_own_words(strange: Any) -> None:
    assert wording.reasons(FACTS, strange) == {}
