"""Random numbers: every draw has a stream of its own, named by integers.

The key is (run, start, method, batch, purpose, index), or a part of it: equal keys give equal
numbers, whatever was drawn before, so that a resumed run repeats what it did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np

Key = int | Sequence[int]

EXECUTION: Final = 1
"""Purpose: the noise of an executor."""

DIRECTIONS: Final = 2
"""Purpose: the random directions of an estimator."""


def extended(key: Key, *more: int) -> tuple[int, ...]:
    """The key with further integers."""
    return (*key, *more) if isinstance(key, Sequence) else (int(key), *more)


def of_name(name: str) -> int:
    """An integer of 63 bits for a name: the same in every process, version and list of names.

    Example:
        >>> of_name("qng")
        6595089417227926977
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def generator(key: Key) -> np.random.Generator:
    """The stream of a key; its integers are not negative."""
    return np.random.default_rng(key)


def seed(*key: int) -> int:
    """An integer of 63 bits made from a key, for libraries that take one number."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1)
