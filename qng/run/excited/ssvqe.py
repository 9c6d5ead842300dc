"""Levels at once: the weighted sum of energies of orthogonal states, minimised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng.estimate import energy as energies
from qng.optimize.method import Method
from qng.plan.executor import Executor
from qng.plan.shots import Shots
from qng.problem.levels import Sector, levels
from qng.problem.problem import Problem
from qng.problem.subspace import subspace
from qng.run.excited.remarks import out_of_order, summed
from qng.run.excited.results import ExcitedStates
from qng.run.excited.settings import Settings, exact_energies, goal_of, whole_problem
from qng.seeds import Key


def ssvqe(
    problem: Problem | str | Path | Any,
    states: int = 2,
    *,
    weights: ArrayLike | None = None,
    references: Sequence[str] | None = None,
    within: Sector | None = None,
    method: str | Method = "qng",
    start: Any = None,
    starts: int = 1,
    seed: Key = 0,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
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
        within: Symmetries with their values, such as {qng.symmetries.particle_number(4): 2}, of
            the references and of the levels to compare with: for circuits that conserve them.
            Others need a penalty (`qng.symmetries.penalised`).
        method: As of `minimize`.
        start: As of `minimize`.
        starts: From how many starts, the first being the problem's own; the lowest end is kept.
        seed: Of everything that is drawn.
        executor: By name or as an object.
        shots: For all circuits of a step together, and for each state at the end. None: exact.
        options: All else of `minimize`: steps, tol, gradient, lr, ...

    Returns:
        Energies with errors, in the order of the references; `run` of the weighted sum is solved
        where every level is within the accuracy (`qng.excited.subspace`).

    Raises:
        InputError: As `qng.excited.subspace` and `minimize`.

    Cost: K times the circuits of a run.

    Reference: Nakanishi, Mitarai, Fujii, arXiv:1810.09434.

    Example:
        >>> import qng
        >>> found = qng.excited.ssvqe("lih", 3, steps=100)
        >>> found.solved
        (True, True, True)
    """
    whole = whole_problem(problem, start, "ssvqe")
    settings = Settings.of(method, starts, seed, executor, shots, options)
    cost = subspace(whole, states, weights, references, within)
    k, h = len(cost.ensemble), whole.observable
    exact_levels = levels(h, k, whole.circuit.n_qubits, within)
    run = settings.lowest(cost)
    ensemble, observable = settings.on(cost.ensemble, h)
    measured = settings.measured(
        [energies.expectation(circuit, observable, run.x) for circuit, _ in ensemble]
    )
    found = np.array([one.value[0] for one in measured])
    errors = [one.std_error for one in measured]
    known = [error[0] for error in errors if error is not None]
    spread = np.array(known) if known else None
    points = np.tile(run.x, (k, 1))
    exact = None if settings.is_exact else exact_energies(cost.ensemble, h, points)
    return ExcitedStates(
        method="ssvqe",
        goal=goal_of(whole, exact_levels),
        energies=found,
        std_error=spread,
        points=points,
        exact=exact,
        levels=exact_levels,
        overlaps=np.eye(k),
        overlap_errors=None,
        weights=np.array([weight for _, weight in cost.ensemble]),
        references=_of(cost),
        runs=(run,),
        message=summed(
            out_of_order(found, spread, whole.accuracy, "give more steps or starts"), [run]
        ),
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
