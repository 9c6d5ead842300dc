"""From states that were found to a result: what they are exactly, and what is to be distrusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import energy as means
from qng.execute.names import executor as executor_of
from qng.plan.quantities import Energy
from qng.problem.given import Ensemble
from qng.problem.levels import Sector, levels
from qng.run.bench import answer
from qng.run.excited import remarks
from qng.run.excited.deflated import states
from qng.run.excited.results import ExcitedStates
from qng.run.excited.settings import Settings
from qng.run.judge import is_cheap

SHARP: Final = 1e-3
"""A variance of a symmetry below which a state has a value of it."""

_SINGULAR: Final = 1e-6
"""Of S: what a direction needs to count as one of the span."""


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
        ritz=_ritz(ensemble, settings.observable, points),
        **found,
    )
    told = [
        *noticed,
        *remarks.out_of_order(found["energies"], found["std_error"], accuracy),
        *remarks.outside(outside),
    ]
    if result.solved is not None and not all(result.solved):
        told += remarks.shared(_fitting(settings, ensemble, result))
        told += remarks.mixed(result)
    return replace(result, message=remarks.summed(told, found["runs"]))


def _fitting(settings: Settings, ensemble: Ensemble, result: ExcitedStates) -> dict[str, float]:
    """Symmetries nobody has asked for, with the values whose lowest levels these states are."""
    known = dict(settings.problem.symmetries)
    values = _shared(settings, ensemble, result.points)
    within = {**settings.within, **{known[name]: value for name, value in values.items()}}
    n, energies = ensemble[0][0].n_qubits, result.energies if result.exact is None else result.exact
    try:
        own = levels(settings.observable, len(result), n, within) if values else None
    except InputError:  # fewer states
        return {}
    fits = own is not None and np.all(np.abs(energies - own) <= result.goal.accuracy)
    return values if fits else {}


def _shared(settings: Settings, ensemble: Ensemble, points: Array) -> dict[str, float]:
    """Symmetries that nobody has asked for, of which all states have one value."""
    found = {}
    for name, symmetry in settings.problem.symmetries:
        if symmetry in settings.within:
            continue
        first = exact_means(ensemble, symmetry, points)
        second = exact_means(ensemble, (symmetry @ symmetry).hermitian(), points)
        if first is None or second is None:
            continue
        if np.all(second - first**2 < SHARP) and np.ptp(first) < SHARP:
            found[name] = round(float(first.mean()), 3)
    return found


def _ritz(ensemble: Ensemble, observable: PauliSum, points: Array) -> Array | None:
    """The eigenvalues of H in the span of the states, ascending; None where that is not cheap.

    H c = lambda S c with H_jk = <psi_j|H|psi_k> and S_jk = <psi_j|psi_k>; directions that the
    states hardly have are left out, and their places are NaN.
    """
    if not is_cheap(ensemble, observable):
        return None
    psi = np.concatenate([states(c, x[None]) for (c, _), x in zip(ensemble, points)])
    size, v = np.linalg.eigh(psi.conj() @ psi.T)
    kept = size > _SINGULAR
    basis = (v[:, kept] / np.sqrt(size[kept])).T @ psi
    found = np.full(len(psi), np.nan)
    within = basis.conj() @ (observable.matrix(ensemble[0][0].n_qubits) @ basis.T)
    found[: len(basis)] = np.linalg.eigvalsh(within)
    return found


def exact_overlaps(circuit: Circuit, observable: PauliSum, points: Array) -> Array | None:
    """|<psi_j|psi_k>|^2 without shots and noise, shape (K, K); None where that is not cheap."""
    if not is_cheap(((circuit, 1.0),) * len(points), observable):
        return None
    psi = states(circuit, points)
    return np.abs(psi.conj() @ psi.T) ** 2


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
        answer(device, means.expectation(circuit, observable, point))
        for (circuit, _), point in zip(ensemble, points)
    ]
    return np.array([float(one.value[0]) for one in found])
