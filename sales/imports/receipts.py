"""Kind receipts: one row a receipt, with its items in a cell."""

from __future__ import annotations

from sales import rollups
from sales.imports import documents, items
from sales.imports.fields import cashier_field, customer_field, register_field, tender_field
from sales.imports.undoing import undo_documents
from shop.imports.kinds import As, Field, Kind, also, register
from shop.imports.places import branch_field

_ITEMS = "2 x Milk 2 L @ 1.45; Bread 1.20"

RECEIPTS = register(
    Kind(
        name="receipts",
        title="Sales, receipt by receipt",
        about=(
            "One row a receipt, with its items in one cell: 2 x Milk @ 1.45; Bread 1.20. After @ stands the price of "
            "one; a price at the end is what was paid for the item. Items are parted by ; or | or new lines, else by "
            "commas; JSON works too. An item is found by SKU, barcode or name. What has no price takes its part of the "
            "total, else the product's shelf price of now, else it counts in units alone, and you are told how many."
        ),
        fields=(
            Field(
                "receipt",
                As.CODE,
                "Receipt number.",
                longest=80,
                synonyms=also(
                    "invoice, invoice id, invoice no, receipt id, receipt no, receipt number, transaction",
                    "order number, transaction id, transaction no, basket, basket id, order, order id, bill",
                    "bill no, ticket, ticket no",
                ),
                examples=("1001", "1002", "1003"),
                default="known by its day, customer and items",
            ),
            Field(
                "time",
                As.MOMENT,
                "When it was sold, by the shop's clock.",
                required=True,
                filled=True,
                synonyms=also(
                    "date, datetime, date time, timestamp, invoice date, transaction date, sold at",
                    "sale date, order date, transaction time, sale time, created at, day",
                ),
                examples=("2026-11-20 09:12", "2026-11-20 09:31", "2026-11-20 09:40"),
            ),
            Field(
                "items",
                As.TEXT,
                "What was bought, parted by ; or | or new lines; or JSON.",
                required=True,
                filled=True,
                longest=items.LONGEST_CELL,
                synonyms=also(
                    "products, basket items, cart items, line items, lineitems, goods, purchased items",
                    "item list, contents, transaction items, cart, items bought, purchase",
                ),
                examples=(_ITEMS, "Apples x 0.842 2.19", '[{"name": "Milk 2 L", "qty": 2, "price": 1.45}]'),
                joined="; ",
            ),
            Field(
                "total",
                As.MONEY,
                "What was paid for the receipt, tax included.",
                synonyms=also(
                    "amount, total amount, grand total, order total, receipt total, paid, total paid", "total cost, sum"
                ),
                examples=("4.10", "2.19", ""),
                default="what its items come to",
            ),
            tender_field(examples=("card", "cash", "")),
            customer_field(examples=("C-100", "", "")),
            branch_field(examples=("Harbour", "Harbour", "Harbour")),
            register_field(),
            cashier_field(),
        ),
        merge=items.merge_items,
        grows=documents.TABLES,
        finish=rollups.refresh,
        undo=undo_documents,
        noun=("receipt", "receipts"),
        rank=4,
    )
)
