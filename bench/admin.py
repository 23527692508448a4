"""The admin's lists in a shop with a million sale lines, as many stock movements and 20,000 products."""

import argparse
import statistics
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from bench import scratch
from bench.figures import milliseconds, say
from inventory.models import Product
from sales.models import Sale
from shop.models import Branch, Membership, Shop, User
from shop.roles import Role
from shop.services import create_shop
from shop.tenancy import use_shop

PRODUCTS = 20_000
LIMIT = 300  # milliseconds at the 95th percentile


def run(lines: int = 1_000_000, rounds: int = 40) -> Iterator[dict[str, Any]]:
    """For each page its 95th percentile in milliseconds; the floor is the same page's in an empty shop."""
    with scratch.database():
        with scratch.without_link_checks():
            large = scratch.filled_shop("large", times=lines // scratch.LINES_ONCE)
            _fill_ledger(large)
        empty = create_shop(slug="empty", branches=["North", "South"])
        client = _signed_in(large, empty)
        for name, path in _pages(large).items():
            value = _timed(client, f"/s/large/admin/{path}", rounds)
            floor = _timed(client, f"/s/empty/admin/{path.split('?')[0] if name == 'a receipt' else path}", rounds)
            yield {"figure": f"{name}, p95 ms", "value": value, "floor": floor, "ok": value < LIMIT}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench admin")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args(arguments)
    # Addresses of static files without a collected manifest.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    for line in run(options.lines, options.rounds):
        say(**line)


def _pages(shop: Shop) -> dict[str, str]:
    with use_shop(shop):
        branch, sale = Branch.objects.order_by("id").first(), Sale.objects.order_by("-id").first()
    return {
        "sales": "sales/sale/",
        "sales, last page it counts": "sales/sale/?p=200",
        "sales of a branch": f"sales/sale/?branch__id__exact={branch.pk}",
        "refunds (there are none)": "sales/sale/?kind__exact=refund",
        "sales of a week": "sales/sale/?business_date__gte=2026-10-01&business_date__lte=2026-10-07",
        "sales by receipt number": "sales/sale/?q=77",
        "sales of a week by receipt number": "sales/sale/?q=77&business_date__gte=2026-10-25",
        "a receipt": f"sales/sale/{sale.pk}/change/?",
        "movements": "inventory/stockmovement/",
        "movements of waste (there are none)": "inventory/stockmovement/?kind=waste",
        "movements of a product": "inventory/stockmovement/?q=Product+77",
        "products": "inventory/product/",
        "products by two words": "inventory/product/?q=article+13579",
        "products by SKU": "inventory/product/?q=N13579",
        "stock levels": "inventory/stocklevel/",
        "price changes": "inventory/pricechange/",
    }


def _signed_in(*shops: Shop) -> Client:
    user = User.objects.create_user("bench@aisle.example")
    Membership.objects.bulk_create(Membership(shop=shop, user=user, role=Role.OWNER) for shop in shops)
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    return client


def _timed(client: Client, path: str, rounds: int) -> float:
    """The 95th percentile of this many answers, in milliseconds."""

    def get() -> None:
        assert client.get(path).status_code in (200, 404), path

    get()
    return statistics.quantiles([milliseconds(get) for _ in range(rounds)], n=20)[18]


def _fill_ledger(shop: Shop) -> None:
    """A movement for every sale line, levels for every product sold, and the rest of the range."""
    with use_shop(shop), transaction.atomic(), connection.cursor() as cursor:
        rows = (Product(sku=f"N{n:05}", name=f"Article {n:05} of the range", price=2, cost=1) for n in range(PRODUCTS))
        Product.objects.bulk_create(rows, batch_size=5000)
        cursor.execute(_LEDGER, [shop.pk])
        cursor.execute(_LEVELS, [shop.pk])


_LEDGER = """
insert into inventory_stockmovement (shop_id, branch_id, product_id, kind, quantity, occurred_at, source, note, actor)
select s.shop_id, s.branch_id, l.product_id, 'sale', -l.quantity, s.sold_at, 'bench:' || l.id, '', 'bench'
from sales_sale s join sales_saleline l on l.shop_id = s.shop_id and l.sale_id = s.id
where s.shop_id = %s order by l.id
"""
_LEVELS = """
insert into inventory_stocklevel (shop_id, branch_id, product_id, quantity, tracked_from)
select p.shop_id, b.id, p.id, 5, now() from inventory_product p join shop_branch b on b.shop_id = p.shop_id
where p.shop_id = %s
"""
