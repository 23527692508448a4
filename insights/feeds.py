"""What the insights add to feeds: the days on which the shop is shut, and which days of which till have come in."""

from __future__ import annotations

import datetime as dt

from insights.models import CalendarEvent
from insights.screens import coverage
from shop.feeds.panels import Panel, import_panel
from shop.feeds.quiet import shop_calendar
from shop.models import Feed, Shop
from shop.roles import Can, may


@shop_calendar
def closed(first: dt.date, last: dt.date) -> set[dt.date]:
    """The days that somebody said the whole shop is shut."""
    shut = CalendarEvent.objects.filter(
        is_closed=True, state=CalendarEvent.State.APPROVED, branch=None, first_date__lte=last, last_date__gte=first
    )
    return {
        day
        for begins, ends in shut.values_list("first_date", "last_date")
        for number in range((min(ends, last) - max(begins, first)).days + 1)
        for day in [max(begins, first) + dt.timedelta(days=number)]
    }


@import_panel
def what_has_come_in(shop: Shop, role: str, feed: Feed | None) -> Panel | None:
    """The coverage strip, on the pages of imports and of feeds that bring sales."""
    if not may(role, Can.SEE_SALES) or (feed is not None and not feed.kind.startswith("sales")):
        return None
    strip = coverage.build(shop, feed)
    return Panel("shop/feed_coverage.html", strip) if strip else None
