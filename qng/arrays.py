"""The arrays of the package by what they hold; shapes are said where they are used.

Steps of small problems are short: NumPy's way into a reduction, a microsecond or two, is a part of
them. The functions here have the results of the ones of NumPy that they name.
"""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Real numbers."""

Amplitudes = NDArray[np.complex128]
"""Complex numbers: states and matrices that act on them."""

Integers = NDArray[np.int64]
"""Whole numbers: counts, indices, masks of bits."""

Flags = NDArray[np.bool_]
"""Yes or no."""

Memory = Mapping[str, Array]
"""What a part of a method carries from step to step."""


def norm(v: Array) -> float:
    """sqrt(v . v) of a vector, as `np.linalg.norm`."""
    return math.sqrt(v.dot(v))


def all_finite(array: NDArray[Any]) -> bool:
    """Whether all numbers are, as `np.isfinite` and `all`."""
    return bool(np.count_nonzero(np.isfinite(array)) == array.size)


def equal(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether shapes and numbers are, as `np.array_equal`."""
    return a.shape == b.shape and not np.count_nonzero(a != b)


def rows(array: Array) -> list[bytes]:
    """The rows of a matrix as bytes: equal rows, equal bytes."""
    whole = (array + 0.0).tobytes()  # -0 becomes 0
    size = array.itemsize * array.shape[1]
    return [whole[k * size : (k + 1) * size] for k in range(len(array))]


def distinct(array: Array) -> tuple[Array, Integers]:
    """The distinct rows of a matrix in their first order, and where each row is among them.

    `np.unique` along an axis compares rows column by column: a millisecond where there are 150.

    Example:
        >>> found, which = distinct(np.array([[2.0, 1.0], [0.0, 3.0], [2.0, 1.0]]))
        >>> found.tolist(), which.tolist()
        ([[2.0, 1.0], [0.0, 3.0]], [0, 1, 0])
    """
    places: dict[bytes, int] = {}
    which = np.array([places.setdefault(row, len(places)) for row in rows(array)], dtype=np.int64)
    return array[np.unique(which, return_index=True)[1]], which


def same(a: Any, b: Any) -> bool:
    """Whether two values are, number by number: arrays, and what holds them.

    A NaN is a NaN. Values of dataclasses are compared by their fields, whatever `==` says of them.

    Example:
        >>> same({"theta": (np.array([1.0, np.nan]), 2)}, {"theta": (np.array([1.0, np.nan]), 2)})
        True
        >>> same(np.zeros(2), np.zeros((2, 1))), same(1, 1.0), same([1], (1,))
        (False, True, False)
    """
    if a is b:
        return True
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        whole = isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape == b.shape
        return whole and all(map(same, a.ravel().tolist(), b.ravel().tolist()))
    if isinstance(a, Mapping):
        pairs = isinstance(b, Mapping) and a.keys() == b.keys()
        return pairs and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if is_dataclass(a) and not isinstance(a, type):
        names = [of.name for of in fields(a) if of.compare]
        return type(a) is type(b) and all(same(getattr(a, n), getattr(b, n)) for n in names)
    return bool(a == b or (a != a and b != b))
