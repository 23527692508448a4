"""Kind purchases: who bought what on which day, without prices."""

from __future__ import annotations

from sales import rollups
from sales.imports import documents, items
from sales.imports.fields import customer_field
from sales.imports.undoing import undo_documents
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field
from shop.imports.staging import Batch


def merge_purchases(batch: Batch) -> Counts:
    """What one customer bought on one day is a receipt, where no receipt number says better."""
    batch.refuse("'receipt and customer are both empty'", "r.receipt is null and r.customer is null")
    batch.refuse("'quantity is 0'", "r.quantity = 0")
    batch.run("rows", _WHOLE_ROWS)
    batch.run("rows", _KEYS, {"zone": batch.shop.zone})
    return items.merge_rows(batch)


_WHOLE_ROWS = """
alter table import_rows add column register text, add column tender text, add column cashier text,
    add column price numeric(14, 4), add column paid numeric(14, 4), add column total numeric(14, 4),
    add column said text
"""
_KEYS = """
update import_rows set said = product, quantity = coalesce(quantity, 1),
    receipt = coalesce(receipt, left(customer || ' ' || (time at time zone %(zone)s)::date, 80))
"""

PURCHASES = register(
    Kind(
        name="purchases",
        title="Sales without prices",
        about=(
            "One row an item that somebody bought on a day, without what it cost. What a customer bought on one day is "
            "one receipt. Each line takes the product's shelf price of now; products without a price count in baskets "
            "and units, and as 0 in money. You are told how many lines that are."
        ),
        fields=(
            Field(
                "time",
                As.MOMENT,
                "When it was bought, by the shop's clock.",
                required=True,
                filled=True,
                synonyms=also("date, day, datetime, timestamp, purchase date, transaction date, bought on, order date"),
                examples=("2026-11-20", "2026-11-20", "2026-11-21"),
            ),
            Field(
                "product",
                As.CODE,
                "SKU, a barcode, or a name that one product alone has. Unknown ones are made for review.",
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "sku, product id, product code, item, item id, item code, item description, item name, description",
                    "product name, article, barcode, ean, upc, name",
                ),
                examples=("Milk 2 L", "Bread", "Milk 2 L"),
            ),
            customer_field(
                examples=("C-100", "C-100", "C-101"),
                default="nobody; then the receipt must be given",
                more=("user id",),
            ),
            Field(
                "receipt",
                As.CODE,
                "Receipt number.",
                longest=80,
                synonyms=also("basket, basket id, transaction, transaction id, order, order id, invoice, invoice id"),
                default="the customer's day",
            ),
            Field(
                "quantity",
                As.QUANTITY,
                "Pieces or kilograms; negative for a return.",
                synonyms=also("qty, units, pieces, count"),
                examples=("1", "2", ""),
                default="1",
            ),
            branch_field(),
        ),
        merge=merge_purchases,
        grows=documents.TABLES,
        finish=rollups.refresh,
        undo=undo_documents,
        noun=("line", "lines"),
        rank=6,
    )
)
