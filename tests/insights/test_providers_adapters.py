"""Both adapters against a vendor over real HTTP: the same question, the same answers, the same errors."""

import time
import warnings

import pytest

from insights.providers import wire
from insights.providers.base import (
    AnswerLost,
    BadAnswer,
    Blocked,
    KeyRefused,
    Line,
    Provider,
    ProviderDown,
    ProviderError,
    Question,
    QuestionRefused,
    RateLimited,
    WrongAddress,
)
from insights.providers.gemini import Gemini
from insights.providers.local import Local
from insights.providers.openai import OpenAI
from tests.vendors import Fault, Vendor

SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": ["good", "bad"]},
        "share": {"type": ["number", "null"]},
        "words": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["label"],
    "additionalProperties": False,
}
QUESTION = Question("Be brief.", '{"milk": 12}', SCHEMA, 100)
KINDS = ["gemini", "openai"]

ERRORS: dict[Fault, type[ProviderError]] = {
    Fault.HANG: AnswerLost,
    Fault.DRIP: AnswerLost,
    Fault.CLOSED: AnswerLost,
    Fault.CUT_OFF: AnswerLost,
    Fault.TRUNCATED: BadAnswer,
    Fault.NOT_JSON: BadAnswer,
    Fault.WRONG_JSON: BadAnswer,
    Fault.EMPTY: BadAnswer,
    Fault.HUGE: BadAnswer,
    Fault.RATE_LIMITED: RateLimited,
    Fault.RATE_LIMITED_LONG: RateLimited,
    Fault.BROKEN: ProviderDown,
    Fault.BUSY: ProviderDown,
    Fault.KEY_REFUSED: KeyRefused,
    Fault.NOT_ALLOWED: KeyRefused,
    Fault.UNKNOWN_MODEL: QuestionRefused,
    Fault.REDIRECT: WrongAddress,
    Fault.BLOCKED: Blocked,
    Fault.PROMPT_BLOCKED: Blocked,
}
# The vendor did its part; what the text says is for the gateway to judge.
ANSWERS = {Fault.SLOW, Fault.PROSE, Fault.OTHER_FACTS, Fault.HOSTILE, Fault.CONTROL, Fault.FALSE_COUNT}


def adapter(kind: str, vendor: Vendor, key: str = "key-A") -> Provider:
    if kind == "gemini":
        return Gemini(Line(kind, "test-model", vendor.url, key))
    return OpenAI(Line(kind, "test-model", vendor.openai_url, key))


def test_every_fault_is_expected() -> None:
    assert set(ERRORS) | ANSWERS | {Fault.NO_SCHEMAS} == set(Fault)


@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_vendor_is_understood(kind: str, vendor: Vendor) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = adapter(kind, vendor).complete(QUESTION, 5)
    assert '"label": "good"' in answer.text
    assert (answer.tokens_in, answer.tokens_out) == (12, 34)
    (seen,) = vendor.seen
    assert seen.key == "key-A"
    assert "Be brief." in seen.raw
    assert "milk" in seen.raw


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ERRORS, ids=lambda fault: fault.name)
def test_a_failing_vendor_raises_one_of_our_errors_and_is_asked_once(kind: str, fault: Fault, vendor: Vendor) -> None:
    vendor.script(fault)
    began = time.monotonic()
    with pytest.raises(ERRORS[fault]):
        adapter(kind, vendor).complete(QUESTION, 1)
    assert time.monotonic() - began < 3
    assert len(vendor.seen) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", sorted(ANSWERS), ids=lambda fault: fault.name)
def test_odd_texts_are_passed_on_unread(kind: str, fault: Fault, vendor: Vendor) -> None:
    vendor.script(fault)
    assert adapter(kind, vendor).complete(QUESTION, 5).text


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_there_is_down_and_costs_nothing(kind: str) -> None:
    line = Line(kind, "m", "http://127.0.0.1:1/v1", "key")
    with pytest.raises(ProviderDown) as raised:
        (Gemini if kind == "gemini" else OpenAI)(line).complete(QUESTION, 2)
    assert not raised.value.may_be_paid


@pytest.mark.parametrize("kind", KINDS)
def test_two_shops_share_no_key(kind: str, vendor: Vendor) -> None:
    first, second = adapter(kind, vendor, "key-A"), adapter(kind, vendor, "key-B")
    for one in (first, second, first):
        one.complete(QUESTION, 5)
    assert [seen.key for seen in vendor.seen] == ["key-A", "key-B", "key-A"]


@pytest.mark.parametrize("kind", KINDS)
def test_texts_become_vectors(kind: str, vendor: Vendor) -> None:
    found = adapter(kind, vendor).embed(["milk", "bread", "milk"], "", 5)
    assert found.dimension == 512
    assert found.rows[0] == found.rows[2] != found.rows[1]
    assert found.model.endswith("/512")


def test_a_vendor_without_schemas_is_asked_for_plain_json(vendor: Vendor) -> None:
    vendor.script(Fault.NO_SCHEMAS)
    assert adapter("openai", vendor).complete(QUESTION, 5).text
    assert [seen.body["response_format"]["type"] for seen in vendor.seen] == ["json_schema", "json_object"]


def test_the_end_in_time_is_hard() -> None:
    began = time.monotonic()
    with pytest.raises(AnswerLost):
        wire.within(0.2, lambda: time.sleep(2))
    assert time.monotonic() - began < 1


def test_what_an_sdk_raises_unforeseen_is_ours() -> None:
    def trip() -> None:
        raise KeyError("sdk")

    with pytest.raises(BadAnswer):
        wire.within(1, trip)


@pytest.mark.parametrize(("header", "wait"), [("3", 3), ("0", 0), ("-1", 0), ("soon", None), (None, None), ("", None)])
def test_retry_after_is_read(header: str | None, wait: float | None) -> None:
    assert wire.seconds_to_wait(header) == wait


def test_retry_after_may_be_a_date() -> None:
    assert wire.seconds_to_wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_this_machine_embeds_and_writes_nothing() -> None:
    found = Local().embed(["semi-skimmed milk", "lait demi-écrémé", "engine oil"])
    assert (found.provider, found.dimension) == ("local", 512)
    alike, other = (sum(a * b for a, b in zip(found.rows[0], found.rows[at], strict=True)) for at in (1, 2))
    assert alike > other
    with pytest.raises(ProviderError):
        Local().complete(QUESTION, 1)
