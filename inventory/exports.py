"""Products as the import takes them back, and what a till fed by files must know of prices.

Prices: each product's at each branch, the one of now and those to come. A row holds from `effective_from` (empty:
already) to just before `effective_to` (empty: until told otherwise), in UTC.
The same file again while nothing changed and no price began or ended.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from inventory import prices, product_file
from inventory.imports.products import PRODUCTS
from inventory.models import Product
from shop.csvout import Cell, amount
from shop.exports import Export, Rows, register_exports
from shop.models import Branch

COLUMNS = ("product", "name", "branch", "price", "effective_from", "effective_to")
MEANS = (
    "The product's SKU.",
    "Its name.",
    "The branch where the price holds.",
    "Shelf price per piece or kg.",
    "From when it holds, in UTC; empty: already.",
    "Until just before when, in UTC; empty: until told otherwise.",
)
_AT_ONCE = 1000


def price_rows(now: dt.datetime | None = None) -> Rows:
    """Products on sale with a price, by SKU and branch. Prices include tax where the shop's do."""
    moment = now or timezone.now()
    branches = list(Branch.objects.order_by("name", "pk").values_list("pk", "name"))
    last = ""
    while page := list(_after(last)[:_AT_ONCE]):
        last = page[-1][1]
        own = {pk: price for pk, _, _, price in page}
        coming = [(name, prices.schedules(branch, moment, own)) for branch, name in branches]
        for pk, sku, name, _ in page:
            for branch_name, schedules in coming:
                for step in schedules[pk]:
                    if step.price is not None:
                        yield sku, name, branch_name, amount(step.price), _utc(step.starts_at), _utc(step.ends_at)


def _after(sku: str) -> Any:
    rows = Product.objects.active().filter(sku__gt=sku).order_by("sku")
    return rows.values_list("pk", "sku", "name", "price")


def _utc(moment: dt.datetime | None) -> Cell:
    return moment and moment.astimezone(dt.UTC)


register_exports(
    {
        "products": Export(
            product_file.COLUMNS,
            lambda _: product_file.every_row(),
            "Every product, as the products import takes it back.",
            tuple(field.help for field in PRODUCTS.fields),
        ),
        "prices": Export(
            COLUMNS, lambda _: price_rows(), "What each product costs now and later at each branch.", MEANS
        ),
    }
)
