"""From a lot near its date to the price on its stickers today, and what that is expected to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from insights.analyses.markdown import cases
from insights.analyses.markdown.plan import Plan, Policy, Told
from insights.analyses.markdown.reading import Near
from shop import formats

FIVE_FROM = 1  # whole coins: from this price on stickers end in 5 or 0
STATES = ("mark", "wait", "sells", "set", "by_hand", "no_price")


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do with a lot. `state`: mark it down today, wait (a later day is better), it sells as it is, it is set
    for today, only a person changes its price, or it has no price.

    `price` is today's, advised or as it is. `told` is None where nothing is at risk; amounts are in selling units.
    """

    near: Near
    state: str
    price: Decimal | None
    told: Told | None = None

    @property
    def price_now(self) -> Decimal | None:
        return self.near.sticker.price if self.near.sticker else self.near.price

    def price_on(self, day: int) -> Decimal | None:
        """The price of the plan on a day from now, on average."""
        if self.told is None or self.near.price is None:
            return self.price_now
        return Decimal(repr(float(self.told.level[day]))) * self.near.price


def advise(near: Near, currency: str, policy: Policy | None = None) -> Advice:
    """The advice for one lot. Pure."""
    policy = policy or Policy()
    price = near.sticker.price if near.sticker else near.price
    if near.by_hand or not near.price or not price:
        return Advice(near, "by_hand" if near.by_hand else "no_price", price)
    prices = _steps(near.price, price, currency, policy)
    portion = near.portion
    net = float(near.price * near.net)
    lot = cases.lot(
        quantity=float(near.lot.quantity) / portion,
        older=float(near.older) / portion,
        mean=near.mean / portion,
        deviation=near.deviation / portion,
        price=net * portion,
        cost=float(near.cost) * portion,
        below=tuple(float(one / near.price) for one in prices),
        elasticity=near.effect.value,
        unsure=near.effect.unsure,
        fresh=1.0 if near.has_fresh else 0.5,
        drawn=near.effect.drawn,
    )
    if lot is None:
        return Advice(near, "sells", price)
    plan = Plan(lot, policy)
    told = _in_units(plan.told(seed=near.lot.lot), portion)
    if near.marked_today:
        return Advice(near, "set", price, told=told)
    if not plan.first or plan.gain < cases.LEAST_GAIN:
        return Advice(near, "wait", price, told=told)
    return Advice(near, "mark", prices[plan.first], told)


def last_day(date: dt.date, today: dt.date, *, is_use_by: bool) -> str:
    """What to do with what is left when its date comes; nothing to say before."""
    if date > today:
        return ""
    if date == today:
        return "On its last day give away what is left before closing, and write off the rest."
    if is_use_by:
        return "Past its use-by date: take it off the shelf and write it off."
    return "Past its best-before date: if it is still good, sell it cheap or give it away; else write it off."


def _steps(full: Decimal, now: Decimal, currency: str, policy: Policy) -> list[Decimal]:
    """The price of now and the stickers' prices below it, each a price that can be paid."""
    found = [now]
    for step in policy.steps:
        price = _payable(full * (1 - Decimal(repr(step))), currency)
        least = full * Decimal(repr(policy.floor)) * Decimal("0.95")  # rounding may take a little off the last step
        if price >= least and price > 0 and found[-1] - price >= full * Decimal(repr(cases.LEAST_STEP)):
            found.append(price)
    return found


def _payable(price: Decimal, currency: str) -> Decimal:
    """To five cents from one whole coin on, to the cent below; to the whole where the currency has no cents."""
    if not formats.decimals(currency):
        return price.quantize(Decimal(1), ROUND_HALF_UP)
    if price < FIVE_FROM:
        return price.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return (price * 20).quantize(Decimal(1), ROUND_HALF_UP) / 20


def _in_units(told: Told, portion: float) -> Told:
    return Told(
        sold=told.sold * portion,
        waste=told.waste * portion,
        gain=told.gain,
        gain_low=told.gain_low,
        gain_high=told.gain_high,
        sold_as_it_is=told.sold_as_it_is * portion,
        waste_as_it_is=told.waste_as_it_is * portion,
        left=told.left * portion,
        level=told.level,
    )
