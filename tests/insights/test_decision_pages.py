"""Decisions on the page: in what order, for whom, with which words, and what a press does."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from insights.decisions import drafts
from insights.decisions.queue import open_queue, waiting
from insights.models import Suggestion
from shop import roles
from shop.roles import Can, Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.conftest import client_of
from tests.insights.deciding import forecast_run, suggest

LIST, ONE = "/s/green/insights/", "/s/green/decisions/"
HTMX = {"HX-Request": "true"}


class Ledger:
    def __init__(self) -> None:
        self.done: dict[int, Decimal | None] = {}

    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        self.done[suggestion.pk] = quantity
        return {"url": "/s/green/products/", "text": "See the order"}

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        del self.done[suggestion.pk]


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    ledger = Ledger()
    monkeypatch.setitem(drafts._acts, "reorder", ledger)
    return ledger


@pytest.fixture
def milk(morning: Cast, act: Ledger) -> Iterator[Suggestion]:
    yield suggest(morning.green, hours=3)


def now(found: Suggestion) -> Suggestion:
    with use_shop(found.shop_id):
        return Suggestion.objects.get(pk=found.pk)  # type: ignore[no-any-return]


def test_what_ends_soon_comes_first_then_what_is_worth_most(morning: Cast) -> None:
    green = morning.green
    rich = suggest(green, "rich", value=Decimal(500), hours=30)
    poor = suggest(green, "poor", value=Decimal(5))
    unknown = suggest(green, "unknown", value=None)
    soon = suggest(green, "soon", value=Decimal(1), hours=5)
    suggest(green, "asleep", snoozed_until=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    suggest(green, "late", hours=-1)
    with use_shop(green):
        assert list(open_queue()) == [soon, rich, poor, unknown]
        assert (waiting().count, waiting().worth, waiting().first_deadline) == (4, 506, soon.deadline_at)


def test_a_row_says_what_until_when_worth_what_and_why(morning: Cast, milk: Suggestion) -> None:
    html = morning.client().get(LIST).content.decode()
    for words in ("Order 48 Green Grocer milk 2 L", "Green Grocer Farm closes 11:00", "€61.00", "€40.00 to €80.00",
                  "Runs out about noon tomorrow.", "Costs €52.80 now", "Add to order", "1 waiting"):  # fmt: skip
        assert words in html, words


def test_accepting_with_an_own_quantity_swaps_the_row_and_tells(morning: Cast, milk: Suggestion, act: Ledger) -> None:
    url = f"{ONE}{milk.pk}/accept/"
    response = morning.client().post(url, {"quantity": "36"}, headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 200 and "<html" not in html
    assert "Added to order, 36 of them:" in html and "autofocus>Undo" in html and "See the order" in html
    assert 'hx-swap-oob="innerHTML:#say"' in html and "0 waiting" in html
    assert act.done == {milk.pk: Decimal(36)}
    again = morning.client().post(url, {"quantity": "36"}, headers=HTMX)
    assert "Added to order" in again.content.decode() and len(act.done) == 1


def test_without_scripts_a_press_leads_to_the_decision_and_undo_brings_it_back(
    morning: Cast, milk: Suggestion, act: Ledger
) -> None:
    client = morning.client()
    response = client.post(f"{ONE}{milk.pk}/accept/", {"quantity": "48"}, follow=True)
    assert "Added to order:" in response.content.decode() and "Undo" in response.content.decode()
    response = client.post(f"{ONE}{milk.pk}/undo/", follow=True)
    assert "Add to order" in response.content.decode()
    assert act.done == {} and now(milk).state == "open"


def test_dismissing_with_a_reason_and_sleeping(morning: Cast, milk: Suggestion) -> None:
    client = morning.client()
    html = client.post(f"{ONE}{milk.pk}/dismiss/", {"reason": "wrong_data"}, headers=HTMX).content.decode()
    assert "Dismissed (the figures are wrong):" in html
    client.post(f"{ONE}{milk.pk}/undo/")
    html = client.post(f"{ONE}{milk.pk}/snooze/", {"until": "2026-03-20T10:00+00:00"}, headers=HTMX).content.decode()
    assert "Asleep until Fri 20 Mar 10:00:" in html and "Undo" in html
    assert "Order 48" not in client.get(LIST).content.decode()
    assert "Order 48" in client.get(f"{LIST}?state=asleep").content.decode()


@pytest.mark.parametrize(
    ("verb", "data", "words"),
    [
        ("accept", {"quantity": "many"}, "Write the quantity as a number"),
        ("accept", {"quantity": "-3"}, "above 0"),
        ("accept", {"quantity": "NaN"}, "Write the quantity as a number"),
        ("accept", {"quantity": "1e30"}, "Write the quantity as a number"),
        ("snooze", {"until": "soon"}, "Choose one of the times"),
        ("snooze", {"until": "2026-03-20T12:00+00:00"}, "after its deadline"),
        ("dismiss", {"reason": "mood"}, "Choose one of the reasons"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    morning: Cast, milk: Suggestion, verb: str, data: dict[str, str], words: str
) -> None:
    for headers in (HTMX, {}):
        response = morning.client().post(f"{ONE}{milk.pk}/{verb}/", data, headers=headers)
        assert response.status_code == 422 and words in response.content.decode()
    assert now(milk).state == "open"


def test_only_who_decides_has_buttons_and_only_who_sees_costs_sees_worth(
    morning: Cast, milk: Suggestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = client_of(make_member(shop=morning.green, role=Role.ANALYST))
    html = analyst.get(LIST).content.decode()
    assert "€61.00" in html and "Add to order" not in html
    assert analyst.post(f"{ONE}{milk.pk}/accept/").status_code == 403
    assert "Undo" not in analyst.get(f"{ONE}{milk.pk}/").content.decode()
    without = roles.CAPABILITIES[Role.ANALYST] - {Can.SEE_COST}
    monkeypatch.setitem(roles.CAPABILITIES, Role.ANALYST, without)
    for path in (LIST, f"{ONE}{milk.pk}/", f"{ONE}{milk.pk}/evidence/"):
        html = analyst.get(path).content.decode()
        assert not any(words in html for words in ("€61", "52.80", "€7.20", "€40.00")), path


def test_the_evidence_draws_stock_and_says_what_it_means(morning: Cast) -> None:
    made = suggest(morning.green, run=forecast_run(morning.green, dt.date(2026, 3, 19)))
    html = morning.client().get(f"{ONE}{made.pk}/evidence/", headers=HTMX).content.decode()
    for words in ("Stock if nothing is ordered", "Expected to run out on Sun 22 Mar", "sales up to Thu 19 Mar",
                  "Goods ordered now come on Sun 22 Mar", "21 (17 to 26)", "€7.20"):  # fmt: skip
        assert words in html, words


@pytest.mark.parametrize(
    "broken",
    [
        {}, [], {"facts": "x"}, {"facts": [1, {"label": ""}]}, {"projection": [1]},
        {"projection": {"first_date": "x", "stock": [1, 2], "low": [1, 2], "high": [1, 2]}},
        {"projection": {"first_date": "2026-03-20", "stock": [1, 2], "low": [1], "high": [1, "NaN"]}},
        {"facts": [{"label": "<script>alert(1)</script>", "value": {"a": 1}, "unit": "money"}]},
    ],
)  # fmt: skip
def test_odd_evidence_is_left_out_and_inert(morning: Cast, broken: Any) -> None:
    made = suggest(morning.green, evidence=broken)
    response = morning.client().get(f"{ONE}{made.pk}/evidence/", headers=HTMX)
    assert response.status_code == 200 and "<script>alert" not in response.content.decode()


def test_every_state_has_its_list_and_its_file(morning: Cast) -> None:
    green = morning.green
    for state in ("accepted", "dismissed", "expired", "replaced"):
        suggest(green, state, state=state, title=f"Was {state}", decided_at=dt.datetime.now(dt.UTC))
    suggest(green, "past", hours=-1, title="Ran out of time")
    client = morning.client()
    for state in ("accepted", "dismissed", "expired", "all"):
        html = client.get(f"{LIST}?state={state}").content.decode()
        assert state == "all" or f"Was {state}" in html
        assert ("Ran out of time" in html) == (state in {"expired", "all"})
    text = client.get(f"{LIST}?state=all&kind=reorder&export=csv").content.decode()
    assert text.startswith("\ufeffsuggestion,kind,state") or "suggestion,kind,state" in text
    assert text.count("\n") == 6
    assert "Nothing to decide" in client.get(LIST).content.decode()


def test_another_shops_decision_is_not_there(morning: Cast) -> None:
    foreign = suggest(morning.rival)
    client = morning.client()
    for verb in ("", "evidence/"):
        assert client.get(f"{ONE}{foreign.pk}/{verb}").status_code == 404
    for verb in ("accept", "dismiss", "snooze", "undo"):
        assert client.post(f"{ONE}{foreign.pk}/{verb}/").status_code == 404
    assert "Rival" not in client.get(f"{LIST}?state=all").content.decode()


def test_queries_do_not_grow_with_decisions(morning: Cast, queries: Any) -> None:
    suggest(morning.green)
    few = queries(morning.client(), LIST)
    for number in range(12):
        suggest(morning.green, f"k{number}", hours=number)
    assert queries(morning.client(), LIST) == few


@pytest.mark.parametrize("asked", ["kind=%00", "state=%00&kind=x%00y&page=%00", "state=nothing&page=9999", "page=-1"])
def test_odd_addresses_show_a_list(morning: Cast, milk: Suggestion, asked: str) -> None:
    assert morning.client().get(f"{LIST}?{asked}").status_code == 200
