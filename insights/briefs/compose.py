"""What a morning's brief says: the same decisions in the same order as Today, yesterday in a line, today's outlook."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from insights import changes
from insights.decisions import queue
from insights.models import Suggestion
from insights.screens import today_outlook as outlook
from insights.screens.decisions import kind_for, when
from sales import reports
from shop import formats
from shop.models import Shop
from shop.periods import Period
from shop.roles import Can, may

MOST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One decision as the mail tells it. Money only where the reader may see it."""

    suggestion: Suggestion
    do: str
    title: str
    why: str
    deadline: str
    worth: str
    outlay: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Morning:
    """A shop's morning, the same for every reader: what waits, yesterday, and what is expected."""

    day: dt.date
    waiting: int
    suggestions: list[Suggestion]
    yesterday: str
    expected: str
    expected_span: str


def compose(shop: Shop, now: dt.datetime | None = None) -> Morning:
    """Read the morning of the chosen shop. A fixed number of queries."""
    now = now or timezone.now()
    today = shop.today(now)
    expected = outlook.expected(shop, today)
    return Morning(
        day=today,
        waiting=queue.waiting(now).count,
        suggestions=list(queue.open_queue(now)[:MOST]),
        yesterday=_yesterday(shop, today),
        expected=expected.amount if expected else "",
        expected_span=expected.span if expected else "",
    )


def _yesterday(shop: Shop, today: dt.date) -> str:
    day = today - dt.timedelta(days=1)
    sums = reports.totals(Period(day, day))
    if not sums.lines:
        return "No sales of yesterday have come in."
    usual = reports.usual(day)
    return str(changes.lead(day, sums.net, usual.net if usual else None, shop.currency, today))


def line(found: Suggestion, shop: Shop, role: str, now: dt.datetime) -> Line:
    see_cost = may(role, Can.SEE_COST)
    deadline = f"until {when(found.deadline_at, shop, now)}" if found.deadline_at else ""
    return Line(
        suggestion=found,
        do=kind_for(found).do,
        title=found.title,
        why=found.why,
        deadline=deadline,
        worth=formats.money_short(found.value, shop.currency) if see_cost and found.value is not None else "",
        outlay=formats.money(found.outlay, shop.currency) if see_cost and found.outlay is not None else "",
    )


def subject(morning: Morning, shop: Shop) -> str:
    """3 decisions this morning, Green Grocer."""
    if not morning.waiting:
        said = "Nothing to decide this morning"
    elif morning.waiting == 1:
        said = "One decision this morning"
    else:
        said = f"{morning.waiting} decisions this morning"
    return f"{said}, {shop.name}"[:200]
