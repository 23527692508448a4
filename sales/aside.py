"""What a till sent and is not in the books: kept where a person sees it. Keeping it twice is keeping it once."""

from __future__ import annotations

from uuid import UUID

from sales.models import InboxItem
from sales.told import Told
from sales.working import Clock
from shop.devices import Till

Kind = InboxItem.Kind


def conflict(till: Till, told: Told, fingerprint: str, clock: Clock, *, first: int) -> str:
    """Other content under an id that is in the books (as sale `first`); returns the reason said."""
    reason = "This id was used before for another sale. The first one stands."
    _keep(till, told, fingerprint, clock, Kind.CONFLICT, reason, sale_id=first)
    return reason


def parked(till: Till, told: Told, fingerprint: str, clock: Clock, reason: str, waits_for: UUID | None = None) -> str:
    """Not to be booked unasked. `waits_for`: the sale it takes back; once that is here, it is booked by itself."""
    _keep(till, told, fingerprint, clock, Kind.PARKED, reason, code=str(waits_for or ""))
    return reason


def refused(till: Till, told_id: str, fingerprint: str, reason: str, clock: Clock) -> None:
    """Not understood: the till keeps it, so only its hash and the reason are kept here."""
    _add(till, clock, kind=Kind.REFUSED, told_id=told_id[:80], fingerprint=fingerprint, reason=reason[:300])


def _keep(till: Till, told: Told, fingerprint: str, clock: Clock, kind: str, reason: str, **more: object) -> None:
    payload = told.content()
    if clock.offset:
        payload["clock_offset"] = clock.offset.total_seconds()
    _add(till, clock, kind=kind, told_id=str(told.id), fingerprint=fingerprint, reason=reason, payload=payload, **more)


def _add(till: Till, clock: Clock, **fields: object) -> None:
    item = InboxItem(branch_id=till.branch_id, register_id=till.register_id, received_at=clock.received_at, **fields)
    InboxItem.objects.bulk_create([item], ignore_conflicts=True)
