"""Functions of an outcome as models: listed, binned, and one-to-one or piecewise one-to-one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy import special

from qng.arrays import Array
from qng.checks import reals
from qng.errors import InputError
from qng.models.statistics.averages import probabilities
from qng.models.statistics.model import Model, log_density, score
from qng.models.statistics.slopes import slopes


@dataclass(frozen=True, eq=False)
class Coarse:
    """f(X) of a model whose outcomes can be listed.

    Args:
        model: Of X.
        f: Of outcomes (N,) or (N, d), returns N numbers.

    Example:
        >>> from qng import models
        >>> parity = Coarse(models.Binomial(3), lambda x: x % 2)
        >>> models.fisher(parity, [0.2]).dense().round(4).tolist()
        [[4.8939]]
    """

    model: Model
    f: Callable[[Array], Any]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of X."""
        return self.model.parameters

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln of the summed probabilities."""
        _, p, at = self._found(theta, x)
        with np.errstate(divide="ignore"):
            found: Array = np.log(at @ p)
        return found

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """f of draws, shape (n,)."""
        return np.asarray(self.f(self.model.sample(theta, n, rng)), dtype=float)

    def score(self, theta: Array, x: Array) -> Array:
        """The mean score of the outcomes with that value, shape (N, P)."""
        outcomes, p, at = self._found(theta, x)
        weights = at * p
        total = weights @ score(self.model, theta, outcomes)
        return np.asarray(total / weights.sum(axis=1)[:, None])

    def support(self, theta: Array) -> Array:
        """The values of f."""
        return np.unique(np.asarray(self.f(probabilities(self.model, theta)[0]), dtype=float))

    def _found(self, theta: Array, y: Array) -> tuple[Array, Array, Array]:
        """Outcomes of X, their probabilities, and which give each of y, shape (N, K)."""
        outcomes, p = probabilities(self.model, theta)
        values = np.asarray(self.f(outcomes), dtype=float)
        return outcomes, p, (np.asarray(y)[:, None] == values).astype(float)


@dataclass(frozen=True, init=False, eq=False)
class Binned:
    """The number of the bin in which X falls: 0 up to the first edge, then 1, and so on.

    Args:
        model: Of X, with `cumulative(theta, x)` = P(X <= x), and `survival` where it has that.
        edges: Ascending.

    Raises:
        InputError: No cumulative distribution, edges that do not ascend.

    Example:
        >>> from qng import models
        >>> coarse = Binned(models.Normal(), [0.0])
        >>> models.fisher(coarse, [0.0, 1.0]).dense().round(4)[0].tolist()
        [0.6366, 0.0]
    """

    model: Any
    edges: Array

    def __init__(self, model: Any, edges: Sequence[float] | Array) -> None:
        cuts = np.atleast_1d(reals("edges", edges))
        if cuts.ndim != 1 or not np.all(np.diff(cuts) > 0):
            raise InputError("edges must be ascending numbers")
        if not hasattr(model, "cumulative"):
            raise InputError(
                "bins need P(X <= x) of the model: a method cumulative(theta, x), which FromScipy, "
                "Normal and Exponential have"
            )
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "edges", cuts)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of X."""
        names: tuple[str, ...] = self.model.parameters
        return names

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln P of the bin."""
        low = np.concatenate([[0.0], self.model.cumulative(theta, self.edges), [1.0]])
        high = 1 - low
        if hasattr(self.model, "survival"):
            high = np.concatenate([[1.0], self.model.survival(theta, self.edges), [0.0]])
        # From the nearer end: no difference of numbers that are both nearly 1.
        p = np.where(low[1:] < 0.5, np.diff(low), -np.diff(high))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(p)[np.asarray(x).astype(int)])

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Bins of draws, shape (n,)."""
        found = np.searchsorted(self.edges, self.model.sample(theta, n, rng))
        return np.asarray(found, dtype=float)

    def support(self, theta: Array) -> Array:
        """All bins."""
        return np.arange(len(self.edges) + 1.0)


@dataclass(frozen=True, eq=False)
class Transformed:
    """Y = f(X) of a number X, f being one-to-one on each of some pieces.

    ln p_Y(y) = ln sum_b p_X(x_b(y)) |x_b'(y)| over the branches x_b of the inverse.

    Args:
        model: Of X.
        forward: f, of outcomes (N,).
        inverses: The branches x_b, functions of y of shape (N,); nan where there is none.
        limits: The lowest and highest y.

    Example:
        >>> from qng import models
        >>> lognormal = Transformed(models.Normal(), np.exp, (np.log,), limits=(0.0, np.inf))
        >>> np.diag(models.fisher(lognormal, [0.0, 2.0]).dense()).round(4).tolist()
        [0.25, 0.5]
    """

    model: Model
    forward: Callable[[Array], Any]
    inverses: tuple[Callable[[Array], Any], ...]
    limits: tuple[float, float] = (-np.inf, np.inf)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of X."""
        return self.model.parameters

    def log_density(self, theta: Array, x: Array) -> Array:
        """The formula above."""
        terms = []
        with np.errstate(all="ignore"):
            for inverse in self.inverses:
                back = np.asarray(inverse(x), dtype=float)
                there = np.isfinite(back)
                term = np.full(len(back), -np.inf)
                if np.any(there):
                    y = np.asarray(x, dtype=float)[there]
                    slope = _derivative(inverse, y, self.limits)
                    density = log_density(self.model, theta, back[there])
                    term[there] = density + np.log(np.abs(slope))
                terms.append(term)
            return np.asarray(special.logsumexp(np.array(terms), axis=0))

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """f of draws, shape (n,)."""
        return np.asarray(self.forward(self.model.sample(theta, n, rng)), dtype=float)

    def domain(self, theta: Array) -> tuple[float, float]:
        """The limits."""
        return self.limits


def _derivative(f: Callable[[Array], Any], y: Array, limits: tuple[float, float]) -> Array:
    """f' at each y, with steps in proportion to it, and to how near the limits are."""
    room = np.minimum(y - limits[0], limits[1] - y)
    width = np.minimum(np.maximum(np.abs(y), 1e-3), np.where(room > 0, room, np.inf))
    return slopes(lambda t: np.asarray(f(y + t[0] * width), dtype=float), np.zeros(1))[:, 0] / width
