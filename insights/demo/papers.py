"""Puts into the chosen shop what no CSV file carries: price history, lots, the stock ledger behind the sales, orders.

Everything is set-based and comes before the sales, so that their import takes stock from shelves that are full.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from insights.demo import ledger
from insights.demo.branches import ZONE
from insights.demo.files import amount, pounds
from insights.demo.grocer import Demo
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine, Supplier
from shop.models import Branch
from shop.tenancy import current_shop_id

DELIVERED_AT = dt.time(6, 0)
LOTS_KEPT = dt.timedelta(days=180)  # of older goods that are long gone only the movement is written
Row = tuple[Any, ...]


def write_price_history(demo: Demo) -> None:
    """Every price and cost of every product, with its day and reason; the present one the import tells again."""
    with connection.cursor() as cursor:
        cursor.execute(_PRICES_TABLE)
        _copy(cursor, "demo_prices", _price_rows(demo))
        cursor.execute(_PRICES_INSERT, [current_shop_id()])


def write_stock(demo: Demo) -> None:
    """The first count, every delivery with its lot, all waste, and the levels they add up to."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVES_TABLE)
        _copy(cursor, "demo_moves", _move_rows(demo))
        for statement in (_MOVES_FOUND, _LOTS_INSERT, _MOVES_INSERT, _LEVELS_INSERT):
            cursor.execute(statement, {"shop": current_shop_id()})


def write_product_details(demo: Demo) -> None:
    """Further barcodes with their pack quantities, PLU numbers, and contents for the price per 100 g."""
    with connection.cursor() as cursor:
        cursor.execute(_DETAILS_TABLE)
        _copy(cursor, "demo_details", _detail_rows(demo))
        cursor.execute(_CODES_INSERT, [current_shop_id()])
        cursor.execute(_DETAILS_UPDATE, [current_shop_id()])


def write_orders(demo: Demo, by: str) -> None:
    """The orders that were on their way when the last day ended, approved and mailed."""
    suppliers = {supplier.name: supplier for supplier in Supplier.objects.all()}
    products = {product.sku: product for product in Product.objects.all()}
    for story in demo.branches:
        branch = Branch.objects.get(name=story.branch.name)
        for days, quantities in enumerate(story.stocked.coming):
            by_supplier: dict[str, list[int]] = defaultdict(list)
            for number in np.flatnonzero(quantities):
                by_supplier[demo.products[number].category.supplier].append(int(number))
            for name, numbers in sorted(by_supplier.items()):
                order = _order(branch, suppliers[name], demo.today + dt.timedelta(days=days), by)
                rows = [(products[demo.products[number].sku], amount(int(quantities[number]))) for number in numbers]
                PurchaseOrderLine.objects.bulk_create(
                    PurchaseOrderLine(
                        order=order,
                        product=product,
                        quantity=Decimal(quantity),
                        pack_size=product.pack_size,
                        unit_cost=product.cost,
                    )
                    for product, quantity in rows
                )


def _order(branch: Branch, supplier: Supplier, expected: dt.date, by: str) -> PurchaseOrder:
    ordered = moment(expected - dt.timedelta(days=supplier.lead_time_days or 1), dt.time(9))
    return PurchaseOrder.objects.create(  # type: ignore[no-any-return]
        number=PurchaseOrder.objects.count() + 1,
        branch=branch,
        supplier=supplier,
        state=PurchaseOrder.State.APPROVED,
        expected_on=expected,
        made_by=by,
        made_at=ordered,
        approved_by=by,
        approved_at=ordered,
        mail=PurchaseOrder.Mail.SENT,
        mailed_to=supplier.email,
        mailed_at=ordered,
    )


def moment(day: dt.date, time: dt.time) -> dt.datetime:
    """The instant at which the demo shop's clock shows that time."""
    return dt.datetime.combine(day, time, ZoneInfo(ZONE))


def _price_rows(demo: Demo) -> Iterator[Row]:
    for change in demo.changes:
        cost = None if change.cost is None else pounds(change.cost)
        at = moment(demo.calendar.days[change.day], dt.time(0))
        yield demo.products[change.product].sku, pounds(change.price), cost, at, change.reason


def _move_rows(demo: Demo) -> Iterator[Row]:
    lots_from = demo.calendar.days[-1] - LOTS_KEPT
    for line in ledger.lots_received(demo):
        kept = line.received >= lots_from or (line.best_before or line.received) > demo.calendar.days[-1]
        yield (
            line.branch,
            line.product.sku,
            "count" if line.opening else "receipt",
            amount(line.quantity),
            line.lot if kept else "",
            line.best_before if kept else None,
            line.use_by if kept else None,
            None if line.cost is None else pounds(line.cost),
            moment(line.received, dt.time(5) if line.opening else DELIVERED_AT),
            line.received,
            "First count" if line.opening else "",
        )
    for waste in ledger.thrown_away(demo):
        at = waste.at.replace(tzinfo=ZoneInfo(ZONE))
        lost = amount(-waste.quantity)
        yield waste.branch, waste.product.sku, "waste", lost, "", None, None, None, at, None, waste.cause.capitalize()


def _detail_rows(demo: Demo) -> Iterator[Row]:
    for product in demo.products:
        size, unit = product.content or (None, "")
        plu = next((barcode.code for barcode in product.barcodes if len(barcode.code) < 8), "")
        for barcode in product.barcodes:
            yield product.sku, barcode.code, barcode.pieces, plu, size, unit


def _copy(cursor: Any, table: str, rows: Iterable[Row]) -> None:
    with cursor.copy(f"copy {table} from stdin") as out:
        for row in rows:
            out.write_row(row)
    cursor.execute(f"analyze {table}")


_PRICES_TABLE = """
create temporary table demo_prices (sku text, price numeric, cost numeric, at timestamptz, reason text)
on commit drop
"""
_PRICES_INSERT = """
insert into inventory_pricechange (shop_id, product_id, price, cost, effective_at, actor, reason)
select p.shop_id, p.id, d.price, d.cost, d.at, '', d.reason
from demo_prices d join inventory_product p on p.shop_id = %s and p.sku = d.sku
order by d.at
"""
_MOVES_TABLE = """
create temporary table demo_moves (
    branch text, sku text, kind text, quantity numeric, lot text, best_before date, use_by date, unit_cost numeric,
    at timestamptz, received_on date, note text
) on commit drop
"""
# Ids are given beforehand: a join back to the lots just written has no statistics to plan by.
_MOVES_FOUND = """
create temporary table demo_found on commit drop as
select d.*, b.id as branch_id, p.id as product_id, p.supplier_id,
       case when d.lot <> '' then nextval(pg_get_serial_sequence('inventory_lot', 'id')) end as lot_id
from demo_moves d
join shop_branch b on b.shop_id = %(shop)s and b.name = d.branch
join inventory_product p on p.shop_id = b.shop_id and p.sku = d.sku
order by d.at, b.id, p.id, d.kind, d.note
"""
_LOTS_INSERT = """
insert into inventory_lot (id, shop_id, branch_id, product_id, supplier_id, code, quantity, cost, received_on,
                           best_before, use_by)
select lot_id, %(shop)s, branch_id, product_id, supplier_id, lot, quantity, unit_cost, received_on, best_before, use_by
from demo_found where lot_id is not null
"""
_MOVES_INSERT = """
insert into inventory_stockmovement (shop_id, branch_id, product_id, lot_id, kind, quantity, unit_cost, occurred_at,
                                     source, note, actor)
select %(shop)s, branch_id, product_id, lot_id, kind, quantity, unit_cost, at, 'demo/' || row_number() over (), note, ''
from demo_found
"""
_LEVELS_INSERT = """
insert into inventory_stocklevel (shop_id, branch_id, product_id, quantity, tracked_from, counted_at)
select %(shop)s, branch_id, product_id, sum(quantity), min(at), min(at) filter (where kind = 'count')
from demo_found group by branch_id, product_id
"""
_DETAILS_TABLE = """
create temporary table demo_details (sku text, code text, pieces numeric, plu text, size numeric, unit text)
on commit drop
"""
_CODES_INSERT = """
insert into inventory_barcode (shop_id, product_id, code, pack_quantity)
select p.shop_id, p.id, d.code, d.pieces
from demo_details d join inventory_product p on p.shop_id = %s and p.sku = d.sku
on conflict (shop_id, code) do nothing
"""
_DETAILS_UPDATE = """
update inventory_product p set plu = d.plu, content_size = d.size, content_unit = d.unit
from (select distinct sku, plu, size, unit from demo_details) d
where p.shop_id = %s and p.sku = d.sku
"""
