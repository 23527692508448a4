"""Tills from which sales are missing, or that have not been heard of for a while."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sales import sync
from sales.sync import NeverCame
from shop import doors
from shop.models import Device, Shop

QUIET = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class TillRow:
    """A till with something to look at: numbers that never came, or when it was last heard of (None: never)."""

    name: str
    branch: str
    seen_at: dt.datetime | None
    is_quiet: bool
    missing: int = 0
    which: str = ""


def rows(shop: Shop, now: dt.datetime) -> list[TillRow]:
    """Tills with missing sales, the most first, then connected ones that are silent for a day."""
    seen, latest, names = doors.last_seen(shop.pk), dict[int, list[dt.datetime]](), dict[int, tuple[str, str]]()
    for device in Device.objects.filter(revoked_at=None).select_related("register__branch"):
        till = device.register_id
        names[till] = device.register.name, device.register.branch.name
        latest.setdefault(till, []).extend([seen[device.pk]] if device.pk in seen else [])
    found = []
    for gap in sync.never_came():
        at = max(latest.pop(gap.register, []), default=None)
        found.append(TillRow(gap.till, gap.branch, at, _is_quiet(at, now), gap.count, _ranges(gap)))
    for till, times in latest.items():
        at = max(times, default=None)
        if _is_quiet(at, now):
            found.append(TillRow(*names[till], at, is_quiet=True))
    return found


def _is_quiet(at: dt.datetime | None, now: dt.datetime) -> bool:
    return at is None or now - at > QUIET


def _ranges(gap: NeverCame) -> str:
    named = [str(first) if first == last else f"{first} to {last}" for first, last in gap.latest]
    told = sum(last - first + 1 for first, last in gap.latest)
    return ", ".join(named) + (", and earlier ones" if told < gap.count else "")
