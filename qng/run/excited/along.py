"""Levels along a scan, whose runs minimise the weighted sum of several states (`subspace`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from qng.arrays import Array
from qng.problem.levels import checked_sector, levels
from qng.problem.problem import Problem
from qng.problem.subspace import subspace
from qng.run.excited.assembled import exact_means

if TYPE_CHECKING:
    from qng.run.results import Run
    from qng.run.scanned import Scan


def several(
    problem: Problem, count: int, within: Mapping[Any, float]
) -> tuple[Problem, Array | None]:
    """The problem of the lowest levels at one point of a scan, and these exactly.

    Args:
        problem: At the point.
        count: K.
        within: Symmetries, or their names in the problem, with their values.

    Returns:
        (problem, shape (K,)); the levels are None above 12 qubits.

    Raises:
        InputError: As `qng.excited.subspace`.
    """
    sector = checked_sector(within, problem)
    both = subspace(problem, count, within=within)
    return both, levels(problem.observable, count, problem.circuit.n_qubits, sector)


def found(scan: Scan) -> Array:
    """The energies of the states at the best points, without shots and noise: shape (points, K).

    NaN where they are not cheap.
    """
    unknown = np.full(scan.setting.levels, np.nan)
    rows = [_energies(point.run) for point in scan.points]
    return np.array([unknown if row is None else row for row in rows])


def _energies(run: Run) -> Array | None:
    assert run.made is not None  # of `minimize`
    problem = run.made.problem
    assert isinstance(problem, Problem)
    points = np.tile(run.x, (len(problem.ensemble), 1))
    return exact_means(problem.ensemble, problem.observable, points)
