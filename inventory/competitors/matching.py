"""Which product of ours a competitor's item is. A barcode says it by itself; else a person does, from candidates.

What a person said is never overwritten: only `confirm`, `deny` and `undo`, a person's acts, change it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory.competitors import codes, sizes
from inventory.models import CompetitorItem, Product
from shop.tenancy import acting

BARCODE = "barcode"
State = CompetitorItem.State


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that an item may be: how sure (0 to 1) and why, in words."""

    product: int
    confidence: float
    why: str

    def as_json(self) -> dict[str, Any]:
        return {"product": self.product, "confidence": round(self.confidence, 3), "why": self.why}


def is_persons(item: CompetitorItem) -> bool:
    """Whether a person decided about the item."""
    return item.state in (State.MATCHED, State.NONE) and item.matched_by != BARCODE


def undecided() -> Any:
    """Items that no person and no barcode settled."""
    return CompetitorItem.objects.filter(state__in=[State.NEW, State.PROPOSED])


@transaction.atomic
def by_barcode(items: Any | None = None) -> int:
    """Match items (None: all) whose barcode is one of ours, and unmatch those whose barcode no longer is.

    Items a person decided about are left alone. Returns how many changed.
    """
    found = CompetitorItem.objects.all() if items is None else items
    open_to_it = found.exclude(barcode="").exclude(state=State.NONE).select_for_update().order_by("pk")
    rows = [item for item in open_to_it if not is_persons(item)]
    readings, now = codes.readings({item.barcode for item in rows}), timezone.now()
    changed = [item for item in rows if _by_reading(item, readings.get(item.barcode), now)]
    CompetitorItem.objects.bulk_update(changed, ["product", "state", "matched_by", "matched_at", "of_ours"])
    return len(changed)


def _by_reading(item: CompetitorItem, reading: Any, now: dt.datetime) -> bool:
    """Put what the barcode says on the item; was that new?"""
    before = item.product_id, item.state, item.of_ours
    if reading is not None:
        item.product, item.state, item.of_ours = reading.product, State.MATCHED, reading.pack_quantity
        item.matched_by = BARCODE
    elif item.matched_by == BARCODE:
        item.product, item.of_ours, item.matched_by = None, Decimal(1), ""
        item.state = State.PROPOSED if item.candidates else State.NEW
    if (item.product_id, item.state, item.of_ours) == before:
        return False
    item.matched_at = now if reading is not None else None
    return True


@transaction.atomic
def confirm(*, item: CompetitorItem, product: Product, by: str) -> CompetitorItem:
    """A person says that the item is this product of ours. Where sizes differ, prices are worked out by size."""
    of_ours = sizes.share(sizes.of_item(item.name, item.content), sizes.of_product(product))
    return _decide(item, State.MATCHED, product, of_ours, by)


@transaction.atomic
def deny(*, item: CompetitorItem, by: str) -> CompetitorItem:
    """A person says that we do not sell it."""
    return _decide(item, State.NONE, None, Decimal(1), by)


@transaction.atomic
def undo(*, item: CompetitorItem, by: str) -> CompetitorItem:
    """Take a person's word back: the item waits again, with the candidates it had."""
    row: CompetitorItem = CompetitorItem.objects.select_for_update().get(pk=item.pk)
    if not is_persons(row):
        return row
    return _decide(row, State.PROPOSED if row.candidates else State.NEW, None, Decimal(1), by, matched_by="")


def _decide(
    item: CompetitorItem,
    state: str,
    product: Product | None,
    of_ours: Decimal | None,
    by: str,
    matched_by: str | None = None,
) -> CompetitorItem:
    row: CompetitorItem = CompetitorItem.objects.select_for_update().get(pk=item.pk)
    row.state, row.product, row.of_ours = state, product, of_ours
    row.matched_by = by[:200] if matched_by is None else matched_by
    row.matched_at = timezone.now() if row.matched_by else None
    with acting(by, "Competitor's item matched" if product else "Competitor's item"):
        row.save(update_fields=["state", "product", "of_ours", "matched_by", "matched_at"])
    return row


@transaction.atomic
def propose(candidates: Mapping[int, Collection[Candidate]], *, least: float) -> int:
    """Note what items (by id) may be, best first. One that is as sure as `least` makes a proposal to confirm.

    An item that somebody decided about meanwhile keeps that. Returns how many are proposed.
    """
    now = timezone.now()
    rows = list(undecided().filter(pk__in=candidates).select_for_update().order_by("pk"))
    for item in rows:
        found = sorted(candidates[item.pk], key=lambda one: -one.confidence)
        item.candidates, item.looked_at = [one.as_json() for one in found], now
        item.state = State.PROPOSED if found and found[0].confidence >= least else State.NEW
    CompetitorItem.objects.bulk_update(rows, ["candidates", "looked_at", "state"])
    return sum(item.state == State.PROPOSED for item in rows)
