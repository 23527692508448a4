"""Shifts over HTTP: what a till sends and what it is told."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client

from sales.models import Shift
from shop.models import Branch, Register, Shop
from shop.tenancy import use_shop
from tests.factories import Cast, make_till, till_client
from tests.sales.till_day import at, sell

BASE = "/api/v1/shifts"


@pytest.fixture
def till(cast: Cast) -> Client:
    return till_client(make_till(cast.green)[1])


def post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(f"{BASE}{path}", body, content_type="application/json", headers=headers)


def opening(**changed: Any) -> dict[str, Any]:
    told = {"id": str(uuid.uuid4()), "opened_at": at(8).isoformat(), "cashier": "Sam", "float": "100.00", "epoch": 1}
    return told | changed


def closing(**changed: Any) -> dict[str, Any]:
    told = {"closed_at": at(1).isoformat(), "cashier": "Sam", "counted": {"cash": "111.50", "Card": "5.00"}, "sales": 2}
    return told | {"first_seq": 1, "last_seq": 2} | changed


def register_of(cast: Cast) -> Register:
    with use_shop(cast.green):
        found: Register = Register.objects.select_related("branch__shop").order_by("id").first()
    return found


def test_a_shift_from_opening_to_z(cast: Cast, till: Client) -> None:
    assert till.get(f"{BASE}/current").json() == {"shift": None}
    told = opening()
    answer = post(till, "", told)
    assert (answer.status_code, answer.json()["float"], "Idempotency-Replayed" in answer) == (201, "100.00", False)
    assert till.get(f"{BASE}/current").json()["shift"] == answer.json()
    key = told["id"]
    with use_shop(cast.green):
        for seq, tender, gross in ((1, "cash", "12.00"), (2, "card", "5.00")):
            sell(register_of(cast), gross=gross, tender=tender, shift_key=uuid.UUID(key), epoch=1, seq=seq)
    cash = {
        "id": str(uuid.uuid4()),
        "kind": "paid_in",
        "amount": "1.00",
        "reason": "Coins",
        "moved_at": at(3).isoformat(),
    }
    assert post(till, f"/{key}/cash", cash).status_code == 201
    x = till.get(f"{BASE}/{key}/x").json()
    assert x["blind"] is True and "tenders" not in x["report"] and x["report"]["documents"] == 2
    assert till.get(f"{BASE}/{key}/z").status_code == 404
    closed = post(till, f"/{key}:close", closing())
    assert closed.status_code == 201 and closed.json()["z"]["number"] == 1
    assert closed.json()["z"]["report"]["over_short"] == "-1.50"
    z = till.get(f"{BASE}/{key}/z").json()
    assert z["report"] == closed.json()["z"]["report"] and z["now"]["reconciled"] is True
    with use_shop(cast.green):
        late = sell(register_of(cast), shift_key=uuid.UUID(key), epoch=1, seq=3)
    again = till.get(f"{BASE}/{key}/z").json()
    assert again["report"] == z["report"] and again["late_sales"] == [str(late.uuid)] and again["now"]["came"] == 3
    assert till.get(f"{BASE}/{key}/x").json()["blind"] is False
    assert till.get(f"{BASE}/current").json() == {"shift": None}


def test_repeats_are_answered_as_the_first_time(cast: Cast, till: Client) -> None:
    told = opening()
    cash = {"id": str(uuid.uuid4()), "kind": "drop", "amount": "1.00", "moved_at": at(3).isoformat()}
    steps = (("", told), (f"/{told['id']}/cash", cash), (f"/{told['id']}:close", closing()))
    first = [post(till, path, body) for path, body in steps]
    again = [post(till, path, body) for path, body in steps]
    assert [answer.status_code for answer in [*first, *again]] == [201] * 3 + [200] * 3
    assert [answer.json() for answer in first] == [answer.json() for answer in again]
    assert all(answer["Idempotency-Replayed"] == "true" for answer in again)
    for path, body in (
        ("", told | {"float": "1.00"}),
        (f"/{told['id']}/cash", cash | {"amount": "2.00"}),
        (f"/{told['id']}:close", closing(counted={"cash": "1.00"})),
    ):
        refused = post(till, path, body)
        assert refused.status_code == 409 and refused.json()["type"] == "/problems/shift-id-reused"
        assert refused["Content-Type"] == "application/problem+json"


def test_the_key_decides_the_till(cast: Cast, till: Client) -> None:
    told = opening()
    post(till, "", told)
    with use_shop(cast.green):
        Register.objects.create(branch=Branch.objects.order_by("-id").first(), name="Till 9")
    rival = till_client(make_till(cast.rival)[1])
    for path in ("x", "z"):
        assert rival.get(f"{BASE}/{told['id']}/{path}").status_code == 404
    assert rival.get(f"{BASE}/current").json() == {"shift": None}
    assert post(rival, "", told).status_code == 201, "another shop's ids are its own"
    with use_shop(cast.green):
        assert Shift.objects.count() == 1
    assert till_client("nonsense").get(f"{BASE}/current").status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("", {"float": 100.0}, "/float"),
        ("", {"float": "-1.00"}, "/float"),
        ("", {"float": "1.001"}, "/float"),
        ("", {"id": "one"}, "/id"),
        ("", {"opened_at": "2026-03-01T10:00:00"}, "/opened_at"),
        (":close", {"counted": {"cash": 3.5}}, "/counted/cash"),
        (":close", {"counted": [1]}, "/counted"),
        (":close", {"sales": -1}, "/sales"),
        ("/cash", {"kind": "tip"}, "/kind"),
        ("/cash", {"amount": "0"}, "/amount"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(till: Client, path: str, body: dict[str, Any], pointer: str) -> None:
    told = opening()
    cash = {"id": str(uuid.uuid4()), "kind": "drop", "amount": "1.00", "moved_at": at(3).isoformat()}
    whole = {"": told, ":close": closing(), "/cash": cash}[path] | body
    answer = post(till, f"/{told['id']}{path}" if path else "", whole)
    assert answer.status_code == 422 and pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_a_wrong_clock_is_put_right(cast: Cast, till: Client) -> None:
    slow = dt.timedelta(hours=3)
    told = opening(opened_at=(at(8) - slow).isoformat())
    answer = post(till, "", told, **{"X-Client-Time": (dt.datetime.now(dt.UTC) - slow).isoformat()})
    assert abs(dt.datetime.fromisoformat(answer.json()["opened_at"]) - at(8)) < dt.timedelta(minutes=1)
    repeat = post(till, "", told, **{"X-Client-Time": "yesterday"})
    assert repeat.status_code == 200 and repeat.json() == answer.json()


def test_another_key_than_the_id_is_refused(till: Client) -> None:
    told = opening()
    assert post(till, "", told, **{"Idempotency-Key": str(uuid.uuid4())}).status_code == 400
    assert post(till, "", told, **{"Idempotency-Key": told["id"]}).status_code == 201


def test_the_shop_may_let_the_till_see(cast: Cast) -> None:
    Shop.objects.filter(pk=cast.green.pk).update(blind_counts=False)
    till, told = till_client(make_till(cast.green)[1]), opening()
    post(till, "", told)
    x = till.get(f"{BASE}/{told['id']}/x").json()
    assert x["blind"] is False and x["report"]["tenders"][0]["expected"] == "100.00"
