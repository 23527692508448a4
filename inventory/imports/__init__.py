"""Products and stock counts from files. Each declares its kind; `resolve_products` serves the kinds that name products."""

from inventory.imports.known import resolve_products
from inventory.imports.products import PRODUCTS
from inventory.imports.stock import STOCK

__all__ = ["PRODUCTS", "STOCK", "resolve_products"]
