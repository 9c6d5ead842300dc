r"""The Kullback-Leibler divergence of models, and its expansion.

    KL(p || q) = E_p[ln p - ln q]
    KL(p_theta || p_{theta + d}) = d^T I d / 2 + O(|d|^3)

Reference: seed 000, eqs. 1 and 6; seed 002, lemma 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.checks import reals
from qng.errors import InputError, UnknownNameError
from qng.models.statistics.averages import WAYS, Estimate, expectation
from qng.models.statistics.information import fisher
from qng.models.statistics.model import Model, limits, log_density, optional, point, score
from qng.seeds import Key

_STEPS: Final = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002)

# ln of the least number, and how far below the largest ln p an outcome is too rare to matter.
_LEAST: Final = -745.0
_RARE: Final = 60.0


def kl(
    model: Model,
    theta: ArrayLike,
    other: ArrayLike,
    into: Model | None = None,
    *,
    how: str = "auto",
    n: int = 10_000,
    seed: Key = 0,
) -> Estimate:
    """KL(p_theta || q_other) in nats.

    Args:
        model: Whose p.
        theta: Shape (P,).
        other: The point of q.
        into: Whose q; the same model by default.
        how: "closed" or as `averages.expectation`; "auto" is the first that the model has.
        n: Samples of "monte-carlo".
        seed: Of the samples.

    Returns:
        A number, with a standard error where it was sampled; infinite where q leaves out what p
        can give, or is below any number there.

    Raises:
        InputError: As `expectation`; no closed form.

    Cost: some hundred or n log-densities of both.

    Example:
        >>> from qng import models
        >>> float(np.round(kl(models.Normal(), [0.0, 1.0], [1.0, 1.0]).value, 6))
        0.5
    """
    target = model if into is None else into
    at, end = point(model, theta), point(target, other, "other")
    if how not in ("auto", "closed", *WAYS):
        raise UnknownNameError("way to a divergence", how, ("auto", "closed", *WAYS))
    if how in ("auto", "closed"):
        own = optional(model, "divergence", at, end) if into is None or into == model else None
        if own is not None:
            return _checked(Estimate(np.asarray(float(own)), None, "closed"), end)
        if how == "closed":
            raise InputError("the model knows no closed form of this divergence")
        how = "auto"

    def ratio(x: Array) -> Array:
        p = log_density(model, at, x)
        return p - _floored(log_density(target, end, x), p, x, limits(target, end))

    return _checked(expectation(model, at, ratio, how, n, seed), end)


def _floored(q: Array, p: Array, x: Array, ends: tuple[Array, Array] | None) -> Array:
    """ln q, with the least logarithm where it is -inf only as the density is below any number.

    That is so inside the limits of q; it is done where p is too small to matter.
    """
    if ends is None or not np.any(np.isneginf(q)):
        return q
    apart = (x > ends[0]) & (x < ends[1])
    inside = apart if apart.ndim == 1 else np.all(apart, axis=1)
    rare = p < np.max(p, initial=-np.inf) - _RARE
    return np.where(np.isneginf(q) & inside & rare, _LEAST, q)


def _checked(found: Estimate, other: Array) -> Estimate:
    if np.isnan(found.value):
        raise InputError(
            f"the divergence to {other.tolist()} is not a number: that, or where it is from, is no "
            "point of the model"
        )
    return found


def kl_gradient(
    model: Model, theta: ArrayLike, other: ArrayLike, into: Model | None = None, how: str = "auto"
) -> Array:
    """The gradient of KL(p_theta || q_other) in `other`: -E_p[d ln q].

    Args:
        model: Whose p.
        theta: Shape (P,).
        other: Shape (Q,).
        into: Whose q; the same model by default.
        how: As `kl`.

    Returns:
        Shape (Q,); 0 at other = theta.
    """
    target = model if into is None else into
    at, end = point(model, theta), point(target, other, "other")
    if how in ("auto", "closed") and (into is None or into == model):
        own = optional(model, "divergence_gradient", at, end)
        if own is not None:
            return np.asarray(own, dtype=float)
    return -expectation(model, at, lambda x: score(target, end, x), how).value


@dataclass(frozen=True, eq=False)
class Expansion:
    """KL(p_theta || p_{theta + t d}) beside t^2 d^T I d / 2.

    Args:
        steps: t, descending.
        divergences: KL at each.
        quadratic: t^2 d^T I d / 2 at each.
        order: The power of t with which what is left falls, from its two smallest steps that are
            above rounding; 3 for most models, 4 where the third order is 0. nan where nothing is
            left: the expansion is exact.
    """

    steps: Array
    divergences: Array
    quadratic: Array
    order: float

    @property
    def remainder(self) -> Array:
        """What is left."""
        return self.divergences - self.quadratic


def kl_expansion(
    model: Model, theta: ArrayLike, direction: ArrayLike, steps: ArrayLike = _STEPS
) -> Expansion:
    """The divergence to nearby points beside its second order, the Fisher matrix.

    Args:
        model: The model.
        theta: Shape (P,).
        direction: d, shape (P,).
        steps: t, positive.

    Returns:
        Both sides. At a point where outcomes are impossible that are possible next to it the model
        is not regular: there the order is 2, and I is no expansion of the divergence.

    Raises:
        InputError: Steps that are not positive; otherwise as `kl`, exact ways only.

    Example:
        >>> from qng import models
        >>> found = kl_expansion(models.Normal(), [0.0, 1.0], [1.0, 0.0])
        >>> bool(np.allclose(found.divergences, found.quadratic))
        True
    """
    at, d = point(model, theta), point(model, direction, "direction")
    sizes = np.sort(np.atleast_1d(reals("steps", steps)))[::-1]
    if not np.all(sizes > 0):
        raise InputError("steps must be positive")
    metric = fisher(model, at)
    if metric.std_error is not None:
        raise InputError("the model needs a support or a domain: its Fisher matrix was sampled")
    values = np.array([float(kl(model, at, at + t * d)) for t in sizes])
    quadratic = sizes**2 * float(d @ metric.matvec(d)) / 2
    left = np.abs(values - quadratic)
    seen = left > 1e-9 * np.maximum(quadratic, 1e-6)
    if np.count_nonzero(seen) < 2:
        return Expansion(sizes, values, quadratic, np.nan)
    slopes = np.diff(np.log(left[seen])) / np.diff(np.log(sizes[seen]))
    return Expansion(sizes, values, quadratic, float(slopes[-1]))
