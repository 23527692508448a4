"""Invitations: mailed, accepted once, by strangers and by people with an account."""

import datetime as dt
import re
import smtplib
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from shop import services
from shop.models import Invitation, Membership, Shop, User
from tests import factories


def invite(cast: factories.Cast, email: str = "dora@shops.example", role: str = "manager") -> str:
    """Invite through the page; the path of the link it shows."""
    answer = cast.client().post("/s/green/settings/members/invite/", {"email": email, "role": role})
    assert answer.status_code == 200
    found = re.search(r"http://testserver(/join/[\w-]+/)", answer.content.decode())
    assert found, "with no SMTP the link is shown"
    return found[1]


def test_mail_carries_the_link_at_the_root(cast: factories.Cast) -> None:
    link = invite(cast)
    assert mail.outbox[0].to == ["dora@shops.example"]
    assert f"http://testserver{link}" in mail.outbox[0].body
    assert "Green Grocer" in mail.outbox[0].subject
    assert "!" not in mail.outbox[0].body


def test_subject_is_one_line_whatever_the_shop_is_called(cast: factories.Cast) -> None:
    Shop.objects.filter(pk=cast.green.pk).update(name="Green\r\nBcc: everybody@x.example")
    invite(cast)
    assert mail.outbox[0].subject == "Join Green Bcc: everybody@x.example on Aisle"


def test_link_is_not_shown_where_mail_leaves(cast: factories.Cast, settings: Any) -> None:
    settings.EMAIL_HOST = "smtp.example"
    answer = cast.client().post("/s/green/settings/members/invite/", {"email": "d@x.example", "role": "clerk"})
    assert "/join/" not in answer.content.decode() and "/join/" in mail.outbox[0].body


def test_link_is_shown_where_the_mail_server_fails(
    cast: factories.Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_HOST = "smtp.example"

    def fail(*args: Any, **kwargs: Any) -> None:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("shop.mail.send_mail", fail)
    invite(cast)


def test_stranger_signs_up_and_comes_back_to_join(cast: factories.Cast) -> None:
    link = invite(cast)
    stranger = Client()
    page = stranger.get(link).content.decode()
    assert "Green Grocer" in page and "Manager" in page
    assert f"/accounts/signup/?next={link}" in page
    back = stranger.post(
        f"/accounts/signup/?next={link}",
        {"name": "Dora", "email": "dora@shops.example", "password1": factories.PASSWORD, "next": link},
    )
    assert back.headers["Location"] == link
    assert stranger.post(link).headers["Location"] == "/s/green/"
    joined = Membership.objects.get(user__email="dora@shops.example")
    assert (joined.shop_id, joined.role, joined.user.name) == (cast.green.pk, "manager", "Dora")
    assert stranger.get("/s/green/settings/").status_code == 200


def test_link_leads_through_sign_in(cast: factories.Cast) -> None:
    link, client = invite(cast), Client()
    answer = client.post(
        f"/accounts/login/?next={link}",
        {"login": "charlie@shops.example", "password": factories.PASSWORD, "next": link},
    )
    assert answer.headers["Location"] == link


def test_get_accepts_nothing(cast: factories.Cast) -> None:
    link = invite(cast)
    cast.client(cast.charlie).get(link)
    assert not Membership.objects.filter(shop=cast.green, user=cast.charlie).exists()


def test_post_of_a_stranger_accepts_nothing(cast: factories.Cast) -> None:
    link = invite(cast)
    assert Client().post(link).status_code == 200
    assert Invitation.objects.get().accepted_at is None


def test_link_works_once(cast: factories.Cast) -> None:
    link = invite(cast)
    assert cast.client(cast.charlie).post(link).status_code == 302
    for again in (Client().get(link), cast.client(factories.make_user()).post(link)):
        assert again.status_code == 410
        assert "has been used" in again.content.decode()
    assert Membership.objects.filter(shop=cast.green).count() == 3


def test_old_withdrawn_and_unknown_links_say_the_same(cast: factories.Cast) -> None:
    link = invite(cast)
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    old = Client().get(link)
    link = invite(cast)
    answer = cast.client().post(f"/s/green/settings/invitations/{Invitation.objects.get().pk}/withdraw/")
    assert answer.headers["Location"] == "/s/green/settings/members/"
    pages = [old, Client().get(link), Client().get("/join/nonsense/")]
    assert {page.status_code for page in pages} == {410}
    assert len({re.sub(r"[\w]{64}", "", page.content.decode()) for page in pages}) == 1


def test_inviting_again_ends_the_first_link(cast: factories.Cast) -> None:
    first, second = invite(cast), invite(cast, "DORA@shops.example")
    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 200


def test_member_keeps_the_role_they_have(cast: factories.Cast) -> None:
    link = invite(cast, "other@shops.example", "cashier")
    cast.client(cast.alice).post(link)
    assert Membership.objects.get(shop=cast.green, user=cast.alice).role == "owner"


def test_member_is_not_invited_again(cast: factories.Cast) -> None:
    answer = cast.client().post("/s/green/settings/members/invite/", {"email": "BOB@shops.example", "role": "clerk"})
    assert answer.status_code == 422
    assert "already a member" in answer.content.decode()


def test_secret_is_stored_as_a_hash_only(cast: factories.Cast) -> None:
    secret = services.invite(shop=cast.green, email="x@y.example", role="clerk", by=cast.alice)
    assert secret not in str(Invitation.objects.values().get())
    assert User.objects.filter(email="x@y.example").count() == 0


def test_invitations_are_no_way_to_mail_the_world(cast: factories.Cast, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"invite": "2/h/user"}
    client = cast.client()
    for number, status in enumerate((200, 200, 422, 422)):
        data = {"email": f"person{number}@elsewhere.example", "role": "clerk"}
        assert client.post("/s/green/settings/members/invite/", data).status_code == status
    assert len(mail.outbox) == 2
    assert Invitation.objects.count() == 2
