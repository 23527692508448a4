"""How the stock ledger is written: rows locked in (branch, product) order, levels kept equal to the sum of their lines.

Only the services of this app write through it. A count is the truth at its moment. A movement of an earlier moment
told later is posted together with its counter ("Was already in a later count."), so that it moves no level; taking
that count back takes the counter back as well.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from inventory.models import Product, StockLevel, StockMovement
from shop.tenancy import current_shop_id

Kind = StockMovement.Kind
Levels = dict[tuple[int, int], StockLevel]
ZERO = Decimal(0)
SEEN = ":counted"  # ends the source of a counter
UNDO = "undo:"  # begins the source of what takes a line back
AGAIN = "again:"  # begins the source of what takes a counter back, with the count it belonged to


def movement(
    kind: str, branch: int, product: int, quantity: Decimal, at: dt.datetime, source: str, by: str, *, note: str = ""
) -> StockMovement:
    return StockMovement(
        kind=kind,
        branch_id=branch,
        product_id=product,
        quantity=quantity,
        occurred_at=at,
        source=source,
        actor=by,
        note=note,
    )


def lock_levels(keys: Iterable[tuple[int, int]]) -> Levels:
    """The levels that exist, locked to the end of the transaction."""
    wanted = set(keys)
    rows = StockLevel.objects.filter(
        branch__in={branch for branch, _ in wanted}, product__in={product for _, product in wanted}
    )
    locked = rows.select_for_update(of=("self",)).order_by("branch_id", "product_id")
    return {key: row for row in locked if (key := (row.branch_id, row.product_id)) in wanted}


def became(products: Collection[int]) -> dict[int, int]:
    """The products that those of these which were merged have become."""
    gone = Product.objects.filter(pk__in=products, merged_into__isnull=False)
    return dict(gone.values_list("pk", "merged_into_id"))


def open_levels(keys: Sequence[tuple[int, int]], at: dt.datetime) -> Levels:
    """The levels, made where missing, followed from `at` at the latest, locked."""
    ordered = sorted(set(keys))
    branches, products = [branch for branch, _ in ordered], [product for _, product in ordered]
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"shop": current_shop_id(), "branches": branches, "products": products, "at": at})
    return lock_levels(ordered)


def moved_since(branch: int, products: Sequence[int], at: dt.datetime) -> dict[int, Decimal]:
    rows = StockMovement.objects.order_by().filter(branch_id=branch, product__in=products, occurred_at__gt=at)
    return dict(rows.values_list("product_id").annotate(moved=Sum("quantity")))


def post(levels: Levels, movements: Sequence[StockMovement]) -> None:
    """Write movements whose source is new, with their counters, and add them to their (locked) levels."""
    known = StockMovement.objects.filter(source__in=[row.source for row in movements])
    seen = set(known.values_list("source", flat=True))
    fresh = [row for row in movements if row.source not in seen]
    write(fresh + [already_counted(row) for row in fresh if is_counted(row, levels)])


def write(fresh: Sequence[StockMovement]) -> None:
    """Write new movements as they are, and add them to their (locked) levels."""
    StockMovement.objects.bulk_create(fresh)
    added: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for row in fresh:
        added[row.branch_id, row.product_id] += row.quantity
    changed = {key: quantity for key, quantity in added.items() if quantity}
    if changed:
        with connection.cursor() as cursor:
            branches, products = [branch for branch, _ in changed], [product for _, product in changed]
            cursor.execute(_ADD, [branches, products, list(changed.values()), current_shop_id()])


def is_counted(row: StockMovement, levels: Levels) -> bool:
    """Whether a count has already seen what this movement tells."""
    counted_at = levels[row.branch_id, row.product_id].counted_at
    return row.kind != Kind.COUNT and counted_at is not None and row.occurred_at <= counted_at


def already_counted(row: StockMovement) -> StockMovement:
    note = "Was already in a later count."
    args = (Kind.COUNT, row.branch_id, row.product_id, -row.quantity, row.occurred_at, f"{row.source}{SEEN}")
    return movement(*args, row.actor, note=note)


# Ordered, so that two writers meet their rows in the same order; a level that is there is locked by the update.
_OPEN = """
insert into inventory_stocklevel (shop_id, branch_id, product_id, quantity, tracked_from)
select %(shop)s, k.branch_id, k.product_id, 0, %(at)s
from unnest(%(branches)s::bigint[], %(products)s::bigint[]) as k (branch_id, product_id) order by 2, 3
on conflict (shop_id, branch_id, product_id) do update
set tracked_from = least(inventory_stocklevel.tracked_from, excluded.tracked_from)
"""

_ADD = """
update inventory_stocklevel l set quantity = l.quantity + k.quantity
from unnest(%s::bigint[], %s::bigint[], %s::numeric[]) as k (branch_id, product_id, quantity)
where l.shop_id = %s and l.branch_id = k.branch_id and l.product_id = k.product_id
"""
