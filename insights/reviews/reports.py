"""What reviews come to. Every number leaves out what is taken for spam, and counts a review as it stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Q, Variance
from django.db.models.functions import TruncMonth, TruncWeek

from insights.models import Aspect, ReviewAspect, ReviewReply, ReviewTheme
from insights.reviews import chance, finding
from insights.reviews.standing import DISPLEASED, NEITHER, PLEASED

LEAST_AT_BRANCH = 3


@dataclass(frozen=True, slots=True)
class Totals:
    """`mean` is of those read, -1 to 1; `replied` and `to_answer` count displeased ones alone."""

    reviews: int
    pleased: int
    neither: int
    displeased: int
    mean: Decimal | None
    replied: int
    waiting: int
    spam: int

    @property
    def read(self) -> int:
        return self.pleased + self.neither + self.displeased

    @property
    def unread(self) -> int:
        return self.reviews - self.read

    def share(self, of: int) -> Decimal | None:
        """A share of those read; None where none was."""
        return Decimal(of) / self.read if self.read else None


def totals(found: Any, today: dt.date) -> Totals:
    """One query over reviews as `finding.within` gives them."""
    real = Q(is_spam=False)
    answered = Q(answer=ReviewReply.State.REPLIED)
    return Totals(
        **found.order_by().aggregate(
            reviews=Count("pk", filter=real),
            pleased=Count("pk", filter=real & Q(tone=PLEASED)),
            neither=Count("pk", filter=real & Q(tone=NEITHER)),
            displeased=Count("pk", filter=real & Q(tone=DISPLEASED)),
            mean=Avg("tone_score", filter=real),
            replied=Count("pk", filter=real & Q(tone=DISPLEASED) & answered),
            waiting=Count("pk", filter=finding.waiting(today)),
            spam=Count("pk", filter=Q(is_spam=True)),
        )
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A week or a month, by its first day."""

    first: dt.date
    pleased: int
    displeased: int
    read: int


def steps(found: Any, *, by_week: bool, until: dt.date) -> list[Step]:
    """Every week or month from the first with a review on, also those with none. One query."""
    step = TruncWeek("written_on") if by_week else TruncMonth("written_on")
    dated = found.filter(is_spam=False).exclude(written_on=None).order_by().annotate(step=step).values("step")
    counted = dated.annotate(
        good=Count("pk", filter=Q(tone=PLEASED)),
        bad=Count("pk", filter=Q(tone=DISPLEASED)),
        read=Count("pk", filter=~Q(tone="")),
    )
    rows = {row["step"]: row for row in counted}
    if not rows:
        return []
    made, first, last = [], min(rows), max(*rows, until)
    while first <= last:
        row = rows.get(first, {"good": 0, "bad": 0, "read": 0})
        made.append(Step(first, row["good"], row["bad"], row["read"]))
        first = (
            first + dt.timedelta(days=7) if by_week else (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        )
    return made


@dataclass(frozen=True, slots=True)
class AspectRow:
    """How one aspect is spoken of; `change` against the time before, in words whether it means anything."""

    aspect: Aspect
    reviews: int
    bad: int
    score: float
    change: float | None
    meaning: str
    worst: str
    worst_score: float | None


def aspects(now: Any, before: Any | None) -> list[AspectRow]:
    """Each aspect spoken of, the most often first; with the branch that does worst, where there are several."""
    found = _by_aspect(now)
    earlier = _by_aspect(before) if before is not None else {}
    worst = _worst_branches(now)
    rows = []
    for name, (mean, spread, many, bad) in found.items():
        then = earlier.get(name)
        branch = worst.get(name)
        rows.append(
            AspectRow(
                aspect=Aspect(name),
                reviews=many,
                bad=bad,
                score=mean,
                change=mean - then[0] if then else None,
                meaning=chance.of_means((mean, spread, many), then[:3]) if then else "",
                worst=branch[0] if branch else "",
                worst_score=branch[1] if branch else None,
            )
        )
    return sorted(rows, key=lambda row: (-row.reviews, row.aspect.value))


def _of(found: Any) -> Any:
    return ReviewAspect.objects.filter(review__in=found.filter(is_spam=False).order_by().values("pk")).order_by()


def _by_aspect(found: Any) -> dict[str, tuple[float, float, int, int]]:
    rows = (
        _of(found)
        .values("aspect")
        .annotate(mean=Avg("score"), spread=Variance("score"), many=Count("pk"), bad=Count("pk", filter=Q(score__lt=0)))
    )
    return {row["aspect"]: (float(row["mean"]), float(row["spread"] or 0), row["many"], row["bad"]) for row in rows}


def _worst_branches(found: Any) -> dict[str, tuple[str, float]]:
    """By aspect the branch spoken worst of, where two or more are spoken of often enough to compare."""
    rows = _of(found).exclude(review__branch=None).values("aspect", "review__branch__name")
    at: dict[str, list[tuple[float, str]]] = {}
    for row in rows.annotate(many=Count("pk"), mean=Avg("score")):
        if row["many"] >= LEAST_AT_BRANCH:
            at.setdefault(row["aspect"], []).append((float(row["mean"]), row["review__branch__name"]))
    return {name: (min(means)[1], min(means)[0]) for name, means in at.items() if len(means) > 1}


@dataclass(frozen=True, slots=True)
class ThemeRow:
    theme: ReviewTheme
    meaning: str


def themes(most: int = 8) -> list[ThemeRow]:
    """What the last reading found many reviews to be about, the most first."""
    run = finding.latest_run()
    found = ReviewTheme.objects.filter(run=run).select_related("review")[:most] if run else []
    return [ThemeRow(theme, _lately(theme)) for theme in found]


def _lately(theme: ReviewTheme) -> str:
    """How it goes, in words."""
    now, before = theme.lately, theme.before
    if now == before == 0:
        return "None in the last four weeks."
    said = f"{now:,} in the last four weeks, {before:,} in the four before"
    if theme.is_change:
        return f"{said}: {chance.REAL}."
    return f"{said}: {chance.TOO_FEW if now + before < chance.LEAST else chance.BY_CHANCE}."
