"""Drafts of replies to displeased customers whom nobody has answered: suggestions for people to word and approve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customers.models import Review
from insights.decisions.drafts import Draft
from insights.models import Aspect, ReviewReply
from insights.providers import gateway
from insights.reviews import drafting
from insights.reviews.drafting import Drafted
from insights.reviews.finding import WAITS_DAYS
from insights.reviews.replying import KIND as KIND
from insights.reviews.replying import key_of

MOST = 10
LONGEST_TITLE, LONGEST_QUOTE = 60, 300


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A displeased review as it stands. `is_plain` tells that its text may be shown to a model."""

    id: int
    day: int
    score: float
    language: str
    aspects: Mapping[Aspect, float]
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """A draft for a review, and what it is made from."""

    review: Any
    about: Unanswered
    drafted: Drafted


def draft(found: Sequence[Unanswered], as_of: dt.date, shop_name: str, run_key: str) -> list[Answer]:
    """Drafts for the newest that nobody answers yet; the shop's models are asked, else the words are our own."""
    last = as_of.toordinal()
    recent = [one for one in found if last - WAITS_DAYS < one.day <= last]
    answered = set(
        ReviewReply.objects.filter(review__in=[one.id for one in recent]).values_list("review_id", flat=True)
    )
    waiting = sorted((one for one in recent if one.id not in answered), key=lambda one: (-one.day, -one.id))[:MOST]
    reviews = Review.objects.select_related("branch", "product").in_bulk([one.id for one in waiting])
    answers, models = [], True
    for one in waiting:
        if one.id in reviews:
            drafted, models = _words(reviews[one.id], one, shop_name, run_key, models=models)
            answers.append(Answer(reviews[one.id], one, drafted))
    return answers


def _words(review: Any, about: Unanswered, shop_name: str, run_key: str, *, models: bool) -> tuple[Drafted, bool]:
    """The draft, and whether it is worth asking models on: after one without an answer it is not."""
    bad = sorted((one for one, score in about.aspects.items() if score < 0), key=lambda one: about.aspects[one])
    good = [one for one, score in about.aspects.items() if score > 0]
    heard = drafting.Heard("negative", about.language, good, bad)
    if not models or not about.is_plain:
        return Drafted(drafting.plain(heard, shop_name)), models
    said = gateway.ask(drafting.question(review, heard, shop_name), run_key=run_key)
    text = drafting.kept(said.data, shop_name)
    if text:
        return Drafted(text, said.provider, said.model, drafting.PROMPT_VERSION), True
    why = said.why_local if said.data is None else "The model's draft could not be used."
    return Drafted(drafting.plain(heard, shop_name), why_local=why), said.data is not None


def suggestions(answers: Sequence[Answer]) -> list[Draft]:
    """The decisions to offer. They hold no name: who wrote stays with the review."""
    return [_suggestion(one) for one in answers]


def _suggestion(answer: Answer) -> Draft:
    review, drafted = answer.review, answer.drafted
    about = [aspect.label.lower() for aspect, score in answer.about.aspects.items() if score < 0]
    subject = review.product.name if review.product else review.branch.name if review.branch else "the shop"
    of = f" about {' and '.join(about[:2])}" if about else ""
    return Draft(
        kind=KIND,
        key=key_of(review.pk),
        title=f"Answer a complaint{of}: {subject[:LONGEST_TITLE]}",
        why="A customer sounds displeased and nobody has answered.",
        evidence={
            "review": review.pk,
            "quote": " ".join(review.text.split())[:LONGEST_QUOTE],
            "written_on": review.written_on.isoformat() if review.written_on else "",
            "score": answer.about.score,
            "aspects": {str(aspect): score for aspect, score in answer.about.aspects.items()},
            "draft": drafted.text,
            "provider": drafted.provider,
            "model": drafted.model,
            "prompt_version": drafted.prompt_version,
            "why_local": drafted.why_local,
        },
        branch=review.branch_id,
        product=review.product_id,
    )
