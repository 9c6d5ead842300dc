"""Minimising the energy of a problem."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, NoisyMetricWarning, QngError, SingularMetricError
from qng.execute.names import executor as executor_of
from qng.geometry import noise_report
from qng.optimize.method import End, Method, NotFiniteError, Step
from qng.optimize.methods import method as method_of
from qng.plan.executor import Executor, Service
from qng.plan.quantities import By, Energy, Measured
from qng.problem.foreign import origin
from qng.problem.given import as_problem, problem_and_point
from qng.problem.problem import Problem
from qng.run.bench import Bench
from qng.run.diagnose import diagnosed
from qng.run.driver import steps as steps_of
from qng.run.journal import Journal
from qng.run.objective import Circuits, warn_of_surrogate
from qng.run.recipe import Recipe, now, versions
from qng.run.results import Goal, Run, Trace
from qng.run.stop import Rules, StopRule
from qng.seeds import Key, extended

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
        shots: For all circuits of one batch together, which is a step, or one of the rounds of a
            step that searches; controls ask for batches as they go. None: exact.
        gradient: Gradient estimator; "auto" is exact where the executor can.
        watch: Told of every step; raise StopIteration to end the run.
        journal: What the run notes. One of a run that was cut continues it, with the same problem,
            method, start, executor, shots and seed; its steps are those of a run that was not.
        hyperparameters: Of a method given by name, such as lr, damping, metric, every; None is the
            method's own.

    Returns:
        The run, also when it had to stop (`failed`, `message`): its trace is kept.

    Raises:
        InputError: Bad input, before anything is computed.

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
        shots=shots,
        seed=seed,
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
        shots: For all circuits of a batch; None: exact.
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
        rows, end = _Going(self, Journal() if journal is None else journal).run()
        last = rows[-1]
        return Run(
            method=label,
            goal=Goal.of(self.problem),
            x=last.theta,
            fun=last.energy,
            std_error=last.std_error,
            nit=len(rows) - 1,
            nfev=last.evaluations,
            success=not end.failed and (end.met or self._as_asked(rows)),
            failed=end.failed,
            message=end.message,
            trace=Trace(tuple(rows)),
            learning_rate=learning_rate(self.method),
            made=recipe,
        )

    def _as_asked(self, rows: Sequence[Step]) -> bool:
        """Whether a run without rules has ended as asked.

        Where a method ends of its own accord it has converged by its own criteria; readings with
        errors meet these by chance, too.
        """
        if self.rules.tol is not None or self.rules.stop is not None:
            return False
        return len(rows) > self.rules.steps or not any(row.std_error for row in rows)


class _Going:
    """A run while it goes on: what is known of it beside the journal."""

    def __init__(self, task: Task, journal: Journal) -> None:
        self.task = task
        self.inner = task.problem.reduced(task.base)
        key = extended(task.seed)
        self.bench = Bench(task.device, task.shots, key, journal)
        self.objective = Circuits.of(self.inner, task.device, task.shots is not None, key)
        begun = journal.state
        self.state = task.method.init(self.inner.initial) if begun is None else begun
        self.rows = [self._whole(step) for step in journal.steps]
        self.here: Energy[float] | None = None
        self.warned = False
        self.lost = False

    def run(self) -> tuple[list[Step], End]:
        """The rows, the last of them the final point, and why it ended."""
        if self.inner.circuit.n_parameters == 0:
            end = End("nothing to optimise: no free parameter", met=True)
        else:
            self._refuse()
            end = self.task.rules.after(self.rows) or self._stepped()
        rows, judged = self._closed(end)
        if not end.failed and not end.met and judged:
            # The last update has not been judged yet.
            end = self.task.rules.met(self.rows, rows[-1]) or end
        if not end.failed and not end.met:
            unmet = self.task.rules.unmet(rows, self.task.shots)
            end = replace(end, message=f"{end.message}; {unmet}") if unmet else end
        task = self.task
        seen = diagnosed(rows, task.problem, self.inner, task.device, task.shots, self.lost)
        return seen, end

    def _refuse(self) -> None:
        """Refuse what cannot be had also where no step is done, and warn of surrogates."""
        if self.task.rules.steps == 0:
            self.task.method.next(self.objective.at(self.bench.batch), self.state, ())
        wants = getattr(getattr(self.task.method, "precondition", None), "wants", None)
        wanted = None if wants is None else wants(self.state)
        if wanted is not None:
            warn_of_surrogate(
                self.task.device, self.objective.metric_estimator(wanted.by), stacklevel=6
            )

    def _stepped(self) -> End:
        """Step until a rule, a watcher, the method or a failure ends it."""
        going = steps_of(self.task.method, self.objective, self.bench, self.state, self._met)
        try:
            while True:
                self.here = None
                self.state, step = next(going)
                self.here = None
                self.rows.append(self._whole(step))
                if end := self._told(self.rows[-1]) or self.task.rules.after(self.rows):
                    return end
        except StopIteration as stopped:
            ended: End = stopped.value
            return ended
        except QngError as error:
            self.lost = not isinstance(error, (SingularMetricError, NotFiniteError))
            if self.lost and not self.rows:
                raise
            return End(f"stopped at step {self.state.step}: {error}", failed=True)

    def _met(self, measured: Measured) -> End | None:
        """Judge the energy at a point, and warn once where the metric there is mostly noise."""
        here = measured.energy.at(0)
        if not math.isfinite(here.value):
            return None
        self.here = here
        average = getattr(getattr(self.task.method, "precondition", None), "average", None)
        # Where metrics are averaged, a single one may well be noise.
        if measured.metric is not None and average is None and not self.warned:
            report = noise_report(measured.metric)
            if report is not None:
                self.warned = True
                message = f"step {self.state.step}: {report}"
                warnings.warn(message, NoisyMetricWarning, stacklevel=7)
        end = self.task.rules.met(self.rows, self._whole(Step.at(self.state, here)))
        return None if end is None or not measured.is_finite() else end

    def _told(self, row: Step) -> End | None:
        """Tell the watchers of a step."""
        try:
            for watch in self.task.watchers:
                watch(row)
        except StopIteration:
            return End("stopped by the callback", met=True)
        return None

    def _closed(self, end: End) -> tuple[list[Step], bool]:
        """The rows with the final point, and whether the energy there is to be judged.

        It is measured freshly. Where that undoes the last step, the final point is the one before
        it, measured once more. After a failure nothing is measured any more: the energy is that
        of the step that failed, or NaN.
        """
        state, energy = self.state, self.here if end.failed else None
        judged = not end.failed
        try:
            if not end.failed:
                energy = self._fresh(state.theta)
                noted = self.task.method.noted(state, energy)
                if noted.undone > state.undone:
                    state, judged = replace(state, theta=noted.theta), False
                    energy = self._fresh(state.theta)
        except QngError:
            if not self.rows:
                raise
            energy, judged = None, False
        known = Energy(math.nan) if energy is None else energy
        last = replace(
            Step.at(state, known),
            evaluations=self.bench.evaluations,
            shots=self.bench.spent,
            seconds=self.bench.seconds,
        )
        return [*self.rows, self._whole(last)], judged

    def _fresh(self, theta: Array) -> Energy[float]:
        """The energy at a point, in a batch of its own."""
        return self.bench.ask(self.objective.energy(theta[None]), closing=True).at(0)

    def _whole(self, step: Step) -> Step:
        """The step with its frozen parameters."""
        problem = self.task.problem
        if not problem.frozen:
            return step
        return replace(step, theta=problem.expand(step.theta, self.task.base))


def _with_gradient(method: Any, gradient: By | str) -> Method:
    if getattr(method, "gradient", None) is None:
        raise InputError("a gradient estimator is given for a method that has no gradient")
    changed: Method = replace(method, gradient=gradient)
    return changed


def learning_rate(method: Method) -> float | None:
    """eta where it is constant, or the first one; None for a schedule of one's own."""
    rate: float | None = getattr(getattr(method, "search", None), "lr", None)
    return rate
