"""The demo shop's days: when it opens, and what holidays, seasons and events do to its sales."""

import datetime as dt
import functools
from dataclasses import dataclass

import holidays
import numpy as np

from insights.demo.branches import COUNTRY, REGION, Branch
from insights.demo.catalogue import Category
from insights.demo.chance import Flags, Floats

# Season: how strong, and the day of the year at its height. The factor is exp(strength x cos(distance from it)).
SEASONS = {
    "flat": (0.0, 1),
    "summer": (0.34, 196),
    "winter": (0.26, 15),
    "festive": (0.08, 350),
    "easter": (0.06, 40),
}
# A week of one kind of product, Monday first; each has a mean of 1.
WEEKS = {
    "flat": (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    "weekend": (0.84, 0.82, 0.86, 0.92, 1.16, 1.32, 1.08),
    "workday": (1.12, 1.14, 1.14, 1.12, 1.04, 0.74, 0.70),
}
CHRISTMAS_LIFT = {"festive": 1.5, "easter": 1.0, "winter": 0.4, "summer": 0.25, "flat": 0.35}
EASTER_LIFT = {"easter": 1.1, "festive": 0.3}


@dataclass(frozen=True)
class Event:
    """Something that happened near one branch and moved its sales by a factor."""

    name: str
    branch: str
    first: dt.date
    last: dt.date
    factor: float


@dataclass(frozen=True)
class Calendar:
    """The days of the demo, oldest first, ending the day before `today`."""

    days: tuple[dt.date, ...]

    @functools.cached_property
    def weekdays(self) -> tuple[int, ...]:
        """0 for Monday to 6 for Sunday, a day each."""
        return tuple(day.weekday() for day in self.days)

    @functools.cached_property
    def years(self) -> Floats:
        """Years since the first day, a day each."""
        return np.arange(len(self.days), dtype=np.float64) / 365.25

    @functools.cached_property
    def holidays(self) -> dict[dt.date, str]:
        """Bank holidays of the shop's country and region, also a little beyond both ends."""
        years = range(self.days[0].year - 1, self.days[-1].year + 2)
        found = holidays.country_holidays(COUNTRY, subdiv=REGION, years=years, language="en_GB")
        return dict(sorted(found.items()))

    @functools.cached_property
    def easters(self) -> tuple[dt.date, ...]:
        """Easter Sundays, also a little beyond both ends."""
        return tuple(easter_sunday(year) for year in range(self.days[0].year, self.days[-1].year + 2))

    def beyond(self, days: int) -> "Calendar":
        """The same days and some more after them."""
        more = tuple(self.days[-1] + dt.timedelta(days=ahead) for ahead in range(1, days + 1))
        return Calendar(self.days + more)

    def is_open(self, branch: Branch, day: dt.date) -> bool:
        """Whether the branch trades that day."""
        shut = (day.month, day.day) in ((12, 25), (12, 26), (1, 1)) or day in self.easters
        return branch.hours[day.weekday()] is not None and not shut

    def open_days(self, branch: Branch) -> Flags:
        """Whether the branch trades, a day each."""
        return np.array([self.is_open(branch, day) for day in self.days])

    def season(self, category: Category) -> Floats:
        """The factor of the time of year, a day each."""
        strength, height = SEASONS[category.season]
        of_year = np.array([day.timetuple().tm_yday for day in self.days])
        wave = strength * np.cos(2 * np.pi * (of_year - height) / 365.25)
        return np.asarray(np.round(np.exp(wave), 6), dtype=np.float64)

    def holiday_lift(self, season: str) -> Floats:
        """The factor of holidays on products of that season kind, a day each."""
        return np.array([self._lift(season, day) for day in self.days])

    @functools.cached_property
    def events(self) -> tuple[Event, ...]:
        """Local events inside the days."""
        found = []
        for year in range(self.days[0].year, self.days[-1].year + 1):
            july = dt.date(year, 7, 1)
            fair = july + dt.timedelta(days=(5 - july.weekday()) % 7)
            works = dt.date(year, 10, 1) + dt.timedelta(days=-dt.date(year, 10, 1).weekday() % 7)
            found.append(Event("Summer street fair", "High Street", fair, fair, 1.45))
            found.append(Event("Station closed for works", "Station Road", works, works + dt.timedelta(days=4), 0.6))
        return tuple(event for event in found if self.days[0] <= event.first and event.last <= self.days[-1])

    def event_lift(self, branch: Branch) -> Floats:
        """The factor of local events at a branch, a day each."""
        lift = np.ones(len(self.days))
        for event in self.events:
            if event.branch == branch.name:
                inside = [event.first <= day <= event.last for day in self.days]
                lift[np.array(inside)] *= event.factor
        return lift

    def _lift(self, season: str, day: dt.date) -> float:
        lift = 1.0
        before_christmas = (dt.date(day.year, 12, 25) - day).days
        if 0 < before_christmas <= 14:
            lift *= 1 + CHRISTMAS_LIFT[season] * (15 - before_christmas) / 14
        if -6 <= before_christmas < 0:
            lift *= 0.85 if season != "festive" else 1.1
        if any(0 < (easter - day).days <= 8 for easter in self.easters):
            lift *= 1 + EASTER_LIFT.get(season, 0.1)
        if day in self.holidays:
            lift *= 0.75
        elif day + dt.timedelta(days=1) in self.holidays:
            lift *= 1.15
        return round(lift, 4)


def calendar_to(today: dt.date, days: int) -> Calendar:
    """The given number of days up to the day before today."""
    return Calendar(tuple(today - dt.timedelta(days=back) for back in range(days, 0, -1)))


def easter_sunday(year: int) -> dt.date:
    """Easter Sunday of the western churches (the anonymous Gregorian reckoning)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, skipped = century // 4, (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - skipped + 15) % 30
    offset = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    fix = (golden + 11 * epact + 22 * offset) // 451
    month, day = divmod(epact + offset - 7 * fix + 114, 31)
    return dt.date(year, month, day + 1)
