"""The work of matching: by barcode, then by name, item after item, with progress. Harmless to repeat.

It begins after an import of competitors' prices or of products, every night, and when somebody asks. What a person
decided is left alone. Items nobody decided about are looked at again after a week, since the range changes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.dispatch import receiver
from django.utils import timezone

from insights.matching import ranking
from insights.matching.candidates import Catalogue, Match, Ours, Theirs
from inventory.competitors import matching, sizes
from inventory.competitors.matching import Candidate
from inventory.models import CompetitorItem, CompetitorPrice, Product
from shop import jobs, schedules
from shop.models import Job, Schedule
from shop.roles import Can
from shop.signals import import_done

JOB_KIND, TITLE = "match_competitors", "Competitors' items"
PROPOSED_FROM = 0.6
AGAIN_AFTER = dt.timedelta(days=7)
MOST_ASKED = 400  # items a run puts to a model
IN_VAIN = 3  # items in a row without an answer, after which it asks no more
_AT_ONCE = 20
_AFTER = {"competitor_prices", "products"}


def register() -> None:
    """Let it be scheduled, at the shop's own minute of the night."""
    schedules.schedulable(JOB_KIND, TITLE, None, _ask_nightly)


def ask(*, by: str, every: bool = False, key: uuid.UUID | None = None) -> Job:
    """Ask for the work; `every`: all undecided items, not only new ones."""
    return jobs.ask(kind=JOB_KIND, payload={"every": every}, title=TITLE, by=by, key=key)


def _ask_nightly(schedule: Schedule, day: dt.date) -> Job | None:
    if not CompetitorItem.objects.exists():
        return None
    return ask(by=schedules.BY, key=schedules.moment_key(schedule))


@receiver(import_done)
def match_after_import(*, kind: str, job_id: int, created: int, updated: int, **rest: Any) -> None:
    """New prices may bring new items, and new products may be what old items are."""
    if kind in _AFTER and (created or updated) and CompetitorItem.objects.exists():
        ask(by="import", key=uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:match:{job_id}"), every=kind == "products")


@jobs.job_kind(JOB_KIND, sees=Can.SEE_SALES)
def run(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Returns {by_barcode, looked_at, proposed, asked, why_local}."""
    done: dict[str, Any] = {
        "by_barcode": matching.by_barcode(),
        "looked_at": 0,
        "proposed": 0,
        "asked": 0,
        "why_local": "",
    }
    waiting = _waiting(every=bool(job.payload.get("every")))
    if not waiting:
        return done
    catalogue = Catalogue(our_products())
    names = {product.id: product.name for product in catalogue.products}
    asking = _Asking(names, f"match:{job.pk}")
    for start in range(0, len(waiting), _AT_ONCE):
        report.progress(start, len(waiting))
        some = waiting[start : start + _AT_ONCE]
        found = catalogue.look([theirs for theirs, _ in some])
        ranked = {item.id: asking.rank(item, content, found[item.id]) for item, content in some}
        done["proposed"] += matching.propose(_candidates(ranked), least=PROPOSED_FROM)
        done["looked_at"] += len(some)
    return done | {"asked": asking.asked, "why_local": asking.why_local}


def our_products() -> list[Ours]:
    """Everything on sale, as far as it is compared."""
    with transaction.atomic():
        rows = list(Product.objects.active().order_by("pk"))
    return [Ours(row.pk, row.name, sizes.of_product(row), row.price) for row in rows]


class _Asking:
    """Puts items to the shop's models, until several in a row had no answer."""

    def __init__(self, names: dict[int, str], run_key: str) -> None:
        self.names, self.run_key = names, run_key
        self.asked, self.in_vain, self.why_local = 0, 0, ""

    def rank(self, item: Theirs, content: str, matches: list[Match]) -> list[Match]:
        if self.in_vain >= IN_VAIN or self.asked >= MOST_ASKED:
            return matches
        ranked = ranking.rank(item, content, matches, self.names, run_key=self.run_key)
        self.asked += ranked.provider != "local"
        self.in_vain = self.in_vain + 1 if ranked.why_local else 0
        self.why_local = ranked.why_local or self.why_local
        return ranked.matches


def _waiting(*, every: bool) -> list[tuple[Theirs, str]]:
    """Undecided items with the price seen last, and their size as written."""
    newest = CompetitorPrice.objects.filter(item=OuterRef("pk")).order_by("is_promotion", "-seen_on")
    with transaction.atomic():
        rows = matching.undecided().exclude(name="").annotate(price=Subquery(newest.values("price")[:1]))
        if not every:
            rows = rows.filter(Q(looked_at=None) | Q(looked_at__lt=timezone.now() - AGAIN_AFTER))
        found: Sequence[tuple[int, str, str, Decimal | None]] = list(
            rows.order_by("pk").values_list("pk", "name", "content", "price")
        )
    return [(Theirs(pk, name, sizes.of_item(name, content), price), content) for pk, name, content, price in found]


def _candidates(ranked: dict[int, list[Match]]) -> dict[int, list[Candidate]]:
    return {
        item: [Candidate(match.product, match.confidence, match.why) for match in matches]
        for item, matches in ranked.items()
    }
