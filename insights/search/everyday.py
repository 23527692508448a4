"""What people call the same goods: another name for it in the same language, or its name in another one.

An encoder knows sentences better than rare words: “rutabaga” and “Windeln” mean little to it. This list does know them.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import resources

from django.db import connection

from insights.search.folding import fold, is_unspaced
from shop.tenancy import current_shop_id

_LONGEST = 5
_KEPT_SECONDS, _KEPT_SHOPS = 600, 50
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of what was asked: its words, and the other names of the same thing that the shop's own words know."""

    words: Phrase
    others: tuple[Phrase, ...] = ()


def units(words: Sequence[str], known: Collection[str]) -> list[Unit]:
    """What was asked in parts, the longest names first. `known` are the stems of the shop's words."""
    found: list[Unit] = []
    place = 0
    while place < len(words):
        many, lines = _longest_at(words, place)
        own = tuple(words[place : place + many])
        found.append(Unit(own, _others(own, lines, known)))
        place += many
    return found


def apart(word: str) -> list[str]:
    """A word of a script without spaces, in the names that stand in it; any other word as it is."""
    if not is_unspaced(word) or word in _names():
        return [word]
    for size in range(min(len(word) - 1, _longest_unspaced()), 1, -1):
        for start in range(len(word) - size + 1):
            if (name := word[start : start + size]) in _names():
                parts = [part for part in (word[:start], name, word[start + size :]) if part]
                return [one for part in parts for one in ([part] if part == name else apart(part))]
    return [word]


def stem(word: str) -> str:
    """Without the s of a plural: close enough for names that were written down."""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _longest_at(words: Sequence[str], place: int) -> tuple[int, tuple[int, ...]]:
    for many in range(min(_LONGEST, len(words) - place), 0, -1):
        if lines := _names().get(" ".join(map(stem, words[place : place + many]))):
            return many, lines
    return 1, ()


def _others(own: Phrase, lines: Sequence[int], known: Collection[str]) -> tuple[Phrase, ...]:
    mine = tuple(map(stem, own))
    found = dict.fromkeys(phrase for line in lines for phrase in _lines()[line])
    return tuple(one for one in found if one != mine and all(word in known for word in one))


@functools.cache
def _lines() -> tuple[tuple[Phrase, ...], ...]:
    """The names of each thing, in stems."""
    text = resources.files("insights.search").joinpath("everyday.txt").read_text(encoding="utf-8")
    rows = [row for row in text.splitlines() if row.strip() and not row.startswith("#")]
    return tuple(tuple(tuple(map(stem, fold(name).split())) for name in row.split(",")) for row in rows)


@functools.cache
def _names() -> dict[str, tuple[int, ...]]:
    """The things that a name stands for."""
    found: dict[str, list[int]] = {}
    for line, names in enumerate(_lines()):
        for name in dict.fromkeys(names):
            found.setdefault(" ".join(name), []).append(line)
    return {name: tuple(lines) for name, lines in found.items()}


@functools.cache
def _longest_unspaced() -> int:
    return max(len(name) for name in _names() if is_unspaced(name))


_vocabularies: dict[int, tuple[int, float, frozenset[str]]] = {}


def vocabulary(newest: int) -> frozenset[str]:
    """The stems of all words the shop's products are found by. Kept for minutes, or until there is a newer product."""
    shop, now = current_shop_id(), time.monotonic()
    kept = _vocabularies.get(shop)
    if kept and kept[0] == newest and now - kept[1] < _KEPT_SECONDS:
        return kept[2]
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [shop])
        words = frozenset(stem(row[0]) for row in cursor.fetchall())
    while len(_vocabularies) >= _KEPT_SHOPS:
        _vocabularies.pop(next(iter(_vocabularies)), None)
    _vocabularies[shop] = newest, now, words
    return words


_WORDS = """
select distinct word from insights_searchentry, regexp_split_to_table(text, '\\s+') word
where shop_id = %s and product_id is not null
"""
