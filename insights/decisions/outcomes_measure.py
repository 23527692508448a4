"""What each decision earned, window by window: its days against what would have been without it. Reads a Book, writes
nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np

from insights.decisions.outcomes_compute import BEFORE, Answer, Flags, answers
from insights.decisions.outcomes_plan import Plan, decided_at
from insights.decisions.outcomes_reading import Book, Money
from insights.models import Outcome, Suggestion

Act, Verdict = Outcome.Act, Outcome.Verdict
CENT = Decimal("0.01")
COSTED = 0.5  # of the net sales whose cost must be known
USUAL_PULL = (-1.8, -2.8, -0.8)  # of a grocery's product to its price, where the shop's own is not known yet
STOCK_WRONG = 0.1  # a stock figure is taken to be right to this part of it, or to a piece
SETTLING = 2  # days after a lot's date in which what was left of it is thrown away


@dataclass(frozen=True, slots=True)
class Measured:
    """An effect in money with its 80 % range and the facts behind it; without an effect, why there is none."""

    effect: float | None = None
    low: float = 0.0
    high: float = 0.0
    days: int = 0  # that counted
    facts: dict[str, Any] = field(default_factory=dict)
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """One window of a plan that has wholly passed."""

    plan: Plan
    days: int

    @property
    def first(self) -> dt.date:
        assert self.plan.first is not None
        return self.plan.first

    @property
    def product(self) -> int:
        return int(self.plan.suggestion.product_id or 0)

    @property
    def last(self) -> dt.date:
        return self.first + dt.timedelta(days=self.days - 1)


def due(plan: Plan, as_of: dt.date) -> list[Due]:
    """The windows that ended by `as_of`; a decision that was never carried out, or is no money's, has one."""
    if plan.why_not:
        start = decided_at(plan.suggestion).date()
        return [Due(replace(plan, first=start), 7)] if start + dt.timedelta(days=6) <= as_of else []
    if plan.first is None:
        return []
    settling = dt.timedelta(days=SETTLING if plan.metric == "lot" else 0)
    return [one for one in (Due(plan, days) for days in plan.windows) if one.last + settling <= as_of]


def measure(wanted: Sequence[Due], book: Book, tick: Callable[[int, int], None]) -> Iterator[Outcome]:
    """One outcome for each, those of one window and place together."""
    together: dict[tuple[int | None, dt.date, int], list[Due]] = defaultdict(list)
    for one in wanted:
        together[one.plan.branch, one.first, one.days].append(one)
    for number, (place, of) in enumerate(sorted(together.items(), key=lambda pair: str(pair[0]))):
        found = _answers(of, book, *place)
        for one in of:
            yield _outcome(one, _measured(one, book, found.get(one.plan.suggestion.pk, Answer())))
        tick(number + 1, len(together))


def _answers(of: list[Due], book: Book, branch: int | None, first: dt.date, days: int) -> dict[int, Answer]:
    """What the products would have sold, by suggestion."""
    asks = [one for one in of if _asks(one) and one.product in book.row]
    if not asks:
        return {}
    panel, rows = book.panel(branch), [book.row[one.product] for one in asks]
    if branch is not None:  # its empty days, or those marked down, are what is asked about
        usable = panel.usable.copy()
        for metric, days_of in (("order", book.out), ("lot", book.marked)):
            asked = [row for row, one in zip(rows, asks, strict=True) if one.plan.metric == metric]
            usable[asked] |= days_of[branch][asked]
        panel = replace(panel, usable=usable)
    found = answers(panel, book.day(first), days, rows, book.close)
    return {one.plan.suggestion.pk: answer for one, answer in zip(asks, found, strict=True)}


def _asks(one: Due) -> bool:
    """Whether what would have sold must be worked out: a price left alone sold what it sold."""
    plan = one.plan
    if plan.why_not or one.last > plan.until:
        return False
    return (plan.act == Act.REFUSED) == (plan.metric == "order")


def _measured(one: Due, book: Book, answer: Answer) -> Measured:
    plan = one.plan
    if plan.why_not:
        return Measured(why_not=plan.why_not)
    if one.product not in book.row:
        return Measured(why_not="It has not sold for months.")
    if answer.why_not:
        return Measured(why_not=answer.why_not)
    if plan.metric == "order":
        return _order_refused(one, book, answer) if plan.act == Act.REFUSED else _order(one, book)
    if one.last > plan.until:
        number = (plan.until - one.first).days + 1
        return Measured(why_not=f"After {number} days {plan.end_word}." if number > 0 else f"{plan.end_word} at once.")
    if plan.metric == "lot":
        return _lot_refused(one, book) if plan.act == Act.REFUSED else _lot(one, book, answer)
    return _price_refused(one, book) if plan.act == Act.REFUSED else _price(one, book, answer)


# --- Prices --------------------------------------------------------------------------------------------------------


def _price(one: Due, book: Book, answer: Answer) -> Measured:
    """The margin of the days that count, less what the old price would have brought at what would have sold."""
    each = _each(one, book, answer)
    if each is None:
        return NO_COST
    window, counted = each.window, answer.counted
    assert counted is not None and answer.daily is not None
    brought = float(window.net[counted].sum() - each.cost * answer.sold)
    values = [brought - units * each.margin_before for units in (answer.expected, answer.low, answer.high)]
    by_day = (window.net - each.cost * window.units - answer.daily * each.margin_before) * counted
    facts = _facts(answer) | {"earned": np.round(np.cumsum(by_day), 2).tolist(), "margin_before": each.margin_before}
    return Measured(values[0], min(values), max(values), int(counted.sum()), facts)


def _price_refused(one: Due, book: Book) -> Measured:
    """What the advised price would have brought at what really sold, by how the product answers to its price."""
    money, plan = book.money_of(one.plan.branch, one.product), one.plan
    window = _part(money, book.day(one.first), one.days)
    sold, cost = float(window.units.sum()), _cost(window)
    if plan.price_before is None or plan.suggestion.advised_price is None or sold <= 0:
        return Measured(why_not="It sold nothing on these days, or had no price.")
    if cost is None:
        return NO_COST
    ratio, net = float(plan.suggestion.advised_price / plan.price_before), float(window.net.sum()) / sold
    values = [
        -sold * (ratio**pull * (net * ratio - cost) - (net - cost))
        for pull in book.elasticity.get(one.product, USUAL_PULL)
    ]
    facts = {"control": "pull", "sold": round(sold, 3)}
    return Measured(values[0], min(values), max(values), one.days, facts)


# --- Lots near their date ------------------------------------------------------------------------------------------


def _lot(one: Due, book: Book, answer: Answer) -> Measured:
    """The margin less what was thrown away, beside selling at the full price and throwing away what was left."""
    each = _each(one, book, answer)
    if each is None:
        return NO_COST
    marked, counted = _quantity(one.plan.suggestion), answer.counted
    assert counted is not None
    wasted = _gone(one, "waste", SETTLING)
    actual = float(each.window.net[counted].sum()) - each.cost * (answer.sold + wasted)

    def without(units: float) -> float:
        return units * each.margin_before - max(marked - units, 0) * each.cost

    values = [actual - without(units) for units in (answer.expected, answer.low, answer.high)]
    facts = _facts(answer) | {"marked": marked, "wasted": wasted}
    return Measured(values[0], min(values), max(values), int(counted.sum()), facts)


def _lot_refused(one: Due, book: Book) -> Measured:
    """What the marked price would have saved of what was thrown away, less what it would have given away."""
    plan = one.plan
    window = _part(book.money_of(plan.branch, one.product), book.day(one.first), one.days)
    sold, cost, wasted = float(window.units.sum()), _cost(window), _gone(one, "waste", SETTLING)
    if cost is None or plan.price_before is None or plan.suggestion.advised_price is None or sold <= 0:
        return Measured(why_not="It sold nothing on these days, or its cost or price is not known.")
    ratio, net, marked = float(plan.suggestion.advised_price / plan.price_before), float(window.net.sum()) / sold, 0.0
    marked = _quantity(plan.suggestion)
    values = []
    for pull in book.elasticity.get(one.product, USUAL_PULL):
        more = min(wasted, max(sold * (ratio**pull - 1), 0))
        values.append(min(sold, marked) * net * (1 - ratio) - more * net * ratio)
    facts = {"control": "pull", "sold": round(sold, 3), "wasted": wasted, "marked": marked}
    return Measured(values[0], min(values), max(values), one.days, facts)


# --- Orders --------------------------------------------------------------------------------------------------------


def _order(one: Due, book: Book) -> Measured:
    """The margin of what sold beyond the stock there was, less what of the order was thrown away."""
    last = min(one.last, one.plan.until)
    window = _part(book.money_of(one.plan.branch, one.product), book.day(one.first), one.days)
    cost, sold = _cost(window), max(-_gone_between(one.plan, ("sale", "refund"), one.first, last), 0.0)
    if cost is None or window.units.sum() <= 0:
        return NO_COST if window.units.sum() > 0 else Measured(why_not="It sold nothing on these days.")
    stock = max(sum(amount for day, _, amount in one.plan.moved if day < one.first), 0.0)
    wasted = max(-_gone_between(one.plan, ("waste",), one.first, last), 0.0)
    margin, wrong = float(window.net.sum()) / float(window.units.sum()) - cost, max(1.0, STOCK_WRONG * stock)

    def earned(stock: float) -> float:
        return margin * max(sold - stock, 0) - cost * max(wasted - max(stock - sold, 0), 0)

    values = [earned(max(of, 0)) for of in (stock, stock - wrong, stock + wrong)]
    facts = {"control": "stock", "sold": round(sold, 3), "stock": round(stock, 3), "wasted": round(wasted, 3)}
    return Measured(values[0], min(values), max(values), (last - one.first).days + 1, facts)


def _order_refused(one: Due, book: Book, answer: Answer) -> Measured:
    """What was missed on the days it had run out, by what would have sold on them."""
    branch, product = one.plan.branch, one.product
    first = book.day(one.first)
    each = _each(one, book, answer)
    if each is None:
        return NO_COST
    assert branch is not None and answer.daily is not None
    empty: Flags = book.out[branch][book.row[product]][first : first + one.days]
    if not empty.any():
        return Measured(0.0, 0.0, 0.0, one.days, {"control": "stock", "out": 0, "sold": round(answer.sold, 3)})
    missed = []
    for of in (answer.expected, answer.low, answer.high):
        daily = answer.daily * of / max(answer.expected, 1e-9)
        missed.append(-each.margin_before * max(float((daily - each.window.units)[empty].sum()), 0))
    return Measured(missed[0], min(missed), max(missed), one.days, _facts(answer) | {"out": int(empty.sum())})


# --- Small parts ---------------------------------------------------------------------------------------------------

NO_COST = Measured(why_not="What it costs the shop is not known.")


@dataclass(frozen=True, slots=True)
class _Each:
    """A piece's cost in the window, and its margin at the price before."""

    window: Money
    cost: float
    margin_before: float


def _each(one: Due, book: Book, answer: Answer) -> _Each | None:
    money, first = book.money_of(one.plan.branch, one.product), book.day(one.first)
    window = _part(money, first, one.days)
    start = max(0, first - BEFORE)
    before = _part(money, start, first - start)
    cost = _cost(window)
    cost = _cost(before) if cost is None else cost
    assert answer.before is not None
    units = float(before.units[answer.before].sum())
    if cost is None or units <= 0:
        return None
    return _Each(window, cost, float(before.net[answer.before].sum()) / units - cost)


def _part(money: Money, first: int, days: int) -> Money:
    names = ("units", "net", "costed_net", "cost")
    return Money(*(getattr(money, name)[first : first + days] for name in names))


def _cost(of: Money) -> float | None:
    """What a piece cost, by the lines whose cost is known; None where that is too few."""
    net, costed, units = float(of.net.sum()), float(of.costed_net.sum()), float(of.units.sum())
    if units <= 0 or net <= 0 or costed < COSTED * net:
        return None
    return float(of.cost.sum()) / costed * net / units


def _facts(answer: Answer) -> dict[str, Any]:
    said = {name: round(getattr(answer, name), 3) for name in ("sold", "expected", "low", "high")}
    return said | {"control": "sisters", "sisters": answer.sisters, "placebos": answer.placebos}


def _quantity(of: Suggestion) -> float:
    return float(of.decided_quantity or of.quantity or 0)


def _gone(one: Due, kind: str, longer: int) -> float:
    return max(-_gone_between(one.plan, (kind,), one.first, one.last + dt.timedelta(days=longer)), 0.0)


def _gone_between(plan: Plan, kinds: tuple[str, ...], first: dt.date, last: dt.date) -> float:
    return sum(amount for day, kind, amount in plan.moved if kind in kinds and first <= day <= last)


def _outcome(one: Due, found: Measured) -> Outcome:
    suggestion, facts = one.plan.suggestion, dict(found.facts)
    if found.why_not:
        facts["why_not"] = found.why_not
    else:
        facts["days"] = found.days
    return Outcome(
        suggestion=suggestion,
        days=one.days,
        first_date=one.first,
        last_date=one.last,
        act=one.plan.act,
        metric=one.plan.metric,
        effect=_money(found.effect),
        effect_low=_money(found.low) if found.effect is not None else None,
        effect_high=_money(found.high) if found.effect is not None else None,
        verdict=_verdict(found),
        method=facts,
        **_predicted(suggestion, one.plan.metric, found.days or one.days),
    )


def _verdict(found: Measured) -> str:
    if found.effect is None:
        return Verdict.UNMEASURED
    low, high = round(found.low, 2), round(found.high, 2)
    return Verdict.EARNED if low > 0 else Verdict.COST if high < 0 else Verdict.UNCLEAR


def _predicted(of: Suggestion, metric: str, days: int) -> dict[str, Decimal | None]:
    """What the suggestion said for as many days; a lot's or an order's is for the whole of it."""
    share = Decimal(days) / of.value_days if metric == "margin" and of.value_days else Decimal(1)
    parts = {"predicted": of.value, "predicted_low": of.value_low, "predicted_high": of.value_high}
    return {name: None if value is None else (value * share).quantize(CENT) for name, value in parts.items()}


def _money(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(round(float(value), 2))).quantize(CENT)
