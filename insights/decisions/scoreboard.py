"""What the decisions came to: one result each, added up by kind, by who worked the advice out, and by what was done.

A decision counts once, with its longest window that could be measured. Money is in the shop's currency.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist
from typing import Any

import numpy as np
from django.db.models import Case, IntegerField, Value, When

from insights.decisions.outcomes_compute import add_up
from insights.models import Outcome, Suggestion

SHARED = 0.05  # of the errors of results, that part is common to all: the same weeks, the same control
LEVELS = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SAID = 0.8
Z80 = 1.2815515655446004
MOST = 5000
Act, Verdict = Outcome.Act, Outcome.Verdict


@dataclass(frozen=True, slots=True)
class Total:
    """Money with its 80 % range, and of how many results."""

    count: int
    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Score:
    """How the decisions of one name did. `total` and `mean` are None where none was measured."""

    name: str
    decisions: int
    earned: int
    cost: int
    unclear: int
    unmeasured: int
    total: Total | None
    mean: Total | None
    advised: Decimal | None  # what the advice said the measured ones would earn

    @property
    def measured(self) -> int:
        return self.earned + self.cost + self.unclear

    @property
    def hit_share(self) -> float | None:
        """Of those one can tell about, how many earned."""
        clear = self.earned + self.cost
        return self.earned / clear if clear else None


@dataclass(frozen=True, slots=True)
class Level:
    """How often results lay in the range that was said to hold them so often; `at_best` is what a perfect adviser
    would have come to, as measuring is rough itself."""

    said: float
    was: float
    at_best: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of followed advice with a range. Empty levels: nothing measured yet."""

    count: int
    levels: list[Level]

    @property
    def at_80(self) -> Level | None:
        return next((level for level in self.levels if level.said == SAID), None)


def results(*, since: dt.date | None = None) -> list[Outcome]:
    """Each decision's one result, newest first, with its suggestion, product, branch and run; of those whose days
    ended `since` then, where given. One query."""
    known = Case(When(effect=None, then=Value(1)), default=Value(0), output_field=IntegerField())
    rows = Outcome.objects.select_related("suggestion__product", "suggestion__branch", "suggestion__run")
    rows = rows.filter(last_date__gte=since) if since else rows
    rows = rows.defer("suggestion__evidence", "suggestion__run__findings", "suggestion__run__sentences")
    found = list(rows.order_by("suggestion_id", known, "-days").distinct("suggestion_id")[:MOST])
    return sorted(found, key=lambda one: (one.last_date, one.suggestion_id), reverse=True)


def result_of(suggestion: Suggestion) -> list[Outcome]:
    """All windows of one decision, shortest first."""
    return list(Outcome.objects.filter(suggestion=suggestion).order_by("days"))


def this_month(found: Iterable[Outcome], today: dt.date) -> Total | None:
    """What advice that was taken came to, of the results whose days ended this month; None without any."""
    begun = today.replace(day=1)
    return total([one for one in found if one.last_date >= begun and one.act != Act.REFUSED])


def total(found: Iterable[Outcome]) -> Total | None:
    """The sum of what was measured; None where nothing was."""
    known = [one for one in found if one.effect is not None]
    if not known:
        return None
    effects, lows, highs = (
        np.array([float(getattr(one, name)) for one in known]) for name in ("effect", "effect_low", "effect_high")
    )
    value, low, high = (_money(part) for part in add_up(effects, lows, highs, SHARED))
    return Total(len(known), value, low, high)


def by(found: Sequence[Outcome], name: Callable[[Outcome], str]) -> list[Score]:
    """A score for each name, the one with most decisions first."""
    groups: dict[str, list[Outcome]] = {}
    for one in found:
        groups.setdefault(name(one), []).append(one)
    return sorted((_score(key, of) for key, of in groups.items()), key=lambda score: (-score.decisions, score.name))


def _score(name: str, of: list[Outcome]) -> Score:
    counts = {verdict: sum(one.verdict == verdict for one in of) for verdict in Verdict.values}
    whole = total(of)
    mean = _over(whole) if whole else None
    said = [one.predicted for one in of if one.predicted is not None and one.effect is not None]
    return Score(
        name, len(of), counts[Verdict.EARNED], counts[Verdict.COST], counts[Verdict.UNCLEAR],
        counts[Verdict.UNMEASURED], whole, mean, sum(said, Decimal(0)) if said else None,
    )  # fmt: skip


def _over(whole: Total) -> Total:
    return Total(whole.count, *(_money(float(part) / whole.count) for part in (whole.value, whole.low, whole.high)))


def calibration(found: Iterable[Outcome]) -> Calibration:
    """How often what was measured lay in the range that was said, at several widths of it."""
    used = [one for one in found if _tells(one)]
    if not used:
        return Calibration(0, [])
    return Calibration(len(used), [_level(used, said) for said in LEVELS])


def _tells(one: Any) -> bool:
    known = None not in (one.predicted, one.predicted_low, one.predicted_high, one.effect)
    return known and one.act == Act.FOLLOWED and one.predicted_high > one.predicted_low


def _level(used: list[Outcome], said: float) -> Level:
    times = _normal_at((1 + said) / 2) / Z80
    inside, at_best = 0, 0.0
    for one in used:
        middle, low, high, effect = (float(of or 0) for of in (
            one.predicted, one.predicted_low, one.predicted_high, one.effect
        ))  # fmt: skip
        inside += middle - times * (middle - low) <= effect <= middle + times * (high - middle)
        own = (high - low) / 2
        measuring = float((one.effect_high or 0) - (one.effect_low or 0)) / 2
        reach = times * Z80 * own / math.hypot(own, measuring) if own else 0.0
        at_best += math.erf(reach / math.sqrt(2))
    return Level(said, inside / len(used), at_best / len(used))


def _normal_at(share: float) -> float:
    """The normal quantile."""
    return NormalDist().inv_cdf(share)


def _money(value: float) -> Decimal:
    return Decimal(repr(round(value, 2))).quantize(Decimal("0.01"))
