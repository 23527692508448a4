"""Products, stock counts and competitors' prices from files, each declared in its own; and products files name."""

from inventory.imports.competitor_prices import COMPETITOR_PRICES
from inventory.imports.known import resolve_products
from inventory.imports.products import PRODUCTS
from inventory.imports.stock import STOCK

__all__ = ["COMPETITOR_PRICES", "PRODUCTS", "STOCK", "resolve_products"]
