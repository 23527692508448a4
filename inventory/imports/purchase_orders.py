"""Kind purchase_orders: orders to suppliers, line by line, as another system exports them."""

from __future__ import annotations

from inventory.imports.known import resolve_products
from inventory.imports.suppliers import resolve_suppliers
from shop.imports import lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field, branch_key, resolve_branches
from shop.imports.staging import Batch

# So many days after it should have come, nothing more is expected of an order.
LATE_DAYS = 30


def merge_purchase_orders(batch: Batch) -> Counts:
    """An order is known by supplier, branch and number; a line of it by product. Known lines get what is new.

    No stock moves and nothing is mailed: what is there is what counts and receipts say. An order of which goods were
    received here is left, since its lines are no longer the other system's.
    """
    _refuse(batch)
    made = {"new_suppliers": resolve_suppliers(batch), "new_branches": resolve_branches(batch)}
    batch.run("codes", _PRODUCTS_BY_CODE)
    batch.refuse("'supplier_code: “' || r.supplier_code || '” is not known of ' || r.supplier", "r.product is null")
    made["new_products"] = resolve_products(batch)
    actor = "coalesce(current_setting('app.actor', true), '')"
    values = {"shop": batch.shop.pk, "default": batch.default_branch, "zone": batch.shop.zone}
    values |= {"today": batch.shop.today(), "late": LATE_DAYS}
    batch.run("lines", _LINES.format(branch=branch_key(batch)), values)
    if left := batch.run("received", _LEAVE_RECEIVED_HERE):
        batch.notes.append(f"Lines of orders whose goods were received here were left as they are: {left:,}.")
    batch.run("orders", "select pg_advisory_xact_lock(hashtextextended('orders', %(shop)s))", values)
    batch.run("orders", _ORDERS)
    made_orders = _NEW_ORDERS.format(actor=actor)
    orders = lineage.write(batch, "orders", "inventory_purchaseorder", made_orders, values, rows=_MADE_ORDERS)
    batch.run("orders", _FIND_ORDERS)
    updated = lineage.write(batch, "lines", "inventory_purchaseorderline", _UPDATE_LINES)
    created = lineage.write(batch, "lines", "inventory_purchaseorderline", _NEW_LINES, values, rows=_MADE_LINES)
    batch.run("orders", _SETTLE)
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    return Counts(created, updated, good - created - updated, {**made, "orders": orders})


def _refuse(batch: Batch) -> None:
    batch.refuse("'product and supplier_code are both empty'", "r.product is null and r.supplier_code is null")
    batch.refuse("'quantity is not above 0'", "r.quantity <= 0")
    batch.refuse("'received is negative'", "r.received < 0")
    batch.refuse("'unit_cost is negative'", "r.unit_cost < 0")
    batch.refuse("'pack_size is 0'", "r.pack_size = 0")
    batch.refuse("'the delivery day is before the order'", "r.expected_on < r.ordered_on")


_PRODUCTS_BY_CODE = """
update import_rows r set product = p.sku
from import_suppliers s, inventory_supplieritem i, inventory_product p
where r.problem is null and r.product is null and s.key = lower(r.supplier) and i.supplier_id = s.id
    and i.code = r.supplier_code and p.id = i.product_id
"""
# One row an order and product: what stands on several lines of an order is added up.
_LINES = """
create temp table import_lines on commit drop as
select r.number, s.id as supplier_id, b.id as branch_id, p.id as product_id, sum(r.quantity) as quantity,
    coalesce(sum(r.received), 0) as received, count(r.received) > 0 as says_received, max(r.unit_cost) as unit_cost,
    max(r.pack_size) as pack_size, min(r.ordered_on) as ordered_on, max(r.expected_on) as expected_on,
    coalesce(max(r.expected_on), min(r.ordered_on)) < %(today)s::date - %(late)s::int as is_late,
    (coalesce(min(r.ordered_on), %(today)s) + time '12:00') at time zone %(zone)s as at,
    min(r.file) as file, min(r.line) as line, null::bigint as order_id
from import_rows r
join import_suppliers s on s.key = lower(r.supplier)
join import_branches b on b.key = {branch}
join import_products p on p.code = r.product
where r.problem is null group by 1, 2, 3, 4
"""
_SAME_ORDER = "o.supplier_id = l.supplier_id and o.branch_id = l.branch_id and o.reference = l.number"
_LEAVE_RECEIVED_HERE = f"""
delete from import_lines l using inventory_purchaseorder o, inventory_purchaseorderline m, inventory_deliveryline d
where {_SAME_ORDER} and m.order_id = o.id and d.order_line_id = m.id
"""
_ORDERS = f"""
create temp table import_orders on commit drop as
select l.number, l.supplier_id, l.branch_id, min(l.at) as at, max(l.expected_on) as expected_on, min(l.file) as file,
    min(l.line) as line, min(o.id) as id
from import_lines l left join inventory_purchaseorder o on {_SAME_ORDER} group by 1, 2, 3
"""
_NEW_ORDERS = """
insert into inventory_purchaseorder (shop_id, number, reference, branch_id, supplier_id, state, expected_on, note,
    made_by, made_at, approved_by, approved_at, mail, mailed_to, mail_error)
select %(shop)s, (select coalesce(max(number), 0) from inventory_purchaseorder)
        + row_number() over (order by o.at, o.file, o.line),
    o.number, o.branch_id, o.supplier_id, 'approved', o.expected_on, 'From a file', {actor}, o.at, {actor}, o.at, '',
    '', ''
from import_orders o where o.id is null
returning id, supplier_id, branch_id, reference
"""
_MADE_ORDERS = """
select w.id, o.file, o.line from written w
join import_orders o on (o.supplier_id, o.branch_id, o.number) = (w.supplier_id, w.branch_id, w.reference)
"""
_FIND_ORDERS = """
update import_lines l set order_id = o.id from inventory_purchaseorder o
where o.supplier_id = l.supplier_id and o.branch_id = l.branch_id and o.reference = l.number
"""
_CELLS = "quantity, received, unit_cost, pack_size, is_closed"
_NOW = """m.order_id = l.order_id and m.product_id = l.product_id cross join lateral (
    select l.quantity as quantity, case when l.says_received then l.received else m.received end as received,
        coalesce(l.unit_cost, m.unit_cost) as unit_cost, coalesce(l.pack_size, m.pack_size) as pack_size,
        m.is_closed or l.is_late as is_closed
) n"""
_UPDATE_LINES = f"""
update inventory_purchaseorderline t set {", ".join(f"{cell} = n.{cell}" for cell in _CELLS.split(", "))}
from import_lines l join inventory_purchaseorderline m on {_NOW}
where t.id = m.id and ({", ".join(f"m.{cell}" for cell in _CELLS.split(", "))})
    is distinct from ({", ".join(f"n.{cell}" for cell in _CELLS.split(", "))})
returning t.id, l.file, l.line
"""
_NEW_LINES = """
insert into inventory_purchaseorderline (shop_id, order_id, product_id, quantity, pack_size, unit_cost, received,
    is_closed, sources)
select %(shop)s, l.order_id, l.product_id, l.quantity, l.pack_size, l.unit_cost, l.received,
    l.is_late, jsonb_build_object('file', trim_scale(l.quantity)::text)
from import_lines l
where not exists (
    select from inventory_purchaseorderline m where m.order_id = l.order_id and m.product_id = l.product_id)
order by l.order_id, l.file, l.line
returning id, order_id, product_id
"""
_MADE_LINES = "select w.id, l.file, l.line from written w join import_lines l using (order_id, product_id)"
# As `inventory.deliveries` settles an order: its state is what its lines say.
_SETTLE = """
update inventory_purchaseorder o set state = n.state
from (
    select m.order_id, case when bool_and(m.is_closed or m.received >= m.quantity) then 'received'
        when bool_or(m.is_closed or m.received > 0) then 'part' else 'approved' end as state
    from inventory_purchaseorderline m where m.order_id in (select order_id from import_lines) group by 1
) n where n.order_id = o.id and o.state <> n.state and o.state <> 'cancelled'
"""

PURCHASE_ORDERS = register(
    Kind(
        name="purchase_orders",
        title="Orders to suppliers",
        about=(
            "One row a line of an order, as another system exports them. An order is known by supplier, branch and its "
            "number there. Nothing is mailed and no stock moves: what is there is what counts and receipts say. Of an "
            f"order that should have come more than {LATE_DAYS} days ago nothing more is expected."
        ),
        fields=(
            Field(
                "number",
                As.CODE,
                "The order's number. All rows with it, of one supplier and branch, are one order.",
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "order, order number, order no, order id, po, po number, po no, purchase order",
                    "purchase order number, reference, document number",
                ),
                examples=("PO-1001", "PO-1001"),
            ),
            Field(
                "supplier",
                As.TEXT,
                "Supplier, by name. Unknown ones are made for review.",
                required=True,
                filled=True,
                longest=120,
                synonyms=also("supplier name, vendor, vendor name, wholesaler, ordered from"),
                examples=("Northgate Dairy", "Northgate Dairy"),
            ),
            Field(
                "product",
                As.CODE,
                "SKU, or else a barcode, of the product. Unknown ones are made for review.",
                longest=64,
                synonyms=also(
                    "sku, product id, product code, item, item id, item code, item number, article, barcode, ean, upc"
                ),
                examples=("MILK-2L", "YOGURT-500"),
                default="found by supplier_code",
            ),
            Field(
                "supplier_code",
                As.CODE,
                "The supplier's own number of the article, as in their price list.",
                longest=64,
                synonyms=also("vendor code, vendor sku, supplier sku, supplier item, order code, vendor item"),
                default="not said",
            ),
            Field(
                "quantity",
                As.QUANTITY,
                "Pieces or kilograms ordered.",
                required=True,
                filled=True,
                synonyms=also("qty, ordered, quantity ordered, order quantity, qty ordered, units, order qty"),
                examples=("24", "12"),
            ),
            Field(
                "received",
                As.QUANTITY,
                "Pieces or kilograms of it that came so far.",
                synonyms=also("quantity received, received quantity, qty received, delivered, delivered quantity"),
                examples=("24", "6"),
                default="nothing yet",
            ),
            Field(
                "unit_cost",
                As.MONEY,
                "What one piece or kg was to cost, without tax.",
                synonyms=also("cost, cost price, price, unit price, purchase price, net price, cost per unit"),
                examples=("1.10", "0.62"),
                default="not known",
            ),
            Field(
                "pack_size",
                As.WHOLE,
                "Pieces in a case.",
                synonyms=also("case size, pack, units per case, case qty"),
                default="not known",
            ),
            Field(
                "ordered_on",
                As.DATE,
                "Day of the order.",
                synonyms=also("order date, date, ordered, date ordered, created, created at, po date"),
                examples=("2026-11-16", "2026-11-16"),
                default="the day of the import",
            ),
            Field(
                "expected_on",
                As.DATE,
                "Day of delivery.",
                synonyms=also("expected, delivery date, due date, expected date, expected delivery, due, arrival date"),
                examples=("2026-11-18", "2026-11-18"),
                default="not known",
            ),
            branch_field(
                help="Branch it is for, by name.",
                examples=("Harbour", "Harbour"),
                more=("deliver to", "ship to", "warehouse"),
            ),
        ),
        merge=merge_purchase_orders,
        grows=("inventory_purchaseorder", "inventory_purchaseorderline"),
        noun=("line", "lines"),
    )
)
