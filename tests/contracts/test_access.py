"""The access matrix: every URL of the URLconfs and the admin, by every role, a stranger and somebody signed out."""

import hashlib
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from shop import mount, walls
from shop.access import access_of
from shop.admin_sites import shop_admin
from shop.models import User
from shop.roles import Can, Role, may
from shop.scope import use_shop
from tests.contracts import shelf
from tests.contracts.access_table import ADMIN, ANYBODY, IN_SHOP, MEMBER, OUTSIDE, SIGNED_IN, Access
from tests.contracts.shelf import Shelf
from tests.contracts.urlmap import ROOT, SHOP, Url, urls
from tests.factories import Cast

pytestmark = pytest.mark.django_db
A_ROW_OF_NOBODY = 987654321
# The admin's own pages that belong to no model.
ADMIN_FRAME = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
    "app_list",
    "",
}


def shop_pages() -> list[Url]:
    return [url for url in urls(SHOP) if not url.name.startswith("admin:")]


def test_every_url_is_in_the_table_and_the_table_has_no_other() -> None:
    assert {url.name for url in shop_pages()} == set(IN_SHOP)
    assert {url.name for url in urls(ROOT) if not url.name.startswith(("platform:", "api:"))} == set(OUTSIDE)


def test_every_model_of_the_admin_is_in_the_table() -> None:
    assert {model._meta.label_lower for model in shop_admin._registry} == set(ADMIN)
    frame = {url.name.removeprefix("admin:") for url in urls(SHOP) if url.name.startswith("admin:")}
    of_models = {name for name in frame if any(name.startswith(label.replace(".", "_") + "_") for label in ADMIN)}
    assert frame - of_models <= ADMIN_FRAME


def test_every_view_is_marked() -> None:
    assert [
        url.name
        for url in (*urls(SHOP), *urls(ROOT))
        if not url.name.startswith(("admin:", "platform:")) and access_of(url.view) is None
    ] == []


def call(client: Client, address: str, access: Access) -> HttpResponse:
    """The page, or the POST; the answer of a view that broke counts as let in (and fails elsewhere)."""
    client.raise_request_exception = False
    answer: Any = client.post(address, access.data) if access.method == "post" else client.get(address)
    return answer  # type: ignore[no-any-return]


def address_of(name: str, access: Access, things: Shelf, row: Any = None) -> str:
    if access.row is None and row is None:
        return mount.shop_url(things.shop.slug, name)
    return mount.shop_url(things.shop.slug, name, row if row is not None else access.row(things).pk)  # type: ignore[misc]


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def digest_of_everything() -> str:
    """A hash over every row of every shop-owned table, as the owner's policy would show them: by shop."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for model in sorted(walls.shop_owned_models(), key=lambda m: m._meta.db_table):
            cursor.execute(
                f'select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from "{model._meta.db_table}" t'
            )
            digest.update(str(cursor.fetchone()).encode())
        for door in ("shop_membership", "shop_invitation", "shop_shop", "shop_devicekey", "shop_enrolment"):
            cursor.execute(f"select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from {door} t")
            digest.update(str(cursor.fetchone()).encode())
    return digest.hexdigest()


@pytest.mark.parametrize("name", IN_SHOP)
def test_every_role_gets_exactly_what_the_table_says(cast: Cast, name: str) -> None:
    access, things = IN_SHOP[name], shelf.fill(cast.green)
    address = address_of(name, access, things)
    for role in sorted(Role.values, key=lambda role: access.needs == MEMBER or may(role, access.needs)):  # type: ignore[arg-type]
        allowed = access.needs == MEMBER or may(role, access.needs)  # type: ignore[arg-type]
        with use_shop(cast.green):
            before = digest_of_everything()
            status = call(client_of(things.people[role]), address, access).status_code
            if not allowed:
                assert status == 403, f"{role} at {name}"
                assert digest_of_everything() == before, f"{role} was refused at {name}, yet something changed"
        if allowed and access.method == "get":
            ready = (404, 422) if access.unready else (200, 204, 302)
            assert status in ready, f"{role} at {name}: {status}"
        elif allowed:
            assert status in (200, 302, 204, 422), f"{role} at {name}: {status}"


@pytest.mark.parametrize("name", IN_SHOP)
def test_strangers_see_nothing(cast: Cast, name: str) -> None:
    """Another shop's owner gets the 404 of a shop that is not; somebody signed out is led to sign in."""
    access, things = IN_SHOP[name], shelf.fill(cast.green)
    address = address_of(name, access, things)
    assert call(client_of(cast.charlie), address, access).status_code == 404
    signed_out = call(client_of(None), address, access)
    assert signed_out.status_code == 302
    assert signed_out.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", [name for name, access in IN_SHOP.items() if access.row])
def test_a_foreign_row_is_a_row_that_is_not(cast: Cast, name: str) -> None:
    access, green, rival = IN_SHOP[name], shelf.fill(cast.green), shelf.fill(cast.rival)
    owner = green.people[Role.OWNER]
    with use_shop(cast.rival):
        before = digest_of_everything()
    foreign = call(client_of(owner), address_of(name, access, green, access.row(rival).pk), access)  # type: ignore[misc]
    nobody = call(client_of(owner), address_of(name, access, green, A_ROW_OF_NOBODY), access)
    assert foreign.status_code == nobody.status_code
    assert foreign.status_code in (404, 422)
    with use_shop(cast.rival):
        assert digest_of_everything() == before, "the other shop's rows are untouched"
    assert "Rival" not in foreign.content.decode()


@pytest.mark.parametrize("name", IN_SHOP)
def test_other_methods_are_refused(cast: Cast, name: str) -> None:
    """A page that changes things answers no GET, and none answers a DELETE."""
    access, things = IN_SHOP[name], shelf.fill(cast.green)
    client, address = client_of(things.people[Role.OWNER]), address_of(name, access, things)
    assert client.delete(address).status_code in (405, 302) or access.method == "get"
    if access.method == "post" and not access.form:
        assert client.get(address).status_code == 405


@pytest.mark.parametrize("name", OUTSIDE)
def test_outside_any_shop(cast: Cast, name: str) -> None:
    access = OUTSIDE[name]
    secret = name in {"join", "decision_link", "brief_off"}  # the secret in the address is what is asked for
    address = reverse(name, args=["no-such-secret"] if secret else None)
    status = client_of(None).get(address).status_code
    assert status == (302 if access.needs == SIGNED_IN else 200) or (secret and status in (404, 410, 422))
    assert access.needs in {ANYBODY, SIGNED_IN}


def test_the_platform_is_for_operators_only(cast: Cast) -> None:
    for user in (cast.alice, cast.bob, None):
        assert client_of(user).get("/platform/").status_code in (302, 403, 404)
    operator = User.objects.create_superuser("ops@aisle.example", "x")
    assert client_of(operator).get("/platform/").status_code == 200
    assert client_of(operator).get("/s/green/").status_code == 404, "an operator is in no shop by being one"


def admin_row(label: str) -> Any:
    model = next(model for model in shop_admin._registry if model._meta.label_lower == label)
    return model.objects.order_by("-pk").first()


@pytest.mark.parametrize("label", ADMIN)
def test_admin_by_role(cast: Cast, label: str) -> None:
    """List, add, change, delete and history of every model, by every role; a refused POST changes nothing."""
    see, edit = ADMIN[label]
    things = shelf.fill(cast.green)
    base = f"admin:{label.replace('.', '_')}_"
    with use_shop(cast.green):
        row = admin_row(label)
        assert row is not None, "the shelf has a row of everything"
        for role in Role.values:
            client, sees = client_of(things.people[role]), may(role, see)
            edits = edit is not None and may(role, edit) and sees
            assert client.get(mount.shop_url("green", f"{base}changelist")).status_code == (200 if sees else 403), role
            assert client.get(mount.shop_url("green", f"{base}change", row.pk)).status_code == (200 if sees else 403), (
                role
            )
            assert client.get(mount.shop_url("green", f"{base}history", row.pk)).status_code in (
                (200,) if may(role, Can.SEE_HISTORY) and sees else (200, 403)
            ), role
            if not edits:
                before = digest_of_everything()
                for page in (
                    mount.shop_url("green", f"{base}add"),
                    mount.shop_url("green", f"{base}change", row.pk),
                    mount.shop_url("green", f"{base}delete", row.pk),
                ):
                    assert client.post(page, {"name": "changed"}).status_code in (403, 404), f"{role} {page}"
                assert digest_of_everything() == before


@pytest.mark.parametrize("label", ADMIN)
def test_admin_rows_of_another_shop_are_not(cast: Cast, label: str) -> None:
    shelf.fill(cast.green), shelf.fill(cast.rival)
    with use_shop(cast.rival):
        theirs = admin_row(label)
    client = cast.client(cast.alice)
    for page in ("change", "delete", "history"):
        foreign = client.get(mount.shop_url("green", f"admin:{label.replace('.', '_')}_{page}", theirs.pk), follow=True)
        nobody = client.get(
            mount.shop_url("green", f"admin:{label.replace('.', '_')}_{page}", A_ROW_OF_NOBODY), follow=True
        )
        assert foreign.status_code == nobody.status_code
        assert "Rival" not in foreign.content.decode()


def test_the_admin_asks_roles_only() -> None:
    """No model falls back to Django's own permissions."""
    for model_admin in shop_admin._registry.values():
        for name in ("has_view_permission", "has_add_permission", "has_change_permission", "has_delete_permission"):
            assert getattr(type(model_admin), name) is not getattr(ModelAdmin, name)
