"""The front page: for strangers what Aisle is, for members the way in."""

from django.test import Client

from shop.models import Membership
from tests import factories


def test_stranger_reads_what_aisle_is(db: None) -> None:
    answer = Client().get("/")
    assert answer.status_code == 200
    assert "account" in answer.content.decode()


def test_member_of_one_shop_goes_straight_in(cast: factories.Cast) -> None:
    assert cast.client().get("/").headers["Location"] == "/s/green/"


def test_member_of_two_shops_chooses(cast: factories.Cast) -> None:
    Membership.objects.create(shop=cast.rival, user=cast.alice, role="analyst")
    client = cast.client()
    assert client.get("/").headers["Location"] == "/shops/"
    page = client.get("/shops/").content.decode()
    assert 'href="/s/green/"' in page and 'href="/s/rival/"' in page


def test_somebody_in_no_shop_starts_one(cast: factories.Cast) -> None:
    assert cast.client(factories.make_user()).get("/").headers["Location"] == "/start/"


def test_switcher_shows_the_shops_of_the_user_only(cast: factories.Cast) -> None:
    page = cast.client().get("/s/green/settings/").content.decode()
    assert "/s/rival/" not in page
    Membership.objects.create(shop=cast.rival, user=cast.alice, role="owner")
    page = cast.client().get("/s/green/settings/").content.decode()
    assert 'href="/s/rival/"' in page
    assert "Rival Market" in cast.client().get("/s/rival/settings/").content.decode()
