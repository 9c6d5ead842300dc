"""Levels one after the other, each kept apart from those below by penalties for overlaps."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.optimize.method import Method
from qng.plan.executor import Executor
from qng.plan.shots import Shots
from qng.problem.problem import Problem
from qng.run.excited.deflated import Deflated
from qng.run.excited.keeping import kept
from qng.run.excited.ladder import Ladder
from qng.run.excited.results import ExcitedStates
from qng.run.excited.settings import Settings, Told
from qng.run.partial import keep_partial
from qng.seeds import Key


def vqd(
    problem: Problem | str | Path | Any,
    states: int = 2,
    *,
    beta: ArrayLike | None = None,
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
    """The lowest levels one after the other, by variational quantum deflation.

        C_k(theta) = <H> + sum_{j < k} beta_j |<psi_j|psi(theta)>|^2

    Args:
        problem: Of one circuit.
        states: K, how many levels.
        beta: beta_j, one number or shape (K - 1,), in the unit of H; it has to exceed the distance
            from level j to the highest one that is asked for. By default a tenth of sum |c_i| over
            the words of H without the constant, and 1.2 of the distance from E_j to what the level
            cannot exceed by the lowest determinants; where that has not kept a state apart, once
            more with 2.2 sum |c_i|, within which all levels are.
        within: Symmetries, or their names in the problem, with their values, such as
            {qng.symmetries.particle_number(4): 2} or {"N": 2}, of the levels to compare with: for
            circuits that conserve them. Others need a penalty (`qng.symmetries.penalised`).
        method: As of `minimize`; "newton" has the Hessian with the penalties, other metrics of an
            observable are refused.
        start: As of `minimize`, of every state.
        starts: From how many starts every state is looked for, the first being the problem's own;
            the lowest end is kept.
        seed: Of everything that is drawn.
        executor: By name or as an object.
        shots: For all circuits of a step together, and for each state at the end. None: exact.
        save: A file, written after every state. One that holds the same search is gone on with,
            also with more states than it has.
        told: Told (runs that are done, of how many, a note).
        options: All else of `minimize`: steps, tol, gradient, watch, lr, ...

    Returns:
        Energies of H with errors, without penalties, and all overlaps; `message` says where a
        penalty was too small. Errors are those of <H> at the points: where a level below has not
        converged, E_k may lie below its own level, of which they say nothing. After Ctrl-C the
        states so far (`interrupted`).

    Raises:
        InputError: As `minimize`; several circuits, or penalties that are not positive.
        KeyboardInterrupt: Before anything was done.
        Exception: Whatever happens in a run; the states before it are its attribute `partial`.

    Cost: K runs; the run of state k has k overlaps for every energy.

    Reference: Higgott, Wang, Brierley, arXiv:1805.08138; the default of beta is ours.

    Example:
        >>> import qng
        >>> found = qng.excited.vqd("lih", 2, steps=100)
        >>> found.solved
        (True, True)
    """
    given = None if beta is None else checks.reals("beta", beta)
    settings = Settings.of(
        "vqd",
        problem,
        states,
        start,
        within,
        method,
        starts,
        seed,
        executor,
        shots,
        told,
        options,
        {"beta": given},
    )
    weights = None if given is None else _checked_beta(given, settings.sought.states)
    if settings.sought.states > 1:
        whole = settings.problem
        settings.check(Deflated(whole, whole.initial[None], np.ones(1)))
    file, known = kept(save, "vqd", settings.sought)
    ladder = Ladder(settings, weights, known)
    try:
        while ladder.goes_on:
            ladder.climb()
            if file is not None:
                ladder.result().save(file)
    except KeyboardInterrupt:
        if not ladder.rungs:
            raise
    except Exception as error:
        if ladder.rungs:
            keep_partial(error, ladder.result())
        raise
    return ladder.result()


def _checked_beta(beta: Array, count: int) -> Array:
    """The penalties of every state but the last, shape (K - 1,)."""
    found = np.full(count - 1, float(beta)) if beta.ndim == 0 else beta
    if found.shape != (count - 1,) or not np.all(np.isfinite(found) & (found > 0)):
        raise InputError(
            f"beta is a positive number, or one for each of the {count - 1} state(s) below the "
            f"last, not {beta.tolist()!r}"
        )
    return found
