"""What every endpoint of the till API shares: the lane, problems, strict bodies, limits, repeated work."""

import asyncio
import json
import logging
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from psycopg import errors
from pydantic import BaseModel, ValidationError

from shop import devices
from shop.api import bodies, problems, server, throttle
from shop.api.types import Money, Quantity
from shop.models import Shop
from tests.factories import Cast, make_till, till_client

PROBLEM = "application/problem+json"
DEVICE = "/api/v1/device"


def run_apart(work: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: a browser's event loop may be at work in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture(autouse=True)
def full_buckets() -> None:
    throttle._buckets.clear()


# --- The lane -----------------------------------------------------------------------------------------------
def test_a_till_learns_who_it_is(cast: Cast) -> None:
    till, key = make_till(cast.green)
    answer = till_client(key).get(DEVICE)
    assert answer.status_code == 200, answer.content
    assert answer.json()["device"] == {"id": till.device_id, "name": "Front"}
    assert answer.json()["shop"]["name"] == "Green Grocer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.cookies == {}
    assert "Content-Security-Policy" in answer.headers


def test_what_goes_wrong_is_a_problem(cast: Cast) -> None:
    _, key = make_till(cast.green)
    client = till_client(key)
    for method, path, status in (
        ("get", "/api/v1/nowhere", 404),
        ("get", "/api/", 404),
        ("get", f"{DEVICE}/", 404),
        ("delete", DEVICE, 405),
        ("get", f"{DEVICE}?key={key}", 400),
        ("get", f"/api/v1/sales/{key}", 400),
        ("get", "/api/v1/shifts/current?x=\x00", 200),
    ):
        answer = getattr(client, method)(path)
        assert answer.status_code == status, path
        assert status < 400 or answer.headers["Content-Type"] == PROBLEM
        assert status < 400 or answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert client.get(DEVICE, headers={"Host": "evil.example"}).status_code == 400


def test_a_key_sent_in_the_open_is_not_used(cast: Cast, settings: Any) -> None:
    """No redirect: it would hide that the key has been readable on the way."""
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    _, key = make_till(cast.green)
    answer = till_client(key).get(DEVICE)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/https-needed")
    secure = till_client(key).get(DEVICE, secure=True)
    assert secure.status_code == 200
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=60")


def test_a_bug_is_a_problem_that_says_nothing(cast: Cast, monkeypatch: Any) -> None:
    _, key = make_till(cast.green)
    monkeypatch.setattr("shop.api.devices._said", lambda till: 1 / 0)
    client = till_client(key)
    client.raise_request_exception = False
    answer = client.get(DEVICE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, PROBLEM)
    assert "Zero" not in answer.content.decode() and "shop/" not in answer.content.decode()


def test_the_log_says_who_and_what_but_no_person(cast: Cast, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "aisle.request")
    till, key = make_till(cast.green)
    till_client(key).get("/api/v1/customers", {"code": "C1"})
    record = vars(next(r for r in caplog.records if r.name == "aisle.request"))
    assert {name: record[name] for name in ("route", "method", "status", "shop", "device")} == {
        "route": "api/v1/customers",
        "method": "GET",
        "status": 200,
        "shop": cast.green.pk,
        "device": till.device_id,
    }
    assert "C1" not in str(record)


# --- Other web addresses ------------------------------------------------------------------------------------
def test_only_addresses_the_shop_allows_may_read(cast: Cast) -> None:
    Shop.objects.filter(pk=cast.green.pk).update(api_origins="https://till.example\nhttp://localhost:3000")
    green, rival = till_client(make_till(cast.green)[1]), till_client(make_till(cast.rival)[1])
    ours = {"Origin": "https://till.example"}
    assert green.get(DEVICE, headers=ours).headers["Access-Control-Allow-Origin"] == "https://till.example"
    assert "Origin" in green.get(DEVICE, headers=ours).headers["Vary"]
    for client, origin in ((rival, "https://till.example"), (green, "https://till.example.evil"), (green, "null")):
        assert "Access-Control-Allow-Origin" not in client.get(DEVICE, headers={"Origin": origin}).headers
    asked = Client().options(DEVICE, headers=ours)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "https://till.example")
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    for origin in ("https://till", "https://evil.example", "*", ""):
        refused = Client().options(DEVICE, headers={"Origin": origin})
        assert refused.status_code == 403 and "Access-Control-Allow-Origin" not in refused.headers


# --- How often ----------------------------------------------------------------------------------------------
def test_a_till_that_asks_too_often_waits_and_no_other_does(cast: Cast, settings: Any) -> None:
    settings.API_BURST, settings.API_RATE = 5, 0
    busy, other = till_client(make_till(cast.green)[1]), till_client(make_till(cast.green, "Side")[1])
    assert [busy.get(DEVICE).status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert busy.get(DEVICE).headers["Retry-After"] == "1"
    assert other.get(DEVICE).status_code == 200


# --- Bodies -------------------------------------------------------------------------------------------------
def posted(content: bytes, content_type: str = "application/json", **headers: str) -> HttpRequest:
    return RequestFactory().generic("POST", "/", content, content_type, headers=headers)


@pytest.mark.parametrize(
    "content",
    [
        b" ",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b"NaN",
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": ["\\ud800"]}',
        b'"a\nb"',
        b"[" * 100_000,
        b"9" * 10_000,
        b"{} {}",
    ],
)
def test_what_is_not_plain_json_is_refused(content: bytes) -> None:
    with pytest.raises(bodies.BodyRefused):
        bodies.read_json(posted(content))


def test_types_and_sizes_are_checked_first() -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""):
        with pytest.raises(bodies.WrongType):
            bodies.read_json(posted(b"{}", content_type))
    with pytest.raises(bodies.WrongType):
        bodies.read_json(posted(b"{}", **{"Content-Encoding": "gzip"}))
    with pytest.raises(bodies.TooBig):
        bodies.read_json(posted(b" " * (bodies.MOST_BYTES + 1)))
    assert bodies.read_json(posted(b'"' + b"x" * (bodies.MOST_BYTES - 2) + b'"'))


def test_what_is_plain_json_is_read() -> None:
    read = bodies.read_json(
        posted('{"a": "é \\u00e9 \\ud83c\\udf4e", "b": 1.5, "c": null}'.encode(), "application/json; charset=utf-8")
    )
    assert read == {"a": "é é 🍎", "b": 1.5, "c": None}


class Priced(BaseModel):
    price: Money
    quantity: Quantity = Decimal(1)


def test_money_is_text_in_and_out() -> None:
    assert Priced.model_validate({"price": "-3.50"}).model_dump(mode="json") == {"price": "-3.50", "quantity": "1"}
    assert Priced(price=Decimal("1E+3")).model_dump(mode="json")["price"] == "1000"
    for wrong in (3.5, 3, True, None, "", "3,50", "1e3", "NaN", " 1", "1 ", "+1", "0x1", "1.23456", "12345678901", "٣"):
        with pytest.raises(ValidationError) as caught:
            Priced.model_validate({"price": wrong})
        assert problems.pointed(caught.value) == [
            {"pointer": "/price", "detail": "Write this as text, such as “3.50”."}
        ]


# --- Trouble that passes ------------------------------------------------------------------------------------
class Away:
    """The database fails this many times, then works."""

    def __init__(self, times: int, kind: type[Exception] = errors.AdminShutdown) -> None:
        self.left, self.kind = times, kind

    def __call__(self, execute: Any, *call: Any) -> Any:
        if self.left:
            self.left -= 1
            raise OperationalError("connection lost") from self.kind("connection lost")
        return execute(*call)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "kind", [errors.AdminShutdown, errors.DeadlockDetected, errors.LockNotAvailable, errors.DiskFull]
)
def test_trouble_that_passes_is_tried_once_more(committed_cast: Cast, kind: type[Exception]) -> None:
    client = till_client(make_till(committed_cast.green)[1])
    with connection.execute_wrapper(Away(1, kind)):
        assert client.get(DEVICE).status_code == 200
    with connection.execute_wrapper(Away(99, kind)):
        answer = client.get(DEVICE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.headers["Content-Type"] == PROBLEM
    assert "connection lost" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_repeated_is_not(committed_cast: Cast) -> None:
    till, key = make_till(committed_cast.green)
    with connection.execute_wrapper(Away(1)):
        assert till_client(key).post("/api/v1/device:rotate").status_code == 503
    assert devices.till_of(key) == till


# --- The server ---------------------------------------------------------------------------------------------
def the_application() -> Any:
    """Made with the settings of tests, which need no folder of collected static files."""
    from shop.asgi import application

    return application


def served(
    path: str, headers: dict[str, str], parts: list[bytes], method: str = "POST"
) -> tuple[int, dict[str, str], bytes]:
    """What the ASGI application sends for a request that comes in these parts."""
    application = the_application()
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *((n.lower().encode(), v.encode()) for n, v in headers.items())],
        "client": ("127.0.0.1", 1),
    }
    coming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    coming.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[Any] = []

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    run_apart(application(scope, receive, send))
    got = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], got, b"".join(message["body"] for message in sent[1:])


@pytest.mark.django_db(transaction=True)
def test_the_server_answers_in_threads_of_its_own(committed_cast: Cast) -> None:
    _, key = make_till(committed_cast.green)
    status, headers, content = served(DEVICE, {"Authorization": f"Bearer {key}"}, [], "GET")
    assert (status, headers["content-length"]) == (200, str(len(content)))
    assert json.loads(content)["shop"]["name"] == "Green Grocer"
    assert served(DEVICE, {"Authorization": f"Bearer {key}"}, [], "HEAD")[2] == b""
    assert the_application().threads._threads, "Django's own way was not used"


@pytest.mark.django_db(transaction=True)
def test_the_server_reads_no_more_than_it_may(committed_cast: Cast) -> None:
    _, key = make_till(committed_cast.green)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    status, _, content = served("/api/v1/sales", headers, [b"[" * 400_000] * 20)
    assert (status, json.loads(content)["type"]) == (413, "/problems/too-big")
    status, _, content = served("/api/v1/sales", headers, [b'{"id":', b" 1}"])
    assert status == 422


def test_a_till_that_hangs_up_gets_no_answer() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    assert run_apart(server._body(receive)) is None
