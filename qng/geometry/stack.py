"""Metrics at many points, and M d = s solved at all of them at once.

Every formula acts on the last axes, those of a point: it gets the numbers that it gets alone, to
the last bit, whatever stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from qng.arrays import Array, Integers
from qng.geometry.eigen import Axes, Eigen, Whole, above_rounding
from qng.geometry.metric import Dense, Diagonal, Identity
from qng.geometry.solve import Filter


@runtime_checkable
class Spectral(Protocol):
    """A solver that is a function of the eigenvalues where M is exact and has a matrix."""

    @property
    def damping(self) -> float:
        """What is reported as lambda."""

    def filter(self, is_diagonal: bool, /) -> Filter:
        """f in d = V f(w) V^T s, of shapes (..., P)."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Exact metrics of one kind at many points.

    Args:
        entries: Matrices, shape (points, P, P), or their diagonals, shape (points, P).
        kind: What each of them is.
    """

    entries: Array
    kind: type[Dense] | type[Diagonal] | type[Identity]

    @property
    def is_diagonal(self) -> bool:
        """Whether there is nothing off the diagonals."""
        return self.kind is not Dense

    def eigen(self) -> Eigen:
        """Their eigenvalues and what acts with functions of them."""
        return Axes(self.entries) if self.is_diagonal else Whole.of(self.entries)

    def length(self, v: Array) -> Array:
        """sqrt(v^T M v), 0 where rounding makes the square negative, shape (points,)."""
        moved = self.entries * v if self.is_diagonal else np.matvec(self.entries, v)
        return np.asarray(np.sqrt(np.maximum(np.vecdot(v, moved), 0.0)))


@dataclass(frozen=True, eq=False)
class Solutions:
    """What a `Solution` says, at many points.

    Args:
        direction: d, shape (points, P).
        rank: Eigenvalues above rounding, shape (points,).
        condition: Largest over smallest eigenvalue of what was inverted, shape (points,).
        damping: lambda.
    """

    direction: Array
    rank: Integers
    condition: Array
    damping: float


def solved(solver: Spectral, metric: Stack, signal: Array) -> Solutions:
    """d = V f(w) V^T s.

    Args:
        solver: Says f.
        metric: M.
        signal: s, shape (points, P).

    Raises:
        SingularMetricError: A metric is singular for this solver.
    """
    eigen = metric.eigen()
    gains = solver.filter(metric.is_diagonal)(eigen.values)
    size = np.abs(gains)
    return Solutions(
        direction=eigen.act(gains, signal),
        rank=np.count_nonzero(above_rounding(eigen.values), axis=-1),
        condition=size.max(axis=-1) / np.where(size > 0, size, np.inf).min(axis=-1),
        damping=solver.damping,
    )
