"""Taking imported receipts back: voided, what they moved countered, their days reckoned again.

Their ids are given up, so that the same file or a corrected one can come again and is counted once. A receipt that a
person voided stays voided and known; one that something was given back of since stays as it is.
"""

from __future__ import annotations

from sales import matching
from sales.models import BranchHour, CategoryDay, DirtyDay, ProductDay, Sale, SaleLine
from shop.imports import undo_rows
from shop.imports.undo_rows import Undoing

_MOST_NAMED = 50


def undo_documents(undoing: Undoing) -> None:
    """Take the documents of an import back. In a dry run they are only counted."""
    undoing.run(_KEPT)
    undoing.run(_TAKEN)
    undoing.run("analyze undo_taken")
    documents, amount = undoing.one(_SUM)
    kept = undoing.many("select receipt from undo_kept_sales order by receipt limit %(most)s", most=_MOST_NAMED)
    undoing.kept += [("receipt", receipt, "goods were given back since") for (receipt,) in kept]
    undoing.kept_count += undoing.one("select count(*)::int from undo_kept_sales")[0]
    undoing.run("drop table undo_kept_sales")
    if documents:
        undoing.removed.append((f"receipts or days of sales ({amount})", documents))
    if documents and not undoing.dry:
        _counter_stock(undoing)
        undoing.progress(0.2)
        undoing.run(_MARK_DAYS)
        undoing.run(_VOID)


def _counter_stock(undoing: Undoing) -> None:
    """As taking back one receipt does: what a later count has seen changes no level."""
    mark = matching.import_mark(undoing.imported.pk)
    if undoing.run(_MOVED, mark=f"sale:%{mark}"):
        undoing.run(_LOCK_LEVELS)
        undoing.run(_COUNTER)
        undoing.run(_COUNTED)
        undoing.run(_LEVELS)
    undoing.run("drop table undo_moves")


# Roll-ups are made anew; a receipt taken back holds neither its customer nor its goods.
_IS_TAKEN = "(select t.row_id from undo_taken t where t.table_name = 'sales_sale')"
undo_rows.goes_along(DirtyDay, "branch")
undo_rows.goes_along(BranchHour, "branch")
undo_rows.goes_along(CategoryDay, "branch")
undo_rows.goes_along(CategoryDay, "category")
undo_rows.goes_along(ProductDay, "branch")
undo_rows.goes_along(ProductDay, "product")
undo_rows.lets_go(SaleLine, "product", f"x.sale_id in {_IS_TAKEN}")
undo_rows.lets_go(Sale, "customer", f"x.id in {_IS_TAKEN}")

_GIVEN_BACK = """
exists (
    select from sales_sale b where b.refund_of_id = s.id and b.voided_at is null
    and b.imported_id is distinct from %(import)s
) or exists (
    select from sales_saleline l join sales_sale b on b.id = l.sale_id
    where l.returns_sale = s.uuid and b.voided_at is null and b.imported_id is distinct from %(import)s
)
"""
_KEPT = f"""
create temp table undo_kept_sales on commit drop as
select s.id, s.receipt from sales_sale s
where s.imported_id = %(import)s and s.voided_at is null and ({_GIVEN_BACK})
"""
_TAKEN = """
insert into undo_taken
select 'sales_sale', s.id from sales_sale s
where s.imported_id = %(import)s and s.voided_at is null and s.id not in (select k.id from undo_kept_sales k)
"""
_SUM = """
select count(*)::int, coalesce(sum(s.total), 0)
from sales_sale s join undo_taken t on t.table_name = 'sales_sale' and t.row_id = s.id
"""
_MOVED = """
create temp table undo_moves on commit drop as
select m.* from inventory_stockmovement m
join sales_sale s on s.uuid = split_part(m.source, ':', 2)::uuid
join undo_taken t on t.table_name = 'sales_sale' and t.row_id = s.id
where m.source like %(mark)s and m.kind in ('sale', 'refund')
    and not exists (select from inventory_stockmovement u where u.source = 'undo:' || m.source)
"""
_LOCK_LEVELS = """
select 1 from inventory_stocklevel k where (k.branch_id, k.product_id) in (
    select branch_id, product_id from undo_moves
) order by k.branch_id, k.product_id for update
"""
_COUNTER = """
insert into inventory_stockmovement (shop_id, branch_id, product_id, lot_id, kind, quantity, unit_cost, occurred_at,
    source, note, actor)
select shop_id, branch_id, product_id, lot_id, 'correction', -quantity, unit_cost, occurred_at, 'undo:' || source,
    'Import taken back', coalesce(current_setting('app.actor', true), '')
from undo_moves
"""
_COUNTED = """
insert into inventory_stockmovement (shop_id, branch_id, product_id, kind, quantity, occurred_at, source, note, actor)
select m.shop_id, m.branch_id, m.product_id, 'count', m.quantity, m.occurred_at, 'undo:' || m.source || ':counted',
    'Was already in a later count.', coalesce(current_setting('app.actor', true), '')
from undo_moves m join inventory_stocklevel v on v.branch_id = m.branch_id and v.product_id = m.product_id
where m.occurred_at <= v.counted_at
"""
_LEVELS = """
update inventory_stocklevel v set quantity = v.quantity - k.quantity
from (
    select m.branch_id, m.product_id, sum(m.quantity) as quantity from undo_moves m
    join inventory_stocklevel h on h.branch_id = m.branch_id and h.product_id = m.product_id
    where h.counted_at is null or m.occurred_at > h.counted_at group by 1, 2
) k where v.branch_id = k.branch_id and v.product_id = k.product_id
"""
_MARK_DAYS = """
insert into sales_dirtyday (shop_id, branch_id, business_date)
select distinct s.shop_id, s.branch_id, s.business_date
from sales_sale s join undo_taken t on t.table_name = 'sales_sale' and t.row_id = s.id
"""
_VOID = """
update sales_sale s set voided_at = now(), uuid = md5('undone:' || %(import)s || ':' || s.uuid)::uuid
from undo_taken t where t.table_name = 'sales_sale' and t.row_id = s.id
"""
