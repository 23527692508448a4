"""Names as they are compared: folded words, how rare each is, and groups of three letters. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from inventory.competitors import sizes

Floats = npt.NDArray[np.float32]
GRAMS = 2048
LEAST_SHORT = 2  # letters of a shortened word
ALIKE = 0.55
_NOT_WORDS = re.compile(r"[^\w%&]+")
_LITTLE = {"the", "of", "in", "a", "an", "x", "and", "de", "with", "w", "&", "y", "et", "und", "by", "per"}


def fold(text: str) -> str:
    """Small letters without accents, words apart by one space."""
    bare = unicodedata.normalize("NFKD", text.lower())
    return _NOT_WORDS.sub(" ", "".join(sign for sign in bare if not unicodedata.combining(sign))).strip()


def tokens(text: str) -> list[str]:
    """The words that tell something, without the size."""
    said = [word for word in fold(sizes.without_size(text)).split() if word not in _LITTLE]
    return said or fold(text).split()


class Letters:
    """Texts by their groups of three letters, to be compared with others. A few bytes a text, however many."""

    def __init__(self, texts: Sequence[str]) -> None:
        from scipy import sparse  # the web process never reckons with it

        found = [
            Counter(zlib.crc32(gram.encode()) % GRAMS for gram in _grams(" ".join(tokens(text)))) for text in texts
        ]
        starts = np.cumsum([0, *map(len, found)])
        places = np.array([place for counts in found for place in counts], dtype=np.int32)
        lengths = [math.sqrt(sum(many * many for many in counts.values())) for counts in found]
        values = [many / length for counts, length in zip(found, lengths, strict=True) for many in counts.values()]
        self._rows = sparse.csr_matrix((np.array(values, dtype=np.float32), places, starts), (len(texts), GRAMS))

    def some(self, start: int, end: int) -> Letters:
        """Those of these places alone."""
        few = Letters.__new__(Letters)
        few._rows = self._rows[start:end]
        return few

    def beside(self, others: Letters) -> Floats:
        """How alike each is to each of the others: a row a text, a column an other one, 0 to 1."""
        found: Floats = (self._rows @ others._rows.T).toarray()
        return found


class Rarity:
    """How much a word tells: the rarer it is among our products' names, the more."""

    def __init__(self, names: Iterable[str]) -> None:
        seen = [set(tokens(name)) for name in names]
        counts = Counter(word for words in seen for word in words)
        self.most = math.log(1 + len(seen))
        self._of = {word: math.log((1 + len(seen)) / (1 + many)) + 0.3 for word, many in counts.items()}

    def of(self, word: str) -> float:
        """A word that none of our names has tells most of all: it may be another brand."""
        return self._of.get(word, self.most)


def covered(words: Sequence[str], other: Sequence[str], rarity: Rarity) -> float:
    """The share of what `words` tell that `other` tells too, misspelt and shortened words included."""
    weights = [rarity.of(word) for word in words]
    told = sum(
        weight * max((like(word, one) for one in other), default=0) for word, weight in zip(words, weights, strict=True)
    )
    return told / sum(weights) if words else 0.0


def clash(words: Sequence[str], other: Sequence[str]) -> bool:
    """Whether each begins with a word that the other does not have: mostly a brand."""
    return not any(like(words[0], one) for one in other) and not any(like(other[0], one) for one in words)


def like(one: str, other: str) -> float:
    """How much two words are the same one: 1 where they are, less where one is the other shortened or misspelt."""
    if one == other:
        return 1.0
    short, long = sorted((one.strip("&"), other), key=len)
    if len(short) >= LEAST_SHORT and long[:1] == short[:1] and short.isalpha():
        if long.startswith(short):
            return 0.9 if len(short) >= 3 else 0.6
        if len(short) >= 3 and len(long) - len(short) <= 5 and _within(short, long):
            return 0.8
    mine, theirs = set(_grams(one)), set(_grams(other))
    alike = 2 * len(mine & theirs) / (len(mine) + len(theirs))
    return alike if alike >= ALIKE else 0.7 if _two_swapped(one, other) else 0.0


def _grams(text: str) -> list[str]:
    padded = f" {text} "
    return [padded[at : at + 3] for at in range(len(padded) - 2)] or [padded]


def _within(short: str, long: str) -> bool:
    """Whether the letters of the one stand in the other in this order: chkn in chicken."""
    rest = iter(long)
    return all(letter in rest for letter in short)


def _two_swapped(one: str, other: str) -> bool:
    if len(one) != len(other) or len(one) < 4:
        return False
    differ = [at for at in range(len(one)) if one[at] != other[at]]
    return len(differ) == 1 or (len(differ) == 2 and sorted(one) == sorted(other))
