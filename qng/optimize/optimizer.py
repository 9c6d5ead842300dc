"""One optimisation step, M_t dtheta_t = -eta_t s_t, as pure functions of what is carried.

`plan` says what has to be measured at a state, `update` turns the measurement into the next
state. A step may take two rounds: a line search measures its trial lengths in the second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.errors import InputError
from qng.metrics import Metric
from qng.optimize.post import AsIs, Post
from qng.optimize.precondition import Euclidean, MeasuredMetric, Precondition
from qng.optimize.signal import Memory, Plain, Signal
from qng.optimize.stepsize import Armijo, StepSize
from qng.plan import Energy, GradientEstimate, Measured, Objective, Plan, join
from qng.solve import AdaptiveTikhonov, Solution, Solver, Tikhonov

Array = NDArray[np.float64]


@dataclass(frozen=True)
class State:
    """What is carried from step to step: arrays and numbers only.

    Args:
        theta: Shape (P,), radians.
        step: Updates done.
        change: The last dtheta, shape (P,).
        energy: The last measured energy.
        predicted: Predicted decrease of the last step, -dtheta . grad.
        damping: Of the next solve, where it adapts.
        metric: The last measured metric.
        signal: What the signal carries.
        precondition: What the metric carries.
        search: The step under line search; None between steps.
    """

    theta: Array
    step: int
    change: Array
    energy: float = math.nan
    predicted: float = math.nan
    damping: float = math.nan
    metric: Metric | None = None
    signal: Memory = field(default_factory=dict)
    precondition: Memory = field(default_factory=dict)
    search: Search | None = None


@dataclass(frozen=True)
class Search:
    """A direction whose length is being looked for."""

    gradient: Array
    metric: Metric
    solution: Solution
    energy: Energy


@dataclass(frozen=True)
class Step:
    """What is reported of a step; the first four are of the point from which it starts.

    Args:
        step: Updates done before it.
        theta: Shape (P,), radians.
        energy: <H>, units of the observable.
        std_error: Of the energy; None where exact.
        energy_variance: <H^2> - <H>^2 of the state, or NaN.
        fidelity: Weight of the state in the ground space, or NaN; known at the end of a run.
        eta: Step size.
        gradient_norm: Euclidean norm of the gradient.
        length: sqrt(dtheta^T M dtheta) in the metric M of the method.
        rank: Of M.
        condition: Of what was inverted.
        damping: lambda of the solve.
        predicted: -dtheta . grad, the decrease to first order.
        evaluations: Circuit evaluations so far, this step included.
        shots: Shots so far; 0 where exact.
        seconds: Wall time so far.
    """

    step: int
    theta: Array
    energy: float
    std_error: float | None = None
    energy_variance: float = math.nan
    fidelity: float = math.nan
    eta: float = math.nan
    gradient_norm: float = math.nan
    length: float = math.nan
    rank: int = 0
    condition: float = math.nan
    damping: float = math.nan
    predicted: float = math.nan
    evaluations: int = 0
    shots: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Optimizer:
    """A method: the parts of M dtheta = -eta s. A combination of your own is a constructor call.

    Args:
        stepsize: eta.
        precondition: M: `Euclidean`, a running diagonal, or `MeasuredMetric`.
        signal: s.
        solve: How M d = s is solved; without damping by default.
        post: What becomes of -eta d.
        gradient: The gradient estimator by name: "auto", "exact", "parameter-shift",
            "finite-difference".

    Example:
        >>> from qng.optimize.stepsize import Constant
        >>> mine = Optimizer(Constant(0.1), MeasuredMetric("blocks", every=5), solve=Tikhonov(1e-2))
    """

    stepsize: StepSize | Armijo
    precondition: Precondition | MeasuredMetric = Euclidean()
    signal: Signal = Plain()
    solve: Solver = Tikhonov()
    post: Post = AsIs()
    gradient: str = "auto"

    def __post_init__(self) -> None:
        for name in ("stepsize", "precondition", "signal", "solve", "post"):
            part = getattr(self, name)
            if not (callable(part) or isinstance(part, (Armijo, MeasuredMetric))):
                raise InputError(
                    f"{name} must be a part of an optimizer, such as Constant(0.1) or "
                    f"MeasuredMetric('blocks'), not {part!r}"
                )

    def init(self, theta: ArrayLike) -> State:
        """The state before the first step; theta has shape (P,)."""
        start = np.array(theta, dtype=float)
        damping = self.solve.damping if isinstance(self.solve, AdaptiveTikhonov) else math.nan
        return State(theta=start, step=0, change=np.zeros_like(start), damping=damping)

    def plan(self, objective: Objective, state: State) -> Plan[Measured]:
        """What has to be measured next.

        Raises:
            InputError: The method needs a metric and the objective has none.
        """
        if state.search is not None and isinstance(self.stepsize, Armijo):
            lengths = self.stepsize.lengths[:, None]
            direction = state.search.solution.direction
            moves = np.array([self.post(-eta * direction, state.change) for eta in lengths])
            return objective.energy(state.theta + moves).map(Measured)
        point = self.signal.point(state.theta, state.change)
        parts: dict[str, Plan[Any]] = {
            "energy": objective.energy(state.theta[None]),
            "gradient": objective.gradient(point),
        }
        if self._refreshes(state):
            if objective.metric is None:
                raise InputError("the method needs a measured metric and the objective has none")
            parts["metric"] = objective.metric(state.theta)
        return join(parts).map(lambda values: Measured(**values))

    def update(self, state: State, measured: Measured) -> tuple[State, Step | None]:
        """The next state and the step's report; None while a line search is not finished.

        Args:
            state: Where the measurement was planned.
            measured: What the plan reduced to.
        """
        if state.search is not None and isinstance(self.stepsize, Armijo):
            search = state.search
            eta = self.stepsize.chosen(
                float(search.energy.value[0]),
                float(search.solution.direction @ search.gradient),
                measured.energy.value,
            )
            # A step that is not taken ends the motion of a heavy ball, too.
            change = state.change if eta else np.zeros_like(state.change)
            return self._finished(replace(state, search=None, change=change), search, eta)
        assert measured.gradient is not None
        return self._directed(state, measured.energy, measured.gradient, measured.metric)

    def _refreshes(self, state: State) -> bool:
        return isinstance(self.precondition, MeasuredMetric) and (
            state.metric is None or state.step % self.precondition.every == 0
        )

    def _directed(
        self,
        state: State,
        energy: Energy,
        gradient: GradientEstimate,
        measured_metric: Metric | None,
    ) -> tuple[State, Step | None]:
        number = state.step + 1
        s, signal = self.signal(gradient.value, state.signal, number)
        metric: Metric | None
        if isinstance(self.precondition, MeasuredMetric):
            metric = state.metric if measured_metric is None else measured_metric
            state, memory = replace(state, metric=metric), state.precondition
        else:
            metric, memory = self.precondition(gradient.value, state.precondition, number)
        assert metric is not None
        solver = self.solve
        if isinstance(solver, AdaptiveTikhonov):
            damping = state.damping
            if state.step > 0:
                decrease = state.energy - float(energy.value[0])
                gain = decrease / state.predicted if state.predicted else math.nan
                damping = solver.adjusted(damping, gain)
                state = replace(state, damping=damping)
            solver = Tikhonov(damping)
        search = Search(gradient.value, metric, solver(metric, s), energy)
        state = replace(state, signal=signal, precondition=memory)
        if isinstance(self.stepsize, Armijo):
            return replace(state, search=search), None
        eta = self.stepsize(number, search.solution.direction, metric)
        return self._finished(state, search, eta)

    def _finished(self, state: State, search: Search, eta: float) -> tuple[State, Step]:
        change = self.post(-eta * search.solution.direction, state.change)
        predicted = -float(change @ search.gradient)
        energy = search.energy
        step = Step(
            step=state.step,
            theta=state.theta,
            energy=float(energy.value[0]),
            std_error=None if energy.std_error is None else float(energy.std_error[0]),
            energy_variance=math.nan if energy.spread is None else float(energy.spread[0]),
            eta=eta,
            gradient_norm=float(np.linalg.norm(search.gradient)),
            length=math.sqrt(max(float(change @ search.metric.matvec(change)), 0.0)),
            rank=search.solution.rank,
            condition=search.solution.condition,
            damping=search.solution.damping,
            predicted=predicted,
        )
        next_state = replace(
            state,
            theta=state.theta + change,
            step=state.step + 1,
            change=change,
            energy=step.energy,
            predicted=predicted,
        )
        return next_state, step
