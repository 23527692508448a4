"""The reorder suggestions of a forecast run: what to order before the next cut-offs, netted, within the week's cash."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

import numpy as np
from django.utils import timezone

from insights.decisions.drafts import Draft
from insights.models import Run
from insights.ordering import cash, inputs, words
from insights.ordering.advice import Advice, Policy, Scale, advise, gains
from insights.ordering.demand import Ints
from insights.ordering.inputs import Book, Key, Line
from shop import formats

KINDS = ("reorder", "count", "cash")
WITHIN = dt.timedelta(hours=48)  # a cut-off further off is decided on better, later
MOST_COUNTS = 20
CENT, GRAM = Decimal("0.01"), Decimal("0.001")


def reorder_drafts(run: Run, now: dt.datetime | None = None) -> list[Draft]:
    """What to order now, from this run's stored forecast, stock and open orders; and what to count first.

    Empty where the forecast ends too long ago to order from. Call it in a transaction.
    """
    now = now or timezone.now()
    book = inputs.read(run, now)
    if book is None:
        return []
    return [*_orders(book, now), *_counts(book)]


def _orders(book: Book, now: dt.datetime) -> Iterator[Draft]:
    if not book.lines:
        return
    due = np.array([book.timing[line.supplier.pk].cutoff_at <= now + WITHIN for line in book.lines])
    policy = _policy(book)
    wished = advise(book.items, policy)
    wanted = np.where(due, wished.cases, 0)
    cases = _within_cash(book, wanted, policy)
    advice = Scale(book.items.in_portions(), policy).advice(cases, capped=wished.capped > 0)
    totals = _totals(book, advice)
    for row in np.flatnonzero(cases > 0).tolist():
        yield _draft(book, advice, row, int(wanted[row]), totals)
    if left_out := [int(row) for row in np.flatnonzero(wanted > cases)]:
        yield _left_out(book, wanted - cases, left_out)


def _policy(book: Book) -> Policy:
    """A thing not found costs more than its margin, whatever its price: the shop's middle margin again."""
    earning = book.items.margin[book.items.margin > 0]
    return Policy(patience=float(np.median(earning)) if earning.size else 0.0)


def _within_cash(book: Book, wanted: Ints, policy: Policy) -> Ints:
    limit = book.shop.weekly_cash
    if limit is None:
        return wanted
    left = max(float(limit - book.spent), 0.0)
    return cash.within(wanted, gains(book.items, wanted, policy), book.items.case * book.items.cost, left)


def _totals(book: Book, advice: Advice) -> Mapping[Key, Decimal]:
    """What each (branch, supplier) order comes to with the draft there is and all that is advised."""
    totals: dict[Key, Decimal] = defaultdict(Decimal, book.in_drafts)
    for row in np.flatnonzero(advice.cases > 0).tolist():
        line = book.lines[row]
        totals[line.branch.pk, line.supplier.pk] += _outlay(line, _quantity(advice, row))
    return totals


def _draft(book: Book, advice: Advice, row: int, wanted: int, totals: Mapping[Key, Decimal]) -> Draft:
    line, quantity = book.lines[row], _quantity(advice, row)
    total = totals[line.branch.pk, line.supplier.pk]
    worth = [_money(values[row]) for values in (advice.value, advice.value_low, advice.value_high)]
    if line.price is None or not line.cost_known:
        worth = [None, None, None]
    return Draft(
        kind="reorder",
        key=f"reorder:{line.branch.pk}:{line.product.pk}",
        title=words.title(line, quantity),
        why=words.why(book, advice, row, wanted),
        evidence=words.evidence(book, advice, row, wanted, total),
        branch=line.branch.pk,
        product=line.product.pk,
        supplier=line.supplier.pk,
        quantity=quantity,
        value=worth[0],
        value_low=worth[1],
        value_high=worth[2],
        outlay=_outlay(line, quantity),
        deadline_at=book.timing[line.supplier.pk].cutoff_at,
    )


def _left_out(book: Book, cases: Ints, rows: list[int]) -> Draft:
    """One line that says what the week's cash does not reach."""
    costs = {row: _outlay(book.lines[row], _cases(book, row, int(cases[row]))) for row in rows}
    rows.sort(key=lambda row: -costs[row])
    names = ", ".join(f"{book.lines[row].product.name} ({int(cases[row])})" for row in rows[:8])
    more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
    return Draft(
        kind="cash",
        key="cash",
        title="Orders left out by this week's cash limit",
        why=f"Left out, in cases: {names}{more}. What earns most for its money came first.",
        evidence={
            "facts": [
                {"label": "Would cost", "value": float(sum(costs.values())), "unit": "money", "cost": True},
                {"label": "On orders this week", "value": float(book.spent), "unit": "money", "cost": True},
                {"label": "Lines left out", "value": len(rows), "unit": "units"},
            ]
        },
    )


def _counts(book: Book) -> Iterator[Draft]:
    """Stock below nothing is no stock to order from: it is counted first."""
    for line in sorted(book.negative, key=lambda one: one.level)[:MOST_COUNTS]:
        yield Draft(
            kind="count",
            key=f"count:{line.branch.pk}:{line.product.pk}",
            title=f"Count {line.product.name}",
            why=f"The stock says {formats.units(line.level)}, which cannot be, so nothing is ordered from it.",
            evidence={"facts": [{"label": "In stock", "value": float(line.level), "unit": "units"}]},
            branch=line.branch.pk,
            product=line.product.pk,
            supplier=line.supplier.pk,
        )


def _quantity(advice: Advice, row: int) -> Decimal:
    return Decimal(repr(float(advice.quantity[row]))).quantize(GRAM)


def _cases(book: Book, row: int, cases: int) -> Decimal:
    return Decimal(repr(float(book.items.case[row]))) * cases


def _outlay(line: Line, quantity: Decimal) -> Decimal:
    return (quantity * line.cost).quantize(CENT)


def _money(value: float) -> Decimal | None:
    return Decimal(repr(float(value))).quantize(CENT)
