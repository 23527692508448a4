"""What becomes of analyses and advice when a product turns out to be another one: results of a run stay with the run,
advice nobody has answered yet is given up."""

from __future__ import annotations

from typing import Any

from insights.models import (
    CrossEffect,
    Elasticity,
    ForecastSeries,
    PriceAdvice,
    ReviewReading,
    SearchEntry,
    Suggestion,
)
from inventory.merging.links import Part, Work, moves, part, stays

_OF_A_RUN = "They are the results of a run; the next one knows one product."


def declare() -> None:
    moves(ReviewReading, "product", "readings of reviews")
    stays(Suggestion, "product", "suggestions", "What was decided stays as it was; open ones are given up.")
    stays(SearchEntry, "product", "search entries", "It is not found any more.")
    for model, field in ((ForecastSeries, "product"), (Elasticity, "product"), (PriceAdvice, "product")):
        stays(model, field, "results of analyses", _OF_A_RUN)
    for field in ("product", "other"):
        stays(CrossEffect, field, "results of analyses", _OF_A_RUN)
    part(Part("suggestions", _give_up_advice, _take_up_advice))


def _give_up_advice(work: Work) -> list[int]:
    rows = Suggestion.objects.filter(product=work.gone, state=Suggestion.State.OPEN)
    ids = sorted(rows.values_list("pk", flat=True))
    rows.update(state=Suggestion.State.EXPIRED)
    return ids


def _take_up_advice(work: Work, ids: Any) -> None:
    """Unless the same was suggested anew meanwhile."""
    rows = Suggestion.objects.filter(pk__in=ids, state=Suggestion.State.EXPIRED)
    open_now = Suggestion.objects.filter(state=Suggestion.State.OPEN).values("key")
    rows.exclude(key__in=open_now).update(state=Suggestion.State.OPEN)
