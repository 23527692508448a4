"""Spike 2: a shop mounted at /s/<slug>/, two shops alternating, sync and async."""

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core import mail
from django.test import AsyncClient, Client
from django.urls import get_script_prefix, reverse

from inventory.models import Product
from shop import mount
from shop.scope import chosen_shop_id, use_shop
from tests.factories import Cast, make_member


def test_links_carry_the_shop_they_were_made_for(cast: Cast) -> None:
    alice, charlie = cast.client(cast.alice), cast.client(cast.charlie)
    for _ in range(3):
        for client, slug, other in ((alice, "green", "rival"), (charlie, "rival", "green")):
            body = client.get(f"/s/{slug}/admin/", follow=True).content.decode()
            assert f"/s/{slug}/admin/" in body
            assert f"/s/{other}/" not in body
    assert get_script_prefix() == "/"
    assert chosen_shop_id() is None


def test_static_files_have_one_address_for_every_shop(cast: Cast) -> None:
    body = cast.client().get("/s/green/admin/", follow=True).content.decode()
    assert 'href="/static/' in body
    assert "/s/green/static/" not in body


def test_admin_redirects_and_view_site_stay_in_the_shop(cast: Cast) -> None:
    client = cast.client()
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
    assert client.get("/s/green/admin").headers["Location"] == "/s/green/admin/"
    answer = client.get(f"/s/green/admin/inventory/product/{milk.pk}/")
    assert answer.headers["Location"] == f"/s/green/admin/inventory/product/{milk.pk}/change/"
    body = client.get("/s/green/admin/").content.decode()
    assert 'href="/s/green/"' in body, "view site leads to the shop"


def test_unknown_and_foreign_shops_are_the_same_404(cast: Cast) -> None:
    client = cast.client()
    unknown, foreign = client.get("/s/nowhere/admin/"), client.get("/s/rival/admin/")
    assert unknown.status_code == foreign.status_code == 404
    assert _without_token(unknown.content) == _without_token(foreign.content)
    assert {k: v for k, v in unknown.headers.items() if k != "X-Request-ID"} == {
        k: v for k, v in foreign.headers.items() if k != "X-Request-ID"
    }


def test_the_door_tells_nobody_which_shops_exist(cast: Cast) -> None:
    """Signed out, a known and an unknown shop both lead to sign-in."""
    for slug in ("green", "nowhere"):
        answer = Client().get(f"/s/{slug}/admin/")
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/accounts/login/?next=/s/{slug}/admin/"


def test_mailed_links_lead_outside_any_shop(cast: Cast) -> None:
    """Asked for from a page inside a shop, the reset link still has the root's address."""
    with use_shop(cast.green):
        Client().post("/accounts/password/reset/", {"email": "alice@shops.example"})
    assert "http://testserver/accounts/password/reset/key/" in mail.outbox[0].body
    assert "/s/" not in mail.outbox[0].body


def test_addresses_can_be_made_from_anywhere(cast: Cast) -> None:
    assert mount.shop_url("green", "admin:index") == "/s/green/admin/"
    assert mount.root_url("account_login") == "/accounts/login/"
    assert reverse("healthz") == "/healthz"


@pytest.mark.django_db(transaction=True)
def test_two_shops_at_once_under_asgi_keep_apart(committed_cast: Cast) -> None:
    """Thirty concurrent requests through the async chain: each sees its own prefix and its own rows."""
    green_owner, rival_owner = AsyncClient(), AsyncClient()
    green_owner.force_login(committed_cast.alice)
    rival_owner.force_login(committed_cast.charlie)

    async def visit(client: AsyncClient, slug: str) -> tuple[str, str]:
        answer = await client.get(f"/s/{slug}/admin/inventory/product/")
        return slug, answer.content.decode()

    async def all_at_once() -> list[tuple[str, str]]:
        return await asyncio.gather(
            *(visit(*pair) for _ in range(15) for pair in ((green_owner, "green"), (rival_owner, "rival")))
        )

    names = {"green": "Green Grocer milk", "rival": "Rival Market milk"}
    for slug, body in in_a_loop_of_its_own(all_at_once()):
        other = "rival" if slug == "green" else "green"
        assert names[slug] in body
        assert names[other] not in body
        assert f"/s/{other}/" not in body


@pytest.mark.django_db(transaction=True)
def test_event_streams_stay_in_their_shop(committed_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two streams read in turns: each event is of its own shop, though the view has long returned."""
    monkeypatch.setattr(mount, "SHOP_URLCONF", "tests.spikes.stream_urls")
    clients = {"green": AsyncClient(), "rival": AsyncClient()}
    clients["green"].force_login(committed_cast.alice)
    clients["rival"].force_login(committed_cast.charlie)

    async def read_in_turns() -> dict[str, list[str]]:
        answers = {slug: await client.get(f"/s/{slug}/stream/") for slug, client in clients.items()}
        streams = {slug: aiter(answer.streaming_content) for slug, answer in answers.items()}
        heard: dict[str, list[str]] = {slug: [] for slug in streams}
        for _ in range(3):
            for slug, stream in streams.items():
                heard[slug].append((await anext(stream)).decode())
        return heard

    heard = in_a_loop_of_its_own(read_in_turns())
    for slug, name, other in (("green", "Green Grocer", "Rival"), ("rival", "Rival Market", "Green")):
        assert len(heard[slug]) == 3
        assert all(f"/s/{slug}/stream/" in event and name in event and other not in event for event in heard[slug])


def test_one_person_in_two_shops_sees_each_in_its_own_tab(cast: Cast) -> None:
    both = make_member(shop=cast.green, role="owner", email="both@shops.example")
    from shop.models import Membership

    Membership.objects.create(shop=cast.rival, user=both, role="owner")
    client: Any = cast.client(both)
    assert "Green Grocer milk" in client.get("/s/green/admin/inventory/product/").content.decode()
    assert "Rival Market milk" in client.get("/s/rival/admin/inventory/product/").content.decode()
    assert "Green Grocer milk" in client.get("/s/green/admin/inventory/product/").content.decode()


def in_a_loop_of_its_own(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread: a browser test of the same process keeps this thread's loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _without_token(body: bytes) -> bytes:
    """The form token is masked anew in every answer; nothing else may differ."""
    return re.sub(rb"[A-Za-z0-9]{64}", b"token", body)
