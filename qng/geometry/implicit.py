"""Metrics without a stored matrix: of low rank, and known by their products only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.geometry.eigen import Eigen, Rows, Whole
from qng.geometry.metric import Dense, congruent, length_in, variance_in, whole
from qng.geometry.noise import Noise
from qng.geometry.shown import Shown


@dataclass(frozen=True, eq=False, repr=False)
class LowRank(Shown):
    """M = X^T X with few rows in X.

    Args:
        factor: X, shape (K, P); for the Fubini-Study metric K = 2^(n+1), real and imaginary parts.

    Example:
        >>> LowRank(np.array([[1.0, 2.0]])).dense().tolist()
        [[1.0, 2.0], [2.0, 4.0]]
    """

    factor: Array

    has_matrix: ClassVar[bool] = True
    is_diagonal: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """P."""
        return int(self.factor.shape[1])

    @property
    def std_error(self) -> None:
        """None: it is exact."""
        return None

    @property
    def noise(self) -> None:
        """None: it is exact."""
        return None

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """All parameters together."""
        return whole(self.size)

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

    def eigen(self) -> Eigen:
        """In the space of its rows, where these are fewer than the parameters."""
        few = len(self.factor) < self.size
        return Rows.of(self.factor) if few else Whole.of(self.dense())

    def similar(self, matrix: Array, std_error: Array | None, noise: Noise | None = None) -> Dense:
        """A matrix without blocks."""
        return Dense(matrix, std_error, noise=noise)

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """0: it is exact."""
        return variance_in(self, v, w)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length_in(self, v)

    def is_finite(self) -> bool:
        """Whether all entries are."""
        return bool(np.all(np.isfinite(self.factor)))


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


@dataclass(frozen=True, eq=False, repr=False)
class Implicit(Shown):
    """The Fubini-Study metric by its products, g v = Re(J^dagger J v) - b (b . v); no matrix.

    Args:
        tangent: J.
        b: <psi|d_j psi> = i b_j.
        coordinates: A: the metric is A^T g A; None: 1.

    Example:
        >>> import qng
        >>> M = qng.metric("one-qubit", [0.3, 0.8], "implicit")
        >>> M.matvec([1.0, 0.0]).round(4).tolist()
        [0.25, 0.0]
    """

    tangent: LinearMap
    b: Array
    coordinates: Array | None = None

    has_matrix: ClassVar[bool] = False
    is_diagonal: ClassVar[bool] = False

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
    def noise(self) -> None:
        """None: it is exact."""
        return None

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """All parameters together."""
        return whole(self.size)

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
        return g if self.coordinates is None else congruent(self.coordinates, g)

    def diagonal(self) -> Array:
        """Its diagonal. Cost: `dense`."""
        return np.diag(self.dense())

    def spectrum(self) -> Array:
        """Its eigenvalues. Cost: `dense` and P^3."""
        return np.asarray(np.linalg.eigvalsh(self.dense()), dtype=float)

    def eigen(self) -> Eigen:
        """Those of the matrix. Cost: `dense` and P^3."""
        return Whole.of(self.dense())

    def similar(self, matrix: Array, std_error: Array | None, noise: Noise | None = None) -> Dense:
        """A matrix without blocks."""
        return Dense(matrix, std_error, noise=noise)

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """0: it is exact."""
        return variance_in(self, v, w)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length_in(self, v)

    def is_finite(self) -> bool:
        """Whether b is; the rest is not known."""
        return bool(np.all(np.isfinite(self.b)))
