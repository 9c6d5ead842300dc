"""The nearest Kronecker product of a matrix.

With the blocks M_ij of shape (n, n) of M, and vec(M_ij)^T as the rows of R(M),

    |M - B (x) C|_F = |R(M) - vec(B) vec(C)^T|_F,

so that B and C are the leading pair of singular vectors of R(M). They are symmetric where M is, and
positive semidefinite up to a common sign where M is.

Reference: Van Loan and Pitsianis, Linear Algebra for Large Scale and Real-Time Applications (1993).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.kronecker import Kronecker
from qng.geometry.metric import Metric
from qng.geometry.shapes import Shapes, as_matrix, fitting


def nearest_kronecker(matrix: ArrayLike, shape: tuple[int, int]) -> tuple[Array, Array]:
    """(B, C) with the smallest |M - B (x) C|_F.

    Args:
        matrix: M, symmetric, shape (m n, m n).
        shape: (m, n).

    Returns:
        Symmetric matrices of shapes (m, m) and (n, n), with equal mean eigenvalues; positive
        semidefinite where M is.

    Raises:
        InputError: A matrix of another shape.

    Cost: a singular value decomposition of shape (m^2, n^2).

    Example:
        >>> b, c = nearest_kronecker(np.kron(np.diag([2.0, 8.0]), np.diag([3.0, 1.0])), (2, 2))
        >>> np.round(np.kron(b, c), 12).diagonal().tolist()
        [6.0, 2.0, 24.0, 8.0]
    """
    m, n = shape
    given = np.asarray(matrix, dtype=float)
    if given.shape != (m * n, m * n):
        raise InputError(
            f"the nearest product of matrices of {m} and {n} rows is that of a matrix of shape "
            f"({m * n}, {m * n}), not {given.shape}"
        )
    blocks = given.reshape(m, n, m, n).transpose(0, 2, 1, 3).reshape(m * m, n * n)
    u, s, vt = np.linalg.svd(blocks, full_matrices=False)
    b, c = u[:, 0].reshape(m, m), s[0] * vt[0].reshape(n, n)
    b, c = (b + b.T) / 2, (c + c.T) / 2
    of_b, of_c = np.trace(b) / m, np.trace(c) / n
    if of_b * of_c <= 0:  # indefinite, or zero: nothing to balance by
        return b, c
    scale = np.sign(of_b) * np.sqrt(of_c / of_b)
    return scale * b, c / scale


def factored(metric: Metric, shapes: Shapes) -> Kronecker:
    """A metric inside every array as the nearest Kronecker product, zero between arrays.

    Args:
        metric: Exact, of P rows.
        shapes: Of the arrays; an array of one dimension keeps its block as it is, and of one of
            more than two all dimensions but the first are taken together.

    Raises:
        InputError: Shapes of another number of parameters, or a metric with errors, of which those
            of its factors are not known.
    """
    if metric.std_error is not None:
        raise InputError(
            "the nearest Kronecker product is made of an exact metric, as its errors are not "
            "known: take another metric, or exact values"
        )
    matrix, factors, first = metric.dense(), [], 0
    for shape in fitting(shapes, metric.size):
        m, n = as_matrix(shape)
        own = matrix[first : first + m * n, first : first + m * n]
        factors.append((own,) if min(m, n) == 1 else nearest_kronecker(own, (m, n)))
        first += m * n
    return Kronecker(factors)
