"""`manage.py llm` and `manage.py export SHOP llm_calls`."""

import io
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from insights.models import LLMCall, ModelAccess
from insights.providers import budget
from shop.scope import use_shop
from tests.factories import Cast
from tests.vendors import Fault, Vendor
from tests.vendors.connecting import KEY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connected(
    committed_cast: Cast, vendor: Vendor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    """Gemini connected by command; returns what it printed."""
    settings.MODELS_ALLOW_LOCAL = True
    cache.clear()
    monkeypatch.setenv("THE_KEY", KEY)
    where = ["--base-url", vendor.url, "--model", "test-model", "--price-in", "1", "--price-out", "4"]
    return llm("enable", "green", "--kind", "gemini", "--key-env", "THE_KEY", *where)


def llm(*args: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("llm", *args, stdout=out, stderr=io.StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_model_is_connected_listed_and_rested(committed_cast: Cast, connected: list[dict[str, Any]]) -> None:
    (made,) = connected
    assert (made["name"], made["active"], made["key"]) == ("Gemini", True, "…1234")
    assert KEY not in json.dumps(made)
    assert llm("list", "green") == connected
    assert llm("list", "rival") == []
    assert llm("disable", "green", "Gemini")[0]["active"] is False
    with use_shop(committed_cast.green):
        assert not ModelAccess.objects.get().is_active
    assert llm("enable", "green")[0]["active"] is True


def test_a_test_says_whether_it_answers(connected: list[dict[str, Any]], vendor: Vendor) -> None:
    (line,) = llm("test", "green", "Gemini")
    assert (line["answered"], line["says"]) == (True, "Gemini answered with test-model.")
    vendor.always = Fault.KEY_REFUSED
    (line,) = llm("test", "green")
    assert (line["answered"], line["says"]) == (False, "Gemini refused the key.")


def test_the_limit_is_set(committed_cast: Cast, connected: list[dict[str, Any]]) -> None:
    assert llm("list", "green", "--limit", "0.50")[0]["limit"] == "0.50"
    with use_shop(committed_cast.green):
        assert str(budget.limit()) == "0.50"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["list", "nowhere"], "There is no shop"),
        (["test", "green", "Nobody"], "No model is called"),
        (["enable", "green", "--kind", "gemini", "--key-env", "UNSET"], "The variable UNSET is not set."),
        (["enable", "green", "Second", "--kind", "gemini", "--key-env", "THE_KEY", "--model", "m"], "Enter the price"),
    ],
)
def test_mistakes_are_told_in_a_sentence(args: list[str], says: str, connected: list[dict[str, Any]]) -> None:
    with pytest.raises(CommandError, match=says):
        llm(*args)


def test_the_calls_are_exported(committed_cast: Cast, connected: list[dict[str, Any]]) -> None:
    llm("test", "green")
    out = io.StringIO()
    call_command("export", "green", "llm_calls", stdout=out)
    header, row = out.getvalue().splitlines()
    told = dict(zip(header.split(","), row.split(","), strict=True))
    assert (told["purpose"], told["provider"], told["outcome"], told["cached"]) == ("test", "gemini", "ok", "false")
    with use_shop(committed_cast.green):
        assert told["cost"] == str(LLMCall.objects.get().cost)
    out = io.StringIO()
    call_command("export", "green", "llm_calls", "--to", "2020-01-01", stdout=out)
    assert len(out.getvalue().splitlines()) == 1
