r"""The streams of many points at once: the numbers of `seeds.generator`, without its way there.

A generator of NumPy takes its state from a `SeedSequence`, which mixes the integers of a key,
written as words of 32 bits, into a pool of four words: with x, y and constants m, l, r modulo 2^32

    h(x) = s(m' (x ^ m)),      m' = a m the constant of the next h,        s(x) = x ^ (x >> 16)
    x, y -> s(l x - r y)

each word of the pool takes in h of all others, and then h of each further word of the key. Here
that is done for all keys of a batch side by side. NumPy promises that seeds keep their streams.

Reference: O'Neill, "Developing a seed_seq alternative" (2015), pcg-random.org.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

from qng.arrays import Integers

Words = NDArray[np.uint32]

_WORD: Final = 32
_MASK: Final = 2**_WORD - 1
_POOL: Final = 4
_POOLING: Final = 0x43B0D7E5, 0x931E8875
_SPREADING: Final = 0x8B51F9DD, 0x58F38DED
_LEFT: Final = np.uint32(0xCA01F9DD)
_RIGHT: Final = np.uint32(0x4973F715)
_HALF: Final = np.uint32(16)


@dataclass(frozen=True, eq=False)
class Streams:
    """The streams of the keys (seed, *name).

    Args:
        states: What they start from, words of 64 bits, shape (points, 4).
    """

    states: NDArray[np.uint64]

    @staticmethod
    def of(seed: int, names: Integers) -> Streams:
        """Of all points at once.

        Args:
            seed: Not negative.
            names: Not negative, shape (points, names).
        """
        if np.any(names > _MASK):
            return Streams(np.array([_alone((seed, *name)) for name in names.tolist()]))
        low = [seed >> shift & _MASK for shift in range(0, max(seed.bit_length(), 1), _WORD)]
        key = [np.full(len(names), word, dtype=np.uint32) for word in low]
        return Streams(_states([*key, *names.T.astype(np.uint32)]))

    def part(self, points: slice | list[int]) -> Streams:
        """Those of some points."""
        return Streams(self.states[points])

    def __getitem__(self, point: int) -> np.random.Generator:
        """That of one point, at its beginning, as `seeds.generator` makes it."""
        start = cast(np.random.SeedSequence, _Seed(self.states[point]))
        return np.random.Generator(np.random.PCG64(start))


@dataclass(frozen=True, eq=False, slots=True)
class _Seed(ISeedSequence):
    """A state that is known already."""

    state: NDArray[np.uint64]

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """The four words of 64 bits that a PCG64 asks for."""
        return self.state


def _alone(key: tuple[int, ...]) -> NDArray[np.uint64]:
    """What a PCG64 starts from, shape (4,), where a word of the key has more than 32 bits."""
    return np.random.SeedSequence(key).generate_state(_POOL, np.uint64).astype(np.uint64)


def _states(key: list[Words]) -> NDArray[np.uint64]:
    """What a PCG64 starts from, shape (points, 4), from the words of the keys."""
    constants = _constants(*_POOLING)
    nothing = np.zeros_like(key[0])
    padded = [*key, *[nothing] * (_POOL - len(key))]
    pool = [_hashed(word, *next(constants)) for word in padded[:_POOL]]
    for k in range(_POOL):
        for j in range(_POOL):
            if j != k:
                pool[j] = _mixed(pool[j], _hashed(pool[k], *next(constants)))
    for word in padded[_POOL:]:
        for j in range(_POOL):
            pool[j] = _mixed(pool[j], _hashed(word, *next(constants)))
    constants = _constants(*_SPREADING)
    spread = [_hashed(pool[k % _POOL], *next(constants)) for k in range(2 * _POOL)]
    words = np.stack(spread, axis=1).astype(np.uint64)
    return words[:, ::2] | words[:, 1::2] << np.uint64(_WORD)


def _constants(start: int, factor: int) -> Iterator[tuple[np.uint32, np.uint32]]:
    """m and m' of one h after the other."""
    m = start
    while True:
        following = m * factor & _MASK
        yield np.uint32(m), np.uint32(following)
        m = following


def _hashed(x: Words, m: np.uint32, following: np.uint32) -> Words:
    x = (x ^ m) * following
    return x ^ x >> _HALF


def _mixed(x: Words, y: Words) -> Words:
    x = _LEFT * x - _RIGHT * y
    return x ^ x >> _HALF
