"""Runs that have ended or were cut, continued from where they are.

What a run needs to go on is its state after the last step, the number of its next batch, and its
recipe. The steps that follow are those of a run that was never cut.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from qng import checks
from qng.errors import InputError
from qng.optimize.method import Step
from qng.run.again import Given, threads_as_then
from qng.run.journal import Journal
from qng.run.recipe import Recipe, machine, threads_of, versions
from qng.run.stop import Rules
from qng.run.task import Task, Watch

if TYPE_CHECKING:
    from typing import Any

    from qng.optimize.method import Method
    from qng.run.results import Run
    from qng.run.stop import StopRule


def resumed(
    run: Run,
    steps: int | None = None,
    *,
    tol: float | None = None,
    stop: StopRule | None = None,
    watch: Watch | None = None,
    executor: Any = None,
    problem: Any = None,
    method: str | Method | None = None,
) -> Run:
    """A run continued up to a limit on updates.

    Args:
        run: It has ended, or was cut.
        steps: Most updates in all, those that are done among them; by default the limit that it
            had.
        tol: Another one, such as a smaller one where the run has ended by it; 0: none that ends it
            before the energy stays as it is.
        stop: A stop rule; that of the run is not in a file.
        watch: Told of every further step.
        executor: To be given again where it was an object.
        problem: To be given again where it has functions of the user's.
        method: Likewise.

    Returns:
        The whole run: its first rows are those of `run`. At equal versions, threads and processor
        it is, to the bit, the run that would have gone so far at once.

    Raises:
        InputError: Fewer steps than are done, or something that is missing.

    Warns:
        UserWarning: It was begun with other versions or on another machine.
    """
    made = run.made
    if made is None:
        raise InputError("the run does not say how it was made, so it cannot go on")
    if run.reached is None and run.nit:
        raise InputError(
            "the run does not say its state after the last step: it was saved by an older qng; "
            "begin it again with more steps"
        )
    if made.stop and stop is None:
        raise InputError(
            f"the run began with the stop rule {made.stop}, which a file cannot keep: give it "
            "again, or another one, as stop="
        )
    if made.jobs:
        raise InputError(
            f"the jobs of the run on {made.executor} are in its ledger: go on with it there (`qng "
            "resume --steps`, `qng.resume(steps=)`)"
        )
    given = Given(problem, method, executor, stop)
    device = given.executor_of(made, made.threads)
    if made.executor != device.name:
        raise InputError(f"the run began on {made.executor}: it cannot go on on {device.name}")
    most = made.steps if steps is None else checks.whole("steps", steps)
    journal = _journal(run, made)
    _check_steps(run, journal, most, steps is not None)
    _warn(made)
    recipe = replace(
        made.longer(most),
        problem=given.problem_of(made.problem),
        method=given.method_of(made.method, run.method),
        tol=made.tol if tol is None else checks.not_negative("tol", tol),
        versions=versions(),
        machine=machine(),
        threads=made.threads or threads_of(device),
    )
    task = Task(
        problem=recipe.problem,
        base=recipe.start,
        method=recipe.method,
        rules=Rules(most, recipe.tol, stop),
        device=device,
        shots=recipe.shots,
        seed=recipe.seed,
        watchers=() if watch is None else (watch,),
        settings=recipe.settings,
    )
    with threads_as_then(made):
        return task.run(run.method, journal, recipe)


def _journal(run: Run, made: Recipe) -> Journal:
    """What the run has done, as it would have noted it."""
    if run.reached is None:
        return Journal()
    free = made.problem.free
    rows = [_noted(row, row.theta[free]) for row in run.trace.rows[: run.nit]]
    reached = run.reached
    return Journal(
        steps=[*rows, *reached.rest], state=reached.state, batch=reached.batch, recipe=""
    )


def _noted(row: Step, theta: Any) -> Step:
    """A row without what was known of it at the end of the run only."""
    return row.but(theta=theta, exact=math.nan, fidelity=math.nan)


def _check_steps(run: Run, journal: Journal, most: int, asked: bool) -> None:
    """Refuse a limit that leaves nothing to do, or too little."""
    done = len(journal.steps)
    if most < done:
        raise InputError(f"{done} steps of the run are done: give steps={done + 1} or more")
    if most == done and not asked and not run.interrupted:
        raise InputError(f"all {done} steps of the run are done: give steps=, more than {done}")


def _warn(made: Recipe) -> None:
    here = versions()
    other = [f"{k} {v}" for k, v in made.versions.items() if here.get(k) != v]
    if made.machine and made.machine != machine():
        other.append(made.machine)
    if other:
        warnings.warn(
            f"the run was begun with {', '.join(other)}: from here on it goes on with what is "
            "installed here, and may be another one than at once",
            stacklevel=4,
        )
