"""The trained head: what a sentence's meaning says of its tone, its aspects and whom it speaks to.

A kernel machine over sentences of our own (anchors.txt, lines.txt): a new sentence is compared with each, and what
the near ones weigh adds up. Their vectors are in head.npy, the weights in head.json, which also says what they were
made from; `python -m bench train_reviews` makes both.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insights.models import Aspect
from insights.providers.local import Local

Floats = NDArray[np.float64]

ASPECTS = (
    Aspect.FRESHNESS, Aspect.PRICE, Aspect.STAFF, Aspect.QUEUE,
    Aspect.RANGE, Aspect.CLEANLINESS, Aspect.DELIVERY, Aspect.PARKING,
)  # fmt: skip
LETTERS = dict(zip("fpsqrcdk", ASPECTS, strict=True))
# What the headings of anchors.txt say of aspects; under the others nothing is known of them.
_HEADINGS = {
    "freshness": "f", "price": "p", "people": "s", "waiting": "q", "range": "r", "delivery and app": "d",
    "taste and quality": "", "in general": "", "neither": "",
}  # fmt: skip
_TONES = {"+": 1.0, "-": -1.0, "=": 0.0, "!": 0.0}


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence whose tone is known: `mark` is +, -, = or ! (speaks to a machine); `aspects` None where not known."""

    mark: str
    text: str
    aspects: frozenset[Aspect] | None


@dataclass(frozen=True, slots=True)
class Head:
    """`tone`, `neither` and `orders` hold a weight a sentence, `aspects` one a sentence and aspect."""

    vectors: Floats
    nearness: float
    wide: float
    tone: Floats
    neither: Floats
    orders: Floats
    aspects: Floats
    confidence: dict[str, tuple[float, float]]
    version: str

    def near(self, vectors: Floats) -> Floats:
        """How near each vector is to each sentence, from 0 to 1."""
        return likeness(vectors, self.vectors, self.nearness)

    def wide_near(self, vectors: Floats) -> Floats:
        """As `near`, with likeness fading less fast: for what is spoken of."""
        return likeness(vectors, self.vectors, self.wide)


def likeness(one: Floats, other: Floats, nearness: float) -> Floats:
    """A Gaussian kernel of vectors of length 1."""
    return np.asarray(np.exp(-nearness * np.maximum(2 - 2 * one @ other.T, 0)))


def embed(texts: list[str]) -> Floats:
    """A vector of length 1 a text, in 512 numbers; each text counts by itself, whatever comes with it."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    found = np.zeros((len(texts), 512))
    if texts:
        found[order] = Local().embed([texts[place] for place in order]).rows
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.where(lengths > 0, lengths, 1))


def lines() -> list[Line]:
    """Every sentence the head was trained on, anchors.txt first."""
    found = []
    heading = ""
    for row in _file("anchors.txt").splitlines():
        if row.startswith("== "):
            heading = row[3:].strip()
        elif row[:2] in ("+ ", "- ", "= "):
            letters = _HEADINGS.get(heading)
            known = None if letters is None else frozenset(LETTERS[one] for one in letters)
            found.append(Line(row[0], row[2:].strip(), known))
    for row in _file("lines.txt").splitlines():
        head, bar, text = row.partition("|")
        if bar and head[:1] in _TONES:
            found.append(Line(head[0], text.strip(), frozenset(LETTERS[one] for one in head[1:].split())))
    return found


def tones(found: list[Line]) -> Floats:
    return np.array([_TONES[line.mark] for line in found])


def fingerprint(found: list[Line]) -> str:
    """The same for the same sentences, marked alike."""
    rows = [f"{one.mark}{sorted(one.aspects) if one.aspects is not None else '?'}{one.text}" for one in found]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@functools.cache
def head() -> Head:
    """The head, read once a process."""
    told: dict[str, Any] = json.loads(_file("head.json"))
    found = lines()
    if told["sentences"] != fingerprint(found):
        raise ValueError("head.json was not made from these sentences: run `python -m bench train_reviews`.")
    return Head(
        vectors=unpack(np.load(_path("head.npy"))),
        nearness=told["nearness"],
        wide=told["wide"],
        **{name: np.array(told[name]) for name in ("tone", "neither", "orders", "aspects")},
        confidence={name: (pair[0], pair[1]) for name, pair in told["confidence"].items()},
        version=told["version"],
    )


def pack(vectors: Floats) -> NDArray[np.int8]:
    """The vectors in a byte a number: 0.5 MB for all sentences, so that nothing is embedded before the first review."""
    return np.asarray(np.round(vectors * 127 / np.abs(vectors).max(axis=1, keepdims=True)), dtype=np.int8)


def unpack(packed: NDArray[np.int8]) -> Floats:
    found = packed.astype(np.float64)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def _file(name: str) -> str:
    return _path(name).read_text(encoding="utf-8")


def _path(name: str) -> Path:
    return Path(__file__).with_name(name)
