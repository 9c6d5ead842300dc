"""The lowest eigenvector of A c = w B c by products, B positive semidefinite and perhaps singular.

The vectors of a growing basis V are orthonormal in B, so that directions in which B is zero never
enter, and (w, c) is the lowest eigenvector of V^T A V. The residual A c - w B c is the next vector.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array, norm

# Vectors that are held, and what is kept of them where they are too many.
_MOST: Final = 24

# Of v^T B v of unit vectors, relative to the largest: below it is no direction.
_NOTHING: Final = 1e-10


@dataclass(frozen=True)
class Found:
    """An approximate eigenvector.

    Args:
        value: w, at or above the lowest eigenvalue.
        vector: c with c^T B c = 1, shape (m,).
        products: How many products with A and B it took.
    """

    value: float
    vector: Array
    products: int


def lowest(
    product: Callable[[Array], tuple[Array, Array]], start: Array, tolerance: float, most: int
) -> Found:
    """The lowest eigenvector near a start.

    Args:
        product: c -> (A c, B c).
        start: Shape (m,), with start^T B start > 0.
        tolerance: Of w: by how much it fell in the last two iterations, relative to the whole fall.
        most: Products, at most; what is found by then is the answer.

    Cost: one product an iteration; three times 24 vectors of m numbers.

    Reference: Davidson, J. Comput. Phys. 17, 87 (1975), without its preconditioner.
    """
    basis, of_a, of_b = np.empty((3, 0, len(start)))
    new, largest = start, 0.0
    found, values = Found(np.inf, start, 0), [np.inf, np.inf]
    for products in range(1, most + 1):
        image, metric = product(new)
        if products > 1:  # the start has another unit
            largest = max(largest, float(new @ metric))
        for _ in range(2):  # once more for rounding
            overlaps = of_b @ new
            new = new - overlaps @ basis
            image, metric = image - overlaps @ of_a, metric - overlaps @ of_b
        square = float(new @ metric)
        if products > 1 and square <= _NOTHING * largest:
            break  # what is left of the residual lies where B is zero
        basis, of_a, of_b = (
            np.concatenate([rows, row[None] / np.sqrt(square)])
            for rows, row in ((basis, new), (of_a, image), (of_b, metric))
        )
        w, vectors = np.linalg.eigh(basis @ of_a.T)
        found = Found(float(w[0]), vectors[:, 0] @ basis, products)
        values.append(found.value)
        residual = vectors[:, 0] @ of_a - found.value * (vectors[:, 0] @ of_b)
        size = norm(residual)
        if not size or values[-3] - values[-1] <= tolerance * (values[2] - values[-1]):
            break
        if len(basis) == _MOST:
            kept = vectors[:, :2].T
            basis, of_a, of_b = kept @ basis, kept @ of_a, kept @ of_b
        new = residual / size
    return found
