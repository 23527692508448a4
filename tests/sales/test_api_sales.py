"""Sending sales through the till API: what is answered, and what is in the books then."""

import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db.utils import OperationalError
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Product, StockLevel, StockMovement
from sales import booking
from sales.models import DirtyDay, InboxItem, Payment, Sale, SaleLine
from shop.models import Branch, Register
from shop.tenancy import use_shop
from tests.factories import Cast, make_till, till_client
from tests.sales.tilling import CHOC, MILK, back

NAMES = {"id", "status", "receipt", "business_date", "total", "warnings"}


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


@pytest.fixture
def client(green: Any) -> Any:
    return till_client(make_till(green)[1])


def told(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "sold_at": timezone.now().isoformat(), "lines": list(lines) or [CHOC]} | more


def send(client: Any, document: Any, path: str = "sales", **headers: str) -> Any:
    return client.post(f"/api/v1/{path}", document, content_type="application/json", headers=headers)


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


# --- One sale -----------------------------------------------------------------------------------------------------
def test_a_sale_is_booked_whole_and_once(green: Any, client: Any) -> None:
    high_street, choc = Branch.objects.order_by("id")[0], Product.objects.get(sku="CHOC")
    inventory.count_stock(branch=high_street, counted={choc.pk: Decimal(10)}, by="alice")
    now = (timezone.now() + dt.timedelta(seconds=1)).isoformat()
    document = told(sold_at=now, receipt="R1", payments=[{"tender": "cash", "amount": "4.80"}])
    first = send(client, document)
    assert (first.status_code, set(first.json())) == (201, NAMES)
    again = send(client, document)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    sale, line = Sale.objects.get(), SaleLine.objects.get()
    assert (line.net, line.tax, line.cost, line.name) == (Decimal(4), Decimal("0.8"), Decimal("2.4"), choc.name)
    assert (sale.total, sale.source, sale.kind, sale.flags) == (Decimal("4.80"), "api", "sale", [])
    assert (Payment.objects.get().amount, DirtyDay.objects.count()) == (Decimal("4.80"), 1)
    assert StockLevel.objects.get().quantity == Decimal(8)
    movement = StockMovement.objects.get(kind="sale")
    assert (movement.source, movement.actor) == (f"sale:{document['id']}:1", "till Front")


def test_other_content_is_a_conflict_and_the_till_may_forget_it(client: Any) -> None:
    document = told()
    send(client, document)
    answer = send(client, document | {"lines": [MILK]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
    assert (answer.json()["type"], answer.json()["id"]) == ("/problems/sale-id-reused", document["id"])


def test_what_is_set_aside_is_accepted(client: Any) -> None:
    document = told(currency="USD")
    for _ in range(2):
        answer = send(client, document)
        assert (answer.status_code, answer.json()["type"]) == (202, "/problems/parked")
    assert answer.json()["id"] == document["id"]
    assert InboxItem.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"id": "7"}, "/id"),
        ({"id": "00000000-0000-0000-0000-000000000000"}, "/id"),
        ({"id": str(uuid.uuid1())}, "/id"),
        ({"sold_at": "2026-03-10T12:00:00"}, "/sold_at"),
        ({"sold_at": 1773144000}, "/sold_at"),
        ({"sold_at": "0001-01-01T00:00:00+14:00"}, "/sold_at"),
        ({"lines": []}, "/lines"),
        ({"lines": "CHOC"}, "/lines"),
        ({"lines": [CHOC] * 501}, "/lines"),
        ({"lines": [CHOC | {"quantity": 2}]}, "/lines/0/quantity"),
        ({"lines": [CHOC, CHOC | {"unit_price": 2.4}]}, "/lines/1/unit_price"),
        ({"lines": [CHOC | {"unit_price": "1e3"}]}, "/lines/0/unit_price"),
        ({"lines": [CHOC | {"unit_price": "NaN"}]}, "/lines/0/unit_price"),
        ({"lines": [CHOC | {"tax_rate": "23"}]}, "/lines/0/tax_rate"),
        ({"lines": [CHOC | {"net": "4"}]}, "/lines/0"),
        ({"lines": [CHOC | {"deposit_of": 1}]}, ""),
        ({"lines": [CHOC | {"restock": "no"}]}, "/lines/0/restock"),
        ({"lines": [{"quantity": "1"}]}, "/lines/0"),
        ({"lines": [back({"id": str(uuid.uuid4())}, 1, "1")]}, "/lines/0"),
        ({"payments": [{"tender": "", "amount": "1"}]}, "/payments/0/tender"),
        ({"seq": -1}, "/seq"),
        ({"seq": True}, "/seq"),
        ({"seq": 2**63}, "/seq"),
        ({"epoch": 2**31}, "/epoch"),
        ({"kind": "summary"}, "/kind"),
        ({"currency": "euro"}, "/currency"),
        ({"customer": {"name": "Ana"}}, "/customer/code"),
    ],
)
def test_what_is_no_sale_is_pointed_at_and_kept_by_the_till(client: Any, more: dict[str, Any], pointer: str) -> None:
    answer = send(client, told(**more))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-sale")
    assert pointer in pointers(answer)
    assert not Sale.objects.exists()
    item = InboxItem.objects.get()
    assert (item.kind, item.payload, len(item.fingerprint)) == ("refused", None, 64)


@pytest.mark.parametrize("body", [[], "sale", 7, None])
def test_what_is_no_object_is_no_sale(client: Any, body: Any) -> None:
    assert send(client, json.dumps(body)).status_code == 422


def test_sending_what_is_no_sale_again_makes_no_second_task(client: Any) -> None:
    document = told(lines=[])
    assert [send(client, document).status_code for _ in range(3)] == [422] * 3
    assert InboxItem.objects.count() == 1


def test_the_key_says_which_till_it_is_not_the_sale(green: Any, client: Any) -> None:
    register = Register.objects.get()
    mine = (
        {"register": register.pk},
        {"register": "till 1"},
        {"branch": register.branch_id},
        {"branch": "High Street"},
    )
    assert [send(client, told(**fields)).status_code for fields in mine] == [201] * 4
    for fields in ({"register": register.pk + 1}, {"register": "Till 2"}, {"branch": "Station"}):
        answer = send(client, told(**fields))
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-this-till")
        assert pointers(answer) == [f"/{next(iter(fields))}"]
    assert Sale.objects.count() == 4


def test_an_idempotency_key_is_the_id(client: Any) -> None:
    document = told()
    assert send(client, document, **{"Idempotency-Key": str(uuid.uuid4())}).status_code == 400
    assert not Sale.objects.exists()
    assert send(client, document, **{"Idempotency-Key": document["id"]}).status_code == 201


def test_the_tills_own_clock_is_put_right_by_what_it_says(client: Any) -> None:
    slow = timezone.now() - dt.timedelta(hours=3)
    answer = send(client, told(sold_at=slow.isoformat()), **{"X-Client-Time": slow.isoformat()})
    assert answer.json()["warnings"] == ["clock_skew"]
    assert abs(Sale.objects.get().sold_at - timezone.now()) < dt.timedelta(minutes=1)
    for nonsense in ("yesterday", "2026-03-10T12:00:00", ""):
        assert send(client, told(), **{"X-Client-Time": nonsense}).json()["warnings"] == []
    assert send(client, told(), **{"X-Client-Time": "0001-01-01T00:00:00Z"}).json()["warnings"] == [
        "clock_skew",
        "clock_odd",
    ]


# --- Many -----------------------------------------------------------------------------------------------------------
def test_every_sale_of_a_batch_has_its_own_result_in_order(client: Any) -> None:
    known, same = told(), told(CHOC, MILK)
    send(client, known)
    batch = [known, same, same, known | {"lines": [MILK]}, told(currency="USD"), told(lines=[]), 7, told(register=0)]
    answer = send(client, {"sales": batch})  # one sale, not a batch
    assert answer.status_code == 422
    answer = send(client, {"sales": batch}, "sales:batch")
    results = answer.json()["results"]
    assert answer.status_code == 200
    statuses = ["duplicate", "created", "duplicate", "conflict", "parked", "invalid", "invalid", "forbidden"]
    assert [result["status"] for result in results] == statuses
    assert [result["id"] for result in results[:6]] == [document["id"] for document in batch[:6]]
    assert results[2] == results[1] | {"status": "duplicate"}
    assert (results[5]["errors"][0]["pointer"], "total" in results[5]) == ("/lines", False)


@pytest.mark.parametrize("sales", [None, {}, [], [{}] * 101, "x"])
def test_a_batch_is_a_list_of_1_to_100(client: Any, sales: Any) -> None:
    answer = send(client, {"sales": sales}, "sales:batch")
    assert (answer.status_code, pointers(answer)) == (422, ["/sales"])


def test_a_batch_the_database_interrupts_says_what_is_done(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, written = [told() for _ in range(3)], booking.write
    monkeypatch.setattr(booking, "write", lambda *args, **more: fail_second(written, *args, **more))
    answer = send(client, {"sales": batch}, "sales:batch")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert [result["status"] for result in answer.json()["results"]] == ["created"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    monkeypatch.setattr(booking, "write", written)
    again = send(client, {"sales": batch}, "sales:batch").json()["results"]
    assert [result["status"] for result in again] == ["duplicate", "created", "created"]


def fail_second(written: Any, *args: Any, **more: Any) -> Any:
    if Sale.objects.exists():
        raise OperationalError("the connection is gone")
    return written(*args, **more)


def test_one_sale_the_database_interrupts_is_told_to_come_again(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    send(client, told())
    monkeypatch.setattr(booking, "write", lambda *args, **more: fail_second(None, *args, **more))
    answer = send(client, told())
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/try-again")
    assert "connection" not in answer.content.decode()


# --- Asking ---------------------------------------------------------------------------------------------------------
def test_a_document_is_shown_as_it_was_booked(client: Any) -> None:
    document = told(CHOC, receipt="R7", payments=[{"tender": "cash", "amount": "4.80"}], epoch=2, seq=5)
    send(client, document)
    shown = client.get(f"/api/v1/sales/{document['id']}").json()
    assert shown["lines"][0] | {"net": "4.0000", "tax": "0.8000", "quantity": "2.000", "line": 1} == shown["lines"][0]
    assert (shown["receipt"], shown["seq"], shown["payments"]) == ("R7", 5, [{"tender": "cash", "amount": "4.80"}])


def test_what_may_come_back_is_told_to_the_cent(client: Any) -> None:
    document = told(CHOC | {"quantity": "3", "discount": "0.01"}, payments=[{"tender": "cash", "amount": "7.19"}])
    send(client, document)
    asked = client.get(f"/api/v1/sales/{document['id']}/refundable").json()
    (line,) = asked["lines"]
    assert (line["left"], line["gives_back"], line["gives_back_all"]["gross"]) == (
        "3",
        {"net": "2.00", "tax": "0.40", "gross": "2.40"},
        "7.19",
    )
    assert asked["tenders"] == [{"tender": "cash", "amount": "7.19"}]


def test_a_foreign_sale_is_one_that_is_not_there(cast: Cast) -> None:
    document = told()
    assert send(till_client(make_till(cast.rival)[1]), document).status_code == 201
    mine = till_client(make_till(cast.green)[1])
    for path in ("", "/refundable"):
        foreign, random = (mine.get(f"/api/v1/sales/{id}{path}") for id in (document["id"], uuid.uuid4()))
        assert (foreign.status_code, random.status_code) == (404, 404)
        hidden = {"instance": "", "request_id": ""}
        assert foreign.json() | hidden == random.json() | hidden


def test_the_tills_count_is_told_with_its_gaps(client: Any) -> None:
    for epoch, numbers in ((1, (1, 2, 4, 8)), (2, (1, 2, 3)), (3, (3,))):
        send(client, {"sales": [told(epoch=epoch, seq=number) for number in numbers]}, "sales:batch")
    parked = told(epoch=2, seq=4, currency="USD")
    send(client, parked)
    state = client.get("/api/v1/sync-state").json()
    epochs = {each["epoch"]: each for each in state["epochs"]}
    assert (epochs[1]["missing"], epochs[1]["missing_count"], epochs[1]["contiguous_seq"]) == ([[3, 3], [5, 7]], 4, 2)
    assert (epochs[2]["missing"], epochs[2]["contiguous_seq"], epochs[2]["last_seq"]) == ([], 4, 4)
    assert (epochs[3]["missing"], epochs[3]["contiguous_seq"]) == ([[1, 2]], 0)
    assert (state["parked"], state["conflicts"]) == ([parked["id"]], [])


def test_another_till_has_a_count_of_its_own(cast: Cast) -> None:
    send(till_client(make_till(cast.green)[1]), told(epoch=1, seq=5))
    with use_shop(cast.green):
        other = Register.objects.create(branch=Branch.objects.order_by("id")[0], name="A till")
        assert other.pk
    assert till_client(make_till(cast.rival)[1]).get("/api/v1/sync-state").json()["epochs"] == []
