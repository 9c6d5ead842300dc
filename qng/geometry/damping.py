"""Solvers that add to the eigenvalues before they are inverted: d = V (w + lambda)^-1 V^T s."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, SingularMetricError
from qng.geometry.eigen import ROUNDING, rounding, roundings
from qng.geometry.krylov import conjugate_gradients
from qng.geometry.metric import Dense, Identity, Metric
from qng.geometry.solve import (
    NOTHING,
    Before,
    Filter,
    Solution,
    check_matrix,
    checked,
    filtered,
)


@dataclass(frozen=True)
class Direct:
    """M d = s as it stands, for an M that is positive by construction (Adam's diagonal).

    Raises:
        SingularMetricError: An eigenvalue is not positive.

    Example:
        >>> from qng.geometry import Before, Diagonal
        >>> Direct()(Diagonal(np.array([2.0, 4.0])), np.ones(2), Before()).direction.tolist()
        [0.5, 0.25]
    """

    needs_matrix: ClassVar[bool] = True
    damping: ClassVar[float] = 0.0

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        if isinstance(metric, Identity) and metric.size:
            return Solution(1.0 * checked(metric, signal), metric.size, 1.0)
        if not metric.is_diagonal:
            return Tikhonov(0.0)(metric, signal)
        return filtered(metric, signal, self._inverse)

    def filter(self, is_diagonal: bool) -> Filter:
        """1/w."""
        return self._inverse if is_diagonal else Tikhonov(0.0).inverse

    def _inverse(self, w: Array) -> Array:
        if np.count_nonzero(w <= 0):
            raise SingularMetricError(
                f"the metric is not positive, its smallest eigenvalue is {w.min():.2e}; "
                "solve with Tikhonov(damping) instead"
            )
        inverse: Array = 1.0 / w
        return inverse


@dataclass(frozen=True)
class Tikhonov:
    """(M + lambda) d = s.

    A metric that is `Implicit` is solved by conjugate gradients, from the best multiple of the
    last step; d . s > 0 at every tolerance.

    Args:
        damping: lambda >= 0; with 0 a singular metric is an error, and so is one without a matrix.
        tolerance: Of the residual |(M + lambda) d - s| relative to |s|, in (0, 1), where M is
            implicit; elsewhere the solve is exact.

    Raises:
        SingularMetricError: M + lambda is singular or not positive, or 2 P + 100 products do not
            reach the tolerance.

    Example:
        >>> from qng.geometry import Before, Diagonal
        >>> Tikhonov(1.0)(Diagonal(np.array([1.0, 3.0])), np.ones(2), Before()).direction.tolist()
        [0.5, 0.25]
    """

    damping: float = 1e-3
    tolerance: float = 1e-2

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)
        checks.inside("tolerance", self.tolerance, 0, 1)

    @property
    def needs_matrix(self) -> bool:
        """Without damping."""
        return self.damping == 0

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        if isinstance(metric, Dense) and metric.size:
            return self._ascending(metric, checked(metric, signal))
        if metric.has_matrix:
            return filtered(metric, signal, self.inverse, self.damping)
        return _iterated(metric, signal, self.damping, self.tolerance, before.change)

    def _ascending(self, metric: Dense, s: Array) -> Solution:
        """What `filtered` gives: eigenvalues in order have their extremes at the ends."""
        eigen = metric.eigen()
        w = eigen.values
        lowest, highest = float(w[0]), float(w[-1])
        floor = ROUNDING * max(abs(lowest), abs(highest))
        if lowest + self.damping <= floor:
            self.inverse(w)  # says so
        gains = 1.0 / (w + self.damping)
        return Solution(
            direction=eigen.act(gains, s),
            rank=len(w) if lowest > floor else int(np.count_nonzero(np.abs(w) > floor)),
            condition=float(gains[0] / gains[-1]),
            damping=self.damping,
        )

    def filter(self, is_diagonal: bool) -> Filter:
        """1/(w + lambda)."""
        return self.inverse

    def inverse(self, w: Array) -> Array:
        """1/(w + lambda), shape (..., P)."""
        shifted, floor = w + self.damping, roundings(w)
        if (shifted <= floor).any():
            raise SingularMetricError(
                f"the metric is singular: {int(np.sum(w > floor))} of {len(w)} eigenvalues are "
                f"positive, the lowest is {w.min():.1e}, the damping is {self.damping:g}; raise "
                "the damping (1e-3 is usual) or solve with PseudoInverse"
            )
        inverse: Array = 1.0 / shifted
        return inverse


@dataclass(frozen=True)
class Marquardt:
    """(M + lambda Diag(M)) d = s: damping that does not depend on the scale of a parameter.

    Args:
        damping: lambda >= 0, without units. A parameter with M_ii = 0 is damped by lambda itself.

    Reference: Marquardt, J. SIAM 11, 431 (1963).

    Example:
        >>> from qng.geometry import Before, Diagonal
        >>> Marquardt(1.0)(Diagonal(np.array([1.0, 4.0])), np.ones(2), Before()).direction.tolist()
        [0.5, 0.125]
    """

    needs_matrix: ClassVar[bool] = True

    damping: float = 1e-3

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        check_matrix(metric)
        s, diagonal = checked(metric, signal), metric.diagonal()
        scale = np.sqrt(np.where(diagonal > rounding(diagonal), diagonal, 1.0))
        scaled = metric.pullback(np.diag(1.0 / scale))
        inner = Tikhonov(self.damping)(scaled, s / scale)
        return Solution(inner.direction / scale, inner.rank, inner.condition, self.damping)


@dataclass(frozen=True)
class AbsoluteEigenvalues:
    """(|M| + lambda) d = s, for an indefinite M such as a Hessian: saddles repel.

    Args:
        damping: lambda >= 0.

    Reference: Dauphin et al., arXiv:1406.2572.

    Example:
        >>> from qng.geometry import Before, Dense
        >>> saddle = Dense(np.diag([1.0, -2.0]))
        >>> AbsoluteEigenvalues(0.0)(saddle, np.ones(2), Before()).direction.tolist()
        [1.0, 0.5]
    """

    needs_matrix: ClassVar[bool] = True

    damping: float = 1e-3

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        tikhonov = Tikhonov(self.damping)
        return filtered(metric, signal, lambda w: tikhonov.inverse(np.abs(w)), self.damping)


@dataclass(frozen=True)
class ShiftedEigenvalues:
    """(M + lambda) d = s with the lambda that brings the lowest eigenvalue to a margin.

    Args:
        margin: The lowest eigenvalue allowed; nothing is shifted where M is above it.

    Example:
        >>> from qng.geometry import Before, Dense
        >>> saddle = Dense(np.diag([1.0, -2.0]))
        >>> ShiftedEigenvalues(1.0)(saddle, np.ones(2), Before()).direction.tolist()
        [0.25, 1.0]
    """

    needs_matrix: ClassVar[bool] = True

    margin: float = 1e-3

    def __post_init__(self) -> None:
        checks.not_negative("margin", self.margin)

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        check_matrix(metric)
        lowest = metric.spectrum().min(initial=np.inf)
        return Tikhonov(float(max(self.margin - lowest, 0.0)))(metric, signal)


@dataclass(frozen=True)
class AdaptiveTikhonov:
    """Tikhonov whose damping follows the gain ratio of the last step.

    gain = [E(theta) - E(theta + dtheta)] / (-dtheta . grad). M is not the Hessian, so the
    prediction is linear; a gain near 1 says that the step was short against the curvature.

    Args:
        damping: lambda of the first step.
        low: Below this gain lambda is multiplied by `factor`.
        high: Above this gain lambda is divided by `factor`.
        factor: Above 1.
        smallest: Lower limit of lambda.
        largest: Upper limit of lambda.

    Example:
        >>> from qng.geometry import Before, Identity
        >>> poor = Before(np.ones(1), gain=0.1, memory={"damping": 1.0})
        >>> AdaptiveTikhonov()(Identity(1), np.ones(1), poor).damping
        2.0
    """

    damping: float = 1e-3
    low: float = 0.25
    high: float = 0.75
    factor: float = 2.0
    smallest: float = 1e-8
    largest: float = 1e4

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)
        if not (self.factor > 1 and self.low < self.high):
            raise InputError("adaptive damping needs factor > 1 and low < high")

    @property
    def needs_matrix(self) -> bool:
        """Without damping."""
        return self.damping == 0

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve with the damping that the last step asks for."""
        damping = float(before.memory.get("damping", self.damping))
        if before.gain is not None:
            damping = self.adjusted(damping, before.gain)
        solution = Tikhonov(damping)(metric, signal, before)
        return replace(solution, memory={"damping": np.array(damping)})

    def adjusted(self, damping: float, gain: float) -> float:
        """The damping after a step with this gain ratio."""
        if gain < self.low or not np.isfinite(gain):
            damping *= self.factor
        elif gain > self.high:
            damping /= self.factor
        return float(np.clip(damping, self.smallest, self.largest))


def _iterated(
    metric: Metric, signal: ArrayLike, damping: float, tolerance: float, start: Array | None
) -> Solution:
    """(M + lambda) d = s by products with M."""
    s = checked(metric, signal)
    if damping == 0:
        raise SingularMetricError(
            "a metric without a matrix is solved with damping only, which is 0; raise it "
            "(1e-3 is usual) or take metric='exact'"
        )
    found = conjugate_gradients(
        lambda v: metric.matvec(v) + damping * v,
        s,
        tolerance=tolerance,
        most=2 * metric.size + 100,
        start=start,
    )
    return Solution(found.x, None, found.condition, damping, found.products)
