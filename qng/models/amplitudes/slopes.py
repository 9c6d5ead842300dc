"""d psi / d theta of a function that returns amplitudes, one row a parameter.

    differences    [8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))] / (12 h), to about 1e-12
    complex-step   sum_k f(x + r w_k) / (w_k r K), w_k = exp(2 pi i k / K): Cauchy's integral on a
                   circle, to rounding; f must be analytic, and take complex numbers
    jax            jax.jacfwd in double precision; f must be written with jax.numpy

Reference: Lyness and Moler, SIAM J. Numer. Anal. 4, 202 (1967).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.errors import InputError, need

Function = Callable[[Any], Any]

_STEP: Final = 1e-3
"""h, over max(1, |theta_i|): truncation and rounding are both near 1e-13."""

_RADIUS: Final = 0.02
_POINTS: Final = 8
"""r and K: the error is r^K times the (K + 1)st derivative over (K + 1)!."""

# Relative: how well the derivative along one direction must agree with that by differences.
_AGREES: Final = 1e-6

_REFUSED: Final = (
    "complex-step needs a function that takes complex numbers and is analytic (no abs, real, conj, "
    'np.linalg.norm): take derivatives="differences", "jax" or a function of your own'
)


def by_differences(f: Function, theta: Array) -> Amplitudes:
    """Shape (P, N). Cost: 4 P values."""
    rows = [_difference(f, theta, move) for move in np.eye(len(theta))]
    return np.array(rows, dtype=complex).reshape(len(theta), -1)


def by_complex_step(f: Function, theta: Array) -> Amplitudes:
    """Shape (P, N).

    Raises:
        InputError: The function is not analytic there.

    Cost: 8 P + 4 values.
    """
    turns = np.exp(2j * np.pi * np.arange(_POINTS) / _POINTS)
    rows = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as that an imaginary part was left out
            for move in np.eye(len(theta)):
                radius = _RADIUS * max(1.0, float(abs(theta @ move)))
                values = [np.asarray(f(theta + radius * turn * move)) for turn in turns]
                rows.append(np.array(values).T @ (1 / turns) / (radius * _POINTS))
    except (TypeError, Warning) as error:
        raise InputError(f"{_REFUSED}; it says: {' '.join(str(error).split())}") from error
    found = np.array(rows, dtype=complex).reshape(len(theta), -1)
    along = np.cos(np.arange(len(theta)) + 1.0)  # a direction that no parameter prefers
    expected = _difference(f, theta, along)
    if not np.linalg.norm(along @ found - expected) <= _AGREES * (1 + np.linalg.norm(expected)):
        raise InputError(_REFUSED)
    return found


def by_jax(f: Function, theta: Array) -> Amplitudes:
    """Shape (P, N). Cost: one forward pass for all parameters."""
    import jax

    return np.asarray(in_double(jax.jacfwd(f))(theta), dtype=complex).T


def in_double(f: Function) -> Function:
    """A function of JAX in double precision.

    Raises:
        MissingPackageError: Without JAX.
    """
    need("jax", "derivatives of a state by JAX", extra="jax")
    import jax

    # Its name before JAX 0.8.
    enabled = jax.enable_x64 if hasattr(jax, "enable_x64") else jax.experimental.enable_x64

    def double(theta: Any) -> Any:
        with enabled(True):
            return f(theta)

    return double


SLOPES: Final[dict[str, Callable[[Function, Array], Amplitudes]]] = {
    "differences": by_differences,
    "complex-step": by_complex_step,
    "jax": by_jax,
}


def _difference(f: Function, theta: Array, move: Array) -> Amplitudes:
    h = _STEP * max(1.0, float(np.abs(theta * move).max()))
    at = {s: np.asarray(f(theta + s * h * move), dtype=complex) for s in (-2, -1, 1, 2)}
    found: Amplitudes = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * h)
    return found
