"""The pages about competitors: who sees them, what a person's word does, what a model may not."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from insights.models import PriceAdvice, Run
from insights.price_index import price_index
from inventory.competitors import matching
from inventory.competitors.matching import Candidate
from inventory.models import Barcode, CompetitorItem, CompetitorPrice, Product
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member, make_product
from tests.insights.comparing import BY, milk, see, worked

LIST, ITEMS, ADD = "competitors/", "competitors/items/", "competitors/add/"


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def url(name: str = "", shop: str = "green") -> str:
    return f"/s/{shop}/prices/{name}"


def proposed(cast: Cast, name: str = "Green groser milk 2L") -> CompetitorItem:
    item = see(cast, name)
    matching.propose({item.pk: [Candidate(milk().pk, 0.9, "nearly the same words")]}, least=0.6)
    return item


# --- The list


def test_prices_stand_beside_ours_with_age_and_how_sure(green: Cast) -> None:
    item = see(green, "Whole milk 1 L", "0.80", product=milk())
    text = green.client().get(url(LIST)).content.decode()
    assert "Big Store" in text and "€1.60" in text and "€0.80 for theirs" in text
    assert "1 day ago" in text and "100%" in text and "9.4% cheaper" in text
    CompetitorPrice.objects.update(seen_on=green.green.today() - dt.timedelta(days=40))
    text = green.client().get(url(LIST)).content.decode()
    assert "data-stale" in text and "40 days ago, not used" in text
    assert f"/items/{item.pk}/" in text
    assert "No price that is fresh and matched" in text


def test_the_index_is_the_basket_here_and_there(green: Cast) -> None:
    see(green, "Milk", "1.16", product=milk())
    chocolate = Product.objects.get(sku="CHOC")
    see(green, "Chocolate", "2.40", product=chocolate)
    see(green, "Chocolate", "3.00", product=chocolate, competitor="Corner")
    big, corner = price_index(green.green.today())
    assert big.all == Decimal("3.85") / Decimal("3.56") and big.products == 2
    assert corner.all == Decimal("0.8") and corner.key is None
    run = Run.objects.create(analysis="pricing", as_of_date=green.green.today(), status="done")
    PriceAdvice.objects.create(run=run, product=chocolate, is_key=True)
    assert [(index.key, index.key_products) for index in price_index(green.green.today())] == [
        (1, 1),
        (Decimal("0.8"), 1),
    ]


def test_the_list_can_be_narrowed_and_taken_away_as_a_file(green: Cast) -> None:
    see(green, "=1+1", "1.16", product=milk())
    client = green.client()
    assert "No matched price" in client.get(url(LIST), {"show": "cheaper"}).content.decode()
    for query in ({"show": "dearer"}, {"q": "milk"}, {"competitor": "0"}, {"show": "nonsense", "page": "x"}):
        assert "Product by product" in client.get(url(LIST), query).content.decode()
    text = client.get(url(LIST), {"export": "csv"}).content.decode()
    assert "'=1+1" in text and "0.2500" in text


# --- The desk


def test_a_person_confirms_takes_another_says_no_and_takes_it_back(green: Cast) -> None:
    item, other, client = proposed(green), make_product(name="Oat drink"), green.client()
    assert "90% sure" in client.get(url(ITEMS)).content.decode()
    decide = f"{url(ITEMS)}{item.pk}/decide/"
    for given, expected in (
        ({"product": milk().pk}, ("matched", milk().pk, BY)),
        ({"do": "undo"}, ("proposed", None, "")),
        ({"product": other.pk}, ("matched", other.pk, BY)),
        ({"do": "none"}, ("none", None, BY)),
        ({"do": "none"}, ("none", None, BY)),
    ):
        assert client.post(decide, given).status_code == 302
        item.refresh_from_db()
        assert (item.state, item.product_id, item.matched_by) == expected
    worked(every=True)
    item.refresh_from_db()
    assert item.state == "none", "the machine leaves a person's word"


def test_with_htmx_the_row_alone_comes_back(green: Cast) -> None:
    item = proposed(green)
    answer = green.client().post(
        f"{url(ITEMS)}{item.pk}/decide/", {"product": milk().pk}, headers={"HX-Request": "true"}
    )
    text = answer.content.decode()
    assert text.count("<li") == 1 and f'id="item-{item.pk}"' in text and "Undo" in text and "<html" not in text


def test_products_are_found_by_words_on_the_page_of_an_item(green: Cast) -> None:
    item = see(green, "Lait entier")
    text = green.client().get(f"{url(ITEMS)}{item.pk}/", {"q": "chocolate"}).content.decode()
    assert "Green Grocer chocolate" in text and "Not looked for yet" in text


def test_who_may_what(green: Cast) -> None:
    item = proposed(green)
    bob, ann = green.client(green.bob), green.client(make_member(shop=green.green, role=Role.ANALYST))
    for page in (LIST, ITEMS, f"{ITEMS}{item.pk}/", ADD):
        assert bob.get(url(page)).status_code == 403, "a cashier"
    assert ann.get(url(LIST)).status_code == ann.get(url(ITEMS)).status_code == 200
    assert "Confirm" not in ann.get(url(ITEMS)).content.decode()
    for client in (bob, ann):
        assert client.post(f"{url(ITEMS)}{item.pk}/decide/", {"do": "none"}).status_code == 403
    charlie = green.client(green.charlie)
    assert charlie.get(url(f"{ITEMS}{item.pk}/", "rival")).status_code == 404
    assert charlie.post(url(f"{ITEMS}{item.pk}/decide/", "rival"), {"do": "none"}).status_code == 404
    theirs = use_shop(green.rival)
    with theirs:
        foreign = Product.objects.first().pk
    assert green.client().post(f"{url(ITEMS)}{item.pk}/decide/", {"product": foreign}).status_code == 404
    item.refresh_from_db()
    assert item.state == "proposed"


# --- The form


def test_a_price_is_noted_by_scan_and_taken_back(green: Cast) -> None:
    Barcode.objects.create(product=milk(), code="5012345678900")
    client, today = green.client(), green.green.today()
    page = client.get(url(ADD), {"q": "5012345678900"}).content.decode()
    assert "Green Grocer milk 2 L" in page and 'value="5012345678900"' in page
    given = {
        "competitor": "Big Store", "product": milk().pk, "barcode": "5012345678900", "price": "1.29",
        "seen_on": today.isoformat(),
    }  # fmt: skip
    answer = client.post(url(ADD), given, follow=True).content.decode()
    assert "asks <b>€1.29</b>" in answer and "yours costs €1.45" in answer
    assert client.post(url(ADD), given).status_code == 302 and CompetitorPrice.objects.count() == 1
    assert 'value="Big Store"' in client.get(url(ADD), {"q": "chocolate"}).content.decode()
    seen = CompetitorPrice.objects.get()
    assert (seen.item.matched_by, seen.item.product) == ("barcode", milk())
    client.post(url(f"competitors/prices/{seen.pk}/forget/"))
    assert not CompetitorPrice.objects.exists()


def test_goods_we_do_not_sell_are_noted_by_name(green: Cast) -> None:
    client, day = green.client(), green.green.today().isoformat()
    assert "not among your products" in client.get(url(ADD), {"q": "Tofu firm"}).content.decode()
    client.post(url(ADD), {"competitor": "Big Store", "name": "Tofu firm", "price": "2.10", "seen_on": day})
    assert CompetitorItem.objects.get().name == "Tofu firm"


@pytest.mark.parametrize(
    "wrong", [{"price": "0"}, {"price": "cheap"}, {"seen_on": "2126-01-01"}, {"competitor": ""}, {"name": ""}]
)
def test_what_cannot_be_is_said_on_the_form(green: Cast, wrong: dict[str, str]) -> None:
    given = {"competitor": "Big Store", "name": "Tofu", "price": "2", "seen_on": green.green.today().isoformat()}
    answer = green.client().post(url(ADD), given | wrong)
    assert answer.status_code == 422 and not CompetitorPrice.objects.exists()
