"""A person says what a review is. It stands over every reading, and later readings learn from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from customers.models import Review
from insights.models import ReviewCorrection
from insights.reviews.standing import TONES
from shop.errors import Refused
from shop.models import Change
from shop.tenancy import acting

_TABLE = "insights_reviewcorrection"
MOST_NOTES = 20


class CorrectionRefused(Refused):
    code = "correction_invalid"


@transaction.atomic
def correct(*, review: Review, label: str | None = None, is_spam: bool | None = None, by: str) -> ReviewCorrection:
    """Say the tone, or whether it is spam; None leaves what was said of it. Locks the review; repeating is harmless.

    Raises CorrectionRefused for a tone that is none, or where nothing is said.
    """
    if label is not None and label not in TONES:
        raise CorrectionRefused("Choose pleased, neither or displeased.")
    if label is None and is_spam is None:
        raise CorrectionRefused("Say how it sounds, or whether it is spam.")
    found = _locked(review)
    if label is not None:
        found.label = label
    if is_spam is not None:
        found.is_spam = is_spam
    found.by, found.made_at = by, timezone.now()
    with acting(by):
        found.save()
    return found


@transaction.atomic
def take_back(*, review: Review, what: str, by: str) -> None:
    """Take the word about the `label` or the `spam` back: the reading stands again. Repeating is harmless."""
    if what not in ("label", "spam"):
        raise CorrectionRefused("Say what to take back.")
    found = _locked(review)
    if found._state.adding:
        return
    if what == "label":
        found.label = ""
    else:
        found.is_spam = None
    with acting(by):
        if found.label or found.is_spam is not None:
            found.save()
        else:
            found.delete()


def _locked(review: Review) -> ReviewCorrection:
    Review.objects.select_for_update().get(pk=review.pk)
    found: ReviewCorrection | None = ReviewCorrection.objects.filter(review=review).first()
    return found or ReviewCorrection(review=review)


@dataclass(frozen=True, slots=True)
class Note:
    """One thing a person said of a review."""

    at: dt.datetime
    by: str
    words: str


def notes(review: Review) -> list[Note]:
    """What was said of it and taken back, newest first."""
    of_it = Q(after__review_id=review.pk) | Q(before__review_id=review.pk)
    found = Change.objects.filter(of_it, table=_TABLE).order_by("-id")[:MOST_NOTES]
    return [Note(row.changed_at, row.actor, _words(row.before or {}, row.after or {})) for row in found]


def _words(before: dict[str, object], after: dict[str, object]) -> str:
    said = []
    if before.get("label", "") != after.get("label", ""):
        tone = TONES.get(str(after.get("label")))
        said.append(f"said it sounds {tone.lower()}" if tone else "took the tone back")
    if before.get("is_spam") != after.get("is_spam"):
        words = {True: "said it is spam", False: "said it is not spam", None: "took back what was said of spam"}
        said.append(words[after.get("is_spam")])  # type: ignore[index]
    return " and ".join(said) or "said the same again"
