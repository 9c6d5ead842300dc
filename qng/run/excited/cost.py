"""What a search for levels costs, before anything is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from qng.problem.problem import Problem
from qng.problem.subspace import subspace
from qng.run.excited.deflated import Deflated
from qng.run.preview import Preview, step_cost
from qng.run.target import circuits_of

# Radians by which states that are not known yet are taken to differ.
_APART = 0.1


def search_cost(
    way: str,
    problem: Problem,
    states: int = 2,
    *,
    references: Any = None,
    within: Mapping[Any, float] | None = None,
    **options: Any,
) -> tuple[Preview, ...]:
    """The cost of a step of every run: one of "ssvqe", one a state of "vqd".

    A second look at a state, with larger penalties, is not in it.

    Args:
        way: "ssvqe" or "vqd".
        problem: Of one circuit.
        states: K.
        references: As of `ssvqe`.
        within: Likewise.
        options: All else of `step_cost`: method, executor, shots, ...

    Raises:
        InputError: As `step_cost`; a problem of something else.

    Example:
        >>> import qng
        >>> first, second = search_cost("vqd", qng.load("lih"), 2, method="gd", shots=10**6)
        >>> second.closing.points - first.closing.points
        1
    """
    problem = circuits_of(problem, "a level")
    if way == "ssvqe":
        return (step_cost(subspace(problem, states, None, references, within), **options),)
    found = [step_cost(problem, **options)]
    for k in range(1, states):
        others = problem.initial + _APART * np.arange(1, k + 1)[:, None] * _free(problem)
        name = problem.name and f"{problem.name}, state {k}"
        found.append(step_cost(Deflated(problem, others, np.ones(k), name), **options))
    return tuple(found)


def _free(problem: Problem) -> Any:
    """1 at the parameters that are trained, 0 at those that are held."""
    free = np.zeros(len(problem.parameters))
    free[problem.free] = 1.0
    return free
