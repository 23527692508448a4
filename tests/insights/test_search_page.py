"""The search page and the palette's answer, by role."""

import pytest

from customers.models import Review
from insights.screens import search_pages
from insights.search import index, meaning
from insights.search.find import ask
from shop.models import Shop
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_product
from tests.insights.conftest import client_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "palette-found"}
URL = "/s/green/search/"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No encoder: what is found by letters is enough here."""
    monkeypatch.setattr(meaning, "is_ready", lambda: False)
    monkeypatch.setattr(meaning, "warm", lambda: None)
    monkeypatch.setattr("insights.screens.search.warm", lambda: None)


@pytest.fixture
def green(cast: Cast) -> Shop:
    with use_shop(cast.green):
        make_product(name="Farm bread", sku="BR1")
        Review.objects.create(code="1", text="The farm bread was stale.", author="Ann Secret")
        index.refresh()
    return cast.green


def test_the_owner_finds_everything(cast: Cast, green: Shop) -> None:
    page = client_of(cast.alice).get(URL, {"q": "farm"}).content.decode()
    for words in ("Farm bread", "Green Grocer Farm", "The farm bread was stale", "Suppliers", "Reviews"):
        assert words in page
    assert "Secret" not in page


def test_a_cashier_finds_products_only(cast: Cast, green: Shop) -> None:
    cashier = client_of(cast.bob)
    page = cashier.get(URL, {"q": "farm"}, headers=HTMX).content.decode()
    assert "Farm bread" in page
    assert "stale" not in page
    assert "Suppliers" not in page
    pages = cashier.get(URL, headers=HTMX).content.decode()
    assert "Products" in pages
    assert "Receive stock" not in pages
    assert "Settings" not in pages


def test_a_rival_finds_none_of_it(cast: Cast, green: Shop) -> None:
    with use_shop(cast.rival):
        index.refresh()
    page = client_of(cast.charlie).get("/s/rival/search/", {"q": "farm bread"}).content.decode()
    assert "Farm bread" not in page
    assert "stale" not in page


def test_the_palette_gets_its_part_alone(cast: Cast, green: Shop) -> None:
    answer = client_of(cast.alice).get(URL, {"q": "bred"}, headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert 'role="listbox"' in page
    assert 'role="option"' in page
    assert "HX-Target" in answer["Vary"]


def test_actions_and_pages(cast: Cast, green: Shop) -> None:
    client = client_of(cast.alice)
    assert "/s/green/stock/receive/" in client.get(URL, {"q": "delivery"}, headers=HTMX).content.decode()
    assert "/s/green/inventory/" in client.get(URL, {"q": "inventry"}, headers=HTMX).content.decode()
    page = client.get(URL, {"q": "BR1"}, headers=HTMX).content.decode()
    assert page.index("Farm bread") < page.index("</a>"), "a code's product comes first"


def test_every_action_leads_somewhere(cast: Cast, green: Shop) -> None:
    client = client_of(cast.alice)
    page = client.get(URL).content.decode()
    for one in search_pages.pages_of(Role.OWNER):
        assert one.title in page
    with use_shop(green):
        assert search_pages.find_pages(ask("zzzz"), Role.OWNER, 5) == []


@pytest.mark.parametrize("words", ["\x00", "<script>alert(1)</script>", "x" * 10_000, "🎉", "a & | ! :*"])
def test_hostile_words(cast: Cast, green: Shop, words: str) -> None:
    answer = client_of(cast.alice).get(URL, {"q": words})
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_the_product_list_shows_what_comes_closest(cast: Cast, green: Shop) -> None:
    client = client_of(cast.alice)
    exact = client.get("/s/green/products/", {"q": "bread"}).content.decode()
    assert "Closest to" not in exact
    near = client.get("/s/green/products/", {"q": "farm braed"}).content.decode()
    assert "Closest to “farm braed”" in near
    assert "Farm bread" in near
    assert "No products match" in client.get("/s/green/products/", {"q": "qqqqqq"}).content.decode()
    exported = client.get("/s/green/products/", {"q": "farm braed", "export": "csv"})
    assert "Farm bread" in b"".join(exported).decode()
