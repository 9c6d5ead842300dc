"""Gradients of a function from its readings: grad = W^T E(theta + moves).

Along a parameter that turns rotations by multiples of c theta_i, an expectation value is a
trigonometric polynomial of degree N in x = c theta_i (`circuit.frequencies`), so that

    dE/dtheta_i = c sum_m (-1)^(m-1) E(x_m) / (4 N sin^2(x_m / 2)),   x_m = (2m - 1) pi / (2N)

with m = 1, ..., 2N is its derivative; N = 1 is the rule of two points. A function that is more
than an expectation value (a penalty, a CVaR) is none: that is seen at one more point a parameter.

Source: Wierichs, Izaac, Wang, Lin, arXiv:2107.12390, eq. (24).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from qng import checks
from qng.adapters.functions.readings import Readings, finite
from qng.arrays import Array
from qng.plan.quantities import GradientEstimate
from qng.seeds import Key, generator

Rules = Mapping[int, tuple[float, int]]
"""(c, N) by the number of a parameter, of those that go by the shift rule."""

# Relative: what the rule leaves of a polynomial, computed in single precision too.
_MISS: Final = 4e-6

# Standard errors. sigma is known from 15 degrees of freedom, and is another one at every point:
# where it is half as large again as where it was measured, one parameter in 12,000 is misjudged.
_SIGMAS: Final = 8.0

# Where a polynomial is checked, in x: a place that no rule prefers, over N, and a period further,
# which shows what does not go round, such as a penalty, far better than a place nearby.
_ELSEWHERE: Final = 2.5
_PERIOD: Final = 2 * np.pi


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
        value: Array = self.weights.T @ finite(values)
        if errors is None:
            return GradientEstimate(value)
        return GradientEstimate(value, (self.weights.T * errors**2) @ self.weights)


def shifted(size: int, rules: Rules) -> Combination:
    """The shift rule: sum_i 2 N_i readings.

    Args:
        size: P.
        rules: Of the parameters that go by it; the others have no slope.
    """
    return _along(
        size,
        {
            i: (x / c, c * coefficients)
            for i, (c, degree) in rules.items()
            for x, coefficients in [_rule(degree)]
            if degree
        },
    )


def differences(size: int, steps: Mapping[int, float]) -> Combination:
    """Central differences: 2 readings a parameter.

    Args:
        size: P.
        steps: h by the number of a parameter, radians; the others have no slope.
    """
    sides = np.array([1.0, -1.0])
    return _along(size, {i: (h * sides, sides / (2 * h)) for i, h in steps.items()})


def _along(size: int, lines: Mapping[int, tuple[Array, Array]]) -> Combination:
    """Moves along single parameters, and their weights, by the numbers of these."""
    count = sum(len(moves) for moves, _ in lines.values())
    made, first = Combination(np.zeros((count, size)), np.zeros((count, size))), 0
    for i, (moves, weights) in lines.items():
        rows = slice(first, first + len(moves))
        made.moves[rows, i], made.weights[rows, i] = moves, weights
        first = rows.stop
    return made


def joined(combinations: Iterable[Combination]) -> Combination:
    """The sum of gradients, each of parameters of its own."""
    every = tuple(combinations)
    moves, weights = [one.moves for one in every], [one.weights for one in every]
    return Combination(np.concatenate(moves), np.concatenate(weights))


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


def checked(
    readings: Readings, theta: Array, rules: Rules, others: Combination
) -> GradientEstimate | None:
    """The gradient, of some parameters by the shift rule; None where that does not hold for all.

    Its polynomial through the points of the rule and theta is compared with one more reading along
    each of them, a period further; with noise by eight standard errors. A function that does not
    contradict itself and is rough (`Readings.is_rough`) has noise, which is as large as differences
    nearby are.

    Args:
        readings: The function.
        theta: Shape (P,).
        rules: Of the parameters that go by the rule.
        others: The slopes of the others.

    Cost: the readings of both, one a parameter that goes by the rule, and one; where it is rough as
        many again as such parameters.
    """
    size = len(theta)
    whole, along = joined([shifted(size, rules), others]), list(rules)
    places = [(_ELSEWHERE / max(degree, 1) + _PERIOD) / c for c, degree in rules.values()]
    moves = [whole.moves, np.array(places)[:, None] * np.eye(size)[along], np.zeros((1, size))]
    values = finite(readings.values(theta + np.concatenate(moves)))
    sigma, scale = readings.sigma(theta), float(np.abs(values).max())
    read, seen, here = np.split(values, [len(whole.moves), len(whole.moves) + len(along)])
    ends = np.cumsum([2 * degree for _, degree in rules.values()])
    through = [_through(degree) for _, degree in rules.values()]
    known = [
        weights @ np.array([*read[end - len(weights) + 1 : end], *here])
        for weights, end in zip(through, ends)
    ]
    miss = np.abs(np.array(known) - seen)
    spread = np.sqrt([1 + weights @ weights for weights in through])
    # A value of the gradient that is not finite is told where the step is judged.
    gone = np.isfinite(read).all() and not np.isfinite(seen).all()
    if gone or np.any(miss > _MISS * scale + _SIGMAS * sigma * spread):
        if gone or sigma or not readings.is_rough(theta):
            return None
        periods = np.array([_PERIOD / c for c, _ in rules.values()])
        nearby = readings.values(theta + moves[1] - periods[:, None] * np.eye(size)[along])
        sigma = float(np.sqrt(np.mean(((np.array(known) - nearby) / spread) ** 2)))
        if np.any(miss > _SIGMAS * sigma * spread):
            return None
        readings.take(sigma)
    return whole.of(read, np.full(len(read), sigma) if sigma else None)


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
