"""Taking imported stock counts back by movements that counter them; and what of a product holds nothing.

As with a count entered by hand: where a later count stands, the level stays what that one found. Else the level is what
it would be without the count, and what the count had hidden counts again. What nobody else counted or moved is
followed no longer.
"""

from __future__ import annotations

from inventory.models import PriceChange, ProductPair
from shop.imports import undo_rows
from shop.imports.undo_rows import Undoing


def undo_counts(undoing: Undoing) -> None:
    """Take the movements of an import back. In a dry run they are only counted."""
    undoing.run(_MOVES)
    (products,) = undoing.one("select count(distinct (branch_id, product_id))::int from undo_moves")
    if products:
        undoing.removed.append(("counts of stock" if products > 1 else "count of stock", products))
        undoing.run(_LOCK_LEVELS)
        undoing.run(_STANDING)
        if not undoing.dry:
            for statement in (_HIDDEN, _COUNTER, _COUNTED, _AGAIN, _LEVELS, _UNFOLLOWED, _LOTS):
                undoing.run(statement)
            undoing.run("drop table undo_hidden")
        undoing.run("drop table undo_standing")
    undoing.run(_LOTS_DONE)
    undoing.run("drop table undo_moves")


# Pairs to look at go with their products; so does the price history of one that nothing ever used.
undo_rows.goes_along(ProductPair, "first")
undo_rows.goes_along(ProductPair, "second")
undo_rows.goes_along(PriceChange, "product", by="select inventory_forget_prices(%(ids)s)")

_MOVES = """
create temp table undo_moves on commit drop as
select m.* from shop_importedrow i join inventory_stockmovement m on m.id = i.row_id
where i.imported_id = %(import)s and i."table" = 'inventory_stockmovement'
    and not exists (select from inventory_stockmovement u where u.source = 'undo:' || m.source)
"""
_LOCK_LEVELS = """
select 1 from inventory_stocklevel k where (k.branch_id, k.product_id) in (
    select branch_id, product_id from undo_moves
) order by k.branch_id, k.product_id for update
"""
# Other counts of the same goods that stand: is one of them later, and when was the one before?
_STANDING = """
create temp table undo_standing on commit drop as
select k.branch_id, k.product_id, k.at, max(c.occurred_at) filter (where (c.occurred_at, c.id) > (k.at, k.last)) is null
    as is_last, max(c.occurred_at) filter (where (c.occurred_at, c.id) < (k.at, k.last)) as before
from (select branch_id, product_id, max(occurred_at) as at, max(id) as last from undo_moves group by 1, 2) k
left join inventory_stockmovement c on c.branch_id = k.branch_id and c.product_id = k.product_id and c.kind = 'count'
    and c.source not like '%%:counted' and not exists (select from undo_moves m where m.id = c.id)
    and not exists (select from inventory_stockmovement u where u.source = 'undo:' || c.source)
group by 1, 2, 3, k.last
"""
# What was told after the count of moments before it, back to the count before it.
_HIDDEN = """
create temp table undo_hidden on commit drop as
select h.* from undo_standing s
join inventory_stockmovement h on h.branch_id = s.branch_id and h.product_id = s.product_id and h.kind = 'count'
    and h.source like '%%:counted' and h.occurred_at <= s.at and (s.before is null or h.occurred_at > s.before)
where s.is_last and not exists (select from inventory_stockmovement u where u.source = 'again:' || h.source)
"""
_REVERSED = """
insert into inventory_stockmovement (shop_id, branch_id, product_id, lot_id, kind, quantity, occurred_at, source, note,
    actor)
select m.shop_id, m.branch_id, m.product_id, m.lot_id, '{kind}', {quantity}, m.occurred_at, {source}, '{note}',
    coalesce(current_setting('app.actor', true), '')
from {rows} m
"""
_COUNTER = _REVERSED.format(
    kind="correction", quantity="-m.quantity", source="'undo:' || m.source", note="Import taken back", rows="undo_moves"
)
_COUNTED = (
    _REVERSED.format(
        kind="count",
        quantity="m.quantity",
        source="'undo:' || m.source || ':counted'",
        note="Was already in a later count.",
        rows="undo_moves",
    )
    + "join undo_standing s using (branch_id, product_id) where not s.is_last"
)
_AGAIN = _REVERSED.format(
    kind="correction",
    quantity="-m.quantity",
    source="'again:' || m.source",
    note="Import taken back",
    rows="undo_hidden",
)
_LEVELS = """
update inventory_stocklevel v set counted_at = s.before, quantity = v.quantity - k.quantity
from undo_standing s
join (
    select branch_id, product_id, sum(quantity) as quantity
    from (select * from undo_moves union all select * from undo_hidden) m group by 1, 2
) k using (branch_id, product_id)
where s.is_last and v.branch_id = s.branch_id and v.product_id = s.product_id
"""
_UNFOLLOWED = """
delete from inventory_stocklevel v using undo_standing s
where s.is_last and v.branch_id = s.branch_id and v.product_id = s.product_id and v.tracked_from = s.at
    and not exists (
        select from inventory_stockmovement m where m.branch_id = v.branch_id and m.product_id = v.product_id
        and not exists (select from undo_moves u where m.source in (u.source, 'undo:' || u.source))
    )
"""
# A lot keeps what came in less what left it since.
_LOTS = """
update inventory_lot l
set quantity = greatest(
    l.quantity - (u.after ->> 'quantity')::numeric + coalesce((u.before ->> 'quantity')::numeric, 0), 0)
from undo_rows u where u.table_name = 'inventory_lot' and u.row_id = l.id and u.state in ('remove', 'restore')
"""
# The ledger names them, so a lot that came with the count stays, with nothing in it.
_LOTS_DONE = "update undo_rows set state = 'done' where table_name = 'inventory_lot'"
