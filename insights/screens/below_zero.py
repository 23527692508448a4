"""What is sold below zero stock, until when it counts at which cost, and what receipts have put right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.utils import timezone

from insights.downloads import File
from sales import below_zero as report
from sales.below_zero import BelowZero, BelowZeroTotals, Settled
from shop import formats
from shop.csvout import Cell, amount, quantity
from shop.models import Branch, Shop
from shop.roles import Can, may

ROWS, LATELY = 30, 20


@dataclass(frozen=True, slots=True)
class BelowZeroScreen:
    lead: str
    branches: tuple[Branch, ...]
    branch: Branch | None
    rows: list[BelowZero]
    page: Page[Any]
    settled: list[Settled]


@transaction.atomic
def build(given: Mapping[str, str], shop: Shop, role: str) -> BelowZeroScreen:
    """One page of it; a fixed number of queries however much is below zero."""
    branches, branch = _asked(given)
    at = branch.pk if branch else None
    totals = report.below_zero_totals(branch=at)
    page = Paginator(range(totals.rows), ROWS).get_page(given.get("page", "1"))
    return BelowZeroScreen(
        lead=_lead(totals, shop, sees_cost=may(role, Can.SEE_COST)),
        branches=branches,
        branch=branch,
        rows=report.sold_below_zero(branch=at, first=max(page.start_index() - 1, 0), most=ROWS),
        page=page,
        settled=report.settled_lately(LATELY, branch=at),
    )


def as_file(given: Mapping[str, str], role: str) -> File:
    """All of what is below zero. Costs are in it for roles that may see them."""
    cost = may(role, Can.SEE_COST)
    header = ("product", "name", "branch", "below_zero", "since", *(("cost", "value") if cost else ()))
    return File("below_zero", header, _rows(given, cost=cost))


def _rows(given: Mapping[str, str], *, cost: bool) -> Iterator[tuple[Cell, ...]]:
    _, branch = _asked(given)
    for row in report.sold_below_zero(branch=branch.pk if branch else None):
        since = row.since and timezone.localtime(row.since)
        names = row.sku, row.name, row.branch_name, quantity(row.quantity), since
        yield *names, *((amount(row.cost), amount(row.value)) if cost else ())


def _asked(given: Mapping[str, str]) -> tuple[tuple[Branch, ...], Branch | None]:
    branches = tuple(Branch.objects.order_by("name"))
    return branches, next((one for one in branches if str(one.pk) == given.get("branch")), None)


def _lead(totals: BelowZeroTotals, shop: Shop, *, sees_cost: bool) -> str:
    if not totals.rows:
        return "No product has less than nothing."
    one = totals.rows == 1
    many = "One product shows" if one else f"{totals.rows:,} products show"
    said = f"{many} less than nothing: sold before {'it was' if one else 'they were'} booked in."
    if not sees_cost:
        return said
    worth = (
        f" {'It counts' if one else 'They count'} at {formats.money_short(totals.value, shop.currency)} until the next"
    )
    worth += " receipt says what it cost." if one else " receipts say what they cost."
    missing = f" For {totals.uncosted:,} no cost is known." if totals.uncosted else ""
    return f"{said}{worth}{missing}"
