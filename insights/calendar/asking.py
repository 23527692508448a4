"""The same sentence, read by a model where the shop has one. What it answers is a stranger's word: it becomes a
proposal only where its days, change and name are possible ones, and a person approves it either way."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from insights.calendar import sentences
from insights.calendar.sentences import LONGEST_NAME, LONGEST_SENTENCE, Proposal
from insights.providers import gateway
from insights.providers.base import Ask
from shop import doors
from shop.models import Shop

PURPOSE, PROMPT_VERSION = "calendar", "1"
FURTHEST = dt.timedelta(days=366)
LEAST, MOST = Decimal(-1), Decimal(3)
_SYSTEM = (
    "A grocer tells what will happen near the shop. Find the event and its days. `today` is the day of speaking; a"
    " weekday means the next one after today, `next week` Monday to Sunday. `is_event` is false for a question or where"
    " no day is named. `name`: the event in a few of the grocer's own words, without the days. `closed` is true only"
    " where the grocer's own shop stays shut all day. `change`: what the event does to the shop's sales as a share"
    " (0.2 is a fifth more, -0.3 is three tenths less), with `low` and `high` so that it lies between 8 times in 10;"
    " null where you cannot tell."
)
_NUMBER = {"type": ["number", "null"]}
_SCHEMA = {
    "type": "object",
    "properties": {
        "is_event": {"type": "boolean"},
        "name": {"type": "string"},
        "first_day": {"type": "string"},
        "last_day": {"type": "string"},
        "closed": {"type": "boolean"},
        "change": _NUMBER,
        "low": _NUMBER,
        "high": _NUMBER,
    },
    "required": ["is_event", "name", "first_day", "last_day", "closed", "change", "low", "high"],
}


@dataclass(frozen=True, slots=True)
class Read:
    """What a sentence was read as, and by whom; `why_local` says why not by a model."""

    proposal: Proposal | None
    read_by: str
    why_local: str = ""


def read(sentence: str, shop: Shop, *, today: dt.date | None = None) -> Read:
    """By the shop's models, else by our own reader. Where a model says no or nonsense, our reader has the word."""
    text = " ".join(sentence.split())[:LONGEST_SENTENCE]
    today = today or shop.today()
    plain = sentences.read(text, today, country=shop.country)
    said = gateway.ask(question(text, shop, today))
    if said.data is None:
        return Read(plain, "local", said.why_local)
    proposal = checked(said.data, today)
    if proposal is None:
        return Read(plain, "local", "The model's answer named no possible days.")
    return Read(proposal, said.provider)


def question(text: str, shop: Shop, today: dt.date) -> Ask:
    """What is asked of a model: the sentence, the day, the country; names of the shop's people are masked."""
    facts = {"sentence": text, "today": f"{today:%A} {today.isoformat()}", "country": shop.country}
    people = tuple(str(member.user) for member in doors.members_of(shop.pk))
    return Ask(PURPOSE, PROMPT_VERSION, _SYSTEM, facts, _SCHEMA, max_tokens=300, names=people)


def checked(data: Any, today: dt.date) -> Proposal | None:
    """A model's answer, where it is a possible event: its days within the next year, its change from all to threefold
    more. None for anything else."""
    if not isinstance(data, dict) or data.get("is_event") is not True:
        return None
    first, last, name = _day(data.get("first_day")), _day(data.get("last_day")), _name(data.get("name"))
    if not first or not last or not name or not today <= first <= last <= today + FURTHEST:
        return None
    shut = data.get("closed") is True
    found = Proposal(name, first, last, shut, None, None, None)
    if shut:
        return replace(found, effect=LEAST, low=LEAST, high=LEAST)
    change, low, high = (_share(data.get(key)) for key in ("change", "low", "high"))
    if change is None:
        return found
    low, high = (change if low is None else min(low, change)), (change if high is None else max(high, change))
    return replace(found, effect=change, low=low, high=high)


def _day(given: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(given) if isinstance(given, str) and len(given) == 10 else None
    except ValueError:
        return None


def _name(given: Any) -> str:
    text = "".join(c if c.isprintable() else " " for c in given) if isinstance(given, str) else ""
    return " ".join(text.split())[:LONGEST_NAME]


def _share(given: Any) -> Decimal | None:
    """None outside -1 to 3, too: what is not possible is not known."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return None
    share = Decimal(str(round(float(given), 3)))
    return share if LEAST <= share <= MOST else None
