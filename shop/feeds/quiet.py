"""When silence is no longer usual: hours without a new file, days left out on which none ever comes."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Collection

from shop.models import Feed, FeedFile, Shop

LEARNS_FROM = dt.timedelta(weeks=8)
LEAST_WEEKS = 3
_DAY = dt.timedelta(days=1)

# Which of these days the shop is shut: apps above, which keep calendars, register here.
Closed = Callable[[dt.date, dt.date], Collection[dt.date]]
_calendars: list[Closed] = []


def shop_calendar(closed: Closed) -> Closed:
    """Register `closed(first, last)`: the days between them on which the chosen shop is shut."""
    _calendars.append(closed)
    return closed


def silent_since(feed: Feed, now: dt.datetime) -> dt.datetime | None:
    """Since when a feed has been silent for longer than it may; None while it has not."""
    since: dt.datetime = max(filter(None, (feed.received_at, feed.made_at)))
    limit = dt.timedelta(hours=feed.quiet_hours)
    if now - since <= limit:
        return None
    zone = zoneinfo.ZoneInfo(Shop.objects.get(pk=feed.shop_id).zone)
    return since if now - since - _DAY * len(_quiet_days(feed, since, now, zone)) > limit else None


def _quiet_days(feed: Feed, since: dt.datetime, now: dt.datetime, zone: zoneinfo.ZoneInfo) -> set[dt.date]:
    """The days in between on which no file is to be expected: the shop is shut, or none comes on that weekday."""
    first, last = since.astimezone(zone).date() + _DAY, now.astimezone(zone).date()
    between = {first + _DAY * number for number in range((last - first).days + 1)}
    weekdays = _weekdays(feed, since, zone)
    shut = {day for closed in _calendars for day in closed(first, last)} if between else set()
    return {day for day in between if day in shut or (weekdays and day.weekday() not in weekdays)}


def _weekdays(feed: Feed, until: dt.datetime, zone: zoneinfo.ZoneInfo) -> set[int]:
    """The weekdays on which files came, once that many weeks can tell; empty before."""
    came = FeedFile.objects.filter(feed=feed, seen_at__gt=until - LEARNS_FROM).exclude(state=FeedFile.State.REPEATED)
    days = {moment.astimezone(zone).date() for moment in came.values_list("seen_at", flat=True)}
    if not days or max(days) - min(days) < dt.timedelta(weeks=LEAST_WEEKS) or len(days) < LEAST_WEEKS * 2:
        return set()
    return {day.weekday() for day in days}
