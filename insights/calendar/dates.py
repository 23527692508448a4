"""Finds the days a sentence speaks of, as a shopkeeper means them: never past, the next ones of that name.

Pure: text and today in, days out. An explicit date wins over a name of a day; two days joined by "to" or "and" are
the span between them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from insights.calendar.words import MONTHS, NUMBERS, WEEKDAYS, any_of

Days = tuple[dt.date, dt.date]
_DAY = dt.timedelta(days=1)
_WD, _MO = any_of(WEEKDAYS), any_of(MONTHS)
_NTH = r"(?:st|nd|rd|th|\.)?"
_TO = r"\s*(?:-|–|to|until|till|through|and|bis|até|a|al|au)\s*"
_LEAD = rf"(?:(?:{_WD})\b,?\s+)?(?:the\s+)?"
_JOINS = re.compile(r"\s*(?:-|–|to|until|till|through|and|&|bis|und|até|a|e|al|au|et|y)\s*(?:the\s+)?(?:on\s+)?", re.I)
_LASTS = re.compile(rf"\bfor\s+(?P<many>\d{{1,2}}|{any_of(NUMBERS)})\s+(?P<unit>days?|weeks?)\b", re.I)
_WEEK_BEGINS = re.compile(r"\bweek\b.*\b(?:starts|begins|starting|beginning)\b", re.I)
_PATTERN = re.compile(
    rf"""
    (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}\b)
    | (?P<slash>\b\d{{1,2}}[/.]\d{{1,2}}(?:[/.]\d{{2,4}})?\b)
    | \b{_LEAD}(?P<d1>\d{{1,2}}){_NTH}{_TO}(?P<d2>\d{{1,2}}){_NTH}\s*(?:of\s+|de\s+)?(?P<m12>{_MO})\b
        (?:\s+(?P<y12>\d{{4}}))?
    | \b{_LEAD}(?P<d>\d{{1,2}}){_NTH}\s*(?:of\s+|de\s+)?(?P<m>{_MO})\b(?:,?\s+(?P<y>\d{{4}}))?
    | \b{_LEAD}(?P<md>{_MO})\s+(?P<dd>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<yy>\d{{4}}))?
    | \b{_LEAD}(?P<nth>\d{{1,2}})(?:st|nd|rd|th)\b
    | \b(?P<name>black\ friday|christmas\ eve|christmas\ day|boxing\ day|new\ year'?s\ eve|new\ year'?s\ day
        |easter\ weekend|good\ friday|easter\ sunday|easter\ monday|easter|valentine'?s(?:\ day)?|halloween)\b
    | \b(?P<day>day\ after\ tomorrow|tomorrow|today|tonight|amanhã|hoje|mañana|hoy|morgen|heute|demain|aujourd'hui)\b
    | \b(?P<weekend>(?P<wnext>next\s+)?(?:this\s+|the\s+|at\ the\s+)?(?:weekend|fim\ de\ semana|wochenende))\b
    | \b(?P<week>(?:all\s+)?(?:next\ week|this\ week|próxima\ semana|semana\ que\ vem|próxima\ semana|nächste\ woche
        |la\ semaine\ prochaine))\b
    | \b(?P<month>next\ month|this\ month|próximo\ mês|nächsten\ monat|le\ mois\ prochain|próximo\ mes)\b
    | \bin\s+(?P<in>\d{{1,3}}|{any_of(NUMBERS)})\s+(?P<unit>days?|weeks?)\b
    | \b(?P<next>next\s+)?(?:this\s+|coming\s+)*(?P<wd>{_WD})s?\b(?:\s+(?:morning|afternoon|evening|night))?
    """,
    re.I | re.X,
)
_FIXED = {
    "christmas eve": (12, 24), "christmas day": (12, 25), "boxing day": (12, 26), "halloween": (10, 31),
    "valentine": (2, 14), "new years eve": (12, 31), "new years day": (1, 1),
}  # fmt: skip
_RELATIVE = {"tomorrow": 1, "amanhã": 1, "mañana": 1, "morgen": 1, "demain": 1, "day after tomorrow": 2}
_EXPLICIT = ("iso", "slash", "d1", "d", "md", "nth")


@dataclass(frozen=True, slots=True)
class Found:
    """The days, and where in the text they are named."""

    first: dt.date
    last: dt.date
    spans: tuple[tuple[int, int], ...]


def find_days(
    text: str, today: dt.date, *, day_first: bool = True, named: Mapping[str, dt.date] | None = None
) -> Found | None:
    """The days a sentence names, or None. `named` are days known by name, such as the country's holidays."""
    clock = _Clock(today, day_first=day_first)
    matches = list(_PATTERN.finditer(text))
    explicit = [match for match in matches if any(match[name] for name in _EXPLICIT)]
    matches = _beside(explicit, matches, text) if explicit else matches
    atoms = [(match, days) for match in matches if (days := clock.days(match, today))]
    if not atoms:
        return _by_name(text, named or {})
    match, (first, last) = atoms[0]
    spans = [match.span()]
    if len(atoms) > 1 and _JOINS.fullmatch(text[match.end() : atoms[1][0].start()]):
        second = clock.days(atoms[1][0], first) or atoms[1][1]
        if second[1] >= first:
            last = second[1]
            spans.append(atoms[1][0].span())
    return _lasting(Found(first, last, tuple(spans)), text)


def _beside(explicit: list[re.Match[str]], every: list[re.Match[str]], text: str) -> list[re.Match[str]]:
    """The explicit dates, and what is joined to one ("Monday to 4 December"); other names of days only colour it."""
    kept = []
    for before, match in zip([None, *every[:-1]], every, strict=True):
        after = every[every.index(match) + 1] if match is not every[-1] else None
        joined = bool(after in explicit and after and _JOINS.fullmatch(text[match.end() : after.start()]))
        joined |= bool(before in explicit and before and _JOINS.fullmatch(text[before.end() : match.start()]))
        if match in explicit or joined:
            kept.append(match)
    return kept


def _lasting(found: Found, text: str) -> Found:
    """Made as long as the sentence says: "for three days from Friday", "exam week starts Monday"."""
    if found.first != found.last:
        return found
    lasts = _LASTS.search(text)
    if lasts:
        days = _many(lasts["many"]) * (7 if lasts["unit"].lower().startswith("week") else 1)
        return Found(found.first, found.first + (days - 1) * _DAY, (*found.spans, lasts.span()))
    if _WEEK_BEGINS.search(text):
        return Found(found.first, found.first + 6 * _DAY, found.spans)
    return found


def _by_name(text: str, named: Mapping[str, dt.date]) -> Found | None:
    for name, day in named.items():
        if place := re.search(rf"\b{re.escape(name)}\b", text, re.I):
            return Found(day, day, (place.span(),))
    return None


def _many(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word.lower()]


class _Clock:
    """What each way of naming days means, seen from `today`."""

    def __init__(self, today: dt.date, *, day_first: bool) -> None:
        self.today, self.day_first = today, day_first

    def days(self, match: re.Match[str], base: dt.date) -> Days | None:
        """None for a date that does not exist. Names of days are the next from `base` on, never today's own."""
        readers: dict[str, Callable[[re.Match[str], dt.date], Days | None]] = {
            "iso": self._iso, "slash": self._slash, "d1": self._range, "d": self._date, "md": self._date,
            "nth": self._nth, "name": self._name, "day": self._relative, "weekend": self._weekend,
            "week": self._week, "month": self._month, "in": self._in, "wd": self._weekday,
        }  # fmt: skip
        name = next(name for name in readers if match[name])
        try:
            return readers[name](match, base)
        except (ValueError, OverflowError):
            return None

    def _iso(self, match: re.Match[str], base: dt.date) -> Days:
        day = dt.date.fromisoformat(match["iso"])
        return day, day

    def _slash(self, match: re.Match[str], base: dt.date) -> Days:
        parts = [int(part) for part in re.split(r"[/.]", match["slash"])]
        day, month = parts[:2] if self.day_first or "." in match["slash"] else parts[1::-1]
        return self._on(day, month, parts[2] if len(parts) > 2 else None)

    def _range(self, match: re.Match[str], base: dt.date) -> Days:
        month, year = MONTHS[match["m12"].lower()], match["y12"]
        last = self._on(int(match["d2"]), month, int(year) if year else None)[0]
        first = last.replace(day=int(match["d1"]))
        return (first, last) if first <= last else (last, last)

    def _date(self, match: re.Match[str], base: dt.date) -> Days:
        day, month, year = match["d"] or match["dd"], match["m"] or match["md"], match["y"] or match["yy"]
        return self._on(int(day), MONTHS[month.lower()], int(year) if year else None)

    def _on(self, day: int, month: int, year: int | None) -> Days:
        """The next such day that is not past, where no year is said."""
        if year is not None:
            found = dt.date(year + 2000 if year < 100 else year, month, day)
            return found, found
        found = dt.date(self.today.year, month, day)
        if found < self.today:
            found = dt.date(self.today.year + 1, month, day)
        return found, found

    def _nth(self, match: re.Match[str], base: dt.date) -> Days | None:
        for ahead in range(62):
            day = base + ahead * _DAY
            if day.day == int(match["nth"]):
                return day, day
        return None

    def _name(self, match: re.Match[str], base: dt.date) -> Days | None:
        name = re.sub(r"\s+", " ", match["name"].lower().replace("'", "")).removesuffix(" day")
        for year in (self.today.year, self.today.year + 1):
            days = _named(name, year)
            if days and days[1] >= self.today:
                return days
        return None

    def _relative(self, match: re.Match[str], base: dt.date) -> Days:
        day = self.today + _RELATIVE.get(match["day"].lower(), 0) * _DAY
        return day, day

    def _weekend(self, match: re.Match[str], base: dt.date) -> Days:
        sunday = self.today + (6 - self.today.weekday()) * _DAY
        first = max(sunday - _DAY, self.today)
        return (sunday + 6 * _DAY, sunday + 7 * _DAY) if match["wnext"] else (first, sunday)

    def _week(self, match: re.Match[str], base: dt.date) -> Days:
        sunday = self.today + (6 - self.today.weekday()) * _DAY
        return (self.today, sunday) if "this" in match["week"].lower() else (sunday + _DAY, sunday + 7 * _DAY)

    def _month(self, match: re.Match[str], base: dt.date) -> Days:
        first = self.today.replace(day=1)
        following = (first + 32 * _DAY).replace(day=1)
        if "this" in match["month"].lower():
            return self.today, following - _DAY
        return following, (following + 32 * _DAY).replace(day=1) - _DAY

    def _in(self, match: re.Match[str], base: dt.date) -> Days:
        day = self.today + _many(match["in"]) * (7 if match["unit"].lower().startswith("week") else 1) * _DAY
        return day, day

    def _weekday(self, match: re.Match[str], base: dt.date) -> Days:
        ahead = (WEEKDAYS[match["wd"].lower()] - base.weekday() - 1) % 7 + 1
        day = base + ahead * _DAY
        this_week = self.today + (6 - self.today.weekday()) * _DAY
        if match["next"] and day <= this_week:
            day += 7 * _DAY
        return day, day


def _named(name: str, year: int) -> Days | None:
    if name == "black friday":
        first = dt.date(year, 11, 1)
        day = first + ((3 - first.weekday()) % 7 + 22) * _DAY  # after the fourth Thursday
        return day, day
    if name.startswith("easter") or name == "good friday":
        sunday = easter_sunday(year)
        spans = {"easter weekend": (-2, 1), "good friday": (-2, -2), "easter monday": (1, 1), "easter": (-2, 1)}
        before, after = spans.get(name, (0, 0))
        return sunday + before * _DAY, sunday + after * _DAY
    fixed = next((day for known, day in _FIXED.items() if known.removesuffix(" day").startswith(name[:9])), None)
    fixed = _FIXED.get(name) or _FIXED.get(f"{name} day") or (_FIXED["valentine"] if "valentine" in name else fixed)
    return (dt.date(year, *fixed),) * 2 if fixed else None


def easter_sunday(year: int) -> dt.date:
    """Of the western churches (Butcher's rule)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, g = b // 4, b % 4, (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * (c // 4) - c % 4 - h + m + 32) % 7
    n = (h - m + r + 90) // 25
    return dt.date(year, n, (h - m + r + n + 19) % 32)
