"""How alike two products' names are: words and meaning, with sizes and numbers as rules above them. Pure but for the
vectors it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from insights.matching import scores, words
from insights.matching.scores import Facts
from insights.matching.words import Floats
from inventory.competitors import sizes
from inventory.competitors.sizes import Compared, Size

LOOKED_AT = 6  # by meaning, by letters, and by both
AT_ONCE = 256  # products compared with all others in one go
LEAST_MEANING, LEAST_LETTERS = 0.55, 0.4
UNLIKE_MEANING, UNLIKE_LETTERS = 0.4, 0.2
BOTH_OTHERWISE = 0.45  # each has a telling word that the other has not: two sorts of one thing
OTHER_SORT = 0.3
SORTS = tuple(
    frozenset(alike.split())
    for alike in (
        "decaf decaffeinated descafeinado", "zero", "diet", "light lite leicht low", "reduced", "non", "unsalted",
        "unsmoked", "unsweetened", "wholemeal wholewheat wholegrain", "dark", "white", "semi", "skimmed",
    )
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Article:
    """A product as far as it is compared."""

    id: int
    name: str
    unit: str
    size: Size | None
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Alike:
    """Two products (by place) whose names are alike: how sure it is that they are one, and why in words."""

    one: int
    other: int
    score: float
    why: str


class Names:
    """All products, ready to be compared with each other: some 5 kB each, and never more than a block at once."""

    def __init__(self, articles: Sequence[Article], meanings: Floats) -> None:
        names = [article.name for article in articles]
        self.articles, self._meanings = articles, meanings
        self._letters = words.Letters(names)
        self._rarity = words.Rarity(names)
        self._tokens = [words.tokens(name) for name in names]
        self._numbers = [numbers(name) for name in names]
        self._sorts = [sorts(name) for name in names]

    def look(self, start: int) -> Iterator[Alike]:
        """What the next AT_ONCE products from this place on may be, each pair once."""
        end = min(start + AT_ONCE, len(self.articles))
        meant = self._meanings[start:end] @ self._meanings.T
        spelt = self._letters.some(start, end).beside(self._letters)
        for row, place in enumerate(range(start, end)):
            yield from self._of(place, meant[row], spelt[row])

    def _of(self, place: int, meant: Floats, spelt: Floats) -> Iterator[Alike]:
        near = {other for by in (meant, spelt, meant + spelt) for other in _top(by)} - {place}
        rated = {
            other: self._facts(place, other, meant, spelt)
            for other in near
            if (meant[other] >= LEAST_MEANING or spelt[other] >= LEAST_LETTERS) and self.may_be_one(place, other)
        }
        for other, facts in rated.items():
            rest = [one.alike for third, one in rated.items() if third != other]
            sure = self.score(place, other, facts.beside(rest))
            yield Alike(min(place, other), max(place, other), sure, scores.why(facts))

    def unlike(self, one: int, other: int) -> bool:
        """Whether neither words nor meaning say that the two may be one."""
        meant = float(self._meanings[one] @ self._meanings[other])
        spelt = float(self._letters.some(one, one + 1).beside(self._letters.some(other, other + 1))[0, 0])
        return meant < UNLIKE_MEANING and spelt < UNLIKE_LETTERS

    def may_be_one(self, one: int, other: int) -> bool:
        """The rules that no likeness overrules: sold alike, of one size, with the same numbers in their names."""
        mine, theirs = self.articles[one], self.articles[other]
        if mine.unit != theirs.unit or sizes.compare(mine.size, theirs.size) == Compared.OTHER:
            return False
        (beside, every), (their_beside, their_every) = self._numbers[one], self._numbers[other]
        return beside <= their_every and their_beside <= every

    def _facts(self, one: int, other: int, meant: Floats, spelt: Floats) -> Facts:
        mine, theirs = self._tokens[one], self._tokens[other]
        there = words.covered(theirs, mine, self._rarity)
        return Facts(
            meaning=float(meant[other]),
            letters=float(spelt[other]),
            theirs_in_ours=words.covered(mine, theirs, self._rarity),
            ours_in_theirs=there,
            size=sizes.compare(self.articles[one].size, self.articles[other].size),
            price=_apart(self.articles[one].price, self.articles[other].price),
            clash=there if words.clash(mine, theirs) else 0.0,
        )

    def score(self, one: int, other: int, facts: Facts) -> float:
        """From 0 to 1. Two that each have a word of their own, or that one word sets apart, are mostly two sorts."""
        sure = scores.confidence(facts)
        mine, theirs = self._tokens[one], self._tokens[other]
        if self._sorts[one] != self._sorts[other]:
            sure *= OTHER_SORT
        return sure * BOTH_OTHERWISE if _own_word(mine, theirs) and _own_word(theirs, mine) else sure


def numbers(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """The numbers in a name beside its size (3.5 of a milk, 12 of a shade), and all of them."""
    return _numbers(sizes.without_size(name)) if sizes.read(name) else _numbers(name), _numbers(name)


def sorts(name: str) -> frozenset[int]:
    """Which words a name has that make another sort of a thing, by their place in SORTS."""
    said = set(words.fold(name).split())
    return frozenset(place for place, alike in enumerate(SORTS) if said & alike)


def _numbers(text: str) -> frozenset[str]:
    return frozenset(found.replace(",", ".").lstrip("0") for found in _NUMBER.findall(text))


def _own_word(words_of: Sequence[str], other: Sequence[str]) -> bool:
    return any(not any(words.like(word, one) for one in other) for word in words_of if not word.isdigit())


def _apart(one: Decimal | None, other: Decimal | None) -> float | None:
    return abs(float((one / other).ln())) if one and other else None


def _top(near: Floats) -> list[int]:
    many = min(LOOKED_AT + 1, near.size)
    return list(np.argpartition(-near, many - 1)[:many].tolist())
