"""Keeping the search up to date: words at once, meanings by a job that may stop and go on anywhere.

What is to do stands in the rows themselves. An entry whose hash is not its row's is made anew, one whose vector is
missing or another model's gets one; so a job that is cancelled or killed has lost nothing but its last batch.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver

from customers.models import Review
from insights.models import SearchEntry
from insights.search import meaning
from insights.search.entries import Wanted, wanted_of, wanted_products, wanted_reviews
from inventory.models import Product
from shop import jobs
from shop.imports import undo_rows
from shop.models import Job, Schedule
from shop.schedules import moment_key, schedulable
from shop.signals import import_done
from shop.tenancy import use_shop

# An import that is taken back takes along what the search knows of its rows.
undo_rows.goes_along(SearchEntry, "product")
undo_rows.goes_along(SearchEntry, "review")
JOB_KIND = "search"
_TITLE = "Bring the search up to date"
_WORDS_AT_ONCE, _MEANINGS_AT_ONCE = 500, 16


def register() -> None:
    """A sweep a night, for whatever nobody told the search of."""
    schedulable(JOB_KIND, _TITLE, None, lambda schedule, day: _ask_for(schedule))


def _ask_for(schedule: Schedule) -> Job:
    return ask_index(by="schedule", key=moment_key(schedule))


def ask_index(*, by: str, key: uuid.UUID | None = None) -> Job:
    """Ask for the job. One that waits already does for whoever asks without a key."""
    waiting = Job.objects.filter(kind=JOB_KIND, status=Job.Status.QUEUED).first() if key is None else None
    return waiting or jobs.ask(kind=JOB_KIND, payload={}, title=_TITLE, by=by, key=key)


@jobs.job_kind(JOB_KIND)
def run_job(job: Job, report: jobs.Report) -> dict[str, Any]:
    """The job's work. Returns {words, meanings}: how many entries were made anew, and how many vectors."""
    words = refresh()
    todo = _without_meaning().count()
    made = last = 0
    report.progress(0, todo)
    while batch := list(_without_meaning().filter(pk__gt=last).order_by("pk")[:_MEANINGS_AT_ONCE]):
        made += embed(batch)
        last = batch[-1].pk
        report.progress(min(made, todo), todo)
    return {"words": words, "meanings": made}


def refresh() -> int:
    """Make the entries that are missing or whose words have changed, without a meaning yet. Returns how many."""
    products = dict(SearchEntry.objects.exclude(product=None).values_list("product_id", "text_hash"))
    made = _put((one for one in wanted_products() if products.get(one.product) != one.hash), "product")
    reviews = dict(SearchEntry.objects.exclude(review=None).values_list("review_id", "text_hash"))
    return made + _put((one for one in wanted_reviews() if reviews.get(one.review) != one.hash), "review")


def _put(wanted: Iterable[Wanted], of: str) -> int:
    made, rest = 0, iter(wanted)
    while piece := list(itertools.islice(rest, _WORDS_AT_ONCE)):
        SearchEntry.objects.bulk_create(
            [one.entry() for one in piece],
            update_conflicts=True,
            unique_fields=["shop", of],
            update_fields=["text", "text_hash", "grams", "vector", "model"],
        )
        made += len(piece)
    return made


def _without_meaning() -> Any:
    return SearchEntry.objects.exclude(model=meaning.MODEL)


def embed(entries: list[SearchEntry]) -> int:
    """Give these entries their vectors. One whose row has changed meanwhile gets its new words, and waits."""
    wanted = wanted_of(entries)
    still = [entry for entry in entries if entry.pk in wanted and wanted[entry.pk].hash == entry.text_hash]
    rows = meaning.of_texts([text for entry in still for text in wanted[entry.pk].means])
    start = 0
    with transaction.atomic():
        for entry in still:
            many = len(wanted[entry.pk].means)
            vector = meaning.unit(np.sum(rows[start : start + many], axis=0))
            start += many
            made = {"vector": vector.tolist(), "model": meaning.MODEL}
            SearchEntry.objects.filter(pk=entry.pk, text_hash=entry.text_hash).update(**made)
        changed = [wanted[entry.pk] for entry in entries if entry.pk in wanted and entry not in still]
        _put((one for one in changed if one.product), "product")
        _put((one for one in changed if one.review), "review")
    return len(still)


@receiver(post_save, sender=Product)
@receiver(post_save, sender=Review)
def note(sender: Any, instance: Any, **rest: Any) -> None:
    """A product or review that a person wrote is found by its words as soon as it is saved, by its meaning soon."""
    if not rest.get("raw"):
        shop, pk = instance.shop_id, instance.pk
        transaction.on_commit(lambda: _catch_up(sender, shop, pk), robust=True)


def _catch_up(model: Any, shop: int, pk: int) -> None:
    with use_shop(shop), transaction.atomic():
        is_product = model is Product
        wanted = next(wanted_products(Q(pk=pk)) if is_product else wanted_reviews(Q(pk=pk)), None)
        known = SearchEntry.objects.filter(**({"product": pk} if is_product else {"review": pk}))
        if wanted and not known.filter(text_hash=wanted.hash).exists():
            _put([wanted], "product" if is_product else "review")
            ask_index(by="search")


@receiver(import_done)
def after_import(*, job_id: int, created: int, updated: int, **rest: Any) -> None:
    """An import may have brought products or reviews: the search is brought up to date, once an import."""
    if created or updated:
        ask_index(by="import", key=uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:search:import:{job_id}"))
