"""A review as pages show it: how it sounds and who says so, what it is about, and what was answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from customers.models import Review
from insights.models import Aspect, ReviewAspect, ReviewCorrection, ReviewReading, ReviewReply
from insights.reviews import finding
from insights.reviews.finding import LABELS
from insights.reviews.standing import DISPLEASED, PLEASED, standing
from inventory.models import Product, Supplier
from shop.roles import Can, may

LONG = 500
CHIPS = {PLEASED: "ok", DISPLEASED: "bad"}
READERS = {"gemini": "Gemini", "openai": "a connected model"}
SURE, FAIRLY = Decimal("0.85"), Decimal("0.65")
LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "th": "Thai",
    "tr": "Turkish",
    "zh": "Chinese",
}
WITH = ("readings__product", "readings__supplier", "corrections", "replies", "aspects")


@dataclass(frozen=True, slots=True)
class Spoken:
    """An aspect a review speaks of, and how."""

    name: str
    chip: str
    words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One review, for a role; `author` is empty for roles that may not see customers by name."""

    review: Any
    reading: ReviewReading | None
    correction: ReviewCorrection | None
    reply: ReviewReply | None
    aspects: list[Spoken]
    author: str
    beginning: str
    rest: str
    waits: bool
    may_decide: bool

    @property
    def words(self) -> str:
        return LABELS[self.review.tone or "unread"]

    @property
    def chip(self) -> str:
        return CHIPS.get(self.review.tone, "")

    @property
    def is_corrected(self) -> bool:
        """Whether a person said the tone."""
        return bool(self.correction and self.correction.label)

    @property
    def spam_is_said(self) -> bool:
        """Whether a person said that it is spam, or is none."""
        return self.correction is not None and self.correction.is_spam is not None

    @property
    def sure(self) -> str:
        """How sure the reading is, in a word."""
        if self.reading is None or self.is_corrected or self.reading.confidence is None:
            return ""
        return sureness(self.reading.confidence)

    @property
    def language(self) -> str:
        """For the text's `lang`."""
        return self.reading.language if self.reading else ""

    @property
    def language_name(self) -> str:
        return LANGUAGES.get(self.language, self.language)

    @property
    def product(self) -> Product | None:
        return self.review.product or (self.reading.product if self.reading else None)

    @property
    def is_named(self) -> bool:
        """Whether the product is only named in the text."""
        return self.review.product is None and self.product is not None

    @property
    def supplier(self) -> Supplier | None:
        return self.reading.supplier if self.reading else None


def sureness(confidence: Decimal) -> str:
    return "sure" if confidence >= SURE else "fairly sure" if confidence >= FAIRLY else "unsure"


def reader(reading: ReviewReading) -> str:
    """Who read it, as a badge says it."""
    return READERS.get(reading.provider, "this machine")


def entries(found: Any, role: str, today: dt.date) -> list[Entry]:
    """Reviews as `standing` gives them; the same few queries however many."""
    rows = found.select_related("product", "branch").prefetch_related(*WITH)
    return [_entry(review, role, today) for review in rows]


def entry(pk: int, role: str, today: dt.date) -> Entry | None:
    """One review of the chosen shop, or None."""
    return next(iter(entries(standing(Review.objects.filter(pk=pk)), role, today)), None)


def _entry(review: Any, role: str, today: dt.date) -> Entry:
    text = review.text
    cut = len(text) if len(text) <= LONG else text.rfind(" ", 0, LONG) + 1 or LONG
    return Entry(
        review=review,
        reading=_only(review.readings.all()),
        correction=_only(review.corrections.all()),
        reply=_only(review.replies.all()),
        aspects=[spoken(one) for one in review.aspects.all()],
        author=review.author if may(role, Can.SEE_CUSTOMERS) else "",
        beginning=text[:cut],
        rest=text[cut:],
        waits=_waits(review, today),
        may_decide=may(role, Can.DECIDE),
    )


def spoken(row: ReviewAspect) -> Spoken:
    chip, words = (
        ("ok", "well spoken of") if row.score > 0 else ("bad", "badly spoken of") if row.score < 0 else ("", "")
    )
    return Spoken(Aspect(row.aspect).label, chip, words)


def _waits(review: Any, today: dt.date) -> bool:
    """The same as `finding.waiting` asks the database."""
    if review.is_spam or review.tone != DISPLEASED or review.written_on is None:
        return False
    return review.answer not in finding.ANSWERED and 0 <= (today - review.written_on).days < finding.WAITS_DAYS


def _only(rows: Iterable[Any]) -> Any:
    return next(iter(rows), None)
