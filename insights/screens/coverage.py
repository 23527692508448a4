"""The coverage strip: days by till, filled, in part or missing, and the gaps as sentences."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from insights import periods
from insights.downloads import File
from sales import coverage
from sales.coverage import State, TillDay, TillDays
from shop import formats
from shop.csvout import Cell
from shop.models import Feed, Shop
from shop.periods import Period

DAYS, MOST_DAYS = 35, 91
MOST_SENTENCES = 6
MARKS = {State.FULL: "", State.PARTIAL: "½", State.MISSING: "!", State.SHUT: "–", State.BEFORE: "", State.OPEN: "…"}
WORDS = {
    State.FULL: "in",
    State.PARTIAL: "in part",
    State.MISSING: "missing",
    State.SHUT: "no sales, as on most of these weekdays",
    State.BEFORE: "before the first sale",
    State.OPEN: "not over",
}


@dataclass(frozen=True, slots=True)
class Mark:
    state: str
    mark: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    marks: list[Mark]


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap as a sentence, and where to look at it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The panel. `more` is how many gaps are left out of the sentences."""

    columns: list[tuple[str, str]]
    rows: list[Row]
    gaps: list[Gap]
    more: int
    summary: str
    url: str


def build(shop: Shop, feed: Feed | None = None, days: int = DAYS) -> Strip | None:
    """The strip up to yesterday and today; None before there is anything to cover. Two queries, three for a feed."""
    today = shop.today()
    period = Period.ending(today, days=min(days, MOST_DAYS))
    tills = coverage.coverage(period, today=today, feed=feed)
    if not tills:
        return None
    gaps = [gap for till in tills for gap in _gaps(till, today)]
    gaps.sort(key=lambda gap: gap[0], reverse=True)
    return Strip(
        columns=[(_short(day, period.first), formats.day(day, today)) for day in period],
        rows=[Row(name_of(till), [_mark(day, today) for day in till.days]) for till in tills],
        gaps=[gap for _, gap in gaps[:MOST_SENTENCES]],
        more=max(0, len(gaps) - MOST_SENTENCES),
        summary=_summary(tills, today),
        url=reverse("insights:coverage"),
    )


def as_file(shop: Shop, days: int = MOST_DAYS) -> File:
    """The same as a table: one row a till and day."""
    header = ("date", "branch", "till", "state", "documents", "lines", "usual_lines", "last_sale")
    return File("coverage", header, _rows(shop, days))


def _rows(shop: Shop, days: int) -> Iterator[tuple[Cell, ...]]:
    today = shop.today()
    for till in coverage.coverage(Period.ending(today, days=days), today=today):
        for day in till.days:
            last = f"{day.last_at:%H:%M}" if day.last_at else None
            yield day.day, till.branch, till.register, day.state.value, day.documents, day.lines, day.usual, last


def name_of(till: TillDays) -> str:
    return f"{till.branch}, {till.register}" if till.register else till.branch


def _short(day: dt.date, first: dt.date) -> str:
    return f"{day.day} {formats.MONTHS[day.month - 1][:3]}" if day.day == 1 or day == first else str(day.day)


def _mark(day: TillDay, today: dt.date) -> Mark:
    title = f"{formats.day(day.day, today)}: {WORDS[day.state]}"
    if day.lines:
        title += f", {formats.number(day.lines)} {'line' if day.lines == 1 else 'lines'}"
        title += f" of a usual {formats.number(day.usual)}" if day.usual is not None else ""
    return Mark(day.state.value, MARKS[day.state], title)


def _summary(tills: list[TillDays], today: dt.date) -> str:
    """No gap since the first day; or how many till days are missing and in part."""
    known = [day for till in tills for day in till.days if day.state not in (State.BEFORE, State.OPEN)]
    if not known:
        return "The first whole day is still to come."
    states = [day.state for day in known]
    missing, part = states.count(State.MISSING), states.count(State.PARTIAL)
    if not missing and not part:
        return f"No gap since {formats.day(min(day.day for day in known), today)}."
    words = [
        f"{count} {'day is' if count == 1 else 'days are'} {what}"
        for count, what in ((missing, "missing"), (part, "in only in part"))
        if count
    ]
    return f"{' and '.join(words)}."


def _gaps(till: TillDays, today: dt.date) -> Iterator[tuple[dt.date, Gap]]:
    """Missing days one after the other are one gap; shut days in between do not part them."""
    counted = [day for day in till.days if day.state is not State.SHUT]
    for state, group in itertools.groupby(counted, key=lambda day: day.state):
        days = list(group)
        if state is State.MISSING:
            yield days[-1].day, Gap(_missing(till, days, today), _import_url())
        elif state is State.PARTIAL:
            for day in days:
                yield day.day, Gap(_part(till, day, today), _lines_url(till, day.day))


def _missing(till: TillDays, days: list[TillDay], today: dt.date) -> str:
    first, last = days[0].day, days[-1].day
    if first == last:
        return f"{name_of(till)}: no sales of {formats.day(first, today)}."
    span = f"{formats.day(first, today)} to {formats.day(last, today)}"
    return f"{name_of(till)}: no sales from {span}, {len(days)} days."


def _part(till: TillDays, day: TillDay, today: dt.date) -> str:
    weekday = formats.WEEKDAYS[day.day.weekday()]
    usual = formats.number(day.usual or 0)
    lines = f"{formats.number(day.lines)} {'line' if day.lines == 1 else 'lines'}"
    last = f", the last at {day.last_at:%H:%M}" if day.last_at else ""
    return f"{name_of(till)}: {formats.day(day.day, today)} has {lines}{last}; a {weekday} usually has {usual}."


def _import_url() -> str:
    return reverse("shop:import_new")


def _lines_url(till: TillDays, day: dt.date) -> str:
    said = periods.dates(Period(day, day)) | {"branch": str(till.branch_id)}
    return f"{reverse('insights:line_list')}?{urlencode(said)}"
