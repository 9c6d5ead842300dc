"""Levels one after the other, each kept apart from those below by penalties for overlaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.estimate import penalty
from qng.optimize.method import Method
from qng.plan.executor import Executor
from qng.plan.plan import Plan, join
from qng.plan.shots import Shots
from qng.problem.levels import Sector, levels
from qng.problem.problem import Problem
from qng.problem.symmetries import strength
from qng.run.excited import remarks
from qng.run.excited.deflated import Deflated
from qng.run.excited.deflated import states as states_at
from qng.run.excited.results import ExcitedStates
from qng.run.excited.settings import Settings, exact_energies, goal_of, whole_problem
from qng.run.results import Run
from qng.seeds import Key

# How much more than the bound asks for.
_MARGIN: Final = 1.1


def vqd(
    problem: Problem | str | Path | Any,
    states: int = 2,
    *,
    beta: ArrayLike | None = None,
    within: Sector | None = None,
    method: str | Method = "qng",
    start: Any = None,
    starts: int = 1,
    seed: Key = 0,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    **options: Any,
) -> ExcitedStates:
    """The lowest levels one after the other, by variational quantum deflation.

        C_k(theta) = <H> + sum_{j < k} beta_j |<psi_j|psi(theta)>|^2

    Args:
        problem: Of one circuit.
        states: K, how many levels.
        beta: beta_j, one number or shape (K - 1,), in the unit of H; it has to exceed the distance
            from level j to the highest one that is asked for. By default 2.2 sum |c_k| over the
            words of H without the constant: all levels lie within 2 sum |c_k|. Smaller ones, such
            as twice the distance, make the run easier and errors from shots smaller.
        within: Symmetries with their values, such as {qng.symmetries.particle_number(4): 2}, of
            the levels to compare with: for circuits that conserve them. Others need a penalty
            (`qng.symmetries.penalised`).
        method: As of `minimize`; without metrics of an observable, such as the Hessian.
        start: As of `minimize`, of every state.
        starts: From how many starts every state is looked for, the first being the problem's own;
            the lowest end is kept.
        seed: Of everything that is drawn.
        executor: By name or as an object.
        shots: For all circuits of a step together, and for each state at the end. None: exact.
        options: All else of `minimize`: steps, tol, gradient, lr, ...

    Returns:
        Energies of H with errors, without penalties, and all overlaps; `message` says where a
        penalty was too small. Errors are those of <H> at the points: where a level below has not
        converged, E_k may lie below its own level, of which they say nothing.

    Raises:
        InputError: As `minimize`; several circuits, or penalties that are not positive.

    Cost: K runs; the run of state k has k overlaps for every energy.

    Reference: Higgott, Wang, Brierley, arXiv:1805.08138.

    Example:
        >>> import qng
        >>> found = qng.excited.vqd("lih", 2, beta=1.0, steps=100)
        >>> found.solved
        (True, True)
    """
    whole = whole_problem(problem, start, "vqd")
    settings = Settings.of(method, starts, seed, executor, shots, options)
    n, h = whole.circuit.n_qubits, whole.observable
    count = checks.whole("states", states, 1)
    if count > 2**n:
        raise InputError(f"{n} qubits have {2**n} states, and {count} are asked for")
    exact_levels = levels(h, count, n, within)
    weights = _checked_beta(beta, count, h)
    if count > 1:
        settings.check(Deflated(whole, whole.initial[None], weights[:1]))
    runs: list[Run] = []
    for k in range(count):
        cost = whole if k == 0 else _next(whole, runs, weights[:k])
        runs.append(settings.lowest(cost, k))
    points = np.array([run.x for run in runs])
    ensemble, observable = settings.on(whole.ensemble, h)
    told = settings.measured([_ends(ensemble[0][0], observable, points, k) for k in range(count)])
    found = np.array([one["energy"].value[0] for one in told])
    counted = told[0]["energy"].std_error is not None
    spread = np.array([one["energy"].std_error[0] for one in told]) if counted else None
    overlaps, overlap_errors = np.eye(count), np.zeros((count, count))
    for k in range(1, count):
        overlaps[k, :k] = overlaps[:k, k] = told[k]["overlaps"].value
        if counted:
            overlap_errors[k, :k] = overlap_errors[:k, k] = told[k]["overlaps"].std_error
    known_errors = overlap_errors if counted else None
    exact = exact_overlaps = None
    if not settings.is_exact:
        exact = exact_energies(whole.ensemble * count, h, points)
    if exact is not None:
        psi = states_at(whole.circuit, points)
        exact_overlaps = np.abs(psi.conj() @ psi.T) ** 2
    # Where levels are not known, they lie within 2 sum |c_k|.
    enough = np.full((count, count), 2 * strength(h))
    if exact_levels is not None:
        enough = exact_levels[:, None] - found
    noticed = [
        *(
            remarks.penalties(found, spread, overlaps, known_errors, weights, enough)
            if exact_overlaps is None
            else remarks.penalties(found, spread, exact_overlaps, None, weights, enough)
        ),
        *remarks.out_of_order(
            found, spread, whole.accuracy, "one below had not converged; give more steps or starts"
        ),
    ]
    return ExcitedStates(
        method="vqd",
        goal=goal_of(whole, exact_levels),
        energies=found,
        std_error=spread,
        points=points,
        exact=exact,
        levels=exact_levels,
        overlaps=overlaps,
        overlap_errors=known_errors,
        weights=weights,
        references=(),
        runs=tuple(runs),
        message=remarks.summed(noticed, runs),
        exact_overlaps=exact_overlaps,
    )


def _next(whole: Problem, runs: list[Run], weights: Array) -> Deflated:
    name = whole.name and f"{whole.name}, state {len(runs)}"
    return Deflated(whole, np.array([run.x for run in runs]), weights, name)


def _ends(circuit: Circuit, observable: PauliSum, points: Array, k: int) -> Plan[Any]:
    """<H> of state k, and its overlaps with those below."""
    plans: dict[str, Plan[Any]] = {"energy": energies.expectation(circuit, observable, points[k])}
    if k:
        plans["overlaps"] = penalty.overlaps(circuit, points[:k], points[k][None])
    return join(plans)


def _checked_beta(beta: ArrayLike | None, count: int, observable: PauliSum) -> Array:
    if beta is None:
        # A constant has one level, of all states.
        return np.full(count - 1, _MARGIN * 2 * strength(observable) or 1.0)
    given = checks.reals("beta", beta)
    if given.ndim == 0:
        given = np.full(count - 1, float(given))
    if given.shape != (count - 1,) or not np.all(np.isfinite(given) & (given > 0)):
        raise InputError(
            f"beta is a positive number, or one for each of the {count - 1} state(s) below the "
            f"last, not {beta!r}"
        )
    return given
