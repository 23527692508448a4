"""What a product's price does to its sales, read from the latest run of the price analysis and put into words."""

from __future__ import annotations

from dataclasses import dataclass

from insights.analyses.pricing.analysis import STEP, dearer
from insights.models import Elasticity, Run
from inventory.models import Product


@dataclass(frozen=True, slots=True)
class PriceEffect:
    """One product's elasticity, and in words what ten per cent dearer takes from the units sold: “14%”.

    8 times in 10 it is between `least` and `most`; `falls` says that even then sales fall.
    """

    product: Product
    value: float
    less: str
    least: str
    most: str
    falls: bool
    observations: int

    @property
    def is_own(self) -> bool:
        """Whether the product's own price changes told it; else it is its category's figure."""
        return self.observations > 0

    @property
    def sentence(self) -> str:
        if not self.falls:
            return "Its sales hardly follow its price, as far as the past tells."
        return (
            f"A price {STEP:.0%} higher sells about {self.less} less,"
            f" 8 times in 10 between {self.least} and {self.most} less."
        )


def elasticity_of(product: Product) -> PriceEffect | None:
    """What the last run told of one product; None where it told nothing."""
    run = Run.objects.latest_done("pricing")
    row = run and Elasticity.objects.filter(run=run, product=product).select_related("product").first()
    return effect(row) if row else None


def effect(row: Elasticity) -> PriceEffect:
    less, most, least = (f"{-dearer(value):.0%}" for value in (row.value, row.low80, row.high80))
    return PriceEffect(row.product, row.value, less, least, most, row.high80 < 0, row.observations)
