"""How a text sounds and what it speaks of, told on this machine.

Sentences become vectors by meaning, whatever their language, and the trained head weighs them; a text is the mean of
its sentences. What stands on both sides of a "but" is heard apart for aspects, and for what is torn. Stars, where
given, count for a part of the score: who gives one star means ill, however politely.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from insights.analyses.sentiment import cues
from insights.analyses.sentiment.head import ASPECTS, Floats, embed, head
from insights.analyses.sentiment.language import language_of
from insights.models import Aspect

VERSION = "use-multilingual-3, head 2"
LOUDNESS = 4.0  # a plainly pleased sentence comes out near 0.5
STARS = 0.4  # the stars' part of the score
STARS_SURE = 2.0  # and of how sure it is
NEITHER = 0.45  # from this likeness to the sentences that are neither, a text is neutral
SILENT = 0.02
TORN, EVEN = 0.3, 0.2  # plainly pleased and plainly displeased parts that level out
TO_A_MACHINE = 0.3
SPOKEN_OF, CUED = 0.4, 0.3  # from here on an aspect is spoken of, and what a plain word for it adds
MOST_SENTENCES, LONGEST_SENTENCE, LEAST_PART = 20, 300, 4
_ENDS = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+|<br\s*/?>", re.IGNORECASE)
_TURNS = re.compile(
    r"[,;:]?\s+(?:but|however|yet|although|though|except|pero|aunque|mais|aber|jedoch|obwohl|ma|però|mas|porém|maar|ale"
    r"|ama|fakat|но|однако)\s+|\s*(?:لكن|但是|但|就是|可是|けれど|けど)\s*|(?<=が)、|(?<=지만)\s+|(?=แต่)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A tone: `label` positive, neutral or negative, `score` from -1 to 1, the language's code or nothing.

    `confidence` is the chance that the label is right; `aspects` how it speaks of what it speaks of, -1 to 1.
    `meaning` is the text's own vector; `to_machine` tells a text that sounds like orders to a model.
    """

    label: str
    score: float
    language: str
    confidence: float = 0.5
    aspects: dict[Aspect, float] = field(default_factory=dict)
    to_machine: bool = False
    meaning: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Parts:
    """All texts cut up: each part's owner, and whether it is a whole sentence and whether it is a smallest part."""

    texts: list[str]
    owner: NDArray[np.int64]
    whole: NDArray[np.bool_]
    smallest: NDArray[np.bool_]


def listen(texts: Sequence[str], stars: Sequence[float | None]) -> list[Heard]:
    """The tone of each text, the stars given with it (1 to 5) considered."""
    if not texts:
        return []
    parts, trained, many = _parts(texts), head(), len(texts)
    vectors = embed(parts.texts)
    wide = trained.wide_near(vectors)
    tone = trained.near(vectors) @ trained.tone
    tone[[not part.strip() for part in parts.texts]] = 0
    owner = parts.owner[parts.whole]
    said = _means(owner, tone[parts.whole], many)
    nothing = _means(owner, (wide @ trained.neither)[parts.whole], many)
    meaning = _meanings(owner, vectors[parts.whole], many)
    orders = np.full(many, -np.inf)
    np.maximum.at(orders, parts.owner, wide @ trained.orders)
    torn = _torn(parts, tone * LOUDNESS, many)
    aspects = _aspects(parts, wide @ trained.aspects, tone * LOUDNESS, many)
    found = []
    for place, text in enumerate(texts):
        label, score, sure = judge(float(said[place]), float(nothing[place]), stars[place], torn=bool(torn[place]))
        to_machine = bool(orders[place] > TO_A_MACHINE)
        found.append(Heard(label, score, language_of(text), sure, aspects[place], to_machine, meaning[place]))
    return found


def judge(said: float, nothing: float, stars: float | None, *, torn: bool) -> tuple[str, float, float]:
    """Label, score and how sure: from the tone of the words, their likeness to saying nothing, and the stars."""
    score = float(np.clip(said * LOUDNESS, -1, 1))
    neutral = nothing > NEITHER or abs(score) < SILENT or (torn and abs(score) < EVEN)
    given = 0.0
    if stars is not None:
        given = (stars - 3) / 2
        score = (1 - STARS) * score + STARS * given
        neutral = abs(score) < SILENT or (neutral and not given)
    label = "neutral" if neutral else "positive" if score > 0 else "negative"
    side = 1 if score > 0 else -1
    start, slope = head().confidence["neither" if neutral else "tone"]
    strength = start + slope * (nothing if neutral else said * side) + (0 if neutral else STARS_SURE * given * side)
    return label, round(score, 3), round(1 / (1 + math.exp(-strength)), 3)


def sentences(text: str) -> list[str]:
    """The text's first sentences; at least one."""
    found = [piece.strip()[:LONGEST_SENTENCE] for piece in _ENDS.split(text) if piece and piece.strip()]
    return found[:MOST_SENTENCES] or [" "]


def _parts(texts: Sequence[str]) -> _Parts:
    rows: list[tuple[str, int, bool, bool]] = []
    for place, text in enumerate(texts):
        for sentence in sentences(text):
            pieces = [piece.strip(" ,;:、，") for piece in _TURNS.split(sentence)]
            split = len(pieces) > 1 and all(len(piece) >= LEAST_PART for piece in pieces)
            rows.append((sentence, place, True, not split))
            rows += [(piece, place, False, True) for piece in pieces if split]
    text_of, owner, whole, smallest = zip(*rows, strict=True)
    return _Parts(list(text_of), np.array(owner), np.array(whole), np.array(smallest))


def _means(owner: NDArray[np.int64], values: Floats, many: int) -> Floats:
    return np.asarray(np.bincount(owner, values, many) / np.bincount(owner, minlength=many))


def _meanings(owner: NDArray[np.int64], vectors: Floats, many: int) -> NDArray[np.float32]:
    found = np.zeros((many, vectors.shape[1]))
    np.add.at(found, owner, vectors)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _torn(parts: _Parts, tone: Floats, many: int) -> NDArray[np.bool_]:
    high, low = np.full(many, -np.inf), np.full(many, np.inf)
    np.maximum.at(high, parts.owner, tone)
    np.minimum.at(low, parts.owner, tone)
    return np.asarray((high > TORN) & (low < -TORN))


def _aspects(parts: _Parts, about: Floats, tone: Floats, many: int) -> list[dict[Aspect, float]]:
    """The aspects of each text: heard in the smallest parts that speak of them, each with the tone of those parts."""
    heard: list[dict[Aspect, list[float]]] = [{} for _ in range(many)]
    for place in np.flatnonzero(parts.smallest):
        spoken = about[place] + CUED * cues.spoken(parts.texts[place])
        for number in np.flatnonzero(spoken > SPOKEN_OF):
            heard[parts.owner[place]].setdefault(ASPECTS[number], []).append(float(tone[place]))
    return [{aspect: _mean(tones) for aspect, tones in one.items()} for one in heard]


def _mean(tones: Iterable[float]) -> float:
    return round(float(np.clip(np.mean(list(tones)), -1, 1)), 3)
