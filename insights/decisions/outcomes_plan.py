"""Which days of a decision are measured: from when it was really carried out, until something else took its place."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from insights.models import Outcome, ReviewReply, Suggestion
from inventory.models import Lot, PriceBatch, PriceBatchLine, PriceChange
from shop.models import Shop

State, Act = Suggestion.State, Outcome.Act
WINDOWS = (7, 14, 28)
LONGEST = WINDOWS[-1]
PATIENCE = dt.timedelta(days=28)  # a decision not carried out for so long was never carried out
LATE = dt.timedelta(hours=36)  # a price may be put up a little before somebody says so here
FOREVER = dt.date.max
# What cannot be told in money, by kind, and what is said instead.
NO_MONEY = {
    "reply": "An answer is not measured in money.",
    "count": "Counting is not measured in money: it puts the stock right.",
    "cash": "A cash limit is not measured by itself.",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to measure of one decision. `first` to `until` are whole business days, both included.

    `windows` are the lengths to measure; with `why_not` nothing ever can be, with neither it has not begun.
    """

    suggestion: Suggestion
    act: str
    metric: str
    windows: tuple[int, ...] = ()
    branch: int | None = None
    first: dt.date | None = None
    until: dt.date = FOREVER
    why_not: str = ""
    waits_for: str = ""
    end_word: str = ""
    price_before: Decimal | None = None
    lot: Lot | None = None
    moved: tuple[tuple[dt.date, str, float], ...] = ()  # its stock: day, kind of movement, amount

    @property
    def last(self) -> dt.date | None:
        """The last day of the longest window."""
        return self.first + dt.timedelta(days=max(self.windows) - 1) if self.first and self.windows else None


@dataclass(slots=True)
class Facts:
    """What the shop did after the decisions, read at once for all of them."""

    shop: Shop
    prices: dict[int, list[PriceChange]] = field(default_factory=dict)
    batches: dict[int, PriceBatch] = field(default_factory=dict)
    lines: dict[int, list[PriceBatchLine]] = field(default_factory=dict)
    lots: dict[int, Lot] = field(default_factory=dict)
    first_steps: dict[str, int] = field(default_factory=dict)  # of a lot marked down more than once
    replies: dict[int, ReviewReply] = field(default_factory=dict)
    moved: dict[tuple[int, int], list[tuple[dt.date, str, float]]] = field(default_factory=dict)


def plans(suggestions: Sequence[Suggestion], shop: Shop) -> list[Plan]:
    """A plan for each decision, in order; a fixed number of queries."""
    facts = read(suggestions, shop)
    return [plan(one, facts) for one in suggestions]


def plan(one: Suggestion, facts: Facts) -> Plan:
    """What is to be measured of it, as far as it is known by now."""
    act = _act(one)
    if one.kind == "price":
        return _price(one, act, facts)
    if one.kind == "markdown":
        return _markdown(one, act, facts)
    if one.kind == "reorder":
        return _reorder(one, act, facts)
    return _answered(one, act, facts) if one.kind == "reply" else _no_money(one, act, NO_MONEY.get(one.kind, ""))


def read(suggestions: Sequence[Suggestion], shop: Shop) -> Facts:
    """Seven queries at most, however many decisions."""
    facts = Facts(shop)
    of = {kind: [one for one in suggestions if one.kind == kind] for kind in ("price", "markdown", "reorder", "reply")}
    if of["price"] or of["markdown"]:
        _read_prices(facts, [*of["price"], *of["markdown"]])
    if of["markdown"]:
        lots = [id for id in (_id_in(one.key) for one in of["markdown"]) if id]
        facts.lots = {lot.pk: lot for lot in Lot.objects.filter(pk__in=lots)}
        taken = Suggestion.objects.filter(
            kind="markdown", state=State.ACCEPTED, key__in=[one.key for one in of["markdown"]]
        )
        for pk, key in taken.order_by("-decided_at", "-pk").values_list("pk", "key"):
            facts.first_steps[key] = pk
    if of["reply"]:
        reviews = [id for id in (_id_in(one.key) for one in of["reply"]) if id]
        facts.replies = {row.review_id: row for row in ReviewReply.objects.filter(review_id__in=reviews)}
    if goods := {one.product_id for one in (*of["reorder"], *of["markdown"]) if one.product_id}:
        facts.moved = _moved(shop, sorted(goods))
    return facts


def _read_prices(facts: Facts, decided: list[Suggestion]) -> None:
    goods = {one.product_id for one in decided}
    since = min(decided_at(one) for one in decided) - LATE
    for change in PriceChange.objects.filter(product__in=goods).order_by("effective_at", "id"):
        facts.prices.setdefault(change.product_id, []).append(change)
    lines = PriceBatchLine.objects.filter(product__in=goods, batch__made_at__gte=since - PATIENCE)
    for line in lines.select_related("batch").order_by("id"):
        facts.lines.setdefault(line.product_id, []).append(line)
        facts.batches[line.batch_id] = line.batch


def _act(one: Suggestion) -> str:
    if one.state == State.DISMISSED:
        return Act.REFUSED
    other_price = one.advised_price is not None and one.decided_price not in (None, one.advised_price)
    other_quantity = one.quantity is not None and one.decided_quantity not in (None, one.quantity)
    return Act.CHANGED if other_price or other_quantity else Act.FOLLOWED


def _no_money(one: Suggestion, act: str, why: str) -> Plan:
    return Plan(one, act, "none", why_not=why or "Nothing that followed from it can be told in money.")


def _answered(one: Suggestion, act: str, facts: Facts) -> Plan:
    reply = facts.replies.get(_id_in(one.key) or 0)
    said = "It was answered." if reply and reply.state == ReviewReply.State.REPLIED else "No answer was sent yet."
    return _no_money(one, act, f"{said} {NO_MONEY['reply']}")


# --- Prices --------------------------------------------------------------------------------------------------------


def _price(one: Suggestion, act: str, facts: Facts) -> Plan:
    if one.product_id is None or one.advised_price is None:
        return _no_money(one, act, "It names no product or no price.")
    if act == Act.REFUSED:
        first = _next_day(facts.shop, decided_at(one))
        return _until_another(Plan(one, act, "margin", WINDOWS, one.branch_id, first), facts)
    started = _started(one, facts)
    if started is None:
        late = decided_at(one) + PATIENCE < timezone.now()
        never = "The price was never put up." if late else ""
        return Plan(one, act, "margin", WINDOWS, why_not=never, waits_for="" if late else "the price to be put up")
    at, branch, ends = started
    first = _first_whole_day(facts.shop, at)
    until = facts.shop.business_date(ends) - dt.timedelta(days=1) if ends else FOREVER
    return _until_another(Plan(one, act, "margin", WINDOWS, branch, first, until), facts)


def _started(one: Suggestion, facts: Facts) -> tuple[dt.datetime, int | None, dt.datetime | None] | None:
    """When its price began to hold, at which branch, and when that ended; None where it has not.

    A batch that was approved tells it, else the product's own price history.
    """
    wanted = one.decided_price if one.decided_price is not None else one.advised_price
    known = facts.lines.get(_goods(one), [])
    named = one.effect.get("batch") if isinstance(one.effect, dict) else None
    for line in sorted(known, key=lambda line: line.batch_id != named):
        batch = line.batch
        begins = batch.starts_at or batch.settled_at or batch.decided_at
        if batch.state not in ("approved", "undone") or begins is None or line.price != wanted:
            continue
        if decided_at(one) - LATE <= begins <= timezone.now():
            ended = batch.decided_at if batch.state == "undone" else batch.ends_at
            return begins, batch.branch_id, ended if ended and ended > begins else None
    for change in facts.prices.get(_goods(one), []):
        if change.price == wanted and decided_at(one) - LATE <= change.effective_at <= decided_at(one) + PATIENCE:
            return change.effective_at, None, None
    return None


def _until_another(plan: Plan, facts: Facts) -> Plan:
    """Cut where the product got another price of its own."""
    assert plan.first is not None
    before = _end_of(facts.shop, plan.first - dt.timedelta(days=1))
    changes = [one for one in facts.prices.get(_goods(plan.suggestion), []) if one.price is not None]
    earlier = [one.price for one in changes if one.effective_at <= before]
    plan = replace(plan, price_before=earlier[-1] if earlier else None)
    own = plan.suggestion.decided_price if plan.act != Act.REFUSED else plan.price_before
    for change in changes:
        if change.effective_at > before and change.price != own and own is not None:
            day = _first_whole_day(facts.shop, change.effective_at) - dt.timedelta(days=1)
            return replace(plan, until=min(plan.until, day), end_word="it got another price")
    return replace(plan, end_word="that price ended" if plan.until != FOREVER else "")


# --- Markdowns and orders ------------------------------------------------------------------------------------------


def _markdown(one: Suggestion, act: str, facts: Facts) -> Plan:
    lot = facts.lots.get(_id_in(one.key) or 0)
    if lot is None or one.product_id is None:
        return _no_money(one, act, "Its lot is no longer known.")
    if one.state == State.ACCEPTED and facts.first_steps.get(one.key, one.pk) != one.pk:
        return _no_money(one, act, "It is counted with the first price of this lot.")
    first = facts.shop.business_date(decided_at(one))
    ends = lot.use_by or lot.best_before
    days = one.value_days or ((ends - first).days + 1 if ends else 3)
    known = facts.prices.get(_goods(one), [])
    prices = [change.price for change in known if change.effective_at <= decided_at(one) and change.price]
    windows, moves = (max(1, min(days, LONGEST)),), _moves(one, facts)
    price = prices[-1] if prices else None
    return Plan(one, act, "lot", windows, lot.branch_id, first, price_before=price, lot=lot, moved=moves)


def _reorder(one: Suggestion, act: str, facts: Facts) -> Plan:
    if one.product_id is None or one.branch_id is None or one.quantity is None:
        return _no_money(one, act, "It names no product, branch or amount.")
    days, moves = (max(1, min(one.value_days or 7, LONGEST)),), _moves(one, facts)
    if act == Act.REFUSED:
        return Plan(one, act, "order", days, one.branch_id, _next_day(facts.shop, decided_at(one)), moved=moves)
    decided = facts.shop.business_date(decided_at(one))
    soon = decided + PATIENCE
    came = [day for day, kind, amount in moves if kind == "receipt" and amount > 0 and decided < day <= soon]
    if not came:
        late = decided_at(one) + PATIENCE < timezone.now()
        never = "The goods never came, as far as the stock says." if late else ""
        return Plan(
            one, act, "order", days, one.branch_id, why_not=never, waits_for="" if late else "the goods to come"
        )
    until = came[1] - dt.timedelta(days=1) if len(came) > 1 else FOREVER
    return Plan(one, act, "order", days, one.branch_id, came[0], until, moved=moves)


# --- Small parts ---------------------------------------------------------------------------------------------------


def decided_at(one: Suggestion) -> dt.datetime:
    assert one.decided_at is not None, "only decisions are planned"
    return one.decided_at


def _goods(one: Suggestion) -> int:
    return int(one.product_id or 0)


def _moves(one: Suggestion, facts: Facts) -> tuple[tuple[dt.date, str, float], ...]:
    return tuple(facts.moved.get((one.branch_id or 0, _goods(one)), ()))


def _id_in(key: str) -> int | None:
    """The id that a key such as markdown:31 ends with."""
    last = key.rsplit(":", 1)[-1]
    return int(last) if last.isdigit() and len(last) < 19 else None


def _first_whole_day(shop: Shop, at: dt.datetime) -> dt.date:
    """The first business date all of which is on or after a moment."""
    return shop.business_date(at - dt.timedelta(microseconds=1)) + dt.timedelta(days=1)


def _next_day(shop: Shop, at: dt.datetime) -> dt.date:
    return shop.business_date(at) + dt.timedelta(days=1)


def _end_of(shop: Shop, day: dt.date) -> dt.datetime:
    """The last moment of a business date, as good as."""
    start = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(shop.day_starts_at_hour), ZoneInfo(shop.zone))
    return start - dt.timedelta(microseconds=1)


def _moved(shop: Shop, goods: list[int]) -> dict[tuple[int, int], list[tuple[dt.date, str, float]]]:
    """By (branch, product): day, kind of movement and its sum, in order of day."""
    found: dict[tuple[int, int], list[tuple[dt.date, str, float]]] = defaultdict(list)
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"shop": shop.pk, "goods": goods, "zone": shop.zone, "cutoff": shop.day_starts_at_hour}
        cursor.execute(_MOVED, values)
        for branch, product, day, kind, amount in cursor:
            found[branch, product].append((day, kind, amount))
    return dict(found)


_MOVED = """
select branch_id, product_id,
    ((occurred_at at time zone %(zone)s) - make_interval(hours => %(cutoff)s))::date as day, kind, sum(quantity)::float8
from inventory_stockmovement where shop_id = %(shop)s and product_id = any(%(goods)s)
group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""
