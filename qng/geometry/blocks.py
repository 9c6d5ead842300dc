"""A metric in blocks: what commuting rotations, or chosen groups of parameters, have together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, all_finite
from qng.errors import InputError
from qng.geometry.eigen import Eigen, Parts
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


@dataclass(frozen=True, eq=False, repr=False)
class Blocks(Shown):
    """A block-diagonal metric, up to the order of the parameters.

    Args:
        blocks: Disjoint index sets; an index in none of them has a zero row.
        matrices: One symmetric matrix a block.
        size: P.
        std_error: Standard errors of the entries, shape (P, P), zero between blocks; or None.
        noise: Where these come from; None: independent.

    Example:
        >>> M = Blocks(((0, 2), (1,)), (np.full((2, 2), 0.25), np.array([[0.5]])), 3)
        >>> M.dense().tolist()
        [[0.25, 0.0, 0.25], [0.0, 0.5, 0.0], [0.25, 0.0, 0.25]]
    """

    blocks: tuple[tuple[int, ...], ...]
    matrices: tuple[Array, ...]
    size: int
    std_error: Array | None = None
    noise: Noise | None = None

    has_matrix: ClassVar[bool] = True
    is_diagonal: ClassVar[bool] = False

    @classmethod
    def of(
        cls,
        matrix: Array,
        blocks: Sequence[tuple[int, ...]],
        std_error: Array | None = None,
        noise: Noise | None = None,
    ) -> Blocks | Dense:
        """A matrix that is zero outside blocks: Blocks where they are disjoint, else Dense.

        Args:
            matrix: Shape (P, P).
            blocks: Index sets.
            std_error: Of the entries, shape (P, P), or None.
            noise: Where these come from; None: independent.
        """
        if not _disjoint(blocks):
            return Dense(matrix, std_error, blocks, noise)
        parts = tuple(matrix[np.ix_(index, index)] for index in blocks)
        return cls(tuple(blocks), parts, len(matrix), std_error, noise)

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
        columns = touched(jacobian, self.blocks)
        sets = tuple(tuple(column.tolist()) for column in columns if len(column))
        errors = pulled_errors(self, jacobian)
        if not _disjoint(sets):
            return Dense(congruent(jacobian, self.dense()), blocks=sets, **errors)
        parts = [
            congruent(jacobian[np.ix_(np.array(index), column)], matrix)
            for index, column, matrix in zip(self.blocks, columns, self.matrices)
        ]
        kept = tuple(part for part in parts if part.size)
        return Blocks(sets, kept, jacobian.shape[1], **errors)

    def dense(self) -> Array:
        """The matrix with zeros between blocks."""
        total = np.zeros((self.size, self.size))
        for block, matrix in zip(self.blocks, self.matrices):
            total[_places(block)] = matrix
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
        return Parts.of(self.blocks, self.matrices, self.size)

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
        return all(map(all_finite, self.matrices))


@lru_cache(maxsize=1024)
def _places(block: tuple[int, ...]) -> Any:
    """Where the entries of a block are in the whole matrix."""
    first = block[0] if block else 0
    if block == tuple(range(first, first + len(block))):
        return (slice(first, first + len(block)),) * 2
    return np.ix_(block, block)


def _disjoint(blocks: Sequence[tuple[int, ...]]) -> bool:
    return len(set().union(*blocks)) == sum(map(len, blocks))
