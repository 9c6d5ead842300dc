"""The errors of matrices that are means over samples: Var(v^T M w) for all v and w."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.geometry import Dense
from qng.geometry.noise import Noise, entry_errors

# Numbers that are held at once.
_MOST: Final = 2**22


@dataclass(frozen=True, eq=False)
class SquareNoise:
    """M = mean_k s_k s_k^T: the variance of the mean of (v . s_k)(w . s_k).

    Args:
        vectors: s_k of independent samples, shape (n, P).
    """

    vectors: Array

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v^T M w). Cost: n P m."""
        return _of_means(
            lambda a, b: (self.vectors @ a) * (self.vectors @ b), len(self.vectors), v, w
        )


@dataclass(frozen=True, eq=False)
class MeanNoise:
    """M = mean_k T_k: the variance of the mean of v^T T_k w.

    Args:
        matrices: T_k of independent samples, shape (n, P, P).
    """

    matrices: Array

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v^T M w). Cost: n P^2 m."""
        return _of_means(
            lambda a, b: np.einsum("kij,im,jm->km", self.matrices, a, b, optimize=True),
            len(self.matrices),
            v,
            w,
        )


def mean_square(vectors: Array) -> Dense:
    """mean_k s_k s_k^T of independent samples, with the errors of the mean."""
    noise = SquareNoise(vectors)
    size = vectors.shape[1]
    return Dense(vectors.T @ vectors / len(vectors), entry_errors(noise, size), noise=noise)


def mean_matrix(matrices: Array) -> Dense:
    """mean_k T_k of independent samples, with the errors of the mean."""
    noise: Noise = MeanNoise(matrices)
    return Dense(matrices.mean(axis=0), entry_errors(noise, matrices.shape[1]), noise=noise)


def _of_means(products: Callable[[Array, Array], Array], n: int, v: Array, w: Array) -> Array:
    variances = np.zeros(v.shape[1])
    at_once = max(_MOST // max(n, 1), 1)
    for start in range(0, len(variances), at_once):
        now = slice(start, start + at_once)
        variances[now] = products(v[:, now], w[:, now]).var(axis=0, ddof=1) / n
    return variances
