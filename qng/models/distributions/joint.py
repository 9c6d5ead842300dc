"""Distributions of two things: p(x) p(y|x), and independent ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from qng.arrays import Array
from qng.errors import InputError
from qng.models.statistics.model import Model, limits, log_density, optional, outcomes, score

# Outcomes that are listed.
_MOST = 2**20


@dataclass(frozen=True, eq=False)
class Joint:
    """p(x, y) = p(x) p(y|x), both of the same parameters; outcomes (x, y) of shape (N, 2).

    Args:
        first: Of x, a number.
        given: x -> the model of y, a number, with the parameters of `first`.

    Example:
        >>> from qng.models import Normal, Poisson
        >>> Joint(Poisson(), lambda x: Normal("mean", sigma=1.0 + x)).parameters
        ('lambda',)
    """

    first: Model
    given: Callable[[float], Model]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of x."""
        return self.first.parameters

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p(x) + ln p(y|x)."""
        pairs = np.reshape(x, (-1, 2))
        total = log_density(self.first, theta, pairs[:, 0])
        for value, rows in _apart(pairs[:, 0]):
            total[rows] += log_density(self.given(value), theta, pairs[rows, 1])
        return total

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n, 2)."""
        pairs = np.empty((n, 2))
        pairs[:, 0] = self.first.sample(theta, n, rng)
        for value, rows in _apart(pairs[:, 0]):
            pairs[rows, 1] = self.given(value).sample(theta, len(rows), rng)
        return pairs

    def support(self, theta: Array) -> Array | None:
        """All pairs, where both can be listed."""
        x = outcomes(self.first, theta)
        if x is None:
            return None
        pairs = []
        for value in x:
            y = outcomes(self.given(float(value)), theta)
            if y is None:
                return None
            pairs.append(np.stack([np.full(len(y), float(value)), y], axis=1))
        return np.concatenate(pairs)

    def domain(self, theta: Array) -> tuple[Array, Array] | None:
        """The limits of x and y, where both have some that do not depend on x."""
        found = limits(self.first, theta)
        if found is None or found[0].ndim:
            return None
        value = float(self.first.sample(theta, 1, np.random.default_rng(0))[0])
        other = limits(self.given(value), theta)
        if other is None or other[0].ndim:
            return None
        return np.array([found[0], other[0]]), np.array([found[1], other[1]])


@dataclass(frozen=True, init=False)
class Product:
    """Independent outcomes side by side, one column a model.

    Args:
        models: Of one number each.
        shared: Whether all have the parameters of the first, as repeated observations have; or
            each has its own, named "0.mu", "1.mu", ...

    Raises:
        InputError: No models, or shared ones with different parameters.

    Example:
        >>> from qng import models
        >>> pair = Product([models.Poisson(), models.Exponential()])
        >>> models.fisher(pair, [2.0, 1.0]).dense().round(4).tolist()
        [[0.5, 0.0], [0.0, 1.0]]
    """

    models: tuple[Model, ...]
    shared: bool = False

    def __init__(self, models: Sequence[Model], shared: bool = False) -> None:
        object.__setattr__(self, "models", tuple(models))
        object.__setattr__(self, "shared", bool(shared))
        names = {tuple(model.parameters) for model in self.models}
        if not names or (shared and len(names) > 1):
            raise InputError("a product has models; where parameters are shared, all have the same")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The shared ones, or all of them with the number of their model."""
        if self.shared:
            return tuple(self.models[0].parameters)
        return tuple(
            f"{k}.{name}" for k, model in enumerate(self.models) for name in model.parameters
        )

    def log_density(self, theta: Array, x: Array) -> Array:
        """The sum of those of the columns."""
        columns = np.reshape(x, (-1, len(self.models))).T
        parts = zip(self.models, self._parts(theta), columns)
        total: Array = np.sum([log_density(model, t, c) for model, t, c in parts], axis=0)
        return total

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n, models)."""
        parts = zip(self.models, self._parts(theta))
        return np.stack([model.sample(t, n, rng) for model, t in parts], axis=1)

    def score(self, theta: Array, x: Array) -> Array:
        """Those of the columns, added where parameters are shared, else side by side."""
        columns = np.reshape(x, (-1, len(self.models))).T
        parts = zip(self.models, self._parts(theta), columns)
        found = [score(model, t, c) for model, t, c in parts]
        return np.sum(found, axis=0) if self.shared else np.concatenate(found, axis=1)

    def fisher(self, theta: Array) -> Array | None:
        """Those of the models, added or as blocks; None where one is not known."""
        parts = zip(self.models, self._parts(theta))
        found = [optional(model, "fisher", t) for model, t in parts]
        if any(one is None for one in found):
            return None
        if self.shared:
            return np.asarray(np.sum(found, axis=0))
        matrix = np.zeros((len(theta), len(theta)))
        start = 0
        for one in found:
            now = slice(start, start + len(one))
            matrix[now, now] = one
            start += len(one)
        return matrix

    def support(self, theta: Array) -> Array | None:
        """All combinations, where they can be listed."""
        parts = zip(self.models, self._parts(theta))
        lists = [outcomes(model, t) for model, t in parts]
        known = [one for one in lists if one is not None]
        if len(known) < len(lists) or np.prod([float(len(one)) for one in known]) > _MOST:
            return None
        return np.stack(np.meshgrid(*known, indexing="ij"), axis=-1).reshape(-1, len(known))

    def domain(self, theta: Array) -> tuple[Array, Array] | None:
        """The limits of all columns, where all have some."""
        parts = zip(self.models, self._parts(theta))
        known = [one for model, t in parts if (one := limits(model, t)) is not None]
        if len(known) < len(self.models):
            return None
        return np.array([low for low, _ in known]), np.array([high for _, high in known])

    def _parts(self, theta: Array) -> list[Array]:
        if self.shared:
            return [theta] * len(self.models)
        sizes = [len(model.parameters) for model in self.models]
        return np.split(theta, np.cumsum(sizes)[:-1])


def copies(model: Model, n: int) -> Product:
    """n independent observations of one model: n times its information.

    Example:
        >>> from qng import models
        >>> models.fisher(copies(models.Poisson(), 3), [2.0]).dense().round(4).tolist()
        [[1.5]]
    """
    return Product((model,) * n, shared=True)


def _apart(values: Array) -> list[tuple[float, Array]]:
    """Each value with the rows in which it is."""
    found, labels = np.unique(values, return_inverse=True)
    order = np.argsort(labels, kind="stable")
    cuts = np.cumsum(np.bincount(labels))[:-1]
    return list(zip(found.tolist(), np.split(order, cuts)))
