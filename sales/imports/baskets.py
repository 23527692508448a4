"""Kind baskets: one row a basket, and every cell of it an item."""

from __future__ import annotations

from sales import rollups
from sales.imports import documents, items
from sales.imports.undoing import undo_documents
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field
from shop.imports.staging import Batch


def merge_baskets(batch: Batch) -> Counts:
    """Each row is a receipt; alike ones of a day are told apart by how many there are."""
    batch.run("rows", _WHOLE_ROWS)
    return items.merge_items(batch)


_WHOLE_ROWS = """
alter table import_rows add column receipt text, add column register text, add column tender text,
    add column cashier text, add column customer text, add column total numeric(14, 4)
"""

BASKETS = register(
    Kind(
        name="baskets",
        title="Baskets, one a row",
        about=(
            "One row a basket, every cell of it an item, and no row of column names, as market basket files are. Such "
            "a file names no day, so say one for all of it. An item is found by SKU, barcode or name; each takes the "
            "product's shelf price of now, else it counts in units alone, and you are told how many did."
        ),
        fields=(
            Field(
                "items",
                As.TEXT,
                "What was bought: every column of the file.",
                required=True,
                filled=True,
                longest=items.LONGEST_CELL,
                synonyms=also("products"),
                examples=("Milk 2 L; Bread; Butter", "Bread", "Apples; Milk 2 L"),
                joined="; ",
                takes_rest=True,
            ),
            Field(
                "time",
                As.MOMENT,
                "The day of the baskets, by the shop's clock: best one value for the whole file.",
                required=True,
                filled=True,
                synonyms=also("date, day"),
                examples=("2026-11-20",),
            ),
            branch_field(),
        ),
        merge=merge_baskets,
        grows=documents.TABLES,
        finish=rollups.refresh,
        undo=undo_documents,
        noun=("basket", "baskets"),
        said={"ragged": True, "header_rows": 0},
        rank=8,
    )
)
