"""What may be done next with an import that is in: reviews read for spam, new costs and drafted prices looked at."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.dispatch import receiver
from django.urls import reverse

from customers.models import Review
from insights.analyses.engine import ask_run
from insights.reviews.standing import standing
from shop.imports.next_steps import NextStep, next_step
from shop.models import Import, ImportedRow, Job
from shop.roles import Can, may
from shop.signals import import_done

SHOWN = 3  # of the reasons why reviews are taken for spam


@receiver(import_done)
def read_reviews(*, kind: str, job_id: int, created: int, updated: int, **rest: Any) -> None:
    """New reviews are read at once, on this machine: what is spam among them should reach no number. Once an import."""
    if kind == "reviews" and created + updated:
        ask_run(name="sentiment", by="import", key=uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:import:{job_id}:sentiment"))


@next_step
def offer_spam(job: Job, role: str) -> NextStep | None:
    """How many reviews of this import are taken for spam, and why; behind it each is put back by one press."""
    imported = _import_of(job)
    if imported is None or imported.kind != "reviews" or not may(role, Can.SEE_STOCK):
        return None
    named = ImportedRow.objects.filter(imported=imported, table=Review._meta.db_table).values("row_id")
    rows = standing(Review.objects.filter(pk__in=named))
    if unread := rows.filter(tone="").count():
        many = "1 review is" if unread == 1 else f"{unread:,} reviews are"
        return NextStep(f"{many} still being read for tone and spam", reverse("insights:review_list"), "message-square")
    reasons = list(rows.filter(is_spam=True).order_by("spam_reason").values_list("spam_reason", flat=True))
    if not reasons:
        return NextStep("No review looks like spam: read them", _reviews(""), "message-square")
    commonest = sorted(set(filter(None, reasons)), key=lambda reason: -reasons.count(reason))[:SHOWN]
    why = f" ({' '.join(commonest)})" if commonest else ""
    look = "looks" if len(reasons) == 1 else "look"
    return NextStep(f"{len(reasons):,} {look} like spam{why} Look, or put them back", _reviews("spam"), "shield-alert")


@next_step
def offer_costs(job: Job, role: str) -> NextStep | None:
    """What a price list changes."""
    imported = _import_of(job)
    waiting = imported.result.get("facts", {}).get("costs_waiting") if imported else 0
    if not imported or imported.kind != "supplier_prices" or not waiting or not may(role, Can.SEE_COST):
        return None
    text = f"See what {waiting:,} new costs leave you" if waiting > 1 else "See what 1 new cost leaves you"
    return NextStep(text, reverse("insights:price_costs"), "tags")


@next_step
def offer_drafts(job: Job, role: str) -> NextStep | None:
    """Drafts that prices from a file wait in."""
    imported = _import_of(job)
    if not imported or imported.kind != "prices" or not imported.result.get("facts", {}).get("drafts"):
        return None
    if not may(role, Can.SEE_STOCK):
        return None
    return NextStep("Look at the drafted prices", f"{reverse('insights:price_batch_list')}?show=draft", "tags")


def _import_of(job: Job) -> Import | None:
    known = job.payload.get("import")
    found: Import | None = Import.objects.filter(pk=known).first() if isinstance(known, int) else None
    return found


def _reviews(show: str) -> str:
    asked = {"span": "all"} | ({"show": show} if show else {})
    return f"{reverse('insights:review_list')}?{urlencode(asked)}"
