"""The metric M as a value: what an optimizer solves M d = s with.

Adam's diagonal, the Fubini-Study blocks and a dense Fisher matrix are the same kind of thing;
that is what makes the optimizers one family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.arrays import Amplitudes, Array
from qng.errors import InputError


class Metric(Protocol):
    """What every metric can do; `size` is P."""

    @property
    def size(self) -> int:
        """P, the number of rows."""

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


@dataclass(frozen=True)
class Identity:
    """The Euclidean metric of P parameters.

    Args:
        size: P.
    """

    size: int
    std_error: Array | None = None

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


@dataclass(frozen=True)
class Diagonal:
    """A diagonal metric.

    Args:
        values: Shape (P,).
        std_error: Their standard errors on the diagonal of a matrix, shape (P, P), or None.
    """

    values: Array
    std_error: Array | None = None

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
            _congruent(jacobian[np.ix_(np.array(index), column)], matrix)
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


@dataclass(frozen=True, init=False)
class Dense:
    """A symmetric matrix.

    Args:
        matrix: Shape (P, P).
        std_error: Standard errors of its entries, shape (P, P), or None.
        blocks: Index sets inside which entries were computed; all of it by default. They may
            overlap, where a shared parameter has rotations in several blocks.
    """

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
        found = _whole(len(array)) if blocks is None else tuple(blocks)
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


@dataclass(frozen=True, eq=False)
class LowRank:
    """M = X^T X with few rows in X.

    Args:
        factor: X, shape (K, P); for the Fubini-Study metric K = 2^(n+1), real and imaginary parts.
    """

    factor: Array

    @property
    def size(self) -> int:
        """P."""
        return int(self.factor.shape[1])

    @property
    def std_error(self) -> None:
        """None: it is exact."""
        return None

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """All parameters together."""
        return _whole(self.size)

    def matvec(self, v: ArrayLike) -> Array:
        """X^T (X v). Cost: 2 K P multiplications."""
        product: Array = self.factor.T @ (self.factor @ np.asarray(v, dtype=float))
        return product

    def pullback(self, a: ArrayLike) -> LowRank:
        """(X A)^T (X A)."""
        return LowRank(self.factor @ np.asarray(a, dtype=float))

    def dense(self) -> Array:
        """The matrix. Cost: K P^2."""
        product: Array = self.factor.T @ self.factor
        return product

    def diagonal(self) -> Array:
        """Squared lengths of the columns of X."""
        squares: Array = np.einsum("kp,kp->p", self.factor, self.factor)
        return squares

    def spectrum(self) -> Array:
        """Those of the smaller of X X^T and X^T X, and zeros."""
        x = self.factor if len(self.factor) < self.size else self.factor.T
        values = np.linalg.eigvalsh(x @ x.T)
        return np.sort(np.concatenate([values, np.zeros(self.size - len(values))]))


class LinearMap(Protocol):
    """J = d psi / d theta by its products (`request.TangentMap`)."""

    @property
    def state(self) -> Amplitudes:
        """psi, shape (2^n,)."""

    def jvp(self, v: Array) -> Amplitudes:
        """J v, shape (2^n,)."""

    def vjp(self, w: Amplitudes) -> Array:
        """Re(J^dagger w), shape (P,)."""

    def gram(self) -> tuple[Array, Array]:
        """Re(J^dagger J), shape (P, P), and b."""


@dataclass(frozen=True, eq=False)
class Implicit:
    """The Fubini-Study metric by its products, g v = Re(J^dagger J v) - b (b . v); no matrix.

    Args:
        tangent: J.
        b: <psi|d_j psi> = i b_j.
        coordinates: A: the metric is A^T g A; None: 1.
        start: A direction from which an iterative solve may start, shape (P,).
    """

    tangent: LinearMap
    b: Array
    coordinates: Array | None = None
    start: Array | None = None

    @classmethod
    def of(cls, tangent: LinearMap) -> Implicit:
        """The metric of a tangent map. Cost: one state and one reverse sweep."""
        return cls(tangent, tangent.vjp(1j * tangent.state))

    @property
    def size(self) -> int:
        """P."""
        return len(self.b) if self.coordinates is None else self.coordinates.shape[1]

    @property
    def std_error(self) -> None:
        """None: it is exact."""
        return None

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """All parameters together."""
        return _whole(self.size)

    def matvec(self, v: ArrayLike) -> Array:
        """M v. Cost: J v and Re(J^dagger w), each at most that of a gradient; a few states."""
        vector = np.asarray(v, dtype=float)
        a = self.coordinates
        u = vector if a is None else a @ vector
        image = self.tangent.vjp(self.tangent.jvp(u)) - self.b * (self.b @ u)
        return image if a is None else np.asarray(a.T @ image)

    def pullback(self, a: ArrayLike) -> Implicit:
        """A^T M A, implicit again."""
        jacobian = np.asarray(a, dtype=float)
        before = self.coordinates
        return Implicit(self.tangent, self.b, jacobian if before is None else before @ jacobian)

    def dense(self) -> Array:
        """The matrix. Cost: that of the dense metric, with P derivative states."""
        products, b = self.tangent.gram()
        g = products - np.outer(b, b)
        return g if self.coordinates is None else _congruent(self.coordinates, g)

    def diagonal(self) -> Array:
        """Its diagonal. Cost: `dense`."""
        return np.diag(self.dense())

    def spectrum(self) -> Array:
        """Its eigenvalues. Cost: `dense` and P^3."""
        return np.asarray(np.linalg.eigvalsh(self.dense()), dtype=float)


def _whole(size: int) -> tuple[tuple[int, ...], ...]:
    return (tuple(range(size)),) if size else ()


def _touched(a: Array, blocks: Sequence[tuple[int, ...]]) -> list[NDArray[np.intp]]:
    """The coordinates that move something in each block."""
    return [np.flatnonzero(np.any(a[list(block)] != 0, axis=0)) for block in blocks]


def _bound(a: Array, errors: Array | None) -> Array | None:
    return None if errors is None else _congruent(np.abs(a), errors)


def _congruent(a: Array, matrix: Array) -> Array:
    product: Array = a.T @ matrix @ a
    return product
