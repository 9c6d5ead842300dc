"""M = V diag(w) V^T, in whichever form it is cheapest.

A solver is a function f of the eigenvalues, d = V f(w) V^T s. It sees all of them at once, so that
limits are relative to the largest eigenvalue of the whole metric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array, Flags

ROUNDING: Final = 1e-13
"""An eigenvalue below this fraction of the largest is rounding, not information."""


@dataclass(frozen=True)
class Eigen:
    """The eigenvalues of a metric, and what acts with functions of them.

    Args:
        values: w, shape (P,), in the order of the decomposition.
        act: (f(w), s) -> V f(w) V^T s.
        read: Whether the eigenvalues are entries of the metric, without the rounding of a
            decomposition.
    """

    values: Array
    act: Callable[[Array, Array], Array]
    read: bool = False

    @staticmethod
    def of(matrix: Array) -> Eigen:
        """Of a symmetric matrix. Cost: P^3."""
        return Eigen.of_blocks((tuple(range(len(matrix))),), (matrix,), len(matrix))

    @staticmethod
    def of_diagonal(values: Array) -> Eigen:
        """Of a diagonal matrix."""
        return Eigen(values, lambda gains, s: gains * s, read=True)

    @staticmethod
    def of_blocks(blocks: Sequence[tuple[int, ...]], matrices: Sequence[Array], size: int) -> Eigen:
        """Of a block-diagonal matrix; an index in no block has the eigenvalue 0.

        Cost: the sum of the cubes of the sizes of the blocks.
        """
        covered = {k for block in blocks for k in block}
        flat = [(k,) for k in range(size) if k not in covered]
        pieces = [*zip(blocks, matrices), *((index, np.zeros((1, 1))) for index in flat)]
        parts = [(list(index), *np.linalg.eigh(matrix)) for index, matrix in pieces]
        values = np.concatenate([w for _, w, _ in parts]) if parts else np.zeros(0)

        def act(gains: Array, s: Array) -> Array:
            direction = np.zeros(size)
            start = 0
            for index, w, v in parts:
                own = gains[start : start + len(w)]
                direction[index] = v @ (own * (v.T @ s[index]))
                start += len(w)
            return direction

        return Eigen(values, act)

    @staticmethod
    def of_factor(x: Array) -> Eigen:
        """Of M = X^T X with X of shape (K, P), from X X^T = U diag(w) U^T where K < P.

        V = X^T U w^(-1/2), and the other P - K eigenvalues are zero, so that
        d = f(0) s + X^T U [(f(w) - f(0))/w] U^T X s. For Tikhonov that is Woodbury's formula,
        [s - X^T (X X^T + lambda)^-1 X s]/lambda.

        Cost: K^3 and K^2 P.
        """
        few, size = x.shape
        if few >= size:
            return Eigen.of(x.T @ x)
        w, u = np.linalg.eigh(x @ x.T)
        seen = above_rounding(w)

        def act(gains: Array, s: Array) -> Array:
            rest = gains[-1]
            change = np.where(seen, gains[:few] - rest, 0.0) / np.where(seen, w, 1.0)
            return np.asarray(rest * s + x.T @ (u @ (change * (u.T @ (x @ s)))))

        return Eigen(np.concatenate([w, np.zeros(size - few)]), act)


def above_rounding(w: Array) -> Flags:
    """The eigenvalues that are information."""
    size = np.abs(w)
    return np.asarray(size > ROUNDING * size.max(initial=0.0))
