"""Thousands of calls that nobody would make: never a crash, every refusal a problem, every answer as described.

Half of the calls are made up from the API's own description, as it allows and as it forbids; the others were good until
something hostile was put in. API_CASES says how many at least; the gate makes a few hundred, the same each time.
"""

import copy
import json
import os
import sys
from typing import Any

import jsonschema
import pytest
import schemathesis
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from shop.api import schema
from tests.contracts import shelf
from tests.contracts.api_table import API
from tests.contracts.shelf import Shelf
from tests.factories import Cast, make_till, till_client

pytestmark = pytest.mark.django_db
CASES = int(os.environ.get("API_CASES", "480"))
DOCUMENT = json.loads(schema.document())
OPERATIONS = {found.ok().label: found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()}
WITH_BODY = [name for name, endpoint in API.items() if endpoint.body]
JSON, PROBLEM = "application/json", "application/problem+json"
NEVER_SAID = ("Traceback", "psycopg", "SELECT ", "INSERT ", "/shop/", "Rival")
OUR_ID = "e3e70682-c209-4cac-a29f-6fbed82c07cd"

HOSTILE: list[Any] = [
    "", " ", "\0", "a\0b", "\ud800", "\u202eabc", "é\u0301" * 50, "💥" * 300, "x" * 70_000, "' or 1=1 --", "%s%(x)s",
    "<script>alert(1)</script>", "../../etc/passwd", "null", "NaN", "Infinity", "1e400", "-0", "0.00001", "0.0000",
    "99999999999999999999", "9999999999.9999", "-9999999999.9999", "999999999.999", "-1", "0", "٣", "1_000",
    0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 1.5, -0.0, 1e308, True, False, None, [], {}, [[]], [None], {"": None},
    ["x"] * 600, "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-23:59",
    "1970-01-01T00:00:00+14:00", "2026-11-21T10:00:00", "2026-11-21", "2026-W47-6", "24:00", OUR_ID,
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", f"urn:uuid:{OUR_ID}",
    "EUR", "XXX", "€", "refund", "void", "exchange", "cash", "card", "web",
]  # fmt: skip
COMPANY = ["", "returns", "refund_of", "customer", "shift", "epoch", "seq", "register", "currency", "rounding", "total"]
HEADERS = {
    "Idempotency-Key": ["", OUR_ID, "x", "é", "x" * 5000],
    "X-Client-Time": ["", "now", "2026-11-21T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026"],
    "If-None-Match": ["", "*", '"x"', "é"],
    "Origin": ["null", "https://evil.example", "%s"],
    "X-Request-ID": ["", "\x7f" * 70, "<script>"],
    "Content-Encoding": ["gzip", "identity", ""],
    "Accept": ["text/html", "*/*;q=x", "application/json;version=2"],
    "Authorization": ["", "Bearer", "Bearer é", "Basic eDp5", "Bearer " + "x" * 5000, "bearer aisle_aaaaaaaa_x"],
}


def cases(share: int, things: int) -> Any:
    """How hypothesis goes about it: this share of all cases, spread over so many things.

    The shares come to more than all: of an endpoint that takes nothing only few different calls can be made.
    """
    return settings(
        max_examples=max(1, CASES * share // 100 // things),
        database=None,
        deadline=None,
        derandomize="API_CASES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def till(cast: Cast, settings: Any) -> Client:
    settings.API_RATE = settings.API_BURST = 10**9
    return till_client(make_till(cast.green)[1])


@pytest.fixture
def things(cast: Cast) -> Shelf:
    return shelf.fill(cast.green)


asked: list[str] = []


def ask(client: Client, method: str, path: str, **sent: Any) -> None:
    """One call; what a crash left behind is taken back, so that the next call is judged by itself."""
    asked.append(path)
    with transaction.atomic():
        judge(client.generic(method.upper(), path, **sent), method, path)


def judge(answer: Any, method: str, path: str) -> None:
    assert answer.status_code < 500
    assert answer.headers["X-Request-ID"]
    if method == "head":
        return
    content = answer.content.decode()
    assert not any(word in content for word in NEVER_SAID), content
    if answer.status_code >= 400 or answer.status_code == 202:  # 202: kept, and waiting for a person
        assert answer.headers["Content-Type"] == PROBLEM, content
        body = json.loads(content)
        jsonschema.validate(body, described("Problem"))
        assert body["status"] == answer.status_code
    elif answer.status_code != 304 and method != "options":
        check_shape(answer, method, path)


def check_shape(answer: Any, method: str, path: str) -> None:
    """A good answer has the shape its description promises."""
    route = "/" + answer.wsgi_request.resolver_match.route.replace("<uuid:", "{").replace(">", "}")
    operation = DOCUMENT["paths"].get(route, {}).get(method)
    if operation is None:
        return
    promised = operation["responses"][str(answer.status_code)]["content"][JSON]["schema"]
    jsonschema.validate(json.loads(answer.content), {**promised, "components": DOCUMENT["components"]})


def described(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


# --- Made up from the description ---------------------------------------------------------------------------
@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_calls_made_up_from_the_description(till: Client, label: str, mode: GenerationMode) -> None:
    operation = OPERATIONS[label]

    @cases(50, 2 * len(OPERATIONS))
    @given(operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        headers = {name: value for name, value in dict(case.headers or {}).items() if sendable(value)}
        headers.pop("Authorization", None)
        sent: dict[str, Any] = {"headers": headers, "query_params": {k: v for k, v in (case.query or {}).items()}}
        if isinstance(case.body, bytes):
            sent |= {"data": case.body, "content_type": JSON}
        elif case.media_type:
            sent |= {"data": json.dumps(case.body, default=str), "content_type": JSON}
        ask(till, case.method.lower(), case.formatted_path, **sent)

    call()


def sendable(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


# --- Good until something hostile was put in -----------------------------------------------------------------
@pytest.mark.parametrize("name", WITH_BODY)
def test_good_bodies_gone_bad(till: Client, things: Shelf, name: str) -> None:
    endpoint = API[name]
    path = reverse(name, args=[endpoint.row(things)] if endpoint.row else None)

    @cases(60, len(WITH_BODY))
    @given(st.data())
    def call(data: st.DataObject) -> None:
        body = copy.deepcopy(endpoint.body(things))  # type: ignore[misc]
        for _ in range(data.draw(st.integers(1, 3))):
            body = spoilt(body, data)
        text = json.dumps(body)
        ask(
            till,
            endpoint.method,
            path,
            data=text[: data.draw(st.sampled_from([None, None, None, 40]))],
            content_type=JSON,
        )

    call()


def spoilt(body: Any, data: st.DataObject) -> Any:
    """The body with one of its values replaced by a hostile one, left out, repeated or given company."""
    places = [((), body), *inside(body, ())]
    where, value = data.draw(st.sampled_from(places))
    how = data.draw(st.sampled_from(["replace", "replace", "replace", "drop", "repeat", "join"]))
    hostile = copy.deepcopy(data.draw(st.sampled_from(HOSTILE)))
    if not where:
        return hostile if how == "drop" else body
    parent = body
    for step in where[:-1]:
        parent = parent[step]
    if how == "replace":
        parent[where[-1]] = hostile
    elif how == "drop":
        del parent[where[-1]]
    elif isinstance(parent, list):
        parent += [copy.deepcopy(value) for _ in range(data.draw(st.sampled_from([1, 3, 501])))]
    elif how == "join":
        parent[data.draw(st.sampled_from(["", "returns", "refund_of", "customer", "shift", "epoch", "register"]))] = (
            hostile
        )
    return body


def inside(value: Any, where: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], Any]]:
    """Every value within, with the way to it."""
    steps: list[Any] = []
    if isinstance(value, dict):
        steps = list(value)
    elif isinstance(value, list):
        steps = list(range(min(len(value), 5)))
    return [found for step in steps for found in [((*where, step), value[step]), *inside(value[step], (*where, step))]]


@pytest.mark.parametrize("name", API)
def test_hostile_headers_queries_methods_and_bytes(till: Client, things: Shelf, name: str) -> None:
    endpoint = API[name]
    good = reverse(name, args=[endpoint.row(things)] if endpoint.row else None)
    texts = st.sampled_from([value for value in HOSTILE if isinstance(value, str) and "\ud800" not in value])

    @cases(15, len(API))
    @given(st.data())
    def call(data: st.DataObject) -> None:
        names = data.draw(st.sets(st.sampled_from(list(HEADERS)), max_size=2))
        headers = {each: data.draw(st.sampled_from(HEADERS[each])) for each in names}
        query = data.draw(
            st.dictionaries(st.sampled_from(["code", "sku", "cursor", "limit", "uuid", "q"]), texts, max_size=3)
        )
        body = data.draw(
            st.one_of(st.just(endpoint.body(things)) if endpoint.body else st.none(), st.binary(max_size=50))
        )
        sent = body if isinstance(body, bytes) else json.dumps(body)
        method = data.draw(st.sampled_from([endpoint.method] * 4 + ["head", "options", "put", "trace", "get", "post"]))
        content_type = data.draw(
            st.sampled_from([JSON, JSON, "text/plain", "application/json; charset=x", "a/b/c", "é"])
        )
        ask(till, method, good, data=sent, content_type=content_type, headers=headers, query_params=query)

    call()


def test_the_till_works_after_all_that(cast: Cast, till: Client, capsys: Any) -> None:
    """It sees its own shop; how many calls were made is printed for the bench."""
    assert till.get("/api/v1/device").json()["shop"]["name"] == "Green Grocer"
    if "API_CASES" in os.environ:
        with capsys.disabled():
            sys.stdout.write(f"\n{len(asked)} calls of the till API\n")
