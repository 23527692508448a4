"""Merging many pairs with one word of a person: only those whose codes say that they are one, each for itself."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from insights.merging.choosing import sold_lately, to_keep
from insights.merging.finding import SURE
from inventory.merging import MergeRefused
from inventory.merging.pairs import is_one
from inventory.models import ProductPair
from shop import jobs
from shop.errors import Refused
from shop.models import Job, Shop
from shop.roles import Can

JOB_KIND, TITLE = "merge_pairs", "Make one of each sure pair"
MOST_AT_ONCE = 500


class NothingSure(Refused):
    code = "nothing_sure"


def sure() -> Any:
    """Open pairs that are sure and not put off, the surest first."""
    rows = ProductPair.objects.filter(state=ProductPair.State.OPEN, score__gte=SURE)
    rows = rows.exclude(again_at__gt=timezone.now())
    return rows.filter(first__merged_into=None, second__merged_into=None).order_by("-score", "pk")


def ask(*, by: str, key: uuid.UUID, shown: int) -> Job:
    """Ask to merge the sure pairs, at most MOST_AT_ONCE. `shown` is how many the person saw; others wait.

    Raises NothingSure where there are none any more.
    """
    ids = list(sure().values_list("pk", flat=True)[: min(shown, MOST_AT_ONCE)])
    if not ids:
        raise NothingSure("No pair is sure any more. Somebody has decided about them.")
    return jobs.ask(kind=JOB_KIND, payload={"pairs": ids}, title=TITLE, by=by, key=key)


@jobs.job_kind(JOB_KIND, sees=Can.SEE_STOCK)
def run(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Returns {merged, left, why}: how many are one now, how many were left, and the sentences that say why."""
    ids = job.payload["pairs"]
    pairs = sure().filter(pk__in=ids).select_related("first", "second")
    products = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    sold = sold_lately(products, Shop.objects.get(pk=job.shop_id).today())
    merged, why = 0, []
    for done, pair in enumerate(pairs):
        report.progress(done, len(ids))
        try:
            is_one(pair=pair, kept=to_keep(pair.first, pair.second, sold), by=job.asked_by)
            merged += 1
        except MergeRefused as refused:
            why.append(refused.sentence)
    return {"merged": merged, "left": len(ids) - merged, "why": sorted(set(why))[:20]}
