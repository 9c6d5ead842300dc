"""Random numbers: every draw has a stream of its own, named by integers.

The key is (run, start, method, batch, purpose, index), or a part of it: equal keys give equal
numbers, whatever was drawn before, so that a resumed run repeats what it did. What users give as
a seed is made a key, or one number, at the public doors (`key_of`, `number_of`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qng.errors import InputError, shown

Key = int | Sequence[int]

EXECUTION: Final = 1
"""Purpose: the noise of an executor."""

DIRECTIONS: Final = 2
"""Purpose: the random directions of an estimator."""


def key_of(given: Any) -> Key:
    """The key that a user gives as a seed.

    Args:
        given: A whole number that is not negative, several of them, a `numpy.random.SeedSequence`,
            or a `numpy.random.Generator`, from which one number is drawn.

    Raises:
        InputError: None of these. None is none of them: it could not be repeated.
    """
    if isinstance(given, np.random.SeedSequence):
        parts = given.entropy if isinstance(given.entropy, Sequence) else (given.entropy,)
        return _checked((*parts, *given.spawn_key), given)
    if isinstance(given, np.random.Generator):
        return int(given.integers(2**63 - 1))
    if isinstance(given, np.ndarray) and given.ndim <= 1:
        given = given.tolist()
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)) and len(given):
        return _checked(given, given)
    return _checked((given,), given)[0]


def number_of(given: Any) -> int:
    """The same as one number.

    Raises:
        InputError: As `key_of`.
    """
    key = key_of(given)
    return seed(*key) if isinstance(key, Sequence) else key


def _checked(numbers: Sequence[Any], given: Any) -> tuple[int, ...]:
    for number in numbers:
        whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
        if not (whole and 0 <= number < _MOST):
            raise InputError(
                "seed must be a whole number of at least 0 (several, a SeedSequence or a Generator "
                f"will do), not {shown(given)}"
            )
    return tuple(int(number) for number in numbers)


_MOST: Final = 2**256


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


def of_point(key: Key, k: int) -> Key:
    """The key of point k of several; that of point 0 is the key itself."""
    return extended(key, 0, k) if k else key


def generator(key: Key) -> np.random.Generator:
    """The stream of a key; its integers are not negative."""
    return np.random.default_rng(key)


def words_of(key: Key) -> NDArray[np.int64]:
    """The words of 32 bits of a key, lowest first: a key of the same stream that fits an array.

    Example:
        >>> words_of((3, 2**32 + 5)).tolist()
        [3, 5, 1]
    """
    found: list[int] = []
    for number in key if isinstance(key, Sequence) else (key,):
        size = max((int(number).bit_length() + 31) // 32, 1)
        found += [int(number) >> 32 * k & 0xFFFFFFFF for k in range(size)]
    return np.array(found, dtype=np.int64)


def seed(*key: int) -> int:
    """An integer of 63 bits made from a key, for libraries that take one number."""
    # As words of 32 bits, which it is made of anyway, it is taken in half the time.
    words = np.array(key, dtype=np.uint32) if max(key, default=0) < 2**32 else key
    return int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0]) >> 1
