r"""A distribution over K outcomes 0, ..., K-1, in coordinates of the simplex.

With P = d p / d theta of shape (K, P),

    s_i(x) = P_xi / p_x,   I = sum_x P_x^T P_x / p_x,

which is I = diag(1/p_i) + 1/p_0 for the probabilities themselves, p_0 being what they leave, and
I = diag(p) - p p^T for the logits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from scipy import special

from qng import checks
from qng.arrays import Array
from qng.errors import UnknownNameError

_COORDINATES: Final = ("simplex", "softmax", "logits")


@dataclass(frozen=True)
class Categorical:
    """K outcomes.

    Args:
        outcomes: K.
        coordinates: "simplex": p_1, ..., p_{K-1}, with p_0 what is left; "softmax": K logits, one
            of which does nothing, so that I is singular; "logits": K - 1 of them, that of outcome
            0 being 0.

    Raises:
        UnknownNameError: Other coordinates.
        InputError: Fewer than two outcomes.

    Example:
        >>> from qng import models
        >>> models.fisher(Categorical(3), [0.5, 0.25]).dense().round(4).tolist()
        [[6.0, 4.0], [4.0, 8.0]]
    """

    outcomes: int
    coordinates: str = "simplex"

    def __post_init__(self) -> None:
        checks.whole("outcomes", self.outcomes, 2)
        if self.coordinates not in _COORDINATES:
            raise UnknownNameError(
                "coordinates of a categorical distribution", self.coordinates, _COORDINATES
            )

    @property
    def parameters(self) -> tuple[str, ...]:
        """p1, p2, ... or z0, z1, ..."""
        first = 0 if self.coordinates == "softmax" else 1
        letter = "p" if self.coordinates == "simplex" else "z"
        return tuple(f"{letter}{k}" for k in range(first, self.outcomes))

    def probabilities(self, theta: Array) -> Array:
        """p, shape (K,); nan where one is not positive."""
        if self.coordinates == "simplex":
            p = np.concatenate([[1 - np.sum(theta)], theta])
            return p if np.all(p > 0) else np.full(self.outcomes, np.nan)
        return np.asarray(special.softmax(self._logits(theta)))

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p(x); -inf of what is no outcome."""
        if self.coordinates == "simplex":
            logs = np.log(self.probabilities(theta))
        else:
            logs = np.asarray(special.log_softmax(self._logits(theta)))
        index = np.asarray(x).astype(int)
        known = (index == x) & (index >= 0) & (index < self.outcomes)
        return np.where(known, logs[np.where(known, index, 0)], -np.inf)

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n,)."""
        return rng.choice(self.outcomes, size=n, p=self.probabilities(theta)).astype(float)

    def support(self, theta: Array) -> Array:
        """0 to K - 1."""
        return np.arange(float(self.outcomes))

    def score(self, theta: Array, x: Array) -> Array:
        """The formula above, shape (N, P)."""
        p = self.probabilities(theta)
        scores: Array = (self._slopes(p) / p[:, None])[np.asarray(x).astype(int)]
        return scores

    def fisher(self, theta: Array) -> Array:
        """The formula above."""
        p = self.probabilities(theta)
        slopes = self._slopes(p)
        return np.asarray(slopes.T @ (slopes / p[:, None]))

    def divergence(self, theta: Array, other: Array) -> float:
        """KL(p_theta || p_other), nats."""
        p, q = self.probabilities(theta), self.probabilities(other)
        # The two sums of ones make each term a square: no cancellation where p and q are near.
        return float(np.sum(special.kl_div(p, q)))

    def divergence_gradient(self, theta: Array, other: Array) -> Array:
        """Its gradient in `other`."""
        p, q = self.probabilities(theta), self.probabilities(other)
        return np.asarray(-(p / q) @ self._slopes(q))

    def _logits(self, theta: Array) -> Array:
        return theta if self.coordinates == "softmax" else np.concatenate([[0.0], theta])

    def _slopes(self, p: Array) -> Array:
        """d p / d theta, shape (K, P)."""
        if self.coordinates == "simplex":
            return np.vstack([-np.ones(self.outcomes - 1), np.eye(self.outcomes - 1)])
        slopes: Array = np.diag(p) - np.outer(p, p)
        return slopes if self.coordinates == "softmax" else slopes[:, 1:]
