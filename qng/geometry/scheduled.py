"""Tikhonov's damping on a schedule, and the shortest damped solution: as VMC is published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.geometry.damping import Tikhonov
from qng.geometry.eigen import above_rounding
from qng.geometry.metric import Metric
from qng.geometry.solve import NOTHING, Before, Solution, filtered


@dataclass(frozen=True)
class LinearDamping:
    """(M + lambda_k) d = s, lambda going from one value to another in equal steps.

    Args:
        damping: lambda of the first step, at least 0.
        last: That from step `over` on.
        over: In how many steps.
        shortest: Whether d has no part in directions in which M is rounding, which minSR leaves
            alone; else these have 1/lambda.

    Example:
        >>> from qng.geometry import Before, Identity
        >>> LinearDamping(1.0)(Identity(1), np.ones(1), Before()).direction.tolist()
        [0.5]
    """

    needs_matrix: ClassVar[bool] = True

    damping: float = 0.1
    last: float = 0.01
    over: int = 200
    shortest: bool = False

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)
        checks.not_negative("last", self.last)
        checks.whole("over", self.over, 1)

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction.

        Raises:
            SingularMetricError: M + lambda is singular or not positive, unless the shortest d is
                asked for.
        """
        solves = int(before.memory.get("solves", 0))
        passed = min(solves / self.over, 1.0)
        damping = self.damping + passed * (self.last - self.damping)
        if self.shortest:
            solution = filtered(metric, signal, lambda w: _seen(w, damping), damping)
        else:
            solution = Tikhonov(damping)(metric, signal)
        return replace(solution, memory={"solves": np.array(solves + 1.0)})


def _seen(w: Array, damping: float) -> Array:
    """1/(w + lambda) where w is above rounding, else 0."""
    seen = above_rounding(w) & (w > 0)
    gains: Array = np.where(seen, 1.0, 0.0) / np.where(seen, w + damping, 1.0)
    return gains
