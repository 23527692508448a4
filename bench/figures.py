"""Timing two things against each other in one run, and printing the outcome."""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any


class NotMeasured(Exception):
    """Something that a measurement needs is not there, said in words."""


def say(figure: str, value: float, floor: float | None = None, **more: Any) -> None:
    """One JSON line: what was measured, what it is compared with, and their ratio."""
    ratio = round(value / floor, 3) if floor else None
    print(
        json.dumps(
            {"figure": figure, "value": round(value, 4), "floor": floor and round(floor, 4), "ratio": ratio, **more}
        )
    )


def milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def side_by_side(one: Callable[[], Any], other: Callable[[], Any], *, rounds: int) -> tuple[float, float]:
    """The median of each in milliseconds, taken in turns so that a busy moment of the machine hits both."""
    one(), other()
    pairs = [(milliseconds(one), milliseconds(other)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
