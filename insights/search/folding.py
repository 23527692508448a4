"""Words as the search compares them: small letters without accents, and the groups of letters that survive a slip.

Pure. The same folding makes what is stored and what is asked for, so the two always meet.
"""

from __future__ import annotations

import functools
import re
import unicodedata
import zlib
from collections.abc import Iterable

GRAMS = 1024
MOST_LETTERS = 2_000
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
# Thai, kana, Chinese signs: words without spaces between them.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SIZE = re.compile(
    r"\b(\d+\s*x\s*)?\d+([.,]\d+)?\s*"
    r"(kg|gr?|mg|ml|cl|dl|ltr|lt|l|oz|lbs?|pt|m|cm|pack|pk|pcs?|pieces?|pairs?|tablets|sheets|fingers?|boxes)\b",
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """Small letters and digits with single spaces; accents, punctuation, emoji and control characters gone."""
    plain = unicodedata.normalize("NFKD", text[:MOST_LETTERS].translate(_APOSTROPHES))
    bare = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn").casefold()
    kept = "".join(sign if sign.isalnum() else " " for sign in unicodedata.normalize("NFC", bare))
    return " ".join(kept.split())


def is_unspaced(word: str) -> bool:
    """Whether the word is of a script that sets no spaces."""
    return bool(_UNSPACED.search(word))


@functools.lru_cache(maxsize=20_000)
def groups(word: str) -> frozenset[str]:
    """Groups of three letters of a folded word with its ends marked; of two where words are not spaced."""
    if is_unspaced(word):
        return frozenset(word[start : start + 2] for start in range(max(1, len(word) - 1)))
    marked = f" {word} "
    return frozenset(marked[start : start + 3] for start in range(len(marked) - 2))


def signature(words: Iterable[str]) -> str:
    """The bits of these words' groups, as PostgreSQL writes bits."""
    places = {zlib.crc32(group.encode()) % GRAMS for word in words for group in groups(word)}
    return "".join("1" if place in places else "0" for place in range(GRAMS))


def without_size(name: str) -> str:
    """A product's name without how much is in it: “Brightwell bleach 750 ml” is “Brightwell bleach”."""
    return " ".join(_SIZE.sub(" ", name).replace(" ,", ",").split()).strip(" ,-") or name


@functools.lru_cache(maxsize=50_000)
def closeness(asked: str, word: str) -> float:
    """How much two folded words are one: 1 the same, above 0.5 a slip or two apart, 0 another word."""
    if asked == word:
        return 1.0
    if word.startswith(asked):
        return 0.85 + 0.1 * len(asked) / len(word) if len(asked) > 1 else 0.5
    if is_unspaced(asked) or is_unspaced(word):
        return _shared(asked, word)
    longest = max(len(asked), len(word))
    if longest < 4 or abs(len(asked) - len(word)) > longest // 2 or not groups(asked) & groups(word):
        return 0.0
    alike = 1 - _slips(asked, word) / longest
    return alike if alike >= 0.5 else 0.0


def _shared(asked: str, word: str) -> float:
    """Scripts without spaces: the share of what is asked for that stands in the word."""
    if asked in word:
        return 0.9
    mine = groups(asked)
    return 0.8 * len(mine & groups(word)) / len(mine)


def _slips(one: str, other: str) -> int:
    """Letters put in, left out, taken for another, or two of them swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        last, before, row = before, row, [place]
        for column, sign in enumerate(other, 1):
            cost = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != sign))
            if place > 1 < column and letter == other[column - 2] and one[place - 2] == sign:
                cost = min(cost, last[column - 2] + 1)
            row.append(cost)
    return row[-1]
