"""Taking lines of the ledger back: always by new lines, once each, and never against a count that stands.

A movement taken back after a count leaves the level alone: the count saw what was there. A count taken back leaves
the level as if nobody had counted: what the count corrected goes, and what it had hidden (movements told after it of
moments before it) counts again, back to the count before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat, Greatest
from django.utils import timezone

from inventory import ledger, signals
from inventory.ledger import AGAIN, SEEN, UNDO, Kind, Levels
from inventory.models import DeliveryLine, Lot, StockLevel, StockMovement
from shop.errors import Refused

UNDO_WITHIN = dt.timedelta(hours=24)
WORDS = {
    Kind.RECEIPT: "Receipt undone",
    Kind.WASTE: "Waste undone",
    Kind.COUNT: "Count undone",
    Kind.TRANSFER: "Transfer undone",
}
_LEGS = (":out", ":in")


class UndoRefused(Refused):
    code = "undo_refused"


def take_back(*, sources: Sequence[str], by: str, note: str) -> None:
    """Undo movements by new ones of the same moment, in the caller's transaction.

    Unknown sources, and those taken back before, are passed over. Lots get back what had left them, and lose what
    had come.
    """
    found = list(StockMovement.objects.filter(source__in=sources))
    became = ledger.became({row.product_id for row in found})
    keys = [(row.branch_id, pk) for row in found for pk in {row.product_id, became.get(row.product_id, row.product_id)}]
    levels = ledger.lock_levels(keys)
    undone = set(StockMovement.objects.filter(source__in=[UNDO + row.source for row in found]).values_list("source"))
    rows = [row for row in found if (UNDO + row.source,) not in undone]
    gone = [row for row in rows if row.product_id in became]
    _take_back_of_merged(levels, gone, became, by, note)
    rows = [row for row in rows if row.product_id not in became]
    ledger.post(levels, [_reversal(row, by, note) for row in rows if not _is_a_count(row)])
    for row in sorted([*rows, *gone], key=lambda row: (row.product_id, row.branch_id, row.pk)):
        if row.lot_id and not _is_a_count(row):
            Lot.objects.filter(pk=row.lot_id).update(quantity=Greatest(F("quantity") - row.quantity, ledger.ZERO))
        if _is_a_count(row) and row not in gone:
            _take_back_count(levels, row, by, note)
    if receipts := [row.source for row in [*rows, *gone] if row.kind == Kind.RECEIPT]:
        signals.receipts_taken_back.send(StockMovement, sources=receipts)


def _take_back_of_merged(
    levels: Levels, rows: Sequence[StockMovement], became: dict[int, int], by: str, note: str
) -> None:
    """What a merged product had moved is taken back from the one it became, counts too: its goods are there."""
    reversals = [_reversal(row, by, note) for row in rows]
    for row in reversals:
        row.product_id = became[row.product_id]
    ledger.post(levels, reversals)


def may_undo(movement: StockMovement, now: dt.datetime | None = None) -> bool:
    """Whether a person may still take this line back: entered by hand, and not longer ago than a day."""
    entered = movement.kind in WORDS and not movement.source.startswith(UNDO) and not movement.source.endswith(SEEN)
    return entered and (now or timezone.now()) - movement.occurred_at <= UNDO_WITHIN


@transaction.atomic
def undo_entry(movement: StockMovement, *, by: str) -> None:
    """Take an entry back: a transfer at both branches, a delivery with its order's line. Twice is as once.

    Raises UndoRefused for what was not entered by hand, and for what is older than a day.
    """
    if not may_undo(movement):
        raise UndoRefused("Only what was entered in the last 24 hours can be undone. Count the product instead.")
    if DeliveryLine.objects.filter(source=movement.source).exists():
        _undo_delivery(movement.source, by)
        return
    take_back(sources=legs(movement.source), by=by, note=WORDS[Kind(movement.kind)])


def legs(source: str) -> list[str]:
    """Every line of the entry this line belongs to: a transfer has two."""
    for leg in _LEGS:
        if source.endswith(leg):
            return [source.removesuffix(leg) + other for other in _LEGS]
    return [source]


def _undo_delivery(source: str, by: str) -> None:
    from inventory import deliveries  # it takes movements back through this module

    deliveries.undo_delivery(delivery=DeliveryLine.objects.get(source=source), by=by)


def _is_a_count(row: StockMovement) -> bool:
    return row.kind == Kind.COUNT and not row.source.endswith(SEEN)


def _reversal(row: StockMovement, by: str, note: str, prefix: str = UNDO) -> StockMovement:
    made = ledger.movement(
        Kind.CORRECTION,
        row.branch_id,
        row.product_id,
        -row.quantity,
        row.occurred_at,
        prefix + row.source,
        by,
        note=note,
    )
    made.lot_id, made.unit_cost = row.lot_id, row.unit_cost
    return made


def _take_back_count(levels: Levels, row: StockMovement, by: str, note: str) -> None:
    standing = _standing_counts(row)
    if standing[:1] != [row]:
        ledger.post(levels, [_reversal(row, by, note)])
        return
    before = standing[1].occurred_at if standing[1:] else None
    hidden = _counters(row)
    if before:  # the count before it may have been hidden itself, having been told after this one
        hidden = hidden.filter(Q(occurred_at__gt=before) | Q(source=standing[1].source + SEEN))
    again = [_reversal(counter, by, note, AGAIN) for counter in hidden]
    ledger.write([_reversal(row, by, note), *again])
    level = levels[row.branch_id, row.product_id]
    level.counted_at = before
    StockLevel.objects.filter(pk=level.pk).update(counted_at=before)


def _counts(row: StockMovement, prefix: str = UNDO) -> Any:
    """Lines of counts of the same level that nobody took back."""
    lines = StockMovement.objects.filter(branch=row.branch_id, product=row.product_id, kind=Kind.COUNT)
    return lines.annotate(undo=Concat(Value(prefix), "source")).exclude(
        Exists(StockMovement.objects.filter(source=OuterRef("undo")))
    )


def _standing_counts(row: StockMovement) -> list[StockMovement]:
    """The count whose figure stands, and a line of the count before it: those of one moment are one count."""
    counts = _counts(row).exclude(source__endswith=SEEN).order_by("-occurred_at", "-pk")
    last = list(counts[:1])
    return last + list(counts.exclude(pk=last[0].pk)[:1]) if last else []


def _counters(row: StockMovement) -> Any:
    return _counts(row, AGAIN).filter(source__endswith=SEEN, occurred_at__lte=row.occurred_at)
