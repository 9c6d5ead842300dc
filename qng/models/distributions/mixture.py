r"""A mixture p = sum_k w_k p_k, its weights among the parameters.

With r_k = w_k p_k / p, what component k is responsible for,

    d ln p / d w_k = p_k / p - p_0 / p    (w_0 is what the others leave),   s = r_k s_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import special

from qng.arrays import Array
from qng.errors import InputError
from qng.models.statistics.model import Model, limits, log_density, outcomes, score


@dataclass(frozen=True, init=False)
class Mixture:
    """A mixture of models of the same outcomes.

    Args:
        components: Two or more. The parameters are w1, w2, ... and those of the components, named
            "0.mu", "1.mu", ...

    Raises:
        InputError: Fewer than two.

    Example:
        >>> from qng.models import Normal
        >>> Mixture([Normal(), Normal()]).parameters
        ('w1', '0.mu', '0.sigma', '1.mu', '1.sigma')
    """

    components: tuple[Model, ...]

    def __init__(self, components: Sequence[Model]) -> None:
        object.__setattr__(self, "components", tuple(components))
        if len(self.components) < 2:
            raise InputError("a mixture has two components or more")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Weights, then those of the components."""
        weights = tuple(f"w{k}" for k in range(1, len(self.components)))
        return weights + tuple(
            f"{k}.{name}" for k, model in enumerate(self.components) for name in model.parameters
        )

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p."""
        return np.asarray(special.logsumexp(self._logs(theta, x), axis=0))

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n, ...)."""
        weights, parts = self._split(theta)
        if np.any(np.isnan(weights)):
            raise InputError("the weights of a mixture are positive, and those listed add to < 1")
        chosen = rng.choice(len(weights), size=n, p=weights)
        drawn = [
            model.sample(t, int(np.count_nonzero(chosen == k)), rng)
            for k, (model, t) in enumerate(zip(self.components, parts))
        ]
        joined = np.concatenate(drawn)
        found = np.empty_like(joined)
        found[np.argsort(chosen, kind="stable")] = joined
        return found

    def score(self, theta: Array, x: Array) -> Array:
        """The formula above, shape (N, P)."""
        weights, parts = self._split(theta)
        logs = self._logs(theta, x)
        shares = np.exp(logs - special.logsumexp(logs, axis=0))
        ratios = shares / weights[:, None]
        columns = [(ratios[1:] - ratios[0]).T]
        for share, model, t in zip(shares, self.components, parts):
            # Where a component has no share its score may be anything.
            s = np.where(share[:, None] > 0, score(model, t, x), 0.0)
            columns.append(share[:, None] * s)
        return np.concatenate(columns, axis=1)

    def support(self, theta: Array) -> Array | None:
        """The outcomes of all components, where they can be listed."""
        lists = [outcomes(model, t) for model, t in zip(self.components, self._split(theta)[1])]
        known = [one for one in lists if one is not None]
        return np.unique(np.concatenate(known), axis=0) if len(known) == len(lists) else None

    def domain(self, theta: Array) -> tuple[Array, Array] | None:
        """The widest limits, where all have some."""
        pairs = zip(self.components, self._split(theta)[1])
        known = [one for model, t in pairs if (one := limits(model, t)) is not None]
        if len(known) < len(self.components):
            return None
        low = np.min([first for first, _ in known], axis=0)
        return np.asarray(low), np.asarray(np.max([last for _, last in known], axis=0))

    def _logs(self, theta: Array, x: Array) -> Array:
        """ln w_k p_k, shape (K, N)."""
        weights, parts = self._split(theta)
        with np.errstate(all="ignore"):
            logs = [log_density(model, t, x) for model, t in zip(self.components, parts)]
            return np.asarray(np.log(weights)[:, None] + np.array(logs))

    def _split(self, theta: Array) -> tuple[Array, list[Array]]:
        """All weights, nan where one is not positive, and the points of the components."""
        free = len(self.components) - 1
        weights = np.concatenate([[1 - np.sum(theta[:free])], theta[:free]])
        weights = weights if np.all(weights > 0) else np.full(free + 1, np.nan)
        sizes = [len(model.parameters) for model in self.components]
        return weights, np.split(theta[free:], np.cumsum(sizes)[:-1])
