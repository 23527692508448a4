"""Changes to stock and prices. Stock is a ledger of movements; a level is always the sum of its movements.

A product is followed at a branch from its first count or receipt there; what was sold before is history and moves
nothing. A count is the truth at its moment: what happened before it but is told later moves the ledger and is
taken back beside it. Every call may be repeated with the same `source`: the second changes nothing.
Rows are locked in (branch, product) order, so that writers wait for each other but never for ever.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from inventory.models import Lot, Product, StockLevel, StockMovement, Supplier
from shop.errors import Refused
from shop.models import Branch
from shop.tenancy import acting, current_shop_id

Kind = StockMovement.Kind
Levels = dict[tuple[int, int], StockLevel]
ZERO = Decimal(0)


class StockRefused(Refused):
    code = "stock_invalid"


class PriceRefused(Refused):
    code = "price_invalid"


@dataclass(frozen=True, slots=True)
class Move:
    """What a sale's line does to the stock of a product: `quantity` is signed, negative for goods that left."""

    product: int
    quantity: Decimal
    source: str
    unit_cost: Decimal | None = None


@transaction.atomic
def receive(
    *,
    branch: Branch,
    product: Product,
    quantity: Decimal,
    by: str,
    at: dt.datetime | None = None,
    lot: str = "",
    best_before: dt.date | None = None,
    use_by: dt.date | None = None,
    cost: Decimal | None = None,
    supplier: Supplier | None = None,
    source: str = "",
    note: str = "",
) -> StockLevel:
    """Take goods in, as a lot of their own or into the lot with the same code and dates.

    Raises StockRefused unless the quantity is above 0.
    """
    _above_zero(quantity)
    at, source = at or timezone.now(), source or f"receipt:{uuid.uuid4()}"
    levels = _open_levels([(branch.pk, product.pk)], at)
    if not StockMovement.objects.filter(source=source).exists():
        dates = {"best_before": best_before, "use_by": use_by}
        into = _add_to_lot(branch, product, quantity, at, code=lot, cost=cost, supplier=supplier, **dates)
        movement = _movement(Kind.RECEIPT, branch.pk, product.pk, quantity, at, source, by, note=note)
        movement.lot, movement.unit_cost = into, cost
        _post(levels, [movement])
    return _level(branch.pk, product.pk)


@transaction.atomic
def count_stock(
    *,
    branch: Branch,
    counted: Mapping[int, Decimal],
    by: str,
    at: dt.datetime | None = None,
    source: str = "",
    note: str = "",
) -> None:
    """Say how much of each product (by id) was there at that moment. Levels become that, plus what moved since.

    A count older than the last one changes no level. Raises StockRefused for a quantity below 0.
    """
    if any(quantity < 0 for quantity in counted.values()):
        raise StockRefused("A counted quantity cannot be below 0.")
    at, source = at or timezone.now(), source or f"count:{uuid.uuid4()}"
    levels = _open_levels([(branch.pk, product) for product in counted], at)
    moved_since = _moved_since(branch.pk, list(counted), at)
    posted = []
    for product, quantity in counted.items():
        level = levels[branch.pk, product]
        stands = level.counted_at is None or level.counted_at <= at
        correction = quantity + moved_since.get(product, ZERO) - level.quantity if stands else ZERO
        remark = note if stands else "A later count stands."
        posted.append(_movement(Kind.COUNT, branch.pk, product, correction, at, f"{source}:{product}", by, note=remark))
    _post(levels, posted)
    older = Q(counted_at=None) | Q(counted_at__lt=at)
    StockLevel.objects.filter(older, branch=branch, product__in=counted).update(counted_at=at)


@transaction.atomic
def waste(
    *,
    branch: Branch,
    product: Product,
    quantity: Decimal,
    by: str,
    reason: str = "",
    at: dt.datetime | None = None,
    lot: Lot | None = None,
    source: str = "",
) -> StockLevel:
    """Take spoilt, broken or lost goods out. Raises StockRefused for a product never counted nor received there."""
    _above_zero(quantity)
    at, source = at or timezone.now(), source or f"waste:{uuid.uuid4()}"
    levels = _followed(branch, product)
    movement = _movement(Kind.WASTE, branch.pk, product.pk, -quantity, at, source, by, note=reason)
    movement.lot, movement.unit_cost = lot, lot.cost if lot and lot.cost is not None else product.cost
    _post(levels, [movement])
    return _level(branch.pk, product.pk)


@transaction.atomic
def transfer(
    *,
    product: Product,
    quantity: Decimal,
    from_branch: Branch,
    to_branch: Branch,
    by: str,
    at: dt.datetime | None = None,
    source: str = "",
    note: str = "",
) -> None:
    """Move goods between branches: both ledgers or none. Raises StockRefused where the first does not follow them."""
    _above_zero(quantity)
    if from_branch.pk == to_branch.pk:
        raise StockRefused("Choose two different branches.")
    at, source = at or timezone.now(), source or f"transfer:{uuid.uuid4()}"
    if not StockLevel.objects.filter(branch=from_branch, product=product).exists():
        raise _not_followed(product)
    levels = _open_levels([(from_branch.pk, product.pk), (to_branch.pk, product.pk)], at)
    out = _movement(Kind.TRANSFER, from_branch.pk, product.pk, -quantity, at, f"{source}:out", by, note=note)
    into = _movement(Kind.TRANSFER, to_branch.pk, product.pk, quantity, at, f"{source}:in", by, note=note)
    _post(levels, [out, into])


def move(*, branch: int, kind: str, moves: Sequence[Move], at: dt.datetime, by: str) -> None:
    """Post what a till's document moved, in the caller's transaction. Never refuses: stock may go below 0.

    Products not followed at the branch at that moment are left alone.
    """
    levels = _lock_levels([(branch, item.product) for item in moves])
    followed = {key for key, level in levels.items() if level.tracked_from <= at}
    posted = []
    for item in moves:
        if (branch, item.product) in followed:
            movement = _movement(kind, branch, item.product, item.quantity, at, item.source, by)
            movement.unit_cost = item.unit_cost
            posted.append(movement)
    _post(levels, posted)


def take_back(*, sources: Sequence[str], by: str, note: str) -> None:
    """Undo movements by new ones of the same moment, in the caller's transaction. Unknown sources are passed over."""
    found = list(StockMovement.objects.filter(source__in=sources))
    levels = _lock_levels([(row.branch_id, row.product_id) for row in found])
    posted = []
    for row in found:
        source = f"undo:{row.source}"
        quantity, at = -row.quantity, row.occurred_at
        posted.append(_movement(Kind.CORRECTION, row.branch_id, row.product_id, quantity, at, source, by, note=note))
    _post(levels, posted)


@transaction.atomic
def change_prices(*, prices: Mapping[int, Decimal], by: str, reason: str) -> int:
    """Set many products' prices (by id) at once; returns how many changed. The price history keeps who and why.

    Raises PriceRefused, changing nothing, for a price below 0 or finer than the fourth decimal.
    """
    for price in prices.values():
        if price < 0:
            raise PriceRefused("A price cannot be below 0.")
        if price != price.quantize(Decimal("0.0001")):
            raise PriceRefused(f"{price} has more than four decimals.")
    with acting(by, reason), connection.cursor() as cursor:
        cursor.execute(_SET_PRICES, [list(prices), list(prices.values()), current_shop_id(), current_shop_id()])
        return int(cursor.rowcount)


def _above_zero(quantity: Decimal) -> None:
    if quantity <= 0:
        raise StockRefused("The quantity must be above 0.")


def _not_followed(product: Product) -> StockRefused:
    return StockRefused(f"Count or receive {product.name} at this branch first.")


def _movement(
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


def _level(branch: int, product: int) -> StockLevel:
    level: StockLevel = StockLevel.objects.get(branch_id=branch, product_id=product)
    return level


def _followed(branch: Branch, product: Product) -> Levels:
    levels = _lock_levels([(branch.pk, product.pk)])
    if not levels:
        raise _not_followed(product)
    return levels


def _lock_levels(keys: Iterable[tuple[int, int]]) -> Levels:
    """The levels that exist, locked to the end of the transaction."""
    wanted = set(keys)
    rows = StockLevel.objects.filter(
        branch__in={branch for branch, _ in wanted}, product__in={product for _, product in wanted}
    )
    locked = rows.select_for_update(of=("self",)).order_by("branch_id", "product_id")
    return {key: row for row in locked if (key := (row.branch_id, row.product_id)) in wanted}


def _open_levels(keys: Sequence[tuple[int, int]], at: dt.datetime) -> Levels:
    """The levels, made where missing, followed from `at` at the latest, locked."""
    ordered = sorted(set(keys))
    branches, products = [branch for branch, _ in ordered], [product for _, product in ordered]
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"shop": current_shop_id(), "branches": branches, "products": products, "at": at})
    return _lock_levels(ordered)


def _moved_since(branch: int, products: Sequence[int], at: dt.datetime) -> dict[int, Decimal]:
    rows = StockMovement.objects.order_by().filter(branch_id=branch, product__in=products, occurred_at__gt=at)
    return dict(rows.values_list("product_id").annotate(moved=Sum("quantity")))


def _post(levels: Levels, movements: Sequence[StockMovement]) -> None:
    """Write movements whose source is new, and add them to their (locked) levels."""
    known = StockMovement.objects.filter(source__in=[row.source for row in movements])
    seen = set(known.values_list("source", flat=True))
    fresh = [row for row in movements if row.source not in seen]
    fresh += [_already_counted(row) for row in fresh if _is_counted(row, levels)]
    StockMovement.objects.bulk_create(fresh)
    added: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for row in fresh:
        added[row.branch_id, row.product_id] += row.quantity
    changed = {key: quantity for key, quantity in added.items() if quantity}
    if changed:
        with connection.cursor() as cursor:
            branches, products = [branch for branch, _ in changed], [product for _, product in changed]
            cursor.execute(_ADD, [branches, products, list(changed.values()), current_shop_id()])


def _is_counted(row: StockMovement, levels: Levels) -> bool:
    """Whether a count has already seen what this movement tells."""
    counted_at = levels[row.branch_id, row.product_id].counted_at
    return row.kind != Kind.COUNT and counted_at is not None and row.occurred_at <= counted_at


def _already_counted(row: StockMovement) -> StockMovement:
    note = "Was already in a later count."
    args = (Kind.COUNT, row.branch_id, row.product_id, -row.quantity, row.occurred_at, f"{row.source}:counted")
    return _movement(*args, row.actor, note=note)


def _add_to_lot(
    branch: Branch,
    product: Product,
    quantity: Decimal,
    at: dt.datetime,
    *,
    code: str,
    cost: Decimal | None,
    supplier: Supplier | None,
    best_before: dt.date | None,
    use_by: dt.date | None,
) -> Lot:
    """The level's lock is held, so nobody makes the same lot meanwhile."""
    lot, created = Lot.objects.get_or_create(
        branch=branch,
        product=product,
        code=code,
        best_before=best_before,
        use_by=use_by,
        defaults={
            "quantity": quantity,
            "cost": cost,
            "supplier": supplier,
            "received_on": branch.shop.business_date(at),
        },
    )
    if not created:
        lot.quantity += quantity
        lot.save(update_fields=["quantity"])
    return lot  # type: ignore[no-any-return]


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

_SET_PRICES = """
with wanted as (
    select p.id, k.price from unnest(%s::bigint[], %s::numeric[]) as k (id, price)
    join inventory_product p on p.shop_id = %s and p.id = k.id
    where p.price is distinct from k.price order by p.id for update of p
)
update inventory_product p set price = wanted.price from wanted where p.shop_id = %s and p.id = wanted.id
"""
