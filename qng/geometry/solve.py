"""Solving M d = s for the direction, and saying how well posed it was.

A symmetric M = V diag(w) V^T is decomposed once, block by block, and each solver is a filter f in
d = V f(w) V^T s: Tikhonov 1/(w + lambda), a cutoff, the pseudo-inverse, absolute eigenvalues.
M = X^T X with few rows in X is decomposed in their space. Where M is known by its products only,
Tikhonov goes by conjugate gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array, Flags
from qng.errors import InputError, SingularMetricError
from qng.geometry.krylov import conjugate_gradients
from qng.geometry.metric import Blocks, Diagonal, Identity, Implicit, LowRank, Metric

Filter = Callable[[Array], Array]

# An eigenvalue below this fraction of the largest is rounding, not information.
ROUNDING: Final = 1e-13


@dataclass(frozen=True)
class Solution:
    """A direction and the quality of the system it came from.

    Args:
        direction: d, shape (P,).
        rank: Eigenvalues of M above rounding (relative 1e-13); None where M has no matrix.
        condition: Largest over smallest eigenvalue of what was inverted. Where M has no matrix, of
            the eigenvalues that conjugate gradients have seen: at most the condition; NaN where
            they had nothing to do.
        damping: lambda, 0 where there is none.
        iterations: Products M v of an iterative solve; 0 where M was decomposed.
    """

    direction: Array
    rank: int | None
    condition: float
    damping: float = 0.0
    iterations: int = 0


class Solver(Protocol):
    """(metric, signal) -> Solution."""

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve M d = s; s has shape (P,)."""


@dataclass(frozen=True)
class Direct:
    """M d = s as it stands, for an M that is positive by construction (Adam's diagonal)."""

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction.

        Raises:
            SingularMetricError: An eigenvalue is not positive.
        """
        if not isinstance(metric, (Identity, Diagonal)):
            return Tikhonov(0.0)(metric, signal)
        return _filtered(metric, signal, self._filter)

    def _filter(self, w: Array) -> Array:
        if np.any(w <= 0):
            raise SingularMetricError(
                f"the metric is not positive, its smallest eigenvalue is {w.min():.2e}; "
                "solve with Tikhonov(damping) instead"
            )
        inverse: Array = 1.0 / w
        return inverse


@dataclass(frozen=True)
class Tikhonov:
    """(M + lambda) d = s.

    A metric that is `Implicit` is solved by conjugate gradients, from the best multiple of its
    `start`; d . s > 0 at every tolerance.

    Args:
        damping: lambda >= 0; with 0 a singular metric is an error, and so is one without a matrix.
        tolerance: Of the residual |(M + lambda) d - s| relative to |s|, in (0, 1), where M is
            implicit; elsewhere the solve is exact.

    Raises:
        SingularMetricError: M + lambda is singular or not positive, or 2 P + 100 products do not
            reach the tolerance.
    """

    damping: float = 1e-3
    tolerance: float = 1e-2

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)
        checks.inside("tolerance", self.tolerance, 0, 1)

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction."""
        if isinstance(metric, Implicit):
            return _iterated(metric, signal, self.damping, self.tolerance)
        return _filtered(metric, signal, self._filter, self.damping)

    def _filter(self, w: Array) -> Array:
        shifted = w + self.damping
        if len(w) and shifted.min() <= ROUNDING * np.abs(w).max():
            raise SingularMetricError(
                f"the metric is singular: {int(np.sum(w > ROUNDING * np.abs(w).max()))} of "
                f"{len(w)} eigenvalues are positive, the lowest is {w.min():.1e}, the damping is "
                f"{self.damping:g}; raise the damping (1e-3 is usual) or solve with PseudoInverse"
            )
        inverse: Array = 1.0 / shifted
        return inverse


@dataclass(frozen=True)
class Marquardt:
    """(M + lambda Diag(M)) d = s: damping that does not depend on the scale of a parameter.

    Args:
        damping: lambda >= 0, without units. A parameter with M_ii = 0 is damped by lambda itself.

    Reference: Marquardt, J. SIAM 11, 431 (1963).
    """

    damping: float = 1e-3

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction."""
        _check_matrix(metric)
        diagonal = metric.diagonal()
        present = diagonal > ROUNDING * np.abs(diagonal).max(initial=0.0)
        scale = np.sqrt(np.where(present, diagonal, 1.0))
        scaled = metric.pullback(np.diag(1.0 / scale))
        inner = Tikhonov(self.damping)(scaled, np.asarray(signal, dtype=float) / scale)
        return Solution(inner.direction / scale, inner.rank, inner.condition, self.damping)


@dataclass(frozen=True)
class SpectralCutoff:
    """Drops the eigendirections of M at or below a cutoff.

    Args:
        cutoff: In the units of M.
    """

    cutoff: float = 1e-6

    def __post_init__(self) -> None:
        checks.not_negative("cutoff", self.cutoff)

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction."""
        return _filtered(metric, signal, lambda w: _inverse_where(w, w > self.cutoff))


@dataclass(frozen=True)
class PseudoInverse:
    """d = M^+ s, eigenvalues at or below rcond times the largest taken as zero.

    Args:
        rcond: Relative cutoff.
    """

    rcond: float = 1e-10

    def __post_init__(self) -> None:
        checks.not_negative("rcond", self.rcond)

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction."""
        _check_matrix(metric)
        spectrum = np.abs(metric.spectrum())
        floor = self.rcond * spectrum.max(initial=0.0)
        return _filtered(metric, signal, lambda w: _inverse_where(w, np.abs(w) > floor))


@dataclass(frozen=True)
class LeastSquares:
    """The shortest d that minimises |M d - s|, by singular values (numpy.linalg.lstsq).

    Args:
        rcond: Relative cutoff; None is machine precision times P.
    """

    rcond: float | None = None

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction."""
        _check_matrix(metric)
        s = np.asarray(signal, dtype=float)
        direction, _, rank, w = np.linalg.lstsq(metric.dense(), s, rcond=self.rcond)
        kept = w[:rank]
        return Solution(direction, int(rank), float(kept[0] / kept[-1]) if rank else np.inf)


@dataclass(frozen=True)
class AbsoluteEigenvalues:
    """(|M| + lambda) d = s, for an indefinite M such as a Hessian: saddles repel.

    Args:
        damping: lambda >= 0.

    Reference: Dauphin et al., arXiv:1406.2572.
    """

    damping: float = 1e-3

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction."""
        tikhonov = Tikhonov(self.damping)
        return _filtered(metric, signal, lambda w: tikhonov._filter(np.abs(w)), self.damping)


@dataclass(frozen=True)
class ShiftedEigenvalues:
    """(M + lambda) d = s with the lambda that brings the lowest eigenvalue to a margin.

    Args:
        margin: The lowest eigenvalue allowed; nothing is shifted where M is above it.
    """

    margin: float = 1e-3

    def __post_init__(self) -> None:
        checks.not_negative("margin", self.margin)

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction."""
        _check_matrix(metric)
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

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve with the damping of the first step."""
        return Tikhonov(self.damping)(metric, signal)

    def adjusted(self, damping: float, gain: float) -> float:
        """The damping after a step with this gain ratio."""
        if gain < self.low or not np.isfinite(gain):
            damping *= self.factor
        elif gain > self.high:
            damping /= self.factor
        return float(np.clip(damping, self.smallest, self.largest))


def _filtered(metric: Metric, signal: ArrayLike, f: Filter, damping: float = 0.0) -> Solution:
    """d = V f(w) V^T s; the filter sees all eigenvalues at once, so that limits are global."""
    s = _checked(metric, signal)
    _check_matrix(metric)
    if isinstance(metric, LowRank) and len(metric.factor) < metric.size:
        return _small_space(metric.factor, s, f, damping)
    if isinstance(metric, (Identity, Diagonal)):
        w = metric.diagonal()
        gains = f(w)
        return Solution(gains * s, *_quality(w, gains), damping)
    parts: list[tuple[list[int], Array, Array]] = []
    if isinstance(metric, Blocks):
        covered = [k for block in metric.blocks for k in block]
        pieces = [(list(b), m) for b, m in zip(metric.blocks, metric.matrices)]
        pieces += [([k], np.zeros((1, 1))) for k in range(metric.size) if k not in set(covered)]
    else:
        pieces = [(list(range(metric.size)), metric.dense())]
    for index, matrix in pieces:
        w, v = np.linalg.eigh(matrix)
        parts.append((index, w, v))
    w = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0)
    gains = f(w)
    direction = np.zeros(metric.size)
    start = 0
    for index, values, v in parts:
        own = gains[start : start + len(values)]
        direction[index] = v @ (own * (v.T @ s[index]))
        start += len(values)
    return Solution(direction, *_quality(w, gains), damping)


def _small_space(x: Array, s: Array, f: Filter, damping: float) -> Solution:
    """The same for M = X^T X with K < P rows in X, from X X^T = U diag(w) U^T.

    V = X^T U w^(-1/2), and the other P - K eigenvalues are zero, so that
    d = f(0) s + X^T U [(f(w) - f(0))/w] U^T X s. For Tikhonov that is Woodbury's formula,
    [s - X^T (X X^T + lambda)^-1 X s]/lambda.
    """
    few, size = x.shape
    w, u = np.linalg.eigh(x @ x.T)
    every = np.concatenate([w, np.zeros(size - few)])
    gains = f(every)
    rest = gains[-1]
    seen = w > ROUNDING * w.max(initial=0.0)
    change = np.where(seen, gains[:few] - rest, 0.0) / np.where(seen, w, 1.0)
    direction = rest * s + x.T @ (u @ (change * (u.T @ (x @ s))))
    return Solution(direction, *_quality(every, gains), damping)


def _iterated(metric: Implicit, signal: ArrayLike, damping: float, tolerance: float) -> Solution:
    s = _checked(metric, signal)
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
        start=metric.start,
    )
    return Solution(found.x, None, found.condition, damping, found.products)


def _checked(metric: Metric, signal: ArrayLike) -> Array:
    s = np.asarray(signal, dtype=float)
    if s.shape != (metric.size,):
        raise InputError(f"the signal has shape {s.shape}, the metric {metric.size} rows")
    return s


def _check_matrix(metric: Metric) -> None:
    if isinstance(metric, Implicit):
        raise InputError(
            "this solver needs the matrix, and metric='implicit' has only products with it; take "
            "metric='exact', or solve with Tikhonov"
        )


def _quality(w: Array, gains: Array) -> tuple[int, float]:
    rank = int(np.sum(np.abs(w) > ROUNDING * np.abs(w).max(initial=0.0)))
    kept = np.abs(gains[gains != 0])
    return rank, float(kept.max() / kept.min()) if len(kept) else np.inf


def _inverse_where(w: Array, keep: Flags) -> Array:
    result = np.zeros_like(w)
    result[keep] = 1.0 / w[keep]
    return result
