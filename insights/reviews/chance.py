"""Whether a change is more than chance explains. Pure; every answer is also a phrase."""

from __future__ import annotations

import math
from collections.abc import Sequence

LEAST = 8  # fewer reviews than this on either side say nothing
SURE = 1.96  # so wide a difference comes by chance once in twenty times

TOO_FEW = "too few to tell"
BY_CHANCE = "no more than chance explains"
REAL = "more than chance explains"


def of_shares(now: int, of_now: int, before: int, of_before: int) -> str:
    """Whether a share changed: `now` of `of_now`, after `before` of `of_before`. By Fisher's exact test."""
    if min(of_now, of_before) < LEAST:
        return TOO_FEW
    return REAL if fisher(now, of_now - now, before, of_before - before) < 0.05 else BY_CHANCE


def of_means(now: tuple[float, float, int], before: tuple[float, float, int]) -> str:
    """Whether a mean changed; each side is its mean, variance and count."""
    if min(now[2], before[2]) < LEAST:
        return TOO_FEW
    error = math.sqrt(now[1] / now[2] + before[1] / before[2])
    return REAL if abs(now[0] - before[0]) > SURE * max(error, 1e-9) else BY_CHANCE


def of_trend(steps: Sequence[tuple[int, int]]) -> tuple[str, int]:
    """Whether a share rises or falls over the steps, each (how many, of how many), and which way (-1, 0, 1).

    By the test of Cochran and Armitage for a trend in shares.
    """
    whole, marked = sum(of for _, of in steps), sum(many for many, _ in steps)
    if whole < 3 * LEAST or sum(of > 0 for _, of in steps) < 4 or not 0 < marked < whole:
        return TOO_FEW, 0
    share = marked / whole
    middle = sum(place * of for place, (_, of) in enumerate(steps)) / whole
    lean = sum((place - middle) * (many - of * share) for place, (many, of) in enumerate(steps))
    spread = share * (1 - share) * sum(of * (place - middle) ** 2 for place, (_, of) in enumerate(steps))
    score = lean / math.sqrt(spread) if spread > 0 else 0.0
    return (REAL, 1 if score > 0 else -1) if abs(score) > SURE else (BY_CHANCE, 0)


def fisher(a: int, b: int, c: int, d: int) -> float:
    """The chance of a table at least as uneven as this one, its margins given."""
    first, marked, whole = a + b, a + c, a + b + c + d
    logs = [
        _log_choose(marked, x) + _log_choose(whole - marked, first - x) - _log_choose(whole, first)
        for x in range(max(0, first + marked - whole), min(first, marked) + 1)
    ]
    seen = logs[a - max(0, first + marked - whole)]
    return min(1.0, sum(math.exp(log) for log in logs if log <= seen + 1e-9))


def _log_choose(of: int, many: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(many + 1) - math.lgamma(of - many + 1)
