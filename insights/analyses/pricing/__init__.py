"""What prices do to sales: each product's own-price elasticity, with the range it is known to."""

from insights.analyses.pricing.analysis import Pricing

ANALYSIS = Pricing()

__all__ = ["ANALYSIS", "Pricing"]
