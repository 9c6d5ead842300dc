"""By the shift rule or by differences: what is better is chosen for every parameter.

One reading has the variance sigma^2. Along a parameter of N frequencies in units of c, whose
typical size is W (`circuit.frequencies`):

    shift rule     2N readings, variance c^2 (2N^2 + 1) sigma^2 / 6
    differences     2 readings, variance sigma^2 / (2h^2), bias h^2 E''' / 6

With a the standard deviation of E over theta and E''' = a W^3, variance plus squared bias of
differences is smallest at h W = (3 sigma / a)^(1/3), and then 3 sigma^2 / (4h^2). Readings times
this, of the rule over that of differences, is (2/9) c^2 h^2 N (2N^2 + 1).

A bias does not average out over steps, and standard errors do not know it: differences are taken
where they are twice as good. Up to N = 2 they are nowhere; of N equal rotations they are from
N = 3 at sigma = a / 9, from 5 at a / 40 and from 10 at a / 320. Rotations by weights without a
small common measure, as those of QAOA, have a large N at the same W. Without noise both are exact
to ten digits, and differences are taken where the rule takes more than twice their readings; so
they are with so little noise, h W <= 0.05, that their error is below a thousandth of a W.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from qng.adapters.functions import slopes
from qng.circuit.frequencies import Wave
from qng.errors import InputError

Waves = Sequence[Wave | None]
"""Of every parameter; None: not known."""

EXACT_STEP: Final = 1e-5
"""h of central differences of a function without noise, radians, for W = 1."""

NOISY_STEP: Final = 0.3
"""h of one with noise, where W or sigma / a is not known (`estimate.gradient.SAMPLED_STEP`)."""

# h W at most: beyond, what is more than an expectation value has too short waves.
_FURTHEST: Final = 1.0

MUCH: Final = 2.0
"""How much better differences have to be."""

# h W up to which their error does not matter.
_FINE: Final = 0.05

# N up to which they never are.
_FEW: Final = 2


@dataclass(frozen=True)
class Ways:
    """How the slope along every parameter is had.

    Args:
        size: P.
        rules: Of the parameters that go by the shift rule.
        steps: h of the others, radians, by their numbers.
    """

    size: int
    rules: slopes.Rules
    steps: dict[int, float]

    @property
    def differences(self) -> slopes.Combination:
        """The slopes of those that go by differences."""
        return slopes.differences(self.size, self.steps)

    @cached_property
    def combination(self) -> slopes.Combination:
        """The whole gradient."""
        return slopes.joined([slopes.shifted(self.size, self.rules), self.differences])

    @property
    def readings(self) -> int:
        """Of the whole gradient."""
        return sum(2 * degree for _, degree in self.rules.values()) + 2 * len(self.steps)

    @property
    def named(self) -> str:
        """What it is called."""
        if not self.steps:
            return "parameter-shift"
        moving = any(degree for _, degree in self.rules.values())
        return "parameter-shift and finite-difference" if moving else "finite-difference"


def is_ruled(waves: Waves) -> bool:
    """Whether all parameters go by the shift rule, with noise and without."""
    return all(wave and wave.rule and wave.rule[1] <= _FEW for wave in waves)


def by_rule(waves: Waves) -> Ways:
    """All parameters by the shift rule.

    Raises:
        InputError: One has none.
    """
    rules = {i: wave.rule for i, wave in enumerate(waves) if wave and wave.rule}
    if len(rules) < len(waves):
        raise InputError(
            "a shift rule needs a circuit whose angles are affine in its parameters, each of at "
            "most 128 equidistant frequencies: give such a circuit, or leave gradient out"
        )
    return Ways(len(waves), rules, {})


def by_differences(waves: Waves, reach: float | None) -> Ways:
    """All parameters by differences; `reach` as of `better`."""
    return Ways(len(waves), {}, {i: step_of(wave, reach) for i, wave in enumerate(waves)})


def better(waves: Waves, reach: float | None, much: float = MUCH) -> Ways:
    """What is better for every parameter.

    Args:
        waves: Of the parameters.
        reach: h W with noise (`reach_of`); None: there is no noise.
        much: How much better differences have to be.
    """
    rules, steps = {}, {}
    for i, wave in enumerate(waves):
        h = step_of(wave, reach)
        if wave is not None and wave.rule is not None and _gain(wave.rule, h, reach) <= much:
            rules[i] = wave.rule
        else:
            steps[i] = h
    return Ways(len(waves), rules, steps)


def _gain(rule: tuple[float, int], h: float, reach: float | None) -> float:
    """How much better differences are than a rule."""
    c, degree = rule
    if degree <= _FEW:
        return 0.0
    if reach is None or reach <= _FINE:
        return degree
    return 2 / 9 * (c * h) ** 2 * degree * (2 * degree**2 + 1)


def reach_of(sigma: float, spread: float) -> float:
    """h W of differences with noise.

    Args:
        sigma: The standard error of a reading.
        spread: a, the standard deviation of the function over theta.
    """
    near = 3 * sigma < _FURTHEST**3 * spread
    reach: float = (3 * sigma / spread) ** (1 / 3) if near else _FURTHEST
    return reach


def step_of(wave: Wave | None, reach: float | None) -> float:
    """h of differences along a parameter, radians; `reach` as of `better`."""
    size = wave.size if wave is not None and wave.size else None
    if reach is None:
        return EXACT_STEP / (size or 1)
    return NOISY_STEP if size is None else reach / size
