"""Writes what a run read: one reading a review, its aspects, and the themes in place of those before."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils import timezone

from customers.models import Review
from insights.analyses.sentiment import tone
from insights.analyses.sentiment.hearing import Result
from insights.analyses.sentiment.reading import Written
from insights.analyses.sentiment.trends import holds, lately_and_before
from insights.models import ReviewAspect, ReviewReading, ReviewTheme, Run

HERE = ("local", tone.VERSION)
_ROWS_AT_ONCE = 1000
_FIELDS = (
    "run", "label", "score", "confidence", "language", "spam", "product", "supplier", "theme", "provider", "model",
    "text_hash", "read_at",
)  # fmt: skip


def store(run: Run, result: Result) -> None:
    """A review deleted meanwhile gets no reading. What a person said of a review is a row of its own and stays."""
    written = {one.id: one for one in result.read_now()}
    here = set(Review.objects.select_for_update().filter(pk__in=written).values_list("pk", flat=True))
    kept = [one for one in written.values() if one.id in here]
    ReviewReading.objects.bulk_create(
        [_reading(run, result, one) for one in kept],
        batch_size=_ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["shop", "review"],
        update_fields=list(_FIELDS),
    )
    ReviewAspect.objects.filter(review__in=here).delete()
    ReviewAspect.objects.bulk_create(_aspects(result, kept), batch_size=_ROWS_AT_ONCE)
    _store_themes(run, result)


def _reading(run: Run, result: Result, one: Written) -> ReviewReading:
    heard = result.heard[one.id]
    provider, model = result.by.get(one.id, HERE)
    return ReviewReading(
        run=run,
        review_id=one.id,
        label=heard.label,
        score=_decimal(heard.score),
        confidence=_decimal(heard.confidence),
        language=heard.language,
        spam=result.spam.get(one.id, ""),
        product_id=result.product.get(one.id),
        supplier_id=result.supplier.get(one.id),
        theme=None,
        provider=provider,
        model=model[:80],
        text_hash=one.text_hash,
        read_at=timezone.now(),
    )


def _aspects(result: Result, kept: Iterable[Written]) -> list[ReviewAspect]:
    return [
        ReviewAspect(review_id=one.id, aspect=aspect, score=_decimal(score))
        for one in kept
        for aspect, score in sorted(result.heard[one.id].aspects.items())
    ]


def _store_themes(run: Run, result: Result) -> None:
    ReviewTheme.objects.all().delete()
    days = result.days()
    last = result.inputs.as_of.toordinal()
    counts = [lately_and_before([days[id] for id in theme.reviews], last) for theme in result.themes]
    whole = lately_and_before(list(days.values()), last)
    sure = holds([(now, whole[0], then, whole[1]) for now, then in counts])
    for theme, (now, then), is_change in zip(result.themes, counts, sure, strict=True):
        row = ReviewTheme.objects.create(
            run=run,
            name=theme.name[:120],
            terms=list(theme.terms),
            review=Review.objects.filter(pk=theme.speaks_for_it).first(),
            reviews=len(theme.reviews),
            mean_score=round(theme.mean, 3),
            lately=now,
            before=then,
            is_change=is_change,
        )
        ReviewReading.objects.filter(review__in=theme.reviews).update(theme=row)


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 3)))
