"""Conjugate gradients: A x = s with a positive A that is known by its products only.

The coefficients of the iteration are those of a Lanczos process, so that the extreme eigenvalues of
A come with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qng.arrays import Array
from qng.errors import SingularMetricError


@dataclass(frozen=True)
class Iterated:
    """A solution by conjugate gradients.

    Args:
        x: Shape (P,).
        products: How many products A v it took.
        condition: Largest over smallest Ritz value, at most the condition of A; NaN where there
            was no iteration.
    """

    x: Array
    products: int
    condition: float


def conjugate_gradients(
    product: Callable[[Array], Array],
    s: Array,
    *,
    tolerance: float,
    most: int,
    start: Array | None = None,
) -> Iterated:
    """x with |A x - s| <= tolerance |s|.

    x . s > 0 at every tolerance: the quadratic form x A x / 2 - x . s is at most 0 at the start and
    falls from there.

    Args:
        product: v -> A v.
        s: Shape (P,).
        tolerance: Relative residual, as the iteration updates it.
        most: Products, at most.
        start: A direction near x, shape (P,); the iteration begins at its best multiple. None, or
            zeros: at zero.

    Raises:
        SingularMetricError: A is not positive, a product is not finite, or `most` products are not
            enough.

    Cost: one product an iteration, and one for the start; six vectors of P numbers.

    Reference: Hestenes and Stiefel, J. Res. Natl. Bur. Stand. 49, 409 (1952).
    """
    x, r, products = np.zeros_like(s), s, 0
    if start is not None and np.any(start):
        image, products = product(start), 1
        length = float(start @ s) / _curvature(start, image)
        x, r = length * start, s - length * image
    p, rr = r, float(r @ r)
    goal = tolerance * float(np.linalg.norm(s))
    lengths: list[float] = []
    ratios: list[float] = []
    while not np.sqrt(rr) <= goal:
        if products >= most:
            raise SingularMetricError(
                f"conjugate gradients are at a relative residual of "
                f"{np.sqrt(rr) / np.linalg.norm(s):.1e} after {products} products, not at "
                f"{tolerance:g}; raise the damping or the tolerance, or take metric='exact'"
            )
        image = product(p)
        products += 1
        length = rr / _curvature(p, image)
        x, r = x + length * p, r - length * image
        lengths.append(length)
        ratios.append(float(r @ r) / rr)
        p, rr = r + ratios[-1] * p, float(r @ r)
    return Iterated(x, products, _condition(np.array(lengths), np.array(ratios)))


def _curvature(v: Array, image: Array) -> float:
    curvature = float(v @ image)
    if not (np.isfinite(curvature) and curvature > 0):
        raise SingularMetricError(
            f"conjugate gradients need a positive metric, v M v is {curvature:.1e} for a v that "
            "they tried; raise the damping (1e-3 is usual)"
        )
    return curvature


def _condition(lengths: Array, ratios: Array) -> float:
    """From the eigenvalues of the Lanczos matrix."""
    from scipy.linalg import eigvalsh_tridiagonal

    if not len(lengths):
        return np.nan
    diagonal = 1 / lengths
    diagonal[1:] += ratios[:-1] / lengths[:-1]
    w = eigvalsh_tridiagonal(diagonal, np.sqrt(ratios[:-1]) / lengths[:-1])
    return float(w[-1] / w[0]) if w[0] > 0 else np.inf
