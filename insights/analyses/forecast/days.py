"""The shop's days: their names, when a branch trades, and which coming days it will be shut. Pure.

Flags are branches x days. Whole rows are days of the panel first, then the days ahead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import holidays
import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

QUIET = 0.2  # a branch that sells nothing on so many of the days it usually trades is quiet: those days are zeros
LONG_GAP = 14  # days; longer than this is shut, however quiet the branch
GONE_AFTER = 28  # days without a sale, after which a branch counts as shut for good
WEEKS_SEEN = 8  # the latest weeks say on which weekdays a branch trades
MOSTLY = 0.8


@dataclass(frozen=True, slots=True)
class Closure:
    """Days a person said a branch is shut. `branch` is its place in the panel; None: every branch."""

    branch: int | None
    first: dt.date
    last: dt.date


def public_holidays(country: str, region: str, days: Sequence[dt.date]) -> dict[dt.date, str]:
    """Names of the public holidays among the days, and of Easter Sunday everywhere; no names for unknown countries."""
    found = _named(country, region, days, "public")
    for year in {day.year for day in days}:
        found.setdefault(_easter(year), "Easter Sunday")
    return {day: found[day] for day in days if day in found}


def holidays_elsewhere(country: str, days: Sequence[dt.date]) -> dict[str, set[dt.date]]:
    """Dates by name of the public holidays that only some regions of the country have, of all its regions together."""
    found: dict[str, set[dt.date]] = {}
    try:
        regions = holidays.country_holidays(country, years=[]).subdivisions
    except NotImplementedError:
        return {}
    everywhere = _named(country, "", days, "public")
    for region in regions:
        for day, name in _named(country, region, days, "public").items():
            if day not in everywhere and days[0] <= day <= days[-1]:
                found.setdefault(name, set()).add(day)
    return found


def kept_holidays(elsewhere: dict[str, set[dt.date]], sold: Flags, days: Sequence[dt.date]) -> dict[str, Flags]:
    """Which branches keep a holiday of some region: those that were shut on it each time, though it was a weekday on
    which they trade. Names that no branch keeps are left out."""
    weekday = np.array([day.weekday() for day in days])
    place = {day: number for number, day in enumerate(days)}
    kept: dict[str, Flags] = {}
    for name, dates in sorted(elsewhere.items()):
        of_branch = np.zeros(len(sold), dtype=np.bool_)
        for branch, row in enumerate(sold):
            if row.any():
                first, last = np.flatnonzero(row)[[0, -1]]
                trades = [row[first : last + 1][weekday[first : last + 1] == day].mean() >= MOSTLY for day in range(7)]
                seen = [place[day] for day in dates if day in place and first < place[day] < last]
                counted = [at for at in seen if trades[weekday[at]]]
                of_branch[branch] = bool(counted) and not row[counted].any()
        if of_branch.any():
            kept[name] = of_branch
    return kept


def school_holidays(country: str, region: str, days: Sequence[dt.date]) -> dict[dt.date, str]:
    """Names of the school holidays among the days, where the calendar of the country knows them."""
    found = _named(country, region, days, "school")
    return {day: found[day] for day in days if day in found}


def _named(country: str, region: str, days: Sequence[dt.date], category: str) -> dict[dt.date, str]:
    years = range(days[0].year, days[-1].year + 1)
    try:
        made = holidays.country_holidays(country, years=[])
    except NotImplementedError:
        return {}
    if category not in made.supported_categories:
        return {}
    language = "en_US" if "en_US" in made.supported_languages else None
    known = region if region in made.subdivisions else None
    found = holidays.country_holidays(country, known, years=years, categories=(category,), language=language)
    return dict(found.items())


def _easter(year: int) -> dt.date:
    """Easter Sunday of the western churches (the anonymous Gregorian reckoning)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, skipped = century // 4, (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - skipped + 15) % 30
    offset = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    fix = (golden + 11 * epact + 22 * offset) // 451
    month, day = divmod(epact + offset - 7 * fix + 114, 31)
    return dt.date(year, month, day + 1)


def open_days(
    sold: Flags, days: Sequence[dt.date], ahead: Sequence[dt.date], named: dict[dt.date, str], closures: list[Closure]
) -> Flags:
    """Whether each branch trades, on the panel's days and those ahead. `sold` tells on which it sold anything.

    A past day without any sale was shut, unless the branch is quiet; a coming one is shut where the branch never
    traded lately on its weekday, always was shut on that holiday, was told to be, or has not sold for four weeks.
    """
    weekday = np.array([day.weekday() for day in [*days, *ahead]])
    was_open = np.array([_was_open(row, weekday[: len(days)]) for row in sold])
    said = _said_shut(closures, len(sold), [*days, *ahead])
    will_open = np.array(
        [
            _will_open(row, was, weekday, [*days, *ahead], named, said_here)
            for row, was, said_here in zip(sold, was_open, said, strict=True)
        ]
    )
    return np.hstack([was_open | sold, will_open & ~said[:, len(days) :]])


def _was_open(sold: Flags, weekday: NDArray[np.int_]) -> Flags:
    if not sold.any():
        return np.zeros(sold.size, dtype=np.bool_)
    first, last = np.flatnonzero(sold)[[0, -1]]
    inside = np.zeros(sold.size, dtype=np.bool_)
    inside[first : last + 1] = True
    shares = np.array(
        [sold[inside & (weekday == day)].mean() if (inside & (weekday == day)).any() else 0 for day in range(7)]
    )
    usual = inside & (shares[weekday] >= QUIET) & ~_in_long_gap(sold)
    missed = 1 - sold[usual].mean()
    return usual if missed > QUIET else sold.copy()


def _in_long_gap(sold: Flags) -> Flags:
    """Days inside a stretch without a sale that is too long to be chance."""
    places = np.flatnonzero(sold)
    inside = np.zeros(sold.size, dtype=np.bool_)
    for before, after in zip(places[:-1], places[1:], strict=True):
        if after - before > LONG_GAP:
            inside[before + 1 : after] = True
    return inside


def _will_open(
    sold: Flags,
    was_open: Flags,
    weekday: NDArray[np.int_],
    days: Sequence[dt.date],
    named: dict[dt.date, str],
    said_shut: Flags,
) -> Flags:
    past = sold.size
    ahead = np.zeros(len(days) - past, dtype=np.bool_)
    if not sold.any() or past - 1 - np.flatnonzero(sold)[-1] >= GONE_AFTER:
        return ahead
    plain = np.array([day not in named for day in days[:past]]) & ~said_shut[:past]
    trades = np.array([sold[(plain & (weekday[:past] == day))][-WEEKS_SEEN:].any() for day in range(7)])
    shut_on = _shut_holidays(sold, was_open, weekday[:past], days[:past], named, trades)
    for place, day in enumerate(days[past:]):
        name = named.get(day)
        ahead[place] = trades[weekday[past + place]] and not (name is not None and shut_on(name))
    return ahead


def _shut_holidays(
    sold: Flags,
    was_open: Flags,
    weekday: NDArray[np.int_],
    days: Sequence[dt.date],
    named: dict[dt.date, str],
    trades: Flags,
) -> Callable[[str], bool]:
    """Says for a holiday's name whether the branch is shut on it: always was, or mostly is on those not seen yet."""
    first = int(np.flatnonzero(sold)[0])
    shut: dict[str, list[bool]] = {}
    for place in range(first, len(days)):
        name = named.get(days[place])
        if name is not None and trades[weekday[place]]:
            shut.setdefault(name, []).append(not was_open[place])
    seen = [flag for flags in shut.values() for flag in flags]
    mostly = len(seen) >= 2 and sum(seen) >= MOSTLY * len(seen)
    return lambda name: all(shut[name]) if name in shut else mostly


def _said_shut(closures: Iterable[Closure], branches: int, days: Sequence[dt.date]) -> Flags:
    said = np.zeros((branches, len(days)), dtype=np.bool_)
    for closure in closures:
        inside = np.array([closure.first <= day <= closure.last for day in days])
        rows = slice(None) if closure.branch is None else [closure.branch]
        said[rows] |= inside
    return said
