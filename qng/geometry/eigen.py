"""M = V diag(w) V^T, in whichever form it is cheapest.

A solver is a function f of the eigenvalues, d = V f(w) V^T s. It sees all of them at once, so that
limits are relative to the largest eigenvalue of the whole metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from qng.arrays import Array, Flags
from qng.threads import unthreaded

ROUNDING: Final = 1e-13
"""An eigenvalue at or below this fraction of the largest is rounding, not information."""

# Rows between which threads of a decomposition are no faster, and may wait for each other.
_ALONE: Final = (25, 200)


def rounding(w: Array) -> float:
    """The size at or below which one of the eigenvalues w is rounding."""
    return ROUNDING * float(np.abs(w).max(initial=0.0))


def roundings(w: Array) -> Array:
    """The same of many spectra, shapes (..., P) and (..., 1)."""
    largest = np.maximum.reduce(np.abs(w), axis=-1, keepdims=True, initial=0.0)
    return np.asarray(ROUNDING * largest)


def above_rounding(w: Array) -> Flags:
    """Which of the eigenvalues w are information, of either sign; their number is the rank.

    Args:
        w: Of one metric or of many, shape (..., P).
    """
    return np.asarray(np.abs(w) > roundings(w))


def diagonalised(matrix: Array) -> tuple[Array, Array]:
    """w and V of a symmetric matrix, or of many, whose axes come first. Cost: P^3."""
    if _ALONE[0] < matrix.shape[-1] < _ALONE[1]:
        with unthreaded():
            w, v = np.linalg.eigh(matrix)
    else:
        w, v = np.linalg.eigh(matrix)
    return w, v


class Eigen(Protocol):
    """The eigenvalues of a metric, and what acts with functions of them."""

    @property
    def values(self) -> Array:
        """w, shape (P,), in the order of the columns of V."""

    @property
    def vectors(self) -> Array:
        """V, shape (P, P)."""

    def act(self, gains: Array, s: Array) -> Array:
        """V diag(gains) V^T s, shape (P,)."""

    def matrix(self, gains: Array) -> Array:
        """V diag(gains) V^T, shape (P, P)."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Of a diagonal matrix: V = 1.

    Args:
        values: The diagonal.
    """

    values: Array

    @property
    def vectors(self) -> Array:
        """The identity matrix."""
        return np.eye(len(self.values))

    def act(self, gains: Array, s: Array) -> Array:
        """Elementwise product."""
        return np.asarray(gains * s)

    def matrix(self, gains: Array) -> Array:
        """A diagonal matrix."""
        return np.diag(gains)


@dataclass(frozen=True, eq=False)
class Whole:
    """Of a symmetric matrix, or of many, whose axes come first.

    Args:
        values: w, shape (..., P).
        vectors: V, shape (..., P, P).
    """

    values: Array
    vectors: Array

    @classmethod
    def of(cls, matrix: Array) -> Whole:
        """By decomposition. Cost: P^3."""
        return cls(*diagonalised(matrix))

    def act(self, gains: Array, s: Array) -> Array:
        """V diag(gains) V^T s, from the right."""
        if s.ndim == 1:
            v = self.vectors
            return np.asarray(v.dot(gains * v.T.dot(s)))
        return np.asarray(np.matvec(self.vectors, gains * np.matvec(self.vectors.mT, s)))

    def matrix(self, gains: Array) -> Array:
        """V diag(gains) V^T."""
        return np.asarray((self.vectors * gains[..., None, :]) @ self.vectors.mT)


@dataclass(frozen=True, eq=False)
class Parts:
    """Of a block-diagonal matrix, up to the order of the rows: V has the same blocks.

    Args:
        size: P.
        parts: Of every block its rows, its eigenvalues and its eigenvectors as columns; no row is
            left out.
    """

    size: int
    parts: tuple[tuple[list[int], Array, Array], ...]

    @classmethod
    def of(cls, blocks: Sequence[Sequence[int]], matrices: Sequence[Array], size: int) -> Parts:
        """By decomposition; a row in no block is a block with the eigenvalue 0.

        Cost: the sum of the cubes of the sizes of the blocks.
        """
        covered = {k for block in blocks for k in block}
        flat = [(k,) for k in range(size) if k not in covered]
        pieces = [*zip(blocks, matrices), *((rows, np.zeros((1, 1))) for rows in flat)]
        return cls(size, tuple((list(rows), *diagonalised(m)) for rows, m in pieces))

    @property
    def values(self) -> Array:
        """w, block by block."""
        return np.concatenate([np.zeros(0), *(w for _, w, _ in self.parts)])

    @property
    def vectors(self) -> Array:
        """Those of the blocks, zero elsewhere."""
        result, start = np.zeros((self.size, self.size)), 0
        for rows, w, v in self.parts:
            result[rows, start : start + len(w)] = v
            start += len(w)
        return result

    def act(self, gains: Array, s: Array) -> Array:
        """V diag(gains) V^T s, block by block."""
        result = np.zeros(self.size)
        for (rows, _, v), own in zip(self.parts, self._split(gains)):
            result[rows] = v @ (own * (v.T @ s[rows]))
        return result

    def matrix(self, gains: Array) -> Array:
        """V diag(gains) V^T, zero between blocks."""
        result = np.zeros((self.size, self.size))
        for (rows, _, v), own in zip(self.parts, self._split(gains)):
            result[np.ix_(rows, rows)] = (v * own) @ v.T
        return result

    def _split(self, gains: Array) -> list[Array]:
        """The gains of every block."""
        return np.split(gains, np.cumsum([len(w) for _, w, _ in self.parts])[:-1])


@dataclass(frozen=True, eq=False)
class Rows:
    """Of M = X^T X with K < P rows in X, from X X^T = U diag(w) U^T.

    V = X^T U w^(-1/2), and the other P - K eigenvalues are zero, so that

        V f V^T = f(0) + X^T U [(f(w) - f(0))/w] U^T X.

    For Tikhonov that is Woodbury's formula, [1 - X^T (X X^T + lambda)^-1 X]/lambda.

    Args:
        factor: X, shape (K, P).
        few: w, shape (K,).
        vectors_of_rows: U, shape (K, K).
    """

    factor: Array
    few: Array
    vectors_of_rows: Array

    @classmethod
    def of(cls, factor: Array) -> Rows:
        """By decomposition of X X^T. Cost: K^3 and K^2 P."""
        return cls(factor, *diagonalised(factor @ factor.T))

    @property
    def values(self) -> Array:
        """Those of X X^T, then zeros."""
        rows, size = self.factor.shape
        return np.concatenate([self.few, np.zeros(size - rows)])

    @property
    def vectors(self) -> Array:
        """X^T U w^(-1/2), and any basis of what is orthogonal to it. Cost: P^3."""
        seen = self.few > rounding(self.few)
        basis = self.factor.T @ self.vectors_of_rows[:, seen] / np.sqrt(self.few[seen])
        rest = np.linalg.svd(basis)[0][:, basis.shape[1] :]
        missing = len(self.few) - int(seen.sum())
        # The rows whose eigenvalue is rounding come first, as in `few`.
        return np.concatenate([rest[:, :missing], basis, rest[:, missing:]], axis=1)

    def act(self, gains: Array, s: Array) -> Array:
        """The formula above on a vector, from the right. Cost: 2 K P + 2 K^2."""
        x, u = self.factor, self.vectors_of_rows
        return np.asarray(gains[-1] * s + x.T @ (u @ (self._change(gains) * (u.T @ (x @ s)))))

    def matrix(self, gains: Array) -> Array:
        """The formula above. Cost: K P^2."""
        basis = self.factor.T @ self.vectors_of_rows
        flat = gains[-1] * np.eye(self.factor.shape[1])
        return np.asarray(flat + (basis * self._change(gains)) @ basis.T)

    def _change(self, gains: Array) -> Array:
        """(f(w) - f(0))/w; 0 where w is rounding."""
        w = self.few
        seen = w > rounding(w)
        return np.asarray(np.where(seen, gains[: len(w)] - gains[-1], 0) / np.where(seen, w, 1))
