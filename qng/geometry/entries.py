"""The errors of a symmetric matrix as the covariance of its entries, and of what is made of them.

A source of errors knows Var(v^T M w). That is enough for every covariance: with x_a = e_i, or
e_i + e_j, the numbers Q_a = x_a^T M x_a fix the entries, M_ij = (Q_ij - Q_ii - Q_jj)/2, and

    Q_a - Q_b = (x_a + x_b)^T M (x_a - x_b),
    2 Cov(Q_a, Q_b) = Var Q_a + Var Q_b - Var(Q_a - Q_b).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qng.arrays import Array, Integers
from qng.geometry.noise import Noise, Pulled, on_diagonal


@dataclass(frozen=True, eq=False)
class Entries:
    """Entries M_ij, i <= j, that err together; all others are exact.

    Args:
        rows: i, shape (N,).
        columns: j, shape (N,).
        covariance: Of the entries, shape (N, N).
    """

    rows: Integers
    columns: Integers
    covariance: Array

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v^T M w) of the columns of v and w. Cost: N^2 m."""
        i, j = self.rows, self.columns
        weights = v[i] * w[j] + np.where((i != j)[:, None], v[j] * w[i], 0.0)
        return np.asarray(np.maximum(np.sum(weights * (self.covariance @ weights), axis=0), 0.0))


def covariance_of(noise: Noise, size: int, pairs: Sequence[tuple[int, int]]) -> Array:
    """The covariance of entries, shape (N, N).

    Args:
        noise: Of M.
        size: P.
        pairs: N of (i, j) with i <= j, in any order; with (i, j) are (i, i) and (j, j).

    Cost: N^2/2 variances of v^T M w.
    """
    place = {pair: k for k, pair in enumerate(pairs)}
    x, entries = np.zeros((size, len(pairs))), np.zeros((len(pairs), len(pairs)))
    for k, (i, j) in enumerate(pairs):
        x[[i, j], k] = 1.0
        if i == j:
            entries[k, k] = 1.0
        else:
            entries[k, [k, place[i, i], place[j, j]]] = 0.5, -0.5, -0.5
    forms = on_diagonal(Pulled(noise, x), len(pairs)).covariance
    return np.asarray(entries @ forms @ entries.T)
