"""The loop: measure, update, report, until a rule says stop."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from qng.errors import InputError, NoisyMetricWarning, QngError, SingularMetricError
from qng.foreign import origin
from qng.noisy import noise_report
from qng.optimize.optimizer import Optimizer, State, Step
from qng.optimize.stepsize import Armijo, Constant
from qng.plan import Energy, Executor, Measured, Objective, Plan
from qng.problem import Problem
from qng.request import Request
from qng.request import State as StateMeasure
from qng.resolve import answer, as_problem, objective, problem_and_point
from qng.resolve import executor as executor_of
from qng.resolve import method as method_of
from qng.results import Run, Trace
from qng.sampling import sampled
from qng.seeds import EXECUTION, Key, extended
from qng.seeds import seed as seed_of

Array = NDArray[np.float64]
T = TypeVar("T")
StopRule = Callable[[Sequence[float]], str | None]

# States held at once when the fidelities of a run are computed.
_POINTS: Final = 64

# A line search that fails so often in succession will not succeed.
_REJECTED: Final = 10

# A step this long (radians) says nothing about where it leads.
_DIVERGED: Final = 1e4


def minimize(
    problem: Problem | str | Path | Any,
    method: str | Optimizer = "qng",
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
        method: A name of `optimizers.METHODS`, or an optimizer.
        steps: Most updates.
        start: Shape (P,), radians; the problem's own by default. For a QNode its argument, or a
            tuple of its arguments.
        tol: Stop when the energy changes by no more than this from one step to the next, or by
            no more than the standard error of the change, where that is larger.
        stop: A rule of your own: the energies so far (one a step) -> why to stop, or None.
        seed: Of everything that is drawn: an integer, or several that name a stream.
        executor: By name or as an object.
        shots: For all circuits of one step together; None: exact.
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
    if not isinstance(steps, (int, np.integer)) or steps < 0:
        raise InputError(f"steps must be a whole number that is not negative, not {steps!r}")
    if tol is not None and not (math.isfinite(tol) and tol >= 0):
        raise InputError(f"tol must be a number that is not negative, not {tol}")
    given = {"lr": lr, "damping": damping, "metric": metric, "every": every}
    optimizer = method_of(method, {key: value for key, value in given.items() if value is not None})
    if gradient is not None:
        optimizer = replace(optimizer, gradient=gradient)
    base = problem_and_point(whole, None if origin(problem) else start)[1]
    device = executor_of(executor)
    loop = _Loop(whole, base, optimizer, device, shots, extended(seed))
    end = loop.run(steps, tol, stop, progress, callback)
    rows = loop.closed()
    if not end.failed and not end.met and not loop.stuck(tol):
        # The last update has not been judged yet.
        path = [(row.energy, row.std_error or 0.0) for row in rows]
        reason = _met(path, tol) or (stop([e for e, _ in path]) if stop else None)
        end = _End(reason, met=True) if reason else end
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
        learning_rate=learning_rate(optimizer),
    )


def learning_rate(optimizer: Optimizer) -> float | None:
    """eta where it is constant, or the first one; None for a schedule of your own."""
    if isinstance(optimizer.stepsize, (Constant, Armijo)):
        return optimizer.stepsize.lr
    return getattr(optimizer.stepsize, "lr", None)


class _End(NamedTuple):
    """Why a run ended, whether it failed, and whether a stop rule was met."""

    message: str
    failed: bool = False
    met: bool = False


class _Loop:
    """One run while it goes on: the state, the rows so far and what they cost."""

    def __init__(
        self,
        whole: Problem,
        base: Array,
        optimizer: Optimizer,
        device: Executor,
        shots: int | None,
        key: tuple[int, ...],
    ) -> None:
        self.whole = whole
        self.base = base
        self.problem = whole.reduced(base)
        self.optimizer = optimizer
        self.device = device
        self.shots = shots
        self.key = key
        self.rows: list[Step] = []
        self.batches = 0
        self.evaluations = 0
        self.spent = 0
        self.warned = False
        self.began = time.perf_counter()
        self.state: State = optimizer.init(self.problem.initial)
        # Names that are unknown, and what cannot be sampled, are found before anything is spent.
        self._goal()
        space = whole.ground_space() if StateMeasure in device.answers else None
        self.ground = None if space is None else space[1]

    @property
    def counting(self) -> bool:
        """Whether bits are counted."""
        return self.shots is not None

    def run(
        self,
        steps: int,
        tol: float | None,
        stop: StopRule | None,
        progress: Callable[[int, int, float], None] | None,
        callback: Callable[[Step], None] | None,
    ) -> _End:
        """Step until the limit, a stop rule, the callback or a failure."""
        if self.problem.circuit.n_parameters == 0:
            return _End("nothing to optimise: no free parameter", met=True)
        seen: list[tuple[float, float]] = []
        rejected = 0
        while self.state.step < steps:
            try:
                measured = self._measured()
                if self.state.search is None:
                    seen.append(_value_and_error(measured.energy))
                    reason = _not_finite(measured, self.state.step)
                    if reason:
                        return _End(reason, failed=True)
                    reason = None if self.stuck(tol) else _met(seen, tol)
                    reason = reason or (stop([e for e, _ in seen]) if stop else None)
                    if reason:
                        return _End(reason, met=True)
                state, step = self.optimizer.update(self.state, measured)
            except SingularMetricError as error:
                return _End(f"stopped at step {self.state.step}: {error}", failed=True)
            except QngError as error:
                if not self.rows:
                    raise
                return _End(f"stopped at step {self.state.step}: {error}", failed=True)
            if step is None:
                self.state = state
                continue
            length = float(np.linalg.norm(state.change))
            if not length < _DIVERGED:
                return _End(
                    f"diverged at step {step.step}: a step of {length:.1e} radians; "
                    "lower the learning rate or raise the damping",
                    failed=True,
                )
            self.state = state
            self.rows.append(self._reported(step))
            rejected = rejected + 1 if step.eta == 0 else 0
            if rejected == _REJECTED:
                return _End(f"stopped: the line search found no decrease in {rejected} steps")
            if progress:
                progress(self.state.step, steps, step.energy)
            if callback:
                try:
                    callback(self.rows[-1])
                except StopIteration:
                    return _End("stopped by the callback", met=True)
        return _End(f"all {steps} steps done")

    def stuck(self, tol: float | None) -> bool:
        """Whether the last step was not taken although the gradient promises more than tol."""
        if not self.rows or tol is None:
            return False
        last = self.rows[-1]
        return last.eta == 0 and last.gradient_norm**2 > tol

    def closed(self) -> list[Step]:
        """The rows, and the final point with its energy measured freshly.

        The energy is NaN at a point where the circuit is not defined, which ended the run.
        """
        step = Step(step=self.state.step, theta=self.state.theta, energy=math.nan)
        try:
            last = self._answer(self._goal().energy(step.theta[None]))
        except QngError:
            if not self.rows:
                raise
            return self._judged([*self.rows, self._reported(step)])
        step = replace(
            step,
            energy=float(last.value[0]),
            std_error=None if last.std_error is None else float(last.std_error[0]),
            energy_variance=math.nan if last.spread is None else float(last.spread[0]),
        )
        return self._judged([*self.rows, self._reported(step)])

    def _measured(self) -> Measured:
        measured = self._answer(self.optimizer.plan(self._goal(), self.state))
        if measured.metric is not None and not self.warned:
            report = noise_report(measured.metric)
            if report is not None:
                self.warned = True
                warnings.warn(f"step {self.state.step}: {report}", NoisyMetricWarning, stacklevel=4)
        return measured

    def _goal(self) -> Objective:
        """What the optimizer may ask for, with random directions of this batch."""
        key = (*self.key, self.batches)
        return objective(self.problem, self.optimizer, self.device, self.counting, key)

    def _answer(self, plan: Plan[T]) -> T:
        """Execute one batch."""
        if self.shots is not None:
            plan = sampled(plan, self.shots)
        cost = plan.cost
        seed = seed_of(*self.key, self.batches, EXECUTION)
        self.batches += 1
        answered = answer(self.device, plan, seed=seed)
        self.evaluations += cost.points
        self.spent += cost.shots
        return answered

    def _reported(self, step: Step) -> Step:
        return replace(
            step,
            theta=self.whole.expand(step.theta, self.base) if self.whole.frozen else step.theta,
            evaluations=self.evaluations,
            shots=self.spent,
            seconds=time.perf_counter() - self.began,
        )

    def _judged(self, rows: list[Step]) -> list[Step]:
        """The rows with their fidelities: a diagnostic of the simulator, no evaluation."""
        if self.ground is None:
            return rows
        defined = [row for row in rows if not math.isnan(row.energy)]
        circuit = self.problem.circuit
        found: list[float] = []
        for start in range(0, len(defined), _POINTS):
            thetas = np.array([row.theta for row in defined[start : start + _POINTS]])
            angles = circuit.angles(thetas[:, self.whole.free])
            plan = Plan((Request(circuit, angles, StateMeasure()),), lambda results: results[0])
            overlaps = self.ground.conj() @ answer(self.device, plan).T
            found += np.sum(np.abs(overlaps) ** 2, axis=0).tolist()
        return [*map(_with_fidelity, defined, found), *rows[len(defined) :]]


def _with_fidelity(row: Step, fidelity: float) -> Step:
    return replace(row, fidelity=fidelity)


def _not_finite(measured: Measured, step: int) -> str | None:
    values = [measured.energy.value]
    if measured.gradient is not None:
        values.append(measured.gradient.value)
    if measured.metric is not None:
        values.append(measured.metric.dense())
    if all(np.all(np.isfinite(value)) for value in values):
        return None
    return f"stopped at step {step}: a measured value is not finite"


def _value_and_error(energy: Energy) -> tuple[float, float]:
    error = 0.0 if energy.std_error is None else float(energy.std_error[0])
    return float(energy.value[0]), error


def _met(seen: Sequence[tuple[float, float]], tol: float | None) -> str | None:
    if tol is None or len(seen) < 2:
        return None
    change, noise = abs(seen[-1][0] - seen[-2][0]), math.hypot(seen[-1][1], seen[-2][1])
    if change > max(tol, noise):
        return None
    limit = f"tol is {tol:g}" if tol >= noise else f"its standard error is {noise:.1e}"
    return f"converged: the energy changed by {change:.1e}, {limit}"
