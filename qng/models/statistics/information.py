"""The Fisher matrix I_ij = E[s_i s_j] = Cov(s_i, s_j) = -E[d_i d_j ln p] of any model.

The expectation is over the model. The mean of s s^T over data is `empirical_fisher`: another
matrix, and never called Fisher here.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.checks import whole
from qng.errors import InputError, UnknownNameError, shown
from qng.geometry import Dense
from qng.models.statistics.averages import WAYS, Estimate, chosen_way, expectation
from qng.models.statistics.model import Model, drawn, hessian, optional, point, score
from qng.models.statistics.noise import mean_matrix, mean_square
from qng.seeds import Key, generator, key_of

Form = Literal["score", "hessian"]

# A mean score that is larger than this share of its root mean square is none of rounding.
_ZERO: Final = 1e-5

# The same in standard errors, of samples: 1e-11 false alarms a parameter.
_SIGMAS: Final = 7.0

# Of a closed form, relative to its largest entry: no error of rounding is larger.
_OWN: Final = 1e-8


def fisher(
    model: Model,
    theta: ArrayLike,
    how: str = "auto",
    *,
    form: Form = "score",
    n: int = 10_000,
    seed: Key = 0,
) -> Dense:
    """The Fisher matrix I of one observation, over the model's own distribution.

    Args:
        model: The model.
        theta: Shape (P,).
        how: "closed": the model's own formula; "sum", "quadrature", "monte-carlo" (`expectation`);
            "auto": the first of these that the model has.
        form: "score" for E[s s^T], "hessian" for -E[d_i d_j ln p]. They agree where the order of
            differentiation and integration does not matter.
        n: Samples of "monte-carlo".
        seed: Of the samples.

    Returns:
        I, not I/4: a metric of shape (P, P), positive semidefinite in the form "score". Sampled
        ones have standard errors, and the errors of all v^T I w: those of means that are normal,
        too small from few hundred samples where the score has heavy tails.

    Raises:
        InputError: The mean score is not 0: the support moves with a parameter, and there is no
            Fisher matrix; or the model does not have what that way needs.
        UnknownNameError: No such way or form.

    Cost: n or some hundred scores, or Hessians.

    Reference: seed 000, eqs. 4 and 5; seed 002, definitions 1 and 2.

    Example:
        >>> from qng import models
        >>> fisher(models.Normal(), [0.0, 2.0]).dense().round(4).tolist()
        [[0.25, 0.0], [0.0, 0.5]]
    """
    at = point(model, theta)
    if how not in ("auto", "closed", *WAYS):
        raise UnknownNameError("way to a Fisher matrix", how, ("auto", "closed", *WAYS))
    if form not in ("score", "hessian"):
        raise UnknownNameError("form of the Fisher matrix", form, ("score", "hessian"))
    if how in ("auto", "closed") and form == "score":
        own = optional(model, "fisher", at)
        if own is not None:
            return Dense(_square(own, len(at)))
        if how == "closed":
            raise InputError("the model knows no closed form of its Fisher matrix")
    way = chosen_way(model, at, "auto" if how == "closed" else how)
    if way == "monte-carlo":
        return _sampled(model, at, form, whole("n", n, 2), seed)
    if form == "hessian":
        found = expectation(model, at, lambda x: hessian(model, at, x), way).value
        return Dense(-(found + found.T) / 2)

    def moments(x: Array) -> Array:
        """s s^T with s as a last row."""
        s = score(model, at, x)
        return np.concatenate([s[:, :, None] * s[:, None, :], s[:, None, :]], axis=1)

    found = expectation(model, at, moments, way).value
    matrix, mean = found[:-1], found[-1]
    _check_mean(model, mean, _ZERO * np.sqrt(np.maximum(np.diag(matrix), 0.0)), "")
    return Dense((matrix + matrix.T) / 2)


def mean_score(
    model: Model, theta: ArrayLike, how: str = "auto", *, n: int = 10_000, seed: Key = 0
) -> Estimate:
    """E[s], which is 0 where the support does not move with theta.

    Args:
        model: The model.
        theta: Shape (P,).
        how: As `expectation`.
        n: Samples of "monte-carlo".
        seed: Of the samples.

    Returns:
        Shape (P,), with standard errors where it was sampled.

    Reference: seed 000, eq. 2; seed 002, property 3.1.

    Example:
        >>> from qng import models
        >>> abs(float(mean_score(models.Poisson(), [2.0]).value[0])) < 1e-9
        True
    """
    at = point(model, theta)
    return expectation(model, at, lambda x: score(model, at, x), how, n, seed)


def empirical_fisher(model: Model, theta: ArrayLike, data: ArrayLike) -> Dense:
    """The mean of s s^T over data: the empirical Fisher matrix, which is not the Fisher matrix.

    Args:
        model: The model.
        theta: Shape (P,).
        data: Outcomes, shape (N,) or (N, d).

    Returns:
        Shape (P, P). It tends to I for many data of the model at this very theta, and elsewhere to
        something else.

    Raises:
        InputError: No data.

    Reference: seed 000, the closing remark of appendix A.

    Example:
        >>> from qng import models
        >>> empirical_fisher(models.Poisson(), [2.0], [1, 2, 3]).dense().round(4).tolist()
        [[0.1667]]
    """
    at, x = point(model, theta), outcomes_given(data)
    s = score(model, at, x)
    return Dense(s.T @ s / len(s))


def outcomes_given(data: ArrayLike, name: str = "data") -> Array:
    """Outcomes from a user, shape (N,) or (N, d).

    Raises:
        InputError: No numbers, none at all, or in another shape.
    """
    values = np.asarray(data)
    if values.dtype.kind not in "iufb" or values.ndim not in (1, 2) or len(values) == 0:
        raise InputError(
            f"{name} must be outcomes as numbers, of shape (N,) or (N, d) with N > 0, not "
            f"{values.dtype} of shape {values.shape}"
        )
    if not np.all(np.isfinite(values)):
        raise InputError(f"{name} must be finite")
    return values


def _sampled(model: Model, theta: Array, form: Form, n: int, seed: Key) -> Dense:
    x = drawn(model, theta, n, generator(key_of(seed)))
    if form == "hessian":
        return mean_matrix(-hessian(model, theta, x))
    s = score(model, theta, x)
    spread = s.std(axis=0, ddof=1) / np.sqrt(n)
    allowed = _SIGMAS * spread + _ZERO * np.sqrt(np.mean(s**2, axis=0))
    _check_mean(model, s.mean(axis=0), allowed, "; or rare outcomes were not drawn: more samples")
    return mean_square(s)


def _check_mean(model: Model, mean: Array, allowed: Array, chance: str) -> None:
    """Refuse a model whose score has a mean.

    Raises:
        InputError: It has.
    """
    if not np.all(np.isfinite(mean)):
        k = int(np.argmin(np.isfinite(mean)))
        raise InputError(
            f"the score of {model.parameters[k]} is not finite at outcomes that the model gives"
        )
    off = np.abs(mean) > np.maximum(allowed, 1e-8)
    if np.any(off):
        k = int(np.argmax(off))
        raise InputError(
            f"the mean score of {model.parameters[k]} is {mean[k]:.3g}, not 0: the support of the "
            "distribution moves with it, or the score is not that of the density; there is no "
            f"Fisher matrix then (hold that parameter fixed){chance}"
        )


def _square(found: ArrayLike, size: int) -> Array:
    matrix = np.asarray(found, dtype=float)
    if matrix.shape != (size, size):
        raise InputError(f"fisher must return shape ({size}, {size}), not {matrix.shape}")
    if not np.all(np.isfinite(matrix)):
        raise InputError("the Fisher matrix is not finite there: theta is no point of the model")
    scale = float(np.max(np.abs(matrix), initial=0.0))
    if np.max(np.abs(matrix - matrix.T), initial=0.0) > _OWN * scale:
        raise InputError(f"fisher must return a symmetric matrix, not {shown(matrix.tolist())}")
    symmetric: Array = (matrix + matrix.T) / 2
    if scale > 0 and (least := float(np.linalg.eigvalsh(symmetric)[0])) < -_OWN * scale:
        raise InputError(f"fisher must return no negative eigenvalue, as this is: {least:.3g}")
    return symmetric
