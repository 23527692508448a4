"""What a price of the demo really brings: its hidden elasticities, cross effects and base rates, as it uses them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from insights.demo import demand
from insights.demo.grocer import Demo

DAYS = 28  # the level is that of the last days
Floats = NDArray[np.float64]


class Truth:
    """Weeks of the demo at any prices. Products go by SKU, prices include tax; costs are what the shop believes."""

    def __init__(self, demo: Demo, costs: Mapping[str, float]) -> None:
        self.number = {product.sku: place for place, product in enumerate(demo.products)}
        self._nature = demo.nature
        self._base = np.array([product.base_price / 100 for product in demo.products])
        self._tax = np.array([product.vat / 100 for product in demo.products])
        self._cost = np.array([costs.get(product.sku, np.nan) for product in demo.products])
        self.now: Floats = demo.shelf_prices[:, -1] / 100
        self._rate = sum(
            story.base
            * demand.pull(demo.calendar, story.branch, demo.products, demo.nature)[:, -DAYS:].mean(axis=1)
            * 7
            for story in demo.branches
        ) * demand.units_a_line(demo.products)

    def margin(self, prices: Floats) -> Floats:
        """Each product's margin a week at these prices; 0 where its cost is not known."""
        units = self._rate * demand.price_pull(prices[:, None], self._base, self._nature)[:, 0]
        return np.asarray(np.nan_to_num(units * (prices / (1 + self._tax) - self._cost)))

    def change(self, moves: Mapping[str, float]) -> float:
        """What the week's margin of the whole shop changes by when these prices are asked."""
        prices = self.now.copy()
        for sku, price in moves.items():
            prices[self.number[sku]] = price
        return float((self.margin(prices) - self.margin(self.now)).sum())
