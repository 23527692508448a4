"""What goods cost that were sold before they were there: settled by the receipt that brings them.

A sale below zero stock counts at the product's cost of that moment, or at none. When goods come in for a product whose
level is below zero, the units sold below zero are the last that went out and no receipt has settled; the oldest of them
came out of this receipt, as far as it goes, and cost what it cost. A count is the truth at its moment: what was sold
before it is never settled. Levels are read here, never changed. A receipt without a cost settles nothing, and one taken
back takes its settlements back. Where a line's cost was unknown, the rest of it counts like its first settled part.

The caller holds the lock of the level, so two receipts never settle one line at once.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat
from django.utils import timezone

from inventory.ledger import UNDO
from inventory.models import StockLevel, StockMovement
from sales import rollups
from sales.models import CostSettlement, SaleLine
from sales.money import ZERO, fine
from shop.tenancy import current_shop_id

AT_ONCE = 500
_SALE = "sale:"
# What leaves otherwise than by a count's correction or the taking back of something.
_OUT = (
    StockMovement.Kind.SALE,
    StockMovement.Kind.REFUND,
    StockMovement.Kind.WASTE,
    StockMovement.Kind.TRANSFER,
)


@dataclass(slots=True)
class SoldLine:
    """A sold line and what receipts have settled of it so far: (quantity, unit cost, receipt), oldest first."""

    id: int
    branch: int
    product: int
    day: dt.date
    quantity: Decimal
    cost: Decimal | None
    assumed: Decimal | None = None
    settled: list[tuple[Decimal, Decimal, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.assumed = self.cost

    @property
    def left(self) -> Decimal:
        return self.quantity - sum((quantity for quantity, _, _ in self.settled), ZERO)


@dataclass(frozen=True, slots=True)
class Change:
    line: SoldLine
    quantity: Decimal
    now: Decimal | None
    receipt: str


def settle(*, movement: StockMovement, level: StockLevel) -> int:
    """Give what was sold below zero the cost of this receipt; `level` is as it was before. Returns lines settled."""
    short = -level.quantity
    if short <= 0 or movement.unit_cost is None:
        return 0
    changes, left = [], min(short, movement.quantity)
    for line, quantity in reversed(_below_zero(level, short)):
        part = min(quantity, left)
        left -= part
        if line and part:
            line.settled.append((part, movement.unit_cost, movement.source))
            changes.append(Change(line, part, cost_of(line), movement.source))
        if not left:
            break
    return _write(changes)


def unsettle(*, receipts: Sequence[str]) -> int:
    """Take back what these receipts settled: the lines cost what they would without them. Returns lines changed."""
    touched = list(CostSettlement.objects.filter(receipt__in=receipts).order_by("id").values_list("line", "receipt"))
    lines, changes = {line.id: line for line in _lines({pk for pk, _ in touched})}, []
    for pk, receipt in touched:
        line = lines[pk]
        taken = [one for one in line.settled if one[2] == receipt]
        if taken:
            line.settled.remove(taken[0])
            changes.append(Change(line, -taken[0][0], cost_of(line), f"{UNDO}{receipt}"))
    return _write(changes)


def forget(lines: Iterable[int]) -> None:
    """Take back every settlement of lines that lose their product: their cost is unknown again."""
    changes = [
        Change(line, -quantity, None, f"{UNDO}{receipt}")
        for line in _lines(set(lines))
        for quantity, _, receipt in line.settled
    ]
    _write(changes)


def cost_of(line: SoldLine) -> Decimal | None:
    """The whole line's cost: its settled parts at their receipts' cost, the rest as assumed when it was sold."""
    if not line.settled:
        return None if line.assumed is None else fine(line.assumed)
    settled = sum((quantity * cost for quantity, cost, _ in line.settled), ZERO)
    first = line.settled[0][1] * line.quantity
    rest = first if line.assumed is None else line.assumed
    return fine(settled + rest * line.left / line.quantity)


def _below_zero(level: StockLevel, short: Decimal) -> list[tuple[SoldLine | None, Decimal]]:
    """The units below zero, latest first, by what took them out: a sold line, or None for waste and the like."""
    found: list[tuple[SoldLine | None, Decimal]] = []
    for line, quantity in _units_out(level):
        part = min(quantity if line is None else min(quantity, line.left), short)
        if part > 0:
            found.append((line, part))
            short -= part
        if not short:
            break
    return found


def _units_out(level: StockLevel) -> Iterator[tuple[SoldLine | None, Decimal]]:
    """What left since the last count and was not taken back, latest first, read some hundred at a time."""
    undone = StockMovement.objects.filter(source=OuterRef("undo"))
    rows = StockMovement.objects.filter(branch=level.branch_id, product=level.product_id, kind__in=_OUT, quantity__lt=0)
    if level.counted_at:
        rows = rows.filter(occurred_at__gt=level.counted_at)
    rows = rows.annotate(undo=Concat(Value(UNDO), "source")).exclude(Exists(undone))
    ordered = rows.order_by("-occurred_at", "-pk").values_list("source", "quantity")
    first = 0
    while chunk := list(ordered[first : first + AT_ONCE]):
        yield from _with_lines(chunk, level)
        first += AT_ONCE


def _with_lines(moved: list[tuple[str, Decimal]], level: StockLevel) -> Iterator[tuple[SoldLine | None, Decimal]]:
    """A movement belongs to the sale's last line of this product with its quantity that none has taken yet."""
    uuids = {source.split(":")[1] for source, _ in moved if source.startswith(_SALE)}
    sold = SaleLine.objects.filter(sale__uuid__in=uuids, product=level.product_id, quantity__gt=0)
    by_sale = defaultdict(list)
    owners = dict(sold.values_list("pk", "sale__uuid"))
    for line in sorted(_lines(owners), key=lambda line: line.id):
        by_sale[str(owners[line.id])].append(line)
    for source, quantity in moved:
        rows = by_sale[source.split(":")[1]] if source.startswith(_SALE) else []
        mine = next((line for line in reversed(rows) if line.quantity == -quantity), None)
        if mine:
            rows.remove(mine)
        yield mine, -quantity


def _lines(ids: Iterable[int]) -> list[SoldLine]:
    """These lines with what stands of their settlements."""
    rows = SaleLine.objects.filter(pk__in=list(ids)).order_by("pk")
    fields = "pk", "sale__branch_id", "product_id", "sale__business_date", "quantity", "cost"
    lines = {row[0]: SoldLine(*row) for row in rows.values_list(*fields)}
    history = list(CostSettlement.objects.filter(line__in=lines).order_by("pk"))
    receipts = StockMovement.objects.filter(source__in={one.receipt for one in history})
    costs = dict(receipts.values_list("source", "unit_cost"))
    for one in history:
        _follow(lines[one.line_id], one, costs)
    return list(lines.values())


def _follow(line: SoldLine, one: CostSettlement, costs: dict[str, Decimal]) -> None:
    """Add a row of the history, or take away what it took back. With nothing settled the cost is the assumed one."""
    if one.receipt.startswith(UNDO):
        line.settled = [part for part in line.settled if part[2] != one.receipt.removeprefix(UNDO)]
    else:
        line.assumed = line.assumed if line.settled else one.was
        line.settled.append((one.quantity, costs[one.receipt], one.receipt))
    if not line.settled:
        line.assumed = line.cost


def _write(changes: Sequence[Change]) -> int:
    if not changes:
        return 0
    rows, now = [], timezone.now()
    for change in changes:
        line = change.line
        rows.append(
            CostSettlement(
                line_id=line.id, branch_id=line.branch, product_id=line.product, quantity=change.quantity,
                was=line.cost, now=change.now, receipt=change.receipt, settled_at=now,
            )
        )  # fmt: skip
        line.cost = change.now
    CostSettlement.objects.bulk_create(rows)
    final = {change.line.id: change.now for change in changes}
    with connection.cursor() as cursor:
        cursor.execute(_SET_COSTS, [list(final), list(final.values()), current_shop_id()])
    rollups.mark_dirty((change.line.branch, change.line.day) for change in changes)
    return len(final)


_SET_COSTS = """
update sales_saleline l set cost = k.cost from unnest(%s::bigint[], %s::numeric[]) as k (id, cost)
where l.shop_id = %s and l.id = k.id
"""
