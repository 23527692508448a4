"""What every answer carries: headers, request id, compression; what the log keeps; what refusals show."""

import gzip
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from shop.logs import JsonFormatter
from shop.views import settings as settings_view
from tests import factories

PRIVATE = "/s/green/settings/"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the log holds, as it is written in production."""
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that fails with somebody's address in the error."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no such customer: dora@shops.example\r\nforged: line")

    monkeypatch.setattr(settings_view, "ShopSettings", fail)


def clients(cast: factories.Cast) -> dict[str, Client]:
    careful = cast.client()
    careful.raise_request_exception = False
    return {"owner": careful, "cashier": cast.client(cast.bob), "stranger": Client()}


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("stranger", "/", 200),
        ("stranger", "/accounts/login/", 200),
        ("stranger", "/nothing/here/", 404),
        ("stranger", "/join/nonsense/", 410),
        ("stranger", "/healthz", 200),
        ("stranger", "/readyz", 200),
        ("stranger", PRIVATE, 302),
        ("stranger", "/static/css/app.css", 200),
        ("cashier", PRIVATE, 403),
        ("owner", "/s/rival/settings/", 404),
        ("owner", "/s/green/settings/members/", 200),
        ("owner", PRIVATE, 500),
    ],
)
def test_every_answer_is_guarded(cast: factories.Cast, broken: None, who: str, path: str, status: int) -> None:
    answer = clients(cast)[who].get(path)
    assert answer.status_code == status and b"".join(answer) is not None
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_pages_of_a_shop_are_kept_by_no_cache(cast: factories.Cast) -> None:
    assert "no-store" in cast.client().get(PRIVATE).headers["Cache-Control"]


def test_request_id_is_taken_over_where_it_is_safe(db: None) -> None:
    def sent(given: str) -> str:
        return str(Client().get("/healthz", HTTP_X_REQUEST_ID=given).headers["X-Request-ID"])

    assert sent("abc-12345678") == "abc-12345678"
    for unsafe in ("short", "x" * 65, "two words of it", "a\r\nb: c12345"):
        assert re.fullmatch(r"[0-9a-f]{32}", sent(unsafe))


def test_pages_are_compressed(db: None) -> None:
    answer = Client().get("/", HTTP_ACCEPT_ENCODING="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"Aisle" in gzip.decompress(answer.content)


def test_health_needs_no_session(db: None) -> None:
    for path in ("/healthz", "/readyz"):
        answer = Client().get(path)
        assert answer.json()["status"] == "ok" and not answer.cookies


# --- The log --------------------------------------------------------------------------------------------------


def test_log_says_which_request_in_which_shop(cast: factories.Cast, log: io.StringIO) -> None:
    answer = cast.client().get(PRIVATE)
    line = json.loads(log.getvalue().splitlines()[-1])
    assert line["request"] == answer.headers["X-Request-ID"]
    assert (line["mounted"], line["route"], line["status"]) == ("green", "settings/", 200)


def test_log_keeps_no_address_query_or_secret(cast: factories.Cast, broken: None, log: io.StringIO) -> None:
    owner = clients(cast)["owner"]
    owner.get(f"{PRIVATE}?q=dora@shops.example&search=aubergine")
    owner.get("/s/green/nothing/aubergine/?q=dora@shops.example")
    owner.post("/s/green/settings/members/invite/", {"email": "dora@shops.example", "role": "clerk"})
    Client().get("/join/aubergine/")
    Client().post("/accounts/login/", {"login": "dora@shops.example", "password": "aubergine"})
    Client(enforce_csrf_checks=True).post("/accounts/login/?next=/aubergine", {"login": "dora@shops.example"})
    kept = log.getvalue()
    assert kept.count("\n") >= 6
    assert "RuntimeError" in kept  # the failure itself is there
    for secret in ("dora", "aubergine"):
        assert secret not in kept


def test_log_lines_cannot_be_forged(cast: factories.Cast, broken: None, log: io.StringIO) -> None:
    clients(cast)["owner"].get(PRIVATE, HTTP_X_REQUEST_ID="a\r\nforged")
    for line in log.getvalue().splitlines():
        assert json.loads(line)["at"]


# --- Refusals -------------------------------------------------------------------------------------------------


def plain(answer: Any) -> str:
    return re.sub(r"[A-Za-z0-9]{64}", "token", answer.content.decode())


def test_unknown_and_foreign_shop_are_the_same_page(cast: factories.Cast) -> None:
    unknown, foreign = cast.client().get("/s/nowhere/settings/"), cast.client().get("/s/rival/settings/")
    assert (unknown.status_code, foreign.status_code) == (404, 404)
    assert plain(unknown) == plain(foreign)
    kept = [{k: v for k, v in a.headers.items() if k not in {"X-Request-ID", "Set-Cookie"}} for a in (unknown, foreign)]
    assert kept[0] == kept[1]


def test_strangers_learn_nothing_about_shops(cast: factories.Cast) -> None:
    for slug in ("green", "rival", "nowhere"):
        assert Client().get(f"/s/{slug}/settings/").headers["Location"] == f"/accounts/login/?next=/s/{slug}/settings/"


def test_failure_page_tells_nothing(cast: factories.Cast, broken: None) -> None:
    page = clients(cast)["owner"].get(PRIVATE).content.decode()
    for secret in ("RuntimeError", "dora", "/work", "site-packages", "Traceback", "settings.py"):
        assert secret not in page


def test_htmx_with_an_ended_session_goes_to_sign_in_and_back_to_the_page(cast: factories.Cast) -> None:
    answer = Client().get(
        "/s/green/settings/members/",
        HTTP_HX_REQUEST="true",
        HTTP_HX_CURRENT_URL="http://testserver/s/green/settings/?country=DE",
    )
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Fs%2Fgreen%2Fsettings%2F%3Fcountry%3DDE"
    foreign = Client().get(PRIVATE, HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="https://evil.example/x")
    assert foreign.headers["HX-Redirect"] == "/accounts/login/?next=%2Fs%2Fgreen%2Fsettings%2F"


def test_refusal_shown_by_htmx_takes_the_whole_content(cast: factories.Cast) -> None:
    path = "/s/green/settings/members/0/remove/"
    answer = cast.client().post(path, HTTP_HX_REQUEST="true", HTTP_REFERER="http://testserver/s/green/settings/")
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#main"
    assert 'href="http://testserver/s/green/settings/"' in answer.content.decode()


def test_go_back_leads_to_our_own_pages_only(cast: factories.Cast) -> None:
    answer = cast.client().post("/s/green/settings/members/0/remove/", HTTP_REFERER="https://evil.example/")
    assert "evil" not in answer.content.decode()
