"""The pages about models: what an owner sees, enters and never sees again."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from insights.models import LLMCall, ModelAccess
from insights.providers import budget, gateway, services
from insights.providers.base import Ask
from shop import mount
from shop.encryption import decrypt
from shop.scope import use_shop
from tests.factories import Cast
from tests.vendors import Fault, Vendor
from tests.vendors.connecting import KEY, connect

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = {"type": "object", "properties": {"sentence": {"type": "string"}}, "required": ["sentence"]}


@pytest.fixture
def green(committed_cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(gateway, "_FIRST_PAUSE", 0.01)
    settings.MODELS_SECONDS = 2
    settings.MODELS_ALLOW_LOCAL = True
    cache.clear()
    with use_shop(committed_cast.green):
        yield committed_cast


@pytest.fixture
def owner(green: Cast) -> Client:
    return green.client()


def at(name: str, *args: Any) -> str:
    return mount.shop_url("green", f"insights:{name}", *args)


def asked(facts: Any = None) -> gateway.Said:
    return gateway.ask(Ask("forecast", "1", "Say it.", facts or {"sold": 48}, TEXT, names=["Maria Lopez"]))


def test_with_no_model_the_page_says_that_everything_works(owner: Client) -> None:
    text = owner.get(at("model_list")).content.decode()
    assert "No model is connected" in text
    assert "Everything works without one." in text
    assert "Nothing has left the house." in owner.get(at("llm_call_list")).content.decode()


def test_a_model_is_connected_tested_and_its_key_never_shown(owner: Client, vendor: Vendor) -> None:
    given = {"kind": "gemini", "key": KEY, "model": "test-model", "base_url": vendor.url, "price_in": "1"}
    refused = owner.post(at("model_new"), given)
    assert refused.status_code == 422
    assert KEY not in refused.content.decode()
    assert owner.post(at("model_new"), given | {"price_out": "4"}).status_code == 302
    access = ModelAccess.objects.get()
    assert (access.name, access.key_hint, decrypt(access.secret)) == ("Gemini", "1234", KEY)
    assert KEY not in access.secret
    text = owner.post(at("model_try", access.pk), follow=True).content.decode()
    assert "Gemini answered with test-model." in text
    for page in (at("model_list"), at("model_edit", access.pk), at("llm_call_list")):
        shown = owner.get(page).content.decode()
        assert KEY not in shown
        assert access.secret not in shown


def test_a_common_models_price_is_known(owner: Client) -> None:
    owner.post(at("model_new"), {"kind": "openai", "key": KEY})
    access = ModelAccess.objects.get()
    assert (access.model, access.price_in, access.price_out) == ("gpt-4o-mini", Decimal("0.15"), Decimal("0.60"))


def test_a_stored_key_is_not_sent_to_another_address(owner: Client, green: Cast, vendor: Vendor) -> None:
    access = connect(green.green, vendor)
    other = Vendor()
    try:
        change = {"name": "Gemini", "model": "test-model", "price_in": "1", "price_out": "4"}
        refused = owner.post(at("model_edit", access.pk), change | {"base_url": other.url})
        assert refused.status_code == 422
        assert "Enter the key again" in refused.content.decode()
        assert owner.post(at("model_edit", access.pk), change | {"base_url": vendor.url}).status_code == 302
        assert asked().data
        assert (
            owner.post(at("model_edit", access.pk), change | {"base_url": other.url, "key": "new"}).status_code == 302
        )
        asked()
        assert [seen.key for seen in other.asked] == ["new"]
    finally:
        other.close()


@pytest.mark.parametrize("url", ["http://169.254.169.254/v1", "ftp://x.example", "https://u:p@x.example", "nonsense"])
def test_a_wrong_address_is_refused_beside_its_field(url: str, owner: Client) -> None:
    given = {"kind": "openai", "key": KEY, "model": "m", "base_url": url, "price_in": "1", "price_out": "1"}
    answer = owner.post(at("model_new"), given)
    assert answer.status_code == 422
    assert 'id="id_base_url_error"' in answer.content.decode()
    assert not ModelAccess.objects.exists()


def test_models_are_ordered_rested_and_removed(owner: Client, green: Cast, vendor: Vendor) -> None:
    first, second = connect(green.green, vendor), connect(green.green, vendor, "openai")
    asked()
    owner.post(at("model_up", second.pk))
    assert list(ModelAccess.objects.all()) == [second, first]
    owner.post(at("model_use", second.pk), {"active": "0"})
    assert not ModelAccess.objects.get(pk=second.pk).is_active
    assert asked({"sold": 2}).provider == "gemini"
    owner.post(at("model_remove", first.pk))
    assert list(ModelAccess.objects.all()) == [second]
    assert LLMCall.objects.filter(access=None).count() == 2
    assert owner.post(at("model_remove", first.pk)).status_code == 422
    assert owner.get(at("llm_call_list")).status_code == 200


def test_the_limit_is_set(owner: Client) -> None:
    assert owner.post(at("model_limit"), {"monthly_limit": "-1"}).status_code == 422
    assert owner.post(at("model_limit"), {"monthly_limit": "12.50"}).status_code == 302
    assert budget.limit() == Decimal("12.50")
    assert "$12.50" in owner.get(at("model_list")).content.decode()


@pytest.mark.parametrize("fault", [Fault.HOSTILE, Fault.CONTROL, Fault.PROSE, Fault.HUGE, Fault.FALSE_COUNT])
def test_a_hostile_answer_is_inert_on_every_page(fault: Fault, owner: Client, green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    vendor.always = fault
    asked({"<script>alert(1)</script>": "{{ 1|add:1 }}"})
    pages = [at("model_list"), at("llm_call_list"), *(at("llm_call_detail", call.pk) for call in LLMCall.objects.all())]
    for page in pages:
        text = owner.get(page).content.decode()
        assert "<script>alert" not in text
        assert "<script>fetch" not in text
        assert "<img src=x" not in text
        assert "\x00" not in text
        assert "\u202e" not in text


def test_every_fault_leaves_every_page_whole(owner: Client, green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor, "openai")
    for number, fault in enumerate(set(Fault) - {Fault.HANG, Fault.DRIP}):
        cache.clear()
        vendor.script(*[fault] * 6)
        asked({"sold": number})
        vendor.forget()
        for page in (at("model_list"), at("llm_call_list")):
            assert owner.get(page).status_code == 200, fault.name
    for call in LLMCall.objects.all():
        assert owner.get(at("llm_call_detail", call.pk)).status_code == 200


def test_the_log_shows_what_left_word_for_word_and_filters(owner: Client, green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    asked({"said": "Maria Lopez sells 48 & more"})
    asked({"said": "Maria Lopez sells 48 & more"})
    vendor.script(Fault.KEY_REFUSED)
    asked()
    call = LLMCall.objects.get(outcome="ok")
    text = owner.get(at("llm_call_detail", call.pk)).content.decode()
    assert "(name) sells 48 &amp; more" in text
    assert "Plain words." in text
    assert "Maria" not in text
    failed = owner.get(at("llm_call_list"), {"outcome": "failed"}).content.decode()
    assert "Gemini refused the key." in failed
    assert at("llm_call_detail", call.pk) not in failed
    file = owner.get(at("llm_call_list"), {"export": "csv", "outcome": "cached"})
    rows = file.content.decode().splitlines()
    assert rows[0].startswith("call,time,purpose,provider,model,outcome,cached,tokens_in")
    assert len(rows) == 2
    assert ",cached,true," in rows[1]


def test_another_shops_calls_are_not_there(green: Cast, vendor: Vendor) -> None:
    connect(green.green, vendor)
    asked()
    call = LLMCall.objects.get()
    charlie = green.client(green.charlie)
    assert charlie.get(mount.shop_url("rival", "insights:llm_call_detail", call.pk)).status_code == 404
    assert "Plain words" not in charlie.get(mount.shop_url("rival", "insights:llm_call_list")).content.decode()


def test_a_price_below_nothing_is_refused(green: Cast, vendor: Vendor) -> None:
    with pytest.raises(services.ModelRefused):
        connect(green.green, vendor, price_in=Decimal(-1))
