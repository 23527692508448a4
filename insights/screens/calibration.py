"""Whether what was promised came: said 80 %, was right n %."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.safestring import SafeString

from insights.charts import ledger
from insights.decisions import scoreboard
from insights.decisions.scoreboard import Calibration
from insights.screens.decisions import kind_of
from shop import formats

FEW = 20


@dataclass(frozen=True, slots=True)
class Screen:
    count: int
    sentence: str
    beside: str
    drawing: SafeString | str
    levels: list[tuple[str, str, str]]
    kinds: list[tuple[str, int, str, str]]


@transaction.atomic
def build() -> Screen:
    """One query, whatever was decided."""
    found = scoreboard.results()
    made = scoreboard.calibration(found)
    kinds = []
    for name in sorted({one.suggestion.kind for one in found}):
        of = scoreboard.calibration([one for one in found if one.suggestion.kind == name])
        if at := of.at_80:
            kinds.append((kind_of(name).word, of.count, _percent(at.was), _percent(at.at_best)))
    points = [(level.said, level.was, level.at_best) for level in made.levels]
    sentence = _sentence(made)
    return Screen(
        count=made.count,
        sentence=sentence,
        beside=_beside(made),
        drawing=ledger.calibration(points, sentence) if points else "",
        levels=[(_percent(said), _percent(was), _percent(at_best)) for said, was, at_best in points],
        kinds=kinds,
    )


def _percent(share: float) -> str:
    return f"{round(100 * share)}%"


def _sentence(made: Calibration) -> str:
    at = made.at_80
    if at is None:
        return ""
    few = " That is too few to judge by yet." if made.count < FEW else ""
    number = formats.number(made.count)
    return f"Said 80%, was right {_percent(at.was)}, of {number} pieces of advice followed.{few}"


def _beside(made: Calibration) -> str:
    at = made.at_80
    if at is None:
        return ""
    return (
        f"Measuring is rough itself, so even a perfect adviser would have come to about {_percent(at.at_best)}. "
        "Below that, the ranges were too narrow; above it, wider than they had to be."
    )
