"""What many reviews are about: texts gathered by their meaning, each gathering named by the words that tell it apart.

A word counts for a name only where several reviews have it, so that no single writer can put words there. A model may
word the names better; it is shown those words and no review.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insights.analyses.sentiment.head import Floats
from insights.analyses.sentiment.language import is_small_word
from insights.models import Aspect
from insights.providers import gateway
from insights.providers.base import Ask
from insights.providers.gateway import Said

PURPOSE, PROMPT_VERSION = "themes", "themes-1"
LEAST, MOST = 5, 10
ROUNDS, NEAR = 25, 0.35  # of the gathering; a text further from its middle belongs nowhere
TERMS, TERM_REVIEWS = 5, 3
LONGEST_NAME = 60
_WORD = re.compile(r"[^\W\d_]{3,}")
_SYSTEM = (
    "Reviews of a grocery shop were gathered by likeness. Each row holds the words that tell a gathering apart and how"
    " its reviews sound. Name each in two to five plain words, as a shopkeeper would, in English: what customers speak"
    " of, no judgement, no digit, no quotation mark. Give every id once."
)
_ROW = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
        "required": ["id", "name"]}  # fmt: skip
_SCHEMA = {
    "type": "object",
    "properties": {"themes": {"type": "array", "items": _ROW}},
    "required": ["themes"],
}
_NAME = re.compile(r"^[^\W\d_][^\d<>{}\[\]|`\"\\/@:!]*$")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A review as the gathering needs it; `meaning` of length 1."""

    id: int
    day: int
    text: str
    meaning: NDArray[np.float32]
    score: float
    aspects: frozenset[Aspect]


@dataclass(frozen=True, slots=True)
class Theme:
    name: str
    terms: tuple[str, ...]
    reviews: tuple[int, ...]
    speaks_for_it: int
    mean: float


def gather(spoken: Sequence[Spoken]) -> list[Theme]:
    """The themes, largest first; the same texts give the same themes."""
    if len(spoken) < 2 * LEAST:
        return []
    meanings = np.array([one.meaning for one in spoken], dtype=float)
    middles = _middles(meanings, min(MOST, max(2, round(math.sqrt(len(spoken) / 3)))))
    near = meanings @ middles.T
    nearest = near.argmax(axis=1)
    held = near.max(axis=1) >= NEAR
    words = [set(_WORD.findall(one.text.lower())) for one in spoken]
    everywhere = Counter(word for found in words for word in found)
    themes: list[Theme] = []
    for number in range(len(middles)):
        members = np.flatnonzero((nearest == number) & held)
        if members.size >= LEAST:
            themes.append(_theme(spoken, members, near[:, number], words, everywhere))
    return _unlike(sorted(themes, key=lambda theme: (-len(theme.reviews), theme.name)))


def _middles(meanings: Floats, many: int) -> Floats:
    """Spherical k-means; begins with texts far from each other."""
    chosen = [int((meanings @ meanings.mean(axis=0)).argmax())]
    while len(chosen) < many:
        chosen.append(int((meanings @ meanings[chosen].T).max(axis=1).argmin()))
    middles = meanings[chosen]
    for _ in range(ROUNDS):
        nearest = (meanings @ middles.T).argmax(axis=1)
        sums = np.zeros_like(middles)
        np.add.at(sums, nearest, meanings)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        moved = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), middles)
        if np.allclose(moved, middles):
            break
        middles = moved
    return np.asarray(middles)


def _theme(
    spoken: Sequence[Spoken], members: NDArray[np.int64], near: Floats, words: list[set[str]], everywhere: Counter[str]
) -> Theme:
    terms = _terms([words[place] for place in members], everywhere, len(spoken))
    aspects = Counter(aspect for place in members for aspect in spoken[place].aspects)
    about = [aspect for aspect, many in aspects.most_common(1) if 2 * many >= members.size]
    return Theme(
        name=_name(about, terms),
        terms=tuple(terms),
        reviews=tuple(spoken[place].id for place in members),
        speaks_for_it=spoken[int(members[near[members].argmax()])].id,
        mean=float(np.mean([spoken[place].score for place in members])),
    )


def _terms(found: list[set[str]], everywhere: Counter[str], whole: int) -> list[str]:
    """The words that are told more often here than elsewhere, the most telling first."""
    here = Counter(word for words in found for word in words)
    told = {
        word: many * math.log(many / len(found) / (everywhere[word] / whole))
        for word, many in here.items()
        if many >= TERM_REVIEWS and not is_small_word(word)
    }
    return [word[:60] for word in sorted(told, key=lambda word: (-told[word], word)) if told[word] > 0][:TERMS]


def _name(about: list[Aspect], terms: list[str]) -> str:
    said = ", ".join(terms[:3])
    if about:
        return f"{about[0].label}: {said}" if said else str(about[0].label)
    return said.capitalize() if said else "Various"


def _unlike(themes: list[Theme]) -> list[Theme]:
    """The themes, each name once."""
    seen: Counter[str] = Counter()
    found = []
    for theme in themes:
        seen[theme.name] += 1
        found.append(theme if seen[theme.name] == 1 else replace(theme, name=f"{theme.name} ({seen[theme.name]})"))
    return found


def named(themes: list[Theme], run_key: str) -> tuple[list[Theme], Said | None]:
    """The themes under a model's names where it gave any that can be used."""
    told = {str(place): theme for place, theme in enumerate(themes) if theme.terms}
    if not told:
        return themes, None
    rows = [{"id": id, "words": list(theme.terms), "sounds": _sounds(theme.mean)} for id, theme in told.items()]
    question = Ask(PURPOSE, PROMPT_VERSION, _SYSTEM, {"themes": rows}, _SCHEMA, max_tokens=100 + 40 * len(rows))
    said = gateway.ask(question, run_key=run_key)
    if said.data is None:
        return themes, said
    names = {row["id"]: _usable(row["name"]) for row in said.data["themes"][: 2 * len(rows)]}
    renamed = [replace(theme, name=names.get(str(place)) or theme.name) for place, theme in enumerate(themes)]
    return _unlike(renamed), said


def _sounds(mean: float) -> str:
    return "pleased" if mean > 0.15 else "displeased" if mean < -0.15 else "neither"


def _usable(name: Any) -> str:
    """A name fit to be shown as plain text; empty where it is not."""
    text = " ".join(str(name).split())
    return text if len(text) <= LONGEST_NAME and _NAME.match(text) and text.isprintable() else ""
