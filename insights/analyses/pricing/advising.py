"""What to charge: of the prices the rules leave, the one that is expected to earn most, and only where it is worth it.

A price is weighed by the expected change of the weekly margin, substitutes included, less a part of what is uncertain
about it and less what the shop's wishes miss. Products tied to the same price are weighed together and move together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from insights.analyses.pricing import binding, trying
from insights.analyses.pricing.goods import Good, Shelf
from insights.analyses.pricing.levels import Past
from insights.analyses.pricing.rules import Bound, Room, choices, in_order, room
from insights.analyses.pricing.trying import Terms, Trial
from inventory.price_rules import Policy

CAUTION = 0.5  # so much of the way from the expected change to the low end of its range is taken off
LEAST_GAIN = 0.02  # of the weekly margin; below it nobody changes a label
RISK = 0.1  # the largest chance of a loss
LASTS = 13  # weeks a price usually holds, in which a change must earn at least the price of one piece
WIDEST = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Known:
    """A product of which enough is known to weigh its prices; `stop` says why it may not move all the same."""

    good: Good
    terms: Terms
    past: Past | None
    stop: str = ""


@dataclass(frozen=True, slots=True)
class Advised:
    """What came of it: the price (today's where none is better), its trial, the bounds, and what they left."""

    known: Known
    price: Decimal
    trial: Trial
    bounds: tuple[Bound, ...]
    space: Room
    why_not: str = ""
    asked: str = ""  # the rule that today's price breaks, in words: the move is not for the gain

    @property
    def moves(self) -> bool:
        return self.price != self.known.good.price


def advise(shelf: Shelf, known: Mapping[int, Known]) -> dict[int, Advised]:
    """The advice for each product (by id). Later ones keep to what was just advised for those they are tied to."""
    found: dict[int, Advised] = {}
    moved: dict[int, Decimal] = {}
    for members in _together(shelf, known):
        told = _alike(shelf, [known[id] for id in members], moved) if len(members) > 1 else None
        if told is None:
            told = [_alone(shelf, known[id], moved) for id in members]
        for one in told:
            found[one.known.good.id] = one
            if one.moves:
                moved[one.known.good.id] = one.price
    return found


def _together(shelf: Shelf, known: Iterable[int]) -> list[list[int]]:
    """The products in groups of the same price, most alone."""
    group = {id: {id} for id in known}
    for tie in shelf.ties:
        if tie.kind == "same" and tie.first in group and tie.second in group:
            joined = group[tie.first] | group[tie.second]
            group |= dict.fromkeys(joined, joined)
    return [sorted(members) for id, members in group.items() if id == min(members)]


def _alone(shelf: Shelf, one: Known, moved: Mapping[int, Decimal]) -> Advised:
    good, now = one.good, _price(one)
    bounds = binding.bounds(shelf, good, one.past, moved)
    space = room(bounds, widest=(now * (1 - WIDEST), now * (1 + WIDEST)))
    policy = shelf.policy(good)
    if one.stop:
        return _stays(one, bounds, space, one.stop)
    prices = choices(space, now, _ending(shelf, policy), smallest=shelf.smallest)
    trials = trying.tries(one.terms, [float(price) for price in prices])
    gains = [gain(trial, one, policy) for trial in trials]
    best = max(range(len(prices)), key=lambda place: (gains[place], -abs(prices[place] - now)))
    if not space.holds(now):
        broken = next(bound for bound in in_order(bounds) if not bound.holds(now))
        return Advised(one, prices[best], trials[best], tuple(bounds), space, asked=broken.text)
    if why := why_not(trials[best], one, gains[best]):
        return _stays(one, bounds, space, why)
    return Advised(one, prices[best], trials[best], tuple(bounds), space)


def _alike(shelf: Shelf, members: Sequence[Known], moved: Mapping[int, Decimal]) -> list[Advised] | None:
    """One price for all of them; None where they do not have one price today, so that their ties bind them first."""
    now = _price(members[0])
    if any(_price(one) != now for one in members):
        return None
    bounds = {one.good.id: _but_same(binding.bounds(shelf, one.good, one.past, moved)) for one in members}
    space = room([bound for found in bounds.values() for bound in found], widest=(now * (1 - WIDEST), now * 2))
    if stop := next((one for one in members if one.stop), None):
        text = f"It has the same price as {stop.good.name}: {stop.stop[0].lower()}{stop.stop[1:]}"
        return [_stays(one, bounds[one.good.id], space, one.stop or text) for one in members]
    prices = choices(space, now, _ending(shelf, shelf.policy(members[0].good)), smallest=shelf.smallest)
    trials = [trying.tries(one.terms, [float(price) for price in prices]) for one in members]
    gains = [
        [gain(trial, one, shelf.policy(one.good)) for trial in found]
        for one, found in zip(members, trials, strict=True)
    ]
    best = max(range(len(prices)), key=lambda place: (sum(of[place] for of in gains), -abs(prices[place] - now)))
    asked = "" if space.holds(now) else "Products tied to one price keep a rule together."
    whys = [why_not(found[best], one, of[best]) for found, one, of in zip(trials, members, gains, strict=True)]
    if not asked and all(whys):
        return [_stays(one, bounds[one.good.id], space, why) for one, why in zip(members, whys, strict=True)]
    return [
        Advised(one, prices[best], found[best], tuple(bounds[one.good.id]), space, asked=asked)
        for one, found in zip(members, trials, strict=True)
    ]


def gain(trial: Trial, one: Known, policy: Policy) -> float:
    """By how much a price is worth more than today's, in money a week."""
    terms = one.terms
    sales = terms.units * terms.price / (1 + terms.tax)
    return worth(trial, one, policy) + missed(terms.price, one, policy) * sales


def worth(trial: Trial, one: Known, policy: Policy) -> float:
    """What a price is weighed by, in money a week."""
    cautious = trial.change - CAUTION * (trial.change - trial.change_low)
    sales = trial.units * trial.price / (1 + one.terms.tax)
    return cautious - missed(trial.price, one, policy) * sales


def missed(price: float, one: Known, policy: Policy) -> float:
    """What the price misses of the shop's wishes, as a share of its sales, each by its weight."""
    found = 0.0
    if policy.target_margin is not None:
        short = float(policy.target_margin) - one.terms.each(price) * (1 + one.terms.tax) / price
        found += float(policy.weight_margin or 0) * max(short, 0.0)
    market = one.good.market
    if policy.target_index is not None and market and market.price:
        off = abs(price / float(market.price) - float(policy.target_index))
        found += float(policy.weight_index or 0) * float(market.confidence) * off
    return found


def why_not(trial: Trial, one: Known, gained: float) -> str:
    """Why the best price is not worth a change, in words; empty where it is."""
    now = one.terms.units * one.terms.each(one.terms.price)
    if trial.price == one.terms.price or gained <= 0:
        return "Today's price is the best the rules leave."
    if gained < LEAST_GAIN * abs(now) or gained * LASTS < one.terms.price:
        return "Another price would earn too little more to be worth the change."
    if trial.change > 0 and trial.loses > RISK:
        return "Another price may earn more, but a loss is too likely."
    return ""


def _stays(one: Known, bounds: Sequence[Bound], space: Room, why: str) -> Advised:
    still = trying.try_price(one.terms, one.terms.price)
    return Advised(one, _price(one), still, tuple(bounds), space, why_not=why)


def _price(one: Known) -> Decimal:
    assert one.good.price is not None
    return one.good.price


def _ending(shelf: Shelf, policy: Policy) -> str:
    return shelf.endings if policy.ending is None else policy.ending


def _but_same(bounds: Iterable[Bound]) -> list[Bound]:
    return [bound for bound in bounds if bound.rule != "same"]
