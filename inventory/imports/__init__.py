"""Products and stock counts from files, each declared in its own; and products that other files name."""

from inventory.imports.known import resolve_products
from inventory.imports.products import PRODUCTS
from inventory.imports.stock import STOCK

__all__ = ["PRODUCTS", "STOCK", "resolve_products"]
