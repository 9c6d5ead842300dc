"""Gradients of a function from its readings: grad = W^T E(theta + moves).

Along a parameter that turns rotations by multiples of c theta_i, an expectation value is a
trigonometric polynomial of degree N in x = c theta_i (`circuit.frequencies`), so that

    dE/dtheta_i = c sum_m (-1)^(m-1) E(x_m) / (4 N sin^2(x_m / 2)),   x_m = (2m - 1) pi / (2N)

with m = 1, ..., 2N is its derivative; N = 1 is the rule of two points. A function that is more
than an expectation value (a penalty, a CVaR) is none: that is seen at one more point a parameter.

Source: Wierichs, Izaac, Wang, Lin, arXiv:2107.12390, eq. (24).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from qng import checks
from qng.adapters.readings import Readings
from qng.arrays import Array
from qng.plan.quantities import GradientEstimate
from qng.seeds import Key, generator

Frequencies = Sequence[tuple[float, int]]
"""(c, N) of every parameter."""

EXACT_STEP: Final = 1e-5
"""Of central differences, radians, of a function without noise."""

NOISY_STEP: Final = 0.3
"""Of one with noise (`estimate.gradient.SAMPLED_STEP`)."""

TRIED: Final = 4
"""Readings of `Readings.is_rough`."""

# Relative: what the rule leaves of a polynomial, computed in single precision too.
_MISS: Final = 1e-6

# Standard errors. sigma is known from 15 degrees of freedom, and is another one at every point:
# where it is half as large again as where it was measured, one parameter in 12,000 is misjudged.
_SIGMAS: Final = 8.0

# Where a polynomial is checked, over N: a place that no rule prefers.
_ELSEWHERE: Final = 2.5


@dataclass(frozen=True, eq=False)
class Combination:
    """A gradient as a linear combination of readings.

    Args:
        moves: Shape (readings, P), radians.
        weights: Shape (readings, P).
    """

    moves: Array
    weights: Array

    def at(self, readings: Readings, theta: Array) -> GradientEstimate:
        """The gradient at a point of shape (P,)."""
        if not len(self.moves):
            return GradientEstimate(np.zeros(len(theta)))
        found = readings.energy(theta + self.moves)
        return self.of(found.value, found.std_error)

    def of(self, values: Array, errors: Array | None) -> GradientEstimate:
        """The gradient from readings at theta + moves, and their errors; shape (readings,)."""
        value: Array = self.weights.T @ values
        if errors is None:
            return GradientEstimate(value)
        return GradientEstimate(value, (self.weights.T * errors**2) @ self.weights)


def shifted(frequencies: Frequencies) -> Combination:
    """The shift rule: sum_i 2 N_i readings."""
    moves, weights = [np.zeros((0, len(frequencies)))], [np.zeros((0, len(frequencies)))]
    for i, (c, degree) in enumerate(frequencies):
        if degree:
            axis = np.eye(len(frequencies))[i]
            x, coefficients = _rule(degree)
            moves.append(np.outer(x / c, axis))
            weights.append(np.outer(c * coefficients, axis))
    return Combination(np.concatenate(moves), np.concatenate(weights))


def differences(steps: Array) -> Combination:
    """Central differences: 2P readings.

    Args:
        steps: h of every parameter, shape (P,), radians.
    """
    h, half = np.diag(steps), np.diag(0.5 / steps)
    return Combination(np.concatenate([h, -h]), np.concatenate([half, -half]))


def steps_at(size: int, frequencies: Frequencies | None, noisy: bool) -> Array:
    """h of central differences, shape (P,): short, or with noise 0.3 of the typical wave length.

    A polynomial of degree N in c theta that is made of N equal rotations has frequencies about
    c sqrt(N).

    Args:
        size: P.
        frequencies: Of the circuit; None: not known.
        noisy: Whether there is noise.
    """
    if not noisy:
        return np.full(size, EXACT_STEP)
    known = [(1.0, 1)] * size if frequencies is None else frequencies
    return np.array([NOISY_STEP / (c * np.sqrt(max(degree, 1))) for c, degree in known])


def perturbed(size: int, step: float, draws: int, seed: Key) -> Combination:
    """Differences along random signs, 2 readings a draw (`estimate.gradient.spsa`).

    Args:
        size: P.
        step: h, radians.
        draws: How many directions, of which the mean is taken.
        seed: Of the directions.
    """
    checks.whole("draws", draws, 1)
    signs = generator(seed).choice([-1.0, 1.0], size=(draws, size))
    moves, slopes = checks.positive("step", step) * signs, signs / (2 * step * draws)
    return Combination(np.concatenate([moves, -moves]), np.concatenate([slopes, -slopes]))


def shifted_if_polynomial(
    readings: Readings, theta: Array, frequencies: Frequencies
) -> GradientEstimate | None:
    """The gradient by the shift rule; None where the function is no such polynomial.

    Its polynomial through the points of the rule and theta is compared with one more reading along
    each parameter; with noise by eight standard errors. A function that does not contradict itself
    and is rough (`Readings.is_rough`) is taken for a polynomial with noise, which is as large as
    the differences are.

    Args:
        readings: The function.
        theta: Shape (P,).
        frequencies: Of the circuit.

    Cost: P + 1 readings more than the rule.
    """
    rule, size = shifted(frequencies), len(theta)
    probes = np.diag([_ELSEWHERE / (c * max(degree, 1)) for c, degree in frequencies])
    values = readings.values(theta + np.concatenate([rule.moves, probes, np.zeros((1, size))]))
    sigma, scale = readings.sigma(theta), float(np.abs(values).max())
    read, seen, here = np.split(values, [len(rule.moves), len(rule.moves) + size])
    ends = np.cumsum([2 * degree for _, degree in frequencies])
    through = [_through(degree) for _, degree in frequencies]
    known = [
        weights @ np.array([*read[end - len(weights) + 1 : end], *here])
        for weights, end in zip(through, ends)
    ]
    miss = np.abs(np.array(known) - seen)
    spread = np.sqrt([1 + weights @ weights for weights in through])
    # A value that is not finite is told where the step is judged.
    if np.any(miss > _MISS * scale + _SIGMAS * sigma * spread):
        if sigma or not readings.is_rough(theta):
            return None
        sigma = float(np.sqrt(np.mean((miss / spread) ** 2)))
        readings.take(sigma)
    return rule.of(read, np.full(len(read), sigma) if sigma else None)


@lru_cache(maxsize=256)
def _rule(degree: int) -> tuple[Array, Array]:
    """(x_m, coefficients) of the derivative of a polynomial of degree N at 0."""
    m = np.arange(1, 2 * degree + 1)
    x = (2 * m - 1) * np.pi / (2 * degree)
    coefficients = (-1.0) ** (m - 1) / (4 * degree * np.sin(x / 2) ** 2)
    # The nearer way round.
    return (x + np.pi) % (2 * np.pi) - np.pi, coefficients


@lru_cache(maxsize=256)
def _through(degree: int) -> Array:
    """Weights of the values at x_1, ..., x_2N and 0 in the one elsewhere."""
    order = np.arange(1, degree + 1)

    def series(x: Array) -> Array:
        waves = np.multiply.outer(x, order)
        return np.concatenate([np.ones((len(x), 1)), np.cos(waves), np.sin(waves)], axis=1)

    nodes = np.array([*(_rule(degree)[0] if degree else ()), 0.0])
    elsewhere = series(np.array([_ELSEWHERE / max(degree, 1)]))[0]
    weights: Array = np.linalg.solve(series(nodes).T, elsewhere)
    return weights
