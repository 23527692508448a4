"""What a grocer's files say of goods and suppliers, each kind declared in its own; and products that files name."""

from inventory.imports.competitor_prices import COMPETITOR_PRICES
from inventory.imports.known import resolve_products
from inventory.imports.prices import PRICES
from inventory.imports.products import PRODUCTS
from inventory.imports.purchase_orders import PURCHASE_ORDERS
from inventory.imports.stock import STOCK
from inventory.imports.supplier_prices import SUPPLIER_PRICES
from inventory.imports.suppliers import SUPPLIERS

__all__ = [
    "COMPETITOR_PRICES",
    "PRICES",
    "PRODUCTS",
    "PURCHASE_ORDERS",
    "STOCK",
    "SUPPLIERS",
    "SUPPLIER_PRICES",
    "resolve_products",
]
