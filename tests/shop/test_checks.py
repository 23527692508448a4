"""The system checks find what breaks a convention."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.test.utils import isolate_apps
from django.urls import path

from shop import checks, walls
from shop.access import public
from shop.models import Branch
from shop.tenancy import ShopOwned


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_the_code_keeps_the_conventions() -> None:
    assert run_checks(tags=["aisle"]) == []


def test_view_without_a_mark_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgotten(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    found = SimpleNamespace(url_patterns=[path("a/", forgotten), path("b/", public(lambda request: HttpResponse()))])
    monkeypatch.setattr(checks, "get_resolver", lambda urlconf: found)
    messages = checks.every_view_is_marked()
    assert ids(messages) == ["aisle.E001"] * len(checks.URLCONFS)
    assert "forgotten" in messages[0].msg


def test_table_without_a_wall_or_a_reason_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(walls.DOOR_TABLES, "shop_membership")
    assert ids(checks.every_table_has_its_wall()) == ["aisle.E002"]


@isolate_apps("shop")
def test_loose_model_is_found() -> None:
    class Loose(ShopOwned):
        append_only = True
        wall_updates = ("nothing",)

        code = models.CharField(max_length=5, unique=True)
        branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")

        class Meta(ShopOwned.Meta):
            app_label = "shop"
            constraints = [models.UniqueConstraint(fields=["branch", "code"], name="loose_once")]

    assert ids(checks._unique_rules(Loose)) == ["aisle.E003", "aisle.E003"]
    assert ids(checks._links(Loose)) == ["aisle.E004"]
    assert ids(checks._wall_facts(Loose)) == ["aisle.E005", "aisle.E005"]


@pytest.mark.parametrize(
    ("field", "endings"),
    [
        (models.DateTimeField(), ("_at",)),
        (models.DateField(), ("_on", "_date")),
        (models.CharField(), ()),
    ],
)
def test_dates_and_times_are_told_apart(field: Any, endings: tuple[str, ...]) -> None:
    assert checks._endings(field) == endings
