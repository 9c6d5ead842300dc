"""Errors of products of means, to second order in the noise.

For x and y with normal errors, variances V and W and covariance C,

    Var(x y) = x^2 W + y^2 V + 2 x y C + V W + C^2

at the true means. At those that were measured, x^2 has an error of its own, and is too small as
often as x y is far off: where a mean is two or three of its errors away from 0, an interval of 1.96
standard errors around x^2 - V holds the square in 88 % of all cases. With the terms of second order
counted `SECOND` times it does in at least 94 %, and products of two independent means in 95 %.
"""

from __future__ import annotations

from typing import Final

from qng.arrays import Array

SECOND: Final = 5.0
"""How often the terms of second order in the variance of a product are counted."""


def second_order(one: Array, other: Array, covariance: Array | float = 0.0) -> Array:
    """What the errors contribute together, `SECOND` (V W + C^2).

    Args:
        one: V.
        other: W.
        covariance: C, of shapes that broadcast with each other.
    """
    found: Array = SECOND * (one * other + covariance**2)
    return found
