"""Puts an analysis's drafts before people, without asking twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal

from django.utils import timezone

from insights.decisions.drafts import Draft
from insights.models import Run, Suggestion

State, Reason = Suggestion.State, Suggestion.Reason
REST = dt.timedelta(days=3)  # after "not now" the same is not offered for so long


def offer(run: Run, kinds: Sequence[str], drafts: Sequence[Draft]) -> int:
    """Make the open suggestions of these kinds the drafts, in the caller's transaction; returns how many are open.

    An open one that says the same is kept, with its sleep; one that says otherwise is replaced and its sleep kept;
    one no longer advised goes. What a person refused for ever, or lately, is not offered.
    """
    expire()
    before = {row.key: row for row in Suggestion.objects.select_for_update().filter(state=State.OPEN, kind__in=kinds)}
    refused = _refused_keys([draft.key for draft in drafts])
    wanted = {draft.key: draft for draft in drafts if draft.key not in refused}
    fresh: list[Suggestion] = []
    kept: list[Suggestion] = []
    for draft in wanted.values():
        row = _row(run, draft)
        old = before.get(draft.key)
        if old is None:
            fresh.append(row)
        elif _same(old, row):
            row.pk, row.made_at, row.snoozed_until = old.pk, old.made_at, old.snoozed_until
            kept.append(row)
        else:
            row.snoozed_until = old.snoozed_until
            fresh.append(row)
    keeping = {row.pk for row in kept}
    gone = [row.pk for row in before.values() if row.pk not in keeping]
    Suggestion.objects.filter(pk__in=gone).update(state=State.REPLACED)
    Suggestion.objects.bulk_update(kept, _FACTS)
    Suggestion.objects.bulk_create(fresh)
    return len(wanted)


def expire(now: dt.datetime | None = None) -> None:
    """Close the open suggestions whose deadline has passed."""
    late = Suggestion.objects.filter(state=State.OPEN, deadline_at__lte=now or timezone.now())
    late.update(state=State.EXPIRED)


_FACTS = [
    "run", "title", "why", "evidence", "value", "value_low", "value_high", "value_days", "deadline_at", "supplier",
]  # fmt: skip


def _same(old: Suggestion, new: Suggestion) -> bool:
    """Whether both ask for the same act. A price is kept to four places."""
    asks = old.quantity == new.quantity and old.outlay == new.outlay
    return asks and _as_kept(old.advised_price) == _as_kept(new.advised_price)


def _as_kept(price: Decimal | None) -> Decimal | None:
    return None if price is None else round(price, 4)


def _row(run: Run, draft: Draft) -> Suggestion:
    fields = asdict(draft)
    links = {f"{name}_id": fields.pop(name) for name in ("branch", "product", "supplier")}
    fields["title"] = fields["title"][:200]
    return Suggestion(run=run, **links, **fields).stamp_shop()


def _refused_keys(keys: list[str]) -> set[str]:
    dismissed = Suggestion.objects.filter(state=State.DISMISSED, key__in=keys)
    for_ever = dismissed.filter(reason=Reason.NEVER)
    lately = dismissed.filter(decided_at__gt=timezone.now() - REST)
    return set((for_ever | lately).values_list("key", flat=True))
