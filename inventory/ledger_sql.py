"""The ledger's rules as parts of one SQL statement, for writers that have no time for several (see `sales.booking`).

They say what `inventory.services.move` does. The statement has a CTE `moves` (product_id, kind, quantity, unit_cost,
source, lot_id) and puts its own expressions for {shop}, {branch}, {at} and {actor}.
"""

# Wanted products are given as an array: each is looked up by itself, however many the branch has.
# Levels are locked in product order, as every writer does, so that two wait for each other but never in a circle.
# `followed` are the moves that count: of products followed at the branch at that moment. `level` is what there was.
LOCK_LEVELS = """
held as materialized (
    select l.product_id, l.quantity as level, l.tracked_from, l.counted_at
    from inventory_stocklevel l
    where l.shop_id = {shop} and l.branch_id = {branch}
        and l.product_id = any(array(select m.product_id from moves m))
    order by l.product_id for update of l
),
followed as materialized (
    select m.*, h.level, coalesce({at} <= h.counted_at, false) as counted
    from moves m join held h using (product_id) where {at} >= h.tracked_from
)
"""

# A lot keeps what came in less what is known to have left it: its level is locked by then.
# Written where the CTE `booked` has its row: each move, beside it a counter where a later count has seen it already.
POST_MOVES = """
ledger as (
    insert into inventory_stockmovement (shop_id, branch_id, product_id, kind, quantity, unit_cost, occurred_at,
        source, note, actor, lot_id)
    select {shop}, {branch}, f.product_id, f.kind, f.quantity, f.unit_cost, {at}, f.source, '', {actor},
        f.lot_id
    from booked, followed f
    union all
    select {shop}, {branch}, f.product_id, 'count', -f.quantity, null, {at}, f.source || ':counted',
        'Was already in a later count.', {actor}, null
    from booked, followed f where f.counted
),
levels as (
    update inventory_stocklevel l set quantity = l.quantity + k.quantity
    from booked, (select product_id, sum(quantity) as quantity from followed where not counted group by 1) k
    where l.shop_id = {shop} and l.branch_id = {branch} and l.product_id = k.product_id
        and l.product_id = any(array(select h.product_id from held h))
),
lots as (
    update inventory_lot t set quantity = greatest(t.quantity + k.quantity, 0)
    from booked, (select lot_id, sum(quantity) as quantity from followed where lot_id is not null group by 1) k
    where t.shop_id = {shop} and t.id = k.lot_id
        and t.id = any(array(select f.lot_id from followed f where f.lot_id is not null))
)
"""
