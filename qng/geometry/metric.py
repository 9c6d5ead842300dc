"""The metric M as a value: what an optimizer solves M d = s with.

Adam's diagonal, the Fubini-Study blocks and a dense Fisher matrix are the same kind of thing;
that is what makes the optimizers one family. Metrics without a stored matrix are in `implicit.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.eigen import Eigen


class Metric(Protocol):
    """What every metric can do; `size` is P."""

    @property
    def size(self) -> int:
        """P, the number of rows."""

    @property
    def has_matrix(self) -> bool:
        """Whether it is known by more than its products with vectors."""

    @property
    def std_error(self) -> Array | None:
        """Standard errors of the entries, shape (P, P); None where the metric is exact."""

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Index sets inside which entries were computed; everything else is zero by decision."""

    def matvec(self, v: ArrayLike) -> Array:
        """M v, shape (P,)."""

    def pullback(self, a: ArrayLike) -> Metric:
        """A^T M A for A of shape (P, Q): the metric in the coordinates that A maps from.

        Its standard errors are upper bounds, |A|^T E |A|, since covariances of entries are not
        kept; they are exact where every column of A has one entry.
        """

    def dense(self) -> Array:
        """The matrix, shape (P, P)."""

    def diagonal(self) -> Array:
        """Its diagonal, shape (P,)."""

    def spectrum(self) -> Array:
        """Its eigenvalues, ascending, shape (P,)."""

    def eigen(self) -> Eigen:
        """Its eigenvalues and what acts with functions of them."""

    def mapped(self, f: Callable[[Array], Array]) -> Array:
        """V f(w) V^T for M = V diag(w) V^T, shape (P, P)."""

    def similar(self, matrix: Array, std_error: Array | None) -> Metric:
        """A metric of the same form with other entries and errors, both of shape (P, P)."""

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v), 0 where rounding makes the square negative."""

    def is_finite(self) -> bool:
        """Whether all that is known of it is."""


@dataclass(frozen=True)
class Identity:
    """The Euclidean metric of P parameters.

    Args:
        size: P.
    """

    size: int
    std_error: Array | None = None

    has_matrix: ClassVar[bool] = True

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """One block a parameter."""
        return tuple((k,) for k in range(self.size))

    def matvec(self, v: ArrayLike) -> Array:
        """v itself."""
        return np.asarray(v, dtype=float)

    def pullback(self, a: ArrayLike) -> Dense:
        """A^T A."""
        jacobian = np.asarray(a, dtype=float)
        return Dense(jacobian.T @ jacobian)

    def dense(self) -> Array:
        """The identity matrix."""
        return np.eye(self.size)

    def diagonal(self) -> Array:
        """Ones."""
        return np.ones(self.size)

    def spectrum(self) -> Array:
        """Ones."""
        return np.ones(self.size)

    def eigen(self) -> Eigen:
        """Its entries."""
        return Eigen.of_diagonal(self.diagonal())

    def mapped(self, f: Callable[[Array], Array]) -> Array:
        """V f(w) V^T."""
        return np.diag(f(self.diagonal()))

    def similar(self, matrix: Array, std_error: Array | None) -> Diagonal:
        """A diagonal metric."""
        return Diagonal(np.diag(matrix).copy(), std_error)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length(self, v)

    def is_finite(self) -> bool:
        """Whether all entries are."""
        return bool(np.all(np.isfinite(self.diagonal())))


@dataclass(frozen=True)
class Diagonal:
    """A diagonal metric.

    Args:
        values: Shape (P,).
        std_error: Their standard errors on the diagonal of a matrix, shape (P, P), or None.
    """

    values: Array
    std_error: Array | None = None

    has_matrix: ClassVar[bool] = True

    @property
    def size(self) -> int:
        """P."""
        return len(self.values)

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """One block a parameter."""
        return tuple((k,) for k in range(self.size))

    def matvec(self, v: ArrayLike) -> Array:
        """Elementwise product."""
        product: Array = self.values * np.asarray(v, dtype=float)
        return product

    def pullback(self, a: ArrayLike) -> Dense:
        """A^T Diag A."""
        jacobian = np.asarray(a, dtype=float)
        pulled = jacobian.T @ (self.values[:, None] * jacobian)
        return Dense(pulled, _bound(jacobian, self.std_error))

    def dense(self) -> Array:
        """The diagonal matrix."""
        return np.diag(self.values)

    def diagonal(self) -> Array:
        """The values."""
        return self.values

    def spectrum(self) -> Array:
        """The values, sorted."""
        return np.sort(self.values)

    def eigen(self) -> Eigen:
        """Its entries."""
        return Eigen.of_diagonal(self.diagonal())

    def mapped(self, f: Callable[[Array], Array]) -> Array:
        """V f(w) V^T."""
        return np.diag(f(self.diagonal()))

    def similar(self, matrix: Array, std_error: Array | None) -> Diagonal:
        """A diagonal metric."""
        return Diagonal(np.diag(matrix).copy(), std_error)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length(self, v)

    def is_finite(self) -> bool:
        """Whether all entries are."""
        return bool(np.all(np.isfinite(self.diagonal())))


@dataclass(frozen=True)
class Blocks:
    """A block-diagonal metric, up to the order of the parameters.

    Args:
        blocks: Disjoint index sets; an index in none of them has a zero row.
        matrices: One symmetric matrix a block.
        size: P.
        std_error: Standard errors of the entries, shape (P, P), zero between blocks; or None.
    """

    blocks: tuple[tuple[int, ...], ...]
    matrices: tuple[Array, ...]
    size: int
    std_error: Array | None = None

    has_matrix: ClassVar[bool] = True

    def matvec(self, v: ArrayLike) -> Array:
        """Block by block."""
        vector = np.asarray(v, dtype=float)
        result = np.zeros(self.size)
        for index, matrix in zip(self.blocks, self.matrices):
            result[list(index)] = matrix @ vector[list(index)]
        return result

    def pullback(self, a: ArrayLike) -> Blocks | Dense:
        """A^T M A: Blocks again where no parameter is shared by two blocks, else Dense."""
        jacobian = np.asarray(a, dtype=float)
        if jacobian.shape[0] != self.size:
            raise InputError(f"the Jacobian has {jacobian.shape[0]} rows, the metric {self.size}")
        columns = _touched(jacobian, self.blocks)
        parts = [
            congruent(jacobian[np.ix_(np.array(index), column)], matrix)
            for index, column, matrix in zip(self.blocks, columns, self.matrices)
        ]
        sets = tuple(tuple(map(int, column)) for column in columns if len(column))
        parts = [part for part in parts if part.size]
        errors = _bound(jacobian, self.std_error)
        if len(set().union(*sets)) == sum(map(len, sets)):
            return Blocks(sets, tuple(parts), jacobian.shape[1], errors)
        total = np.zeros((jacobian.shape[1],) * 2)
        for index, part in zip(sets, parts):
            total[np.ix_(index, index)] += part
        return Dense(total, errors, sets)

    def dense(self) -> Array:
        """The matrix with zeros between blocks."""
        total = np.zeros((self.size, self.size))
        for block, matrix in zip(self.blocks, self.matrices):
            index = np.array(block)
            total[np.ix_(index, index)] = matrix
        return total

    def diagonal(self) -> Array:
        """The diagonals of the blocks, in parameter order."""
        result = np.zeros(self.size)
        for index, matrix in zip(self.blocks, self.matrices):
            result[list(index)] = np.diag(matrix)
        return result

    def spectrum(self) -> Array:
        """The eigenvalues of all blocks together."""
        values = [np.linalg.eigvalsh(matrix) for matrix in self.matrices]
        missing = self.size - sum(map(len, values))
        return np.sort(np.concatenate([*values, np.zeros(missing)]))

    def eigen(self) -> Eigen:
        """Those of all blocks together, and zeros."""
        return Eigen.of_blocks(self.blocks, self.matrices, self.size)

    def mapped(self, f: Callable[[Array], Array]) -> Array:
        """V f(w) V^T."""
        return Dense(self.dense()).mapped(f)

    def similar(self, matrix: Array, std_error: Array | None) -> Dense:
        """A matrix with the same blocks."""
        return Dense(matrix, std_error, self.blocks)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length(self, v)

    def is_finite(self) -> bool:
        """Whether all entries are."""
        return bool(np.all(np.isfinite(self.dense())))


@dataclass(frozen=True, init=False)
class Dense:
    """A symmetric matrix.

    Args:
        matrix: Shape (P, P).
        std_error: Standard errors of its entries, shape (P, P), or None.
        blocks: Index sets inside which entries were computed; all of it by default. They may
            overlap, where a shared parameter has rotations in several blocks.
    """

    has_matrix: ClassVar[bool] = True

    matrix: Array
    std_error: Array | None
    blocks: tuple[tuple[int, ...], ...]

    def __init__(
        self,
        matrix: ArrayLike,
        std_error: Array | None = None,
        blocks: Sequence[tuple[int, ...]] | None = None,
    ) -> None:
        array = np.asarray(matrix, dtype=float)
        if array.ndim != 2 or array.shape[0] != array.shape[1]:
            raise InputError(f"a metric is a square matrix, not an array of shape {array.shape}")
        object.__setattr__(self, "matrix", array)
        object.__setattr__(self, "std_error", std_error)
        found = whole(len(array)) if blocks is None else tuple(blocks)
        object.__setattr__(self, "blocks", found)

    @property
    def size(self) -> int:
        """P."""
        return len(self.matrix)

    def matvec(self, v: ArrayLike) -> Array:
        """M v."""
        product: Array = self.matrix @ np.asarray(v, dtype=float)
        return product

    def pullback(self, a: ArrayLike) -> Dense:
        """A^T M A."""
        jacobian = np.asarray(a, dtype=float)
        columns = _touched(jacobian, self.blocks)
        sets = [tuple(map(int, column)) for column in columns if len(column)]
        pulled = jacobian.T @ self.matrix @ jacobian
        return Dense(pulled, _bound(jacobian, self.std_error), sets)

    def dense(self) -> Array:
        """The matrix."""
        return self.matrix

    def diagonal(self) -> Array:
        """Its diagonal."""
        return np.diag(self.matrix)

    def spectrum(self) -> Array:
        """Eigenvalues of the symmetric matrix."""
        return np.asarray(np.linalg.eigvalsh(self.matrix), dtype=float)

    def eigen(self) -> Eigen:
        """Its eigenvectors, decomposed as a whole."""
        return Eigen.of(self.dense())

    def mapped(self, f: Callable[[Array], Array]) -> Array:
        """V f(w) V^T."""
        w, v = np.linalg.eigh(self.matrix)
        return np.asarray((v * f(w)) @ v.T)

    def similar(self, matrix: Array, std_error: Array | None) -> Dense:
        """A matrix with the same blocks."""
        return Dense(matrix, std_error, self.blocks)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length(self, v)

    def is_finite(self) -> bool:
        """Whether all entries are."""
        return bool(np.all(np.isfinite(self.dense())))


def combined(weights: Array, metrics: Sequence[Metric], factors: Array | None = None) -> Metric:
    """sum_k w_k M_k, a diagonal where all are.

    Args:
        weights: w, shape (K,).
        metrics: K metrics of the same size.
        factors: Of their variances, shape (K,); w^2 by default, for independent errors.
    """
    squares = weights**2 if factors is None else factors
    known = [(f, m.std_error) for f, m in zip(squares, metrics) if m.std_error is not None]
    error = np.sqrt(np.sum([f * e**2 for f, e in known], axis=0)) if known else None
    if all(isinstance(metric, Diagonal) for metric in metrics):
        return Diagonal(np.tensordot(weights, [m.diagonal() for m in metrics], 1), error)
    blocks = dict.fromkeys(block for metric in metrics for block in metric.blocks)
    return Dense(np.tensordot(weights, [m.dense() for m in metrics], 1), error, tuple(blocks))


def length(metric: Metric, v: ArrayLike) -> float:
    """sqrt(v^T M v), 0 where rounding makes the square negative."""
    vector = np.asarray(v, dtype=float)
    return math.sqrt(max(float(vector @ metric.matvec(vector)), 0.0))


def whole(size: int) -> tuple[tuple[int, ...], ...]:
    """One block of all parameters."""
    return (tuple(range(size)),) if size else ()


def _touched(a: Array, blocks: Sequence[tuple[int, ...]]) -> list[NDArray[np.intp]]:
    """The coordinates that move something in each block."""
    return [np.flatnonzero(np.any(a[list(block)] != 0, axis=0)) for block in blocks]


def _bound(a: Array, errors: Array | None) -> Array | None:
    return None if errors is None else congruent(np.abs(a), errors)


def congruent(a: Array, matrix: Array) -> Array:
    """A^T M A."""
    product: Array = a.T @ matrix @ a
    return product
