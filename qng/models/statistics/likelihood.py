r"""Losses of statistical models: the likelihood of data, and the divergence from a target.

    fit      L(theta) = -mean_k ln p_theta(x_k)      of data x_k, whole or in mini-batches
    match    L(theta) = KL(q || p_theta)             of a known target q

Both have the metrics of p_theta: I over the model's own distribution ("fisher"), g = I / 4, which
is the Fubini-Study metric of the amplitudes sqrt(p), and the Hessian. Data have the empirical
Fisher matrix besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qng.arrays import Array, Integers
from qng.errors import InputError
from qng.geometry import Dense, Diagonal, Metric
from qng.geometry.noise import on_diagonal
from qng.models.loss import metric_by
from qng.models.statistics.averages import expectation
from qng.models.statistics.divergence import kl, kl_gradient
from qng.models.statistics.information import empirical_fisher, fisher
from qng.models.statistics.model import Model, hessian, log_density, score
from qng.models.statistics.noise import mean_square
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.seeds import Key, extended, generator

_FISHER = 14
"""Purpose of a stream: the samples of a Fisher matrix."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """-mean ln p_theta(x) over data.

    Args:
        model: The model.
        data: Shape (N,) or (N, d).
        batch: The size of a mini-batch, drawn without replacement; None: all data.
        rows: Which data are drawn now; None: all.
        key: Of what is drawn now.
    """

    model: Model
    data: Array
    batch: int | None = None
    rows: Integers | None = None
    key: Key = 0

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.model.parameters

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the model, else one."""
        return _arrays(self.model)

    def drawn(self, theta: Array, key: Key) -> Likelihood:
        """With the mini-batch of a key."""
        if self.batch is None:
            return replace(self, key=key) if _samples(self.model) else self
        rows = np.sort(generator(key).choice(len(self.data), self.batch, replace=False))
        return replace(self, rows=rows, key=key)

    def energy(self, points: Array) -> Energy[Array]:
        """The mean of -ln p, infinite where a datum is impossible; shape (points,)."""
        values = np.array([_nan_as_inf(-log_density(self.model, t, self._now)) for t in points])
        means = np.array([value.mean() for value in values])
        if self.rows is None:
            return Energy(means)
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(self._shrink * values.var(axis=1, ddof=1))
        return Energy(means, std_error=errors)

    def exact(self, points: Array) -> Array:
        """The mean over all data, by which runs on mini-batches are judged."""
        return replace(self, rows=None).energy(points).value

    def gradient(self, theta: Array) -> GradientEstimate:
        """Minus the mean score; nan where the data are impossible."""
        if not self._possible(theta):
            return GradientEstimate(np.full(len(theta), np.nan))
        s = score(self.model, theta, self._now)
        if self.rows is None:
            return GradientEstimate(-s.mean(axis=0))
        return GradientEstimate(
            -s.mean(axis=0), self._shrink * np.cov(s.T).reshape(2 * s.shape[1:])
        )

    def metric(self, theta: Array, by: By) -> Metric:
        """A metric by its name; nan where the data are impossible.

        They are "auto", "exact", "diagonal" and "blocks" of g = I / 4, "fisher",
        "fisher-diagonal", "empirical-fisher" and "hessian".

        Raises:
            UnknownNameError: Another name.
        """
        if not self._possible(theta):
            return Dense(np.full((len(theta), len(theta)), np.nan))
        known = {
            **_of_model(self.model, self.key),
            "empirical-fisher": self._empirical,
            "hessian": self._hessian,
        }
        return metric_by(self, theta, by, known)

    def divergence(self, theta: Array, points: Array) -> Array:
        """KL(p_theta || p_point), shape (points,)."""
        return _divergences(self.model, theta, points)

    def _possible(self, theta: Array) -> bool:
        """Whether theta is a point of the model at which the data can be."""
        return bool(np.all(np.isfinite(log_density(self.model, theta, self._now))))

    @property
    def _now(self) -> Array:
        return self.data if self.rows is None else self.data[self.rows]

    @property
    def _shrink(self) -> float:
        """The variance of a mean over a batch, drawn without replacement, by that of its data."""
        return (1 - len(self._now) / len(self.data)) / len(self._now)

    def _hessian(self, theta: Array) -> Array:
        return np.asarray(-hessian(self.model, theta, self._now).mean(axis=0))

    def _empirical(self, theta: Array) -> Dense:
        if self.rows is None:
            return empirical_fisher(self.model, theta, self.data)
        return mean_square(score(self.model, theta, self._now))


@dataclass(frozen=True, eq=False)
class Match:
    """KL(q || p_theta) from a known target q.

    Args:
        model: Whose p_theta.
        target: The point of q.
        of: Whose q; the same model by default.
        key: Of what is drawn now.
    """

    model: Model
    target: Array
    of: Model | None = None
    key: Key = 0

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.model.parameters

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the model, else one."""
        return _arrays(self.model)

    def drawn(self, theta: Array, key: Key) -> Match:
        """Itself, with the key of samples of a Fisher matrix where there are some."""
        return replace(self, key=key) if _samples(self.model) else self

    def energy(self, points: Array) -> Energy[Array]:
        """KL(q || p_point), shape (points,); infinite where there is no such distribution."""
        return Energy(_divergences(self._q, self.target, points, self.model))

    def gradient(self, theta: Array) -> GradientEstimate:
        """-E_q[d ln p_theta]; nan where the divergence is not finite."""
        if not np.isfinite(self.energy(theta[None]).value[0]):
            return GradientEstimate(np.full(len(theta), np.nan))
        return GradientEstimate(kl_gradient(self._q, self.target, theta, self.model))

    def metric(self, theta: Array, by: By) -> Metric:
        """A metric by its name; nan where the divergence is not finite.

        They are "auto", "exact", "diagonal" and "blocks" of g = I / 4, "fisher",
        "fisher-diagonal" and "hessian".

        Raises:
            UnknownNameError: Another name.
        """
        if not np.isfinite(self.energy(theta[None]).value[0]):
            return Dense(np.full((len(theta), len(theta)), np.nan))
        known = {**_of_model(self.model, self.key), "hessian": self._hessian}
        return metric_by(self, theta, by, known)

    def divergence(self, theta: Array, points: Array) -> Array:
        """KL(p_theta || p_point), shape (points,)."""
        return _divergences(self.model, theta, points)

    @property
    def _q(self) -> Model:
        return self.model if self.of is None else self.of

    def _hessian(self, theta: Array) -> Array:
        """-E_q[d d ln p_theta]."""
        return -expectation(self._q, self.target, lambda x: hessian(self.model, theta, x)).value


def _of_model(model: Model, key: Key) -> Mapping[str, Callable[..., Any]]:
    """Functions (theta, **options) -> metric, of the model alone."""

    def whole(theta: Array, **options: Any) -> Dense:
        return fisher(model, theta, **{"seed": extended(key, _FISHER), **options})

    def quarter(theta: Array, **options: Any) -> Metric:
        return _scaled(whole(theta, **options), 0.25)

    return {
        "auto": quarter,
        "blocks": quarter,
        "diagonal": lambda theta, **options: _diagonal(quarter(theta, **options)),
        "exact": quarter,
        "fisher": whole,
        "fisher-diagonal": lambda theta, **options: _diagonal(whole(theta, **options)),
    }


def _scaled(metric: Dense, factor: float) -> Dense:
    """A multiple, as the metric in coordinates that are so much longer: errors come along."""
    return metric.pullback(np.sqrt(factor) * np.eye(metric.size))


def _diagonal(metric: Metric) -> Diagonal:
    """Its diagonal, with its errors."""
    error = metric.std_error
    if error is None or metric.noise is None:
        return Diagonal(metric.diagonal())
    noise = on_diagonal(metric.noise, metric.size)
    return Diagonal(metric.diagonal(), np.diag(np.diag(error)), noise)


def _divergences(model: Model, theta: Array, points: Array, into: Model | None = None) -> Array:
    found = []
    for other in points:
        try:
            value = float(kl(model, theta, other, into).value)
        except InputError:
            value = np.inf
        found.append(np.inf if np.isnan(value) else value)
    return np.array(found)


def _arrays(model: Model) -> tuple[tuple[int, ...], ...]:
    found: tuple[tuple[int, ...], ...] = getattr(model, "arrays", ((len(model.parameters),),))
    return found


def _samples(model: Model) -> bool:
    """Whether its Fisher matrix may have to be sampled."""
    return not any(hasattr(model, name) for name in ("fisher", "support", "domain"))


def _nan_as_inf(values: Array) -> Array:
    """Beyond the parameter space nothing is likely."""
    return np.where(np.isnan(values), np.inf, values)
