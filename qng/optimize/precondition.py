"""The metric M_t: Euclidean, a running diagonal of gradients, or a measured one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.geometry.metric import Diagonal, Identity, Metric
from qng.optimize.average import Average
from qng.optimize.signal import Memory
from qng.plan.plan import Plan

MetricEstimator = Callable[..., Plan[Metric]]


class Precondition(Protocol):
    """Makes M_t from the gradients seen; what it carries is in `memory`."""

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Metric, Memory]:
        """(M_t, memory) from the gradient of step 1, 2, ..."""


@dataclass(frozen=True)
class Euclidean:
    """M = 1."""

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Metric, Memory]:
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

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Metric, Memory]:
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

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Metric, Memory]:
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

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Metric, Memory]:
        """The root of the average."""
        m = _averaged(memory.get("m"), gradient, self.beta1)
        v = _averaged(memory.get("v"), (gradient - m) ** 2, self.beta2)
        return Diagonal(np.sqrt(v / (1 - self.beta2**step)) + self.eps), {"m": m, "v": v}


@dataclass(frozen=True)
class MeasuredMetric:
    """M is measured at theta: a Fubini-Study or Fisher metric, or the Hessian.

    Args:
        metric: An estimator by name ("auto", "exact", "implicit", "blocks", "diagonal", "fisher",
            "fisher-diagonal", "hessian", ...), or a function (circuit, theta) -> Plan of a metric.
        every: Measure it every so many steps and keep it in between; None: only in the first.
        options: Keyword arguments of the named estimator, as pairs, such as ("rule", "wires").
        average: What becomes of the measured metrics over the steps: None (the last one counts),
            `RunningMean`, `InverseVariance`, `Broyden`.

    Raises:
        InputError: `every` below 1.
    """

    metric: str | MetricEstimator = "auto"
    every: int | None = 1
    options: tuple[tuple[str, Any], ...] = ()
    average: Average | None = None

    def __post_init__(self) -> None:
        if self.every is not None:
            checks.whole("every", self.every, 1)


def _averaged(average: Array | None, new: Array, beta: float) -> Array:
    return (1 - beta) * new if average is None else beta * average + (1 - beta) * new
