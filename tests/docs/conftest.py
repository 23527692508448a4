"""The shop that the documents for till developers tell of."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache

from inventory.models import Barcode, BarcodeRule, Category, Product, TaxRate
from inventory.services import receive
from shop import devices
from shop.models import Branch, Register, User
from shop.services import create_shop
from shop.tenancy import use_shop


@pytest.fixture
def hollins(transactional_db: None, live_server: Any) -> Iterator[dict[str, str]]:
    """The shop of the guide, and what its owner reads off the screen: the address and a code."""
    cache.clear()  # codes tried by the tests before this one
    owner = User.objects.create_user("robin@hollins.example", "correct horse battery", name="Robin")
    shop = create_shop(
        slug="hollins",
        name="Hollins",
        owner=owner,
        currency="GBP",
        zone="Europe/London",
        country="GB",
        branches=["High Street"],
    )
    with use_shop(shop):
        stock_the_shelves()
        register = Register.objects.create(branch=Branch.objects.get(), name="Till 1")
        yield {"AISLE": live_server.url, "CODE": devices.make_enrolment(register, owner.email)}


def stock_the_shelves() -> None:
    drinks = Category.objects.create(name="Drinks")
    zero = TaxRate.objects.create(name="Zero-rated", rate=Decimal(0))
    standard = TaxRate.objects.create(name="Standard rate", rate=Decimal("0.2"))
    bottle = Product.objects.create(sku="BOTTLE", name="Bottle deposit", price=Decimal("0.20"), tax_rate=zero)
    made = [
        Product.objects.create(sku=sku, name=name, price=Decimal(price), cost=Decimal(cost), category=drinks, **more)
        for sku, name, price, cost, more in (
            ("MILK", "Semi-skimmed milk 2 L", "1.45", "1.10", {"tax_rate": zero}),
            ("COLA", "Cola 1 L", "1.80", "0.90", {"tax_rate": standard, "deposit": bottle}),
            ("BANANA", "Bananas", "1.10", "0.70", {"tax_rate": zero, "unit": "kg", "plu": "4011"}),
        )
    ]
    for product, code in zip(made, ("5012345678900", "5012345678917"), strict=False):
        Barcode.objects.create(product=product, code=code)
    BarcodeRule.objects.create(name="Scale", pattern="21IIIIIVVVVVC", holds="weight", decimals=3)
    receive(branch=Branch.objects.get(), product=made[0], quantity=Decimal(40), by="robin@hollins.example")
