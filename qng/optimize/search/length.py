"""The step size eta_t where nothing more is measured: constant, a schedule, a trust region."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from qng import checks
from qng.optimize.search.descent import Descent, Move
from qng.optimize.search.many import Here, Many, Moves


@dataclass(frozen=True)
class Constant:
    """eta_t = lr.

    Args:
        lr: Positive.
    """

    lr: float

    shares: ClassVar[tuple[float, ...]] = ()

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)

    def __call__(self, at: Descent, told: Sequence[Any]) -> Move:
        """The move of this size."""
        return at.along(self.lr)

    def abreast(self, here: Here, many: Many) -> Moves:
        """The moves of many runs, each as it is alone."""
        eta = np.full(len(here.energy), self.lr)
        return Moves(many.along(eta), eta)


@dataclass(frozen=True)
class Schedule:
    """eta_t = f(t) for t = 1, 2, ...

    Args:
        f: The step size of each step.
    """

    f: Callable[[int], float]

    shares: ClassVar[tuple[float, ...]] = ()

    def __call__(self, at: Descent, told: Sequence[Any]) -> Move:
        """The move of this size."""
        return at.along(float(self.f(at.number)))


@dataclass(frozen=True)
class Exponential:
    """eta_t = lr decay^(t - 1).

    Args:
        lr: Step size of the first step.
        decay: Factor from step to step.
    """

    lr: float
    decay: float = 0.99

    shares: ClassVar[tuple[float, ...]] = ()

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.positive("decay", self.decay)

    def __call__(self, at: Descent, told: Sequence[Any]) -> Move:
        """The move of this size."""
        return at.along(float(self.lr * self.decay ** (at.number - 1)))


@dataclass(frozen=True)
class InverseTime:
    """eta_t = lr / (1 + rate (t - 1))^power.

    Args:
        lr: Step size of the first step.
        rate: Per step.
        power: 1 or less.
    """

    lr: float
    rate: float = 0.01
    power: float = 1.0

    shares: ClassVar[tuple[float, ...]] = ()

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.not_negative("rate", self.rate)

    def __call__(self, at: Descent, told: Sequence[Any]) -> Move:
        """The move of this size."""
        return at.along(float(self.lr / (1 + self.rate * (at.number - 1)) ** self.power))


@dataclass(frozen=True)
class Cosine:
    """eta_t = last + (lr - last) (1 + cos(pi (t - 1) / steps)) / 2, then constant.

    Args:
        lr: Step size of the first step.
        steps: Length of the half wave.
        last: Step size at its end.

    Reference: Loshchilov and Hutter, arXiv:1608.03983.
    """

    lr: float
    steps: int
    last: float = 0.0

    shares: ClassVar[tuple[float, ...]] = ()

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.whole("steps", self.steps, 1)

    def __call__(self, at: Descent, told: Sequence[Any]) -> Move:
        """The move of this size."""
        phase = math.pi * min((at.number - 1) / self.steps, 1.0)
        return at.along(self.last + (self.lr - self.last) * (1 + math.cos(phase)) / 2)


@dataclass(frozen=True)
class TrustRegion:
    """eta_t = min(lr, radius / sqrt(d^T M d)): eta d is never longer than the radius in the metric.

    A heavy ball adds its momentum afterwards, which is not bounded.

    Args:
        radius: Length sqrt(dtheta^T M dtheta); with the Fubini-Study metric an angle in radians.
        lr: Largest step size.
    """

    radius: float
    lr: float = 1.0

    shares: ClassVar[tuple[float, ...]] = ()

    def __post_init__(self) -> None:
        checks.positive("radius", self.radius)
        checks.positive("lr", self.lr)

    def __call__(self, at: Descent, told: Sequence[Any]) -> Move:
        """The move of this size."""
        return at.along(bounded(self.lr, self.radius, at))


def bounded(lr: float, radius: float, at: Descent) -> float:
    """min(lr, radius / sqrt(d^T M d)): the longest step size of a trust region."""
    length = at.metric.length(at.direction)
    return lr if length * lr <= radius else radius / length
