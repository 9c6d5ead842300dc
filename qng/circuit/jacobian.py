"""The Jacobian A = d phi / d theta by its entries: most angles depend on one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Integers


@dataclass(frozen=True, eq=False)
class Slopes:
    """A matrix by the entries that may differ from zero, sorted by rows and then by columns.

    Args:
        rows: Shape (entries,).
        columns: Shape (entries,).
        values: Shape (entries,).
        shape: Of the matrix, (R, P).
    """

    rows: Integers
    columns: Integers
    values: Array
    shape: tuple[int, int]

    @staticmethod
    def of(matrix: ArrayLike | Slopes) -> Slopes:
        """The entries of a matrix, shape (R, P), that are not zero."""
        if isinstance(matrix, Slopes):
            return matrix
        full = np.asarray(matrix, dtype=float)
        rows, columns = np.nonzero(full)
        return Slopes(rows, columns, full[rows, columns], (full.shape[0], full.shape[1]))

    @staticmethod
    def sorted(
        rows: Sequence[int] | Integers,
        columns: Sequence[int] | Integers,
        values: Sequence[float] | Array,
        shape: tuple[int, int],
    ) -> Slopes:
        """The matrix with these entries, in any order, each place at most once."""
        i, j = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
        order = np.lexsort((j, i))
        return Slopes(i[order], j[order], np.asarray(values, float)[order], shape)

    @cached_property
    def T(self) -> Slopes:
        """The transpose, shape (P, R)."""
        return Slopes.sorted(self.columns, self.rows, self.values, (self.shape[1], self.shape[0]))

    @cached_property
    def _first(self) -> Integers:
        """The first entry of every row that has one."""
        return np.flatnonzero(np.diff(self.rows, prepend=-1))

    def __matmul__(self, v: ArrayLike) -> Array:
        """A v of vectors in the last axis, shape (..., P) -> (..., R). Cost: the entries."""
        vectors = np.asarray(v, dtype=float)
        out = np.zeros((*vectors.shape[:-1], self.shape[0]))
        if len(self.rows):
            products = vectors[..., self.columns] * self.values
            out[..., self.rows[self._first]] = np.add.reduceat(products, self._first, axis=-1)
        return out

    def dense(self) -> Array:
        """The matrix, shape (R, P)."""
        full = np.zeros(self.shape)
        full[self.rows, self.columns] = self.values
        return full
