"""One product: facts, stock, prices and what it sold, each for the roles that may see it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from insights.screens.product_page import TABS
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


def get(cast: Cast, product: Product, user: User | None = None, tab: str = "") -> str:
    response = client_of(user or cast.alice).get(f"/s/green/products/{product.pk}/?tab={tab}")
    assert response.status_code == 200
    return str(response.content.decode())


def every_tab(cast: Cast, product: Product, user: User | None = None) -> str:
    return "".join(get(cast, product, user, tab.key) for tab in TABS)


def test_the_owner_sees_everything(morning: Cast, milk: Product) -> None:
    sell(morning.green, YESTERDAY, quantity="7")
    shown = {
        "": ("€1.55", "€1.10", "29%", "MILK", "Dairy", "Pieces sold, last 12 weeks", "7 in the last 28 days"),
        "demand": ("Pieces sold, last 12 weeks", "No forecast knows this product yet"),
        "price": ("€1.55", "€1.45", "€1.10", "Supplier raised it", "alice@shops.example"),
        "stock": ("Delivery", "delivery note 9", "L77", "Wed 1 Apr"),
        "history": ("Product changed: Price", "Supplier raised it", "alice@shops.example"),
    }
    for tab, expected in shown.items():
        html = get(morning, milk, tab=tab)
        for words in expected:
            assert words in html, (tab, words)
    assert "Green Grocer Farm" in get(morning, milk)
    assert f"/s/green/admin/inventory/product/{milk.pk}/change/" in get(morning, milk, tab="stock")


def test_the_open_tab_is_marked_and_an_unknown_one_is_the_overview(morning: Cast, milk: Product) -> None:
    assert 'href="?tab=stock" aria-current="page"' in get(morning, milk, tab="stock")
    assert f'href="/s/green/products/{milk.pk}/" aria-current="page"' in get(morning, milk, tab="nonsense")


def test_a_tab_is_swapped_alone(morning: Cast, milk: Product) -> None:
    path = f"/s/green/products/{milk.pk}/?tab=stock"
    html = morning.client().get(path, headers={"HX-Request": "true", "HX-Target": "product"}).content.decode()
    assert html.lstrip().startswith('<div id="product"') and "delivery note 9" in html


def test_a_cashier_sees_facts_and_prices_only(morning: Cast, milk: Product) -> None:
    sell(morning.green, YESTERDAY, quantity="7")
    html = every_tab(morning, milk, morning.bob)
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
        "tab=demand",
        "tab=stock",
        "tab=reviews",
        "tab=history",
    ):
        assert hidden not in html, hidden


def test_a_clerk_sees_stock_but_no_cost(morning: Cast, milk: Product) -> None:
    html = every_tab(morning, milk, make_member(shop=morning.green, role=Role.CLERK))
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
    paths = [f"/s/green/products/{milk.pk}/?tab={tab.key}" for tab in TABS]
    sell(morning.green, YESTERDAY)
    few = [queries(morning.client(), path) for path in paths]
    sell_days(morning.green, YESTERDAY, 20, each=2)
    assert [queries(morning.client(), path) for path in paths] == few
