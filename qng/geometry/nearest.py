"""The nearest Kronecker product of a matrix.

With the blocks M_ij of shape (n, n) of M, and vec(M_ij)^T as the rows of R(M),

    |M - B (x) C|_F = |R(M) - vec(B) vec(C)^T|_F,

so that B and C are the leading pair of singular vectors of R(M). They are symmetric where M is, and
positive semidefinite up to a common sign where M is. With R = sum_k s_k u_k w_k^T and dR in the
basis of the singular vectors, the product moves by dR_11 and, for k > 1, by

    s_1 (s_1 dR_k1 + s_k dR_1k) / (s_1^2 - s_k^2)  along u_k w_1^T, and likewise along u_1 w_k^T,

which carries the errors of M over to first order.

Reference: Van Loan and Pitsianis, Linear Algebra for Large Scale and Real-Time Applications (1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.entries import Entries, covariance_of
from qng.geometry.kronecker import Kronecker
from qng.geometry.metric import Metric, noise_of
from qng.geometry.noise import entry_errors
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
    return _Nearest.of(given, shape).factors


def factored(metric: Metric, shapes: Shapes) -> Kronecker:
    """A metric inside every array as the nearest Kronecker product, zero between arrays.

    Args:
        metric: Of P rows.
        shapes: Of the arrays; an array of one dimension keeps its block as it is, and of one of
            more than two all dimensions but the first are taken together.

    Returns:
        The products, with the errors of the metric carried over to first order.

    Raises:
        InputError: Shapes of another number of parameters.

    Cost: a decomposition an array; with errors, of N entries inside arrays, N^2 variances.
    """
    matrix, parts, first = metric.dense(), [], 0
    for shape in fitting(shapes, metric.size):
        m, n = as_matrix(shape)
        own = slice(first, first + m * n)
        parts.append(_Nearest.of(matrix[own, own], (m, n)))
        first += m * n
    factors = [part.factors if min(part.shape) > 1 else (part.matrix,) for part in parts]
    noise = noise_of(metric)
    if noise is None:
        return Kronecker(factors)
    ends = np.cumsum([0, *(len(part.matrix) for part in parts)]).tolist()
    inside = [np.triu_indices(len(part.matrix)) for part in parts]
    pairs = np.concatenate([np.array(two) + end for two, end in zip(inside, ends)], axis=1)
    covariance = covariance_of(noise, metric.size, list(map(tuple, pairs.T.tolist())))
    counts = np.cumsum([0, *(len(two[0]) for two in inside)]).tolist()
    moves = np.zeros_like(covariance)
    for part, a, b in zip(parts, counts, counts[1:]):
        moves[a:b, a:b] = part.moves
    carried = Entries(pairs[0], pairs[1], moves @ covariance @ moves.T)
    return Kronecker(factors, entry_errors(carried, metric.size), carried)


@dataclass(frozen=True, eq=False)
class _Nearest:
    """A matrix of shape (m n, m n), and R = U diag(s) W^T."""

    matrix: Array
    shape: tuple[int, int]
    u: Array
    s: Array
    wt: Array

    @staticmethod
    def of(matrix: Array, shape: tuple[int, int]) -> _Nearest:
        return _Nearest(matrix, shape, *np.linalg.svd(_rearranged(matrix, shape)))

    @property
    def factors(self) -> tuple[Array, Array]:
        """B and C."""
        m, n = self.shape
        b, c = self.u[:, 0].reshape(m, m), self.s[0] * self.wt[0].reshape(n, n)
        b, c = (b + b.T) / 2, (c + c.T) / 2
        of_b, of_c = np.trace(b) / m, np.trace(c) / n
        if of_b * of_c <= 0:  # indefinite, or zero: nothing to balance by
            return b, c
        scale = np.sign(of_b) * np.sqrt(of_c / of_b)
        return scale * b, c / scale

    @property
    def moves(self) -> Array:
        """How the entries (i, j), i <= j, of the product move with those of M, shape (N, N)."""
        size = len(self.matrix)
        rows, columns = np.triu_indices(size)
        if min(self.shape) == 1:
            return np.eye(len(rows))
        unit = np.zeros((len(rows), size, size))
        each = np.arange(len(rows))
        unit[each, rows, columns] = unit[each, columns, rows] = 1.0
        moved = self.u.T @ _rearranged(unit, self.shape) @ self.wt.T
        down, right, first = moved[:, 1:, 0], moved[:, 0, 1:], self.s[0]
        own = np.zeros((max(moved.shape[1:]) - 1,))
        own[: len(self.s) - 1] = self.s[1:]
        # Equal singular values have no leading pair: then the errors are infinite.
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = first**2 / (first**2 - own**2)
            cross = first * own / (first**2 - own**2)
        most = min(down.shape[1], right.shape[1])
        found = np.zeros_like(moved)
        found[:, 0, 0] = moved[:, 0, 0]
        found[:, 1:, 0] = gain[: down.shape[1]] * down
        found[:, 0, 1:] = gain[: right.shape[1]] * right
        found[:, 1 : most + 1, 0] += cross[:most] * right[:, :most]
        found[:, 0, 1 : most + 1] += cross[:most] * down[:, :most]
        back = _back(self.u @ found @ self.wt, self.shape)
        return np.asarray(back[:, rows, columns].T)


def _rearranged(matrix: Array, shape: tuple[int, int]) -> Array:
    """R(M) of one matrix or of several."""
    m, n = shape
    blocks = matrix.reshape(-1, m, n, m, n).transpose(0, 1, 3, 2, 4)
    return blocks.reshape(*matrix.shape[:-2], m * m, n * n)


def _back(rearranged: Array, shape: tuple[int, int]) -> Array:
    """M of R(M), of several."""
    m, n = shape
    blocks = rearranged.reshape(-1, m, m, n, n).transpose(0, 1, 3, 2, 4)
    return blocks.reshape(-1, m * n, m * n)
