"""Kind sales_daily: a day's totals by product, from tills that keep no receipts."""

from __future__ import annotations

from inventory.imports import resolve_products
from sales import rollups
from sales.imports import documents
from sales.imports.undoing import undo_documents
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field, resolve_branches
from shop.imports.staging import Batch


def merge_daily(batch: Batch) -> Counts:
    """Days new to a branch are written whole, as one summary; known ones with the same content are left."""
    batch.refuse("'price and net are both empty'", "r.price is null and r.net is null")
    documents.refuse_too_large(batch, "coalesce(r.net, r.price * r.quantity)")
    documents.refuse_too_large(batch, "coalesce(r.cost, 0) * r.quantity")
    shape = _day(batch)
    documents.group_rows(batch, shape)
    made = {"new_branches": resolve_branches(batch), "new_products": resolve_products(batch)}
    batch.progress(0.5)
    documents.work_out_lines(batch, shape, _LINES)
    return documents.write(batch, shape, made)


def _day(batch: Batch) -> documents.Shape:
    """A day's summary stands at noon of the shop's clock: inside the day whatever the cut-off and the season."""
    zone = batch.shop.zone.replace("'", "")
    return documents.Shape(
        what="day",
        key="r.date::text",
        register="''",
        at=f"((r.date + time '12:00') at time zone '{zone}')",
        is_summary=True,
    )


# The shelf price may hold the tax; net never does. Without net the tax is taken out of, or added to, the price.
_LINES = """
select b.doc, b.file, b.line, b.at, null::text as customer, null::text as cashier, null::text as tender, b.product_id,
    b.name, b.quantity, 0::numeric as discount, b.rate as tax_rate, b.quantity * b.unit_cost as cost, b.digest, b.net,
    round(b.net * coalesce(b.rate, 0), 4) as tax,
    coalesce(b.price, case when b.quantity <> 0 then
        b.net * (case when %(included)s then 1 + coalesce(b.rate, 0) else 1 end) / b.quantity
        else b.net end) as unit_price
from (
    select r.doc, r.at, r.file, r.line, r.price, r.quantity, p.id as product_id, coalesce(p.name, '') as name, p.rate,
        coalesce(r.cost, p.cost) as unit_cost,
        round(coalesce(r.net,
            r.price * r.quantity / (case when %(included)s then 1 + coalesce(p.rate, 0) else 1 end)), 4)
            as net,
        md5(row(r.date, r.product, r.quantity, r.net, r.price, r.cost)::text) as digest
    from ({rows}) r
    left join import_products p on p.code = r.product
    offset 0
) b
"""

SALES_DAILY = register(
    Kind(
        name="sales_daily",
        title="Sales, day by day",
        about=(
            "One row a product and day, for tills that report totals only. A branch's day is one summary: it counts "
            "in sales and units, never in baskets."
        ),
        fields=(
            Field(
                "date",
                As.DATE,
                "The day.",
                required=True,
                filled=True,
                synonyms=also("day, sale date, business date, time, sales date, trading day"),
                examples=("2026-11-20", "2026-11-20"),
            ),
            Field(
                "product",
                As.CODE,
                "SKU, or else a barcode, of the product. Unknown ones are made for review.",
                required=True,
                longest=64,
                synonyms=also(
                    "sku, product id, product code, item, item id, item code, barcode, ean, upc, gtin, plu",
                    "article, stock code",
                ),
                examples=("MILK-2L", "BREAD-800"),
            ),
            Field(
                "quantity",
                As.QUANTITY,
                "Pieces or kilograms sold that day.",
                required=True,
                filled=True,
                synonyms=also("qty, units, sold, units sold, quantity sold, unit sales, volume"),
                examples=("64", "41"),
            ),
            Field(
                "net",
                As.MONEY,
                "Sales of the product that day, without tax.",
                synonyms=also("net sales, sales, revenue, turnover, net amount, net revenue, sales value"),
                examples=("92.80", "49.20"),
                default="price times quantity, less tax",
            ),
            Field(
                "price",
                As.MONEY,
                "Price of one unit, as on the shelf.",
                synonyms=also("unit price, shelf price, sell price, average price, selling price"),
                examples=("1.45", "1.20"),
                default="worked out from net",
            ),
            Field(
                "cost",
                As.MONEY,
                "What one unit cost you.",
                synonyms=also("unit cost, cost price"),
                examples=("1.10", "0.74"),
                default="the product's cost",
            ),
            branch_field(examples=("Harbour", "Harbour")),
        ),
        merge=merge_daily,
        grows=documents.TABLES,
        finish=rollups.refresh,
        undo=undo_documents,
        rank=2,
        noun=("day's product", "days' products"),
    )
)
