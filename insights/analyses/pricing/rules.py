"""What an advised price must keep to. Rules decide, figures only choose among what rules leave.

A stop forbids any move. A bound leaves prices from `least` to `most`. Bounds count in the order of `PRIORITY`: where
two cannot both be kept, the later one gives way and the price goes as near to it as the earlier lets it. Last come the
endings a price is written with. Today's price is always an answer, unless it breaks a bound itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from inventory.pricing import ENDING_STEPS

PRIORITY = ("law", "largest_move", "margin_floor", "same", "size", "gap", "tried")
MOST_PRICES = 80
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the price stays as it is, in words."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule as the prices it leaves; None: no end on that side."""

    rule: str
    text: str
    least: Decimal | None = None
    most: Decimal | None = None

    def holds(self, price: Decimal) -> bool:
        return (self.least is None or price >= self.least) and (self.most is None or price <= self.most)


@dataclass(frozen=True, slots=True)
class Room:
    """The prices that are left; `gave_way` are the rules that could not be kept whole."""

    least: Decimal
    most: Decimal
    gave_way: tuple[str, ...] = ()

    def holds(self, price: Decimal) -> bool:
        return self.least <= price <= self.most


def in_order(bounds: Iterable[Bound]) -> list[Bound]:
    return sorted(bounds, key=lambda one: PRIORITY.index(one.rule))


def room(bounds: Sequence[Bound], *, widest: tuple[Decimal, Decimal]) -> Room:
    """What all bounds leave of the widest span, the first bound counting most."""
    least, most = widest
    gave_way = []
    for bound in in_order(bounds):
        low = least if bound.least is None else bound.least
        high = most if bound.most is None else bound.most
        if low > most or high < least or low > high:
            gave_way.append(bound.rule)
            least = most = min(max(low if low > most else high, least), most)
        else:
            least, most = max(least, low), min(most, high)
    return Room(least, most, tuple(gave_way))


def broken(bounds: Iterable[Bound], price: Decimal) -> list[Bound]:
    """The bounds that a price does not keep, the one that counts most first."""
    return [bound for bound in in_order(bounds) if not bound.holds(price)]


def choices(space: Room, now: Decimal, ending: str, *, smallest: Decimal = CENT) -> list[Decimal]:
    """The prices to choose from: those written as the shop writes them, else any; today's too where it may stay."""
    step, offset = ENDING_STEPS.get(ending, (smallest, Decimal(0)))
    found = _between(space, step, offset) or _between(space, smallest, Decimal(0))
    if not found:
        found = [space.least]
    if len(found) > MOST_PRICES:
        found = [*found[:: -(-len(found) // MOST_PRICES)], found[-1]]
    if space.holds(now):
        found.append(now)
    return sorted(set(found))


def _between(space: Room, step: Decimal, offset: Decimal) -> list[Decimal]:
    first = int(((space.least - offset) / step).to_integral_value(ROUND_CEILING))
    last = int(((space.most - offset) / step).to_integral_value(ROUND_FLOOR))
    return [price for place in range(first, last + 1) if (price := offset + place * step) > 0]
