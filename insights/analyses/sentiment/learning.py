"""What the shop's people corrected teaches: texts that mean nearly the same are then heard as the person said.

A text nearly the same as a corrected one takes its label. Others near it are moved by as much as the person moved that
one, less with distance: kernel regression over what the hearing was off by. Each shop learns from its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from insights.analyses.sentiment.head import Floats, likeness
from insights.analyses.sentiment.tone import SILENT, Heard

SAME = 0.85  # cosine from which two texts say the same
NEARNESS, CALM = 6.0, 0.3
MEANT = {"positive": 0.6, "neutral": 0.0, "negative": -0.6}
SURE = 0.9


@dataclass(frozen=True, slots=True)
class Learned:
    meanings: Floats
    labels: Sequence[str]
    moves: Floats

    def apply(self, heard: Heard) -> Heard:
        """The reading as the corrections would have it; the same where none is near."""
        if heard.meaning is None or not len(self.labels):
            return heard
        cosines = self.meanings @ heard.meaning
        nearest = int(cosines.argmax())
        if cosines[nearest] >= SAME:
            return self._as(heard, self.labels[nearest])
        near = np.exp(-NEARNESS * np.maximum(2 - 2 * cosines, 0))
        score = float(np.clip(heard.score + near @ self.moves, -1, 1))
        if heard.label == "neutral" or abs(score) < SILENT:
            return heard
        if score * heard.score > 0:
            return replace(heard, score=round(score, 3))
        return replace(heard, score=round(score, 3), label="positive" if score > 0 else "negative", confidence=0.5)

    def says(self, heard: Heard) -> str:
        """The label of the corrected text that says the same; empty where there is none."""
        if heard.meaning is None or not len(self.labels):
            return ""
        cosines = self.meanings @ heard.meaning
        nearest = int(cosines.argmax())
        return self.labels[nearest] if cosines[nearest] >= SAME else ""

    def _as(self, heard: Heard, label: str) -> Heard:
        if heard.label == label:
            return replace(heard, confidence=max(heard.confidence, SURE))
        return replace(heard, label=label, score=MEANT[label], confidence=SURE)


def learn(heard: Sequence[Heard], labels: Sequence[str]) -> Learned:
    """From corrected texts as they are heard without a person, and what persons said of them."""
    if not labels:
        return Learned(np.zeros((0, 0)), [], np.zeros(0))
    meanings = np.array([one.meaning for one in heard], dtype=float)
    off = np.array([MEANT[label] - one.score for one, label in zip(heard, labels, strict=True)])
    off[[one.label == label for one, label in zip(heard, labels, strict=True)]] = 0
    near = likeness(meanings, meanings, NEARNESS)
    return Learned(meanings, list(labels), np.linalg.solve(near + CALM * np.eye(len(labels)), off))
