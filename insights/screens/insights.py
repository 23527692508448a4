"""What follows a decision, beside its row: who decided, until when it is measured, and what it came to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from insights.charts import Chart
from insights.decisions import scoreboard
from insights.decisions.outcomes_plan import plans
from insights.models import Outcome, Suggestion
from insights.screens import outcomes
from shop import formats
from shop.models import Shop
from shop.roles import Can, may

DECIDED = (Suggestion.State.ACCEPTED, Suggestion.State.DISMISSED)


@dataclass(frozen=True, slots=True)
class After:
    """Lines for a row: the decision, what is still measured, and the result with its verdict and method."""

    decided: str
    waiting: str
    result: str = ""
    verdict: str = ""
    chip: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed from one decision, window by window, with its drawing."""

    after: After
    lines: list[outcomes.Line]
    chart: Chart | None


def month(shop: Shop, role: str, now: dt.datetime) -> str:
    """This month's sum in a line, for who may see margins."""
    if not may(role, Can.SEE_COST):
        return ""
    return outcomes.month_line(scoreboard.results(since=shop.today(now).replace(day=1)), shop, now)


def after(found: Sequence[Suggestion], shop: Shop, role: str, now: dt.datetime) -> dict[int, After]:
    """By suggestion, for those decided; a fixed number of queries however many."""
    decided = [one for one in found if one.state in DECIDED and one.decided_at]
    if not decided:
        return {}
    by_pk: dict[int, list[Outcome]] = {one.pk: [] for one in decided}
    rows = Outcome.objects.filter(suggestion__in=list(by_pk)).order_by("days")
    for row in rows:
        by_pk[row.suggestion_id].append(row)
    ahead = {plan.suggestion.pk: plan for plan in plans(decided, shop)}
    today = shop.today(now)
    return {
        one.pk: _after(one, by_pk[one.pk], outcomes.waiting_words(ahead[one.pk], by_pk[one.pk], today), shop, role)
        for one in decided
    }


def followed(found: Suggestion, shop: Shop, role: str, now: dt.datetime) -> Followed | None:
    """Everything measured of one decision; None while it is open."""
    said = after([found], shop, role, now).get(found.pk)
    if said is None:
        return None
    if not may(role, Can.SEE_COST):
        return Followed(said, [], None)
    rows = scoreboard.result_of(found)
    best = _best(rows)
    return Followed(
        said, [outcomes.line(one, shop.currency) for one in rows], outcomes.earned_chart(best, shop) if best else None
    )


def _after(one: Suggestion, rows: list[Outcome], waiting: str, shop: Shop, role: str) -> After:
    best, see_cost = _best(rows), may(role, Can.SEE_COST)
    decided = _decided(one, role, shop)
    if best is None:
        return After(decided, waiting)
    return After(
        decided=decided,
        waiting=waiting,
        result=outcomes.result_words(best, shop.currency) if see_cost else "",
        verdict=best.get_verdict_display(),
        chip=outcomes.CHIPS.get(best.verdict, ""),
        method=outcomes.method_words(best) if see_cost and best.verdict != Outcome.Verdict.UNMEASURED else "",
    )


def _best(rows: list[Outcome]) -> Outcome | None:
    """The longest window that could be measured, else the longest."""
    known = [row for row in rows if row.effect is not None]
    return (known or rows)[-1] if rows else None


def _decided(one: Suggestion, role: str, shop: Shop) -> str:
    """Accepted Mon 2 Nov by priya@shops.example, at 1.95 where 2.05 was advised."""
    assert one.decided_at is not None
    local = timezone.localtime(one.decided_at)
    by = f" by {one.decided_by}" if one.decided_by and may(role, Can.SEE_HISTORY) else ""
    words = f"{one.get_state_display()} {formats.day(local.date(), timezone.localtime().date())}{by}"
    if one.decided_price is not None and one.advised_price is not None and one.decided_price != one.advised_price:
        now, advised = (formats.money(price, shop.currency) for price in (one.decided_price, one.advised_price))
        return f"{words}, at {now} where {advised} was advised."
    if one.decided_quantity is not None and one.quantity is not None and one.decided_quantity != one.quantity:
        return f"{words}, {formats.units(one.decided_quantity)} where {formats.units(one.quantity)} was advised."
    return f"{words}."
