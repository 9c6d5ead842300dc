"""A statistical model p_theta(x): the protocol, and what is known of any model.

A model of one's own has three members, `parameters`, `log_density` and `sample`. What else it
knows it says in further methods, each of which may answer None for "not known":

    score(theta, x)               d_i ln p, else by differences of `log_density`
    fisher(theta)                 I in closed form
    support(theta)                the outcomes, for exact sums
    domain(theta)                 the limits of x, for quadrature
    divergence(theta, other)      KL(p_theta || p_other) in closed form, and its
    divergence_gradient(...)      gradient in `other`

The functions of this module ask a model for them and check what it says.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.checks import reals
from qng.errors import InputError, shown
from qng.models.statistics.slopes import curvatures, slopes


class Model(Protocol):
    """A family of distributions, a pure value.

    Outcomes are numbers, x of shape (N,), or vectors, x of shape (N, d).
    """

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the P parameters."""

    def log_density(self, theta: Array, x: Array, /) -> Array:
        """ln p_theta(x), shape (N,): of the density, or of the probability of an outcome.

        It is -inf where p = 0, and may be nan where theta belongs to no distribution.
        """

    def sample(self, theta: Array, n: int, rng: Generator, /) -> Array:
        """n independent outcomes, shape (n,) or (n, d)."""


def check_model(model: Any) -> None:
    """Refuse what is no model.

    Raises:
        InputError: It has not the three members of `Model`, or is a class and no value of it.
    """
    if isinstance(model, type):
        raise InputError(f"a model is a value: {model.__name__}(...), not the class itself")
    for part in ("parameters", "log_density", "sample"):
        if not hasattr(model, part):
            raise InputError(f"a model has {part} (qng.models.Model), and {shown(model)} has not")
    names = model.parameters
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise InputError(f"the parameters of a model are a tuple of names, not {shown(names)}")


def point(model: Model, theta: ArrayLike, name: str = "theta") -> Array:
    """A point of a model, checked.

    Args:
        model: The model.
        theta: Shape (P,).
        name: What it is called in an error.

    Raises:
        InputError: Not P finite real numbers, or no model.
    """
    check_model(model)
    values = np.atleast_1d(reals(name, theta))
    names = model.parameters
    if values.shape != (len(names),) or not np.all(np.isfinite(values)):
        listed = ", ".join(names)
        raise InputError(
            f"{name} must be {len(names)} finite numbers ({listed}), not {shown(theta)}"
        )
    return values


def log_density(model: Model, theta: Array, x: Array) -> Array:
    """ln p_theta(x), with the shape checked and nan for -inf where no outcome is possible.

    Raises:
        InputError: The model answers in another shape.
    """
    with np.errstate(all="ignore"):
        values = np.asarray(model.log_density(theta, x), dtype=float)
    if values.shape != (len(x),):
        raise InputError(
            f"log_density must return one number an outcome, shape ({len(x)},), not {values.shape}"
        )
    return values


def drawn(model: Model, theta: Array, n: int, rng: Generator) -> Array:
    """n outcomes of a model.

    Raises:
        InputError: The model cannot draw at this point, or draws another number.
    """
    try:
        values = np.asarray(model.sample(theta, n, rng))
    except ValueError as error:
        why = " ".join(str(error).split())
        raise InputError(
            f"the model cannot be sampled at {shown(theta.tolist())}: {why}"
        ) from error
    if len(values) != n or values.ndim not in (1, 2):
        raise InputError(
            f"sample must return {n} outcomes, shape ({n},) or ({n}, d), not {values.shape}"
        )
    return values


def score(model: Model, theta: ArrayLike, x: ArrayLike) -> Array:
    """The score d_i ln p_theta(x).

    Args:
        model: The model.
        theta: Shape (P,).
        x: Outcomes, shape (N,) or (N, d).

    Returns:
        Shape (N, P): the model's own, else by differences of the log-density, to about ten digits.

    Raises:
        InputError: The log-density has no derivative there: theta is not inside the parameter
            space, or a parameter takes whole numbers only.

    Cost: in differences 32 log-densities a parameter.

    Reference: seed 000, section 1.2.

    Example:
        >>> from qng import models
        >>> score(models.Poisson(), [2.0], [1, 2, 3]).round(4).tolist()
        [[-0.5], [0.0], [0.5]]
    """
    at, outcomes = point(model, theta), np.asarray(x)
    own = optional(model, "score", at, outcomes)
    if own is not None:
        found = np.asarray(own, dtype=float)
        if found.shape != (len(outcomes), len(at)):
            raise InputError(
                f"score must return shape ({len(outcomes)}, {len(at)}), not {found.shape}"
            )
        return found
    found = slopes(lambda t: log_density(model, t, outcomes), at)
    _check_slopes(model, at, found, "log-density")
    return found


def hessian(model: Model, theta: ArrayLike, x: ArrayLike) -> Array:
    """The second derivatives d_i d_j ln p_theta(x), by differences.

    Args:
        model: The model.
        theta: Shape (P,).
        x: Outcomes, shape (N,) or (N, d).

    Returns:
        Shape (N, P, P), symmetric; to about ten digits where the model knows its score, else to
        about eight.

    Raises:
        InputError: As `score`.

    Cost: about 32 scores a parameter, or `slopes.curvatures`.
    """
    at, outcomes = point(model, theta), np.asarray(x)
    if optional(model, "score", at, outcomes) is None:
        found = curvatures(lambda t: log_density(model, t, outcomes), at)
    else:
        found = slopes(lambda t: score(model, t, outcomes), at)
    _check_slopes(model, at, found, "log-density")
    return (found + np.swapaxes(found, 1, 2)) / 2


def _check_slopes(model: Model, theta: Array, found: Array, what: str) -> None:
    lost = ~np.all(np.isfinite(found), axis=tuple(range(found.ndim - 1)))
    if np.any(lost):
        names = ", ".join(name for name, bad in zip(model.parameters, lost) if bad)
        raise InputError(
            f"the {what} has no derivative in {names} at {shown(theta.tolist())}: theta must lie "
            "inside the parameter space, the support must not move with a parameter, and what "
            "takes whole numbers only must be kept fixed"
        )


def optional(model: object, name: str, *arguments: Any) -> Any:
    """What a model answers to an optional method; None where it has none."""
    method = getattr(model, name, None)
    if method is None:
        return None
    with np.errstate(all="ignore"):
        return method(*arguments)


def outcomes(model: Model, theta: Array) -> Array | None:
    """All outcomes of a model, shape (K,) or (K, d); None where they cannot be listed."""
    listed = optional(model, "support", theta)
    return None if listed is None else np.asarray(listed)


def limits(model: Model, theta: Array) -> tuple[Array, Array] | None:
    """The lowest and highest values of x, shape () or (d,); None where the model does not say."""
    found = optional(model, "domain", theta)
    if found is None:
        return None
    low, high = (np.asarray(end, dtype=float) for end in found)
    return low, high
