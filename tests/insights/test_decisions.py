"""Suggestions: offered once, taken by a person, taken back; what was refused is not asked again."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from insights.decisions import deciding, drafts
from insights.decisions.deciding import DecisionRefused
from insights.decisions.drafts import Draft
from insights.decisions.offering import expire, offer
from insights.models import Run, Suggestion
from shop.tenancy import use_shop
from tests.factories import Cast

pytestmark = pytest.mark.django_db
ALICE = "alice@shops.example"
KIND = "test_kind"


class Ledger:
    """An act that remembers what it carried out."""

    def __init__(self) -> None:
        self.done: dict[int, Decimal | None] = {}
        self.times = 0

    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        self.done[suggestion.pk] = quantity
        self.times += 1
        return {"text": "carried out"}

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        del self.done[suggestion.pk]


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    ledger = Ledger()
    monkeypatch.setitem(drafts._acts, KIND, ledger)
    return ledger


@pytest.fixture
def run(cast: Cast) -> Iterator[Run]:
    with use_shop(cast.green):
        yield Run.objects.create(analysis="forecast", as_of_date=dt.date(2026, 11, 20))


def draft(key: str = "a", quantity: int = 48, **fields: Any) -> Draft:
    fields = {"title": f"Order {quantity}", "quantity": Decimal(quantity), "outlay": Decimal(50)} | fields
    return Draft(kind=KIND, key=key, **fields)


def states() -> list[str]:
    return list(Suggestion.objects.order_by("pk").values_list("state", flat=True))


def only() -> Suggestion:
    return Suggestion.objects.get(state="open")  # type: ignore[no-any-return]


def test_the_same_draft_twice_is_one_suggestion_and_keeps_its_sleep(run: Run) -> None:
    offer(run, [KIND], [draft()])
    until = timezone.now() + dt.timedelta(hours=2)
    deciding.snooze(pk=only().pk, by=ALICE, until=until)
    first = only().pk
    offer(run, [KIND], [draft(why="newer facts")])
    assert states() == ["open"]
    assert (only().pk, only().why, only().snoozed_until) == (first, "newer facts", until)


def test_other_advice_replaces_the_open_one_and_a_stale_press_says_so(run: Run, act: Ledger) -> None:
    offer(run, [KIND], [draft()])
    stale = only().pk
    offer(run, [KIND], [draft(quantity=60)])
    assert states() == ["replaced", "open"]
    with pytest.raises(DecisionRefused, match="replaced already"):
        deciding.accept(pk=stale, by=ALICE)
    assert act.done == {}


def test_what_is_no_longer_advised_goes_and_other_kinds_stay(run: Run) -> None:
    offer(run, ["other"], [Draft(kind="other", key="x", title="Count")])
    offer(run, [KIND], [draft()])
    offer(run, [KIND], [])
    assert states() == ["open", "replaced"]


def test_accepting_carries_it_out_once_with_the_persons_quantity(run: Run, act: Ledger) -> None:
    offer(run, [KIND], [draft()])
    pk = only().pk
    for _ in range(2):
        done = deciding.accept(pk=pk, by=ALICE, quantity=Decimal(24))
    assert (act.done, act.times) == ({pk: Decimal(24)}, 1)
    assert (done.state, done.decided_quantity, done.quantity, done.decided_by) == ("accepted", 24, 48, ALICE)
    assert done.effect == {"text": "carried out"}


def test_undo_takes_back_what_it_did_and_may_be_repeated(run: Run, act: Ledger) -> None:
    offer(run, [KIND], [draft()])
    pk = deciding.accept(pk=only().pk, by=ALICE).pk
    for _ in range(2):
        deciding.undo(pk=pk, by=ALICE)
    assert (act.done, states()) == ({}, ["open"])
    assert deciding.accept(pk=pk, by=ALICE).state == "accepted"


def test_undo_refuses_while_a_newer_one_is_open(run: Run, act: Ledger) -> None:
    offer(run, [KIND], [draft()])
    old = deciding.accept(pk=only().pk, by=ALICE).pk
    offer(run, [KIND], [draft(quantity=12)])
    with pytest.raises(DecisionRefused, match="newer suggestion"):
        deciding.undo(pk=old, by=ALICE)
    assert act.done == {old: Decimal(48)}


@pytest.mark.parametrize(
    ("reason", "days", "asked_again"), [("never", 400, False), ("not_now", 1, False), ("", 4, True)]
)
def test_a_refusal_rests_or_holds_for_ever(run: Run, reason: str, days: int, asked_again: bool) -> None:
    offer(run, [KIND], [draft()])
    pk = deciding.dismiss(pk=only().pk, by=ALICE, reason=reason).pk
    Suggestion.objects.filter(pk=pk).update(decided_at=timezone.now() - dt.timedelta(days=days))
    offer(run, [KIND], [draft()])
    assert Suggestion.objects.filter(state="open").exists() == asked_again


def test_a_deadline_closes_it_for_the_queue_and_for_acceptance(run: Run, act: Ledger) -> None:
    soon = timezone.now() + dt.timedelta(minutes=5)
    offer(run, [KIND], [draft(deadline_at=soon)])
    pk = only().pk
    with pytest.raises(DecisionRefused, match="after its deadline"):
        deciding.snooze(pk=pk, by=ALICE, until=soon + dt.timedelta(minutes=1))
    Suggestion.objects.filter(pk=pk).update(deadline_at=timezone.now())
    assert not Suggestion.objects.all().open().exists()
    with pytest.raises(DecisionRefused, match="deadline has passed"):
        deciding.accept(pk=pk, by=ALICE)
    expire()
    assert states() == ["expired"]
    assert act.done == {}


@pytest.mark.parametrize("wrong", [Decimal(0), Decimal(-1)])
def test_a_quantity_must_be_above_zero(run: Run, act: Ledger, wrong: Decimal) -> None:
    offer(run, [KIND], [draft()])
    with pytest.raises(DecisionRefused, match="above 0"):
        deciding.accept(pk=only().pk, by=ALICE, quantity=wrong)
    assert act.done == {}


def test_an_act_that_refuses_leaves_it_open(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(Ledger):
        def accept(
            self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
        ) -> dict[str, Any]:
            raise DecisionRefused("The order was sent a minute ago.")

    monkeypatch.setitem(drafts._acts, KIND, Closed())
    offer(run, [KIND], [draft()])
    with pytest.raises(DecisionRefused, match="a minute ago"):
        deciding.accept(pk=only().pk, by=ALICE)
    assert states() == ["open"]


def test_the_rival_shop_sees_and_decides_nothing(cast: Cast, run: Run, act: Ledger) -> None:
    offer(run, [KIND], [draft()])
    pk = only().pk
    with use_shop(cast.rival):
        assert not Suggestion.objects.exists()
        with pytest.raises(DecisionRefused, match="no such suggestion"):
            deciding.accept(pk=pk, by="charlie@shops.example")
    assert act.done == {}
