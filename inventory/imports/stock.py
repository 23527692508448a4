"""Kind stock: one row a counted product, or lot, at a branch."""

from __future__ import annotations

from typing import Any

from inventory.imports.known import resolve_products
from inventory.imports.undoing import undo_counts
from shop.imports import absent, lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field, branch_key, resolve_branches
from shop.imports.staging import Batch


def merge_stock(batch: Batch) -> Counts:
    """Each row is a count: the branch has this much now. A product's rows at a branch are one count, by lots."""
    batch.refuse(
        "'a lot cannot hold less than nothing'",
        "r.quantity < 0 and coalesce(r.lot, r.best_before::text, r.use_by::text) is not null",
    )
    values = {"shop": batch.shop.pk, "default": batch.default_branch, "import": batch.imported and batch.imported.pk}
    batch.run("repeats", _REFUSE_COUNTED_TWICE.format(branch=branch_key(batch)), values)
    batch.run("repeats", _REFUSE_HALF_COUNTS.format(branch=branch_key(batch)), values)
    made = {"new_branches": resolve_branches(batch), "new_products": resolve_products(batch)}
    batch.run("counts", _COUNTS.format(branch=branch_key(batch), first=lineage.FIRST), values)
    batch.run("counts", _LOCK_LEVELS)
    batch.run("counts", _TARGETS)
    created, updated, unchanged = batch.one("count", _COUNT_STOCK)
    lineage.write(batch, "lots", "inventory_lot", _WRITE_LOTS, values, rows=_LOT_LINES)
    lineage.write(batch, "movements", _MOVEMENTS, _MOVE_LOTS, values, rows=_LINES)
    lineage.write(batch, "movements", _MOVEMENTS, _MOVE_REST, values, rows=_LINES)
    batch.run("levels", _WRITE_LEVELS, values)
    _settle_absent(batch, values)
    return Counts(created, updated, unchanged, dict(made))


_REFUSE_COUNTED_TWICE = """
update import_rows r set problem = 'product ' || r.product || ' is counted twice, with other quantities'
from (
    select {branch} as branch, product, lot, best_before, use_by from import_rows r where problem is null
    group by 1, 2, 3, 4, 5 having count(distinct quantity) > 1
) twice
where r.problem is null and r.product = twice.product and {branch} = twice.branch
and (r.lot, r.best_before, r.use_by) is not distinct from (twice.lot, twice.best_before, twice.use_by)
"""
_REFUSE_HALF_COUNTS = """
update import_rows r set problem = 'line ' || bad.line || ' of the same product and branch is refused'
from (
    select {branch} as branch, product, min(line) as line from import_rows r
    where problem is not null and product is not null group by 1, 2
) bad
where r.problem is null and r.product = bad.product and {branch} = bad.branch
"""
_COUNTS = """
create temp table import_counts on commit drop as
select b.id as branch_id, p.id as product_id, coalesce(r.lot, '') as code, r.best_before, r.use_by,
    sum(r.quantity) as quantity, sum(r.rows)::int as rows, min(r.place) as place,
    coalesce(r.lot, r.best_before::text, r.use_by::text) is not null as is_lot
from (
    select {branch} as branch, r.product, r.lot, r.best_before, r.use_by, min(r.quantity) as quantity,
        count(*) as rows, {first}
    from import_rows r where r.problem is null group by 1, 2, 3, 4, 5
) r
join import_branches b on b.key = r.branch
join import_products p on p.code = r.product
group by b.id, p.id, r.lot, r.best_before, r.use_by
"""
_LOCK_LEVELS = """
select 1 from inventory_stocklevel k where (k.branch_id, k.product_id) in (
    select branch_id, product_id from import_counts
) order by k.branch_id, k.product_id for update
"""
# What each product should have after the count, what it has, and which lots are new or differ.
_TARGETS = """
create temp table import_targets on commit drop as
select c.*, v.quantity as has, l.id as lot_id, c.is_lot and (l.id is null or l.quantity <> c.quantity) as lot_differs,
    sum(c.quantity) over product as target
from import_counts c
left join inventory_stocklevel v on v.branch_id = c.branch_id and v.product_id = c.product_id
left join inventory_lot l on c.is_lot and l.branch_id = c.branch_id and l.product_id = c.product_id
    and (l.code, l.best_before, l.use_by) is not distinct from (c.code, c.best_before, c.use_by)
window product as (partition by c.branch_id, c.product_id)
"""
_COUNT_STOCK = """
select coalesce(sum(rows) filter (where has is null), 0)::int,
    coalesce(sum(rows) filter (where has is not null and (has <> target or lot_differs)), 0)::int,
    coalesce(sum(rows) filter (where has = target and not lot_differs), 0)::int
from import_targets
"""
_WRITE_LOTS = """
insert into inventory_lot (shop_id, branch_id, product_id, code, quantity, received_on, best_before, use_by)
select %(shop)s, branch_id, product_id, code, quantity, current_date, best_before, use_by
from import_targets where lot_differs
on conflict (shop_id, branch_id, product_id, code, best_before, use_by) do update set quantity = excluded.quantity
returning id, branch_id, product_id, code, best_before, use_by
"""
_LOT_LINES = f"""
select w.id, {lineage.PLACE} from written w
join import_targets t on t.branch_id = w.branch_id and t.product_id = w.product_id
    and (t.code, t.best_before, t.use_by) is not distinct from (w.code, w.best_before, w.use_by)
"""
_MOVEMENTS = "inventory_stockmovement"
_LINES = f"""
select w.id, {lineage.PLACE} from written w
join (
    select branch_id, product_id, min(place) as place from import_targets group by 1, 2
) t using (branch_id, product_id)
"""
_MOVE = """
insert into inventory_stockmovement (shop_id, branch_id, product_id, lot_id, kind, quantity, occurred_at, source, note,
    actor)
select %(shop)s, branch_id, product_id, lot_id, 'count', quantity, now(), 'count:' || gen_random_uuid(), '',
    coalesce(current_setting('app.actor', true), '')
"""
_MOVE_LOTS = f"""{_MOVE}
from (
    select t.branch_id, t.product_id, l.id as lot_id, t.quantity from import_targets t
    join inventory_lot l on l.branch_id = t.branch_id and l.product_id = t.product_id
        and (l.code, l.best_before, l.use_by) is not distinct from (t.code, t.best_before, t.use_by)
    where t.is_lot and t.lot_id is null
) m
returning id, branch_id, product_id
"""
# What the new lots do not explain of the difference stands without a lot.
_MOVE_REST = f"""{_MOVE}
from (
    select branch_id, product_id, null::bigint as lot_id,
        target - coalesce(has, 0) - coalesce(sum(quantity) filter (where is_lot and lot_id is null), 0) as quantity,
        has is null and not bool_or(is_lot) as is_first
    from import_targets group by branch_id, product_id, target, has
) m where quantity <> 0 or is_first
returning id, branch_id, product_id
"""
_WRITE_LEVELS = """
insert into inventory_stocklevel (shop_id, branch_id, product_id, quantity, tracked_from, counted_at)
select distinct %(shop)s, branch_id, product_id, target, now(), now() from import_targets
where has is distinct from target
on conflict (shop_id, branch_id, product_id) do update
    set quantity = excluded.quantity, counted_at = excluded.counted_at
"""


def _settle_absent(batch: Batch, values: dict[str, Any]) -> None:
    """What is followed at the branches of the files and is in none of their rows may be counted as none."""
    acts = (_EMPTY_LOTS, _MOVE_ABSENT, _EMPTY_LEVELS)
    absent.settle(batch, _ABSENT, table="inventory_stocklevel", acts=acts, values=values)


_ABSENT = """
select v.id from inventory_stocklevel v
where v.quantity <> 0 and v.branch_id in (select branch_id from import_counts)
and not exists (
    select from import_counts c where c.branch_id = v.branch_id and c.product_id = v.product_id
) and v.product_id not in (
    select p.id from import_rows r join inventory_product p on p.sku = r.product where r.problem is not null
    union all
    select b.product_id from import_rows r join inventory_barcode b on b.code = r.product where r.problem is not null
)
"""
_EMPTY_LOTS = """
update inventory_lot l set quantity = 0
from inventory_stocklevel v join import_absent a using (id)
where l.branch_id = v.branch_id and l.product_id = v.product_id and l.quantity > 0
"""
_MOVE_ABSENT = f"""
with written as ({_MOVE}
    from (
        select v.branch_id, v.product_id, null::bigint as lot_id, -v.quantity as quantity
        from (
            select k.* from inventory_stocklevel k join import_absent a using (id)
            order by k.branch_id, k.product_id for update of k
        ) v
    ) m returning id
) insert into import_touched (table_name, row_id) select '{_MOVEMENTS}', id from written
"""
_EMPTY_LEVELS = """
update inventory_stocklevel v set quantity = 0, counted_at = now() from import_absent a where v.id = a.id
"""

STOCK = register(
    Kind(
        name="stock",
        title="Stock counts",
        about=(
            "One row a product at a branch, or one a lot of it: what is there now. From its first count on, "
            "sales move a product's stock."
        ),
        fields=(
            Field(
                "product",
                As.CODE,
                "SKU, or else a barcode. Unknown ones are made for review.",
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "sku, product id, product code, item code, stock code, barcode, item, item id",
                    "item number, article, ean, upc, gtin, plu, product number",
                ),
                examples=("MILK-2L", "YOGURT-500"),
            ),
            branch_field(examples=("Harbour", "Harbour"), more=("warehouse",)),
            Field(
                "quantity",
                As.QUANTITY,
                "Pieces or kilograms counted.",
                required=True,
                filled=True,
                synonyms=also(
                    "qty, stock, stock quantity, on hand, count, counted, stock on hand, quantity on hand",
                    "qty on hand, current stock, stock level, units in stock, available, inventory",
                    "closing stock",
                ),
                examples=("24", "12"),
            ),
            Field(
                "lot",
                As.CODE,
                "Lot or batch code.",
                longest=64,
                synonyms=also("batch, lot code, batch number, lot number, lot no, batch no, batch code"),
                examples=("", "L-7731"),
                default="none",
            ),
            Field(
                "best_before",
                As.DATE,
                "Best-before date of the lot.",
                synonyms=also(
                    "best before date, bbd, expiry, expiry date, expiration date, best by, expires",
                    "expires on, exp date",
                ),
                examples=("", "2026-12-08"),
                default="none",
            ),
            Field(
                "use_by", As.DATE, "Use-by date of the lot.", synonyms=also("use by date, use before"), default="none"
            ),
        ),
        merge=merge_stock,
        noun=("count", "counts"),
        absent=("zero",),
        undo=undo_counts,
    )
)
