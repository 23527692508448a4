"""One product: facts, stock, prices and what it sold, each for the roles that may see it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from inventory import services as stock
from inventory.models import Product, Supplier
from shop.models import Branch, User
from shop.roles import Role
from shop.tenancy import acting, use_shop
from tests.factories import Cast, make_member
from tests.insights.conftest import client_of
from tests.insights.tills import YESTERDAY, sell, sell_days


@pytest.fixture
def milk(morning: Cast) -> Product:
    """Twelve received, one price change, seven sold."""
    with use_shop(morning.green):
        product: Product = Product.objects.get(sku="MILK")
        stock.receive(
            branch=Branch.objects.order_by("pk").first(),
            product=product,
            quantity=Decimal(12),
            cost=Decimal("1.10"),
            lot="L77",
            best_before=dt.date(2026, 4, 1),
            supplier=Supplier.objects.first(),
            note="delivery note 9",
            by="alice@shops.example",
        )
        with acting("alice@shops.example", "Supplier raised it"):
            product.price = Decimal("1.55")
            product.save()
    return product


def get(cast: Cast, product: Product, user: User | None = None) -> str:
    response = client_of(user or cast.alice).get(f"/s/green/products/{product.pk}/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_owner_sees_everything(morning: Cast, milk: Product) -> None:
    sell(morning.green, YESTERDAY, quantity="7")
    html = get(morning, milk)
    for words in ("€1.55", "€1.45", "€1.10", "29%", "MILK", "Dairy", "Green Grocer Farm", "L77", "Wed 1 Apr"):
        assert words in html, words
    assert "Supplier raised it" in html and "alice@shops.example" in html
    assert "Pieces sold, last 12 weeks" in html and "7 in the last 28 days" in html
    assert "Delivery" in html and "delivery note 9" in html
    assert f"/s/green/admin/inventory/product/{milk.pk}/change/" in html


def test_a_cashier_sees_facts_and_prices_only(morning: Cast, milk: Product) -> None:
    sell(morning.green, YESTERDAY, quantity="7")
    html = get(morning, milk, morning.bob)
    assert "€1.55" in html
    for hidden in (
        "alice@shops.example",
        "Supplier raised it",
        "Who and why",
        "€1.10",
        "29%",
        "In stock",
        "L77",
        "Farm",
        "sold, last",
        "28 days",
        "/admin/",
        "movements",
    ):
        assert hidden not in html, hidden


def test_a_clerk_sees_stock_but_no_cost(morning: Cast, milk: Product) -> None:
    html = get(morning, milk, make_member(shop=morning.green, role=Role.CLERK))
    assert "L77" in html and "€1.10" not in html and "sold, last" not in html


def test_unknown_is_said_not_zero(morning: Cast) -> None:
    with use_shop(morning.green):
        apples = Product.objects.get(sku="APPLE")
    html = get(morning, apples)
    assert "Never counted nor received" in html
    assert "<dt>Cost</dt><dd>–</dd>" in html and "<dt>Margin</dt><dd>–</dd>" in html


def test_the_margin_is_without_tax(morning: Cast) -> None:
    """2.40 with 20 % tax is 2.00 net; 1.20 of it is cost."""
    with use_shop(morning.green):
        chocolate = Product.objects.get(sku="CHOC")
    assert "<b>40%</b> margin" in get(morning, chocolate)


def test_a_foreign_product_is_one_that_is_not(morning: Cast) -> None:
    with use_shop(morning.rival):
        theirs = Product.objects.get(sku="MILK")
    for pk in (theirs.pk, 987654321):
        assert morning.client().get(f"/s/green/products/{pk}/").status_code == 404


def test_queries_do_not_grow(morning: Cast, milk: Product, queries: Any) -> None:
    path = f"/s/green/products/{milk.pk}/"
    sell(morning.green, YESTERDAY)
    few = queries(morning.client(), path)
    sell_days(morning.green, YESTERDAY, 20, each=2)
    assert queries(morning.client(), path) == few
