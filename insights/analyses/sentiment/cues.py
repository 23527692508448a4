"""Plain words for an aspect, in sixteen languages: they make sure of what a sentence's meaning only suggests."""

from __future__ import annotations

import functools
import re
from importlib import resources

import numpy as np

from insights.analyses.sentiment.head import ASPECTS, Floats
from insights.models import Aspect

_UNSPACED = {"ar", "ja", "ko", "th", "zh"}  # written without spaces, or with small words stuck to the front
SHORT = 3
_WORD = re.compile(r'"[^"]+"|\S+')


def spoken(text: str) -> Floats:
    """1 for each aspect that a word of the text names."""
    return np.array([1.0 if pattern.search(text) else 0.0 for pattern in _patterns()])


@functools.cache
def _patterns() -> list[re.Pattern[str]]:
    """One an aspect, in the order of ASPECTS; a word is met at its beginning."""
    found: dict[Aspect, list[str]] = {aspect: [] for aspect in ASPECTS}
    text = resources.files("insights.analyses.sentiment").joinpath("cues.txt").read_text(encoding="utf-8")
    aspect = ASPECTS[0]
    for row in text.splitlines():
        if row.startswith("== "):
            aspect = Aspect(row[3:].strip())
        elif row and not row.startswith("#"):
            language, *words = _WORD.findall(row)
            start = "" if language in _UNSPACED else r"(?<![^\W\d_])"
            found[aspect] += [start + _from_start(word.strip('"'), start) for word in words]
    return [re.compile("|".join(found[aspect]), re.IGNORECASE) for aspect in ASPECTS]


def _from_start(word: str, start: str) -> str:
    """A short word is met whole: "app" is not the beginning of "apples"."""
    return re.escape(word) + (r"(?![^\W\d_])" if start and len(word) <= SHORT else "")
