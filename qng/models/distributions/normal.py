r"""The normal distribution on a line, in several coordinates.

In (mu, sigma), with z = (x - mu) / sigma,

    s = (z / sigma, (z^2 - 1) / sigma),   I = diag(1 / sigma^2, 2 / sigma^2),
    KL(p || q) = ln(sigma_q / sigma_p) + [sigma_p^2 + (mu_p - mu_q)^2] / (2 sigma_q^2) - 1/2,

and in other coordinates by the chain rule: s J, J^T I J.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from scipy import stats

from qng import checks
from qng.arrays import Array
from qng.errors import UnknownNameError

_NAMES: Final = {
    "mean-sigma": ("mu", "sigma"),
    "mean-log-sigma": ("mu", "log_sigma"),
    "mean-variance": ("mu", "variance"),
    "mean": ("mu",),
    "sigma": ("sigma",),
}


@dataclass(frozen=True)
class Normal:
    """N(mu, sigma^2).

    Args:
        coordinates: "mean-sigma", "mean-log-sigma" or "mean-variance"; "mean" with a fixed sigma,
            or "sigma" with a fixed mean.
        mu: The mean, where it is fixed.
        sigma: The standard deviation, where it is fixed.

    Raises:
        UnknownNameError: Other coordinates.
        InputError: A sigma that is not positive.

    Reference: seed 002, example 1; Amari, Neural Computation 10, 251 (1998).

    Example:
        >>> from qng import models
        >>> models.fisher(Normal(), [0.0, 2.0]).dense().round(4).tolist()
        [[0.25, 0.0], [0.0, 0.5]]
    """

    coordinates: str = "mean-sigma"
    mu: float = 0.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        if self.coordinates not in _NAMES:
            raise UnknownNameError(
                "coordinates of the normal distribution", self.coordinates, _NAMES
            )
        checks.real("mu", self.mu)
        checks.positive("sigma", self.sigma)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the coordinates."""
        return _NAMES[self.coordinates]

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p."""
        mu, sigma = self.place(theta)
        return np.asarray(stats.norm.logpdf(x, mu, sigma))

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n,)."""
        mu, sigma = self.place(theta)
        return np.asarray(stats.norm.rvs(mu, sigma, size=n, random_state=rng))

    def domain(self, theta: Array) -> tuple[float, float]:
        """The line."""
        return -np.inf, np.inf

    def cumulative(self, theta: Array, x: Array) -> Array:
        """P(X <= x)."""
        mu, sigma = self.place(theta)
        return np.asarray(stats.norm.cdf(x, mu, sigma))

    def survival(self, theta: Array, x: Array) -> Array:
        """P(X > x)."""
        mu, sigma = self.place(theta)
        return np.asarray(stats.norm.sf(x, mu, sigma))

    def score(self, theta: Array, x: Array) -> Array:
        """The formula above, shape (N, P)."""
        mu, sigma = self.place(theta)
        z = (x - mu) / sigma
        return np.asarray(np.stack([z, z**2 - 1], axis=1) / sigma @ self._jacobian(theta))

    def fisher(self, theta: Array) -> Array:
        """The formula above."""
        _, sigma = self.place(theta)
        j = self._jacobian(theta)
        return np.asarray(j.T @ np.diag([1 / sigma**2, 2 / sigma**2]) @ j)

    def divergence(self, theta: Array, other: Array) -> float:
        """KL(p_theta || p_other), nats; nan where a sigma is not positive."""
        (mu, sigma), (mu_q, sigma_q) = self.place(theta), self.place(other)
        ratio, distance = sigma / sigma_q, (mu - mu_q) / sigma_q
        return float((ratio**2 - 1) / 2 - np.log(ratio) + distance**2 / 2)

    def divergence_gradient(self, theta: Array, other: Array) -> Array:
        """Its gradient in `other`."""
        (mu, sigma), (mu_q, sigma_q) = self.place(theta), self.place(other)
        apart = mu_q - mu
        slope = [apart / sigma_q**2, (1 - (sigma**2 + apart**2) / sigma_q**2) / sigma_q]
        return np.asarray(np.array(slope) @ self._jacobian(other))

    def place(self, theta: Array) -> tuple[float, float]:
        """(mu, sigma) at a point; sigma is nan where it is not positive."""
        first, last = float(theta[0]), float(theta[-1])
        if self.coordinates == "mean":
            return first, self.sigma
        sigma = last
        if self.coordinates == "mean-log-sigma":
            sigma = float(np.exp(last))
        elif self.coordinates == "mean-variance":
            sigma = float(np.sqrt(last)) if last > 0 else np.nan
        return (self.mu if self.coordinates == "sigma" else first), sigma if sigma > 0 else np.nan

    def _jacobian(self, theta: Array) -> Array:
        """d (mu, sigma) / d theta, shape (2, P)."""
        _, sigma = self.place(theta)
        columns: dict[str, Any] = {
            "mean-sigma": np.eye(2),
            "mean-log-sigma": [[1, 0], [0, sigma]],
            "mean-variance": [[1, 0], [0, 1 / (2 * sigma)]],
            "mean": [[1], [0]],
            "sigma": [[0], [1]],
        }
        return np.array(columns[self.coordinates], dtype=float)
