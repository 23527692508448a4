"""How sure it is that an item is a product: facts in, a probability out. Pure.

The weights are fitted by `python -m bench matching_fit` on the demo's competitors and on bench/matching_training.csv;
bench/competitors.py measures them on names that had no part in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inventory.competitors.sizes import Compared

# A price so far apart (a factor of e to this) speaks no louder than one farther still.
_MOST_APART = 1.2
_USUALLY_APART = 0.12
# Another size is another product, whatever else is the same.
MOST_OF_OTHER_SIZE = 0.2
FIRST, WEIGHTS = -3.79, (1.81, -0.29, 1.24, 0.35, 1.84, -2.17, -4.29, 8.11)


@dataclass(frozen=True, slots=True)
class Facts:
    """What speaks for and against a candidate: shares of 1, the size compared, and how far the prices are apart.

    `clash`: the names agree but for their first words, which both are others: mostly two brands of one thing.
    `lead`: by how much it is more alike than the next candidate (below 0: less than the best one).
    """

    meaning: float
    letters: float
    theirs_in_ours: float
    ours_in_theirs: float
    size: Compared
    price: float | None = None
    clash: float = 0.0
    lead: float = 0.0

    @property
    def alike(self) -> float:
        """How alike the names are, with the size as a rule above them."""
        names = (self.meaning + self.letters + 2 * self.theirs_in_ours + 2 * self.ours_in_theirs) / 6
        return names - (0.25 if self.size == Compared.OTHER else 0.0) + (0.05 if self.size == Compared.SAME else 0.0)

    def beside(self, others: Sequence[float]) -> Facts:
        """The same, knowing how alike the other candidates are."""
        return replace(self, lead=max(-0.4, min(0.4, self.alike - max(others, default=0.0))))


def features(facts: Facts) -> tuple[float, ...]:
    """The numbers that are weighed."""
    apart = _USUALLY_APART if facts.price is None else min(facts.price, _MOST_APART)
    return (
        facts.meaning,
        facts.letters,
        facts.theirs_in_ours,
        facts.ours_in_theirs,
        1.0 if facts.size == Compared.SAME else 0.0,
        apart,
        facts.clash,
        facts.lead,
    )


def confidence(facts: Facts) -> float:
    """The chance, from 0 to 1, that a person would say it is the same."""
    weighed = FIRST + sum(weight * value for weight, value in zip(WEIGHTS, features(facts), strict=True))
    chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, weighed))))
    return chance * MOST_OF_OTHER_SIZE if facts.size == Compared.OTHER else chance


def why(facts: Facts) -> str:
    """The reason in words, for the person who confirms."""
    if min(facts.theirs_in_ours, facts.ours_in_theirs) > 0.95:
        name = "the same words"
    elif facts.theirs_in_ours > 0.6 and facts.ours_in_theirs > 0.6:
        name = "nearly the same words"
    elif facts.theirs_in_ours > 0.6 or facts.ours_in_theirs > 0.6:
        name = "some words the same"
    else:
        name = "a like meaning" if facts.meaning > 0.5 else "somewhat alike"
    size = {Compared.SAME: "same size", Compared.OTHER: "another size", Compared.UNKNOWN: "size not known"}[facts.size]
    price = "" if facts.price is None or facts.price < math.log(1.6) else ", price far apart"
    return f"{name}, {size}{price}"
