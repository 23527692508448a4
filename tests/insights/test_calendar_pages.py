"""The calendar page: told in a sentence or a form, approved by a person, read by a model where there is one."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from insights.calendar import asking, events
from insights.calendar.events import EventRefused, Fields
from insights.models import CalendarEvent
from insights.providers.gateway import Said
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.conftest import client_of
from tests.insights.tills import TODAY

PATH = "/s/green/calendar/"
GOOD = {
    "is_event": True, "name": "Fair in the square", "first_day": "2026-03-28", "last_day": "2026-03-29",
    "closed": False, "change": 0.3, "low": 0.1, "high": 0.5,
}  # fmt: skip


def text_of(cast: Cast, path: str = PATH) -> str:
    response = cast.client().get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_sentence_becomes_a_proposal_that_counts_only_once_approved(morning: Cast) -> None:
    client = morning.client()
    response = client.post(f"{PATH}say/", {"said": "street fair Saturday"}, follow=True)
    html = response.content.decode()
    assert "To approve" in html and "Sat 21 Mar" in html and "25% more" in html and "Read by Aisle itself" in html
    with use_shop(morning.green):
        event = CalendarEvent.objects.get()
    assert (event.state, event.said, event.read_by) == ("proposed", "street fair Saturday", "local")
    html = client.post(f"{PATH}{event.pk}/approve/", follow=True).content.decode()
    assert "In the forecast" in html and "To approve" not in html
    html = client.post(f"{PATH}{event.pk}/dismiss/", follow=True).content.decode()
    assert "Left out" in html


def test_a_sentence_without_a_day_says_what_to_write(morning: Cast) -> None:
    response = morning.client().post(f"{PATH}say/", {"said": "<script>alert(1)</script>"})
    html = response.content.decode()
    assert response.status_code == 422 and "No day is named" in html and "<script>alert" not in html
    assert morning.client().post(f"{PATH}say/", {"said": "x" * 301}).status_code == 422


def test_the_form_adds_and_changes(morning: Cast) -> None:
    client = morning.client()
    given = {"name": "Road works", "first_date": "2026-04-01", "last_date": "2026-04-03", "effect": "-20"}
    assert client.post(f"{PATH}new/", given | {"effect_low": "-30", "effect_high": "0"}).status_code == 302
    with use_shop(morning.green):
        event = CalendarEvent.objects.get()
        assert (event.effect, event.effect_low, event.state) == (Decimal("-0.2"), Decimal("-0.3"), "approved")
    html = text_of(morning, f"{PATH}{event.pk}/")
    assert 'value="-20"' in html and 'value="2026-04-01"' in html
    client.post(f"{PATH}{event.pk}/", given | {"is_closed": "on"})
    with use_shop(morning.green):
        assert CalendarEvent.objects.get().effect == -1
    assert "Shut: nothing is sold" in text_of(morning)


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_date": "2026-03-01"}, {"last_date": "2028-03-01"}, {"name": " "}, {"effect": "400"}, {"effect": "x"},
        {"effect_low": "10"}, {"effect": "10", "effect_low": "20"}, {"first_date": ""},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_the_form(morning: Cast, wrong: dict[str, str]) -> None:
    given = {"name": "Fair", "first_date": "2026-04-01"} | wrong
    response = morning.client().post(f"{PATH}new/", given)
    assert response.status_code == 422 and "There is a problem" in response.content.decode()
    with use_shop(morning.green):
        assert not CalendarEvent.objects.exists()


def test_foreign_branches_and_events_are_not_there(morning: Cast) -> None:
    with use_shop(morning.rival):
        foreign = events.add(fields=Fields("Rival fair", TODAY, TODAY), by="charlie@shops.example")
    client = morning.client()
    for verb in ("", "approve/", "dismiss/"):
        assert client.post(f"{PATH}{foreign.pk}/{verb}").status_code == 404
    assert "Rival fair" not in text_of(morning)
    with use_shop(morning.green), pytest.raises(EventRefused):
        events.approve(pk=foreign.pk, by="alice@shops.example")


def test_an_analyst_reads_only(morning: Cast) -> None:
    client = client_of(make_member(shop=morning.green, role=Role.ANALYST))
    html = client.get(PATH).content.decode()
    assert "Read it" not in html and "Add by form" not in html
    assert client.post(f"{PATH}say/", {"said": "fair tomorrow"}).status_code == 403


# --- With a model --------------------------------------------------------------------------------------------------


def answering(monkeypatch: pytest.MonkeyPatch, data: Any, **more: Any) -> list[Any]:
    asked = []

    def ask(question: Any, **kwargs: Any) -> Said:
        asked.append(question)
        return Said(data=data, provider="gemini", model="m", **more)

    monkeypatch.setattr(asking.gateway, "ask", ask)
    return asked


def test_a_model_reads_the_sentence_and_a_person_approves(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, GOOD)
    with use_shop(morning.green):
        event = events.propose(sentence="the usual thing in the square", shop=morning.green, by="alice@shops.example")
        assert (event.name, event.first_date, event.effect, event.state) == (
            "Fair in the square", dt.date(2026, 3, 28), Decimal("0.3"), "proposed",
        )  # fmt: skip
    assert event.read_by == "gemini"
    assert asked[0].facts["today"] == "Friday 2026-03-20" and "Alice" in asked[0].names
    assert "Read by gemini" in text_of(morning)


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_day": "2020-01-01"}, {"last_day": "2029-01-01"}, {"first_day": "2026-04-09"}, {"first_day": "soon"},
        {"first_day": 20260328}, {"name": ""}, {"name": ["x"]}, {"is_event": "yes"}, {"is_event": False},
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_leaves_the_word_to_our_reader(
    morning: Cast, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    answering(monkeypatch, GOOD | wrong)
    with use_shop(morning.green):
        event = events.propose(sentence="street fair tomorrow", shop=morning.green, by="alice@shops.example")
    assert (event.first_date, event.read_by) == (dt.date(2026, 3, 21), "local")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"change": 9e9}, (None, None, None)),
        ({"change": float("nan")}, (None, None, None)),
        ({"change": True}, (None, None, None)),
        ({"change": 0.2, "low": 0.9, "high": -0.5}, ("0.2", "0.2", "0.2")),
        ({"change": 0.2, "low": None, "high": 99}, ("0.2", "0.2", "0.2")),
        ({"closed": True, "change": 0.4}, ("-1", "-1", "-1")),
    ],
)
def test_a_change_that_cannot_be_is_not_known(said: dict[str, Any], kept: tuple[Any, ...]) -> None:
    found = asking.checked(GOOD | said, TODAY)
    assert found is not None
    assert (found.effect, found.low, found.high) == tuple(None if one is None else Decimal(one) for one in kept)


def test_a_hostile_name_is_cut_and_inert(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, GOOD | {"name": "<img src=x onerror=alert(1)>\x00\n" + "A" * 500})
    with use_shop(morning.green):
        event = events.propose(sentence="fair tomorrow", shop=morning.green, by="alice@shops.example")
    assert len(event.name) <= 120 and "\n" not in event.name and "\x00" not in event.name
    assert "<img" not in text_of(morning)


def test_only_approved_events_reach_the_forecast(morning: Cast) -> None:
    from insights.analyses.forecast import reading
    from shop.periods import Period

    with use_shop(morning.green):
        made = events.propose(sentence="fair tomorrow", shop=morning.green, by="alice@shops.example")
        span = Period(TODAY, TODAY + dt.timedelta(days=9))
        assert reading.events(span) == []
        events.approve(pk=made.pk, by="alice@shops.example")
        assert [one.pk for one in reading.events(span)] == [made.pk]


def test_the_list_is_a_file_too(morning: Cast) -> None:
    with use_shop(morning.green):
        events.add(fields=Fields("Fair", TODAY, TODAY, effect=Decimal("0.2")), by="alice@shops.example")
    text = morning.client().get(f"{PATH}?export=csv").content.decode()
    assert "event,name,first,last" in text and "Fair,2026-03-20" in text
