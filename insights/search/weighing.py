"""How well a row answers what was asked: its words, with slips forgiven, its other names, and its meaning. Pure.

The weights were found on bench/search_tuning.csv, never on the hundred paraphrases the search is held to.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from insights.search.everyday import Phrase, Unit, stem
from insights.search.folding import closeness
from insights.search.scan import Row, Scan

ALSO = 0.6  # a word of the category or supplier, beside one of the name
LETTERS, SHORT = 0.8, 0.08
LEAST, OF_BEST = 0.3, 0.4  # below it, and below that share of the best, nothing is worth showing
OTHER_NAME, LONG_NAME = 0.8, 12  # another name counts a little less, a long one more


@dataclass(frozen=True, slots=True)
class _Parts:
    """An entry's words: of its name, with each two neighbours as one, and those it is found by too; and their stems."""

    name: tuple[str, ...]
    also: tuple[str, ...]
    name_stems: frozenset[str]
    all_stems: frozenset[str]
    length: int


def rank(found: Scan, asked: Sequence[Unit]) -> list[tuple[float, int]]:
    """(score, number) of what is worth showing, best first."""
    weights = list(_rarity(found, asked))
    scored = [(_score(row, asked, weights), row.pk) for row in found.rows]
    least = max(LEAST, OF_BEST * max((score for score, _ in scored), default=0.0))
    return sorted((one for one in scored if one[0] >= least), key=lambda one: (-one[0], one[1]))


def _score(row: Row, asked: Sequence[Unit], weights: Sequence[float]) -> float:
    return LETTERS * by_letters(row.text, asked, weights) + max(row.meaning or 0.0, 0.0)


def _rarity(found: Scan, asked: Sequence[Unit]) -> Iterator[float]:
    """How much each part tells: one whose words begin a word of every entry tells nothing."""
    counts = iter([*found.with_word, *([0] * sum(len(unit.words) for unit in asked))])
    for unit in asked:
        rows = [next(counts) for _ in unit.words]
        yield sum(math.log(1 + (found.entries + 1) / (count + 1)) for count in rows)


def by_letters(text: str, asked: Sequence[Unit], weights: Sequence[float]) -> float:
    """From 0 to a little above 1: the share of what was asked that stands there, rare words counting more."""
    if not asked:
        return 0.0
    parts = _parts(text)
    best = [max(_own(unit.words, parts), _by_other_name(unit.others, parts)) for unit in asked]
    share = sum(weight * one for weight, one in zip(weights, best, strict=True)) / sum(weights)
    letters = sum(len(word) for unit in asked for word in unit.words)
    return share * (1 + SHORT * min(1.0, letters / max(parts.length, 1)))


def _own(words: Phrase, parts: _Parts) -> float:
    found = sum(_best(word, parts) ** 2 for word in words) / len(words)
    if len(words) == 1:
        return found
    return max(found, max((closeness("".join(words), word) ** 2 for word in parts.name), default=0.0))


def _best(asked: str, parts: _Parts) -> float:
    here = max((closeness(asked, word) for word in parts.name), default=0.0)
    return here if here > ALSO else max(here, ALSO * max((closeness(asked, word) for word in parts.also), default=0.0))


def _by_other_name(others: Sequence[Phrase], parts: _Parts) -> float:
    best = 0.0
    for name in others:
        worth = OTHER_NAME + (1 - OTHER_NAME) * min(1.0, len("".join(name)) / LONG_NAME)
        if parts.name_stems.issuperset(name):
            best = max(best, worth)
        elif parts.all_stems.issuperset(name):
            best = max(best, ALSO * worth)
    return best


@functools.lru_cache(maxsize=20_000)
def _parts(text: str) -> _Parts:
    name, _, rest = text.partition("\n")
    words, also = name.split(), tuple(rest.split())
    pairs = [one + other for one, other in zip(words, words[1:], strict=False)]
    stems = frozenset(map(stem, words))
    return _Parts((*words, *pairs), also, stems, stems | set(map(stem, also)), len(name.replace(" ", "")))
