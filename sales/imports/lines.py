"""Kind sales_lines: one row a receipt line, as tills export them."""

from __future__ import annotations

from customers.imports import resolve_customers
from inventory.imports import resolve_products
from sales import rollups
from sales.imports import documents
from sales.imports.fields import cashier_field, customer_field, register_field, tender_field
from sales.imports.undoing import undo_documents
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field, resolve_branches, resolve_registers
from shop.imports.staging import Batch


def merge_lines(batch: Batch) -> Counts:
    """Receipts new to the shop are written whole; known ones with the same content are left; others are refused."""
    batch.refuse("'price and total are both empty'", "r.price is null and r.total is null")
    documents.refuse_too_large(batch, "coalesce(r.total, r.price * coalesce(r.quantity, 1))")
    documents.refuse_too_large(batch, "coalesce(r.discount, 0) + coalesce(r.tax, 0)")
    documents.group_rows(batch, _RECEIPT)
    made = {
        "new_branches": resolve_branches(batch),
        "new_registers": resolve_registers(batch),
        "new_products": resolve_products(batch),
        "new_customers": resolve_customers(batch),
    }
    batch.progress(0.5)
    documents.work_out_lines(batch, _RECEIPT, _LINES)
    return documents.write(batch, _RECEIPT, made)


_RECEIPT = documents.Shape(what="receipt", key="r.receipt", register="coalesce(lower(r.register), '')", at="r.time")


# What was paid, tax included, is worked out first, then the tax in it. A discount has the sign of the quantity,
# however the till writes it: a return gives its discount back.
_LINES = """
select a.doc, a.file, a.line, a.time as at, a.customer, a.cashier, a.tender, a.product_id, a.name, a.quantity,
    a.discount, a.tax_rate, a.cost, a.digest, paid - tax_in as net, tax_in as tax,
    coalesce(a.price, case when a.quantity <> 0
        then (paid - case when %(included)s then 0 else tax_in end + a.discount) / a.quantity
        else paid end) as unit_price
from (
    select b.*, round(coalesce(b.tax, b.paid * b.rate / (1 + b.rate), 0), 4) as tax_in
    from (
        select c.*, round(coalesce(c.total, c.goods + case when %(included)s then 0
            else coalesce(c.tax, c.goods * c.rate, 0) end), 4) as paid,
            case when c.tax is null then c.rate end as tax_rate
        from (
            select r.doc, r.file, r.line, r.time, r.customer, r.cashier, r.tender, r.price, r.total, r.tax,
                p.id as product_id, coalesce(p.name, '') as name, p.rate,
                coalesce(r.quantity, 1) as quantity, coalesce(r.quantity, 1) * p.cost as cost,
                r.price * coalesce(r.quantity, 1) - d.discount as goods, d.discount,
                md5(row(r.time, r.product, r.quantity, r.price, r.total, r.discount, r.tax, r.tender, r.customer,
                    r.cashier)::text) as digest
            from ({rows}) r
            left join import_products p on p.code = r.product
            cross join lateral (
                select coalesce(abs(r.discount), 0) * case when r.quantity < 0 then -1 else 1 end as discount
            ) d
            offset 0
        ) c offset 0
    ) b offset 0
) a
"""

SALES_LINES = register(
    Kind(
        name="sales_lines",
        title="Sales, line by line",
        about=(
            "One row a receipt line, as tills export them. A receipt is known by branch, till and receipt number: "
            "the same file again changes nothing, and a receipt whose content differs from what is here is refused."
        ),
        fields=(
            Field(
                "receipt",
                As.CODE,
                "Receipt number. All rows with it, at one branch and till, are one receipt.",
                required=True,
                filled=True,
                longest=80,
                synonyms=also(
                    "invoice, invoice id, invoice no, invoice number, receipt id, receipt no, receipt number",
                    "transaction, transaction id, basket, basket id, order, order id, bill, bill no",
                    "bill number, ticket, ticket no, ticket number, order no, order number, check number",
                    "cart id, sale, sale id, sale number, transaction no, transaction number",
                ),
                examples=("1001", "1001", "1002"),
                made_of=("customer", "time"),
            ),
            Field(
                "time",
                As.MOMENT,
                "When it was sold, by the shop's clock. The receipt's time is its earliest row's.",
                required=True,
                filled=True,
                synonyms=also(
                    "date, datetime, date time, timestamp, invoice date, transaction timestamp",
                    "transaction date, sold at, sale date, order date, time of sale, transaction time",
                    "sale time, created at, paid at, closed at, sold on, day",
                ),
                examples=("2026-11-20 09:12", "2026-11-20 09:12", "2026-11-20 09:31"),
            ),
            Field(
                "product",
                As.CODE,
                "SKU, or else a barcode, of the product. Unknown ones are made for review.",
                required=True,
                longest=64,
                synonyms=also(
                    "sku, product id, product code, stock code, item, item id, item code, item number",
                    "article, plu, barcode, ean, upc, product line, product name, description",
                    "item description, item name, article number, variant sku, lineitem sku, lineitem name",
                    "gtin, name",
                ),
                examples=("MILK-2L", "BREAD-800", "APPLES"),
            ),
            Field(
                "quantity",
                As.QUANTITY,
                "Pieces or kilograms; negative for a return.",
                synonyms=also(
                    "qty, units, pieces, amount sold, count, quantity sold, qty sold, units sold",
                    "lineitem quantity, no of items",
                ),
                examples=("2", "1", "0.842"),
                default="1",
            ),
            Field(
                "price",
                As.MONEY,
                "Price of one unit, as on the shelf.",
                synonyms=also(
                    "unit price, price each, item price, shelf price, price per unit, selling price",
                    "sell price, lineitem price, rate",
                ),
                examples=("1.45", "1.20", "2.60"),
                default="worked out from total",
            ),
            Field(
                "total",
                As.MONEY,
                "What was paid for the row, tax included, after discount.",
                synonyms=also(
                    "line total, amount, total price, sales value, total amount, sales, paid, line amount",
                    "gross total, total incl tax, extended price",
                ),
                examples=("2.61", "1.20", "2.19"),
                default="price times quantity, less discount",
            ),
            Field(
                "discount",
                As.MONEY,
                "Money off the row, with or without a minus.",
                synonyms=also("discount amount, money off, reduction, lineitem discount, rebate, discounts"),
                examples=("0.29", "", ""),
                default="none",
            ),
            Field(
                "tax",
                As.MONEY,
                "Tax within the total.",
                synonyms=also("vat, tax amount, vat amount, tax 5%, sales tax, gst, taxes, tax value, total tax"),
                default="worked out from the product's tax rate, if it has one",
            ),
            tender_field(examples=("card", "card", "cash")),
            customer_field(examples=("C-100", "C-100", "")),
            branch_field(examples=("Harbour", "Harbour", "Harbour")),
            register_field(examples=("Till 1", "Till 1", "Till 1")),
            cashier_field(examples=("Jo", "Jo", "Jo")),
        ),
        merge=merge_lines,
        grows=documents.TABLES,
        finish=rollups.refresh,
        undo=undo_documents,
        rank=1,
        noun=("receipt line", "receipt lines"),
    )
)
