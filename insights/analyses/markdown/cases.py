"""What a lot near its date comes to as a case for the plan: its levels, its demand after older lots, its fresher ones.

Pure. None where a lot is all but sure to sell at its price: most are, and they need no plan.
"""

from __future__ import annotations

import numpy as np

from insights.analyses.markdown.plan import TINY, Floats, Lot, Policy

HORIZON = 5  # days before its date from which a lot is looked at
LEAST_RISK = 0.03  # expected waste, as a share of what is left, that is worth a plan
LEAST_GAIN = 0.25  # of the shop's currency; for less no sticker is put on
LEAST_STEP = 0.02  # a sticker is not put on for less


def levels(now: float, policy: Policy) -> tuple[float, ...]:
    """The share of the full price it has now, and the steps below it that the floor allows."""
    steps = (1 - step for step in policy.steps)
    return now, *(share for share in steps if policy.floor <= share <= now - LEAST_STEP)


def after(older: float, mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """The demand that is left for a lot when the lots that expire before it have had theirs."""
    if older <= 0:
        return mean, deviation
    left = np.diff(np.maximum(np.cumsum(mean) - older, 0), prepend=0)
    return left, deviation * np.sqrt(left / np.maximum(mean, TINY))


def lot(
    *, quantity: float, older: float, mean: Floats, deviation: Floats, price: float, cost: float,
    below: tuple[float, ...], elasticity: float, unsure: float, fresh: float, drawn: float = 0.1,
) -> Lot | None:  # fmt: skip
    """The case, or None where nothing is at risk or no step is left below its price."""
    mean, deviation = after(older, np.maximum(mean, 0), deviation)
    if len(below) == 1 or quantity <= 0 or at_risk(quantity, mean, deviation) < LEAST_RISK * quantity:
        return None
    return Lot(quantity, mean, deviation, price, cost, below, elasticity, unsure, fresh, drawn)


def at_risk(quantity: float, mean: Floats, deviation: Floats) -> float:
    """Roughly how much will be left at the end at full price (the days' chance taken as normal)."""
    from math import erf, exp, pi, sqrt

    total, spread = float(mean.sum()), float(np.sqrt((deviation**2).sum())) + TINY
    far = (quantity - total) / spread
    density, below = exp(-far * far / 2) / sqrt(2 * pi), (1 + erf(far / sqrt(2))) / 2
    return spread * (far * below + density)
