"""Which complaints grew or fell lately, by branch and aspect, and whether by more than chance over all asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insights.models import Aspect
from insights.reviews.chance import LEAST, fisher

LATELY, BEFORE = 28, 84  # days
SURE, MOST = 0.05, 6

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Complaints:
    """An entry a review that counts: its day, its branch (0: none), and whether it is displeased; `of` by aspect."""

    day: NDArray[np.int64]
    branch: NDArray[np.int64]
    displeased: Bools
    of: Mapping[Aspect, Bools]


def trends(found: Complaints, last: int, branches: Mapping[int, str]) -> list[dict[str, Any]]:
    """What changed, the surest first: the last four weeks against the twelve before.

    Each branch and the whole shop is asked about displeased reviews and about complaints of each aspect. Being asked so
    often, chance would answer some: only what holds for all questions together (Holm) is called a change.
    """
    now = (found.day > last - LATELY) & (found.day <= last)
    then = (found.day > last - LATELY - BEFORE) & (found.day <= last - LATELY)
    rows = []
    places = sorted(branches.items()) if len(branches) > 1 else []
    for branch, name in [(0, ""), *places]:
        here = np.ones(found.day.size, dtype=bool) if branch == 0 else found.branch == branch
        for aspect, bad in [("", found.displeased), *found.of.items()]:
            row = _row(here & now, here & then, bad)
            if row:
                rows.append({"branch": branch, "branch_name": name, "aspect": str(aspect), **row})
    _hold(rows)
    return sorted(rows, key=lambda row: (not row["is_change"], row["chance"]))[:MOST]


def _row(now: Bools, then: Bools, bad: Bools) -> dict[str, Any] | None:
    """None where there are too few reviews, or no complaint at all."""
    many, before = int(now.sum()), int(then.sum())
    bad_now, bad_before = int((now & bad).sum()), int((then & bad).sum())
    if min(many, before) < LEAST or bad_now + bad_before == 0:
        return None
    return {
        "lately": {"reviews": many, "bad": bad_now},
        "before": {"reviews": before, "bad": bad_before},
        "grew": bad_now * before > bad_before * many,
        "chance": fisher(bad_now, many - bad_now, bad_before, before - bad_before),
    }


def _hold(rows: Sequence[dict[str, Any]]) -> None:
    """Holm: the surest must hold against all questions, the next against one fewer, until one does not."""
    holds = True
    for place, row in enumerate(sorted(rows, key=lambda row: row["chance"])):
        holds = holds and row["chance"] * (len(rows) - place) <= SURE
        row["is_change"] = holds


def sentence(row: Mapping[str, Any]) -> str:
    """A change in words; its figures are those of the row."""
    place = f" at {row['branch_name']}" if row["branch_name"] else ""
    what = f"Complaints of {Aspect(row['aspect']).label.lower()}" if row["aspect"] else "Displeased reviews"
    lately, before = row["lately"], row["before"]
    went = "grew" if row["grew"] else "fell"
    return (
        f"{what}{place} {went}: {lately['bad']:,} of {lately['reviews']:,} in the last four"
        f" weeks, after {before['bad']:,} of {before['reviews']:,} in the twelve before, more than chance explains."
    )


def lately_and_before(days: Sequence[int], last: int) -> tuple[int, int]:
    """How many of the days lie in the last four weeks, and in the four before."""
    found = np.array(days, dtype=np.int64)
    lately = (found > last - LATELY) & (found <= last)
    before = (found > last - 2 * LATELY) & (found <= last - LATELY)
    return int(lately.sum()), int(before.sum())


def holds(counts: Sequence[tuple[int, int, int, int]]) -> list[bool]:
    """Which shares changed by more than chance over all of them: each is (now, of now, before, of before)."""
    rows: list[dict[str, Any]] = []
    for now, of_now, then, of_then in counts:
        enough = min(of_now, of_then) >= LEAST
        rows.append({"chance": fisher(now, of_now - now, then, of_then - then) if enough else 1.0})
    _hold(rows)
    return [row["is_change"] for row in rows]
