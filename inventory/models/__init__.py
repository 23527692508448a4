"""What we have: the catalogue, and the stock of it."""

from inventory.models.catalogue import Barcode, Category, PriceChange, Product, Supplier, TaxRate
from inventory.models.competitors import Competitor, CompetitorItem, CompetitorPrice
from inventory.models.lot_prices import LotPrice
from inventory.models.merging import ProductMerge, ProductPair
from inventory.models.orders import DeliveryLine, PurchaseOrder, PurchaseOrderLine
from inventory.models.price_batches import PriceBatch, PriceBatchLine, PricePolicy, PriceTie
from inventory.models.pricing import BarcodeRule, ShelfPrice
from inventory.models.stock import Lot, MinimumStock, StockLevel, StockMovement
from inventory.models.supplier_prices import SupplierItem, SupplierPrice

__all__ = [
    "SupplierPrice",
    "SupplierItem",
    "ProductPair",
    "ProductMerge",
    "Barcode",
    "BarcodeRule",
    "Category",
    "Competitor",
    "CompetitorItem",
    "CompetitorPrice",
    "DeliveryLine",
    "Lot",
    "LotPrice",
    "MinimumStock",
    "PriceBatch",
    "PriceBatchLine",
    "PriceChange",
    "PricePolicy",
    "PriceTie",
    "Product",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ShelfPrice",
    "StockLevel",
    "StockMovement",
    "Supplier",
    "TaxRate",
]
