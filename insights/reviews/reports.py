"""What reviews come to. Every number leaves out what is taken for spam, and counts a review as it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, FloatField, Q, Sum
from django.db.models.functions import TruncMonth, TruncWeek

from insights.models import Aspect, ReviewReply, ReviewTheme
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
    """Each aspect spoken of, the most often first; with the branch that does worst, where there are several.

    Takes reviews not narrowed to an aspect, else only that one is told.
    """
    found = _by_aspect(now)
    earlier = _by_aspect(before) if before is not None else {}
    rows = []
    for name, at in found.items():
        whole, then = _Scores.of(at.values()), _Scores.of(earlier[name].values()) if name in earlier else None
        worst = _worst(at)
        rows.append(
            AspectRow(
                aspect=Aspect(name),
                reviews=whole.many,
                bad=whole.bad,
                score=whole.mean,
                change=whole.mean - then.mean if then else None,
                meaning=chance.of_means(whole.as_sample, then.as_sample) if then else "",
                worst=worst[0] if worst else "",
                worst_score=worst[1] if worst else None,
            )
        )
    return sorted(rows, key=lambda row: (-row.reviews, row.aspect.value))


@dataclass(frozen=True, slots=True)
class _Scores:
    many: int
    bad: int
    total: float
    squares: float

    @classmethod
    def of(cls, parts: Iterable[_Scores]) -> _Scores:
        whole = list(parts)
        return cls(*(sum(getattr(one, name) for one in whole) for name in ("many", "bad", "total", "squares")))

    @property
    def mean(self) -> float:
        return self.total / self.many

    @property
    def as_sample(self) -> tuple[float, float, int]:
        """Mean, variance and count, as `chance` takes them."""
        return self.mean, max(0.0, self.squares / self.many - self.mean**2), self.many


def _by_aspect(found: Any) -> dict[str, dict[str, _Scores]]:
    """By aspect and branch ("" for none). One query."""
    score = F("aspects__score")
    rows = (
        found.filter(is_spam=False)
        .order_by()
        .values_list("aspects__aspect", "branch__name")
        .annotate(
            many=Count("pk"),
            bad=Count("pk", filter=Q(aspects__score__lt=0)),
            total=Sum(score),
            squares=Sum(score * score, output_field=FloatField()),
        )
    )
    by: dict[str, dict[str, _Scores]] = {}
    for name, branch, many, bad, total, squares in rows:
        if name is None:  # reviews that speak of none
            continue
        by.setdefault(name, {})[branch or ""] = _Scores(many, bad, float(total), float(squares))
    return by


def _worst(at: dict[str, _Scores]) -> tuple[str, float] | None:
    """The branch spoken worst of, where two or more are spoken of often enough to compare."""
    means = [(scores.mean, branch) for branch, scores in at.items() if branch and scores.many >= LEAST_AT_BRANCH]
    return (min(means)[1], min(means)[0]) if len(means) > 1 else None


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
