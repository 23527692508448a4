"""The one door: whatever a vendor does, an analysis gets an answer it can use, and the limit holds."""

import json
import socket
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from insights.models import LLMCall, ModelAccess
from insights.providers import breaker, budget, gateway, services
from insights.providers.base import Ask
from shop.scope import use_shop
from tests.factories import Cast
from tests.vendors import Fault, Vendor
from tests.vendors.connecting import KEY, connect

pytestmark = pytest.mark.django_db(transaction=True)

SCHEMA = {
    "type": "object",
    "properties": {"sentence": {"type": "string"}, "tone": {"enum": ["good", "bad"], "type": "string"}},
    "required": ["sentence", "tone"],
    "additionalProperties": False,
}


def question(facts: Any = None, **fields: Any) -> Ask:
    return Ask(
        purpose="forecast",
        prompt_version="1",
        system="Put the facts into words.",
        facts={"sold": 48} if facts is None else facts,
        schema=SCHEMA,
        max_tokens=200,
        **fields,
    )


@pytest.fixture
def green(committed_cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """Green Grocer is chosen; a vendor has two seconds to answer; pauses are short."""
    settings.MODELS_SECONDS = 2
    settings.MODELS_ALLOW_LOCAL = True
    monkeypatch.setattr(gateway, "_FIRST_PAUSE", 0.01)
    cache.clear()
    with use_shop(committed_cast.green):
        yield committed_cast


def test_without_a_model_the_callers_sentences_serve(green: Cast) -> None:
    said = gateway.ask(question())
    assert (said.data, said.provider, said.why_local) == (None, "local", "No model is connected.")
    assert not LLMCall.objects.exists()


@pytest.mark.parametrize("kind", ["gemini", "openai"])
def test_an_answer_is_used_logged_and_paid_once(kind: str, green: Cast, vendor: Vendor) -> None:
    access = connect(green.green, vendor, kind)
    said = gateway.ask(question(), run_key="run:1")
    assert said.data == {"sentence": "Plain words.", "tone": "good"}
    assert (said.provider, said.model, said.cached, said.why_local) == (kind, "test-model", False, "")
    call = LLMCall.objects.get()
    assert (call.pk, call.outcome, call.access, call.run_key) == (said.call_id, "ok", access, "run:1")
    assert (call.tokens_in, call.tokens_out, call.cost) == (12, 34, Decimal("0.000148"))
    assert call.reserved > call.cost
    again = gateway.ask(question(), run_key="run:2")
    assert (again.data, again.cached) == (said.data, True)
    assert len(vendor.asked) == 1
    assert LLMCall.objects.get(outcome="cached").cost == 0


@pytest.mark.parametrize("kind", ["gemini", "openai"])
def test_what_was_sent_is_in_the_log_word_for_word(kind: str, green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor, kind)
    gateway.ask(question({"name": "Oat “milk” 1 L"}))
    sent, body = LLMCall.objects.get().sent, vendor.asked[0].body
    if kind == "gemini":
        assert body["systemInstruction"]["parts"][0]["text"] == sent["system"]
        assert body["contents"][0]["parts"][0]["text"] == sent["user"]
    else:
        assert [message["content"] for message in body["messages"]] == [sent["system"], sent["user"]]
    assert "Oat “milk” 1 L" in sent["user"]


FAILS = set(Fault) - {Fault.SLOW, Fault.HOSTILE, Fault.CONTROL, Fault.FALSE_COUNT, Fault.NO_SCHEMAS, Fault.DRIP}


@pytest.mark.parametrize("kind", ["gemini", "openai"])
@pytest.mark.parametrize("fault", sorted(FAILS), ids=lambda fault: fault.name)
def test_every_failure_falls_back_in_a_sentence_and_is_logged(
    kind: str, fault: Fault, green: Cast, vendor: Vendor
) -> None:
    connect(green.green, vendor, kind)
    vendor.always = fault
    said = gateway.ask(question())
    assert (said.data, said.provider) == (None, "local")
    assert said.why_local.startswith({"gemini": "Gemini ", "openai": "Groq "}[kind])
    assert said.why_local.endswith(".")
    rows = LLMCall.objects.all()
    assert len(rows) == len(vendor.asked) in (1, 2, 3)
    for row in rows:
        assert (row.outcome, row.cost is None or row.cost >= 0) == ("failed", True)
        assert row.error
        assert row.latency_ms is not None
        assert KEY not in json.dumps([row.sent, row.error, row.answer])


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.CLOSED, Fault.CUT_OFF, Fault.NOT_JSON, Fault.BLOCKED])
def test_what_may_have_been_charged_is_counted_at_its_most_and_not_repeated(
    fault: Fault, green: Cast, vendor: Vendor
) -> None:
    connect(green.green, vendor)
    vendor.script(fault)
    gateway.ask(question())
    row = LLMCall.objects.get()
    assert row.cost is None
    assert budget.spent() == row.reserved > 0
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.BROKEN, Fault.RATE_LIMITED])
def test_a_vendor_that_is_away_is_repeated(fault: Fault, green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    vendor.script(fault, fault)
    assert gateway.ask(question()).data
    assert [row.outcome for row in LLMCall.objects.order_by("pk")] == ["failed", "failed", "ok"]
    assert budget.spent() == LLMCall.objects.get(outcome="ok").cost


def test_a_vendor_that_wants_an_hour_is_not_waited_for(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    vendor.script(Fault.RATE_LIMITED_LONG)
    assert gateway.ask(question()).why_local == "Gemini takes no more questions for now."
    assert len(vendor.asked) == 1


def test_the_next_in_order_is_asked(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor, "gemini")
    second = connect(green.green, vendor, "openai")
    vendor.script(Fault.KEY_REFUSED)
    said = gateway.ask(question())
    assert (said.provider, bool(said.data)) == ("openai", True)
    services.move_up(second)
    assert [access.name for access in ModelAccess.objects.all()] == ["Groq", "Gemini"]


def test_both_reasons_are_told(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor, "gemini")
    connect(green.green, vendor, "openai")
    vendor.always = Fault.KEY_REFUSED
    assert gateway.ask(question()).why_local == "Gemini refused the key. Groq refused the key."


@pytest.mark.parametrize("fault", [Fault.PROSE, Fault.OTHER_FACTS])
def test_an_answer_that_does_not_fit_is_repaired_once(fault: Fault, green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    vendor.script(fault)
    assert gateway.ask(question()).data
    first, second = LLMCall.objects.order_by("pk")
    assert (first.outcome, second.outcome) == ("failed", "ok")
    assert first.cost > 0
    assert first.answer
    assert "Your answer was not used." in second.sent["user"]
    assert gateway.ask(question()).cached

    vendor.script(fault, fault, fault)
    said = gateway.ask(question({"sold": 49}))
    assert said.data is None
    assert len(vendor.asked) == 4  # one repair, no more


def test_the_breaker_opens_and_closes(green: Cast, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    access = connect(green.green, vendor)
    vendor.always = Fault.KEY_REFUSED
    for number in range(5):
        said = gateway.ask(question({"sold": number}))
    assert said.why_local == "Gemini failed several times and is left alone for a minute."
    assert len(vendor.asked) == breaker.FAILURES
    vendor.always = None
    assert gateway.ask(question({"sold": 6})).data is None
    later = breaker.time.time() + breaker.REST + 1
    monkeypatch.setattr(breaker.time, "time", lambda: later)
    assert gateway.ask(question({"sold": 7})).data
    assert breaker.may_ask(access)


def test_one_shops_breaker_is_not_anothers(green: Cast, vendor: Vendor) -> None:
    access = connect(green.green, vendor)
    for _ in range(3):
        breaker.failed(access)
    with use_shop(green.rival):
        connect(green.rival, vendor)
        assert gateway.ask(question()).data
    assert breaker._key(access).startswith(f"{green.green.pk}:")


def test_each_shop_sends_its_own_key_and_sees_its_own_calls(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor, key="key-of-green-shop")
    connect(green.rival, vendor, key="key-of-rival-shop")
    gateway.ask(question())
    with use_shop(green.rival):
        assert not gateway.ask(question()).cached
        assert LLMCall.objects.count() == 1
    gateway.ask(question({"sold": 1}))
    assert [seen.key for seen in vendor.asked] == ["key-of-green-shop", "key-of-rival-shop", "key-of-green-shop"]


def test_nothing_is_spent_past_the_limit(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    services.set_limit(Decimal(0))
    said = gateway.ask(question())
    assert said.why_local == "This month's limit of $0.00 is reached."
    assert not vendor.seen
    assert not LLMCall.objects.exists()
    services.set_limit(Decimal("0.01"))
    for number in range(30):
        gateway.ask(question({"sold": number}))
    assert 0 < budget.spent() <= Decimal("0.01")


@pytest.mark.parametrize("fault", [None, Fault.NOT_JSON, Fault.FALSE_COUNT])
def test_many_at_once_do_not_pass_the_limit_together(fault: Fault | None, green: Cast, vendor: Vendor) -> None:
    access = connect(green.green, vendor)
    asked = gateway.ready(question({"sold": 0}))
    most = budget.most(access, asked.as_sent(), asked.max_tokens)
    assert most is not None
    services.set_limit((most * Decimal("3.5")).quantize(Decimal("0.01"), rounding="ROUND_UP"))
    vendor.always = fault
    threads = [threading.Thread(target=_ask_as, args=(green, number)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < budget.spent() <= budget.limit()


def _ask_as(cast: Cast, number: int) -> None:
    try:
        with use_shop(cast.green):
            gateway.ask(question({"sold": number}))
    finally:
        connection.close()


def test_an_unknown_price_is_not_spent(green: Cast, vendor: Vendor) -> None:
    access = connect(green.green, vendor)
    ModelAccess.objects.filter(pk=access.pk).update(price_out=None)
    assert gateway.ask(question()).why_local == "Enter what Gemini costs before it is asked."
    assert not vendor.seen


def test_the_answer_of_a_killed_worker_is_not_paid_twice(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    gateway.ask(question(), run_key="run:7")
    LLMCall.objects.update(outcome="started", cost=None, answer="")  # as a kill in mid-call leaves it
    said = gateway.ask(question(), run_key="run:7")
    assert (said.data, said.why_local) == (None, "The answer of an interrupted call was lost.")
    assert len(vendor.asked) == 1
    assert budget.spent() == LLMCall.objects.get().reserved
    assert gateway.ask(question(), run_key="run:8").data


def test_a_run_does_not_pay_twice_for_an_answer_of_no_use(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    vendor.script(Fault.NOT_JSON)
    first = gateway.ask(question(), run_key="run:7")
    assert gateway.ask(question(), run_key="run:7").why_local == first.why_local
    assert len(vendor.asked) == 1


def test_a_call_outlives_the_rollback_of_who_asked(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    with pytest.raises(RuntimeError), transaction.atomic():
        said = gateway.ask(question())
        raise RuntimeError
    assert said.data
    assert LLMCall.objects.get().outcome == "ok"
    assert gateway.ask(question()).cached


def test_no_person_leaves_the_house(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    text = "Maria Lopez (maria.lopez@mail.example, +351 912 345 678) paid with 4111 1111 1111 1111."
    gateway.ask(question({"review": text, "Maria Lopez": 1}, names=["Maria Lopez"]))
    raw = vendor.asked[0].raw
    sent = json.dumps(LLMCall.objects.get().sent)
    for secret in ("Maria", "Lopez", "mail.example", "912 345", "4111"):
        assert secret not in raw
        assert secret not in sent


@pytest.mark.parametrize("fault", [Fault.HOSTILE, Fault.CONTROL, Fault.FALSE_COUNT])
@pytest.mark.parametrize("kind", ["gemini", "openai"])
def test_a_hostile_model_changes_only_its_own_result_and_opens_no_socket(
    kind: str, fault: Fault, green: Cast, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(green.green, vendor, kind)
    vendor.always = fault
    before, opened = _rows(), _watch_sockets(monkeypatch)
    said = gateway.ask(question())
    text = json.dumps(said.data, ensure_ascii=False)
    assert not any(ord(letter) < 32 or letter in "\u202e\u2028\ud800" for letter in text)
    assert opened <= {vendor.port, _database_port()}
    after = _rows()
    assert {table for table in before if before[table] != after[table]} <= {"insights_llmcall", "aisle_cache"}
    call = LLMCall.objects.get()
    assert call.cost <= call.reserved


def _watch_sockets(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    opened: set[int] = set()
    connect_ = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple):
            opened.add(address[1])
        return connect_(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    return opened


def _database_port() -> int:
    return int(connection.settings_dict["PORT"] or 0)


def _rows() -> dict[str, str]:
    """A digest of every table's rows that this shop can see."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name != "django_migrations"]
        found = {}
        for name in names:
            cursor.execute(f"select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from \"{name}\" t")
            found[name] = cursor.fetchone()[0]
    return found


def test_a_redirect_is_not_followed(green: Cast, vendor: Vendor) -> None:
    other = Vendor()
    try:
        for kind in ("gemini", "openai"):
            connect(green.green, vendor, kind)
        vendor.elsewhere = other.url
        vendor.always = Fault.REDIRECT
        gateway.ask(question())
        assert not other.seen
    finally:
        other.close()


def test_a_key_that_cannot_be_read_is_not_sent(green: Cast, vendor: Vendor) -> None:
    access = connect(green.green, vendor)
    ModelAccess.objects.filter(pk=access.pk).update(secret="garbled")
    assert "cannot be read" in gateway.ask(question()).why_local
    assert not vendor.seen


def test_an_address_that_turned_inward_is_not_called(green: Cast, vendor: Vendor, settings: Any) -> None:
    connect(green.green, vendor)
    settings.MODELS_ALLOW_LOCAL = False
    assert gateway.ask(question()).data is None
    assert not vendor.seen


def test_vectors_say_whose_they_are(green: Cast, vendor: Vendor) -> None:
    access = connect(green.green, vendor)
    assert gateway.embed(["milk"]).model == "use-multilingual-3/512"
    assert not vendor.seen
    found = gateway.embed(["milk", "call +351 912 345 678"], using=access)
    assert (found.provider, found.dimension, len(found.rows)) == ("gemini", 512, 2)
    assert "912" not in vendor.asked[0].raw
    assert LLMCall.objects.get().purpose == "embed"
    vendor.always = Fault.BROKEN
    fallen = gateway.embed(["milk"], using=access)
    assert (fallen.provider, fallen.why_local) == ("local", "Gemini did not answer (status 500).")


def test_a_test_says_what_came_back(green: Cast, vendor: Vendor) -> None:
    access = connect(green.green, vendor)
    assert services.try_out(access) == (True, "Gemini answered with test-model.")
    vendor.always = Fault.KEY_REFUSED
    assert services.try_out(access) == (False, "Gemini refused the key.")
    access.refresh_from_db()
    assert access.last_check == "Gemini refused the key."
    assert LLMCall.objects.filter(purpose="test").count() == 2
