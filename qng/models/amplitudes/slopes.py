"""d psi / d theta of a function that returns amplitudes, one row a parameter.

    differences    [8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))] / (12 h), to about 1e-12
    complex-step   sum_k f(x + r w_k) / (w_k r K), w_k = exp(2 pi i k / K): Cauchy's integral on a
                   circle, to rounding; f must be analytic, and take complex numbers
    jax            jax.jacfwd in double precision; f must be written with jax.numpy

h is short enough where [f(x + h) - f(x - h)] / (2h) says nearly the same, and f(x) lies between:
otherwise it is taken shorter, and a function that is smooth at no step is refused.

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
"""h at first: where f changes over lengths of order 1, truncation and rounding are near 1e-13."""

_SHORTER: Final = 8.0
_TRIES: Final = 5
"""How much shorter h and r become, and how often."""

# How well the differences of h and of 2h agree, relative to f and its derivative: then (w h)^2 is
# below 6e-4 for all frequencies w of f, and what is left is (w h)^4 / 30; and how far f(x) may be
# off the middle.
_SMOOTH: Final = 1e-4
_STRAIGHT: Final = 0.05

_RADIUS: Final = 0.02
_POINTS: Final = 8
"""r and K: the error is r^K times the (K + 1)st derivative over (K + 1)!."""

# Relative: how well the derivative along one direction must agree with that by differences.
_AGREES: Final = 1e-6
_ALIKE: Final = 1e-4

_REFUSED: Final = (
    "complex-step needs a function that takes complex numbers and is analytic (no abs, real, conj, "
    'np.linalg.norm): take derivatives="differences", "jax" or a function of your own'
)


class NotSmoothError(InputError):
    """A function whose differences depend on their step."""


def by_differences(f: Function, theta: Array) -> Amplitudes:
    """Shape (P, N).

    Raises:
        NotSmoothError: The function has a kink or noise there.

    Cost: 4 P + 1 values.
    """
    here = np.array(f(theta), dtype=complex)
    rows = [_difference(f, theta, move, here) for move in np.eye(len(theta))]
    return np.array(rows, dtype=complex).reshape(len(theta), -1)


def by_complex_step(f: Function, theta: Array) -> Amplitudes:
    """Shape (P, N).

    Raises:
        InputError: The function is not analytic there.

    Cost: 8 P + 5 values.
    """
    radius, said = _RADIUS, ""
    for _ in range(_TRIES):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # such as that an imaginary part was left out
                found = _around(f, theta, radius)
        except (TypeError, Warning) as error:
            said = f"; it says: {' '.join(str(error).split())}"
        else:
            said = ""
            if agree(f, theta, found, _AGREES):
                return found
        radius /= _SHORTER
    raise InputError(_REFUSED + said)


def _around(f: Function, theta: Array, radius: float) -> Amplitudes:
    """Cauchy's integral on a circle of this radius, for all parameters."""
    turns = np.exp(2j * np.pi * np.arange(_POINTS) / _POINTS)
    rows = []
    for move in np.eye(len(theta)):
        values = [np.array(f(theta + radius * turn * move)) for turn in turns]
        rows.append(np.array(values).T @ (1 / turns) / (radius * _POINTS))
    return np.array(rows, dtype=complex).reshape(len(theta), -1)


def agree(f: Function, theta: Array, rows: Amplitudes, within: float = _ALIKE) -> bool:
    """Whether derivatives are those by differences, along a direction that no parameter prefers.

    Args:
        f: The function.
        theta: Shape (P,).
        rows: Shape (P, N).
        within: How well, relative to the function and its derivative.

    Raises:
        NotSmoothError: Differences cannot tell.

    Cost: 5 values.
    """
    along = np.cos(np.arange(len(theta)) + 1.0)
    here = np.array(f(theta), dtype=complex)
    expected = _difference(f, theta, along, here)
    size = np.linalg.norm(here) + np.linalg.norm(expected)
    return bool(np.linalg.norm(along @ rows - expected) <= within * size)


def by_jax(f: Function, theta: Array) -> Amplitudes:
    """Shape (P, N). Cost: one forward pass for all parameters.

    Raises:
        InputError: JAX cannot follow the function.
    """
    import jax

    try:
        return np.asarray(in_double(jax.jacfwd(f))(theta), dtype=complex).T
    except InputError:
        raise
    except Exception as error:  # what f does with numbers it did before, without one
        first = str(error).strip().split("\n")[0]
        raise InputError(
            "JAX cannot follow this function: write it with jax.numpy, without float(), numpy or "
            f'changes in place, or take derivatives="differences"; it says: {first}'
        ) from error


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


def flat_of_jax(found: Any) -> Any:
    """What a function of JAX returned as one row, in double precision."""
    import jax.numpy as jnp

    return in_double(lambda x: jnp.asarray(x).ravel())(found)


SLOPES: Final[dict[str, Callable[[Function, Array], Amplitudes]]] = {
    "differences": by_differences,
    "complex-step": by_complex_step,
    "jax": by_jax,
}


def _difference(f: Function, theta: Array, move: Array, here: Amplitudes) -> Amplitudes:
    """The derivative along a move, shape (N,); `here` is f(theta)."""
    h = _STEP
    for _ in range(_TRIES):
        at = {k: np.array(f(theta + k * h * move), dtype=complex) for k in (-2, -1, 1, 2)}
        short, long = at[1] - at[-1], at[2] - at[-2]
        found: Amplitudes = (8 * short - long) / (12 * h)
        size = np.linalg.norm(here) + np.linalg.norm(found)
        apart = np.linalg.norm(short / (2 * h) - found)
        bent = np.linalg.norm(at[1] + at[-1] - 2 * here) / h
        if not np.isfinite(size) or (apart <= _SMOOTH * size and bent <= _STRAIGHT * size):
            return found
        h /= _SHORTER
    raise NotSmoothError(
        "the state is not smooth there: differences depend on their step, as by a kink, noise, or "
        "a jump (of a phase, too); give a function theta -> derivatives, or another theta"
    )
