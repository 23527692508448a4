"""Starting a shop."""

from django.test import Client

from shop import services
from shop.models import Branch, Membership, Shop
from shop.tenancy import use_shop
from tests import factories

GIVEN = {"name": "Café Ölé", "slug": "", "country": "GB", "currency": "GBP", "zone": "Europe/London", "branches": ""}


def start(user: object, **changed: str) -> object:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client.post("/start/", GIVEN | changed)


def test_stranger_signs_in_first(db: None) -> None:
    assert Client().get("/start/").headers["Location"] == "/accounts/login/?next=/start/"


def test_maker_owns_the_shop(db: None) -> None:
    user = factories.make_user()
    answer = start(user, branches="High Street, Station ,High Street")
    assert answer.headers["Location"] == "/s/cafe-ole/"  # type: ignore[attr-defined]
    shop = Shop.objects.get(slug="cafe-ole")
    assert (shop.name, shop.currency, shop.zone, shop.country) == ("Café Ölé", "GBP", "Europe/London", "GB")
    assert Membership.objects.get(shop=shop).role == "owner"
    with use_shop(shop):
        assert [branch.name for branch in Branch.objects.all()] == ["High Street", "Station"]


def test_no_branch_named_makes_main(db: None) -> None:
    start(factories.make_user())
    with use_shop(Shop.objects.get()):
        assert [branch.name for branch in Branch.objects.all()] == ["main"]


def test_address_is_suggested_and_free(cast: factories.Cast) -> None:
    page = cast.client().get("/start/", {"name": "Green", "country": "GB"}).content.decode()
    assert 'value="green-2"' in page
    assert '<option value="GBP" selected' in page and '<option value="Europe/London" selected' in page
    assert services.free_slug("§§") == "shop"


def test_taken_address_is_refused_beside_the_field(cast: factories.Cast) -> None:
    answer = start(cast.alice, slug="rival")
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "There is a problem" in page and 'id="id_slug_error"' in page
    assert page.count("Another shop has this address") == 2  # in the summary and at the field
    assert "<title>Error: " in page
    assert not Shop.objects.filter(name="Café Ölé").exists()


def test_unusable_values_are_refused(db: None) -> None:
    user = factories.make_user()
    for changed in ({"slug": "Not A Slug"}, {"zone": "Mars/Olympus"}, {"currency": "??"}, {"name": " "}):
        assert start(user, **changed).status_code == 422, changed  # type: ignore[attr-defined]
    assert not Shop.objects.exists()
