"""Products as a file that the products import takes back: every column it knows, and not one row changed by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from inventory.categories import category_paths
from inventory.imports.products import PRODUCTS
from inventory.models import Product, TaxRate
from shop.csvout import Cell, amount, quantity

_AT_ONCE = 1000


@dataclass(frozen=True)
class _Names:
    """How the import knows categories and tax rates, by their keys."""

    categories: dict[int, str]
    rates: dict[int, Cell]


_CELLS: dict[str, Callable[[Product, _Names], Cell]] = {
    "sku": lambda product, names: product.sku,
    "name": lambda product, names: product.name,
    "barcode": lambda product, names: " ".join(sorted(barcode.code for barcode in product.barcodes.all())),
    "category": lambda product, names: names.categories.get(product.category_id or 0),
    "unit": lambda product, names: product.unit,
    "price": lambda product, names: amount(product.price),
    "cost": lambda product, names: amount(product.cost),
    "tax_rate": lambda product, names: names.rates.get(product.tax_rate_id or 0),
    "supplier": lambda product, names: product.supplier and product.supplier.name,
    "pack_size": lambda product, names: product.pack_size,
    "shelf_life_days": lambda product, names: product.shelf_life_days,
}
COLUMNS = tuple(field.name for field in PRODUCTS.fields)


def columns(*, cost: bool) -> tuple[str, ...]:
    """The import's fields, in its order; the cost for those who may see it."""
    return tuple(name for name in COLUMNS if cost or name != "cost")


def rows(products: Any, *, cost: bool = True) -> Iterator[tuple[Cell, ...]]:
    """A row for each product of a query, read piece by piece."""
    names = _Names(category_paths(), _rate_names())
    cells = [_CELLS[name] for name in columns(cost=cost)]
    found = products.select_related("supplier").prefetch_related("barcodes")
    for product in found.iterator(chunk_size=_AT_ONCE):
        yield tuple(cell(product, names) for cell in cells)


def _rate_names() -> dict[int, Cell]:
    """The share itself, which any shop understands; the name where that would not say which rate is meant."""
    rates = list(TaxRate.objects.all())
    shares, names = Counter(rate.rate for rate in rates), {rate.name.lower() for rate in rates}
    return {
        rate.pk: rate.name if shares[rate.rate] > 1 or str(quantity(rate.rate)) in names else quantity(rate.rate)
        for rate in rates
    }


def every_row() -> Iterator[tuple[Cell, ...]]:
    """All products but those that turned out to be another."""
    return rows(Product.objects.standing().order_by("sku"))
