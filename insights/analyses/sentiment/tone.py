"""How a text sounds, told on this machine: by its nearness to sentences whose tone is known.

Sentences become vectors by meaning, whatever their language. A text's sentences are compared with those of
anchors.txt, all written for this purpose; kernel ridge regression weighs the nearest ones, and a text is the mean of
its sentences. Stars, where given, count for a part of the score: who gives one star means ill, however politely.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from insights.analyses.sentiment.language import language_of
from insights.providers.local import MODEL, Local

Floats = NDArray[np.float64]

VERSION = f"{MODEL}, anchors 1"
NEARNESS, CALM = 2.0, 0.7  # of the kernel: how fast likeness fades, and how little a single anchor may say
LOUDNESS = 2.0  # a plainly pleased sentence comes out near 0.5
STARS = 0.4  # the stars' part of the score
NOTHING_SAID = 0.28  # from this likeness to the anchors that are neither, a mild text is neutral
MILD, SILENT = 0.4, 0.01
TORN, EVEN = 0.4, 0.12  # plainly pleased and plainly displeased sentences that level out
MOST_SENTENCES, LONGEST_SENTENCE = 20, 300
_ENDS = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+|<br\s*/?>", re.IGNORECASE)
_TONES = {"+": 1.0, "-": -1.0, "=": 0.0}


@dataclass(frozen=True, slots=True)
class Heard:
    """A tone: `label` positive, neutral or negative, `score` from -1 to 1, the language's code or nothing."""

    label: str
    score: float
    language: str


@dataclass(frozen=True, slots=True)
class _Anchors:
    vectors: Floats
    tone: Floats
    neither: Floats


def listen(texts: Sequence[str], stars: Sequence[float | None]) -> list[Heard]:
    """The tone of each text, the stars given with it (1 to 5) considered."""
    if not texts:
        return []
    pieces = [sentences(text) for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(piece) for piece in pieces])
    vectors = np.array(Local().embed([one for piece in pieces for one in piece]).rows)
    near = _likeness(vectors, _anchors().vectors)
    tone, neither = near @ _anchors().tone * LOUDNESS, near @ _anchors().neither
    tone[[not piece.strip() for one in pieces for piece in one]] = 0
    many = np.bincount(owner)
    said, nothing = np.bincount(owner, tone) / many, np.bincount(owner, neither) / many
    torn = _torn(owner, tone, len(texts))
    return [
        _heard(float(said[i]), float(nothing[i]), stars[i], language_of(text), torn=bool(torn[i]))
        for i, text in enumerate(texts)
    ]


def sentences(text: str) -> list[str]:
    """The text's first sentences; at least one."""
    found = [piece.strip()[:LONGEST_SENTENCE] for piece in _ENDS.split(text) if piece and piece.strip()]
    return found[:MOST_SENTENCES] or [" "]


def _torn(owner: NDArray[np.int64], tone: Floats, count: int) -> NDArray[np.bool_]:
    high, low = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(high, owner, tone)
    np.minimum.at(low, owner, tone)
    return np.asarray((high > TORN) & (low < -TORN))


def _heard(said: float, nothing: float, stars: float | None, language: str, *, torn: bool) -> Heard:
    score = float(np.clip(said, -1, 1))
    neutral = (nothing > NOTHING_SAID and abs(score) < MILD) or abs(score) < SILENT or (torn and abs(score) < EVEN)
    if stars is not None:
        given = (stars - 3) / 2
        score = (1 - STARS) * score + STARS * given
        neutral = abs(score) < EVEN or (neutral and not given)
    label = "neutral" if neutral else "positive" if score > 0 else "negative"
    return Heard(label, round(score, 3), language)


def _likeness(one: Floats, other: Floats) -> Floats:
    """A Gaussian kernel of vectors of length 1."""
    return np.asarray(np.exp(-NEARNESS * np.maximum(2 - 2 * one @ other.T, 0)))


@functools.cache
def _anchors() -> _Anchors:
    """The anchors' vectors and what each says of a tone. Pleased and displeased ones weigh the same together."""
    marks, texts = zip(*anchors(), strict=True)
    vectors = np.array(Local().embed(texts).rows)
    tone = np.array([_TONES[mark] for mark in marks])
    near = _likeness(vectors, vectors)
    return _Anchors(
        vectors,
        np.linalg.solve(near + CALM * np.diag(1 / _weights(tone, 0.5)), tone),
        np.linalg.solve(near + CALM * np.diag(1 / _weights(tone, 1.0)), (tone == 0).astype(float)),
    )


def _weights(tone: Floats, neither: float) -> Floats:
    weight = np.zeros(tone.size)
    for value, part in ((1.0, 1.0), (-1.0, 1.0), (0.0, neither)):
        weight[tone == value] = part / (tone == value).sum()
    return np.asarray(weight / weight.mean())


def anchors() -> list[tuple[str, str]]:
    """(mark, sentence) of every anchor."""
    lines = resources.files("insights.analyses.sentiment").joinpath("anchors.txt").read_text(encoding="utf-8")
    return [(line[0], line[2:].strip()) for line in lines.splitlines() if line[:2] in ("+ ", "- ", "= ")]
