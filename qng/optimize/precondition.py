"""The metric M_t: Euclidean, a running diagonal of gradients, or a measured one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from qng import checks
from qng.arrays import Array, Memory
from qng.geometry import Diagonal, Identity, Metric
from qng.optimize.average import Average
from qng.optimize.method import State
from qng.plan.plan import Plan
from qng.plan.quantities import By, Objective


class Wanted(NamedTuple):
    """A metric that has to be measured in a step.

    Args:
        by: How.
        theta: Where, shape (P,): here, or where a metric that is known by its products only was
            measured before.
        anew: Whether it is a new measurement, not that of an earlier step once more.
        products: Whether its products with vectors are enough.
        kept: Whether later steps use it.
    """

    by: By
    theta: Array
    anew: bool = True
    products: bool = False
    kept: bool = False


class Precondition(Protocol):
    """Makes M_t from what is measured, or from the gradients seen.

    One that acts on matrices has a further function `on(arrays)`, which returns it for an objective
    whose theta ravels arrays of these shapes (`placed`).
    """

    def wants(self, state: State, /) -> Wanted | None:
        """What has to be measured in this step; None where nothing has."""

    def __call__(
        self,
        measured: Metric | None,
        current: Metric | None,
        gradient: Array,
        memory: Memory,
        step: int,
        /,
    ) -> tuple[Metric, Memory]:
        """(M_t, memory).

        Args:
            measured: What was measured anew; None where nothing was.
            current: M_{t-1}, where it is kept.
            gradient: Of this step, shape (P,).
            memory: What the last call returned; empty in the first step.
            step: 1, 2, ...
        """


def placed(precondition: Precondition, objective: Objective) -> Precondition:
    """A precondition for the arrays of an objective; as it is where they do not matter.

    Raises:
        InputError: Arrays were given, of another number of parameters.
    """
    on = getattr(precondition, "on", None)
    found: Precondition = precondition if on is None else on(objective.arrays())
    return found


@dataclass(frozen=True)
class Euclidean:
    """M = 1."""

    def wants(self, state: State) -> None:
        """Nothing is measured."""

    def __call__(
        self,
        measured: Metric | None,
        current: Metric | None,
        gradient: Array,
        memory: Memory,
        step: int,
    ) -> tuple[Metric, Memory]:
        """The identity."""
        return Identity(len(gradient)), memory


@dataclass(frozen=True)
class SummedSquares:
    """M = Diag(sum grad^2)^(1/2) + eps.

    Args:
        eps: Added to the square root, units of the gradient.

    Reference: Duchi, Hazan and Singer, J. Mach. Learn. Res. 12, 2121 (2011).
    """

    eps: float = 1e-8

    def __post_init__(self) -> None:
        checks.not_negative("eps", self.eps)

    def wants(self, state: State) -> None:
        """Nothing is measured."""

    def __call__(
        self,
        measured: Metric | None,
        current: Metric | None,
        gradient: Array,
        memory: Memory,
        step: int,
    ) -> tuple[Metric, Memory]:
        """The root of the sum."""
        v = memory.get("v", np.zeros_like(gradient)) + gradient**2
        return Diagonal(np.sqrt(v) + self.eps), {"v": v}


@dataclass(frozen=True)
class AveragedSquares:
    """M = Diag(v_t)^(1/2) + eps, v_t = beta v_{t-1} + (1 - beta) grad^2.

    Args:
        beta: In [0, 1).
        eps: Added to the square root, units of the gradient.
        corrected: Divide v_t by 1 - beta^t, as Adam does and RMSProp does not.

    Reference: Tieleman and Hinton, Coursera lecture 6.5 (2012); Kingma and Ba, arXiv:1412.6980.
    """

    beta: float = 0.999
    eps: float = 1e-8
    corrected: bool = True

    def __post_init__(self) -> None:
        checks.fraction("beta", self.beta)
        checks.not_negative("eps", self.eps)

    def wants(self, state: State) -> None:
        """Nothing is measured."""

    def __call__(
        self,
        measured: Metric | None,
        current: Metric | None,
        gradient: Array,
        memory: Memory,
        step: int,
    ) -> tuple[Metric, Memory]:
        """The root of the average."""
        v = _averaged(memory.get("v"), gradient**2, self.beta)
        vhat = v / (1 - self.beta**step) if self.corrected else v
        return Diagonal(np.sqrt(vhat) + self.eps), {"v": v}


@dataclass(frozen=True)
class Belief:
    """M = Diag(vhat_t)^(1/2) + eps, v_t the average of (grad - m_t)^2, m_t that of grad.

    Args:
        beta1: Of the average of the gradient, in [0, 1).
        beta2: Of the average of the squares, in [0, 1).
        eps: Added to the square root, units of the gradient.

    Reference: Zhuang et al., arXiv:2010.07468.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-16

    def __post_init__(self) -> None:
        checks.fraction("beta1", self.beta1)
        checks.fraction("beta2", self.beta2)
        checks.not_negative("eps", self.eps)

    def wants(self, state: State) -> None:
        """Nothing is measured."""

    def __call__(
        self,
        measured: Metric | None,
        current: Metric | None,
        gradient: Array,
        memory: Memory,
        step: int,
    ) -> tuple[Metric, Memory]:
        """The root of the average."""
        m = _averaged(memory.get("m"), gradient, self.beta1)
        v = _averaged(memory.get("v"), (gradient - m) ** 2, self.beta2)
        return Diagonal(np.sqrt(v / (1 - self.beta2**step)) + self.eps), {"m": m, "v": v}


@dataclass(frozen=True)
class MeasuredMetric:
    """M is measured at theta: a Fubini-Study or Fisher metric, or the Hessian.

    Args:
        metric: How: "auto", "exact", "blocks", "fisher", "hessian", ... by name; with options as
            By("blocks", rule="wires"); or an estimator of your own.
        every: Measure it every so many steps and keep it in between; None: only in the first.
        average: What becomes of the measured metrics over the steps: None (the last one counts),
            `RunningMean`, `InverseVariance`, `Broyden`.

    Raises:
        InputError: `every` below 1.
    """

    metric: By | str | Callable[..., Plan[Metric]] = "auto"
    every: int | None = 1
    average: Average | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", By.of(self.metric))
        if self.every is not None:
            checks.whole("every", self.every, 1)

    @property
    def by(self) -> By:
        """How it is measured."""
        return By.of(self.metric)

    def wants(self, state: State) -> Wanted | None:
        """The metric at theta where one is due, or the last one where it is no array."""
        kept = self.every != 1 or self.average is not None
        products = self.average is None
        known = state.metric is not None or state.measured_at is not None
        if not known or (self.every is not None and state.age >= self.every):
            return Wanted(self.by, state.theta, True, products, kept)
        if state.measured_at is not None:
            return Wanted(self.by, state.measured_at, False, products, kept)
        return None

    def __call__(
        self,
        measured: Metric | None,
        current: Metric | None,
        gradient: Array,
        memory: Memory,
        step: int,
    ) -> tuple[Metric, Memory]:
        """The metric as it was measured last, or the average over the steps."""
        if self.average is not None:
            return self.average(measured, current, gradient, memory)
        metric = current if measured is None else measured
        assert metric is not None
        return metric, memory


def _averaged(average: Array | None, new: Array, beta: float) -> Array:
    return (1 - beta) * new if average is None else beta * average + (1 - beta) * new
