"""The demo's price history and stock ledger in the database."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum

from insights.demo import ledger, papers
from insights.demo.grocer import Demo, build
from inventory.models import Barcode, Lot, PriceChange, Product, StockLevel, StockMovement
from shop.models import Shop
from shop.services import create_shop
from shop.tenancy import use_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def small() -> Demo:
    return build("small", dt.date(2026, 6, 15))


@pytest.fixture
def shop(small: Demo) -> Shop:
    made = create_shop(slug="hollins", zone="Europe/London", branches=["High Street"])
    with use_shop(made):
        Product.objects.bulk_create(
            [
                Product(sku=product.sku, name=product.name, unit=product.unit, price=Decimal(product.base_price) / 100)
                for product in small.products
            ]
        )
    return made


def test_the_ledger_adds_up_to_the_levels(small: Demo, shop: Shop) -> None:
    with use_shop(shop), transaction.atomic():
        papers.write_stock(small)
        moves = StockMovement.objects.values("product_id").annotate(total=Sum("quantity"))
        levels = dict(StockLevel.objects.values_list("product_id", "quantity"))
        assert {move["product_id"]: move["total"] for move in moves} == levels
        kinds = set(StockMovement.objects.values_list("kind", flat=True))
        assert kinds == {"count", "receipt", "waste"}
        received = sum(line.quantity for line in ledger.lots_received(small))
        counted = StockMovement.objects.exclude(kind="waste").aggregate(total=Sum("quantity"))
        assert counted["total"] == Decimal(received) / 1000


def test_dated_goods_have_lots(small: Demo, shop: Shop) -> None:
    with use_shop(shop), transaction.atomic():
        papers.write_stock(small)
        written = set(Lot.objects.values_list("product__sku", "code"))
        assert {(line.product.sku, line.lot) for line in ledger.lots_left(small) if line.lot} <= written
        assert Lot.objects.count() < sum(bool(line.lot) for line in ledger.lots_received(small))
        assert not Lot.objects.filter(use_by=None, best_before=None).exists()
        assert not StockMovement.objects.filter(kind="receipt", lot__use_by__lt=dt.date(2025, 1, 1)).exists()


def test_price_history_tells_every_price(small: Demo, shop: Shop) -> None:
    with use_shop(shop), transaction.atomic():
        before = PriceChange.objects.count()
        papers.write_price_history(small)
        assert PriceChange.objects.count() == before + len(small.changes)
        busy = next(change.product for change in small.changes if change.day > 0)
        product = Product.objects.get(sku=small.products[busy].sku)
        assert product.price_changes.filter(reason="First price").exists()


def test_products_get_their_codes_and_contents(small: Demo, shop: Shop) -> None:
    with use_shop(shop), transaction.atomic():
        papers.write_product_details(small)
        assert Barcode.objects.filter(pack_quantity__gt=1).exists()
        assert Barcode.objects.count() == sum(len(product.barcodes) for product in small.products)
        bananas = Product.objects.get(name="Bananas, loose")
        assert bananas.plu == "4011"
        milk = Product.objects.get(name="Semi-skimmed milk 2 pt")
        assert (milk.content_size, milk.content_unit) == (Decimal(1136), "ml")
