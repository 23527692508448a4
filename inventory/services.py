"""Changes to stock and prices. Stock is a ledger of movements; a level is always the sum of its movements.

A product is followed at a branch from its first count or receipt there; what was sold before is history and moves
nothing. A count is the truth at its moment: what happened before it but is told later moves the ledger and is
taken back beside it. Every call may be repeated with the same `source`: the second changes nothing.
Rows are locked in (branch, product) order, so that writers wait for each other but never for ever.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from inventory import ledger, signals
from inventory.ledger import ZERO, Kind, Levels
from inventory.models import Lot, Product, StockLevel, StockMovement, Supplier
from inventory.undoing import take_back
from shop.errors import Refused
from shop.models import Branch
from shop.tenancy import acting, current_shop_id

__all__ = [
    "Late",
    "Move",
    "PriceRefused",
    "StockRefused",
    "change_prices",
    "count_stock",
    "move",
    "move_all",
    "receive",
    "take_back",
    "transfer",
    "waste",
]


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


@dataclass(frozen=True, slots=True)
class Late:
    """A move of a document at its branch and moment, told after it."""

    branch: int
    kind: str
    at: dt.datetime
    item: Move


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
    product = product.standing
    at, source = at or timezone.now(), source or f"receipt:{uuid.uuid4()}"
    levels = ledger.open_levels([(branch.pk, product.pk)], at)
    if not StockMovement.objects.filter(source=source).exists():
        dates = {"best_before": best_before, "use_by": use_by}
        into = _add_to_lot(branch, product, quantity, at, code=lot, cost=cost, supplier=supplier, **dates)
        movement = ledger.movement(Kind.RECEIPT, branch.pk, product.pk, quantity, at, source, by, note=note)
        movement.lot, movement.unit_cost = into, cost
        ledger.post(levels, [movement])
        if not ledger.is_counted(movement, levels):
            signals.goods_received.send(StockMovement, movement=movement, level=levels[branch.pk, product.pk])
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
    instead_of: str = "",
) -> None:
    """Say how much of each product (by id) was there at that moment. Levels become that, plus what moved since.

    A count older than the last one changes no level. `instead_of` names (by source) a count that was wrong: it is
    taken back first. Raises StockRefused for a quantity below 0.
    """
    if any(quantity < 0 for quantity in counted.values()):
        raise StockRefused("A counted quantity cannot be below 0.")
    counted = _of_standing(counted)
    if instead_of:
        take_back(sources=[instead_of], by=by, note="Counted again")
    at, source = at or timezone.now(), source or f"count:{uuid.uuid4()}"
    levels = ledger.open_levels([(branch.pk, product) for product in counted], at)
    known = set(StockMovement.objects.filter(source__in=[f"{source}:{one}" for one in counted]).values_list("source"))
    counted = {product: quantity for product, quantity in counted.items() if (f"{source}:{product}",) not in known}
    moved_since = ledger.moved_since(branch.pk, list(counted), at)
    posted = []
    for product, quantity in counted.items():
        level = levels[branch.pk, product]
        stands = level.counted_at is None or level.counted_at <= at
        correction = quantity + moved_since.get(product, ZERO) - level.quantity
        remark = note if stands else "A later count stands."
        row = ledger.movement(Kind.COUNT, branch.pk, product, correction, at, f"{source}:{product}", by, note=remark)
        posted += [row] if stands else [row, ledger.already_counted(row)]
    ledger.post(levels, posted)
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
    """Take spoilt, broken or lost goods out, of a lot where it is known which.

    Raises StockRefused for a product never counted nor received there, and for more of a lot than it held.
    """
    _above_zero(quantity)
    product = product.standing
    at, source = at or timezone.now(), source or f"waste:{uuid.uuid4()}"
    levels = _followed(branch, product)
    if not StockMovement.objects.filter(source=source).exists():
        movement = ledger.movement(Kind.WASTE, branch.pk, product.pk, -quantity, at, source, by, note=reason)
        movement.unit_cost = lot.cost if lot and lot.cost is not None else product.cost
        movement.lot = _take_from_lot(lot, movement) if lot else None
        ledger.post(levels, [movement])
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
    lot: Lot | None = None,
    source: str = "",
    note: str = "",
) -> None:
    """Move goods between branches: both ledgers or none. A lot's dates and cost go with them.

    Raises StockRefused where the first does not follow them, and for more of a lot than it held.
    """
    _above_zero(quantity)
    if from_branch.pk == to_branch.pk:
        raise StockRefused("Choose two different branches.")
    product = product.standing
    at, source = at or timezone.now(), source or f"transfer:{uuid.uuid4()}"
    if not StockLevel.objects.filter(branch=from_branch, product=product).exists():
        raise _not_followed(product)
    levels = ledger.open_levels([(from_branch.pk, product.pk), (to_branch.pk, product.pk)], at)
    out = ledger.movement(Kind.TRANSFER, from_branch.pk, product.pk, -quantity, at, f"{source}:out", by, note=note)
    into = ledger.movement(Kind.TRANSFER, to_branch.pk, product.pk, quantity, at, f"{source}:in", by, note=note)
    if lot and not StockMovement.objects.filter(source=out.source).exists():
        out.lot = _take_from_lot(lot, out)
        said = {"cost": lot.cost, "supplier": lot.supplier, "best_before": lot.best_before, "use_by": lot.use_by}
        into.lot = _add_to_lot(to_branch, product, quantity, at, code=lot.code, **said)
    for row in (out, into):
        row.unit_cost = lot.cost if lot and lot.cost is not None else product.cost
    ledger.post(levels, [out, into])


def move(*, branch: int, kind: str, moves: Sequence[Move], at: dt.datetime, by: str) -> None:
    """Post what a till's document moved, in the caller's transaction. Never refuses: stock may go below 0.

    Products not followed at the branch at that moment are left alone.
    """
    move_all([Late(branch, kind, at, item) for item in moves], by=by)


def move_all(told: Sequence[Late], *, by: str) -> None:
    """Post what many documents moved, each of its moment, as `move` would; a fixed number of statements."""
    levels = ledger.lock_levels([(late.branch, late.item.product) for late in told])
    posted = []
    for late in told:
        level = levels.get((late.branch, late.item.product))
        if level is not None and level.tracked_from <= late.at:
            item = late.item
            movement = ledger.movement(late.kind, late.branch, item.product, item.quantity, late.at, item.source, by)
            movement.unit_cost = item.unit_cost
            posted.append(movement)
    ledger.post(levels, posted)


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


def _of_standing(counted: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """What was counted of a product that was merged lies with the one it became."""
    became, sums = ledger.became(counted.keys()), dict[int, Decimal]()
    for product, quantity in counted.items():
        pk = became.get(product, product)
        sums[pk] = sums.get(pk, ZERO) + quantity
    return sums


def _above_zero(quantity: Decimal) -> None:
    if quantity <= 0:
        raise StockRefused("The quantity must be above 0.")


def _not_followed(product: Product) -> StockRefused:
    return StockRefused(f"Count or receive {product.name} at this branch first.")


def _level(branch: int, product: int) -> StockLevel:
    level: StockLevel = StockLevel.objects.get(branch_id=branch, product_id=product)
    return level


def _followed(branch: Branch, product: Product) -> Levels:
    levels = ledger.lock_levels([(branch.pk, product.pk)])
    if not levels:
        raise _not_followed(product)
    return levels


def _take_from_lot(lot: Lot, movement: StockMovement) -> Lot:
    """A lot keeps what came in less what is known to have left it otherwise than by a sale."""
    taken = -movement.quantity
    mine = Lot.objects.filter(pk=lot.pk, branch=movement.branch_id, product=movement.product_id, quantity__gte=taken)
    if not mine.update(quantity=F("quantity") - taken):
        raise StockRefused("There is not that much of this lot. Choose another lot, or no lot.")
    return lot


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


_SET_PRICES = """
with wanted as (
    select p.id, k.price from unnest(%s::bigint[], %s::numeric[]) as k (id, price)
    join inventory_product p on p.shop_id = %s and p.id = k.id
    where p.price is distinct from k.price order by p.id for update of p
)
update inventory_product p set price = wanted.price from wanted where p.shop_id = %s and p.id = wanted.id
"""
