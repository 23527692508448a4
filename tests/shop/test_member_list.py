"""The people of a shop: seen, given roles and removed by owners only."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop import services
from shop.models import Change, Membership
from shop.services import MembershipRefused
from shop.tenancy import use_shop
from tests import factories

MEMBERS = "/s/green/settings/members/"


def place(cast: factories.Cast, user: Any) -> Membership:
    return Membership.objects.get(shop=cast.green, user=user)


def test_owner_sees_everybody(cast: factories.Cast) -> None:
    factories.make_member(shop=cast.green, role="analyst", email="ana@shops.example")
    Authenticator.objects.create(user=cast.bob, type=Authenticator.Type.TOTP, data={})
    page = cast.client().get(MEMBERS).content.decode()
    for email in ("alice@shops.example", "bob@shops.example", "ana@shops.example"):
        assert email in page
    assert "charlie@" not in page
    assert page.count('class="chip ok"') == 1  # only Bob has a second step
    assert "Last sign-in" in page


def test_query_count_does_not_grow_with_people(cast: factories.Cast) -> None:
    client = cast.client()

    def queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(MEMBERS)
        return len(queries)

    few = queries()
    for _ in range(5):
        factories.make_member(shop=cast.green, role="clerk")
    assert queries() == few


@pytest.mark.parametrize("role", ["manager", "analyst", "clerk", "cashier"])
def test_nobody_else_may(cast: factories.Cast, role: str) -> None:
    other = factories.make_member(shop=cast.green, role=role)
    client, bob = cast.client(other), place(cast, cast.bob)
    calls = [client.get(MEMBERS), client.post(f"{MEMBERS}{bob.pk}/role/", {"role": "owner"})]
    calls += [client.post(f"{MEMBERS}{bob.pk}/remove/"), client.post(f"{MEMBERS}invite/", {"email": "a@b.example"})]
    assert {call.status_code for call in calls} == {403}
    assert place(cast, cast.bob).role == "cashier"


def test_refusal_says_the_role_and_whom_to_ask(cast: factories.Cast) -> None:
    manager = factories.make_member(shop=cast.green, role="manager")
    page = cast.client(manager).get(MEMBERS).content.decode()
    assert "Your role (Manager) may not invite and remove members. Ask Alice (owner)." in page


def test_role_counts_from_the_next_request(cast: factories.Cast) -> None:
    bob = cast.client(cast.bob)
    assert bob.get("/s/green/settings/").status_code == 403
    cast.client().post(f"{MEMBERS}{place(cast, cast.bob).pk}/role/", {"role": "manager"})
    assert bob.get("/s/green/settings/").status_code == 200


def test_removed_member_is_out_at_once(cast: factories.Cast) -> None:
    manager = factories.make_member(shop=cast.green, role="manager")
    client = cast.client(manager)
    assert client.get("/s/green/settings/").status_code == 200
    cast.client().post(f"{MEMBERS}{place(cast, manager).pk}/remove/")
    assert client.get("/s/green/settings/").status_code == 404


def test_last_owner_stays(cast: factories.Cast) -> None:
    alice = place(cast, cast.alice)
    for answer in (
        cast.client().post(f"{MEMBERS}{alice.pk}/remove/"),
        cast.client().post(f"{MEMBERS}{alice.pk}/role/", {"role": "manager"}),
    ):
        assert answer.status_code == 422
        assert "A shop needs an owner" in answer.content.decode()
    assert place(cast, cast.alice).role == "owner"


def test_second_owner_lets_the_first_go(cast: factories.Cast) -> None:
    services.change_role(membership_id=place(cast, cast.bob).pk, shop=cast.green, role="owner")
    cast.client().post(f"{MEMBERS}{place(cast, cast.alice).pk}/remove/")
    assert not Membership.objects.filter(shop=cast.green, user=cast.alice).exists()


def test_other_shops_member_cannot_be_touched(cast: factories.Cast) -> None:
    charlie = Membership.objects.get(user=cast.charlie)
    answer = cast.client().post(f"{MEMBERS}{charlie.pk}/role/", {"role": "cashier"})
    assert answer.status_code == 422
    with pytest.raises(MembershipRefused):
        services.remove_member(membership_id=charlie.pk, shop=cast.green)
    assert Membership.objects.get(user=cast.charlie).role == "owner"


def test_unknown_role_is_refused(cast: factories.Cast) -> None:
    answer = cast.client().post(f"{MEMBERS}{place(cast, cast.bob).pk}/role/", {"role": "king"})
    assert answer.status_code == 422


def test_history_says_who_gave_which_role(cast: factories.Cast) -> None:
    bob = place(cast, cast.bob)
    cast.client().post(f"{MEMBERS}{bob.pk}/role/", {"role": "clerk"})
    cast.client().post(f"{MEMBERS}{bob.pk}/remove/")
    with use_shop(cast.green):
        changes = list(Change.objects.filter(table="shop_membership", row_id=bob.pk).order_by("id"))
    assert [(change.action, change.actor) for change in changes] == [
        ("update", "alice@shops.example"),
        ("delete", "alice@shops.example"),
    ]
    assert changes[0].before["role"] == "cashier" and changes[0].after["role"] == "clerk"


def test_a_get_changes_nothing(cast: factories.Cast) -> None:
    bob = place(cast, cast.bob)
    for what in ("role", "remove"):
        assert cast.client().get(f"{MEMBERS}{bob.pk}/{what}/").status_code == 405


def test_posts_need_the_token(cast: factories.Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    bob = place(cast, cast.bob)
    for path in (f"{MEMBERS}{bob.pk}/remove/", f"{MEMBERS}invite/", "/s/green/settings/", "/start/", "/join/x/"):
        assert client.post(path, {}).status_code == 403, path
    assert place(cast, cast.bob)
