"""Keeping orders within the money there is: case by case, what earns most for its money first. Pure."""

from __future__ import annotations

import numpy as np

from insights.ordering.demand import Floats, Ints


def within(cases: Ints, gains: Floats, price: Floats, money: float) -> Ints:
    """How many of the cases wanted fit, for the most gain.

    `gains` is what each further case earns (items by cases, falling), `price` what a case costs. A case is bought only
    after those before it of its item; one that no longer fits lets cheaper ones in. What earns most for its money goes
    first, or what earns most at all, whichever comes to more.
    """
    item, step = np.nonzero(np.arange(gains.shape[1]) < cases[:, None])
    if (price[item]).sum() <= money:
        return cases.copy()
    earned = gains[item, step]
    ways = earned / np.maximum(price[item], 1e-9), earned
    tried = [_bought(cases, price, money, item, step, np.lexsort((step, item, -way))) for way in ways]
    return max(tried, key=lambda bought: float(gains[np.arange(gains.shape[1]) < bought[:, None]].sum()))


def _bought(cases: Ints, price: Floats, money: float, item: Ints, step: Ints, order: Ints) -> Ints:
    """Down the list, what there is money for."""
    bought, left = np.zeros_like(cases), money
    for place in order:
        row = item[place]
        if bought[row] == step[place] and price[row] <= left + 1e-9:
            bought[row] += 1
            left -= price[row]
    return bought
