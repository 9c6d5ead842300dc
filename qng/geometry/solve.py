"""Solving M d = s for the direction, and saying how well posed it was.

A symmetric M = V diag(w) V^T is decomposed once, and each solver is a filter f in
d = V f(w) V^T s: Tikhonov 1/(w + lambda), a cutoff, the pseudo-inverse, absolute eigenvalues.
Where M is known by its products only, Tikhonov goes by conjugate gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Memory, all_finite
from qng.errors import InputError, SingularMetricError
from qng.geometry.eigen import above_rounding
from qng.geometry.metric import Metric

Filter = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Inner:
    """The system behind a direction that is more than its solution: (M + damping) x = s, d = d(x).

    Args:
        metric: M as it was solved, with its errors.
        x: Shape (P,).
        slope: c of u . dd = c . dx, u = d / |d|; shape (P,).

    Example:
        >>> from qng.geometry import Diagonal
        >>> twice = Inner(Diagonal(np.ones(1)), np.array([3.0]), np.array([2.0]))  # d = 2 x
        >>> float(twice.slope @ np.array([0.1]))
        0.2
    """

    metric: Metric
    x: Array
    slope: Array


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
        memory: What the next solve of a run is told.
        inner: What errors of d follow from, where d is not the solution itself.

    Example:
        >>> from qng.geometry import Before, Diagonal, Tikhonov
        >>> found = Tikhonov(0.0)(Diagonal(np.array([1.0, 4.0])), np.ones(2), Before())
        >>> found.rank, found.condition
        (2, 4.0)
    """

    direction: Array
    rank: int | None
    condition: float
    damping: float = 0.0
    iterations: int = 0
    memory: Memory = field(default_factory=dict)
    inner: Inner | None = None


@dataclass(frozen=True, eq=False)
class Before:
    """What a solve may use of the steps before it.

    Args:
        change: A direction near which an iterative solve begins, shape (P,).
        gain: [E(theta) - E(theta + dtheta)] / (-dtheta . grad) of the last step; NaN where nothing
            was predicted, None where there was no step.
        memory: What the last solve returned.
        covariance: Of the signal that is solved for, shape (P, P), which is of this step; None
            where it is exact or not known.
        other: Whether another vector than the signal of the step is solved for.

    Example:
        >>> Before().gain is None
        True
    """

    change: Array | None = None
    gain: float | None = None
    memory: Memory = field(default_factory=dict)
    covariance: Array | None = None
    other: bool = False


NOTHING: Final = Before()
"""There was no step."""


class Solver(Protocol):
    """Solves M d = s."""

    @property
    def needs_matrix(self) -> bool:
        """Whether products with M are not enough."""

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING, /) -> Solution:
        """The direction.

        Args:
            metric: M.
            signal: s, shape (P,).
            before: What is known of the steps before.
        """


def filtered(metric: Metric, signal: ArrayLike, f: Filter, damping: float = 0.0) -> Solution:
    """d = V f(w) V^T s.

    Args:
        metric: M.
        signal: s, shape (P,).
        f: Of all eigenvalues at once, shape (P,).
        damping: What is reported as lambda.

    Raises:
        InputError: s of another length, or a metric that is known by its products only.
    """
    s = checked(metric, signal)
    check_matrix(metric)
    eigen = metric.eigen()
    gains = f(eigen.values)
    kept = np.abs(gains)
    if np.count_nonzero(kept) < len(kept):
        kept = kept[kept > 0]
    return Solution(
        direction=eigen.act(gains, s),
        rank=int(np.count_nonzero(above_rounding(eigen.values))),
        condition=float(np.maximum.reduce(kept) / np.minimum.reduce(kept)) if len(kept) else np.inf,
        damping=damping,
    )


def check_matrix(metric: Metric) -> None:
    """Refuse a metric that is known by its products only.

    Raises:
        InputError: It is.
    """
    if not metric.has_matrix:
        raise InputError(
            "this solver needs the matrix, and metric='implicit' has only products with it; take "
            "metric='exact', or solve with Tikhonov"
        )


def checked(metric: Metric, signal: ArrayLike) -> Array:
    """s as an array.

    Raises:
        InputError: Of another length than the metric, or not finite.
        SingularMetricError: The metric is not finite.
    """
    s = np.asarray(signal, dtype=float)
    if s.shape != (metric.size,):
        raise InputError(f"the signal has shape {s.shape}, the metric {metric.size} rows")
    if not all_finite(s):
        raise InputError("the signal has entries that are NaN or infinite: no step follows from it")
    if not metric.is_finite():
        raise SingularMetricError(
            "the metric has entries that are NaN or infinite: it cannot be inverted"
        )
    return s
