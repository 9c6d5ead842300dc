r"""Parameter-shift rules for functions with equidistant frequencies.

A state in which n Pauli rotations turn by the same angle x, or some of them by -x, overlaps with
itself at x = 0 by a trigonometric polynomial of degree n: F(x) = sum_k a_k cos kx + b_k sin kx.
Its derivatives are exact combinations of its values at a few x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qng.arrays import Array


@dataclass(frozen=True, eq=False)
class Rule:
    """A derivative as constant + sum_m coefficients_m F(shifts_m).

    Args:
        constant: What F(0) = 1 contributes.
        coefficients: Shape (points,).
        shifts: x, radians, shape (points,).
    """

    constant: float
    coefficients: Array
    shifts: Array


def half_curvature(n: int, even: bool = False) -> Rule:
    r"""-F''(0)/2 for a polynomial of degree n with F(0) = 1.

        -F''(0)/2 = (2n^2 + 1)/12 + sum_{m=1}^{2n-1} (-1)^m F(pi m/n) / (4 sin^2(pi m / 2n))

    Args:
        n: The degree, at least 1.
        even: Whether F(-x) = F(x): then F(pi m/n) = F(pi (2n - m)/n) is needed once.

    Returns:
        A rule of 2n - 1 points, n where F is even.

    Reference: Wierichs et al., arXiv:2107.12390, section 3.
    """
    m = np.arange(1, 2 * n)
    coefficients = (-1.0) ** m / (4 * np.sin(np.pi * m / (2 * n)) ** 2)
    if even:
        m, coefficients = m[:n], coefficients[:n] * np.where(m[:n] < n, 2.0, 1.0)
    return Rule((2 * n**2 + 1) / 12, coefficients, np.pi * m / n)
