"""How much may be asked for over some days: a negative binomial with the mean and spread of a forecast.

All functions take and give arrays, one entry an item. Amounts are counted in portions: pieces, or what a customer takes
of weighed goods at a time, so that one reckoning serves both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Z80 = 1.2815515655446004  # eight times in ten lies within this many standard deviations
TINY = 1e-9


def spread(mean: Floats, low80: Floats, high80: Floats, portion: Floats) -> Floats:
    """The standard deviation of each day, from the forecast's own 80 % range: never below that of pure chance, which
    a range of whole pieces hides for what sells less than once a day."""
    chance = np.sqrt(np.maximum(mean, 0) * portion)
    return np.asarray(np.maximum((high80 - low80) / (2 * Z80), chance))


@dataclass(frozen=True, slots=True)
class Span:
    """What may be asked for over a span of days, in portions."""

    mean: Floats
    variance: Floats

    def above(self, amount: Floats) -> Floats:
        """The chance that more than this is asked for."""
        return _above(self._size(), self._share(), amount)

    def missed(self, stock: Floats) -> Floats:
        """How much of the demand a stock is expected to miss."""
        stock, size, share = np.maximum(stock, 0), self._size(), self._share()
        far = self.mean * _above(size + 1, share, stock - 1) - stock * _above(size, share, stock)
        return np.asarray(np.maximum(far, 0))

    def left(self, stock: Floats) -> Floats:
        """How much of a stock is expected to be left over."""
        return np.asarray(np.maximum(stock, 0) - self.mean + self.missed(stock))

    def reached(self, chance: float) -> Floats:
        """The amount that demand stays within with this chance, to the nearest portion or so."""
        low, high = np.zeros_like(self.mean), self.mean + 8 * np.sqrt(self.variance) + 8
        for _ in range(22):
            middle = (low + high) / 2
            beyond = self.above(middle) > 1 - chance
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
        return np.asarray(np.round(high, 3))

    def _size(self) -> Floats:
        return self.mean**2 / np.maximum(self.variance - self.mean, 0.02 * self.mean + TINY) + TINY

    def _share(self) -> Floats:
        size = self._size()
        return size / (size + self.mean + TINY)


def span(mean: Floats, deviation: Floats, first: Ints, last: Ints, together: float) -> Span:
    """The demand of days first to last (last excluded) of daily means and deviations, items by days.

    `together` is how far days err alike: 0 not at all, 1 wholly. Past the last known day goes on as the mean of the
    last fortnight known.
    """
    days = mean.shape[1]
    known = np.minimum(last, days)
    inside = (np.arange(days) >= first[:, None]) & (np.arange(days) < known[:, None])
    tail = slice(max(0, days - 14), days)
    beyond = np.maximum(last - np.maximum(first, days), 0).astype(np.float64)
    total = (mean * inside).sum(axis=1) + beyond * mean[:, tail].mean(axis=1)
    one_by_one = (deviation**2 * inside).sum(axis=1) + beyond * (deviation[:, tail] ** 2).mean(axis=1)
    as_one = (deviation * inside).sum(axis=1) + beyond * deviation[:, tail].mean(axis=1)
    return Span(total, (1 - together) * one_by_one + together * as_one**2)


def _above(size: Floats, share: Floats, amount: Floats) -> Floats:
    """The upper tail of the negative binomial, between whole numbers too."""
    from scipy import special  # the web process never reckons with it

    inside = special.betainc(np.maximum(amount, -1) + 1 + TINY, size, 1 - share)
    return np.asarray(np.where(amount < 0, 1.0, inside))
