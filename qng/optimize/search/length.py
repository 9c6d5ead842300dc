"""The step size eta_t: constant, a schedule, a trust region, a line search."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.geometry.metric import Metric


class StepSize(Protocol):
    """eta_t from the step's number, its direction and its metric."""

    def __call__(self, step: int, direction: Array, metric: Metric) -> float:
        """eta of step 1, 2, ...; dtheta = -eta d."""


@dataclass(frozen=True)
class Constant:
    """eta_t = lr.

    Args:
        lr: Positive.
    """

    lr: float

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)

    def __call__(self, step: int, direction: Array, metric: Metric) -> float:
        """Lr."""
        return self.lr


@dataclass(frozen=True)
class Schedule:
    """eta_t = f(t) for t = 1, 2, ...

    Args:
        f: The step size of each step.
    """

    f: Callable[[int], float]

    def __call__(self, step: int, direction: Array, metric: Metric) -> float:
        """f(t)."""
        return float(self.f(step))


@dataclass(frozen=True)
class Exponential:
    """eta_t = lr decay^(t - 1).

    Args:
        lr: Step size of the first step.
        decay: Factor from step to step.
    """

    lr: float
    decay: float = 0.99

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.positive("decay", self.decay)

    def __call__(self, step: int, direction: Array, metric: Metric) -> float:
        """The decayed step size."""
        return float(self.lr * self.decay ** (step - 1))


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

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.not_negative("rate", self.rate)

    def __call__(self, step: int, direction: Array, metric: Metric) -> float:
        """The decayed step size."""
        return float(self.lr / (1 + self.rate * (step - 1)) ** self.power)


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

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.whole("steps", self.steps, 1)

    def __call__(self, step: int, direction: Array, metric: Metric) -> float:
        """The step size on the half wave."""
        phase = math.pi * min((step - 1) / self.steps, 1.0)
        return self.last + (self.lr - self.last) * (1 + math.cos(phase)) / 2


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

    def __post_init__(self) -> None:
        checks.positive("radius", self.radius)
        checks.positive("lr", self.lr)

    def __call__(self, step: int, direction: Array, metric: Metric) -> float:
        """The step size."""
        length = math.sqrt(max(float(direction @ metric.matvec(direction)), 0.0))
        return self.lr if length * self.lr <= self.radius else self.radius / length


@dataclass(frozen=True)
class Armijo:
    """The longest of lr, lr shrink, lr shrink^2, ... with sufficient decrease.

    E(theta - eta d) <= E(theta) - slope eta d . grad. All trial lengths are points of one
    request; where none decreases the energy enough the step is not taken (eta = 0).

    Args:
        lr: The longest trial.
        shrink: Factor between trials, in (0, 1).
        slope: Sufficient decrease, in (0, 1).
        trials: How many lengths are tried.

    Reference: Armijo, Pacific J. Math. 16, 1 (1966).
    """

    lr: float = 1.0
    shrink: float = 0.5
    slope: float = 1e-4
    trials: int = 10

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.whole("trials", self.trials, 1)
        checks.inside("shrink", self.shrink, 0, 1)
        checks.inside("slope", self.slope, 0, 1)

    @property
    def lengths(self) -> Array:
        """The trial step sizes, longest first, shape (trials,)."""
        return np.asarray(self.lr * self.shrink ** np.arange(self.trials), dtype=float)

    def chosen(self, energy: float, descent: float, energies: Array) -> float:
        """The step size.

        Args:
            energy: E(theta).
            descent: d . grad.
            energies: E(theta - eta d) at the trial lengths, shape (trials,).
        """
        # Where d points uphill, as with momentum it may, only a decrease will do.
        good = energies <= energy - self.slope * self.lengths * max(descent, 0.0)
        return float(self.lengths[np.argmax(good)]) if good.any() else 0.0
