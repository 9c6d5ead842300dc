"""The metric M as a value: what an optimizer solves M d = s with.

Adam's diagonal, the Fubini-Study blocks and a dense Fisher matrix are the same kind of thing;
that is what makes the optimizers one family. A block-diagonal metric is in `blocks.py`, those
without a stored matrix are in `implicit.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypedDict

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from qng.arrays import Array, all_finite
from qng.errors import InputError
from qng.geometry.eigen import Axes, Eigen, Whole
from qng.geometry.noise import Independent, Noise, Pulled, entry_errors
from qng.geometry.shown import Shown

if TYPE_CHECKING:
    from qng.report.notebook import Picture


class Metric(Protocol):
    """What every metric can do; `size` is P."""

    @property
    def size(self) -> int:
        """P, the number of rows."""

    @property
    def has_matrix(self) -> bool:
        """Whether it is known by more than its products with vectors."""

    @property
    def is_diagonal(self) -> bool:
        """Whether its form has no place for entries off the diagonal."""

    @property
    def std_error(self) -> Array | None:
        """Standard errors of the entries, shape (P, P); None where the metric is exact."""

    @property
    def noise(self) -> Noise | None:
        """Where the errors come from; None where it is exact, or where they are independent."""

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Index sets inside which entries were computed; everything else is zero by decision."""

    def matvec(self, v: ArrayLike) -> Array:
        """M v, shape (P,)."""

    def pullback(self, a: ArrayLike) -> Metric:
        """A^T M A for A of shape (P, Q): the metric in the coordinates that A maps from."""

    def dense(self) -> Array:
        """The matrix, shape (P, P)."""

    def diagonal(self) -> Array:
        """Its diagonal, shape (P,)."""

    def spectrum(self) -> Array:
        """Its eigenvalues, ascending, shape (P,)."""

    def eigen(self) -> Eigen:
        """Its eigenvalues and what acts with functions of them."""

    def similar(self, matrix: Array, std_error: Array | None, noise: Noise | None = None) -> Metric:
        """A metric with other entries and errors, both of shape (P, P).

        It is diagonal where this one is, elsewhere dense with the same blocks.
        """

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """The variance of v^T M w, 0 where M is exact.

        It is that of the shots, with what entries that are read off the same shots have in
        common. Entries that were given with standard errors and nothing else are taken as
        independent.

        Args:
            v: Shape (P,).
            w: Shape (P,).
        """

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v), 0 where rounding makes the square negative.

        Of a measured M the square is not less than its standard error: it may be negative, and a
        step is not short because nobody has seen how long it is.
        """

    def is_finite(self) -> bool:
        """Whether all that is known of it is."""

    @property
    def shape(self) -> tuple[int, int]:
        """(P, P)."""

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]: ...

    def __getitem__(self, key: Any) -> Any:
        """Entries, rows and parts by position, as of an array."""

    def __matmul__(self, other: ArrayLike) -> Array:
        """M v, or M A column by column."""

    def plot(self, parameters: Sequence[str] = (), title: str = "") -> Picture:
        """The matrix as a heat map, with its eigenvalues beside it."""


@dataclass(frozen=True, eq=False, repr=False)
class Identity(Shown):
    """The Euclidean metric of P parameters.

    Args:
        size: P.

    Example:
        >>> float(Identity(2).length(np.array([3.0, 4.0])))
        5.0
    """

    size: int
    std_error: Array | None = None
    noise: Noise | None = None

    has_matrix: ClassVar[bool] = True
    is_diagonal: ClassVar[bool] = True

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
        return Axes(self.diagonal())

    def similar(
        self, matrix: Array, std_error: Array | None, noise: Noise | None = None
    ) -> Diagonal:
        """A diagonal metric."""
        return Diagonal(np.diag(matrix).copy(), std_error, noise)

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """The variance of v^T M w."""
        return variance_in(self, v, w)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length_in(self, v)

    def is_finite(self) -> bool:
        """It is."""
        return True


@dataclass(frozen=True, eq=False, repr=False)
class Diagonal(Shown):
    """A diagonal metric.

    Args:
        values: Shape (P,).
        std_error: Their standard errors on the diagonal of a matrix, shape (P, P), or None.
        noise: Where these come from; None: independent.

    Example:
        >>> Diagonal(np.array([1.0, 4.0])).dense().tolist()
        [[1.0, 0.0], [0.0, 4.0]]
    """

    values: Array
    std_error: Array | None = None
    noise: Noise | None = None

    has_matrix: ClassVar[bool] = True
    is_diagonal: ClassVar[bool] = True

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
        columns = touched(jacobian, self.blocks)
        sets = dict.fromkeys(tuple(map(int, column)) for column in columns if len(column))
        return Dense(pulled, blocks=tuple(sets), **pulled_errors(self, jacobian))

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
        return Axes(self.values)

    def similar(
        self, matrix: Array, std_error: Array | None, noise: Noise | None = None
    ) -> Diagonal:
        """A diagonal metric."""
        return Diagonal(np.diag(matrix).copy(), std_error, noise)

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """The variance of v^T M w."""
        return variance_in(self, v, w)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length_in(self, v)

    def is_finite(self) -> bool:
        """Whether all entries are."""
        return all_finite(self.values)


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Dense(Shown):
    """A symmetric matrix.

    Args:
        matrix: Shape (P, P).
        std_error: Standard errors of its entries, shape (P, P), or None.
        blocks: Index sets inside which entries were computed; all of it by default. They may
            overlap, where a shared parameter has rotations in several blocks.
        noise: Where the errors come from; None: they are independent.

    Example:
        >>> M = Dense([[2.0, 1.0], [1.0, 2.0]])
        >>> M.matvec([1.0, 0.0]).tolist()
        [2.0, 1.0]
    """

    has_matrix: ClassVar[bool] = True
    is_diagonal: ClassVar[bool] = False

    matrix: Array
    std_error: Array | None
    blocks: tuple[tuple[int, ...], ...]
    noise: Noise | None = None

    def __init__(
        self,
        matrix: ArrayLike,
        std_error: Array | None = None,
        blocks: Sequence[tuple[int, ...]] | None = None,
        noise: Noise | None = None,
    ) -> None:
        array = np.asarray(matrix, dtype=float)
        if array.ndim != 2 or array.shape[0] != array.shape[1]:
            raise InputError(f"a metric is a square matrix, not an array of shape {array.shape}")
        found = whole(len(array)) if blocks is None else tuple(blocks)
        vars(self).update(matrix=array, std_error=std_error, blocks=found, noise=noise)

    @property
    def size(self) -> int:
        """P."""
        return len(self.matrix)

    def matvec(self, v: ArrayLike) -> Array:
        """M v."""
        product: Array = self.matrix.dot(np.asarray(v, dtype=float))
        return product

    def pullback(self, a: ArrayLike) -> Dense:
        """A^T M A."""
        jacobian = np.asarray(a, dtype=float)
        columns = touched(jacobian, self.blocks)
        sets = [tuple(map(int, column)) for column in columns if len(column)]
        pulled = jacobian.T @ self.matrix @ jacobian
        return Dense(pulled, blocks=sets, **pulled_errors(self, jacobian))

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
        return Whole.of(self.matrix)

    def similar(self, matrix: Array, std_error: Array | None, noise: Noise | None = None) -> Dense:
        """A matrix with the same blocks."""
        return Dense(matrix, std_error, self.blocks, noise)

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """The variance of v^T M w."""
        return variance_in(self, v, w)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length_in(self, v)

    def is_finite(self) -> bool:
        """Whether all entries are."""
        return all_finite(self.matrix)


def length_in(metric: Metric, v: ArrayLike) -> float:
    """`Metric.length`. Cost: of a measured M that of `variance_of`, where it may decide."""
    vector = np.asarray(v, dtype=float)
    square, size = float(vector.dot(metric.matvec(vector))), np.abs(vector)
    # The error of the square is at most that of entries which err together.
    if metric.std_error is None or square >= size.dot(metric.std_error @ size):
        return root(square)
    return root(square, metric.variance_of(vector, vector))


def root(square: float, variance: float = 0.0) -> float:
    """sqrt of a square that is taken for no less than its standard error."""
    return math.sqrt(max(square, math.sqrt(variance)))


def noise_of(metric: Metric) -> Noise | None:
    """Where the errors of a metric come from; None where it is exact."""
    if metric.noise is None and metric.std_error is not None:
        return Independent(metric.std_error)
    return metric.noise


def variance_in(metric: Metric, v: ArrayLike, w: ArrayLike) -> float:
    """The variance of v^T M w, 0 where M is exact."""
    first, second = (np.asarray(x, dtype=float) for x in (v, w))
    if not first.shape == second.shape == (metric.size,):
        raise InputError(
            f"v^T M w takes vectors of {metric.size} numbers, not of shapes {first.shape} and "
            f"{second.shape}"
        )
    noise = noise_of(metric)
    return 0.0 if noise is None else float(noise.variances(first[:, None], second[:, None])[0])


@lru_cache(maxsize=64)
def whole(size: int) -> tuple[tuple[int, ...], ...]:
    """One block of all parameters."""
    return (tuple(range(size)),) if size else ()


def touched(a: Array, blocks: Sequence[tuple[int, ...]]) -> list[NDArray[np.intp]]:
    """The coordinates that move something in each block."""
    moves = a != 0
    return [np.flatnonzero(moves[list(block)].any(axis=0)) for block in blocks]


class Errors(TypedDict):
    """What a metric knows of its errors."""

    std_error: Array | None
    noise: Noise | None


def pulled_errors(metric: Metric, a: Array) -> Errors:
    """The errors of A^T M A."""
    noise = noise_of(metric)
    if noise is None:
        return {"std_error": None, "noise": None}
    pulled = Pulled(noise, a)
    return {"std_error": entry_errors(pulled, a.shape[1]), "noise": pulled}


def congruent(a: Array, matrix: Array) -> Array:
    """A^T M A."""
    product: Array = a.T @ matrix @ a
    return product
