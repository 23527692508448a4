"""The tables of the inventory as files, exact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from insights.downloads import File
from insights.screens.inventory import Asked, cover_rows, dead_rows
from insights.screens.inventory_expiring import rows as expiring_rows
from insights.stock_reports import to_count
from shop.csvout import Cell, amount, quantity
from shop.roles import Can, may


def of_inventory(asked: Asked, today: dt.date, role: str) -> File:
    """The view's table, every row of it. Values are in it for roles that may see costs."""
    cost = may(role, Can.SEE_COST)
    value = ("value",) if cost else ()
    if asked.view == "expiring":
        header = ("date", "product", "name", "branch", "lot", "quantity", "should_sell", "at_risk", *value)
        return File("expiring", header, _expiring(asked, today, cost=cost))
    if asked.view == "dead":
        header = ("product", "name", "branch", "quantity", "last_sold", "days", *value)
        return File(f"dead_stock_{asked.days}_days", header, _dead(asked, today, cost=cost))
    if asked.view == "counts":
        return File("to_count", ("product", "name", "branch", "reason", "last_counted"), _counts(asked, today))
    header = ("product", "name", "branch", "quantity", "daily", "days", "target", "on_order", "next_delivery", *value)
    return File("cover", header, _cover(asked, today, cost=cost))


def _cover(asked: Asked, today: dt.date, *, cost: bool) -> Iterator[tuple[Cell, ...]]:
    for one in cover_rows(asked, today, most=None):
        row = one.row
        names = row.sku, row.name, row.branch_name, quantity(row.quantity)
        lasts = (
            quantity(round(row.daily, 3)),
            row.days if row.days is None else quantity(round(row.days, 1)),
            row.target,
        )
        yield *names, *lasts, quantity(row.on_order), row.next_delivery, *((amount(row.value),) if cost else ())


def _expiring(asked: Asked, today: dt.date, *, cost: bool) -> Iterator[tuple[Cell, ...]]:
    for row in expiring_rows(today, **asked.only):
        lot = row.lot
        names = lot.date, lot.sku, lot.name, lot.branch_name, lot.code
        much = quantity(lot.quantity), quantity(round(row.sells, 3)), quantity(round(row.risk, 3))
        yield *names, *much, *((amount(lot.value),) if cost else ())


def _dead(asked: Asked, today: dt.date, *, cost: bool) -> Iterator[tuple[Cell, ...]]:
    for one in dead_rows(asked, today, most=None):
        row = one.row
        names = row.sku, row.name, row.branch_name, quantity(row.quantity), row.sold_on, one.days
        yield *names, *((amount(row.value),) if cost else ())


def _counts(asked: Asked, today: dt.date) -> Iterator[tuple[Cell, ...]]:
    for row in to_count(today, branch=asked.only["branch"], most=None):
        counted = row.counted_at.date() if row.counted_at else None
        yield row.sku, row.name, row.branch_name, row.reason, counted
