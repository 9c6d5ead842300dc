"""Solvers that drop the directions in which M says nothing: d = V w^-1 V^T s over the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array, Flags
from qng.geometry.metric import Metric
from qng.geometry.solve import NOTHING, Before, Solution, check_matrix, checked, filtered

# Of the cutoff, below which the smooth one is zero.
_NOTHING: Final = 1e-3


@dataclass(frozen=True)
class SpectralCutoff:
    """Drops the eigendirections of M at or below a cutoff.

    Args:
        cutoff: In the units of M.

    Example:
        >>> from qng.geometry import Before, Dense
        >>> flat = Dense(np.diag([2.0, 1e-9]))
        >>> SpectralCutoff()(flat, np.ones(2), Before()).direction.tolist()
        [0.5, 0.0]
    """

    needs_matrix: ClassVar[bool] = True

    cutoff: float = 1e-6

    def __post_init__(self) -> None:
        checks.not_negative("cutoff", self.cutoff)

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        return filtered(metric, signal, lambda w: _inverse_where(w, w > self.cutoff))


@dataclass(frozen=True)
class PseudoInverse:
    """d = M^+ s, eigenvalues at or below rcond times the largest taken as zero.

    Args:
        rcond: Relative cutoff.

    Example:
        >>> from qng.geometry import Before, Dense
        >>> flat = Dense(np.full((2, 2), 0.25))
        >>> PseudoInverse()(flat, np.ones(2), Before()).direction.round(9).tolist()
        [2.0, 2.0]
    """

    needs_matrix: ClassVar[bool] = True

    rcond: float = 1e-10

    def __post_init__(self) -> None:
        checks.not_negative("rcond", self.rcond)

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""

        def inverse(w: Array) -> Array:
            size = np.abs(w)
            return _inverse_where(w, size > self.rcond * size.max(initial=0.0))

        return filtered(metric, signal, inverse)


@dataclass(frozen=True)
class SmoothCutoff:
    """d = V f(w) V^T s with f = w^5 / (w^6 + c^6): 1/w above the cutoff c, and nothing below it.

    It is smooth in M, as the right-hand side of a differential equation should be, and dropped
    directions are not driven by rounding.

    Args:
        rcond: c, relative to the largest eigenvalue.

    Reference: Schmitt and Heyl, Phys. Rev. Lett. 125, 100503 (2020), arXiv:1912.08828.

    Example:
        >>> from qng.geometry import Before, Dense
        >>> flat = Dense(np.diag([2.0, 1e-12]))
        >>> SmoothCutoff()(flat, np.ones(2), Before()).direction.round(9).tolist()
        [0.5, 0.0]
    """

    needs_matrix: ClassVar[bool] = True

    rcond: float = 1e-8

    def __post_init__(self) -> None:
        checks.positive("rcond", self.rcond)

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        check_matrix(metric)
        w = metric.spectrum()
        cutoff = self.rcond * float(np.abs(w).max(initial=0.0))

        def inverse(values: Array) -> Array:
            u = np.abs(values / cutoff) if cutoff > 0 else np.zeros_like(values)
            sizes = np.zeros_like(u)
            # Far below the cutoff f is rounding, and where u^6 is too large for a number it is 1/w.
            near, above = (u > _NOTHING) & (u <= 1), u > 1
            sizes[near] = u[near] ** 5 / (1 + u[near] ** 6)
            sizes[above] = 1 / (u[above] * (1 + u[above] ** -6.0))
            return np.asarray(np.copysign(sizes, values) / (cutoff or 1.0))

        kept = np.abs(w[np.abs(w) > cutoff])
        condition = float(kept.max() / kept.min()) if len(kept) else np.inf
        return replace(filtered(metric, signal, inverse), condition=condition)


@dataclass(frozen=True)
class LeastSquares:
    """The shortest d that minimises |M d - s|, by singular values (numpy.linalg.lstsq).

    Args:
        rcond: Relative cutoff; None is machine precision times P.

    Example:
        >>> from qng.geometry import Before, Dense
        >>> flat = Dense(np.full((2, 2), 0.25))
        >>> LeastSquares()(flat, np.ones(2), Before()).direction.round(9).tolist()
        [2.0, 2.0]
    """

    needs_matrix: ClassVar[bool] = True

    rcond: float | None = None

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        check_matrix(metric)
        s = checked(metric, signal)
        direction, _, rank, w = np.linalg.lstsq(metric.dense(), s, rcond=self.rcond)
        kept = w[:rank]
        return Solution(
            np.asarray(direction, dtype=float),
            int(rank),
            float(kept[0] / kept[-1]) if rank else np.inf,
        )


def _inverse_where(w: Array, keep: Flags) -> Array:
    result = np.zeros_like(w)
    result[keep] = 1.0 / w[keep]
    return result
