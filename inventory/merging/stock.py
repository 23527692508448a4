"""The stock of a product that is merged: what each branch had of it goes over by two lines of the ledger, and back.

Levels are locked by branch and product, as selling does, before anything else is: a till that sells either meanwhile is
in the books before, or waits. The level of the product that is gone stays, at 0.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from inventory import ledger
from inventory.ledger import Kind, Levels
from inventory.merging.links import Part, Work
from inventory.models import StockLevel, StockMovement

ZERO = Decimal(0)


def bring_over(work: Work) -> list[dict[str, Any]]:
    """Lock the levels of both, and give what there is of the one to the other. Returns what was done, a branch each."""
    branches = sorted(set(StockLevel.objects.filter(product=work.gone).values_list("branch_id", flat=True)))
    opened = _open(work, branches)
    levels = ledger.lock_levels([(branch, pk) for branch in branches for pk in (work.gone.pk, work.kept.pk)])
    return [_bring(work, levels, branch, opened=branch in opened) for branch in branches]


def _open(work: Work, branches: list[int]) -> set[int]:
    """Follow the kept product wherever the other is followed; the branches where it was not."""
    there = set(StockLevel.objects.filter(product=work.kept, branch__in=branches).values_list("branch_id", flat=True))
    if len(there) < len(branches):
        ledger.open_levels([(branch, pk) for branch in branches for pk in (work.gone.pk, work.kept.pk)], work.at)
    return set(branches) - there


def _bring(work: Work, levels: Levels, branch: int, *, opened: bool) -> dict[str, Any]:
    left, into = levels[branch, work.gone.pk], levels[branch, work.kept.pk]
    if opened:  # followed for as long as the other was, since it is the same pile of goods
        StockLevel.objects.filter(pk=into.pk).update(tracked_from=left.tracked_from, counted_at=left.counted_at)
    source = f"merge:{work.merge.pk}:{branch}" + (f":{timezone.now().timestamp()}" if work.late else "")
    _move(
        work, branch, left.quantity, source, f"One product with {work.kept.name}", f"One product with {work.gone.name}"
    )
    return {"branch": branch, "quantity": str(left.quantity), "source": source, "opened": opened}


def _move(work: Work, branch: int, quantity: Decimal, source: str, out: str, into: str) -> None:
    if not quantity:
        return
    common = (branch, work.gone.pk, -quantity, work.at, f"{source}:out", work.by)
    leaving = ledger.movement(Kind.CORRECTION, *common, note=out[:200])
    arriving = ledger.movement(
        Kind.CORRECTION, branch, work.kept.pk, quantity, work.at, f"{source}:in", work.by, note=into[:200]
    )
    ledger.write([leaving, arriving])


def bring_late(work: Work, noted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same for what came to the product that is gone after it was merged."""
    if not StockLevel.objects.filter(product=work.gone).exclude(quantity=0).exists():
        return noted
    return [*noted, *(one for one in bring_over(work) if Decimal(one["quantity"]) or one["opened"])]


def give_back(work: Work, noted: list[dict[str, Any]]) -> None:
    """Give each branch's amount back, whatever moved since: what moved later stays with the product that is kept."""
    branches = sorted({one["branch"] for one in noted})
    ledger.lock_levels([(branch, pk) for branch in branches for pk in (work.gone.pk, work.kept.pk)])
    words = "Two products after all"
    for one in noted:
        _move(work, one["branch"], -Decimal(one["quantity"]), f"{ledger.UNDO}{one['source']}", words, words)
    for one in noted:
        if one["opened"]:
            _close(work, one["branch"])


def _close(work: Work, branch: int) -> None:
    """Stop to follow the kept product where only the merging began to, unless something has moved since."""
    mine = StockMovement.objects.filter(branch=branch, product=work.kept)
    merged = Q(source__startswith=f"merge:{work.merge.pk}:") | Q(source__startswith=f"undo:merge:{work.merge.pk}:")
    if not mine.exclude(merged).exists():
        StockLevel.objects.filter(branch=branch, product=work.kept, quantity=0).delete()


STOCK = Part("stock", bring_over, give_back, first=True, again=bring_late)
