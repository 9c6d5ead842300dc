"""Minimising the energy of a problem."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.optimize.method import End, Method, Step
from qng.optimize.methods import method as method_of
from qng.optimize.methods import remedy
from qng.plan.executor import Executor, Service
from qng.plan.quantities import By
from qng.problem.foreign import origin
from qng.problem.given import as_problem, problem_and_point
from qng.problem.problem import Problem
from qng.run.going import Going
from qng.run.journal import Journal
from qng.run.partial import error_in_words, keep_partial
from qng.run.recipe import Recipe, now, versions
from qng.run.results import Goal, Run, Trace
from qng.run.stop import Rules, StopRule, rise
from qng.seeds import Key, key_of

Watch = Callable[[Step], Any]
"""Told of every step; it ends the run by raising StopIteration."""

# Names of arguments that are on their way out, and what is used instead.
_FORMER: Final = {
    "callback": "watch",
    "progress": "watch",
    "label": "compare, or a name of your own for the result",
}


def minimize(
    problem: Problem | str | Path | Any,
    method: str | Method = "qng",
    *,
    start: Any = None,
    steps: int = 100,
    tol: float | None = None,
    stop: StopRule | None = None,
    seed: Key = 0,
    executor: str | Executor | Service = "statevector",
    shots: int | None = None,
    gradient: By | str | None = None,
    watch: Watch | None = None,
    journal: Journal | None = None,
    **hyperparameters: Any,
) -> Run:
    """Minimise the energy of a problem.

    Args:
        problem: A problem, its name in the library, a folder, or a QNode.
        method: A name of `optimizers.METHODS` or `optimizers.CONTROLS`, or a method.
        start: Shape (P,), radians, or a mapping from parameters to values; the problem's own by
            default. For a QNode its argument, or a tuple of its arguments.
        steps: Most updates.
        tol: Stop when the energy changes by no more than this from one step to the next. With
            shots that is said of a line through the last 4, 8, 16, ... energies, and falsely of at
            most 1 % of the runs (`qng.run.trend`); a tolerance that these shots cannot resolve is
            not met, and the message says how many would do.
        stop: A rule of your own: the energies so far (one a step; readings, with shots) -> why to
            stop, or None.
        seed: Of everything that is drawn: an integer, or several that name a stream.
        executor: By name or as an object.
        shots: For all circuits of one step together, whatever its rounds; of SciPy's methods a
            step is one evaluation then. The energy at the end has a tenth of it more. None: exact.
        gradient: Gradient estimator; "auto" is exact where the executor can.
        watch: Told of every step; raise StopIteration to end the run.
        journal: What the run notes. One of a run that was cut continues it, with the same problem,
            method, start, executor, shots and seed; its steps are those of a run that was not.
        hyperparameters: Of a method given by name, such as lr, damping, metric, every, trust; None
            is the method's own. trust=math.inf gives steps as published (`optimizers`).

    Returns:
        The run, also when it had to stop (`failed`, `message`) or was interrupted by Ctrl-C
        (`interrupted`): its trace is kept.

    Raises:
        InputError: Bad input, before anything is computed.
        KeyboardInterrupt: Before anything was done.
        Exception: Whatever a function of yours raises, such as `watch`; the run so far is the
            attribute `partial` of the exception.

    Cost: per step one gradient, one metric where the method has one, and its search.
    """
    given = {key: value for key, value in hyperparameters.items() if value is not None}
    watchers = [] if watch is None else [watch]
    for name in _FORMER.keys() & given.keys():
        message = f"the argument {name} of minimize will go: use {_FORMER[name]}"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
    if callback := given.pop("callback", None):
        watchers.append(callback)
    if progress := given.pop("progress", None):
        watchers.append(lambda step: progress(step.step + 1, steps, step.energy))
    label = given.pop("label", None) or (method if isinstance(method, str) else "optimizer")
    for name, what in (("watch", watch), ("stop", stop)):
        if what is not None and not callable(what):
            raise InputError(f"{name} must be a function, not {what!r}")
    if journal is not None and not isinstance(journal, Journal):
        raise InputError(
            f"journal must be a Journal, such as loads(text) of qng.run.codec, not {journal!r}"
        )
    whole = as_problem(problem, start)
    checks.whole("steps", steps)
    if tol is not None:
        checks.not_negative("tol", tol)
    chosen = method_of(method, given)
    if gradient is not None:
        chosen = _with_gradient(chosen, gradient)
    base = problem_and_point(whole, None if origin(problem) else start)[1]
    task = Task(
        problem=whole,
        base=base,
        method=chosen,
        rules=Rules(int(steps), tol, stop),
        device=executor_of(executor),
        shots=checks.shots(shots),
        seed=key_of(seed),
        watchers=tuple(watchers),
    )
    return task.run(label, journal)


@dataclass(frozen=True)
class Task:
    """A run before it is done.

    Args:
        problem: With its frozen parameters.
        base: Where it starts, shape (P,).
        method: What steps.
        rules: When it ends.
        device: What answers.
        shots: For all circuits of a step; None: exact.
        seed: Of everything that is drawn.
        watchers: Told of every step.
    """

    problem: Problem
    base: Array
    method: Method
    rules: Rules
    device: Executor | Service
    shots: int | None
    seed: Key
    watchers: tuple[Watch, ...] = ()

    def run(self, label: str, journal: Journal | None = None) -> Run:
        """Do it, from where the journal is."""
        recipe = Recipe(
            problem=self.problem,
            method=self.method,
            start=self.base,
            steps=self.rules.steps,
            tol=self.rules.tol,
            seed=self.seed,
            executor=self.device.name,
            shots=self.shots,
            versions=versions(),
            date=now(),
        )
        if journal is not None:
            journal.begin(recipe.digest)
        going = Going(self, Journal() if journal is None else journal)
        try:
            rows, end = going.run()
        except Exception as error:
            rows = going.cut()
            if rows:
                end = End(f"stopped at step {len(rows) - 1}: {error_in_words(error)}", failed=True)
                keep_partial(error, self._result(label, rows, end, recipe))
            raise
        return self._result(label, rows, end, recipe)

    def _result(self, label: str, rows: Sequence[Step], end: End, recipe: Recipe) -> Run:
        last = rows[-1]
        return Run(
            method=label,
            goal=Goal.of(self.problem),
            x=last.theta,
            fun=last.energy,
            std_error=last.std_error,
            nit=len(rows) - 1,
            nfev=last.evaluations,
            success=not (end.failed or end.interrupted) and (end.met or self._as_asked(rows)),
            failed=end.failed,
            message=_ended(end, rise(rows[0], last), self.method),
            trace=Trace(tuple(rows)),
            learning_rate=learning_rate(self.method),
            made=recipe,
            interrupted=end.interrupted,
        )

    def _as_asked(self, rows: Sequence[Step]) -> bool:
        """Whether a run without rules has ended as asked.

        Where a method ends of its own accord it has converged by its own criteria; readings with
        errors meet these by chance, too.
        """
        if self.rules.tol is not None or self.rules.stop is not None:
            return False
        return len(rows) > self.rules.steps or not any(row.std_error for row in rows)


def _ended(end: End, risen: float, method: Method) -> str:
    """Why a run ended, and what to change where that was above its start."""
    if not risen:
        return end.message
    return f"{end.message}; the energy ended {risen:.3g} above its start: {remedy(method)}"


def _with_gradient(method: Any, gradient: By | str) -> Method:
    if getattr(method, "gradient", None) is None:
        raise InputError("a gradient estimator is given for a method that has no gradient")
    changed: Method = replace(method, gradient=gradient)
    return changed


def learning_rate(method: Method) -> float | None:
    """eta where it is constant, or the first one; None for a schedule of one's own."""
    rate: float | None = getattr(getattr(method, "search", None), "lr", None)
    return rate
