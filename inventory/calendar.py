"""When a supplier's lorry comes, and until when an order reaches it: pure reckoning in the shop's own time."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inventory.models import Supplier

EVERY_DAY = frozenset(range(7))
ASSUMED_LEAD_DAYS = 2  # where nobody has said; whoever shows it says so


@dataclass(frozen=True, slots=True)
class Delivery:
    """One coming of the lorry: its day, and the moment (UTC) until which an order still goes with it."""

    on: dt.date
    cutoff_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """How a supplier delivers. `order_by` is a time in `zone` on the order day; None is that day's end."""

    lead_days: int
    weekdays: frozenset[int]
    order_by: dt.time | None
    zone: zoneinfo.ZoneInfo

    def deliveries(self, now: dt.datetime) -> Iterator[Delivery]:
        """Every delivery that an order given now can still go with, nearest first; it never ends."""
        day = now.astimezone(self.zone).date() + dt.timedelta(days=self.lead_days)
        for ahead in itertools.count():
            on = day + dt.timedelta(days=ahead)
            if on.weekday() in self.weekdays and (cutoff := self.cutoff(on)) > now:
                yield Delivery(on, cutoff)

    def next_two(self, now: dt.datetime) -> tuple[Delivery, Delivery]:
        """The next possible delivery and the one after it: what is ordered for the first must last to the second."""
        coming = self.deliveries(now)
        return next(coming), next(coming)

    def cutoff(self, on: dt.date) -> dt.datetime:
        """Until when an order goes with the delivery of that day, in UTC: right across a change of the clocks."""
        order_day = on - dt.timedelta(days=self.lead_days)
        if self.order_by is None:
            order_day += dt.timedelta(days=1)
        return dt.datetime.combine(order_day, self.order_by or dt.time(0), self.zone).astimezone(dt.UTC)


def terms_of(supplier: Supplier, zone: str) -> Terms:
    """A supplier's terms. An unknown lead time counts as ASSUMED_LEAD_DAYS, no weekdays as any day."""
    lead = supplier.lead_time_days
    return Terms(
        lead_days=ASSUMED_LEAD_DAYS if lead is None else lead,
        weekdays=frozenset(int(digit) for digit in supplier.delivery_weekdays) or EVERY_DAY,
        order_by=supplier.order_by,
        zone=zoneinfo.ZoneInfo(zone),
    )
