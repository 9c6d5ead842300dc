r"""Poisson, binomial, Bernoulli and exponential distributions, one parameter each.

    Poisson       lambda    s = x / lambda - 1                   I = 1 / lambda
    Binomial      p         s = (x - N p) / [p (1 - p)]          I = N / [p (1 - p)]
    Bernoulli     p         N = 1
    Exponential   theta     s = (x - theta) / theta^2            I = 1 / theta^2   (mean theta)

Binomial and Bernoulli have a second coordinate, the log-odds eta with p = 1 / (1 + e^-eta): s =
x - N p and I = N p (1 - p); Poisson has ln lambda: s = x - lambda, I = lambda.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import special, stats

from qng import checks
from qng.arrays import Array
from qng.errors import UnknownNameError
from qng.models.distributions.listed import RARE, listed


@dataclass(frozen=True)
class Poisson:
    """Poisson(lambda).

    Args:
        coordinates: "mean" for lambda, "log" for ln lambda.

    Raises:
        UnknownNameError: Other coordinates.

    Reference: seed 002, example 2.

    Example:
        >>> from qng import models
        >>> models.fisher(Poisson(), [2.0]).dense().round(4).tolist()
        [[0.5]]
    """

    coordinates: str = "mean"

    def __post_init__(self) -> None:
        _known(self.coordinates, ("mean", "log"), "Poisson distribution")

    @property
    def parameters(self) -> tuple[str, ...]:
        """lambda, or its logarithm."""
        return ("lambda",) if self.coordinates == "mean" else ("log_lambda",)

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p(x)."""
        return np.asarray(stats.poisson.logpmf(x, self.rate(theta)))

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n,)."""
        return np.asarray(stats.poisson.rvs(self.rate(theta), size=n, random_state=rng))

    def support(self, theta: Array) -> Array | None:
        """From 0 to where what is left is below 1e-22."""
        return listed(stats.poisson(self.rate(theta)), RARE)

    def score(self, theta: Array, x: Array) -> Array:
        """The formula above, shape (N, 1)."""
        rate = self.rate(theta)
        return np.asarray(x / rate - 1)[:, None] * self._slope(rate)

    def fisher(self, theta: Array) -> Array:
        """The formula above."""
        rate = self.rate(theta)
        return np.array([[self._slope(rate) ** 2 / rate]])

    def divergence(self, theta: Array, other: Array) -> float:
        """KL(p_theta || p_other), nats."""
        rate, rate_q = self.rate(theta), self.rate(other)
        return float(rate * np.log(rate / rate_q) + rate_q - rate)

    def divergence_gradient(self, theta: Array, other: Array) -> Array:
        """Its gradient in `other`."""
        rate, rate_q = self.rate(theta), self.rate(other)
        return np.array([(1 - rate / rate_q) * self._slope(rate_q)])

    def rate(self, theta: Array) -> float:
        """lambda at a point; nan where it is not positive."""
        value = float(theta[0]) if self.coordinates == "mean" else float(np.exp(theta[0]))
        return value if value > 0 else np.nan

    def _slope(self, rate: float) -> float:
        """d lambda / d theta."""
        return 1.0 if self.coordinates == "mean" else rate


@dataclass(frozen=True)
class Binomial:
    """The number of successes of N trials.

    Args:
        trials: N.
        coordinates: "probability" for p, "log-odds" for ln[p / (1 - p)].

    Raises:
        UnknownNameError: Other coordinates.
        InputError: N is no whole number of at least 1.

    Reference: seed 002, example 4.

    Example:
        >>> from qng import models
        >>> models.fisher(Binomial(10), [0.2]).dense().round(4).tolist()
        [[62.5]]
    """

    trials: int
    coordinates: str = "probability"

    def __post_init__(self) -> None:
        checks.whole("trials", self.trials, 1)
        _known(self.coordinates, ("probability", "log-odds"), "binomial distribution")

    @property
    def parameters(self) -> tuple[str, ...]:
        """p, or its log-odds."""
        return ("p",) if self.coordinates == "probability" else ("log_odds",)

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p(x)."""
        return np.asarray(stats.binom.logpmf(x, self.trials, self.chance(theta)))

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n,)."""
        return np.asarray(
            stats.binom.rvs(self.trials, self.chance(theta), size=n, random_state=rng)
        )

    def support(self, theta: Array) -> Array | None:
        """0 to N, or where of many trials more than 1e-22 is left."""
        return listed(stats.binom(self.trials, self.chance(theta)), RARE)

    def score(self, theta: Array, x: Array) -> Array:
        """The formula above, shape (N, 1)."""
        p = self.chance(theta)
        return np.asarray(x - self.trials * p)[:, None] / (p * (1 - p)) * self._slope(p)

    def fisher(self, theta: Array) -> Array:
        """The formula above."""
        p = self.chance(theta)
        return np.array([[self.trials / (p * (1 - p)) * self._slope(p) ** 2]])

    def divergence(self, theta: Array, other: Array) -> float:
        """KL(p_theta || p_other), nats."""
        p, q = self.chance(theta), self.chance(other)
        return float(self.trials * (special.rel_entr(p, q) + special.rel_entr(1 - p, 1 - q)))

    def divergence_gradient(self, theta: Array, other: Array) -> Array:
        """Its gradient in `other`."""
        p, q = self.chance(theta), self.chance(other)
        return np.array([self.trials * (q - p) / (q * (1 - q)) * self._slope(q)])

    def chance(self, theta: Array) -> float:
        """p at a point; nan where it is not between 0 and 1."""
        value = float(theta[0])
        if self.coordinates == "log-odds":
            return float(special.expit(value))
        return value if 0 < value < 1 else np.nan

    def _slope(self, p: float) -> float:
        """d p / d theta."""
        return 1.0 if self.coordinates == "probability" else p * (1 - p)


def Bernoulli(coordinates: str = "probability") -> Binomial:
    """One trial: `Binomial(1, coordinates)`.

    Example:
        >>> from qng import models
        >>> models.fisher(Bernoulli(), [0.2]).dense().round(4).tolist()
        [[6.25]]
    """
    return Binomial(1, coordinates)


@dataclass(frozen=True)
class ExponentialDistribution:
    """The exponential distribution with mean theta: p(x) = exp(-x / theta) / theta.

    Args:
        coordinates: "mean" for theta, "rate" for 1 / theta, "log" for ln theta.

    Raises:
        UnknownNameError: Other coordinates.

    Reference: seed 002, example 3.

    Example:
        >>> from qng import models
        >>> models.fisher(models.Exponential(), [2.0]).dense().round(4).tolist()
        [[0.25]]
    """

    coordinates: str = "mean"

    def __post_init__(self) -> None:
        _known(self.coordinates, ("mean", "rate", "log"), "exponential distribution")

    @property
    def parameters(self) -> tuple[str, ...]:
        """theta, its inverse, or its logarithm."""
        return ({"mean": "theta", "rate": "rate", "log": "log_theta"}[self.coordinates],)

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p(x)."""
        return np.asarray(stats.expon.logpdf(x, scale=self.mean(theta)))

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n,)."""
        return np.asarray(stats.expon.rvs(scale=self.mean(theta), size=n, random_state=rng))

    def domain(self, theta: Array) -> tuple[float, float]:
        """From 0 on."""
        return 0.0, np.inf

    def cumulative(self, theta: Array, x: Array) -> Array:
        """P(X <= x)."""
        return np.asarray(stats.expon.cdf(x, scale=self.mean(theta)))

    def survival(self, theta: Array, x: Array) -> Array:
        """P(X > x)."""
        return np.asarray(stats.expon.sf(x, scale=self.mean(theta)))

    def score(self, theta: Array, x: Array) -> Array:
        """The formula above, shape (N, 1)."""
        mean = self.mean(theta)
        return np.asarray(x - mean)[:, None] / mean**2 * self._slope(mean)

    def fisher(self, theta: Array) -> Array:
        """The formula above."""
        mean = self.mean(theta)
        return np.array([[(self._slope(mean) / mean) ** 2]])

    def divergence(self, theta: Array, other: Array) -> float:
        """KL(p_theta || p_other), nats."""
        ratio = self.mean(theta) / self.mean(other)
        return float(ratio - 1 - np.log(ratio))

    def divergence_gradient(self, theta: Array, other: Array) -> Array:
        """Its gradient in `other`."""
        mean, mean_q = self.mean(theta), self.mean(other)
        return np.array([(1 - mean / mean_q) / mean_q * self._slope(mean_q)])

    def mean(self, theta: Array) -> float:
        """theta at a point; nan where it is not positive."""
        value = float(theta[0])
        if self.coordinates == "log":
            return float(np.exp(value))
        if value <= 0:
            return np.nan
        return value if self.coordinates == "mean" else 1 / value

    def _slope(self, mean: float) -> float:
        """d theta / d coordinate."""
        return {"mean": 1.0, "rate": -(mean**2), "log": mean}[self.coordinates]


# A learning rate that falls has the short name in stored runs.
Exponential = ExponentialDistribution


def _known(given: str, known: tuple[str, ...], what: str) -> None:
    if given not in known:
        raise UnknownNameError(f"coordinates of the {what}", given, known)
