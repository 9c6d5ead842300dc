"""PennyLane's optimizers by their names, with their arguments, defaults and steps.

    from qng.adapters.pennylane import QNGOptimizer     # in the place of qml.QNGOptimizer

Trajectories are PennyLane's wherever its derivatives are right, but for the random directions of
`QNSPSAOptimizer`. What is done otherwise:

- the metric is right for every gate, where PennyLane's `metric_tensor` is not for PhaseShift, CRX,
  CRY, CRZ, U2, U3, PSWAP and others;
- what two arguments of a QNode have in common is in the metric;
- with lam = 0 the pseudo-inverse leaves out eigenvalues below 1e-10 of the largest, and PennyLane's
  those below 1e-15, which are rounding;
- `QNSPSAOptimizer` judges a step by the energy that the next step measures, which costs nothing,
  and takes it back then.

All take executor, shots, seed and argnum as `Optimizer` does, of which each is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.adapters.pennylane.optimizer import Optimizer
from qng.arrays import Array, Memory
from qng.errors import UnknownNameError
from qng.geometry import (
    Before,
    Dense,
    Diagonal,
    Direct,
    Metric,
    PseudoInverse,
    Solution,
    Solver,
    Tikhonov,
)
from qng.geometry.solve import NOTHING
from qng.optimize.accept import Always, Blocking
from qng.optimize.average import RunningMean
from qng.optimize.method import State
from qng.optimize.optimizer import Optimizer as Parts
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.optimize.search.post import AsIs, HeavyBall, Post
from qng.optimize.signal import AveragedGradient
from qng.plan.quantities import By

APPROXIMATIONS: Final[Mapping[str | None, By]] = {
    None: By("auto"),
    "block-diag": By("blocks", rule="wires"),
    "diag": By("blocks-diagonal", rule="wires"),
}
"""PennyLane's metrics as ours."""


def approximation(approx: str | None) -> By:
    """A metric by PennyLane's name.

    Raises:
        UnknownNameError: No such name.
    """
    if approx not in APPROXIMATIONS:
        raise UnknownNameError("approx", approx, ("block-diag", "diag", "None"))
    return APPROXIMATIONS[approx]


@dataclass(frozen=True)
class RootOfSquares:
    """M = Diag(v + eps)^(1/2), v the sum of grad^2 or its average.

    Args:
        eps: Under the root.
        decay: Of the average v <- decay v + (1 - decay) grad^2; None: v is the sum.
    """

    eps: float
    decay: float | None = None

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
        """The root."""
        v = memory.get("v", np.zeros_like(gradient))
        kept, new = (1.0, 1.0) if self.decay is None else (self.decay, 1.0 - self.decay)
        v = kept * v + new * gradient**2
        return Diagonal(np.sqrt(v + self.eps)), {"v": v}


@dataclass(frozen=True)
class AdamSquares:
    """M = (Diag(v_t)^(1/2) + eps) / (1 - beta^t)^(1/2), v_t the average of grad^2.

    Args:
        beta: Of the average.
        eps: Added before the bias is corrected; `AveragedSquares` adds it after that.
    """

    beta: float
    eps: float

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
        """The corrected root."""
        v = self.beta * memory.get("v", np.zeros_like(gradient)) + (1 - self.beta) * gradient**2
        return Diagonal((np.sqrt(v) + self.eps) / np.sqrt(1 - self.beta**step)), {"v": v}


@dataclass(frozen=True)
class Ahead:
    """The gradient at theta + rho dtheta_{t-1}; its momentum is that of a `HeavyBall`.

    Args:
        rho: In [0, 1).
    """

    rho: float

    def point(self, theta: Array, change: Array) -> Array:
        """The point ahead."""
        return theta + self.rho * change

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Array, Memory]:
        """The gradient there."""
        return gradient, {}


@dataclass(frozen=True)
class AsOne:
    """A solver of a metric in blocks, as one matrix where that is small: it takes less time.

    Args:
        solver: What solves.
    """

    solver: Solver

    needs_matrix: ClassVar[bool] = True

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """As of the solver."""
        if metric.size <= _SMALL and metric.std_error is None:
            metric = Dense(metric.dense())
        return self.solver(metric, signal, before)


# An eigendecomposition of so many rows takes as long as those of two or three blocks.
_SMALL: Final = 24


def GradientDescentOptimizer(stepsize: float = 0.01, **options: Any) -> Optimizer:
    """x <- x - stepsize grad."""
    return Optimizer(Parts(Constant(stepsize), solve=Direct()), **options)


def MomentumOptimizer(stepsize: float = 0.01, momentum: float = 0.9, **options: Any) -> Optimizer:
    """a <- momentum a + stepsize grad, x <- x - a."""
    return Optimizer(Parts(Constant(stepsize), solve=Direct(), post=HeavyBall(momentum)), **options)


def NesterovMomentumOptimizer(
    stepsize: float = 0.01, momentum: float = 0.9, **options: Any
) -> Optimizer:
    """Momentum with the gradient at x - momentum a."""
    method = Parts(
        Constant(stepsize), signal=Ahead(momentum), solve=Direct(), post=HeavyBall(momentum)
    )
    return Optimizer(method, **options)


def AdagradOptimizer(stepsize: float = 0.01, eps: float = 1e-8, **options: Any) -> Optimizer:
    """x <- x - stepsize grad / (a + eps)^(1/2), a the sum of grad^2."""
    squares = RootOfSquares(checks.not_negative("eps", eps))
    return Optimizer(Parts(Constant(stepsize), squares, solve=Direct()), **options)


def RMSPropOptimizer(
    stepsize: float = 0.01, decay: float = 0.9, eps: float = 1e-8, **options: Any
) -> Optimizer:
    """AdaGrad with an average, a <- decay a + (1 - decay) grad^2."""
    squares = RootOfSquares(checks.not_negative("eps", eps), checks.fraction("decay", decay))
    return Optimizer(Parts(Constant(stepsize), squares, solve=Direct()), **options)


def AdamOptimizer(
    stepsize: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.99,
    eps: float = 1e-8,
    **options: Any,
) -> Optimizer:
    """Adam; PennyLane's beta2 is 0.99 by default."""
    squares = AdamSquares(checks.fraction("beta2", beta2), checks.not_negative("eps", eps))
    return Optimizer(
        Parts(Constant(stepsize), squares, AveragedGradient(beta1), Direct()), **options
    )


def QNGOptimizer(
    stepsize: float = 0.01, approx: str | None = "block-diag", lam: float = 0, **options: Any
) -> Optimizer:
    """x <- x - stepsize (g + lam)^(-1) grad, g the Fubini-Study metric or part of it.

    Args:
        stepsize: eta.
        approx: None for all of g, "block-diag" or "diag".
        lam: Added to the eigenvalues; 0: the pseudo-inverse is taken.
        options: Of `Optimizer`: executor, shots, seed, argnum.

    Raises:
        UnknownNameError: Another approx.
        InputError: A stepsize that is not positive, or a negative lam.

    Reference: Stokes, Izaac, Killoran, Carleo, arXiv:1909.02108.
    """
    return _natural(stepsize, approx, lam, AsIs(), options)


def MomentumQNGOptimizer(
    stepsize: float = 0.01,
    momentum: float = 0.9,
    approx: str | None = "block-diag",
    lam: float = 0,
    **options: Any,
) -> Optimizer:
    """dx <- momentum dx - stepsize (g + lam)^(-1) grad; arguments as of `QNGOptimizer`.

    Reference: Borysenko et al., arXiv:2409.01978.
    """
    return _natural(stepsize, approx, lam, HeavyBall(momentum), options)


def QNSPSAOptimizer(
    stepsize: float = 1e-3,
    regularization: float = 1e-3,
    finite_diff_step: float = 1e-2,
    resamplings: int = 1,
    blocking: bool = True,
    history_length: int = 5,
    seed: int | None = None,
    **options: Any,
) -> Optimizer:
    """QN-SPSA: gradient and metric from random directions, six circuits a draw and step.

    Args:
        stepsize: eta.
        regularization: Of the mean of the metrics.
        finite_diff_step: Of the differences, radians.
        resamplings: Directions a step.
        blocking: Whether a step up is taken back.
        history_length: How many costs the tolerance of that is made of.
        seed: Of the directions; None: 0.
        options: Of `Optimizer`: executor, shots, argnum.

    Reference: Gacon, Zoufal, Carleo, Woerner, arXiv:2103.09232.
    """
    by = By("spsa", step=finite_diff_step, draws=resamplings)
    method = Parts(
        Constant(stepsize),
        MeasuredMetric(by, average=RunningMean(regularization)),
        solve=Tikhonov(0.0),
        gradient=by,
        accept=Blocking("spread", window=history_length) if blocking else Always(),
    )
    return Optimizer(method, seed=0 if seed is None else seed, **options)


def _natural(
    stepsize: float, approx: str | None, lam: float, post: Post, options: dict[str, Any]
) -> Optimizer:
    checks.not_negative("lam", lam)
    solve = AsOne(Tikhonov(float(lam)) if lam else PseudoInverse())
    metric = MeasuredMetric(approximation(approx))
    return Optimizer(Parts(Constant(stepsize), metric, solve=solve, post=post), **options)
