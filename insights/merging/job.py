"""The work of finding products that may be one: after imports that made some, and every night. Harmless to repeat.

What a person decided is left alone, and never asked again, also where one of the two was merged into a third since.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from insights.merging.finding import Found, find
from insights.search import index
from inventory import merging
from inventory.models import Product, ProductMerge, ProductPair
from sales import rollups
from shop import jobs, schedules
from shop.models import Job, Schedule
from shop.roles import Can
from shop.signals import import_done
from shop.tenancy import use_shop

JOB_KIND, TITLE = "find_pairs", "Products that may be one"
State = ProductPair.State
_AT_ONCE = 500


SETTLE_KIND, SETTLE_TITLE = "settle_merges", "Reckon again after merging"


def register() -> None:
    """Let it be scheduled, at the shop's own minute of the night."""
    schedules.schedulable(JOB_KIND, TITLE, None, _ask_nightly)


def ask(*, by: str, key: uuid.UUID | None = None) -> Job:
    """Ask for the work. One that waits already does for whoever asks without a key."""
    waiting = Job.objects.filter(kind=JOB_KIND, status=Job.Status.QUEUED).first() if key is None else None
    return waiting or jobs.ask(kind=JOB_KIND, payload={}, title=TITLE, by=by, key=key)


def _ask_nightly(schedule: Schedule, day: dt.date) -> Job:
    return ask(by=schedules.BY, key=schedules.moment_key(schedule))


@receiver(import_done)
def look_after_import(*, kind: str, job_id: int, created: int, facts: dict[str, Any], **rest: Any) -> None:
    """A file may have brought products; it may also name merged ones that it looked up before they were."""
    merging.catch_up()
    if (kind == "products" and created) or facts.get("new_products"):
        ask(by="import", key=uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:pairs:{job_id}"))


@jobs.job_kind(JOB_KIND, sees=Can.SEE_STOCK)
def run(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Returns {pairs, new, fetched}: how many may be one, how many of them are new, and rows of merged ones fetched."""
    fetched = merging.catch_up()
    index.run_job(job, report)  # names are compared by the meanings that the search keeps
    found = find(report.progress)
    with transaction.atomic():
        new = keep(found)
    rollups.refresh()
    return {"pairs": len(found), "new": new, "fetched": fetched}


@receiver(post_save, sender=ProductMerge)
def settle_soon(sender: Any, instance: ProductMerge, **rest: Any) -> None:
    """After each merge and its undoing: rows that came at that very moment, and the days that changed."""
    if instance.moved and not rest.get("raw"):
        shop = instance.shop_id
        transaction.on_commit(lambda: _ask_to_settle(shop), robust=True)


def _ask_to_settle(shop: int) -> None:
    with use_shop(shop):
        if not Job.objects.filter(kind=SETTLE_KIND, status=Job.Status.QUEUED).exists():
            jobs.ask(kind=SETTLE_KIND, payload={}, title=SETTLE_TITLE, by="merging")


@jobs.job_kind(SETTLE_KIND, sees=Can.SEE_STOCK)
def settle(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Returns {fetched, days}."""
    return {"fetched": merging.catch_up(), "days": rollups.refresh()}


def keep(found: Sequence[Found]) -> int:
    """Write what was found: new pairs, new reasons of open ones; open ones that nothing speaks for any more go.

    Returns how many are new.
    """
    decided, waiting = _known()
    there = set(Product.objects.standing().values_list("pk", flat=True))
    pairs = {(one.first, one.second): one for one in found}
    wanted = {pair: one for pair, one in pairs.items() if pair not in decided and there.issuperset(pair)}
    ProductPair.objects.filter(
        state=State.OPEN, pk__in=[pk for pair, pk in waiting.items() if pair not in wanted]
    ).delete()
    now = timezone.now()
    rows = [
        ProductPair(first_id=one.first, second_id=one.second, score=str(one.score), reasons=one.reasons, found_at=now)
        for one in wanted.values()
    ]
    for start in range(0, len(rows), _AT_ONCE):
        ProductPair.objects.bulk_create(
            rows[start : start + _AT_ONCE],
            update_conflicts=True,
            unique_fields=["shop", "first", "second"],
            update_fields=["score", "reasons"],
        )
    return len(wanted.keys() - waiting.keys())


def _known() -> tuple[set[tuple[int, int]], dict[tuple[int, int], int]]:
    """Pairs that a person decided about, by what the two are today, and the open ones with their ids."""
    became = dict(Product.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id"))
    decided, waiting = set(), {}
    for pk, first, second, state in ProductPair.objects.order_by("pk").values_list("pk", "first", "second", "state"):
        if state == State.OPEN:
            waiting[first, second] = pk
        else:
            one, other = sorted((became.get(first, first), became.get(second, second)))
            decided |= {(first, second), (one, other)}
    return decided, waiting
