"""The arrays of the package by what they hold; shapes are said where they are used."""

from collections.abc import Mapping

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
