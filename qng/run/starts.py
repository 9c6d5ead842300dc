"""Points from which several runs start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.problem.anyproblem import AnyProblem
from qng.run.target import problem_and_point
from qng.seeds import number_of

STARTS: Final = 10
"""How many, where nothing is said."""

# Radians; beyond, a spread says nothing that the whole circle does not.
_WIDEST: Final = 1e3


def starting(
    target: Any, start: Any, starts: int | None, seed: int, spread: float | None
) -> tuple[AnyProblem, Array]:
    """A problem with its first start, and all starts, shape (starts, P).

    Args:
        target: A problem, or what is made one.
        start: The first start, or all of them, shape (starts, P).
        starts: How many; None: as many as are given, or else `STARTS`.
        seed: Of those that are drawn.
        spread: See `draw_starts`.

    Raises:
        InputError: No such start, another number than are given, or a spread of starts that are
            all given.
    """
    if starts is not None:
        checks.whole("starts", starts, 1)
    whole, base = problem_and_point(target, start, many=True)
    if base.ndim == 1:
        whole = from_start(whole, base)
        return whole, draw_starts(whole, STARTS if starts is None else starts, seed, spread)
    if base.ndim != 2 or not len(base):
        raise InputError(f"starts have the shape (starts, parameters), not {base.shape}")
    if starts not in (None, len(base)):
        raise InputError(f"{len(base)} starts are given, and starts = {starts}: leave that out")
    if spread is not None:
        raise InputError("spread is for starts that are drawn, and all starts are given")
    return from_start(whole, base[0]), base


def from_start(problem: AnyProblem, start: Array | None) -> AnyProblem:
    """The same problem with another start, shape (P,); None: that of circuits by default."""
    known: Any = problem
    moved: AnyProblem = replace(known, start=start)
    return moved


def draw_starts(problem: AnyProblem, starts: int, seed: int, spread: float | None = None) -> Array:
    """The problem's own start, then random ones; shape (starts, P). Frozen parameters stay.

    Args:
        problem: The problem.
        starts: How many.
        seed: Every start has its own stream, so that more starts do not change the first ones.
        spread: Radians around the first start; None: uniform on [-pi, pi), of a model within its
            own `spread` of the first start.
    """
    if spread is not None:
        checks.within("spread", spread, 0, _WIDEST)
    spread = problem.spread if spread is None else spread
    seed = number_of(seed)
    checks.memory(f"{starts} starts", 8 * starts * len(problem.parameters))
    points = np.tile(problem.initial, (starts, 1))
    free = problem.free
    for k in range(1, starts):
        rng = np.random.default_rng([seed, k])
        if spread is None:
            points[k, free] = rng.uniform(-np.pi, np.pi, len(free))
        else:
            points[k, free] += rng.uniform(-spread, spread, len(free))
    return points
