"""Looking for what competitors' items may be among our products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from insights.matching import scores, words
from insights.matching.scores import Facts
from insights.providers import gateway
from inventory.competitors import sizes
from inventory.competitors.sizes import Compared, Size

KEPT = 5  # candidates an item
LOOKED_AT = 12  # by meaning, and as many by letters
LEAST = 0.02  # below it nobody need look


@dataclass(frozen=True, slots=True)
class Ours:
    """A product of ours, as far as it is compared."""

    id: int
    name: str
    size: Size | None
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Theirs:
    """An item of a competitor, as far as it is compared."""

    id: int
    name: str
    size: Size | None
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Match:
    """A product that an item may be: how sure, the facts that decided, and what a model said of it."""

    product: int
    confidence: float
    facts: Facts
    said: str = ""

    @property
    def why(self) -> str:
        return ", ".join(filter(None, [scores.why(self.facts), self.said]))


class Catalogue:
    """Our products, made ready to be compared with many items."""

    def __init__(self, products: Sequence[Ours]) -> None:
        self.products = products
        names = [product.name for product in products]
        self._meanings = meanings(names)
        self._letters = words.Letters(names)
        self._rarity = words.Rarity(names)
        self._tokens = [words.tokens(name) for name in names]

    def look(self, items: Sequence[Theirs]) -> dict[int, list[Match]]:
        """What each item (by id) may be, best first, at most KEPT."""
        if not items or not self.products:
            return {item.id: [] for item in items}
        meant, spelt = self.alike([item.name for item in items])
        return {item.id: self._best(item, meant[row], spelt[row]) for row, item in enumerate(items)}

    def alike(self, names: Sequence[str]) -> tuple[words.Floats, words.Floats]:
        """How alike each name is to each product's, by meaning and by letters: a row a name."""
        return meanings(names) @ self._meanings.T, words.Letters(names).beside(self._letters)

    def facts(self, item: Theirs, meant: words.Floats, spelt: words.Floats) -> list[tuple[int, Facts]]:
        """The products worth looking at (by place), with what speaks for and against each."""
        places = {int(place) for near in (meant, spelt, meant + spelt) for place in _top(near)}
        said = words.tokens(item.name)
        found = [(place, self._facts(item, said, place, meant, spelt)) for place in sorted(places)]
        return [(place, facts.beside([f.alike for p, f in found if p != place])) for place, facts in found]

    def _best(self, item: Theirs, meant: words.Floats, spelt: words.Floats) -> list[Match]:
        rated = [
            Match(self.products[place].id, scores.confidence(facts), facts)
            for place, facts in self.facts(item, meant, spelt)
        ]
        likely = sorted((match for match in rated if match.confidence >= LEAST), key=lambda match: -match.confidence)
        return likely[:KEPT]

    def _facts(self, item: Theirs, said: list[str], place: int, meant: words.Floats, spelt: words.Floats) -> Facts:
        product = self.products[place]
        compared, called = sizes.compare(item.size, product.size), self._tokens[place]
        ours_in_theirs = words.covered(called, said, self._rarity)
        return Facts(
            meaning=float(meant[place]),
            letters=float(spelt[place]),
            theirs_in_ours=words.covered(said, called, self._rarity),
            ours_in_theirs=ours_in_theirs,
            size=compared,
            price=_price_apart(item, product, compared),
            clash=ours_in_theirs if words.clash(said, called) else 0.0,
        )


def meanings(names: Iterable[str]) -> words.Floats:
    """A row a name: what it means without its size, as a vector of length 1, made on this machine."""
    rows = gateway.embed([sizes.without_size(name) for name in names]).rows
    found = np.array(rows, dtype=np.float32)
    directions: words.Floats = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return directions


def _top(near: words.Floats) -> list[int]:
    many = min(LOOKED_AT, near.size)
    return list(np.argpartition(-near, many - 1)[:many].tolist())


def _price_apart(item: Theirs, product: Ours, compared: Compared) -> float | None:
    """How far the prices are apart for the same size, as a logarithm; None where it cannot be told."""
    if not item.price or not product.price or compared == Compared.UNKNOWN:
        return None
    share = sizes.share(item.size, product.size) or Decimal(1)
    return abs(float((item.price / share / product.price).ln()))
