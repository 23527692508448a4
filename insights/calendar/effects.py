"""What kinds of days usually do to a grocer's sales: a small list of priors, each a share with an 80 % range.

They are first guesses for a person to approve or change, wide on purpose; what the shop then sells corrects them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Effect:
    """A change in sales as a share with its range. Empty: not known, the forecast learns it from days like it."""

    change: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    is_closed: bool = False


def _share(change: str, low: str, high: str) -> Effect:
    return Effect(Decimal(change), Decimal(low), Decimal(high))


SHUT = Effect(Decimal(-1), Decimal(-1), Decimal(-1), is_closed=True)
UNKNOWN = Effect()
BIG, SOME, LITTLE = _share("0.25", "0.05", "0.5"), _share("0.15", "0", "0.35"), _share("0.08", "-0.02", "0.2")
LESS, MUCH_LESS, PART_DAY = (
    _share("-0.12", "-0.3", "0"),
    _share("-0.3", "-0.6", "-0.05"),
    _share("-0.4", "-0.6", "-0.2"),
)

_OUR_SHOP = r"\b(?:we|we're|we'll|our shop|the shop|shop refit|stocktake|stock take|refit|fechado|fechada|cerrado)\b"
_CLOSES = r"\b(?:shut|shuts|shutting|closed?|closes|closing|fechad[oa]s?|cerrad[oa]s?|geschlossen|fermée?)\b"
_PART = r"\b(?:at noon|early|from noon|half day|half-day|at \d|after \d|until \d{1,2}(?::\d\d|\s*(?:am|pm|o'clock)))"
_PERCENT = re.compile(
    r"(\d{1,3})\s?(?:%|per\s?cent|percent)\s+(more|up|extra|better|busier|less|fewer|down|quieter)", re.I
)

# The first that fits is taken.
_RULES: list[tuple[str, Effect]] = [
    (rf"\b(?:competitor|rival|supermarket|lidl|aldi|tesco).*(?:{_CLOSES}|strike)", SOME),
    (r"\b(?:competitor|rival|supermarket|lidl|aldi|tesco)\b", LESS),
    (r"\b(?:school|schools|half.?term|exam|exams|bank holiday|public holiday|holidays?|train|trains)\b", UNKNOWN),
    (r"\b(?:road ?works?|dug up|water main|diversion|scaffold\w*|filming|no parking|obras)\b", LESS),
    (r"\b(?:power (?:cut|outage)|no power|flood\w*|storm|snow|ice|gale|lockdown)\b", MUCH_LESS),
    (r"\b(?:demonstration|protest|riot|evacuat\w+)\b", LESS),
    (r"\b(?:strike|greve|huelga|streik|grève)\b", UNKNOWN),
    (rf"\b(?:street|road|bridge|square|car park|parking|path|factory|office|offices|station|lane)\b.*{_CLOSES}", LESS),
    (r"\bblack friday|christmas|easter|mother'?s day|father'?s day|valentine|new year", SOME),
    (r"\b(?:festival|fair|fayre|carnival|parade|circus|fireworks|feira|festa|fiesta|fest|fête|fete)\b", BIG),
    (r"\b(?:concert|match|game|derby|cup final|football|rugby|cricket|jogo|partido|spiel|carol\w*)\b", SOME),
    (r"\b(?:market|open day|show|party|wedding|conference|switch.on|celebration|opening|mercado|markt|marché)\b", SOME),
    (
        r"\b(?:sale|car boot|jumble|pay ?day|students?|flats?|houses|coach|tourists?|cruise|diwali|eid|hanukkah)\b",
        LITTLE,
    ),
    (_CLOSES, LESS),
]


def effect_of(text: str) -> Effect:
    """What a sentence says or implies about sales."""
    said = _said(text)
    if said is not None:
        return said
    lower = text.lower()
    ours = re.search(_OUR_SHOP, lower) or re.match(_CLOSES, lower.strip())
    if ours and re.search(_CLOSES, lower):
        return PART_DAY if re.search(_PART, lower) else SHUT
    return next((effect for pattern, effect in _RULES if re.search(pattern, lower)), UNKNOWN)


def _said(text: str) -> Effect | None:
    """A number the person gave is believed, with room around it."""
    lower = text.lower()
    if found := _PERCENT.search(lower):
        more = found[2] in {"more", "up", "extra", "better", "busier"}
        change = Decimal(found[1]) / 100 * (1 if more else -1)
    elif re.search(r"\bhalf (?:the|our|of the) usual|\bhalf as (?:much|many|busy)", lower):
        change = Decimal("-0.5")
    elif re.search(r"\b(?:double|twice) (?:the|our|as)", lower):
        change = Decimal(1)
    else:
        return None
    change = max(min(change, Decimal(3)), Decimal(-1))
    return Effect(change, max(change - Decimal("0.15"), Decimal(-1)), min(change + Decimal("0.15"), Decimal(3)))
