"""What becomes of the rows of this app: codes, lots and orders move along, prices and the ledger stay as they were."""

from __future__ import annotations

from inventory.merging.links import moves, part, stays
from inventory.merging.lots import LOTS
from inventory.merging.stock import STOCK
from inventory.models import (
    Barcode,
    CompetitorItem,
    DeliveryLine,
    Lot,
    LotPrice,
    MinimumStock,
    PriceBatchLine,
    PriceChange,
    PriceTie,
    Product,
    ProductMerge,
    ProductPair,
    PurchaseOrderLine,
    ShelfPrice,
    StockLevel,
    StockMovement,
    SupplierItem,
)

_ITS_PRICE = "They say what it cost itself; the product that is kept has its own price."
_PAIRS = "The desk asks again about the product that is kept."
_MERGES = "They say what was merged with what."


def declare() -> None:
    _declare_links()
    _declare_what_stays()
    for one in (STOCK, LOTS):
        part(one)


def _declare_links() -> None:
    moves(Barcode, "product", "barcodes")
    moves(Lot, "product", "lots")
    moves(LotPrice, "product", "stickers")
    moves(MinimumStock, "product", "least amounts wanted")
    moves(SupplierItem, "product", "suppliers' articles")
    moves(PurchaseOrderLine, "product", "order lines")
    moves(DeliveryLine, "product", "deliveries")
    moves(CompetitorItem, "product", "competitors' items")
    moves(PriceTie, "first", "price ties")
    moves(PriceTie, "second", "price ties")
    moves(Product, "deposit", "products sold with it as their deposit")
    moves(Product, "merged_into", "products merged into it before")


def _declare_what_stays() -> None:
    stays(PriceChange, "product", "prices it has had", _ITS_PRICE)
    stays(ShelfPrice, "product", "prices at a branch or for a time", _ITS_PRICE)
    stays(PriceBatchLine, "product", "lines of price batches", _ITS_PRICE)
    stays(
        StockMovement,
        "product",
        "stock movements",
        "The ledger is never changed; its stock goes over by two new lines.",
    )
    stays(StockLevel, "product", "stock levels", "What was there goes over; the level stays at 0.")
    stays(ProductPair, "first", "pairs to look at", _PAIRS)
    stays(ProductPair, "second", "pairs to look at", _PAIRS)
    stays(ProductMerge, "kept", "merges", _MERGES)
    stays(ProductMerge, "gone", "merges", _MERGES)
