"""Levels at once: the weighted sum of energies of orthogonal states, minimised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.estimate import energy as energies
from qng.optimize.method import Method
from qng.plan.executor import Executor
from qng.plan.shots import Shots
from qng.problem.problem import Problem
from qng.problem.subspace import subspace
from qng.run.excited.assembled import assembled
from qng.run.excited.keeping import kept
from qng.run.excited.results import ExcitedStates
from qng.run.excited.settings import Settings, Told
from qng.seeds import Key


def ssvqe(
    problem: Problem | str | Path | Any,
    states: int = 2,
    *,
    weights: ArrayLike | None = None,
    references: Sequence[str] | None = None,
    within: Mapping[Any, float] | None = None,
    method: str | Method = "qng",
    start: Any = None,
    starts: int = 1,
    seed: Key = 0,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    save: str | PathLike[str] | None = None,
    told: Told | None = None,
    **options: Any,
) -> ExcitedStates:
    """The lowest levels at once, by the subspace-search variational eigensolver.

        C(theta) = sum_k w_k <x_k| U^dagger(theta) H U(theta) |x_k>,    w_0 > w_1 > ... > 0

    The states U |x_k> are orthogonal whatever theta is, so no level is found twice. The metric is
    sum_k w_k g_k.

    Args:
        problem: Of one circuit U. X gates at its beginning give way to those of the references.
        states: K, how many levels; as many as references where these are given.
        weights: w_k, shape (K,), positive and descending; K, K - 1, ..., 1 over their sum by
            default.
        references: x_k, strings of n zeros and ones, qubit 0 on the right. By default the
            determinants with the lowest <x|H|x>.
        within: Symmetries, or their names in the problem, with their values, such as
            {qng.symmetries.particle_number(4): 2} or {"N": 2}, of the references and of the levels
            to compare with: for circuits that conserve them. Others need a penalty
            (`qng.symmetries.penalised`).
        method: As of `minimize`.
        start: As of `minimize`.
        starts: From how many starts, the first being the problem's own; the lowest end is kept.
        seed: Of everything that is drawn.
        executor: By name or as an object.
        shots: For all circuits of a step together, and for each state at the end. None: exact.
        save: A file, written at the end, also after Ctrl-C; one that holds the same search is gone
            on with.
        told: Told (runs that are done, of how many, a note).
        options: All else of `minimize`: steps, tol, gradient, watch, lr, ...

    Returns:
        Energies with errors, in the order of the references; the run of the weighted sum is solved
        where every level is within the accuracy (`qng.excited.subspace`). After Ctrl-C those at the
        point that was reached (`interrupted`).

    Raises:
        InputError: As `qng.excited.subspace` and `minimize`.
        KeyboardInterrupt: Before anything was done.

    Cost: K times the circuits of a run.

    Reference: Nakanishi, Mitarai, Fujii, arXiv:1810.09434.

    Example:
        >>> import qng
        >>> found = qng.excited.ssvqe("lih", 3, steps=100)
        >>> found.solved
        (True, True, True)
    """
    several = isinstance(references, list | tuple)
    settings = Settings.of(
        "ssvqe",
        problem,
        len(references) if several and references else states,
        start,
        within,
        method,
        starts,
        seed,
        executor,
        shots,
        told,
        options,
        {
            "weights": None if weights is None else checks.reals("weights", weights),
            "references": tuple(references) if several and references else references,
        },
    )
    cost = subspace(settings.problem, states, weights, references, settings.within)
    exact_levels = settings.levels(len(cost.ensemble))
    settings.check(cost)
    file, known = kept(save, "ssvqe", settings.sought)
    if known is not None and known.done == len(known) == len(cost.ensemble):
        return known
    found = _found(settings, cost, exact_levels, known)
    if file is not None:
        found.save(file)
    return found


def _found(
    settings: Settings, cost: Problem, exact_levels: Array | None, known: ExcitedStates | None
) -> ExcitedStates:
    """The states at the end of the run of the weighted sum."""
    begun = None
    if known is not None and settings.sought.starts == 1 and known.runs[0].interrupted:
        begun = known.runs[0]
    ended = settings.lowest(cost, begun=begun)
    run, k = ended.run, len(cost.ensemble)
    ensemble, observable = settings.on(cost.ensemble)
    plans = [energies.expectation(circuit, observable, run.x) for circuit, _ in ensemble]
    measured, nfev, shots = settings.measured(plans)
    errors = [one.std_error for one in measured]
    counted = [error[0] for error in errors if error is not None]
    return assembled(
        settings,
        "ssvqe",
        cost.ensemble,
        exact_levels,
        energies=np.array([one.value[0] for one in measured]),
        std_error=np.array(counted) if counted else None,
        points=np.tile(run.x, (k, 1)),
        overlaps=np.eye(k),
        overlap_errors=None,
        weights=np.array([weight for _, weight in cost.ensemble]),
        references=_of(cost),
        runs=(run,),
        nfev=ended.nfev + nfev,
        shots=ended.shots + shots,
        done=0 if ended.cut else k,
    )


def _of(cost: Problem) -> tuple[str, ...]:
    """The computational states with which the circuits begin."""
    found = []
    for circuit, _ in cost.ensemble:
        mask, n = 0, circuit.n_qubits
        for op in circuit.ops:
            if getattr(op, "name", "") != "x":
                break
            mask ^= op.support
        found.append(format(mask, f"0{n}b"))
    return tuple(found)
