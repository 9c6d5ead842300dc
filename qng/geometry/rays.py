r"""Pure states up to norm and phase: their Fubini-Study distance, and the geodesic between two.

    d(psi, phi) = arccos |<psi|phi>|    for states of norm 1, from 0 to pi/2

Its line element is ds^2 = dtheta^T g dtheta with the metric g of this package (QFI = 4 g).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.errors import InputError, shown


def states_of(name: str, given: ArrayLike, least: int = 1) -> Amplitudes:
    """States as rows of norm 1.

    Args:
        name: What they are called.
        given: Shape (..., N), amplitudes; no norm is needed but 0 has none.
        least: Axes at least.

    Raises:
        InputError: No numbers, a number that is not finite, too few axes, or a state of norm 0.
    """
    try:
        states = np.array(given, dtype=complex)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} must be amplitudes, not {shown(given)}") from error
    if states.ndim < least or not states.size:
        raise InputError(
            f"{name} must be states, with {least} axes or more, not of shape {states.shape}"
        )
    if not np.all(np.isfinite(states)):
        raise InputError(f"{name} must be finite amplitudes")
    # The largest first, so that tiny and huge states have a norm, too.
    largest = np.abs(states).max(axis=-1, keepdims=True)
    if np.any(largest == 0):
        raise InputError(f"{name} must not be zero: a state of norm 0 is none")
    states /= largest
    states /= np.linalg.norm(states, axis=-1, keepdims=True)
    return states


def distance(psi: ArrayLike, phi: ArrayLike) -> Any:
    """The Fubini-Study distance arccos |<psi|phi>|, to rounding also where states nearly agree.

    Args:
        psi: Shape (..., N); norm and phase do not matter.
        phi: Likewise; the shapes are broadcast.

    Returns:
        Radians from 0 to pi/2: a number, or an array of shape (...).

    Raises:
        InputError: No states, or states of different lengths.

    Example:
        >>> distance([1, 0], [1, 1j])
        0.785...
    """
    a, b = states_of("psi", psi), states_of("phi", phi)
    if a.shape[-1] != b.shape[-1]:
        raise InputError(f"states of {a.shape[-1]} and {b.shape[-1]} amplitudes have no distance")
    overlap = np.sum(a.conj() * b, axis=-1, keepdims=True)
    rest = np.linalg.norm(b - a * overlap, axis=-1)
    found = np.arctan2(rest, np.abs(overlap[..., 0]))
    return float(found) if found.ndim == 0 else found


def between(psi: ArrayLike, phi: ArrayLike, times: ArrayLike) -> Amplitudes:
    """The Fubini-Study geodesic from one state to another, in the space of all states.

    psi(t) = [sin((1 - t) d) psi + sin(t d) e^{-i alpha} phi] / sin d with d the distance and
    <psi|phi> = |<psi|phi>| e^{i alpha}: a great circle, run through at constant speed d. Between
    orthogonal states there are many; this is the one with alpha = 0.

    Args:
        psi: Shape (N,).
        phi: Shape (N,).
        times: t, shape (times,), of which 0 is psi and 1 is phi up to its phase; others go on.

    Returns:
        States of norm 1, shape (times, N).

    Raises:
        InputError: No states, states of different lengths, or times that are not finite.

    Example:
        >>> between([1, 0], [0, 1], [0.5]).real.round(4).tolist()
        [[0.7071, 0.7071]]
    """
    a, b = states_of("psi", psi), states_of("phi", phi)
    if a.ndim != 1 or a.shape != b.shape:
        raise InputError(f"a geodesic joins two states, not those of shapes {a.shape}, {b.shape}")
    t = np.atleast_1d(checks.reals("times", times))
    if t.ndim != 1 or not np.all(np.isfinite(t)):
        raise InputError("times must be finite numbers in one row")
    overlap = np.vdot(a, b)
    aligned = b if abs(overlap) < 1e-300 else b * (np.conj(overlap) / abs(overlap))
    across = aligned - a * np.vdot(a, aligned)
    size = np.linalg.norm(across)
    angle = np.arctan2(size, abs(overlap)) * t[:, None]
    if size == 0:
        return np.repeat(a[None], len(t), axis=0)
    return np.asarray(np.cos(angle) * a + np.sin(angle) * (across / size))


def chords(states: ArrayLike) -> Array:
    """The distances between states that follow one another: their sum is the length of a path.

    It is the length of the path of geodesics through the states, which is no longer than any curve
    through them.

    Args:
        states: Shape (points, N).

    Returns:
        Shape (points - 1,), radians.

    Raises:
        InputError: No states.
    """
    rows = states_of("states", states, 2)
    if rows.ndim != 2:
        raise InputError(f"a path is of states in rows, not of shape {rows.shape}")
    if len(rows) == 1:
        return np.zeros(0)
    return np.asarray(distance(rows[:-1], rows[1:]))


def curve_length(changes: ArrayLike, metrics: ArrayLike) -> Array:
    """Lengths of straight steps in coordinates, from the metric at both of their ends.

    sqrt(d^T (g_k + g_{k+1}) d / 2), off by O(|d|^3).

    Args:
        changes: d, shape (steps, P).
        metrics: g, shape (steps + 1, P, P).

    Returns:
        Shape (steps,), radians.
    """
    d, g = checks.reals("changes", changes), checks.reals("metrics", metrics)
    if d.ndim != 2 or g.shape != (len(d) + 1, d.shape[1], d.shape[1]):
        raise InputError(
            f"steps of shape {d.shape} need one metric more than there are steps, not {g.shape}"
        )
    squares = np.einsum("ki,kij,kj->k", d, g[:-1] + g[1:], d) / 2
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))
