"""Which rules bind a product's price, each with its sentence: from the shop's policies, its ties, its past, the law."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from insights.analyses.pricing.goods import Good, Shelf
from insights.analyses.pricing.levels import Past
from insights.analyses.pricing.rules import Bound, Stop
from inventory.price_rules import Policy, Tie
from shop import formats

TRIED = Decimal("0.05")  # so far beyond the prices of its past a price may go
FOUR = Decimal("0.0001")


def stops(shelf: Shelf, good: Good, *, is_key: bool) -> Iterator[Stop]:
    """Why the price stays, the weightiest reason first."""
    if good.is_deposit:
        yield Stop("deposit", "It is a deposit; its price is not advised on.")
    if good.by_hand:
        yield Stop("by_hand", "Only a person changes its price.")
    if is_key:
        yield Stop("key", "Customers know its price: only a person changes it.")
    if good.promoted_to:
        yield Stop("promotion", f"It is on promotion until {formats.day(good.promoted_to, shelf.on)}.")
    days = rested(shelf, good)
    rest = shelf.policy(good).rest_days or 0
    if days is not None and days < rest:
        yield Stop("rest_days", f"Its price changed {_days(days)} ago; prices rest for {_days(rest)}.")


def rested(shelf: Shelf, good: Good) -> int | None:
    """Days since the price last changed, up to the day after what was read; None where it never did."""
    return None if good.changed_on is None else (shelf.on + dt.timedelta(days=1) - good.changed_on).days


def bounds(shelf: Shelf, good: Good, past: Past | None, advised: Mapping[int, Decimal]) -> list[Bound]:
    """The rules as prices. `advised` are moves advised to other products in the same run."""
    assert good.price is not None and good.cost is not None
    policy = shelf.policy(good)
    found = [*_law(good), *_own(shelf, good, good.price, good.cost, policy), *_tried(shelf, good, past)]
    for tie in shelf.ties:
        if good.id in (tie.first, tie.second):
            found += _tied(shelf, good, tie, advised)
    return found


def _law(good: Good) -> Iterator[Bound]:
    if good.law:
        yield Bound("law", good.law.text, least=good.law.price)


def _own(shelf: Shelf, good: Good, price: Decimal, cost: Decimal, policy: Policy) -> Iterator[Bound]:
    if policy.largest_move is not None:
        share = policy.largest_move
        low, high = _up(price * (1 - share), shelf.smallest), _down(price * (1 + share), shelf.smallest)
        yield Bound("largest_move", f"At most {formats.percent(share)} at once.", min(low, price), max(high, price))
    if policy.margin_floor is not None and policy.margin_floor < 1:
        least = _up(cost * (1 + good.tax) / (1 - policy.margin_floor), shelf.smallest)
        floor = policy.margin_floor
        text = f"At least {formats.percent(floor)} margin." if floor > 0 else "Never below what it costs."
        yield Bound("margin_floor", text, least=least)


def _tried(shelf: Shelf, good: Good, past: Past | None) -> Iterator[Bound]:
    if past is not None:
        low, high = (formats.money(price, shelf.currency) for price in (past.lowest, past.highest))
        text = f"Near the prices it has had, {low} to {high}." if low != high else f"Near the price it has had, {low}."
        now = good.price or past.lowest
        least, most = min(past.lowest * (1 - TRIED), now), max(past.highest * (1 + TRIED), now)
        yield Bound("tried", text, least.quantize(FOUR), most.quantize(FOUR))


def _tied(shelf: Shelf, good: Good, tie: Tie, advised: Mapping[int, Decimal]) -> Iterator[Bound]:
    """What a tie leaves: beside the other's price of today and, should somebody take that advice, the advised one."""
    other = shelf.goods.get(tie.second if good.id == tie.first else tie.first)
    if other is None or other.price is None:
        return
    then = advised.get(other.id, other.price)
    if tie.kind == "same":
        yield Bound("same", f"The same price as {other.name}.", then, then)
        return
    for price in dict.fromkeys((other.price, then)):
        if tie.kind == "size":
            yield from _by_size(shelf, good, other, price)
        elif good.id == tie.first:
            most = _down(price * (1 - tie.gap), shelf.smallest)
            yield Bound("gap", f"At least {formats.percent(tie.gap)} below {other.name}.", most=most)
        elif tie.gap < 1:
            least = _up(price / (1 - tie.gap), shelf.smallest)
            yield Bound("gap", f"{other.name} stays at least {formats.percent(tie.gap)} below it.", least=least)


def _by_size(shelf: Shelf, good: Good, other: Good, price: Decimal) -> Iterator[Bound]:
    if not good.size or not other.size or good.unit != other.unit or good.size == other.size:
        return
    fair = price * good.size / other.size
    if good.size > other.size:
        text = f"Not dearer for its size than the smaller {other.name}."
        yield Bound("size", text, most=_down(fair, shelf.smallest))
    else:
        text = f"Not cheaper for its size than the larger {other.name}."
        yield Bound("size", text, least=_up(fair, shelf.smallest))


def _up(price: Decimal, step: Decimal) -> Decimal:
    return (price / step).to_integral_value(ROUND_CEILING) * step


def _down(price: Decimal, step: Decimal) -> Decimal:
    return (price / step).to_integral_value(ROUND_FLOOR) * step


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
