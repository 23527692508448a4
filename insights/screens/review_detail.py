"""One review: what was read out of it and by whom, what people said of that, and its reply."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse

from insights.models import ReviewReply, ReviewTheme
from insights.reviews import correcting
from insights.reviews.correcting import Note
from insights.reviews.finding import LABELS
from insights.screens import review_rows
from insights.screens.review_rows import Entry
from insights.screens.reviews import score_words
from shop.roles import Can, may

STEPS = ("Draft", "Approved", "Sent")
_REACHED = {"": 0, ReviewReply.State.DRAFT: 0, ReviewReply.State.APPROVED: 1, ReviewReply.State.REPLIED: 2}


@dataclass(frozen=True, slots=True)
class Detail:
    entry: Entry
    facts: list[tuple[str, str]]
    read_by: str
    theme: ReviewTheme | None
    notes: list[Note]
    steps: list[tuple[str, bool]]
    written_by: str
    edit_url: str


@transaction.atomic
def build(pk: int, role: str, today: dt.date) -> Detail | None:
    """None where there is no such review in the shop."""
    entry = review_rows.entry(pk, role, today)
    if entry is None:
        return None
    reading, state = entry.reading, entry.reply.state if entry.reply else ""
    return Detail(
        entry=entry,
        facts=list(_facts(entry)),
        read_by=review_rows.reader(reading) if reading else "",
        theme=ReviewTheme.objects.filter(pk=reading.theme_id).first() if reading and reading.theme_id else None,
        notes=correcting.notes(entry.review) if may(role, Can.SEE_HISTORY) else [],
        steps=[(words, place == _REACHED.get(state, -1)) for place, words in enumerate(STEPS)],
        written_by=_writer(entry.reply),
        edit_url=reverse("admin:customers_review_change", args=[pk]) if may(role, Can.EDIT_CUSTOMERS) else "",
    )


def _facts(entry: Entry) -> list[tuple[str, str]]:
    """What was read out of the text, before any correction."""
    reading = entry.reading
    if reading is None:
        return []
    facts = [("Read as", LABELS[reading.label]), ("Score, −1 to 1", score_words(reading.score))]
    if reading.confidence is not None:
        facts.append(("How sure", review_rows.sureness(reading.confidence)))
    if reading.language:
        facts.append(("Language", entry.language_name))
    if reading.product:
        facts.append(("Product named", reading.product.name))
    if reading.supplier:
        facts.append(("Supplier named", reading.supplier.name))
    return facts


def _writer(reply: ReviewReply | None) -> str:
    """Who drafted the reply."""
    if reply is None or not reply.drafted:
        return ""
    if reply.provider == "person":
        return ""
    return f"Drafted by {review_rows.READERS.get(reply.provider, 'this machine')}"
