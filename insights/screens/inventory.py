"""The inventory: how long stock lasts, what expires, what nobody buys, what to count. Costs only for roles that may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString

from insights.charts.stock import cover_bar
from insights.screens.inventory_expiring import Expiring, expiring
from insights.stock_reports import Cover, CoverTotals, Dead, ToCount, cover, cover_totals, dead_stock, to_count
from inventory.models import Supplier
from inventory.reports_losses import shrinkage
from shop import formats
from shop.models import Branch, Shop
from shop.roles import Can, may

VIEWS = {"cover": "Cover", "expiring": "Expiring", "dead": "Dead stock", "counts": "Counts"}
ROWS = 50
DEAD_DAYS = (28, 60, 90)
RECENT = dt.timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; unknown and foreign choices are as none."""

    view: str
    branch: Branch | None
    branches: tuple[Branch, ...]
    supplier: Supplier | None
    suppliers: tuple[Supplier, ...]
    days: int
    low: bool
    page: str

    @property
    def only(self) -> dict[str, int | None]:
        return {
            "branch": self.branch.pk if self.branch else None,
            "supplier": self.supplier.pk if self.supplier else None,
        }


@dataclass(frozen=True, slots=True)
class CoverRow:
    row: Cover
    days: str
    bar: SafeString
    words: str


@dataclass(frozen=True, slots=True)
class DeadRow:
    row: Dead
    days: int
    advice: str


@dataclass(frozen=True, slots=True)
class InventoryScreen:
    asked: Asked
    tabs: list[dict[str, Any]]
    lead: str
    page: Page[Any] | None = None
    cover: list[CoverRow] | None = None
    totals: CoverTotals | None = None
    expiring: Expiring | None = None
    dead: list[DeadRow] | None = None
    counts: list[ToCount] | None = None
    shrinkage: Decimal | None = None


def read(given: Mapping[str, str]) -> Asked:
    branches, suppliers = tuple(Branch.objects.order_by("name")), tuple(Supplier.objects.order_by("name"))
    days = given.get("days", "")
    return Asked(
        view=given.get("view", "") if given.get("view", "") in VIEWS else "cover",
        branch=next((one for one in branches if str(one.pk) == given.get("branch")), None),
        branches=branches,
        supplier=next((one for one in suppliers if str(one.pk) == given.get("supplier")), None),
        suppliers=suppliers,
        days=int(days) if days in map(str, DEAD_DAYS) else DEAD_DAYS[0],
        low=given.get("show") == "low",
        page=given.get("page", "1"),
    )


@transaction.atomic
def build(asked: Asked, shop: Shop, role: str) -> InventoryScreen:
    """The view asked for; a fixed number of queries however many rows."""
    today, totals = shop.today(), cover_totals(shop.today(), **asked.only, low=asked.low)
    make = {"cover": _cover, "expiring": _expiring, "dead": _dead, "counts": _counts}[asked.view]
    return make(asked, shop, today, totals, sees_cost=may(role, Can.SEE_COST))


def cover_rows(asked: Asked, today: dt.date, *, first: int = 0, most: int | None = ROWS) -> list[CoverRow]:
    branch, supplier = asked.only["branch"], asked.only["supplier"]
    found = cover(today, branch=branch, supplier=supplier, low=asked.low, first=first, most=most)
    return [
        CoverRow(row, _days(row), cover_bar(row.days, row.target, low=row.is_low), _cover_words(row)) for row in found
    ]


def dead_rows(asked: Asked, today: dt.date, most: int | None = 200) -> list[DeadRow]:
    found = dead_stock(today, days=asked.days, **asked.only, most=most)
    return [DeadRow(row, (today - (row.sold_on or row.since)).days, _advice(row)) for row in found]


def _cover(asked: Asked, shop: Shop, today: dt.date, totals: CoverTotals, *, sees_cost: bool) -> InventoryScreen:
    page = Paginator(range(totals.rows), ROWS).get_page(asked.page)
    first = max(page.start_index() - 1, 0)
    return InventoryScreen(
        asked=asked,
        tabs=_tabs(asked, totals),
        lead=_cover_lead(totals),
        page=page,
        cover=cover_rows(asked, today, first=first),
        totals=totals,
    )


def _expiring(asked: Asked, shop: Shop, today: dt.date, totals: CoverTotals, *, sees_cost: bool) -> InventoryScreen:
    found = expiring(today, shop, sees_cost=sees_cost, **asked.only)
    return InventoryScreen(asked=asked, tabs=_tabs(asked, totals, found.soon), lead=found.lead, expiring=found)


def _dead(asked: Asked, shop: Shop, today: dt.date, totals: CoverTotals, *, sees_cost: bool) -> InventoryScreen:
    rows = dead_rows(asked, today)
    tied = sum((row.row.value for row in rows if row.row.value), Decimal(0))
    many = f"{len(rows)} product{'s have' if len(rows) != 1 else ' has'} not sold for {asked.days} days"
    lead = f"{many}, and {formats.money_short(tied, shop.currency)} is tied up in {'them' if len(rows) != 1 else 'it'}."
    if not sees_cost:
        lead = f"{many}."
    lead = lead if rows else f"Everything in stock sold within the last {asked.days} days."
    return InventoryScreen(asked=asked, tabs=_tabs(asked, totals, len(rows)), lead=lead, dead=rows)


def _counts(asked: Asked, shop: Shop, today: dt.date, totals: CoverTotals, *, sees_cost: bool) -> InventoryScreen:
    rows = to_count(today, branch=asked.only["branch"])
    lost = shrinkage(timezone.now() - RECENT, branch=asked.only["branch"]) if sees_cost else None
    lead = f"{len(rows)} counts would tell the most. Begin at the top." if rows else "No product asks to be counted."
    return InventoryScreen(asked=asked, tabs=_tabs(asked, totals), lead=lead, counts=rows, shrinkage=lost)


def _tabs(asked: Asked, totals: CoverTotals, here: int | None = None) -> list[dict[str, Any]]:
    known = {
        "cover": f"{totals.low} low" if totals.low else "",
        "counts": f"{totals.negative}" if totals.negative else "",
    }
    if here is not None:
        known[asked.view] = str(here)
    return [
        {"key": key, "title": title, "note": known.get(key, ""), "current": key == asked.view}
        for key, title in VIEWS.items()
    ]


def _cover_lead(totals: CoverTotals) -> str:
    if not totals.rows:
        return "Nothing is counted or received here yet."
    low = f"{totals.low} product{'s' if totals.low != 1 else ''} may run out before the deliveries after next."
    below = f"{totals.negative} show{'s' if totals.negative == 1 else ''} less than nothing: count first."
    said = [text for many, text in ((totals.low, low), (totals.negative, below)) if many]
    return " ".join(said) or "Everything lasts until its next deliveries."


def _days(row: Cover) -> str:
    if row.days is None:
        return formats.UNKNOWN
    return "over 99" if row.days > 99 else formats.number(row.days, 1)


def _cover_words(row: Cover) -> str:
    """What the bar shows, for those who do not see it."""
    if row.days is None:
        return "Nothing is expected to sell."
    aim = f", deliveries need {row.target}" if row.target is not None else ""
    return f"Lasts {_days(row)} days{aim}"


def _advice(row: Dead) -> str:
    if row.sells_at:
        return f"Move it to {row.sells_at}, where it sells"
    if row.sold_on is None:
        return "Return it, or show it where it is seen"
    return "Mark it down, or take it off the range"
