"""Which product or supplier a text names: by its whole name, sizes aside, and only where no other has that name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SIZE = re.compile(
    r"^\d+(?:[.,]\d+)?(?:x\d+)?(?:g|kg|mg|ml|cl|dl|l|ltr|litre|litres|oz|lb|lbs|pt|pk|pack|pcs|ct|er|s)?$"
)
_UNIT = {"g", "kg", "ml", "cl", "l", "ltr", "litre", "litres", "oz", "lb", "pk", "pack", "each", "pcs", "x", "per"}
_FIRM = {"ltd", "limited", "llc", "inc", "gmbh", "ag", "sa", "srl", "sarl", "bv", "plc", "co", "company", "oy", "ab"}
LEAST_LETTERS = 4  # of a name that is one word


@dataclass(frozen=True, slots=True)
class Names:
    """Names by their first word, the longest first: (words, id), id 0 where several things have the name."""

    of: Mapping[str, list[tuple[tuple[str, ...], int]]]

    def named_in(self, text: str) -> int:
        """The one thing that the text names by the longest name; 0 where there is none, or two as long."""
        words = [word.lower() for word in _WORD.findall(text)]
        found: dict[int, int] = {}
        for place, word in enumerate(words):
            for name, id in self.of.get(word, ()):
                if tuple(words[place : place + len(name)]) == name:
                    found[id] = max(found.get(id, 0), len(name))
                    break
        if not found:
            return 0
        longest = max(found.values())
        best = [id for id, length in found.items() if length == longest]
        return best[0] if len(best) == 1 else 0


def of_products(names: Mapping[int, str]) -> Names:
    return _index({id: _without_size(name) for id, name in names.items()})


def of_suppliers(names: Mapping[int, str]) -> Names:
    return _index({id: tuple(word for word in _words(name) if word not in _FIRM) for id, name in names.items()})


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _without_size(name: str) -> tuple[str, ...]:
    return tuple(word for word in _words(name) if not _SIZE.match(word) and word not in _UNIT)


def _index(names: Mapping[int, tuple[str, ...]]) -> Names:
    owners: dict[tuple[str, ...], int] = {}
    for id, words in names.items():
        if len(words) > 1 or (words and len(words[0]) >= LEAST_LETTERS):
            owners[words] = 0 if words in owners else id
    found: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for words, id in owners.items():
        found.setdefault(words[0], []).append((words, id))
    for named in found.values():
        named.sort(key=lambda one: -len(one[0]))
    return Names(found)
