"""An owner's sentence, read without any model: which days, what happens, and what it usually does to sales."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from insights.calendar import effects
from insights.calendar.dates import find_days

LONGEST_SENTENCE = 300
LONGEST_NAME = 120
MONTH_FIRST = {"US"}
_QUESTION = re.compile(r"^\s*(?:what|why|how|who|which|when|where|should|can|could|is there|do we|did)\b|\?\s*$", re.I)
_FILLER = re.compile(
    r"^(?:there(?:'s| is| will be| are)|we(?:'re| are| will be| have)|expect|a|an|the|big|so|and|is|on|it'?s)\s+", re.I
)
_LOOSE = re.compile(
    r"(?:\s|^)(?:on|from|until|till|to|at|in|for|by|all|is|are|and|the|of|starts?|begins?|coming|this|next|around|,|;|-|–)$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A dated event for a person to approve. Changes are shares; empty is not known."""

    name: str
    first: dt.date
    last: dt.date
    is_closed: bool
    effect: Decimal | None
    low: Decimal | None
    high: Decimal | None


def read(
    sentence: str, today: dt.date, *, country: str = "", named: Mapping[str, dt.date] | None = None
) -> Proposal | None:
    """What a sentence says will happen, or None where it names no day or asks a question. `named`: days by name."""
    text = " ".join(sentence.split())[:LONGEST_SENTENCE]
    if not text or _QUESTION.search(text):
        return None
    found = find_days(text, today, day_first=country not in MONTH_FIRST, named=named)
    if found is None or found.first < today:
        return None
    effect = effects.effect_of(text)
    name = _name(text, found.spans)
    return Proposal(name, found.first, found.last, effect.is_closed, effect.change, effect.low, effect.high)


def _name(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    """The sentence without its days; all of it where nothing else is said."""
    kept, place = [], 0
    for start, end in sorted(spans):
        if start >= place:
            kept.append(text[place:start])
            place = end
    kept.append(text[place:])
    pieces = [_trim(piece) for piece in kept]
    name = " ".join(piece for piece in pieces if piece)
    while (shorter := _FILLER.sub("", name)) != name:
        name = shorter
    name = _trim(name)
    name = name if len(name) >= 3 else text
    return (name[:1].upper() + name[1:])[:LONGEST_NAME]


def _trim(piece: str) -> str:
    piece = piece.strip(" ,;.-–")
    while (shorter := _LOOSE.sub("", piece).strip(" ,;.-–")) != piece:
        piece = shorter
    return piece
