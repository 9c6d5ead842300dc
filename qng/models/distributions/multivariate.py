r"""The multivariate normal distribution, by its mean and its covariance S.

With dm_i and dS_i the derivatives of both along a parameter and y = S^-1 (x - m),

    s_i  = dm_i . y + [y^T dS_i y - tr(S^-1 dS_i)] / 2
    I_ij = dm_i^T S^-1 dm_j + tr(S^-1 dS_i S^-1 dS_j) / 2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from scipy import stats

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError

_COORDINATES: Final = ("mean", "cholesky", "entries")


@dataclass(frozen=True, eq=False)
class MultivariateNormal:
    """N(m, S) in d dimensions.

    Args:
        dimension: d.
        coordinates: "mean": m, with a fixed covariance; "cholesky": m and the lower triangle of L,
            S = L L^T, by rows; "entries": m and the lower triangle of S, by rows.
        covariance: The fixed one, shape (d, d); the identity by default.

    Raises:
        UnknownNameError: Other coordinates.
        InputError: A covariance that is not positive definite.

    Example:
        >>> MultivariateNormal(2).parameters
        ('m0', 'm1', 'L00', 'L10', 'L11')
    """

    dimension: int
    coordinates: str = "cholesky"
    covariance: Any = None

    def __post_init__(self) -> None:
        d = checks.whole("dimension", self.dimension, 1)
        if self.coordinates not in _COORDINATES:
            raise UnknownNameError(
                "coordinates of the multivariate normal distribution",
                self.coordinates,
                _COORDINATES,
            )
        if self.covariance is not None:
            given = checks.reals("covariance", self.covariance)
            fits = given.shape == (d, d) and np.allclose(given, given.T)
            if not fits or np.linalg.eigvalsh(given)[0] <= 0:
                raise InputError(
                    f"covariance must be a symmetric positive definite matrix of shape ({d}, {d})"
                )
            object.__setattr__(self, "covariance", given)

    @property
    def parameters(self) -> tuple[str, ...]:
        """m0, m1, ... and, row by row, L00, L10, L11, ... or S00, S10, S11, ..."""
        means = tuple(f"m{i}" for i in range(self.dimension))
        if self.coordinates == "mean":
            return means
        letter = "L" if self.coordinates == "cholesky" else "S"
        return means + tuple(f"{letter}{i}{j}" for i, j in zip(*np.tril_indices(self.dimension)))

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p of x of shape (N, d); nan where S is not positive definite."""
        mean, covariance = self.place(theta)
        if not _positive(covariance):
            return np.full(len(x), np.nan)
        found = stats.multivariate_normal(mean, covariance).logpdf(x.reshape(-1, self.dimension))
        return np.reshape(found, len(x))

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n, d)."""
        mean, covariance = self.place(theta)
        found = stats.multivariate_normal(mean, covariance).rvs(size=n, random_state=rng)
        return np.reshape(found, (n, self.dimension))

    def domain(self, theta: Array) -> tuple[Array, Array]:
        """The whole space."""
        return np.full(self.dimension, -np.inf), np.full(self.dimension, np.inf)

    def score(self, theta: Array, x: Array) -> Array:
        """The formula above, shape (N, P)."""
        mean, covariance = self.place(theta)
        if not _positive(covariance):
            return np.full((len(x), len(theta)), np.nan)
        d_mean, d_cov = self._slopes(theta)
        y = np.linalg.solve(covariance, (x.reshape(-1, self.dimension) - mean).T).T
        traces = np.trace(np.linalg.solve(covariance, d_cov), axis1=1, axis2=2)
        squares = np.einsum("na,iab,nb->ni", y, d_cov, y, optimize=True)
        return np.asarray(y @ d_mean.T + (squares - traces) / 2)

    def fisher(self, theta: Array) -> Array:
        """The formula above; nan where S is not positive definite."""
        _, covariance = self.place(theta)
        if not _positive(covariance):
            return np.full((len(theta), len(theta)), np.nan)
        d_mean, d_cov = self._slopes(theta)
        turned = np.linalg.solve(covariance, d_cov)
        return np.asarray(
            d_mean @ np.linalg.solve(covariance, d_mean.T)
            + np.einsum("iab,jba->ij", turned, turned) / 2
        )

    def divergence(self, theta: Array, other: Array) -> float:
        """KL(p_theta || p_other), nats."""
        (mean, cov), (mean_q, cov_q) = self.place(theta), self.place(other)
        if not (_positive(cov) and _positive(cov_q)):
            return np.nan
        apart = mean_q - mean
        # Of the eigenvalues of S_q^-1 S: no logarithms of large numbers that cancel.
        root = np.linalg.cholesky(cov_q)
        inner = np.linalg.solve(root, np.linalg.solve(root, cov).T)
        w = np.linalg.eigvalsh((inner + inner.T) / 2)
        squares = float(np.sum(np.linalg.solve(root, apart) ** 2))
        return float(np.sum(w - 1 - np.log(w)) / 2 + squares / 2)

    def divergence_gradient(self, theta: Array, other: Array) -> Array:
        """Its gradient in `other`: minus the mean score, by E[(x - m_q)(x - m_q)^T]."""
        (mean, cov), (mean_q, cov_q) = self.place(theta), self.place(other)
        if not (_positive(cov) and _positive(cov_q)):
            return np.full(len(theta), np.nan)
        d_mean, d_cov = self._slopes(other)
        apart = mean - mean_q
        inverse = np.linalg.inv(cov_q)
        excess = inverse @ (cov + np.outer(apart, apart) - cov_q) @ inverse
        return np.asarray(-(d_mean @ inverse @ apart) - np.einsum("iab,ba->i", d_cov, excess) / 2)

    def place(self, theta: Array) -> tuple[Array, Array]:
        """(m, S) at a point."""
        d = self.dimension
        mean = theta[:d]
        if self.coordinates == "mean":
            return mean, np.eye(d) if self.covariance is None else self.covariance
        lower = np.zeros((d, d))
        lower[np.tril_indices(d)] = theta[d:]
        if self.coordinates == "cholesky":
            return mean, lower @ lower.T
        return mean, lower + np.tril(lower, -1).T

    def _slopes(self, theta: Array) -> tuple[Array, Array]:
        """(dm_i, dS_i), shapes (P, d) and (P, d, d)."""
        d, size = self.dimension, len(theta)
        d_mean, d_cov = np.zeros((size, d)), np.zeros((size, d, d))
        d_mean[:d] = np.eye(d)
        if self.coordinates == "mean":
            return d_mean, d_cov
        rows, columns = np.tril_indices(d)
        where = d + np.arange(len(rows))
        d_cov[where, rows, columns] = 1.0
        if self.coordinates == "entries":
            d_cov[where, columns, rows] = 1.0
            return d_mean, d_cov
        lower = np.zeros((d, d))
        lower[rows, columns] = theta[d:]
        half = d_cov @ lower.T
        return d_mean, half + np.swapaxes(half, 1, 2)


def _positive(covariance: Array) -> bool:
    if not np.all(np.isfinite(covariance)):
        return False
    w = np.linalg.eigvalsh(covariance)
    return bool(w[0] > 1e-14 * w[-1])
