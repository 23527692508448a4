"""The calendar of days unlike others: what is to approve, what is coming, what has been."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from insights.downloads import File
from insights.models import CalendarEvent
from insights.screens.today_outlook import url_of
from shop import formats
from shop.csvout import Cell
from shop.roles import Can, may

State = CalendarEvent.State
PAST_SHOWN = 20
COLUMNS = (
    "event", "name", "first", "last", "branch", "category", "closed", "effect", "low80", "high80", "state", "said",
    "read_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    event: CalendarEvent
    days: str
    effect: str
    where: str
    read_by: str


@dataclass(frozen=True, slots=True)
class CalendarScreen:
    proposed: list[Row]
    coming: list[Row]
    past: list[Row]
    left_out: list[Row]
    may_decide: bool
    calls_url: str


def build(role: str, today: dt.date) -> CalendarScreen:
    """One query."""
    events = CalendarEvent.objects.select_related("branch", "category")
    rows = [row(event, today) for event in events]
    approved = [one for one in rows if one.event.state == State.APPROVED]
    past = [one for one in approved if one.event.last_date < today]
    return CalendarScreen(
        proposed=[one for one in rows if one.event.state == State.PROPOSED],
        coming=[one for one in approved if one.event.last_date >= today],
        past=past[::-1][:PAST_SHOWN],
        left_out=[one for one in rows if one.event.state == State.DISMISSED and one.event.last_date >= today],
        may_decide=may(role, Can.DECIDE),
        calls_url=url_of("insights:llm_call_list") if may(role, Can.CHANGE_SETTINGS) else "",
    )


def row(event: CalendarEvent, today: dt.date) -> Row:
    return Row(
        event=event,
        days=formats.day_range(event.first_date, event.last_date, today),
        effect=effect_in_words(event),
        where=", ".join(str(part) for part in (event.branch, event.category) if part) or "Every branch, everything",
        read_by="" if not event.said else "Aisle itself" if event.read_by in {"", "local"} else event.read_by,
    )


def effect_in_words(event: CalendarEvent) -> str:
    """About 25% more, 8 times in 10 between 5% and 50% more."""
    if event.is_closed:
        return "Shut: nothing is sold"
    if event.effect is None:
        return "Not known; learned from days like it"
    said = f"About {_change(event.effect)}"
    if event.effect_low is None or event.effect_high is None or event.effect_low == event.effect_high:
        return said
    return f"{said}, 8 times in 10 between {_change(event.effect_low)} and {_change(event.effect_high)}"


def _change(share: Decimal) -> str:
    if not share:
        return "no change"
    return f"{formats.percent(abs(share))} {'more' if share > 0 else 'less'}"


def as_file() -> File:
    return File("calendar", COLUMNS, _rows())


def _rows() -> Any:
    for event in CalendarEvent.objects.select_related("branch", "category"):
        where = event.branch and event.branch.name, event.category and event.category.name
        change = event.effect, event.effect_low, event.effect_high
        cells: tuple[Cell, ...] = (
            event.pk, event.name, event.first_date, event.last_date, *where, "yes" if event.is_closed else "no",
            *("" if value is None else str(value) for value in change), event.state, event.said, event.read_by,
        )  # fmt: skip
        yield cells
