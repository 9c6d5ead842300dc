"""From states that were found to a result: what they are exactly, and what is to be distrusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.estimate import energy as energies
from qng.execute.names import executor as executor_of
from qng.plan.quantities import Energy
from qng.problem.given import Ensemble
from qng.problem.levels import Sector
from qng.run.bench import answer
from qng.run.excited import remarks
from qng.run.excited.results import ExcitedStates
from qng.run.excited.settings import Settings
from qng.run.judge import is_cheap

SHARP: Final = 1e-3
"""A variance of a symmetry below which a state has a value of it."""


def assembled(
    settings: Settings,
    method: str,
    ensemble: Ensemble,
    known: Array | None,
    noticed: Sequence[str] = (),
    **found: Any,
) -> ExcitedStates:
    """The result of a search.

    Args:
        settings: What was asked.
        method: "ssvqe" or "vqd".
        ensemble: The circuit of every state.
        known: The exact levels of as many states; None where they are not known.
        noticed: What is to be distrusted, of this method.
        found: All that was measured, by the names of `ExcitedStates`.
    """
    points, sector = found["points"], settings.within
    exact = None
    if not settings.is_exact:
        exact = exact_means(ensemble, settings.observable, points)
    outside = exact_means(ensemble, deviation(sector), points) if sector else None
    accuracy = settings.problem.accuracy
    result = ExcitedStates(
        method=method,
        goal=settings.goal(known),
        exact=exact,
        levels=known,
        message="",
        outside=outside,
        made=settings.sought,
        **found,
    )
    told = [
        *noticed,
        *remarks.out_of_order(found["energies"], found["std_error"], accuracy),
        *remarks.outside(outside),
    ]
    if result.solved is not None and not all(result.solved):
        told += remarks.shared(_shared(settings, ensemble, points))
    return replace(result, message=remarks.summed(told, found["runs"]))


def _shared(settings: Settings, ensemble: Ensemble, points: Array) -> dict[str, float]:
    """Symmetries that nobody has asked for, of which all states have one value."""
    found = {}
    for name, symmetry in settings.problem.symmetries:
        if symmetry in settings.within:
            continue
        means = exact_means(ensemble, symmetry, points)
        squares = exact_means(ensemble, (symmetry @ symmetry).hermitian(), points)
        if means is None or squares is None:
            continue
        if np.all(squares - means**2 < SHARP) and np.ptp(means) < SHARP:
            found[name] = round(float(means.mean()), 3)
    return found


def deviation(sector: Sector) -> PauliSum:
    """sum_i (S_i - s_i)^2."""
    total = PauliSum({"I": 0.0})
    for symmetry, value in sector.items():
        off = symmetry - value
        total = total + off @ off
    return total.hermitian()


def exact_means(ensemble: Ensemble, observable: PauliSum, points: Array) -> Array | None:
    """Means in circuits at their points without shots and noise; None where that is not cheap."""
    if not is_cheap(ensemble, observable):
        return None
    device = executor_of("statevector", most_threads=1)
    found: list[Energy[Array]] = [
        answer(device, energies.expectation(circuit, observable, point))
        for (circuit, _), point in zip(ensemble, points)
    ]
    return np.array([float(one.value[0]) for one in found])
