"""When to lower the price of a lot whose date comes near, and how far: exact dynamic programming over its last days.

Each morning the price of all that is left may go down, never up. What a morning is worth is what is sold, what buyers
at full price then take of fresher goods, and what the next morning is worth with what is left. Buyers who would have
paid in full take the cheaper pack too: that is counted against a lower price, and so is what it draws from other
products. What is left at the end is lost. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST = 60  # portions told apart; a larger lot is reckoned in bundles
IN_80 = 1.2816
NODES = ((-1.25, 0.3), (0.0, 0.4), (1.25, 0.3))  # standard deviations and weights that stand for an unsure elasticity
DRAWS = 400
MOST_EFFECT, LEAST_EFFECT = -6.0, -0.02
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Policy:
    """What is weighed against what, in shares of the price or the cost."""

    steps: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75)
    leap: int = 2  # steps at once; on the last day as far as it pays
    floor: float = 0.25  # of the full price; nothing goes below it
    waste: float = 0.6  # of its cost: what a thing thrown away counts beyond it, for the bin, the work and the pity
    sticker: float = 0.02  # of the shop's currency, for each pack that gets a new one


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of a lot, in portions (pieces, or what a customer takes of weighed goods), and its days.

    `mean` and `deviation` are the demand of each day until the last on which it may be sold, at full price, of all
    lots of the product together. Money is net, a portion's. `levels` are shares of the full price: the price of now
    first, then the steps below it. `fresh` tells how surely fresher goods lie beside it; `drawn` is the share of what
    a lower price adds that other products lose.
    """

    quantity: float
    mean: Floats
    deviation: Floats
    price: float
    cost: float
    levels: tuple[float, ...]
    elasticity: float
    unsure: float = 0.4  # its standard deviation
    fresh: float = 1.0
    drawn: float = 0.1

    @property
    def bundle(self) -> int:
        """Portions that are reckoned as one."""
        return max(1, int(np.ceil(self.quantity / MOST)))

    @property
    def count(self) -> int:
        return max(1, round(self.quantity / self.bundle))

    @property
    def nodes(self) -> list[tuple[float, float]]:
        near = ((self.elasticity + off * self.unsure, weight) for off, weight in NODES)
        return [(float(np.clip(value, MOST_EFFECT, LEAST_EFFECT)), weight) for value, weight in near]


@dataclass(frozen=True, slots=True)
class Told:
    """What is expected of a way to sell a lot: a mean each and an 80 % range of the gain over leaving its price, in
    money alone."""

    sold: float
    waste: float
    gain: float
    gain_low: float
    gain_high: float
    sold_as_it_is: float
    waste_as_it_is: float
    left: Floats  # at the end of each day, on average
    level: Floats  # the share of the price on each day, on average


class Plan:
    """The best price for every morning, by level before and bundles left; `first` is today's level.

    `gain` is how much more following it counts than leaving the price as it is: money, and waste as the policy weighs
    it.
    """

    def __init__(self, lot: Lot, policy: Policy | None = None) -> None:
        self.lot, self.policy = lot, policy or Policy()
        self.level, worth, as_it_is = self._solve()
        self.gain = float(worth[0, self.lot.count] - as_it_is[self.lot.count])

    @property
    def first(self) -> int:
        return int(self.level[0, 0, self.lot.count])

    def _solve(self) -> tuple[Ints, Floats, Floats]:
        """The best level by day, level before and amount left; what the first morning is worth so, and as it is."""
        lot, count, policy = self.lot, self.lot.count, self.policy
        days, levels = lot.mean.size, len(lot.levels)
        best = np.zeros((days, levels, count + 1), dtype=np.int64)
        amounts = lot.bundle * np.arange(count + 1.0)
        as_it_is = -policy.waste * lot.cost * amounts
        after = np.tile(as_it_is, (levels, 1))
        for day in range(days - 1, -1, -1):
            kept = self._gains[day] + np.einsum("kqr,kr->kq", self._moves[day], after)
            as_it_is = self._gains[day, 0] + self._moves[day, 0] @ as_it_is
            after = np.empty_like(after)
            for before in range(levels):
                ways = kept[before : before + 1 + (policy.leap if day < days - 1 else levels)].copy()
                ways[1:] -= policy.sticker * amounts
                chosen = _first_best(ways)
                best[day, before] = before + chosen
                after[before] = np.take_along_axis(ways, chosen[None], axis=0)[0]
        return best, after, as_it_is

    @cached_property
    def _weights(self) -> Floats:
        return np.array([weight for _, weight in self.lot.nodes])[:, None]

    @cached_property
    def _excess(self) -> Floats:
        """How much more than pure chance each day's demand scatters: the shape of a negative binomial."""
        mean = np.maximum(self.lot.mean, TINY)
        return np.maximum((self.lot.deviation**2 / mean - 1) / mean, 1e-6)

    @cached_property
    def _asked(self) -> tuple[Floats, Floats]:
        """The chance of each demand up to the amount there is (in bundles), by day, level and elasticity; the means."""
        lot = self.lot
        effect = np.array([value for value, _ in lot.nodes])
        lift = np.exp(effect * np.log(np.array(lot.levels))[:, None])
        mean = np.maximum(lot.mean, TINY)[:, None, None] * lift
        return _negative_binomial(mean, 1 / self._excess[:, None, None], lot.count, lot.bundle), mean / lot.bundle

    @cached_property
    def _gains(self) -> Floats:
        """What a day brings by day, level and amount there is, in money."""
        lot, (chance, mean) = self.lot, self._asked
        beyond = np.maximum(1 - np.cumsum(chance, axis=-1), 0)  # the chance that more than so many are asked for
        sold = np.concatenate([np.zeros((*mean.shape, 1)), np.cumsum(beyond[..., :-1], axis=-1)], axis=-1)
        full = np.maximum(lot.mean, TINY)[:, None, None] / lot.bundle
        in_full = np.minimum(full / mean, 1)[..., None]  # the share of buyers who would have paid in full
        margin, share = lot.price - lot.cost, np.array(lot.levels)[None, :, None, None]
        money = (
            share * lot.price * sold
            + lot.fresh * margin * in_full * np.maximum(mean[..., None] - sold, 0)
            - lot.drawn * max(margin, 0) * (1 - in_full) * sold
        )
        return np.asarray((money * self._weights).sum(axis=2) * lot.bundle)

    @cached_property
    def _moves(self) -> Floats:
        """The chance of each amount left after each amount there is, by day and level."""
        mixed = (self._asked[0] * self._weights).sum(axis=2)
        amounts = np.arange(self.lot.count + 1)
        sold = amounts[:, None] - amounts[None, :]
        table = np.where(sold >= 0, mixed[..., np.maximum(sold, 0)], 0.0)
        table[..., 0] = np.maximum(1 - table[..., 1:].sum(axis=-1), 0)
        return table

    def told(self, seed: int = 0) -> Told:
        """What following the plan is expected to do beside leaving the price, from demand drawn many times."""
        wanted, extra = self._drawn(np.random.default_rng(seed))
        plain, ours = (self._walk(wanted, extra, follow=follow) for follow in (False, True))
        gain = ours.money - plain.money
        low, high = np.quantile(gain, (0.1, 0.9))
        there, middle = float(self.lot.quantity), float(gain.mean())
        return Told(
            sold=there - float(ours.left[-1].mean()),
            waste=float(ours.left[-1].mean()),
            gain=middle,
            gain_low=float(min(low, middle)),
            gain_high=float(max(high, middle)),
            sold_as_it_is=there - float(plain.left[-1].mean()),
            waste_as_it_is=float(plain.left[-1].mean()),
            left=ours.left.mean(axis=1),
            level=ours.level.mean(axis=1),
        )

    def _drawn(self, draw: np.random.Generator) -> tuple[Floats, Floats]:
        """Buyers at full price by day, and those a lower price adds by day and level, drawn many times."""
        lot, excess = self.lot, self._excess[:, None]
        effect = lot.elasticity + lot.unsure * draw.standard_normal(DRAWS)
        effect = np.clip(effect, MOST_EFFECT, LEAST_EFFECT)
        rate = np.maximum(lot.mean, TINY)[:, None] * draw.gamma(1 / excess, excess, (lot.mean.size, DRAWS))
        more = np.exp(effect * np.log(np.array(lot.levels))[:, None]) - 1  # levels x draws
        added = draw.poisson(np.maximum(rate[:, None] * more, 0))
        return draw.poisson(rate).astype(np.float64), added.astype(np.float64)

    def _walk(self, wanted: Floats, extra: Floats, *, follow: bool) -> _Walked:
        """Live through the days by the table, or at the price of now."""
        lot, draws = self.lot, wanted.shape[1]
        left, money, at = np.full(draws, lot.quantity), np.zeros(draws), np.zeros(draws, dtype=np.int64)
        lefts, levels, share = [], [], np.array(lot.levels)
        margin = lot.price - lot.cost
        for day in range(len(wanted)):
            row = np.minimum(np.rint(left / lot.bundle).astype(np.int64), lot.count)
            chosen = self.level[day, at, row] if follow else at
            money -= np.where(chosen > at, self.policy.sticker * left, 0)
            at = chosen
            asked = wanted[day] + extra[day][at, np.arange(draws)]
            sold, in_full = np.minimum(left, asked), wanted[day] / np.maximum(asked, 1)
            money += share[at] * lot.price * sold + lot.fresh * margin * in_full * (asked - sold)
            money -= lot.drawn * max(margin, 0) * (1 - in_full) * sold
            left = left - sold
            lefts.append(left)
            levels.append(share[at])
        return _Walked(money, np.stack(lefts), np.stack(levels))


@dataclass(frozen=True, slots=True)
class _Walked:
    money: Floats
    left: Floats
    level: Floats


def _first_best(ways: Floats) -> Ints:
    """The highest price among those that are worth the most."""
    return np.asarray(np.argmax(ways >= ways.max(axis=0) - TINY, axis=0))


def _negative_binomial(mean: Floats, size: Floats, most: int, bundle: int) -> Floats:
    """The chance of each demand from 0 to `most` bundles, the rounded ones of a bundle together, on a new last axis."""
    from scipy import special  # the web process never reckons with it

    if bundle == 1:
        number = np.arange(most + 1)
        mean, size = mean[..., None], np.broadcast_to(size, mean.shape)[..., None]
        log = special.gammaln(number + size) - special.gammaln(size) - special.gammaln(number + 1)
        log = log + size * np.log(size / (size + mean)) + number * np.log(mean / (size + mean))
        return np.asarray(np.exp(log))
    size = np.broadcast_to(size, mean.shape)[..., None]
    share = size / (size + mean[..., None])
    upper = special.betainc(size, np.arange(most + 1) * bundle + bundle / 2 + 0.5, share)
    return np.asarray(np.diff(upper, axis=-1, prepend=0))
