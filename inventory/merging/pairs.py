"""A person's word on two products that may be one. What was said last holds; saying it again changes nothing."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from inventory.merging.services import MergeRefused, merge
from inventory.models import Product, ProductMerge, ProductPair

State = ProductPair.State
LATER = dt.timedelta(days=7)


def is_one(*, pair: ProductPair, kept: Product, by: str) -> ProductMerge:
    """Merge the two; `kept` says which of them stays. Raises MergeRefused."""
    if kept.pk not in (pair.first_id, pair.second_id):
        raise MergeRefused("Choose one of the two products to keep.")
    gone = pair.second if kept.pk == pair.first_id else pair.first
    return merge(kept=kept, gone=gone, by=by)


@transaction.atomic
def are_two(*, pair: ProductPair, by: str) -> ProductPair:
    """They are never asked about again. Raises MergeRefused where they were merged meanwhile."""
    found = _held(pair)
    if found.state == State.OPEN:
        found.state, found.decided_by, found.decided_at, found.again_at = State.DIFFERENT, by, timezone.now(), None
        found.save(update_fields=["state", "decided_by", "decided_at", "again_at"])
    return found


@transaction.atomic
def put_off(*, pair: ProductPair) -> ProductPair:
    """Ask again in a week. Raises MergeRefused where they were merged meanwhile."""
    found = _held(pair)
    if found.state == State.OPEN:
        found.again_at = timezone.now() + LATER
        found.save(update_fields=["again_at"])
    return found


@transaction.atomic
def ask_again(*, pair: ProductPair) -> ProductPair:
    """Take back that they are two, or that it was put off. Raises MergeRefused where they were merged meanwhile."""
    found = _held(pair)
    found.state, found.decided_by, found.decided_at, found.again_at = State.OPEN, "", None, None
    found.save(update_fields=["state", "decided_by", "decided_at", "again_at"])
    return found


def _held(pair: ProductPair) -> ProductPair:
    found: ProductPair = ProductPair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
    if found.state == State.MERGED:
        raise MergeRefused("Somebody made one product of them meanwhile.")
    return found
