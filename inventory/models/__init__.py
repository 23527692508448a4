"""What we have: the catalogue, and the stock of it."""

from inventory.models.catalogue import Barcode, Category, PriceChange, Product, Supplier, TaxRate
from inventory.models.stock import Lot, StockLevel, StockMovement

__all__ = [
    "Barcode",
    "Category",
    "Lot",
    "PriceChange",
    "Product",
    "StockLevel",
    "StockMovement",
    "Supplier",
    "TaxRate",
]
