"""Points from which several runs start."""

from __future__ import annotations

from typing import Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.problem.problem import Problem
from qng.seeds import number_of

# Radians; beyond, a spread says nothing that the whole circle does not.
_WIDEST: Final = 1e3


def draw_starts(problem: Problem, starts: int, seed: int, spread: float | None = None) -> Array:
    """The problem's own start, then random ones; shape (starts, P). Frozen parameters stay.

    Args:
        problem: The problem.
        starts: How many.
        seed: Every start has its own stream, so that more starts do not change the first ones.
        spread: Radians around the first start; None: uniform on [-pi, pi).
    """
    if spread is not None:
        checks.within("spread", spread, 0, _WIDEST)
    seed = number_of(seed)
    checks.memory(f"{starts} starts", 8 * starts * problem.circuit.n_parameters)
    points = np.tile(problem.initial, (starts, 1))
    free = problem.free
    for k in range(1, starts):
        rng = np.random.default_rng([seed, k])
        if spread is None:
            points[k, free] = rng.uniform(-np.pi, np.pi, len(free))
        else:
            points[k, free] += rng.uniform(-spread, spread, len(free))
    return points
