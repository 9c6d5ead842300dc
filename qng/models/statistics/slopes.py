"""First and second derivatives of any function, by central differences of order 8.

A step is tried at ever smaller sizes, and each number keeps the estimate that two sizes agree on
best: a scale of 1e-4 in one parameter and of 1e4 in another are found alike, and where a step
leaves the parameter space (nan) a smaller one stays inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np

from qng.arrays import Array

# f' h = sum_k c_k [f(+k h) - f(-k h)], exact for polynomials of degree 8.
_WEIGHTS: Final = (4 / 5, -1 / 5, 4 / 105, -1 / 280)

# f'' h^2 = c_0 f(0) + sum_k c_k [f(+k h) + f(-k h)], likewise.
_CENTRE: Final = -205 / 72
_CURVED: Final = (8 / 5, -1 / 5, 8 / 315, -1 / 560)

# Of max(|theta_i|, 1); each step is a quarter of the one before, down to 1e-10.
_FIRST: Final = 0.125
_SIZES: Final = 16

# Of a sum of values of f, relative to the largest.
_ROUNDED: Final = 4e-16

# Two sizes that agree so far are as near as rounding lets them be.
_ENOUGH: Final = 1e-12

Tried = tuple[Array, Array]
"""An estimate, and its error of rounding."""


def slopes(f: Callable[[Array], Array], theta: Array) -> Array:
    """d f / d theta_i in the last axis.

    Args:
        f: Of points (P,), any shape.
        theta: Shape (P,).

    Returns:
        The shape of f with a last axis of P; nan where no two steps gave a number.

    Cost: about 32 values of f a parameter.
    """
    with np.errstate(all="ignore"):
        return np.stack([_slope(f, theta, i) for i in range(len(theta))], axis=-1)


def curvatures(f: Callable[[Array], Array], theta: Array) -> Array:
    """d^2 f / d theta_i d theta_j in the last two axes, symmetric.

    By second derivatives along lines: 4 f_ij = D(e_i + e_j) - D(e_i - e_j).

    Args:
        f: Of points (P,), any shape.
        theta: Shape (P,).

    Returns:
        The shape of f with two axes of P; nan where no two steps gave a number.

    Cost: about 40 values of f a parameter and 80 a pair.
    """
    sizes = _FIRST * np.maximum(np.abs(theta), 1.0)
    with np.errstate(all="ignore"):
        here = np.asarray(f(theta), dtype=float)
        found = np.empty((*here.shape, len(theta), len(theta)))
        for i in range(len(theta)):
            found[..., i, i] = _agreed(partial(_curve, f, theta, here, i, i), sizes)
        for i in range(len(theta)):
            for j in range(i):
                mixed = _agreed(partial(_curve, f, theta, here, i, j), sizes)
                found[..., i, j] = found[..., j, i] = mixed
    return found


def _curve(
    f: Callable[[Array], Array], theta: Array, here: Array, i: int, j: int, sizes: Array
) -> Tried:
    """f_ij at steps of one size."""
    first, other = np.zeros(len(theta)), np.zeros(len(theta))
    first[i], other[j] = sizes[i], sizes[j]
    square = float(sizes[i] * sizes[j])
    if i == j:
        value, largest = _around(f, theta, first, _CURVED, 1)
        return (_CENTRE * here + value) / square, _ROUNDED * largest / square
    (plus, largest), (minus, more) = (
        _around(f, theta, step, _CURVED, 1) for step in (first + other, first - other)
    )
    return (plus - minus) / (4 * square), _ROUNDED * (largest + more) / (4 * square)


def _slope(f: Callable[[Array], Array], theta: Array, i: int) -> Array:
    unit = np.zeros(len(theta))
    unit[i] = 1.0

    def at(sizes: Array) -> Tried:
        value, largest = _around(f, theta, sizes[i] * unit, _WEIGHTS, -1)
        return value / sizes[i], _ROUNDED * largest / sizes[i]

    return _agreed(at, _FIRST * np.maximum(np.abs(theta), 1.0))


def _around(
    f: Callable[[Array], Array], theta: Array, step: Array, weights: Sequence[float], sign: int
) -> Tried:
    """sum_k c_k [f(+k step) + sign f(-k step)], and the largest |f| in it, or 1."""
    # What cancels inside f is not seen in its values: 1 is taken for the least of them.
    total, largest = np.array(0.0), np.array(1.0)
    for k, c in enumerate(weights, 1):
        up, down = (np.asarray(f(theta + s * k * step), dtype=float) for s in (1, -1))
        total = total + c * (up + sign * down)
        largest = np.maximum(largest, np.maximum(np.abs(up), np.abs(down)))
    return total, largest


def _agreed(estimate: Callable[[Array], Tried], sizes: Array) -> Array:
    """Of estimates at ever smaller steps, number by number, the one that is known best.

    Its error is how far it is from that at the step before, and the rounding of f, which grows.
    """
    before, _ = estimate(sizes)
    best, error = np.full(before.shape, np.nan), np.full(before.shape, np.inf)
    for _ in range(_SIZES):
        sizes = sizes / 4
        now, rounded = estimate(sizes)
        off = np.abs(now - before) + rounded
        nearer = off < error
        best, error = np.where(nearer, now, best), np.where(nearer, off, error)
        if np.all((error <= _ENOUGH * np.maximum(np.abs(best), 1.0)) | (rounded > error)):
            break
        before = now
    return best
