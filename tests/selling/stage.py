"""Sets a shop up for selling: python -m tests.selling.stage SLUG PRODUCTS TILLS BRANCHES, run inside an installation.

Prints one JSON line with what a client may know: the tills' keys and the products.
"""

import datetime as dt
import json
import sys
from decimal import Decimal

import django

STOCKED = Decimal(1_000_000)


def main(slug: str, products: int, tills: int, branches: int) -> None:
    django.setup()
    from django.test import Client

    from inventory import services as inventory
    from inventory.models import Category, Product, TaxRate
    from shop import devices
    from shop.models import Branch, Register, User
    from shop.services import create_shop
    from shop.tenancy import use_shop

    owner = User.objects.create_user(f"{slug}@shops.example", name="Owner")
    names = [f"Branch {number}" for number in range(1, branches + 1)]
    shop = create_shop(slug=slug, branches=names, owner=owner)
    browser = Client()
    browser.force_login(owner)
    with use_shop(shop):
        category = Category.objects.create(name="Everything")
        rates = [TaxRate.objects.create(name=f"Tax {rate}", rate=Decimal(rate)) for rate in ("0", "0.06", "0.23")]
        goods = Product.objects.bulk_create(
            Product(
                sku=f"P{number:03d}",
                name=f"Product {number}",
                category=category,
                tax_rate=rates[number % 3],
                price=Decimal(100 + 7 * number) / 100,
                cost=Decimal(60 + 4 * number) / 100,
            )
            for number in range(products)
        )
        # Counted twice: what was sold between the counts and told after them moves no level.
        counted_at = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(days=3)
        for branch in Branch.objects.all():
            for at in (counted_at - dt.timedelta(days=7), counted_at):
                counted = {product.pk: STOCKED for product in goods}
                inventory.count_stock(branch=branch, counted=counted, by="stage", at=at)
        places = list(Branch.objects.order_by("id"))
        enrolled = []
        for number in range(tills):
            register = Register.objects.create(branch=places[number % branches], name=f"Till {number + 1}")
            key = devices.connect(register, register.name)
            enrolled.append({"key": key, "branch": register.branch_id, "register": register.pk})
    print(  # noqa: T201
        json.dumps(
            {
                "shop": shop.pk,
                "session": browser.cookies["sessionid"].value,
                "tills": enrolled,
                "products": [[product.pk, product.sku, str(product.price)] for product in goods],
                "counted_at": counted_at.isoformat(),
                "stocked": str(STOCKED),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
