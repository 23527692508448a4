"""The morning brief: what it says, to whom, once; and its links, which act once, for the right person and amount."""

import datetime as dt
import re
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client

from insights.briefs import links, sending
from insights.briefs.compose import compose
from insights.decisions import deciding, drafts
from insights.models import Brief, DecisionLink, Suggestion
from shop import jobs, schedules
from shop.models import Membership, Schedule
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.conftest import client_of
from tests.insights.deciding import suggest
from tests.insights.tills import NOW, YESTERDAY, sell

ALICE = "alice@shops.example"


class Ledger:
    def __init__(self) -> None:
        self.done: list[tuple[int, Decimal | None, str]] = []

    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        self.done.append((suggestion.pk, quantity, by))
        return {}

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        self.done.clear()


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    ledger = Ledger()
    monkeypatch.setitem(drafts._acts, "reorder", ledger)
    yield ledger


@pytest.fixture
def milk(morning: Cast, act: Ledger) -> Suggestion:
    return suggest(morning.green, hours=3)


def token_of(milk: Suggestion, email: str = ALICE) -> str:
    with use_shop(milk.shop_id):
        return links.make(milk, email)


def send(cast: Cast) -> dict[str, Any]:
    with use_shop(cast.green):
        return sending.send_all(cast.green)


def said(response: Any) -> str:
    return str(response.content.decode())


# --- The mail ------------------------------------------------------------------------------------------------------


def test_it_tells_the_first_decisions_yesterday_and_what_waits(morning: Cast, act: Ledger) -> None:
    sell(morning.green, YESTERDAY, quantity="5")
    for number in range(7):
        suggest(morning.green, f"k{number}", title=f"Order number {number}", value=Decimal(number))
    suggest(morning.green, "soon", title="Order at once", value=Decimal(0), hours=2)
    assert send(morning) == {"sent": 1, "failed": 0, "skipped": 0}
    (message,) = mail.outbox
    assert message.to == [ALICE] and message.subject == "8 decisions this morning, Green Grocer"
    text = message.body
    assert "Good morning, Alice." in text and "Yesterday took €7.25" in text and "3 more on Today." in text
    assert re.findall(r"^\d\. (.*?)(?: \(|$)", text, re.M) == [
        "Order at once", "Order number 6", "Order number 5", "Order number 4", "Order number 3",
    ]  # fmt: skip
    assert "until 10:00" in text and "Costs €52.80 now." in text
    html = message.alternatives[0][0]
    assert html.count("/d/") == 6 and "<script" not in html
    assert "List-Unsubscribe" in message.extra_headers


def test_once_a_day_and_address_whatever_happens(
    morning: Cast, milk: Suggestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise OSError("no route")

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_mail", broken)
        assert send(morning)["failed"] == 1
    assert send(morning)["sent"] == 1
    assert send(morning) == {"sent": 0, "failed": 0, "skipped": 1}
    assert len(mail.outbox) == 1
    with use_shop(morning.green):
        brief = Brief.objects.get()
        assert brief.sent_at and brief.error == ""
    with time_machine.travel(NOW + dt.timedelta(days=1), tick=False):
        assert send(morning)["sent"] == 1


def test_only_those_who_decide_and_want_it_get_it(morning: Cast, milk: Suggestion) -> None:
    make_member(shop=morning.green, role=Role.MANAGER, email="mia@shops.example")
    make_member(shop=morning.green, role=Role.ANALYST, email="ann@shops.example")
    Membership.objects.filter(user=morning.alice).update(gets_brief=False)
    gone = make_member(shop=morning.green, role=Role.MANAGER, email="gone@shops.example")
    gone.is_active = False
    gone.save()
    send(morning)
    assert [message.to for message in mail.outbox] == [["mia@shops.example"]]


def test_a_mail_holds_nothing_of_another_shop(morning: Cast, milk: Suggestion) -> None:
    suggest(morning.rival, title="Order rival goods")
    sell(morning.rival, YESTERDAY, quantity="50")
    send(morning)
    assert "ival" not in mail.outbox[0].body + mail.outbox[0].alternatives[0][0]


def test_titles_are_inert_in_both_forms(morning: Cast, act: Ledger) -> None:
    suggest(morning.green, title="<img src=x onerror=alert(1)>")
    send(morning)
    assert "<img" not in mail.outbox[0].alternatives[0][0]


def test_it_runs_as_a_scheduled_job_once_a_moment(morning: Cast, milk: Suggestion) -> None:
    with use_shop(morning.green):
        schedules.ensure_defaults(morning.green)
        schedule = Schedule.objects.get(kind="brief")
        Schedule.objects.filter(pk=schedule.pk).update(next_due_at=NOW)
        job = schedules.start(schedule.pk)
        assert job is not None and schedules.start(schedule.pk) is None
        assert sending.run_job(job, jobs.Report.__new__(Quiet)) == {"sent": 1, "failed": 0, "skipped": 0}


class Quiet(jobs.Report):
    def progress(self, done: int, total: int) -> None:
        return None


def test_a_quiet_morning_is_told_too(morning: Cast) -> None:
    send(morning)
    assert mail.outbox[0].subject == "Nothing to decide this morning, Green Grocer"
    assert "No sales of yesterday have come in." in mail.outbox[0].body
    with use_shop(morning.green):
        assert compose(morning.green).suggestions == []


# --- Its links -----------------------------------------------------------------------------------------------------


def test_opening_shows_and_only_a_press_acts(morning: Cast, milk: Suggestion, act: Ledger) -> None:
    url = f"/d/{token_of(milk)}/"
    stranger = Client()
    for _ in range(3):
        html = said(stranger.get(url))
        assert "Order 48 Green Grocer milk 2 L" in html and "48 pieces" in html and "€52.80" in html and ALICE in html
    assert stranger.head(url).status_code == 200
    assert act.done == []
    response = stranger.post(url)
    assert response.status_code == 200 and "Added to order" in said(response)
    assert act.done == [(milk.pk, Decimal(48), ALICE)]
    assert response["Cache-Control"] == "private, no-store"


def test_a_press_needs_the_forms_own_secret(morning: Cast, milk: Suggestion, act: Ledger) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/d/{token_of(milk)}/").status_code == 403
    assert act.done == []


def test_a_second_press_does_nothing(morning: Cast, milk: Suggestion, act: Ledger) -> None:
    url = f"/d/{token_of(milk)}/"
    Client().post(url)
    for response in (Client().post(url), Client().get(url)):
        assert response.status_code == 410 and "This link has been used." in said(response)
    assert len(act.done) == 1
    with use_shop(morning.green):
        deciding.undo(pk=milk.pk, by=ALICE)
    assert Client().post(url).status_code == 410, "undoing does not wake the link"
    newer = f"/d/{token_of(milk)}/"
    assert Client().post(url).status_code == 410, "nor does a newer mail"
    assert Client().post(newer).status_code == 200


@pytest.mark.parametrize(("hours", "later", "words"), [(3, 3, "ended"), (None, 24.1, "ended"), (90, 25, "ended")])
def test_it_ends_at_the_deadline_or_after_a_day(
    morning: Cast, act: Ledger, hours: float | None, later: float, words: str
) -> None:
    token = token_of(suggest(morning.green, hours=hours))
    with time_machine.travel(NOW + dt.timedelta(hours=later), tick=False):
        response = Client().post(f"/d/{token}/")
    assert response.status_code == 410 and words in said(response)
    assert act.done == []


@pytest.mark.parametrize("change", [{"quantity": Decimal(60)}, {"outlay": Decimal(99)}, {"outlay": None}])
def test_it_is_bound_to_the_amount_in_the_mail(
    morning: Cast, milk: Suggestion, act: Ledger, change: dict[str, Any]
) -> None:
    token = token_of(milk)
    with use_shop(morning.green):
        Suggestion.objects.filter(pk=milk.pk).update(**change)
    response = Client().post(f"/d/{token}/")
    assert response.status_code == 410 and "has changed since the mail" in said(response) and act.done == []


def test_what_was_decided_otherwise_stands(morning: Cast, milk: Suggestion, act: Ledger) -> None:
    token = token_of(milk)
    with use_shop(morning.green):
        deciding.dismiss(pk=milk.pk, by="mia@shops.example")
    response = Client().post(f"/d/{token}/")
    assert "dismissed already by mia@shops.example" in said(response) and "/s/green/today/" in said(response)
    assert act.done == []


@pytest.mark.parametrize("how", ["role", "left", "inactive"])
def test_the_persons_role_is_looked_at_anew(morning: Cast, milk: Suggestion, act: Ledger, how: str) -> None:
    token = token_of(milk)
    if how == "role":
        Membership.objects.filter(user=morning.alice).update(role=Role.CASHIER)
    elif how == "left":
        Membership.objects.filter(user=morning.alice).delete()
    else:
        morning.alice.is_active = False
        morning.alice.save()
    for response in (Client().get(f"/d/{token}/"), Client().post(f"/d/{token}/")):
        assert response.status_code == 410 and "does not decide any more" in said(response)
        assert "Order 48" not in said(response)
    assert act.done == []


def test_a_token_changed_anywhere_is_no_token(morning: Cast, milk: Suggestion, act: Ledger) -> None:
    token = token_of(milk)
    for place in range(0, len(token), 7):
        other = "A" if token[place] != "A" else "B"
        assert Client().post(f"/d/{token[:place]}{other}{token[place + 1 :]}/").status_code in (404, 410)
    for odd in ("x", "a:b:c", "é", token[::-1], token * 3, links.make_off(Membership.objects.first())):
        assert Client().post(f"/d/{odd}/").status_code in (404, 410)
    assert act.done == []


def test_a_rivals_token_opens_the_rivals_door_only(morning: Cast, milk: Suggestion, act: Ledger) -> None:
    theirs = suggest(morning.rival, title="Order rival goods")
    with use_shop(morning.rival):
        stranger = links.make(theirs, ALICE)  # Alice is nobody in the rival's shop
        charlies = links.make(theirs, "charlie@shops.example")
    assert Client().post(f"/d/{stranger}/").status_code == 410
    assert "Green" not in said(morning.client().get(f"/d/{charlies}/"))
    with use_shop(morning.green):
        assert not DecisionLink.objects.filter(suggestion_id=theirs.pk).exists()
    assert act.done == []


def test_where_the_act_refuses_the_link_stays_open(
    morning: Cast, milk: Suggestion, act: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise deciding.DecisionRefused("The supplier is closed.")

    url = f"/d/{token_of(milk)}/"
    with monkeypatch.context() as patch:
        patch.setattr(act, "accept", refuse)
        assert "The supplier is closed." in said(Client().post(url))
    assert Client().post(url).status_code == 200


def test_two_presses_at_once_act_once(committed_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, start = Ledger(), threading.Barrier(4)
    monkeypatch.setitem(drafts._acts, "reorder", ledger)
    token = token_of(suggest(committed_cast.green))
    answers: list[int] = []

    def press() -> None:
        start.wait()
        try:
            answers.append(Client().post(f"/d/{token}/").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 410, 410, 410]
    assert len(ledger.done) == 1


# --- No more mail --------------------------------------------------------------------------------------------------


def test_the_mails_own_link_ends_them_by_a_press(morning: Cast, milk: Suggestion) -> None:
    send(morning)
    url = re.search(r"No more of these mails: http://[^/]+(/d/off/\S+)", mail.outbox[0].body)[1]
    wants = Membership.objects.filter(user=morning.alice, shop=morning.green, gets_brief=True)
    assert "End the morning brief?" in said(Client().get(url)) and wants.exists()
    assert "No more morning briefs" in said(Client().post(url)) and not wants.exists()
    assert Client().get("/d/off/nonsense/").status_code == 410


def test_a_person_switches_their_own_on_and_off(morning: Cast) -> None:
    client = morning.client()
    assert "checked" in said(client.get("/s/green/brief/"))
    assert "No more morning briefs" in said(client.post("/s/green/brief/", follow=True))
    assert not Membership.objects.get(user=morning.alice, shop=morning.green).gets_brief
    client.post("/s/green/brief/", {"gets_brief": "on"})
    assert Membership.objects.get(user=morning.alice, shop=morning.green).gets_brief
    assert client_of(morning.bob).get("/s/green/brief/").status_code == 403


def test_only_ones_own_briefs_are_shown(morning: Cast, milk: Suggestion) -> None:
    send(morning)
    mia = make_member(shop=morning.green, role=Role.MANAGER)
    assert "One decision this morning" in said(morning.client().get("/s/green/brief/"))
    assert "One decision this morning" not in said(client_of(mia).get("/s/green/brief/"))
