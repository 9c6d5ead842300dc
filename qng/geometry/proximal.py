"""Solving from the last direction: where M says nothing, what it was told before is kept.

With s = X^T e and M = X^T X the damped solution is the shortest d that explains e. Instead of the
shortest one, that nearest to mu d' may be taken, d' being the last direction:

    min_d |X d - e|^2 + lambda |d - mu d'|^2,        (M + lambda) d = s + lambda mu d'.

Directions that M sees are solved for anew; along all others d' is remembered, as by a momentum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.geometry.metric import Metric
from qng.geometry.solve import NOTHING, Before, Solution, Solver, checked


@dataclass(frozen=True)
class Proximal:
    """(M + lambda) d = s + lambda mu d', by d = mu d' + (M + lambda)^-1 (s - mu M d').

    The second form holds for every `solver` in the place of (M + lambda)^-1, whatever it adds to
    the eigenvalues of M.

    Args:
        solver: Of M d = s.
        mu: How much of the last direction is remembered, in [0, 1); 0: nothing.

    Raises:
        InputError: mu outside [0, 1).

    Cost: one product with M more than the solver.

    Reference: Goldshlager, Abrahamsen, Lin, arXiv:2401.10190.

    Example:
        >>> from qng.geometry import Before, Diagonal, Tikhonov
        >>> solve, M = Proximal(Tikhonov(1.0), mu=0.5), Diagonal(np.array([1.0, 0.0]))
        >>> first = solve(M, np.ones(2), Before())
        >>> solve(M, np.zeros(2), Before(memory=first.memory)).direction.tolist()
        [0.125, 0.5]
    """

    solver: Solver
    mu: float = 0.9

    def __post_init__(self) -> None:
        checks.fraction("mu", self.mu)

    @property
    def needs_matrix(self) -> bool:
        """Whether the solver does."""
        return self.solver.needs_matrix

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction; for what is no signal of a step as `solver` does."""
        last, inner = before.memory.get("direction"), _inner(before)
        if before.other:
            return self.solver(metric, signal, inner)
        s = checked(metric, signal)
        if last is None or not self.mu:
            return _remembered(self.solver(metric, s, inner), np.zeros_like(s))
        prior: Array = self.mu * last
        return _remembered(self.solver(metric, s - metric.matvec(prior), inner), prior)


def _inner(before: Before) -> Before:
    """What the solver is told of the steps before."""
    memory = {key: value for key, value in before.memory.items() if key != "direction"}
    return replace(before, memory=memory)


def _remembered(found: Solution, prior: Array) -> Solution:
    direction = prior + found.direction
    return replace(found, direction=direction, memory={**found.memory, "direction": direction})
