"""The nightly measuring of decisions. What is measured once stands; what could not be is tried again for a while."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from insights.analyses.protocol import Analysis, Asked, Figure, Tick
from insights.decisions.outcomes_compute import BEFORE, EARLIER
from insights.decisions.outcomes_measure import Due, due, measure
from insights.decisions.outcomes_plan import plans
from insights.decisions.outcomes_reading import Book, read
from insights.models import Outcome, Run, Suggestion
from shop.periods import Period

if TYPE_CHECKING:
    from insights.providers.gateway import Said

LOOKS_BACK = dt.timedelta(days=200)  # older decisions are let be
TRIED_FOR = dt.timedelta(days=35)  # after its last day, what could not be measured is tried again
State, Verdict = Suggestion.State, Outcome.Verdict
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Inputs:
    """The windows to measure and the shop's days; no book where there is nothing to measure."""

    wanted: list[Due]
    book: Book | None


class Outcomes(Analysis):
    name = "outcomes"
    title = "What decisions did"
    version = "outcomes 1"

    def inputs(self, asked: Asked) -> Inputs:
        decided = Suggestion.objects.filter(
            state__in=[State.ACCEPTED, State.DISMISSED],
            decided_at__gt=_midnight(asked.as_of) - LOOKS_BACK,
            decided_at__lte=timezone.now(),
        )
        every = list(decided.defer("evidence", "why").order_by("id"))
        standing = _standing(every, asked.as_of)
        wanted = [
            one
            for plan in plans(every, asked.shop)
            for one in due(plan, asked.as_of)
            if standing.get((one.plan.suggestion.pk, one.days)) != one.first
        ]
        needs = [one for one in wanted if not one.plan.why_not]
        return Inputs(wanted, _book(asked, needs) if needs else None)

    def inputs_hash(self, inputs: Inputs) -> str:
        said = [(one.plan.suggestion.pk, one.days, one.first, one.plan.act) for one in inputs.wanted]
        made = hashlib.sha256(repr(said).encode())
        for grid in inputs.book.by_branch.values() if inputs.book else ():
            made.update(grid.data)
        return made.hexdigest()

    def compute(self, inputs: Inputs, tick: Tick) -> list[Outcome]:
        if inputs.book is None:
            empty = Book(dt.date.min, 0, {}, {}, {}, {}, {}, {}, {}, None, [], {})  # type: ignore[arg-type]
            return list(measure(inputs.wanted, empty, tick))
        return list(measure(inputs.wanted, inputs.book, tick))

    def findings(self, result: list[Outcome]) -> dict[str, Any]:
        by = {verdict: sum(one.verdict == verdict for one in result) for verdict in Verdict.values}
        return {"windows": len(result), "decisions": len({one.suggestion_id for one in result}), **by}

    def words(self, findings: dict[str, Any], said: Said | None) -> list[str]:
        if not findings["windows"]:
            return ["No decision came of age to be measured."]
        measured = findings["windows"] - findings["unmeasured"]
        return [
            f"Looked at {_many(findings['decisions'], 'decision')} after 7, 14 or 28 days: {_many(measured, 'result')} "
            f"could be measured, {findings['unmeasured']} could not.",
            f"{findings['earned']} earned, {findings['cost']} cost, and of {findings['unclear']} one cannot tell.",
        ]

    def scores(self, result: list[Outcome]) -> dict[str, Any]:
        known = [one.effect for one in result if one.effect is not None]
        return {"measured": len(known), "effect": float(sum(known, Decimal(0)))}

    def series(self, result: list[Outcome]) -> int:
        return len(result)

    def figures(self, findings: dict[str, Any]) -> list[Figure]:
        names = {"windows": "Looked at", "earned": "Earned", "cost": "Cost", "unclear": "Could not tell"}
        return [Figure(label, findings.get(name)) for name, label in names.items()]

    def store(self, run: Run, result: list[Outcome]) -> None:
        """Takes the place of what stood for the same decision and days."""
        Outcome.objects.bulk_create(
            [one.stamp_shop() for one in result],
            batch_size=_AT_ONCE,
            update_conflicts=True,
            unique_fields=["shop", "suggestion", "days"],
            update_fields=_FIELDS,
        )
        Outcome.objects.exclude(suggestion__state__in=[State.ACCEPTED, State.DISMISSED]).delete()


_FIELDS = [
    "first_date", "last_date", "act", "metric", "predicted", "predicted_low", "predicted_high", "effect", "effect_low",
    "effect_high", "verdict", "method", "measured_at",
]  # fmt: skip


def _standing(decided: list[Suggestion], as_of: dt.date) -> dict[tuple[int, int], dt.date]:
    """The outcomes that are final, by suggestion and days, with their first day."""
    rows = Outcome.objects.filter(suggestion__in=[one.pk for one in decided]).values_list(
        "suggestion_id", "days", "first_date", "last_date", "verdict"
    )
    return {
        (suggestion, days): first
        for suggestion, days, first, last, verdict in rows
        if verdict != Verdict.UNMEASURED or last + TRIED_FOR < as_of
    }


def _book(asked: Asked, needs: list[Due]) -> Book:
    first = min(one.first for one in needs) - dt.timedelta(days=BEFORE + max(EARLIER))
    goods = {one.plan.suggestion.product_id for one in needs if one.plan.suggestion.product_id}
    return read(asked.shop, Period(first, asked.as_of), goods)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
