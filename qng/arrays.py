"""The arrays of the package by what they hold; shapes are said where they are used.

Steps of small problems are short: NumPy's way into a reduction, a microsecond or two, is a part of
them. The functions here have the results of the ones of NumPy that they name.
"""

import math
from collections.abc import Mapping
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
