"""The product list: found by name, SKU or barcode; each role sees its columns."""

import csv
import io
from typing import Any

import pytest

from inventory.models import Barcode, Category, Product
from shop.models import User
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member, make_product
from tests.insights.conftest import client_of
from tests.insights.tills import YESTERDAY, sell

PATH = "/s/green/products/"


def get(cast: Cast, query: str = "", user: User | None = None) -> str:
    response = client_of(user or cast.alice).get(PATH + query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_prices_costs_and_what_sold_lately(morning: Cast) -> None:
    sell(morning.green, YESTERDAY, quantity="7")
    html = get(morning)
    assert "Green Grocer milk 2 L" in html and "MILK" in html
    assert "€1.45" in html and "€1.10" in html and "€10.15" in html


@pytest.mark.parametrize("words", ["milk", "MILK", "grocer milk", "milk%202"])
def test_found_by_name_and_sku(morning: Cast, words: str) -> None:
    html = get(morning, f"?q={words}")
    assert "Green Grocer milk 2 L" in html and "chocolate" not in html


def test_found_by_barcode(morning: Cast) -> None:
    with use_shop(morning.green):
        code = Barcode.objects.get(product__sku="CHOC").code
    html = get(morning, f"?q={code}")
    assert "Green Grocer chocolate" in html and "milk" not in html


def test_nothing_found_offers_all(morning: Cast) -> None:
    html = get(morning, "?q=zebra")
    assert "No products match “zebra”" in html and "Show all products" in html


def test_a_search_is_shown_as_text(morning: Cast) -> None:
    assert "<script>alert" not in get(morning, "?q=<script>alert(1)</script>")


def test_category_and_its_children(morning: Cast) -> None:
    with use_shop(morning.green):
        dairy = Category.objects.get(name="Dairy")
        make_product(name="Sourdough", category=Category.objects.create(name="Bread"))
        make_product(name="Brie", category=Category.objects.create(name="Cheese", parent=dairy))
    html = get(morning, f"?category={dairy.pk}")
    assert "Brie" in html and "Green Grocer milk" in html and "Sourdough" not in html


def test_to_review_without_cost_and_off_sale(morning: Cast) -> None:
    with use_shop(morning.green):
        make_product(name="Fresh import", needs_review=True)
        make_product(name="Old thing", is_active=False)
    assert "1 product was made by an import" in get(morning)
    assert "Old thing" not in get(morning)
    assert "Old thing" in get(morning, "?show=off") and "Old thing" in get(morning, "?q=old")
    html = get(morning, "?show=review")
    assert "Fresh import" in html and "Green Grocer milk" not in html
    html = get(morning, "?show=no-cost")
    assert "Green Grocer apples" in html and "Green Grocer milk" not in html


def test_a_cashier_sees_list_and_price_only(morning: Cast) -> None:
    sell(morning.green, YESTERDAY, quantity="7")
    html = get(morning, user=morning.bob)
    assert "€1.45" in html
    for hidden in ("€1.10", "€10.15", "In stock", "Cost", "28 days", "Add a product", "no-cost", "export=csv"):
        assert hidden not in html, hidden
    assert "Green Grocer apples" in get(morning, "?show=no-cost", user=morning.bob), "an unknown filter is no filter"


def test_a_clerk_sees_stock_but_no_sales(morning: Cast) -> None:
    html = get(morning, user=make_member(shop=morning.green, role=Role.CLERK))
    assert "In stock" in html and "28 days" not in html and "€1.10" not in html


def test_pages(morning: Cast) -> None:
    with use_shop(morning.green):
        for number in range(60):
            make_product(name=f"Tin {number:02}")
    assert "1 to 50 of 63 products" in get(morning)
    assert "51 to 63 of 63 products" in get(morning, "?page=2")
    assert "51 to 63" in get(morning, "?page=999") and "1 to 50" in get(morning, "?page=x")


def test_htmx_gets_the_results_only(morning: Cast) -> None:
    headers = {"HX-Request": "true", "HX-Target": "results"}
    html = morning.client().get(PATH + "?q=milk", headers=headers).content.decode()
    assert "<html" not in html and "1 products" not in html
    assert 'innerHTML:#say">1 product</div>' in html


def test_the_list_as_a_file(morning: Cast) -> None:
    text = morning.client().get(PATH + "?q=milk&export=csv").content.decode()
    found = list(csv.reader(io.StringIO(text)))
    row = dict(zip(*found, strict=True))
    assert list(row)[:4] == ["sku", "name", "barcode", "category"]
    assert (row["sku"], row["category"], row["price"], row["cost"]) == ("MILK", "Dairy", "1.45", "1.10")
    assert morning.client(morning.bob).get(PATH + "?export=csv").status_code == 403


def test_queries_do_not_grow_with_products(morning: Cast, queries: Any) -> None:
    few = queries(morning.client(), PATH)
    with use_shop(morning.green):
        for number in range(30):
            make_product(name=f"Tin {number:02}", category=Category.objects.first())
    assert queries(morning.client(), PATH) == few


def test_an_empty_shop_says_where_products_come_from(morning: Cast) -> None:
    with use_shop(morning.green):
        Product.objects.update(is_active=False)
    assert "No products yet" in get(morning) or "Not on sale" in get(morning)
