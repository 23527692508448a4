"""Periods of the shop's days, and what they are compared with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Period:
    """The shop's business dates from `first` to `last`, both included. Raises ValueError where they are crossed."""

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"The period ends on {self.last}, before it starts on {self.first}.")

    @classmethod
    def ending(cls, last: dt.date, *, days: int) -> Period:
        """The `days` days that end on `last`."""
        return cls(last - dt.timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[dt.date]:
        return (self.first + dt.timedelta(days=offset) for offset in range(self.days))

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last

    def shifted(self, *, days: int) -> Period:
        """The same length, `days` later (negative: earlier)."""
        step = dt.timedelta(days=days)
        return Period(self.first + step, self.last + step)

    def previous(self) -> Period:
        """The period of the same length just before."""
        return self.shifted(days=-self.days)

    def previous_matching_weekdays(self) -> Period:
        """The latest earlier period of the same length that starts on the same weekday and does not overlap."""
        weeks = -(-self.days // 7)
        return self.shifted(days=-7 * weeks)

    def year_before(self, *, match_weekday: bool = True) -> Period:
        """A year earlier: 52 weeks, so that weekdays match, or the same dates (29 February becomes the 28th)."""
        if match_weekday:
            return self.shifted(days=-364)
        return Period(_same_date_last_year(self.first), _same_date_last_year(self.last))


def _same_date_last_year(day: dt.date) -> dt.date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
