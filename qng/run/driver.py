"""One run while it goes on: measure, update, report, until a rule says stop."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from qng.arrays import Array
from qng.errors import NoisyMetricWarning, QngError, SingularMetricError
from qng.geometry import Implicit, noise_report
from qng.optimize.controls import Ask, Control
from qng.optimize.optimizer import Optimizer, State, Step
from qng.plan.deal import PILOT, split
from qng.plan.executor import Executor
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.quantities import Energy, Measured, Objective
from qng.plan.request import Request
from qng.plan.request import State as StateMeasure
from qng.problem.problem import Problem
from qng.run.resolve import Method, answer, measured_metric, objective, warn_of_surrogate
from qng.seeds import EXECUTION
from qng.seeds import seed as seed_of

T = TypeVar("T")
StopRule = Callable[[Sequence[float]], str | None]
Seen = list[tuple[float, float]]

# States held at once when the fidelities of a run are computed.
_POINTS: Final = 64

# A line search that fails so often in succession will not succeed.
_REJECTED: Final = 10

# A step this long (radians) says nothing about where it leads.
_DIVERGED: Final = 1e4


class End(NamedTuple):
    """Why a run ended, whether it failed, and whether a stop rule was met."""

    message: str
    failed: bool = False
    met: bool = False


@dataclass(frozen=True)
class Rules:
    """When a run ends, and who is told of its steps; see `minimize`."""

    steps: int
    tol: float | None = None
    stop: StopRule | None = None
    progress: Callable[[int, int, float], None] | None = None
    callback: Callable[[Step], None] | None = None

    def met(self, seen: Sequence[tuple[float, float]]) -> str | None:
        """Why energies, with their standard errors, are reason to stop; None where they are not."""
        reason = _settled(seen, self.tol)
        return reason or (self.stop([energy for energy, _ in seen]) if self.stop else None)


class Loop:
    """The state of a run, the rows so far and what they cost."""

    def __init__(
        self,
        whole: Problem,
        base: Array,
        method: Method,
        device: Executor,
        shots: int | None,
        key: tuple[int, ...],
    ) -> None:
        self.whole = whole
        self.base = base
        self.problem = whole.reduced(base)
        self.method = method
        self.device = device
        self.shots = shots
        self.key = key
        self.rows: list[Step] = []
        self.batches = 0
        self.evaluations = 0
        self.spent = 0
        self.warned = False
        self.began = time.perf_counter()
        start = self.problem.initial
        # Names that are unknown, and what cannot be sampled, are found before anything is spent.
        self._goal()
        if isinstance(method, Optimizer):
            self.state = method.init(start)
            metric = measured_metric(self.problem, method, device, shots is not None)
            if metric is not None:
                warn_of_surrogate(device, metric, stacklevel=4)
        else:
            method.check([circuit for circuit, _ in self.problem.ensemble])
            self.state = State(theta=start, step=0, change=np.zeros_like(start))
        space = whole.ground_space() if StateMeasure in device.answers else None
        self.ground = None if space is None else space[1]

    def run(self, rules: Rules) -> End:
        """Step until the limit, a stop rule, the callback or a failure."""
        if self.problem.circuit.n_parameters == 0:
            return End("nothing to optimise: no free parameter", met=True)
        try:
            if isinstance(self.method, Optimizer):
                return self._optimized(self.method, rules)
            return self._controlled(self.method, rules)
        except SingularMetricError as error:
            return End(f"stopped at step {self.state.step}: {error}", failed=True)
        except QngError as error:
            if not self.rows:
                raise
            return End(f"stopped at step {self.state.step}: {error}", failed=True)

    def _optimized(self, optimizer: Optimizer, rules: Rules) -> End:
        seen: Seen = []
        rejected = 0
        while self.state.step < rules.steps:
            measured = self._measured(optimizer)
            if self.state.search is None:
                reason = _not_finite(measured, self.state.step)
                if reason:
                    return End(reason, failed=True)
                # A step that is about to be undone says nothing about convergence.
                if not optimizer.rejects(self.state, measured.energy):
                    seen.append(_value_and_error(measured.energy))
                    reason = None if self.stuck(rules.tol) else rules.met(seen)
                    if reason:
                        return End(reason, met=True)
            state, step = optimizer.update(self.state, measured)
            if step is None:
                self.state = state
                continue
            length = float(np.linalg.norm(state.change))
            if not length < _DIVERGED:
                return End(
                    f"diverged at step {step.step}: a step of {length:.1e} radians; "
                    "lower the learning rate or raise the damping",
                    failed=True,
                )
            self.state = state
            if self._told(step, rules):
                return End("stopped by the callback", met=True)
            rejected = rejected + 1 if step.eta == 0 and step.accepted else 0
            if rejected == _REJECTED:
                return End(f"stopped: the line search found no decrease in {rejected} steps")
        return End(f"all {rules.steps} steps done")

    def _controlled(self, control: Control, rules: Rules) -> End:
        """A method that pulls: it asks for batches where it likes."""
        seen: Seen = []
        ended: list[End] = []

        def energy(points: Array) -> Energy[Array]:
            return self._answer(self._goal().energy(points))

        def measured(theta: Array) -> Measured:
            goal = self._goal()
            parts: dict[str, Plan[Any]] = {
                "energy": goal.energy(theta[None]),
                "gradient": goal.gradient(theta),
            }
            found = self._answer(join(split(parts, PILOT)))
            return Measured(**found)

        def report(step: Step, to: Array) -> bool:
            seen.append((step.energy, step.std_error or 0.0))
            reason = rules.met(seen)
            if reason:
                ended.append(End(reason, met=True))
                return True
            change = to - self.state.theta
            self.state = replace(self.state, theta=to, change=change, step=self.state.step + 1)
            if self._told(step, rules):
                ended.append(End("stopped by the callback", met=True))
            return bool(ended)

        circuits = [circuit for circuit, _ in self.problem.ensemble]
        finish = control.run(circuits, Ask(energy, measured), self.state.theta, rules.steps, report)
        return ended[0] if finish is None else End(*finish)

    def _told(self, step: Step, rules: Rules) -> bool:
        """Note a step and tell of it; whether the callback ends the run."""
        self.rows.append(self._reported(step))
        if rules.progress:
            rules.progress(self.state.step, rules.steps, step.energy)
        if rules.callback:
            try:
                rules.callback(self.rows[-1])
            except StopIteration:
                return True
        return False

    def stuck(self, tol: float | None) -> bool:
        """Whether the last step was not taken although the gradient promises more than tol."""
        if not self.rows or tol is None:
            return False
        last = self.rows[-1]
        return last.eta == 0 and last.gradient_norm**2 > tol

    def closed(self) -> list[Step]:
        """The rows, and the final point with its energy measured freshly.

        Where that undoes the last step, the final point is the one before it, measured once more.
        The energy is NaN at a point where the circuit is not defined, which ended the run.
        """
        step = Step(step=self.state.step, theta=self.state.theta, energy=math.nan)
        try:
            last = self._answer(self._goal().energy(step.theta[None]))
            kept = self.state.accepted
            undone = isinstance(self.method, Optimizer) and self.method.rejects(self.state, last)
            if undone and kept is not None:
                step = replace(step, theta=kept.theta)
                last = self._answer(self._goal().energy(step.theta[None]))
        except QngError:
            if not self.rows:
                raise
            return self._judged([*self.rows, self._reported(step)])
        energy, error = _value_and_error(last)
        step = replace(
            step,
            energy=energy,
            std_error=None if last.std_error is None else error,
            energy_variance=math.nan if last.variance is None else float(last.variance[0]),
        )
        return self._judged([*self.rows, self._reported(step)])

    def _measured(self, optimizer: Optimizer) -> Measured:
        measured = self._answer(optimizer.plan(self._goal(), self.state))
        # Where metrics are averaged, a single one may well be noise.
        averaged = getattr(optimizer.precondition, "average", None) is not None
        if measured.metric is not None and not (self.warned or averaged):
            report = noise_report(measured.metric)
            if report is not None:
                self.warned = True
                warnings.warn(f"step {self.state.step}: {report}", NoisyMetricWarning, stacklevel=5)
        return measured

    def _goal(self) -> Objective:
        """What the method may ask for, with random directions of this batch."""
        key = (*self.key, self.batches)
        return objective(self.problem, self.method, self.device, self.counting, key)

    @property
    def counting(self) -> bool:
        """Whether bits are counted."""
        return self.shots is not None

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
        metric = measured.metric
        values.append(metric.b if isinstance(metric, Implicit) else metric.dense())
    if all(np.all(np.isfinite(value)) for value in values):
        return None
    return f"stopped at step {step}: a measured value is not finite"


def _value_and_error(energy: Energy[Array]) -> tuple[float, float]:
    error = 0.0 if energy.std_error is None else float(energy.std_error[0])
    return float(energy.value[0]), error


def _settled(seen: Sequence[tuple[float, float]], tol: float | None) -> str | None:
    if tol is None or len(seen) < 2:
        return None
    change, noise = abs(seen[-1][0] - seen[-2][0]), math.hypot(seen[-1][1], seen[-2][1])
    if change > max(tol, noise):
        return None
    limit = f"tol is {tol:g}" if tol >= noise else f"its standard error is {noise:.1e}"
    return f"converged: the energy changed by {change:.1e}, {limit}"
