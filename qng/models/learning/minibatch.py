"""Mini-batches: which data a key draws, and how far what they say is from what all data say.

Of n among N data without replacement, the mean of numbers z has the variance (1 - n/N) s^2 / n,
s^2 being that of the numbers in the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Array
from qng.geometry import Dense
from qng.seeds import Key, generator

MOST: int = 256
"""The most parameters for which errors of gradients and metrics of mini-batches are computed."""


def picked(count: int, size: int, key: Key) -> NDArray[np.intp]:
    """The indices of a mini-batch, none of them twice.

    Args:
        count: N, of all data.
        size: n, of the batch.
        key: Equal keys pick equally.
    """
    return np.sort(generator(key).choice(count, size, replace=False)).astype(np.intp)


def share(size: int, count: int) -> float:
    """(1 - n/N) / (n - 1), by which the variance in a batch is multiplied."""
    return (1.0 - size / count) / (size - 1)


@dataclass(frozen=True, eq=False)
class OfBatch:
    """The errors of (1/n) sum_n X_n^T X_n as a mean over a mini-batch.

    Args:
        rows: X_n, shape (n, C, P).
        factor: `share`.
    """

    rows: Array
    factor: float

    def variances(self, v: Array, w: Array) -> Array:
        """Of the numbers (X_n v) . (X_n w). Cost: n C P m."""
        products = np.sum((self.rows @ v) * (self.rows @ w), axis=1)
        found: Array = self.factor * np.var(products, axis=0)
        return found


def metric_of(rows: Array, size: int, count: int) -> Dense:
    """(1/n) sum_n X_n^T X_n with the errors of a mini-batch.

    Args:
        rows: X_n, shape (n, C, P).
        size: n.
        count: N.

    Cost: n P^2 (C + 1) multiplications.
    """
    mean, squares = (np.zeros((rows.shape[2],) * 2) for _ in range(2))
    for x in rows:
        one = x.T @ x
        mean += one / size
        squares += one**2 / size
    variances = np.maximum(squares - mean**2, 0.0) * share(size, count)
    return Dense(mean, np.sqrt(variances), noise=OfBatch(rows, share(size, count)))
