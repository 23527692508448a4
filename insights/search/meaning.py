"""What texts mean, as vectors of this machine's encoder: sixteen languages, nothing leaves the house.

One encoder for every shop, whatever models it has connected: what is typed is understood within milliseconds, without
a vendor's bill, and all vectors of a shop compare. The encoder is 130 MB and takes seconds to load, so a web process
loads it aside when the search is first opened, and finds by letters alone until it is there.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from insights.providers import local

Vector = NDArray[np.float32]
MODEL = f"{local.MODEL}/{local.DIMENSION}"
_AT_ONCE = 16  # few, so that somebody who types meanwhile waits for few
log = logging.getLogger("aisle.search")
_loaded = threading.Event()
_loading = threading.Lock()


def is_ready() -> bool:
    """Whether a text's meaning can be told at once."""
    return _loaded.is_set()


def warm() -> None:
    """Begin to load the encoder aside, unless it is there or on its way. Returns at once."""
    if not _loaded.is_set() and _loading.acquire(blocking=False):
        threading.Thread(target=_load, name="search-encoder", daemon=True).start()


def _load() -> None:
    try:
        local.Local().embed(["bread"])
        _loaded.set()
    except Exception:
        log.exception("the encoder did not load; the search goes by letters")
    finally:
        _loading.release()


def of_texts(texts: Sequence[str]) -> Vector:
    """A row of length 1 a text. Loads the encoder if need be: for jobs, not for pages."""
    if not texts:
        return np.empty((0, local.DIMENSION), np.float32)
    pieces = [local.Local().embed(texts[start : start + _AT_ONCE]).rows for start in range(0, len(texts), _AT_ONCE)]
    _loaded.set()
    return unit(np.array([row for piece in pieces for row in piece], np.float32))


def unit(rows: Vector) -> Vector:
    """Each row at length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)


def of_query(words: str) -> Vector | None:
    """The meaning of what somebody typed; None while the encoder is not loaded, which then begins."""
    if not is_ready():
        warm()
        return None
    return _of_query(words[:200])


@functools.lru_cache(maxsize=1_000)
def _of_query(words: str) -> Vector:
    vector: Vector = of_texts([words])[0]
    return vector
