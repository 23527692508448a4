"""The decisions that wait, in the order they are put before people: pages and the morning brief show the same one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Case, Count, F, Min, Q, Sum, Value, When
from django.utils import timezone

from insights.models import Suggestion

SOON = dt.timedelta(hours=6)
MOST_SHOWN = 7


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits: of each kind, in all, what it is worth where known, and the next deadline."""

    kinds: dict[str, int]
    worth: Decimal | None
    first_deadline: dt.datetime | None

    @property
    def count(self) -> int:
        return sum(self.kinds.values())


def in_order(found: Any, now: dt.datetime | None = None) -> Any:
    """What must be decided within six hours first, then what is worth most, then what ends soonest."""
    soon = Q(deadline_at__lte=(now or timezone.now()) + SOON)
    rank = Case(When(soon, then=Value(True)), default=Value(False), output_field=BooleanField())
    last = F("deadline_at").asc(nulls_last=True)
    return found.annotate(soon=rank).order_by("-soon", F("value").desc(nulls_last=True), last, "id")


def open_queue(now: dt.datetime | None = None) -> Any:
    """What can be decided now, in order, with what its rows name."""
    waiting = in_order(Suggestion.objects.open(now), now)
    return waiting.select_related("branch", "product", "supplier").defer("evidence")


def waiting(now: dt.datetime | None = None) -> Waiting:
    """One query."""
    rows = (
        Suggestion.objects.open(now)
        .order_by()
        .values("kind")
        .annotate(count=Count("pk"), worth=Sum("value"), first=Min("deadline_at"))
    )
    found = list(rows)
    worths = [row["worth"] for row in found if row["worth"] is not None]
    return Waiting(
        kinds={row["kind"]: row["count"] for row in found},
        worth=sum(worths, Decimal(0)) if worths else None,
        first_deadline=min((row["first"] for row in found if row["first"]), default=None),
    )
