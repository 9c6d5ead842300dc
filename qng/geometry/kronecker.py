"""A metric that is a Kronecker product for every array of parameters: K-FAC, Shampoo, Muon.

theta ravels arrays by rows. For one of shape (m, n) with the entries W_ij and M = A (x) B,

    M vec(W) = vec(A W B^T),    M^-1 = A^-1 (x) B^-1,    w = w_A w_B,  V = V_A (x) V_B,

so that what costs (m n)^3 costs m^3 + n^3. An array of k dimensions has k factors or fewer, each
for some of its dimensions; between arrays M is zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.eigen import Eigen, diagonalised
from qng.geometry.metric import (
    Dense,
    congruent,
    length_in,
    pulled_errors,
    touched,
    variance_in,
)
from qng.geometry.noise import Noise
from qng.geometry.shown import Shown


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Kronecker(Shown):
    """M = (A_1 (x) B_1 (x) ...) + (A_2 (x) B_2 (x) ...) + ..., one term for every array.

    Args:
        factors: Of every array, in the order in which theta ravels them, its factors from the first
            dimension to the last: symmetric matrices of shape (m, m), or diagonals of shape (m,).
        std_error: Standard errors of the entries, shape (P, P), or None.
        noise: Where these come from; None: independent.

    Raises:
        InputError: A factor that is neither a square matrix nor a diagonal.

    Reference: Van Loan, J. Comput. Appl. Math. 123, 85 (2000).

    Example:
        >>> layer = Kronecker([([[2.0, 1.0], [1.0, 2.0]], [1.0, 3.0, 5.0])])
        >>> layer.size, layer.matvec([1, 0, 0, 0, 0, 0]).tolist()
        (6, [2.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    """

    has_matrix: ClassVar[bool] = True
    is_diagonal: ClassVar[bool] = False

    factors: tuple[tuple[Array, ...], ...]
    std_error: Array | None
    noise: Noise | None

    def __init__(
        self,
        factors: Sequence[Sequence[ArrayLike]],
        std_error: Array | None = None,
        noise: Noise | None = None,
    ) -> None:
        own = tuple(tuple(map(_factor, array)) for array in factors)
        object.__setattr__(self, "factors", own)
        object.__setattr__(self, "std_error", std_error)
        object.__setattr__(self, "noise", noise)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The sizes of the factors of every array."""
        return tuple(tuple(map(len, array)) for array in self.factors)

    @property
    def size(self) -> int:
        """P."""
        return sum(map(math.prod, self.shapes))

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """One block an array."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes]).tolist()
        return tuple(tuple(range(*ends_of)) for ends_of in zip([0, *ends], ends))

    def matvec(self, v: ArrayLike) -> Array:
        """M v, factor by factor. Cost: m n (m + n) multiplications an array."""
        pieces = _split(np.asarray(v, dtype=float), self.shapes)
        return _joined([_applied(*pair) for pair in zip(self.factors, pieces)])

    def pullback(self, a: ArrayLike) -> Dense:
        """A^T M A."""
        jacobian = np.asarray(a, dtype=float)
        columns = touched(jacobian, self.blocks)
        sets = dict.fromkeys(tuple(map(int, column)) for column in columns if len(column))
        pulled = congruent(jacobian, self.dense())
        return Dense(pulled, blocks=tuple(sets), **pulled_errors(self, jacobian))

    def dense(self) -> Array:
        """The matrix, zero between arrays."""
        total = np.zeros((self.size, self.size))
        for block, array in zip(self.blocks, self.factors):
            index = np.array(block, dtype=np.int64)
            total[index[:, None], index] = _product([_matrix(factor) for factor in array])
        return total

    def diagonal(self) -> Array:
        """The products of the diagonals of the factors."""
        return _joined([_product([_own(f) for f in array]) for array in self.factors])

    def spectrum(self) -> Array:
        """The products of the eigenvalues of the factors, ascending."""
        return np.sort(self.eigen().values)

    def eigen(self) -> Eigen:
        """Those of the factors. Cost: the sum of the cubes of the sizes of the factors."""
        return Factored(tuple(tuple(map(_decomposed, array)) for array in self.factors))

    def similar(self, matrix: Array, std_error: Array | None, noise: Noise | None = None) -> Dense:
        """A matrix that is zero between arrays, and no product."""
        return Dense(matrix, std_error, self.blocks, noise)

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """The variance of v^T M w."""
        return variance_in(self, v, w)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T M v)."""
        return length_in(self, v)

    def is_finite(self) -> bool:
        """Whether all entries are."""
        return bool(all(np.all(np.isfinite(f)) for array in self.factors for f in array))


@dataclass(frozen=True, eq=False)
class Factored:
    """Eigenvalues and eigenvectors of Kronecker products.

    Args:
        parts: Of every factor of every array (w, V); V is None for a diagonal one.
    """

    parts: tuple[tuple[tuple[Array, Array | None], ...], ...]

    @property
    def values(self) -> Array:
        """Their products, in the order of the parameters."""
        return _joined([_product([w for w, _ in array]) for array in self.parts])

    @property
    def vectors(self) -> Array:
        """Their Kronecker products, array by array."""
        return np.stack([self._turned(unit, False) for unit in np.eye(len(self.values))], axis=1)

    def act(self, gains: Array, s: Array) -> Array:
        """V diag(gains) V^T s, factor by factor."""
        return self._turned(gains * self._turned(s, True), False)

    def matrix(self, gains: Array) -> Array:
        """V diag(gains) V^T."""
        v = self.vectors
        return np.asarray((v * gains) @ v.T)

    def _turned(self, s: Array, back: bool) -> Array:
        """V s, or V^T s on the way back."""
        shapes = [tuple(len(w) for w, _ in array) for array in self.parts]
        turned = []
        for array, piece in zip(self.parts, _split(s, shapes)):
            vectors = [np.ones(len(w)) if v is None else v.T if back else v for w, v in array]
            turned.append(_applied(vectors, piece))
        return _joined(turned)


def _factor(given: ArrayLike) -> Array:
    array = np.asarray(given, dtype=float)
    square = array.ndim == 2 and array.shape[0] == array.shape[1]
    if not (square or array.ndim == 1) or array.size == 0:
        raise InputError(
            "a factor of a Kronecker product is a symmetric matrix or a diagonal, not an array of "
            f"shape {array.shape}"
        )
    return array


def _matrix(factor: Array) -> Array:
    return factor if factor.ndim == 2 else np.diag(factor)


def _own(factor: Array) -> Array:
    """The diagonal of a factor."""
    return np.diag(factor) if factor.ndim == 2 else factor


def _decomposed(factor: Array) -> tuple[Array, Array | None]:
    if factor.ndim == 1:
        return factor, None
    return diagonalised(factor)


def _product(factors: Sequence[Array]) -> Array:
    """The Kronecker product of vectors, or of matrices."""
    product = factors[0]
    for factor in factors[1:]:
        product = np.asarray(np.kron(product, factor), dtype=float)
    return product


def _split(v: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """The arrays that v ravels."""
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    if v.shape != (ends[-1] if len(ends) else 0,):
        raise InputError(f"the vector has shape {v.shape}, the metric {ends[-1]} rows")
    return [piece.reshape(shape) for piece, shape in zip(np.split(v, ends[:-1]), shapes)]


def _joined(pieces: Sequence[Array]) -> Array:
    return np.concatenate([np.zeros(0), *(piece.ravel() for piece in pieces)])


def _applied(factors: Sequence[Array], piece: Array) -> Array:
    """Every factor along its dimension."""
    for axis, factor in enumerate(factors):
        if factor.ndim == 1:
            piece = piece * np.expand_dims(factor, tuple(range(1, piece.ndim - axis)))
        else:
            piece = np.moveaxis(np.tensordot(factor, piece, (1, axis)), 0, axis)
    return piece
