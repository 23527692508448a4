"""A shop's settings."""

import datetime as dt

import pytest

from shop import reports, services
from shop.models import Change, Membership, Register, Shop
from shop.services import ShopRefused
from shop.tenancy import use_shop
from tests import factories

PAGE = "/s/green/settings/"
GIVEN = {
    "name": "Greener Grocer",
    "country": "GB",
    "region": "SCT",
    "currency": "GBP",
    "zone": "Europe/London",
    "day_starts_at_hour": "4",
    "prices_include_tax": "on",
}


def test_settings_are_changed_and_noted(cast: factories.Cast) -> None:
    answer = cast.client().post(PAGE, GIVEN, follow=True)
    assert "Settings saved." in answer.content.decode()
    shop = Shop.objects.get(slug="green")
    assert (shop.name, shop.region, shop.zone, shop.day_starts_at_hour) == (
        "Greener Grocer",
        "SCT",
        "Europe/London",
        4,
    )
    with use_shop(shop):
        change = Change.objects.get(table="shop_shop")
    assert (change.actor, change.before["name"], change.after["name"]) == (
        "alice@shops.example",
        "Green Grocer",
        "Greener Grocer",
    )


def test_page_says_that_stored_days_stay(cast: factories.Cast) -> None:
    assert "Sales already in keep the day they were given" in cast.client().get(PAGE).content.decode()


def test_new_cut_off_counts_from_now_on(cast: factories.Cast) -> None:
    night = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC)
    before = cast.green.business_date(night)
    shop = services.change_settings(shop=cast.green, by="alice", day_starts_at_hour=4)
    assert (before, shop.business_date(night)) == (dt.date(2026, 3, 2), dt.date(2026, 3, 1))


def test_branches_and_tills_are_listed(cast: factories.Cast) -> None:
    with use_shop(cast.green):
        assert Register.objects.exists()
    page = cast.client().get(PAGE).content.decode()
    assert "High Street" in page and "Till 1" in page and "Market Square" not in page


def test_choosing_a_country_offers_its_regions(cast: factories.Cast) -> None:
    page = cast.client().get(PAGE, {"country": "DE"}).content.decode()
    assert "Bayern" in page and '<option value="DE" selected' in page


def test_region_of_another_country_is_refused(cast: factories.Cast) -> None:
    answer = cast.client().post(PAGE, GIVEN | {"region": "BY"})
    assert answer.status_code == 422 and 'id="id_region_error"' in answer.content.decode()


def test_unusable_value_is_refused_and_nothing_kept(cast: factories.Cast) -> None:
    answer = cast.client().post(PAGE, GIVEN | {"day_starts_at_hour": "13"})
    assert answer.status_code == 422
    assert Shop.objects.get(slug="green").name == "Green Grocer"
    with pytest.raises(ShopRefused):
        services.change_settings(shop=cast.green, by="alice", zone="Mars/Olympus")
    with pytest.raises(ShopRefused, match="not a setting"):
        services.change_settings(shop=cast.green, by="alice", slug="other")


def test_shop_keeps_a_currency_we_do_not_list(cast: factories.Cast) -> None:
    Shop.objects.filter(slug="green").update(currency="XTS")
    assert '<option value="XTS" selected' in cast.client().get(PAGE).content.decode()


def test_members_are_linked_for_those_who_manage_them(cast: factories.Cast) -> None:
    manager = factories.make_member(shop=cast.green, role="manager")
    assert "/s/green/settings/members/" in cast.client().get(PAGE).content.decode()
    assert "/s/green/settings/members/" not in cast.client(manager).get(PAGE).content.decode()


def test_page_says_who_changed_what(cast: factories.Cast) -> None:
    client = cast.client()
    client.post(PAGE, GIVEN)
    bob = Membership.objects.get(shop=cast.green, user=cast.bob)
    client.post(f"{PAGE}members/{bob.pk}/role/", {"role": "clerk"})
    client.post(f"{PAGE}members/{bob.pk}/remove/")
    secret = services.invite(shop=cast.green, email="new@shops.example", role="analyst", by=cast.alice)
    services.accept_invitation(secret=secret, by=cast.charlie)
    with use_shop(cast.green):
        notes = [(note.who.split("@")[0], note.what) for note in reports.latest_changes()]
    assert notes == [
        ("charlie", "joined as Analyst"),
        ("alice", "removed bob@shops.example"),
        ("alice", "made bob@shops.example Stock clerk"),
        ("alice", "changed name, currency, time zone, country, region, a new day starts at"),
    ]
    assert "made bob@shops.example Stock clerk" in client.get(PAGE).content.decode()
    with use_shop(cast.rival):
        assert reports.latest_changes() == []
