"""The computed facts of all reviews read, as they stand: counts, weeks, the last four weeks, products, what changed.

What is taken for spam is counted by itself and in nothing else.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insights.analyses.sentiment.trends import Complaints, trends
from insights.models import Aspect

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

WEEKS = 26
LATELY = 28
MOST_NAMED, LEAST_REVIEWS, NAMED_DAYS = 5, 3, 182
SURE = 1.64  # a change so many standard errors wide comes by chance once in ten times


@dataclass(frozen=True, slots=True)
class Readings:
    """Every review read, an entry each; product or branch 0 is none, day 0 is not known; label -1, 0 or 1.

    `complains` and `speaks` tell by aspect whether a review speaks badly of it, or speaks of it.
    """

    product: Ints
    branch: Ints
    day: Ints
    label: Ints
    score: Floats
    by_model: Bools
    spam: Bools
    complains: Mapping[Aspect, Bools]
    speaks: Mapping[Aspect, Bools]

    def counted(self) -> Readings:
        """Without what is taken for spam."""
        real = ~self.spam
        columns = (self.product, self.branch, self.day, self.label, self.score, self.by_model, self.spam)
        by_aspect = [{aspect: of[real] for aspect, of in one.items()} for one in (self.complains, self.speaks)]
        return Readings(*(column[real] for column in columns), *by_aspect)  # type: ignore[arg-type]


def facts(whole: Readings, as_of: dt.date, products: dict[int, str], branches: dict[int, str]) -> dict[str, Any]:
    last = as_of.toordinal()
    found = whole.counted()
    lately = _counts(found, _between(found, last - LATELY + 1, last))
    before = _counts(found, _between(found, last - 2 * LATELY + 1, last - LATELY))
    return {
        **_counts(found, np.ones(found.day.size, dtype=bool)),
        "spam": int(whole.spam.sum()),
        "by_model": int(found.by_model.sum()),
        "lately": lately,
        "before": before,
        "is_change": _is_change(lately, before),
        "weeks": _weeks(found, as_of),
        "products": _products(found, _between(found, last - NAMED_DAYS + 1, last), products),
        "aspects": _aspects(found, _between(found, last - NAMED_DAYS + 1, last)),
        "trends": trends(Complaints(found.day, found.branch, found.label < 0, found.complains), last, branches),
    }


def _aspects(found: Readings, of: Bools) -> list[dict[str, Any]]:
    """How often each aspect was spoken of in half a year, and how often badly; the most often first."""
    rows = [
        {"aspect": str(aspect), "reviews": int((speaks & of).sum()), "bad": int((found.complains[aspect] & of).sum())}
        for aspect, speaks in found.speaks.items()
    ]
    return sorted((row for row in rows if row["reviews"]), key=lambda row: (-int(str(row["reviews"])), row["aspect"]))


def _between(found: Readings, first: int, last: int) -> Bools:
    return np.asarray((found.day >= first) & (found.day <= last))


def _counts(found: Readings, of: Bools) -> dict[str, Any]:
    label = found.label[of]
    return {
        "reviews": int(of.sum()),
        "positive": int((label > 0).sum()),
        "neutral": int((label == 0).sum()),
        "negative": int((label < 0).sum()),
        "mean": round(float(found.score[of].mean()), 3) if of.any() else None,
    }


def _is_change(lately: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether the share of negative ones changed by more than chance explains."""
    now, then = lately["reviews"], before["reviews"]
    if not now or not then:
        return False
    pooled = (lately["negative"] + before["negative"]) / (now + then)
    error = math.sqrt(pooled * (1 - pooled) * (1 / now + 1 / then))
    return error > 0 and abs(lately["negative"] / now - before["negative"] / then) > SURE * error


def _weeks(found: Readings, as_of: dt.date) -> list[dict[str, Any]]:
    """The last whole and begun weeks, oldest first."""
    monday = as_of - dt.timedelta(days=as_of.weekday())
    weeks = []
    for back in range(WEEKS - 1, -1, -1):
        first = monday - dt.timedelta(weeks=back)
        week = _counts(found, _between(found, first.toordinal(), first.toordinal() + 6))
        weeks.append({"monday": first.isoformat(), **week})
    return weeks


def _products(found: Readings, of: Bools, names: dict[int, str]) -> list[dict[str, Any]]:
    """The products most often spoken badly of in half a year, worst first."""
    rows = []
    for product in np.unique(found.product[of & (found.product > 0)]).tolist():
        counts = _counts(found, of & (found.product == product))
        if counts["reviews"] >= LEAST_REVIEWS and counts["negative"]:
            rows.append({"product": product, "name": names.get(product, ""), **counts})
    rows.sort(key=lambda row: (-row["negative"] / (row["reviews"] + 2), row["product"]))
    return rows[:MOST_NAMED]
