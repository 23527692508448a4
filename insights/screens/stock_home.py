"""Where stock entry begins: what to do, what is due today, what was entered lately."""

from __future__ import annotations

from dataclasses import dataclass

from insights.screens.stock_entry import DESKS, Asked, Desk
from insights.screens.stock_latest import Line, latest
from insights.screens.stock_orders import Due, due
from insights.stock_reports import ToCount, to_count
from shop.roles import Can, may

COUNTS = 5


@dataclass(frozen=True, slots=True)
class HomeScreen:
    asked: Asked
    desks: list[Desk]
    due: list[Due]
    counts: list[ToCount]
    latest: list[Line]
    may_enter: bool


def build(asked: Asked) -> HomeScreen:
    """A fixed number of queries, whatever happened."""
    may_enter = may(asked.role, Can.EDIT_STOCK)
    desks = [desk for desk in DESKS.values() if desk.key != "transfer" or len(asked.branches) > 1]
    today = asked.shop.today()
    return HomeScreen(
        asked=asked,
        desks=desks if may_enter else [],
        due=due(asked.branch, until=today),
        counts=to_count(today, branch=asked.branch.pk, most=COUNTS),
        latest=latest(asked.branch),
        may_enter=may_enter,
    )
