"""What a page shows and what it is compared with, read from its address. Bad input falls back, with a sentence.

A day that is not over is drawn, but never counted nor compared: nine hours of today beside a whole day would
look like a crash. Only "today" itself counts today, and is compared with nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from shop import formats
from shop.periods import Period

PERIODS = {
    "today": "Today so far",
    "yesterday": "Yesterday",
    "7d": "Last 7 days",
    "28d": "Last 28 days",
    "12w": "Last 12 weeks",
    "month": "This month",
    "12m": "Last 12 months",
    "custom": "Chosen dates",
}
COMPARISONS = {
    "usual": "Usual same weekdays",
    "previous": "Period before",
    "year": "Year before",
    "off": "Nothing",
}
MATCHES = {"dow": "Same weekdays", "date": "Same dates"}
DEFAULT_PERIOD, DEFAULT_COMPARE, DEFAULT_MATCH = "28d", "usual", "dow"
LONGEST_DAYS = 3660
DAYS_BY_DAY, DAYS_BY_WEEK = 92, 800


@dataclass(frozen=True, slots=True)
class Choice:
    """The period drawn, the part of it that counts, and the comparison. `problem` is a sentence about bad input."""

    key: str
    drawn: Period
    counted: Period
    compare: str
    match: str
    today: dt.date
    problem: str = ""

    @property
    def unfinished(self) -> bool:
        """Whether the last day drawn is not over."""
        return self.drawn.last >= self.today

    @property
    def only_today(self) -> bool:
        return self.counted.last >= self.today

    @property
    def against(self) -> Period | None:
        """The earlier period compared with; None where it is usual days, or nothing."""
        if self.only_today or self.compare not in {"previous", "year"}:
            return None
        by_weekday = self.match == "dow"
        if self.compare == "year":
            return self.counted.year_before(match_weekday=by_weekday)
        return self.counted.previous_matching_weekdays() if by_weekday else self.counted.previous()

    @property
    def uses_usual(self) -> bool:
        return self.compare == "usual" and not self.only_today

    @property
    def step(self) -> str:
        if self.key == "12m" or self.drawn.days > DAYS_BY_WEEK:
            return "month"
        return "day" if self.drawn.days <= DAYS_BY_DAY else "week"

    @property
    def in_words(self) -> str:
        return formats.day_range(self.counted.first, self.counted.last, self.today)

    @property
    def compared_in_words(self) -> str:
        if self.against:
            return formats.day_range(self.against.first, self.against.last, self.today)
        return "the last four same weekdays" if self.uses_usual else ""

    def parameters(self) -> dict[str, str]:
        """What the address needs to say to show this again; defaults are left out."""
        said = {"period": self.key} | (dates(self.drawn) if self.key == "custom" else {})
        said |= {"compare": self.compare, "match": self.match}
        usual = {"period": DEFAULT_PERIOD, "compare": DEFAULT_COMPARE, "match": DEFAULT_MATCH}
        return {name: value for name, value in said.items() if usual.get(name) != value}

    def earlier(self) -> Period:
        return _moved(self, -1)

    def later(self) -> Period | None:
        """The period after this one; None where it lies in the future."""
        after = _moved(self, 1)
        return after if after.first <= self.today else None


def dates(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def read(given: Mapping[str, str], today: dt.date) -> Choice:
    """The choice in an address."""
    problems: list[str] = []
    key = _one_of(given, "period", PERIODS, DEFAULT_PERIOD, problems)
    compare = _one_of(given, "compare", COMPARISONS, DEFAULT_COMPARE, problems)
    match = _one_of(given, "match", MATCHES, DEFAULT_MATCH, problems)
    drawn = _named(key, today) if key != "custom" else _custom(given, today, problems)
    if drawn is None:
        key, drawn = DEFAULT_PERIOD, _named(DEFAULT_PERIOD, today)
    return Choice(key, drawn, _finished(drawn, today), compare, match, today, " ".join(problems))


def _one_of(given: Mapping[str, str], name: str, known: Mapping[str, str], usual: str, problems: list[str]) -> str:
    value = given.get(name, "") or usual
    if value in known:
        return value
    problems.append(f"“{value[:40]}” is not something this page can show, so it shows: {known[usual].lower()}.")
    return usual


def _named(key: str, today: dt.date) -> Period:
    yesterday = today - dt.timedelta(days=1)
    if key == "today":
        return Period(today, today)
    if key == "month":
        return Period(today.replace(day=1), today)
    if key == "12m":
        return Period(_month_start(today, back=11), today)
    lengths = {"yesterday": 1, "7d": 7, "28d": 28, "12w": 84}
    return Period.ending(yesterday, days=lengths[key])


def _month_start(day: dt.date, *, back: int) -> dt.date:
    months = day.year * 12 + day.month - 1 - back
    return dt.date(months // 12, months % 12 + 1, 1)


def _custom(given: Mapping[str, str], today: dt.date, problems: list[str]) -> Period | None:
    """The dates asked for; without any the default's, so that they can be changed."""
    if not given.get("from") and not given.get("to"):
        return _named(DEFAULT_PERIOD, today)
    try:
        first, last = (dt.date.fromisoformat(given.get(name, "")) for name in ("from", "to"))
    except ValueError:
        problems.append("Choose both dates, such as 1 November to 20 November. These are the last 28 days.")
        return None
    if last < first:
        first, last = last, first
        problems.append("The dates were the wrong way round; they have been swapped.")
    if (last - first).days >= LONGEST_DAYS or first.year < 1900 or last.year > 2200:
        problems.append("That is more than ten years at once. Choose fewer days. These are the last 28 days.")
        return None
    return Period(first, last)


def _finished(drawn: Period, today: dt.date) -> Period:
    """The days that are over; the whole where none is."""
    yesterday = today - dt.timedelta(days=1)
    if drawn.last <= yesterday or drawn.first > yesterday:
        return drawn
    return Period(drawn.first, yesterday)


def _moved(choice: Choice, by: int) -> Period:
    drawn = choice.drawn
    if choice.key == "month" or _is_month(drawn):
        first = _month_start(drawn.first, back=-by)
        return Period(first, _month_start(first, back=-1) - dt.timedelta(days=1))
    return drawn.shifted(days=by * drawn.days)


def _is_month(period: Period) -> bool:
    return period.first.day == 1 and period.last + dt.timedelta(days=1) == _month_start(period.first, back=-1)
