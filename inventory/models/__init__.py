"""What we have: the catalogue, and the stock of it."""

from inventory.models.catalogue import Barcode, Category, PriceChange, Product, Supplier, TaxRate
from inventory.models.orders import DeliveryLine, PurchaseOrder, PurchaseOrderLine
from inventory.models.pricing import BarcodeRule, ShelfPrice
from inventory.models.stock import Lot, MinimumStock, StockLevel, StockMovement

__all__ = [
    "Barcode",
    "BarcodeRule",
    "Category",
    "DeliveryLine",
    "Lot",
    "MinimumStock",
    "PriceChange",
    "Product",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ShelfPrice",
    "StockLevel",
    "StockMovement",
    "Supplier",
    "TaxRate",
]
