"""What tills ask of the shelf over HTTP: the catalogue, a code, the stock."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory import services as stock
from inventory.api.contract import CataloguePage, LookupSaid, StockSaid
from inventory.models import Barcode, BarcodeRule, Product, ShelfPrice, StockLevel
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast, make_product, make_till, till_client

D = Decimal
API = "/api/v1/"


@pytest.fixture
def till(cast: Cast) -> Client:
    """A till of Green Grocer's, at High Street."""
    return till_client(make_till(cast.green)[1])


def branch(cast: Cast, name: str = "High Street") -> Any:
    return Branch.objects.get(shop=cast.green, name=name)


def ask(till: Client, path: str, **query: str) -> Any:
    answer = till.get(API + path, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def codes(found: Any) -> list[str]:
    return [warning["code"] for warning in found["warnings"]]


def test_the_catalogue_tells_all_a_till_needs(cast: Cast, till: Client) -> None:
    with use_shop(cast.green):
        deposit = make_product(sku="DEP", name="Bottle deposit", price="0.25")
        milk = Product.objects.get(sku="MILK")
        beer = make_product(
            sku="BEER", name="Beer", price="2.00", deposit=deposit, minimum_age=18, plu="77", category=milk.category,
            tax_rate=milk.tax_rate, eligible_tenders=["meal_voucher"], content_size=500, content_unit="ml",
        )  # fmt: skip
        Barcode.objects.create(product=beer, code="4006381333931", pack_quantity=6)
        evening = timezone.now() + dt.timedelta(hours=3)
        ShelfPrice.objects.create(product=beer, price=D("1.5"), starts_at=evening)
        BarcodeRule.objects.create(name="Scale", pattern="21IIIIIVVVVVC", holds="weight")
    told = ask(till, "catalogue")
    assert (told["reset"], told["more"], told["removed"]) == (True, False, [])
    assert told["barcode_rules"] == [{"name": "Scale", "pattern": "21IIIIIVVVVVC", "holds": "weight", "decimals": 3}]
    found = next(product for product in told["products"] if product["sku"] == "BEER")
    assert found == {
        "id": beer.pk, "sku": "BEER", "name": "Beer", "unit": "piece", "plu": "77", "category": "Dairy",
        "barcodes": [{"code": "4006381333931", "pack_quantity": "6.000"}],
        "price": "2.00", "tax_rate": "0.00", "minimum_age": 18, "eligible_tenders": ["meal_voucher"],
        "prices": [
            {"price": "2.00", "starts_at": None, "ends_at": evening.isoformat().replace("+00:00", "Z")},
            {"price": "1.50", "starts_at": evening.isoformat().replace("+00:00", "Z"), "ends_at": None},
        ],
        "deposit": {"id": deposit.pk, "sku": "DEP", "name": "Bottle deposit", "price": "0.25", "tax_rate": None},
        "content": {"size": "500.000", "unit": "ml"},
        "stickers": [],
    }  # fmt: skip
    CataloguePage.model_validate(told | {"rules": told["barcode_rules"]})


def test_nothing_new_is_304_until_there_is_something(committed_cast: Cast) -> None:
    till = till_client(make_till(committed_cast.green)[1])
    first = till.get(API + "catalogue")
    cursor, tag = first.json()["cursor"], first.headers["ETag"]
    quiet = till.get(API + "catalogue", {"cursor": cursor}, headers={"If-None-Match": tag})
    assert (quiet.status_code, quiet.content, quiet.headers["ETag"]) == (304, b"", tag)
    # Without the tag the same is said in full.
    said = till.get(API + "catalogue", {"cursor": cursor})
    assert (said.status_code, said.json()["products"], said.json()["cursor"]) == (200, [], cursor)
    with use_shop(committed_cast.green):
        Product.objects.filter(sku="MILK").update(is_active=False)
    loud = till.get(API + "catalogue", {"cursor": cursor}, headers={"If-None-Match": tag})
    assert [one["sku"] for one in loud.json()["removed"]] == ["MILK"]
    assert loud.headers["ETag"] != tag


def test_the_catalogue_comes_by_pages(cast: Cast, till: Client) -> None:
    first = ask(till, "catalogue", limit="2")
    second = ask(till, "catalogue", limit="2", cursor=first["cursor"])
    assert [len(page["products"]) for page in (first, second)] == [2, 1]
    assert [page["reset"] for page in (first, second)] == [True, False]
    assert first["more"]


def test_a_till_hears_its_own_branchs_price(cast: Cast, till: Client) -> None:
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
        ShelfPrice.objects.create(product=milk, branch=branch(cast), price=D("1.60"))
        ShelfPrice.objects.create(product=milk, branch=branch(cast, "Station"), price=D("1.70"))
    told = {product["sku"]: product["price"] for product in ask(till, "catalogue")["products"]}
    assert told["MILK"] == ask(till, "lookup", code="MILK")["unit_price"] == "1.60"


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("catalogue?limit=0", "/limit"),
        ("catalogue?limit=2001", "/limit"),
        ("catalogue?limit=many", "/limit"),
        ("lookup", "/code"),
        ("lookup?code=", "/code"),
        ("stock", "/sku"),
    ],
)
def test_a_question_that_is_none_is_refused_with_its_place(till: Client, path: str, pointer: str) -> None:
    answer = till.get(API + path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_cursor_that_is_none_is_refused(till: Client) -> None:
    answer = till.get(API + "catalogue", {"cursor": "yesterday"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-unknown")


def test_a_code_is_looked_up_with_its_price_quantity_and_limits(cast: Cast, till: Client) -> None:
    with use_shop(cast.green):
        BarcodeRule.objects.create(name="Deli", pattern="22IIIIIVVVVVX", holds="price", decimals=2)
        make_product(sku="CHEESE", price="12.90", unit="kg", plu="12345", minimum_age=16)
    found = ask(till, "lookup", code="2212345003990")
    LookupSaid.model_validate(found)
    assert (found["read_as"], found["rule"], found["to_pay"]) == ("price", "Deli", "3.99")
    assert found["quantity"] == "0.309"
    assert round(D(found["quantity"]) * D(found["unit_price"]), 2) == D("3.99")
    assert (found["product"]["sku"], found["product"]["minimum_age"], found["warnings"]) == ("CHEESE", 16, [])


def test_an_unknown_code_is_404_and_said_back_safely(till: Client) -> None:
    answer = till.get(API + "lookup", {"code": "<script>\x00\n" + "9" * 300})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/code-unknown")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json()["detail"]) < 120 and "\n" not in answer.json()["detail"]


def test_ask_10_a_lot_past_its_use_by_date_is_warned_of_while_it_is_in_stock(cast: Cast, till: Client) -> None:
    """Odoo #236456, OCA/pos #1123: what expires first is sold first, so an old lot that is sold out warns nobody."""
    with use_shop(cast.green):
        today, here, milk = cast.green.today(), branch(cast), Product.objects.get(sku="MILK")
        yesterday, tomorrow, later = (today + dt.timedelta(days=days) for days in (-1, 1, 30))
        for lot, use_by in (("OLD", yesterday), ("NEAR", tomorrow), ("NEW", later)):
            stock.receive(branch=here, product=milk, quantity=D(4), by="alice", lot=lot, use_by=use_by)
        found = ask(till, "lookup", code="MILK")
        assert codes(found) == ["expired", "near_date"]
        assert found["warnings"][0]["detail"] == f"In stock: 4 past the use-by date, {yesterday}. Do not sell that."
        stock.waste(branch=here, product=milk, quantity=D(5), by="alice")
        assert codes(ask(till, "lookup", code="MILK")) == ["near_date"]
        stock.waste(branch=here, product=milk, quantity=D(3), by="alice")
        assert codes(ask(till, "lookup", code="MILK")) == []


def test_an_old_lot_at_another_branch_warns_nobody_here(cast: Cast, till: Client) -> None:
    with use_shop(cast.green):
        old = cast.green.today() - dt.timedelta(days=3)
        milk = Product.objects.get(sku="MILK")
        stock.receive(branch=branch(cast, "Station"), product=milk, quantity=D(4), by="alice", use_by=old)
        stock.receive(branch=branch(cast), product=milk, quantity=D(4), by="alice", best_before=old)
    assert codes(ask(till, "lookup", code="MILK")) == ["past_best_before"]


def test_what_is_not_on_sale_has_no_price_or_the_wrong_unit_is_said(cast: Cast, till: Client) -> None:
    with use_shop(cast.green):
        BarcodeRule.objects.create(name="Scale", pattern="21IIIIIVVVVVX", holds="weight")
        BarcodeRule.objects.create(name="Pieces", pattern="23IIIIIVVVVVX", holds="quantity", decimals=0)
        Product.objects.create(sku="OFF", name="Off", is_active=False, plu="500")
        make_product(sku="HAM", unit="kg", plu="600")
    assert codes(ask(till, "lookup", code="OFF")) == ["not_on_sale", "no_price"]
    assert codes(ask(till, "lookup", code="2100500010000")) == ["not_on_sale", "no_price", "wrong_unit"]
    assert codes(ask(till, "lookup", code="2300600000040")) == ["wrong_unit"]


def test_stock_is_told_here_and_elsewhere_and_never_guessed(cast: Cast, till: Client) -> None:
    with use_shop(cast.green):
        milk, station = Product.objects.get(sku="MILK"), branch(cast, "Station")
        told = ask(till, "stock", sku="MILK")
        StockSaid.model_validate(told)
        assert (told["quantity"], [one["quantity"] for one in told["elsewhere"]]) == (None, [None])
        stock.count_stock(branch=station, counted={milk.pk: D("7.5")}, by="alice")
        stock.count_stock(branch=branch(cast), counted={milk.pk: D(0)}, by="alice")
        StockLevel.objects.filter(branch=branch(cast)).update(quantity=D("-2"))
    told = ask(till, "stock", sku="MILK")
    assert told["quantity"] == "-2.000"
    assert told["elsewhere"] == [{"branch": station.pk, "name": "Station", "quantity": "7.500"}]


def test_another_shops_goods_are_unknown_whatever_is_asked(cast: Cast, till: Client) -> None:
    with use_shop(cast.rival):
        theirs = make_product(sku="THEIRS", plu="31337")
        Barcode.objects.create(product=theirs, code="4006381333931")
    for code in ("THEIRS", "31337", "4006381333931", str(theirs.pk)):
        assert till.get(API + "lookup", {"code": code}).status_code == 404
        assert till.get(API + "stock", {"sku": code}).status_code == 404
    told = ask(till, "catalogue")
    assert "THEIRS" not in {product["sku"] for product in told["products"]}
    assert theirs.pk not in {product["id"] for product in told["products"]}
