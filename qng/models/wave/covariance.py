"""The metric as a covariance of samples, with errors: S_ij = Re sum_n X_ni^* X_nj.

Every entry, and every v^T S w, is the mean over the samples of N Re (X v)_n^* (X w)_n, so that its
variance is tau / N times that of these numbers, tau being their autocorrelation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qng.arrays import Array
from qng.geometry import Dense
from qng.models.wave.correlated import common_time
from qng.models.wave.wave import Numbers


@dataclass(frozen=True, eq=False)
class SampledNoise:
    """Where the errors of a sampled S come from (`qng.geometry.noise`).

    Args:
        centred: X, shape (N, P), of N at least 2 samples of equal weight.
        tau: Autocorrelation of the products, in draws.
    """

    centred: Numbers
    tau: float = 1.0

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v_q^T S w_q), shape (m,). Cost: 2 N P m."""
        n = len(self.centred)
        products = n * np.real((self.centred @ v).conj() * (self.centred @ w))
        found: Array = self.tau * np.var(products, axis=0, ddof=1) / n
        return found

    def entries(self, matrix: Array) -> Array:
        """Standard errors of the entries of S, shape (P, P). Cost: N P^2 (3 N P^2)."""
        x, n = self.centred, len(self.centred)
        squares: Array = x.real.T**2 @ x.real**2
        if np.iscomplexobj(x):
            crossed = x.real * x.imag
            squares = squares + 2 * crossed.T @ crossed + x.imag.T**2 @ x.imag**2
        variances = self.tau * (n * squares - matrix**2) / (n - 1)
        return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def covariance(centred: Numbers, chains: int) -> Dense:
    """S with its errors.

    Args:
        centred: X, shape (N, P), the samples of chains in the order (draws, chains).
        chains: How many; 0: X is no sample, and S exact.
    """
    stacked = np.concatenate([centred.real, centred.imag]) if np.iscomplexobj(centred) else centred
    matrix = np.asarray(stacked.T @ stacked, dtype=float)
    n, p = centred.shape
    if not chains or n < 2:
        return Dense(matrix)
    tau = common_time((n * np.abs(centred) ** 2).reshape(-1, chains, p))
    noise = SampledNoise(centred, tau)
    return Dense(matrix, noise.entries(matrix), noise=noise)
