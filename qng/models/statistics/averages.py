"""E_p[f(X)] of any model: an exact sum, a quadrature, or a mean over samples with its error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.checks import whole
from qng.errors import InputError, UnknownNameError, shown
from qng.models.statistics.axes import integral, unresolved
from qng.models.statistics.model import Model, drawn, limits, log_density, outcomes, point
from qng.seeds import Key, generator, key_of

WAYS: Final = ("sum", "quadrature", "monte-carlo")

# Axes of a quadrature, and how near to 1 the probabilities of all outcomes must add up.
_MOST_AXES: Final = 3
_MASS: Final = 1e-6

# The share of an integral that may lie nearer to an end of the outcomes than rounding can tell.
_LOST: Final = 1e-5

# Of the samples that say where a density lies.
_SCOUTS: Final = 2001
_SCOUT_KEY: Final = 20_230_213


@dataclass(frozen=True, eq=False)
class Estimate:
    """A number, or an array, that may have been sampled.

    Args:
        value: Any shape.
        std_error: Of its entries, in the same shape; None where it was not sampled.
        how: "closed", "sum", "quadrature" or "monte-carlo".
    """

    value: Array
    std_error: Array | None
    how: str

    def __float__(self) -> float:
        return float(self.value)


def expectation(
    model: Model,
    theta: ArrayLike,
    f: Callable[[Array], Array],
    how: str = "auto",
    n: int = 10_000,
    seed: Key = 0,
) -> Estimate:
    """E_{p_theta}[f(X)].

    Args:
        model: The model.
        theta: Shape (P,).
        f: Of outcomes (N,) or (N, d), returns shape (N, ...).
        how: "sum" over the model's `support`, "quadrature" over its `domain` of up to three axes,
            "monte-carlo", or "auto": the first of these that the model has.
        n: Samples of "monte-carlo".
        seed: Of the samples.

    Returns:
        The value in the shape of one f(x), with standard errors where it was sampled. Outcomes
        with p = 0 contribute nothing, whatever f is there.

    Raises:
        UnknownNameError: No such way.
        InputError: The model does not have what that way needs; its probabilities do not add up
            to 1; a quadrature does not converge.

    Cost: a log-density and an f of every outcome, of some hundred nodes, or of n samples.

    Example:
        >>> from qng import models
        >>> float(np.round(expectation(models.Poisson(), [2.0], lambda x: x**2).value, 6))
        6.0
    """
    at = point(model, theta)
    way = chosen_way(model, at, how)
    if way == "sum":
        return Estimate(_summed(model, at, f), None, way)
    if way == "quadrature":
        return Estimate(_integrated(model, at, f), None, way)
    values = f(drawn(model, at, whole("n", n, 2), generator(key_of(seed))))
    mean, error = mean_and_error(values)
    return Estimate(mean, error, way)


def chosen_way(model: Model, theta: Array, how: str) -> str:
    """The way that a name stands for.

    Raises:
        UnknownNameError: No such way.
        InputError: The model does not have what it needs.
    """
    if how not in ("auto", *WAYS):
        raise UnknownNameError("way to an expectation", how, ("auto", *WAYS))
    listed = how in ("auto", "sum") and outcomes(model, theta) is not None
    ends = limits(model, theta) if how in ("auto", "quadrature") and not listed else None
    axes = 0 if ends is None else max(ends[0].size, 1)
    if how == "sum" and not listed and hasattr(model, "support"):
        raise InputError(f"the model lists no outcomes at {shown(theta.tolist())}")
    if how == "sum" and not listed:
        raise InputError(
            "the outcomes of this model cannot be listed: it needs a method support(theta) for "
            "exact sums; use quadrature or monte-carlo"
        )
    if how == "quadrature" and ends is None:
        raise InputError(
            "the model does not say between which limits its outcomes are: it needs a method "
            "domain(theta) -> (low, high) for quadrature; use monte-carlo"
        )
    if how == "quadrature" and axes > _MOST_AXES:
        raise InputError(
            f"quadrature takes outcomes of up to {_MOST_AXES} numbers, not {axes}; use monte-carlo"
        )
    if how != "auto":
        return how
    if listed:
        return "sum"
    return "quadrature" if 0 < axes <= _MOST_AXES else "monte-carlo"


def mean_and_error(values: ArrayLike) -> tuple[Array, Array]:
    """The mean over the first axis, and its standard error."""
    samples = np.asarray(values, dtype=float)
    with np.errstate(invalid="ignore"):
        return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))


def probabilities(model: Model, theta: Array) -> tuple[Array, Array]:
    """All possible outcomes with their probabilities, shapes (K, ...) and (K,).

    Raises:
        InputError: They cannot be listed, or their probabilities do not add up to 1.
    """
    chosen_way(model, theta, "sum")
    x = outcomes(model, theta)
    assert x is not None
    with np.errstate(all="ignore"):
        p = np.exp(log_density(model, theta, x))
    _check_mass(float(np.sum(p)), theta)
    return x[p > 0], p[p > 0]


def _summed(model: Model, theta: Array, f: Callable[[Array], Array]) -> Array:
    x, p = probabilities(model, theta)
    return np.asarray(np.tensordot(p, np.asarray(f(x), dtype=float), axes=(0, 0)))


def _integrated(model: Model, theta: Array, f: Callable[[Array], Array]) -> Array:
    ends = limits(model, theta)
    assert ends is not None
    scouts = drawn(model, theta, _SCOUTS, generator(_SCOUT_KEY)).reshape(_SCOUTS, -1)
    weighted = Weighted(model, theta, f, ends, np.asarray(f(_some(scouts, ends[0]))))
    low, high = np.atleast_1d(ends[0]), np.atleast_1d(ends[1])
    total = integral(weighted, low, high, scouts)
    if total is None:
        raise InputError(
            "a quadrature over this model's outcomes does not converge: what is averaged is not "
            "smooth, or has no mean; use monte-carlo"
        )
    _check_mass(float(total[0]), theta)
    if len(low) == 1 and (lost := unresolved(weighted, low, high, total)) > _LOST:
        raise InputError(
            "the density grows so steeply towards an end of its outcomes that rounding hides a "
            f"share of about {lost:.0e} of what is averaged; use monte-carlo, or count outcomes "
            "from that end, so that it is 0"
        )
    return np.asarray(total[1:].reshape(weighted.example.shape[1:]))


@dataclass(frozen=True, eq=False)
class Weighted:
    """p and p f at outcomes, flat: what is integrated.

    Args:
        model: Whose p.
        theta: Where.
        f: Of outcomes.
        ends: The limits of the outcomes, at which themselves f may be anything.
        example: Some value of f, with its shape.
    """

    model: Model
    theta: Array
    f: Callable[[Array], Array]
    ends: tuple[Array, Array]
    example: Array

    def __call__(self, nodes: Array) -> Array:
        """Shape (m, 1 + numbers of f), at nodes of shape (m, d)."""
        low, high = self.ends
        x = nodes[:, 0] if low.ndim == 0 else nodes
        with np.errstate(all="ignore"):
            p = np.exp(log_density(self.model, self.theta, x))
        inside = (nodes > low) & (nodes < high)
        seen = (p > 0) & np.isfinite(p) & np.all(inside, axis=1)
        flat = np.zeros((len(x), 1 + self.example[0].size))
        flat[seen, 0] = 1.0
        if np.any(seen):
            flat[seen, 1:] = np.reshape(self.f(x[seen]), (-1, self.example[0].size))
        with np.errstate(over="ignore"):
            return flat * np.where(seen, p, 0.0)[:, None]


def _some(scouts: Array, low: Array) -> Array:
    """A few outcomes in the model's own shape."""
    return scouts[:2, 0] if low.ndim == 0 else scouts[:2]


def _check_mass(mass: float, theta: Array) -> None:
    if not abs(mass - 1) <= _MASS:
        raise InputError(
            f"the probabilities of all outcomes add up to {mass:.6g} at {theta.tolist()}, not to "
            "1: the density is not normalised, theta is outside the parameter space, or the "
            "support or domain is not all of it"
        )
