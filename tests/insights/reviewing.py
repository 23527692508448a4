"""Reviews for tests: written, read, and about something."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone

from customers.models import Review
from insights.models import ReviewAspect, ReviewReading, Suggestion

SCORES = {"positive": Decimal("0.8"), "negative": Decimal("-0.8"), "neutral": Decimal(0)}


def write(
    code: str, label: str = "", *, days_ago: int = 2, read: dict[str, Any] | None = None, **fields: Any
) -> Review:
    """A review of the chosen shop; with a label it is read. `aspects` is {aspect: score}."""
    aspects = fields.pop("aspects", {})
    day = timezone.localdate() - dt.timedelta(days=days_ago)
    made: Review = Review.objects.create(code=code, **({"text": f"Words {code}", "written_on": day} | fields))
    if label:
        said = {"score": SCORES[label], "language": "en", "provider": "local", "text_hash": code, **(read or {})}
        ReviewReading.objects.create(review=made, label=label, **said)
    for aspect, score in aspects.items():
        ReviewAspect.objects.create(review=made, aspect=aspect, score=Decimal(str(score)))
    return made


def suggest_reply(review: Review, text: str = "We are sorry. Green Grocer") -> Suggestion:
    found: Suggestion = Suggestion.objects.create(
        kind="reply",
        key=f"reply:{review.pk}",
        title="Reply to a displeased review",
        evidence={"draft": text, "provider": "gemini", "model": "gemini-2.5-flash", "prompt_version": "reply-1"},
    )
    return found
