"""The access matrix of the till API: every endpoint, by every kind of key there is."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop import devices
from shop.access import DEVICE as DEVICE_MARK
from shop.access import PUBLIC, access_of
from shop.models import DeviceKey
from shop.scope import use_shop
from tests.contracts import shelf
from tests.contracts.api_table import ANYBODY, API, DEVICE, Endpoint
from tests.contracts.shelf import Shelf
from tests.contracts.test_access import digest_of_everything
from tests.contracts.urlmap import ROOT, urls
from tests.factories import Cast, make_till, till_client

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"
WITH_KEY = [name for name, endpoint in API.items() if endpoint.needs == DEVICE]
WITH_ROW = [name for name, endpoint in API.items() if endpoint.row]


def test_every_endpoint_is_in_the_table_and_the_table_has_no_other() -> None:
    of_the_api = {url.name: url for url in urls(ROOT) if url.name.startswith("api:")}
    assert set(of_the_api) == set(API)
    for name, url in of_the_api.items():
        assert access_of(url.view) == (DEVICE_MARK if API[name].needs == DEVICE else PUBLIC), name
        assert not url.route.endswith("/"), name


def call(client: Client, name: str, things: Shelf, row: Any = None, method: str = "") -> Any:
    """The endpoint as the table calls it, with another row's id where one is given."""
    endpoint: Endpoint = API[name]
    if row is None and endpoint.row:
        row = endpoint.row(things)
    address = reverse(name, args=[row] if row is not None else None)
    client.raise_request_exception = False
    if (method or endpoint.method) == "get":
        return client.get(address, endpoint.query(things) if endpoint.query else {})
    body = endpoint.body(things) if endpoint.body else None
    sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return getattr(client, method or endpoint.method)(address, **sent)


def said(answer: Any, *ids: Any) -> dict[str, Any]:
    """A problem without what is new in each: the request's id, and the ids that were asked for."""
    assert answer.headers["Content-Type"] == PROBLEM
    text = answer.content.decode()
    for each in ids:
        text = text.replace(str(each), "(id)")
    return json.loads(text) | {"request_id": ""}


@pytest.mark.parametrize("name", API)
def test_the_right_key_opens(cast: Cast, name: str) -> None:
    things = shelf.fill(cast.green)
    client = Client() if API[name].needs == ANYBODY else till_client(make_till(cast.green)[1])
    answer = call(client, name, things)
    assert answer.status_code in API[name].answers, answer.content
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", WITH_KEY)
def test_a_wrong_key_learns_nothing(cast: Cast, name: str) -> None:
    """Missing, garbage, wrong by a letter, run out: one answer, word for word, and nothing changes."""
    things = shelf.fill(cast.green)
    till, key = make_till(cast.green)
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    _, old = make_till(cast.green, "Old")
    DeviceKey.objects.filter(secret_hash=devices.hash_of(old)).update(ends_at=timezone.now() - dt.timedelta(seconds=1))
    with use_shop(cast.green):
        before = digest_of_everything()
        answers = [call(Client(), name, things)]
        answers += [call(till_client(each), name, things) for each in ("x", wrong, "aisle_" + "a" * 52, old)]
        assert digest_of_everything() == before
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert len({json.dumps(said(answer)) for answer in answers}) == 1
    assert "Green" not in answers[0].content.decode()


@pytest.mark.parametrize("name", WITH_KEY)
def test_a_revoked_key_learns_nothing(cast: Cast, name: str) -> None:
    things = shelf.fill(cast.green)
    till, key = make_till(cast.green)
    with use_shop(cast.green):
        devices.revoke(till.device_id, by="alice@shops.example")
        before = digest_of_everything()
        answer = call(till_client(key), name, things)
        assert digest_of_everything() == before
    assert answer.status_code == 403
    told = said(answer)
    assert set(told) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert "Green" not in answer.content.decode() and "Front" not in answer.content.decode()


@pytest.mark.parametrize("name", WITH_KEY)
def test_another_shops_key_learns_nothing(cast: Cast, name: str) -> None:
    """Our ids are to another shop what a made-up id is, and nothing of ours changes."""
    things, endpoint = shelf.fill(cast.green), API[name]
    client = till_client(make_till(cast.rival)[1])
    with use_shop(cast.green):
        before = digest_of_everything()
    foreign = call(client, name, things)
    with use_shop(cast.green):
        # The door tables hold both shops' keys: of these the rival's own may have changed.
        assert name == "api:device_rotate" or digest_of_everything() == before
    assert "Green" not in foreign.content.decode()
    if endpoint.row:
        mine, nobodys = endpoint.row(things), uuid.uuid4()
        made_up = call(client, name, things, row=nobodys)
        assert foreign.status_code == made_up.status_code == endpoint.of_nobody
        if foreign.status_code >= 400:
            assert said(foreign, mine) == said(made_up, nobodys)


@pytest.mark.parametrize("name", API)
def test_other_methods_are_refused(cast: Cast, name: str) -> None:
    things = shelf.fill(cast.green)
    client = till_client(make_till(cast.green)[1])
    for method in ("put", "patch", "delete", "post" if API[name].method == "get" else "get"):
        answer = call(client, name, things, method=method)
        assert answer.status_code == 405, method
        assert answer.headers["Content-Type"] == PROBLEM
        assert API[name].method.upper() in answer.headers["Allow"]
