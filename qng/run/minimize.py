"""Minimising the energy of a problem."""

from __future__ import annotations

import warnings
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qng import checks
from qng.errors import InputError
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.plan.cloud import Cloud, is_cloud
from qng.plan.executor import Executor, Service
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.foreign import origin
from qng.problem.problem import Problem
from qng.run.durable.keeping import Keeping
from qng.run.followed import followed
from qng.run.journal import Journal
from qng.run.recipe import settings_of
from qng.run.results import Run
from qng.run.stop import Rules, StopRule
from qng.run.target import as_problem, device_for, problem_and_point
from qng.run.task import Task, Watch
from qng.seeds import Key, key_of

if TYPE_CHECKING:
    from qng.run.ledger import Ledger

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
    executor: str | Executor | Service | Cloud = "statevector",
    shots: Shots | None = None,
    gradient: By | str | None = None,
    watch: Watch | None = None,
    journal: Journal | None = None,
    ledger: str | PathLike[str] | Ledger | Keeping | None = None,
    max_seconds: float | None = None,
    progress: Any = False,
    **hyperparameters: Any,
) -> Run:
    """Minimise the energy of a problem.

    Args:
        problem: A problem, its name in the library, a folder, or a QNode; or one of a model
            (`qng.models`), of which nothing is executed: executor and shots are left out then.
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
            step is one evaluation then. The energy at the end has a tenth of it more.
            `PerCircuit(N)`: N for every circuit, at the end too. None: exact.
        gradient: Gradient estimator; "auto" is exact where the executor can.
        watch: Told of every step; raise StopIteration to end the run.
        journal: What the run notes. One of a run that was cut continues it, with the same problem,
            method, start, executor, shots and seed; its steps are those of a run that was not.
        ledger: The file in which the run is kept, so that `resume` can go on with it after
            whatever has ended it; made where there is none. On a service "qng-runs.db" by default.
        max_seconds: QPU seconds that it may be charged; it parks where the next job does not fit.
        progress: True: a bar, in a notebook and in a terminal.
        hyperparameters: Of a method given by name, such as lr, damping, metric, every, trust; None
            is the method's own. trust=math.inf gives steps as published (`optimizers`).

    Returns:
        The run, also when it had to stop (`failed`, `message`) or was interrupted by Ctrl-C
        (`interrupted`): its trace is kept. One in a ledger that was interrupted, or cannot go on
        now, is there as it is, with its job.

    Raises:
        InputError: Bad input, before anything is computed.
        Waiting: A run in a ledger cannot go on, and no energy is known yet.
        KeyboardInterrupt: Before anything was done.
        Exception: Whatever a function of yours raises, such as `watch`; the run so far is the
            attribute `partial` of the exception.

    Cost: per step one gradient, one metric where the method has one, and its search.

    Example:
        >>> import qng
        >>> run = qng.minimize("one-qubit", "qng", steps=60, tol=1e-9)
        >>> round(run.fun, 6), run.success
        (-1.414214, True)
    """
    given = {key: value for key, value in hyperparameters.items() if value is not None}
    watchers = [] if watch is None else [watch]
    if callable(progress):
        given["progress"], progress = progress, False
    shows = progress is not None and checks.flag("progress", progress)
    for name in _FORMER.keys() & given.keys():
        message = f"the argument {name} of minimize will go: use {_FORMER[name]}"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
    if callback := given.pop("callback", None):
        watchers.append(callback)
    if former := given.pop("progress", None):
        watchers.append(lambda step: former(step.step + 1, steps, step.energy))
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
        chosen = with_gradient(chosen, gradient)
    base = problem_and_point(whole, None if origin(problem) else start)[1]
    device = device_for(whole, executor, shots)
    task = Task(
        problem=whole,
        base=base,
        method=chosen,
        rules=Rules(int(steps), tol, stop),
        device=device,
        shots=checked_shots(shots),
        seed=key_of(seed),
        watchers=tuple(watchers),
        settings=settings_of(executor, device),
    )
    kept = ledger is not None or is_cloud(device)
    if not kept and max_seconds is not None:
        raise InputError(f"max_seconds is for devices that charge, not for {device.name}")
    if kept and journal is not None:
        raise InputError("a run in a ledger has its journal there: leave journal out")

    def done(*shown: Watch) -> Run:
        if not kept:
            seen = replace(task, watchers=(*shown, *task.watchers)) if shown else task
            return seen.run(label, journal)
        from qng.run.durable.driven import begun

        return begun(task, label, ledger, executor, max_seconds, shown)

    if not shows:
        return done()
    with followed(label, whole, task.rules.steps) as stepped:
        return done(stepped)


def with_gradient(method: Any, gradient: By | str) -> Method:
    """A method with another estimator of the gradient.

    Raises:
        InputError: It has no gradient.
    """
    if getattr(method, "gradient", None) is None:
        raise InputError("a gradient estimator is given for a method that has no gradient")
    changed: Method = replace(method, gradient=gradient)
    return changed
