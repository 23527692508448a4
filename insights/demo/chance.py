"""Chance that comes out the same on every machine.

Each topic draws from its own stream, so adding a fact to one topic leaves the others as they were.
"""

import zlib

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SEED = 20_240


def stream(*topic: object) -> np.random.Generator:
    """The stream of one topic: the same numbers for the same words, always."""
    name = "/".join(str(word) for word in topic)
    return np.random.Generator(np.random.PCG64([SEED, zlib.crc32(name.encode())]))


def poisson(rate: Floats, draw: np.random.Generator) -> Ints:
    """Whole numbers with the given means, by inverting the distribution (numpy's own method may change)."""
    chance = np.exp(-rate)
    below = chance.copy()
    uniform = draw.random(rate.shape)
    count = np.zeros(rate.shape, dtype=np.int64)
    open_ = np.flatnonzero(uniform.ravel() > below.ravel())
    flat = [array.ravel() for array in (rate, chance, below, uniform, count)]
    step = 0
    while open_.size and step < 400:
        step += 1
        flat[1][open_] *= flat[0][open_] / step
        flat[2][open_] += flat[1][open_]
        flat[4][open_] = step
        open_ = open_[flat[3][open_] > flat[2][open_]]
    return count


def at_least_one(mean_more: Floats, draw: np.random.Generator, most: int = 12) -> Ints:
    """One, plus one more for as long as the chance given holds."""
    uniform = np.maximum(draw.random(mean_more.shape), 1e-12)
    more = np.log(uniform) / np.log(np.maximum(mean_more, 1e-9))
    return np.minimum(1 + np.floor(more).astype(np.int64), most)
