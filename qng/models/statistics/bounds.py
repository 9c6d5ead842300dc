r"""The Cramer-Rao bound of an estimator: Cov(T) >= D I^-1 D^T with D = d E[T] / d theta.

As d E[T] = E[T s^T] = Cov(T, s), the bound needs no other points than theta.

Reference: seed 002, theorem 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.checks import whole
from qng.errors import InputError, shown
from qng.models.statistics.averages import chosen_way, expectation
from qng.models.statistics.information import fisher
from qng.models.statistics.model import Model, drawn, point, score
from qng.seeds import Key, generator, key_of

# Parts in which samples are judged.
_PARTS: Final = 40

# An eigenvalue of I that is smaller than this share of the largest is none.
_SINGULAR: Final = 1e-12


@dataclass(frozen=True, eq=False)
class CramerRao:
    """The covariance of an estimator of K numbers beside its lower bound.

    Args:
        bound: D (m I)^-1 D^T, shape (K, K).
        covariance: Of the estimator, shape (K, K).
        mean: Of the estimator, shape (K,).
        jacobian: D, shape (K, P).
        bound_error: Standard errors, where it was sampled.
        covariance_error: The same.
        excess_error: Of covariance - bound, which err together.
    """

    bound: Array
    covariance: Array
    mean: Array
    jacobian: Array
    bound_error: Array | None = None
    covariance_error: Array | None = None
    excess_error: Array | None = None

    @property
    def excess(self) -> Array:
        """covariance - bound: positive semidefinite; 0 for an efficient estimator."""
        return self.covariance - self.bound

    @property
    def efficiency(self) -> Array:
        """The bound of each variance by the variance, 1 at best; shape (K,)."""
        return np.asarray(np.diag(self.bound) / np.diag(self.covariance))

    @property
    def holds(self) -> bool:
        """Whether no eigenvalue of the excess is below 0, to rounding or to five errors."""
        scale = float(np.max(np.abs(self.covariance), initial=0.0))
        error = 0.0 if self.excess_error is None else float(np.linalg.norm(self.excess_error))
        return bool(np.linalg.eigvalsh(self.excess)[0] >= -1e-9 * scale - 5 * error)


def cramer_rao(
    model: Model,
    theta: ArrayLike,
    estimator: Callable[[Array], Any],
    samples: int = 1,
    *,
    n: int = 4000,
    seed: Key = 0,
) -> CramerRao:
    """The bound on the covariance of an estimator, and the covariance itself.

    Args:
        model: The model.
        theta: Shape (P,).
        estimator: A function T of the observations, shape (m,) or (m, d), that returns a number or
            K of them. It need not be unbiased.
        samples: m, independent observations.
        n: Repetitions, where they are drawn.
        seed: Of the draws.

    Returns:
        Exact for one observation of a model with a support or a domain; else from repetitions,
        with standard errors.

    Raises:
        InputError: An estimator that does not return finite numbers.

    Cost: n m outcomes with their scores.

    Example:
        >>> from qng.models import Poisson
        >>> found = cramer_rao(Poisson(), [3.0], lambda x: x.mean())
        >>> float(found.bound[0, 0].round(6)), float(found.covariance[0, 0].round(6))
        (3.0, 3.0)
    """
    at = point(model, theta)
    if not callable(estimator):
        raise InputError(f"an estimator is a function of observations, not {shown(estimator)}")
    m = whole("samples", samples, 1)
    information = m * fisher(model, at, seed=seed).dense()
    if m == 1 and chosen_way(model, at, "auto") != "monte-carlo":
        return _exact(model, at, estimator, information)
    return _repeated(model, at, estimator, information, m, whole("n", n, 4 * _PARTS), seed)


def _exact(
    model: Model, theta: Array, estimator: Callable[[Array], Any], information: Array
) -> CramerRao:
    def values(x: Array) -> Array:
        return _values(estimator, x[:, None])

    mean = expectation(model, theta, values).value

    def products(x: Array) -> Array:
        apart = values(x) - mean
        joined = np.concatenate([apart, score(model, theta, x)], axis=1)
        return np.asarray(apart[:, :, None] * joined[:, None, :])

    found = expectation(model, theta, products).value
    covariance, slope = found[:, : len(mean)], found[:, len(mean) :]
    return CramerRao(_bound(slope, information), covariance, mean, slope)


def _repeated(
    model: Model,
    theta: Array,
    estimator: Callable[[Array], Any],
    information: Array,
    m: int,
    n: int,
    seed: Key,
) -> CramerRao:
    x = drawn(model, theta, n * m, generator(key_of(seed)))
    observed = x.reshape(n, m, *x.shape[1:])
    t = _values(estimator, observed)
    s = score(model, theta, x).reshape(n, m, -1).sum(axis=1)
    covariance, slope = _moments(t, s)
    parts = [_moments(t[k], s[k]) for k in np.array_split(np.arange(n), _PARTS)]
    bounds = np.array([_bound(d, information) for _, d in parts])
    covariances = np.array([c for c, _ in parts])

    def error(found: Array) -> Array:
        return np.asarray(found.std(axis=0, ddof=1) / np.sqrt(_PARTS))

    return CramerRao(
        _bound(slope, information),
        covariance,
        t.mean(axis=0),
        slope,
        error(bounds),
        error(covariances),
        error(covariances - bounds),
    )


def _moments(t: Array, s: Array) -> tuple[Array, Array]:
    """Cov(T) and Cov(T, s) of repetitions."""
    apart = t - t.mean(axis=0)
    free = len(t) - 1
    return apart.T @ apart / free, apart.T @ s / free


def _bound(slope: Array, information: Array) -> Array:
    """D I^-1 D^T; along directions that change no distribution D is 0, as I is."""
    return np.asarray(slope @ np.linalg.pinv(information, _SINGULAR, hermitian=True) @ slope.T)


def _values(estimator: Callable[[Array], Any], observed: Array) -> Array:
    """T of each of many sets of observations, shape (n, K)."""
    found = [_value(estimator, one) for one in observed]
    if len({len(value) for value in found}) > 1:
        raise InputError("an estimator returns equally many numbers for all observations")
    return np.array(found)


def _value(estimator: Callable[[Array], Any], x: Array) -> Array:
    raw = estimator(x)
    try:
        value = np.atleast_1d(np.asarray(raw, dtype=float))
    except (TypeError, ValueError):
        value = np.array([np.nan])
    if value.ndim != 1 or not np.all(np.isfinite(value)):
        raise InputError(
            f"an estimator returns a finite number, or several, not {shown(raw)}, for observations "
            f"of shape {x.shape}"
        )
    return value
