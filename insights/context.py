"""What every page of a shop says about how far its figures reach."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from sales import reports
from shop import formats
from shop.models import Shop
from shop.roles import Can, may


@dataclass(frozen=True, slots=True)
class Fresh:
    """`state`: ok while yesterday is in, amber where a whole day is missing, red from two on."""

    state: str
    text: str
    short: str


def freshness(request: Any) -> dict[str, Any]:
    """Context of every page, asked for only where the shell is drawn and the role may see sales."""
    membership = getattr(request, "membership", None)
    if membership is None or not may(membership.role, Can.SEE_SALES):
        return {}
    return {"freshness": SimpleLazyObject(lambda: fresh(membership.shop, timezone.now()))}


def fresh(shop: Shop, now: dt.datetime) -> Fresh | None:
    """How far the chosen shop's sales reach, in words; None before the first sale."""
    sold_at = reports.freshness().sold_at
    if sold_at is None:
        return None
    today, day, local = shop.today(now), shop.business_date(sold_at), timezone.localtime(sold_at)
    missing = (today - day).days - 1
    state = "ok" if missing < 1 else "amber" if missing == 1 else "red"
    clock = formats.clock(local)
    if day == today:
        return Fresh(state, f"Till sales up to {clock}", clock)
    return Fresh(state, f"Till sales up to {formats.moment(local, today)}", formats.day_of_month(day, today))
