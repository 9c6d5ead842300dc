"""What a metric M <= g is short of g: of its trace, and of a direction.

    trace    tr(g - M) / tr g
    largest  the largest eigenvalue of g^(-1/2) (g - M) g^(-1/2), on the range of g

Both are 0 where M = g. `largest` is 1 where a direction that moves the state has no length in M: a
step along it is as long as the damping lets it be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.eigen import above_rounding
from qng.geometry.metric import Metric, noise_of
from qng.geometry.noise import on_diagonal


@dataclass(frozen=True)
class Deficit:
    """What a metric is short of g.

    Args:
        trace: tr(g - M) / tr g; 0 where g is 0.
        largest: Of all directions that move the state, the largest share of v^T g v.
        trace_error: The standard error of `trace`; None where M is exact.
        largest_error: That of `largest`, at its direction. An estimate of the largest of several
            is too large where they are not apart by more than their errors.

    Example:
        >>> Deficit(0.1, 0.4, trace_error=0.01, largest_error=0.05).largest
        0.4
    """

    trace: float
    largest: float
    trace_error: float | None = None
    largest_error: float | None = None


def deficit(g: Metric, metric: Metric) -> Deficit:
    """What a metric is short of g, by two numbers.

    Args:
        g: The Fubini-Study metric, exact.
        metric: M, with errors or without.

    Raises:
        InputError: No metrics, or of different sizes, or a g with errors.

    Example:
        >>> from qng.geometry import Diagonal
        >>> found = deficit(Diagonal(np.array([1.0, 3.0])), Diagonal(np.array([1.0, 1.5])))
        >>> found.trace, round(found.largest, 12)
        (0.375, 0.5)
    """
    for given in (g, metric):
        if not hasattr(given, "std_error"):
            raise InputError(
                "the deficit is of two metrics, as qng.metric gives them, and not of "
                f"{type(given).__name__}: make one of a matrix by qng.geometry.Dense"
            )
    if g.size != metric.size or g.std_error is not None:
        raise InputError(
            f"the deficit is that of a metric of {metric.size} parameters from the exact g of as "
            f"many, not of {g.size}" + ("" if g.std_error is None else " with errors")
        )
    exact = g.dense()
    missing, total = exact - metric.dense(), float(np.trace(exact))
    w, u = np.linalg.eigh(exact)
    kept = above_rounding(w)
    if not np.any(kept):
        return Deficit(0.0, 0.0)
    root = u[:, kept] / np.sqrt(w[kept])
    shares, directions = np.linalg.eigh(root.T @ missing @ root)
    worst: Array = root @ directions[:, -1]
    trace, largest = float(np.trace(missing)) / total, float(shares[-1])
    noise = noise_of(metric)
    if noise is None:
        return Deficit(trace, largest)
    # Of the trace, by the covariance of the diagonal.
    of_trace = math.sqrt(max(float(np.sum(on_diagonal(noise, metric.size).covariance)), 0.0))
    return Deficit(trace, largest, of_trace / total, math.sqrt(metric.variance_of(worst, worst)))
