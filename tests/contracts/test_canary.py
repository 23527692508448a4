"""The canary crawl: every text column of both shops says whose it is; Green Grocer's owner then opens every page
there is, and no byte of Rival Market may be on any. Again with either wall taken away: one alone must hold."""

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection, models
from django.test import Client

from shop import walls
from shop.db.postgresql.base import as_owner
from shop.models import Shop
from shop.tenancy import ShopManager
from tests.contracts import shelf
from tests.factories import Cast

MOST_PAGES, FOR_ONE_WALL = 500, 130
LINK = re.compile(r"""(?:href|hx-get|src)=["']([^"'#]+)""")
# What the database or the product itself reads; a canary there would break the row, not show a leak.
KEPT = {
    "kind", "status", "action", "unit", "content_unit", "table", "source", "fingerprint", "role", "actor", "weekdays",
    "delivery_weekdays", "analysis", "provider", "pattern", "insights_searchentry.model",
    "secret", "what", "needs", "ending",
}  # fmt: skip

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_page_shows_a_byte_of_another_shop(planted: Cast) -> None:
    _crawl(planted)


def test_wall_two_alone_holds(planted: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manager no longer filters: only the database's policy is left."""
    monkeypatch.setattr(ShopManager, "get_queryset", lambda self: models.Manager.get_queryset(self))
    _crawl(planted, FOR_ONE_WALL)


def test_wall_one_alone_holds(planted: Cast) -> None:
    """No policy is enforced: only the manager (and the shop named in our own SQL) is left."""
    _row_security("disable")
    try:
        _crawl(planted, FOR_ONE_WALL)
    finally:
        _row_security("enable")


@pytest.fixture
def planted(committed_cast: Cast) -> Iterator[Cast]:
    for shop in (committed_cast.green, committed_cast.rival):
        shelf.fill(shop)
    with as_owner(), connection.cursor() as cursor:
        for shop in (committed_cast.green, committed_cast.rival):
            for model in walls.shop_owned_models():
                _plant(cursor, model, shop)
            cursor.execute("update shop_shop set name = %s where id = %s", [f"CANARY-{shop.slug}-shop", shop.pk])
    yield committed_cast


def _plant(cursor: object, model: type[models.Model], shop: Shop) -> None:
    """`CANARY-<shop>-<table>-<column>-<id>` into every text column, cut to its length from the right."""
    table = model._meta.db_table
    for field in model._meta.concrete_fields:
        if KEPT & {field.name, f"{table}.{field.name}"}:
            continue
        if isinstance(field, models.CharField | models.TextField) and not field.choices:
            most = field.max_length or 200
            text = f"'CANARY-{shop.slug}-' || id || '-{table}-{field.column}'"
            if isinstance(field, models.EmailField):
                text = f"'CANARY-{shop.slug}-' || id || '@shops.example'"
            cursor.execute(
                f'update "{table}" set "{field.column}" = left({text}, {most}) where shop_id = %s', [shop.pk]
            )


def _crawl(cast: Cast, most: int = MOST_PAGES) -> None:
    client = cast.client(cast.alice)
    waiting, seen, own = deque(["/s/green/", "/s/green/admin/"]), set[object](), set[str]()
    pages = 0
    while waiting and pages < most:
        path = waiting.popleft()
        if _alike(path) in seen:
            continue
        seen.add(_alike(path))
        body = _open(client, path)
        pages += 1
        assert "CANARY-rival" not in body, f"{path} shows another shop: {_around(body)}"
        own |= set(re.findall(r"CANARY-green-\d+-(\w+?)-", body))
        waiting.extend(link for link in map(unescape, LINK.findall(body)) if link.startswith("/s/green/"))
    assert pages >= 40, "the crawl found too few pages to prove anything"
    assert len(own) >= 8, f"the crawl saw too few of the shop's own canaries to prove anything: {sorted(own)}"


def _open(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code < 500, path
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace")


def _alike(path: str) -> object:
    """Pages that differ only in sorting or paging are one page."""
    parts = urlsplit(path)
    query = tuple(
        sorted((key, "" if key in {"o", "p", "page", "sort"} else value) for key, value in parse_qsl(parts.query))
    )
    return parts.path, query


def _around(body: str) -> str:
    at = body.index("CANARY-rival")
    return body[max(0, at - 80) : at + 80]


def _row_security(state: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        for model in walls.shop_owned_models():
            cursor.execute(f'alter table "{model._meta.db_table}" {state} row level security')
