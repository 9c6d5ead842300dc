"""Minimising the energy of a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from qng import checks
from qng.errors import InputError
from qng.optimize.optimizer import Optimizer, Step
from qng.optimize.search.length import Armijo, Constant
from qng.plan.executor import Executor
from qng.problem.foreign import origin
from qng.problem.problem import Problem
from qng.run.driver import End, Loop, Rules, StopRule
from qng.run.resolve import Method, as_problem, problem_and_point
from qng.run.resolve import executor as executor_of
from qng.run.resolve import method as method_of
from qng.run.results import Run, Trace
from qng.seeds import Key, extended


def minimize(
    problem: Problem | str | Path | Any,
    method: str | Method = "qng",
    *,
    steps: int = 100,
    start: Any = None,
    tol: float | None = None,
    stop: StopRule | None = None,
    seed: Key = 0,
    executor: str | Executor = "statevector",
    shots: int | None = None,
    lr: float | None = None,
    damping: float | None = None,
    metric: str | None = None,
    every: int | None = None,
    gradient: str | None = None,
    label: str | None = None,
    progress: Callable[[int, int, float], None] | None = None,
    callback: Callable[[Step], None] | None = None,
) -> Run:
    """Minimise the energy of a problem.

    Args:
        problem: A problem, its name in the library, a folder, or a QNode.
        method: A name of `optimizers.METHODS` or `controls.CONTROLS`, or one of these.
        steps: Most updates.
        start: Shape (P,), radians; the problem's own by default. For a QNode its argument, or a
            tuple of its arguments.
        tol: Stop when the energy changes by no more than this from one step to the next, or by
            no more than the standard error of the change, where that is larger.
        stop: A rule of your own: the energies so far (one a step) -> why to stop, or None.
        seed: Of everything that is drawn: an integer, or several that name a stream.
        executor: By name or as an object.
        shots: For all circuits of one batch together, which is a step, or one of the rounds of a
            step that searches; controls ask for batches as they go. None: exact.
        lr: Learning rate, for a method given by name.
        damping: Of the solve, for a method given by name.
        metric: Metric estimator, for a method given by name.
        every: Measure the metric every so many steps, for a method given by name.
        gradient: Gradient estimator; "auto" is exact where the executor can.
        label: What the run calls its method; by default the name.
        progress: Called with (steps done, steps, energy) after every step.
        callback: Called with every step; raise StopIteration to end the run.

    Returns:
        The run, also when it had to stop (`failed`, `message`): its trace is kept.

    Raises:
        InputError: Bad input, before anything is computed.

    Cost: per step one gradient, one metric where the method has one, and its line search.
    """
    whole = as_problem(problem, start)
    checks.whole("steps", steps)
    if tol is not None:
        checks.not_negative("tol", tol)
    given = {"lr": lr, "damping": damping, "metric": metric, "every": every}
    chosen = method_of(method, {key: value for key, value in given.items() if value is not None})
    if gradient is not None:
        chosen = _with_gradient(chosen, gradient)
    base = problem_and_point(whole, None if origin(problem) else start)[1]
    device = executor_of(executor)
    rules = Rules(int(steps), tol, stop, progress, callback)
    loop = Loop(whole, base, chosen, device, shots, extended(seed))
    end = loop.run(rules)
    rows = loop.closed()
    if not end.failed and not end.met and not loop.stuck(tol):
        # The last update has not been judged yet.
        path = [(row.energy, row.std_error or 0.0) for row in rows]
        reason = rules.met(path)
        end = End(reason, met=True) if reason else end
    reference = whole.reference_energy()
    return Run(
        method=label or (method if isinstance(method, str) else "optimizer"),
        problem=whole.name,
        x=rows[-1].theta,
        fun=rows[-1].energy,
        std_error=rows[-1].std_error,
        nit=len(rows) - 1,
        nfev=rows[-1].evaluations,
        success=not end.failed and (end.met or (tol is None and stop is None)),
        failed=end.failed,
        message=end.message,
        trace=Trace(tuple(rows)),
        reference=None if reference is None else reference.energy,
        accuracy=whole.accuracy,
        unit=whole.unit,
        learning_rate=learning_rate(chosen),
    )


def _with_gradient(method: Any, gradient: str) -> Method:
    if method.gradient is None:
        raise InputError("a gradient estimator is given for a method that has no gradient")
    changed: Method = replace(method, gradient=gradient)
    return changed


def learning_rate(optimizer: Method) -> float | None:
    """eta where it is constant, or the first one; None for a schedule of your own."""
    if not isinstance(optimizer, Optimizer):
        return None
    if isinstance(optimizer.stepsize, (Constant, Armijo)):
        return optimizer.stepsize.lr
    return getattr(optimizer.stepsize, "lr", None)
