"""One optimisation step, M_t dtheta_t = -eta_t s_t, as pure functions of what is carried.

`plan` says what has to be measured at a state, `update` turns the measurement into the next
state. A step may take several rounds: a line search measures its trial lengths in the second,
and a geodesic its connection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.metric import Implicit, Metric
from qng.geometry.solve import AdaptiveTikhonov, Solution, Solver, Tikhonov
from qng.optimize.accept import Accepted, Always, Blocking
from qng.optimize.precondition import Euclidean, MeasuredMetric, Precondition
from qng.optimize.search.length import Armijo, StepSize
from qng.optimize.search.plane import PlaneSearch, Trial
from qng.optimize.search.post import AsIs, Geodesic, Post
from qng.optimize.signal import Memory, Plain, Signal
from qng.plan.plan import Plan, join
from qng.plan.quantities import Energy, GradientEstimate, Measured, Objective
from qng.plan.shots import PILOT, metric_share, split


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
        metric: The metric of the last step, where it is measured.
        age: Steps since a metric was measured.
        signal: What the signal carries.
        precondition: What the metric carries.
        accepted: The last point that was kept, where steps are judged. Where it is not theta, the
            step to theta has not been judged yet.
        undone: Steps that were not kept.
        share: Of the metric in the shots of metric and gradient together.
        search: The step that is not finished; None between steps.
    """

    theta: Array
    step: int
    change: Array
    energy: float = math.nan
    predicted: float = math.nan
    damping: float = math.nan
    metric: Metric | None = None
    age: int = 0
    signal: Memory = field(default_factory=dict)
    precondition: Memory = field(default_factory=dict)
    accepted: Accepted | None = None
    undone: int = 0
    share: float = PILOT
    search: Search | None = None


@dataclass(frozen=True)
class Search:
    """A direction, while more is measured before the step is taken."""

    gradient: Array
    metric: Metric
    solution: Solution
    energy: Energy[Array]
    trial: Trial | None = None


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
        eta: Step size; 0 where no step is taken.
        gradient_norm: Euclidean norm of the gradient.
        length: sqrt(dtheta^T M dtheta) in the metric M of the method.
        metric: The class of M: "Dense", "LowRank", "Implicit", "Blocks", "Diagonal", ...
        rank: Of M; None where M has no matrix.
        condition: Of what was inverted; see `Solution`.
        iterations: Products M v of an iterative solve; 0 where M was decomposed.
        damping: lambda of the solve.
        predicted: -dtheta . grad, the decrease to first order.
        evaluations: Circuit evaluations so far, this step included.
        shots: Shots so far; 0 where exact.
        seconds: Wall time so far.
        accepted: Whether the point was kept; False where the step to it was undone.
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
    metric: str = ""
    rank: int | None = 0
    condition: float = math.nan
    iterations: int = 0
    damping: float = math.nan
    predicted: float = math.nan
    evaluations: int = 0
    shots: int = 0
    seconds: float = 0.0
    accepted: bool = True


@dataclass(frozen=True)
class Optimizer:
    """A method: the parts of M dtheta = -eta s. A combination of your own is a constructor call.

    Args:
        stepsize: eta, or a search: `Armijo`, `PlaneSearch`.
        precondition: M: `Euclidean`, a running diagonal, or `MeasuredMetric`.
        signal: s.
        solve: How M d = s is solved; without damping by default.
        post: What becomes of -eta d.
        gradient: The gradient estimator by name: "auto", "exact", "parameter-shift",
            "finite-difference", "spsa".
        gradient_options: Keyword arguments of the gradient estimator, as pairs.
        accept: Whether steps are kept: `Always`, `Blocking`.

    Raises:
        InputError: Parts that are none, or do not go together.

    Example:
        >>> from qng.optimize.search.length import Constant
        >>> mine = Optimizer(Constant(0.1), MeasuredMetric("blocks", every=5), solve=Tikhonov(1e-2))
    """

    stepsize: StepSize | Armijo | PlaneSearch
    precondition: Precondition | MeasuredMetric = Euclidean()
    signal: Signal = Plain()
    solve: Solver = Tikhonov()
    post: Post | Geodesic = AsIs()
    gradient: str = "auto"
    gradient_options: tuple[tuple[str, Any], ...] = ()
    accept: Always | Blocking = Always()

    def __post_init__(self) -> None:
        for name, others in _PARTS.items():
            part = getattr(self, name)
            if not (isinstance(part, others) or (callable(part) and name != "accept")):
                raise InputError(
                    f"{name} must be a part of an optimizer, such as Constant(0.1) or "
                    f"MeasuredMetric('blocks'), not {part!r}"
                )
        if isinstance(self.stepsize, PlaneSearch) and self.post != AsIs():
            raise InputError("PlaneSearch has the last step in it: it takes no other post")
        if isinstance(self.post, Geodesic):
            if isinstance(self.stepsize, Armijo):
                raise InputError("Geodesic bends a step of a given length: not one of Armijo")
            if not _is_fubini(self.precondition):
                raise InputError(
                    "Geodesic needs a measured Fubini-Study metric, whose connection is known, "
                    f"not {self.precondition!r}"
                )

    def init(self, theta: ArrayLike) -> State:
        """The state before the first step; theta has shape (P,)."""
        start = np.array(theta, dtype=float)
        damping = self.solve.damping if isinstance(self.solve, AdaptiveTikhonov) else math.nan
        return State(theta=start, step=0, change=np.zeros_like(start), damping=damping)

    def plan(self, objective: Objective, state: State) -> Plan[Measured]:
        """What has to be measured next.

        Raises:
            InputError: The method needs a metric or a connection and the objective has none.
        """
        if state.search is not None:
            return self._further(objective, state, state.search)
        point = self.signal.point(state.theta, state.change)
        parts: dict[str, Plan[Any]] = {
            "energy": objective.energy(state.theta[None]),
            "gradient": objective.gradient(point),
        }
        if self._refreshes(state):
            if objective.metric is None:
                raise InputError("the method needs a measured metric and the objective has none")
            parts["metric"] = objective.metric(state.theta)
        return join(split(parts, state.share)).map(lambda values: Measured(**values))

    def update(self, state: State, measured: Measured) -> tuple[State, Step | None]:
        """The next state and the step's report; None while the step is not finished.

        Args:
            state: Where the measurement was planned.
            measured: What the plan reduced to.
        """
        if state.search is not None:
            return self._resumed(state, state.search, measured)
        energy, gradient = measured.energy, measured.gradient
        assert gradient is not None
        if isinstance(self.solve, AdaptiveTikhonov) and not math.isnan(state.predicted):
            decrease = state.energy - float(energy.value[0])
            gain = decrease / state.predicted if state.predicted else math.nan
            state = replace(state, damping=self.solve.adjusted(state.damping, gain))
        if isinstance(self.accept, Blocking):
            if self.rejects(state, energy):
                return self._undone(state, energy, gradient)
            accepted = self.accept.kept(state.accepted, state.theta, energy)
            state = replace(state, accepted=accepted)
        return self._directed(state, energy, gradient, measured.metric)

    def rejects(self, state: State, energy: Energy[Array]) -> bool:
        """Whether the step to theta is undone, now that the energy there is measured.

        The point kept before is then `state.accepted.theta`.
        """
        kept = state.accepted
        if not isinstance(self.accept, Blocking) or kept is None:
            return False
        judged = np.array_equal(kept.theta, state.theta)
        return not judged and self.accept.rejects(kept, energy)

    def _refreshes(self, state: State) -> bool:
        if not isinstance(self.precondition, MeasuredMetric):
            return False
        every = self.precondition.every
        return state.metric is None or (every is not None and state.age >= every)

    def _directed(
        self,
        state: State,
        energy: Energy[Array],
        gradient: GradientEstimate,
        measured_metric: Metric | None,
    ) -> tuple[State, Step | None]:
        number = state.step - state.undone + 1
        s, signal = self.signal(gradient.value, state.signal, number)
        metric, memory = self._metric(state, gradient.value, measured_metric, number)
        solution = self._solver(state)(_warm(metric, state.change), s)
        if isinstance(self.precondition, MeasuredMetric):
            age = 1 if measured_metric is not None else state.age + 1
            share = metric_share(
                state.share, gradient, metric, solution.direction, solution.damping
            )
            state = replace(state, metric=metric, age=age, share=share)
        search = Search(gradient.value, metric, solution, energy)
        state = replace(state, signal=signal, precondition=memory)
        if isinstance(self.stepsize, (Armijo, PlaneSearch)) or isinstance(self.post, Geodesic):
            return replace(state, search=search), None
        eta = self._eta(state, search)
        return self._finished(
            state, search, eta, self.post(-eta * solution.direction, state.change)
        )

    def _metric(
        self, state: State, gradient: Array, measured: Metric | None, number: int
    ) -> tuple[Metric, Memory]:
        if not isinstance(self.precondition, MeasuredMetric):
            return self.precondition(gradient, state.precondition, number)
        if self.precondition.average is not None:
            return self.precondition.average(measured, state.metric, gradient, state.precondition)
        metric = state.metric if measured is None else measured
        assert metric is not None
        return metric, state.precondition

    def _solver(self, state: State) -> Solver:
        return Tikhonov(state.damping) if isinstance(self.solve, AdaptiveTikhonov) else self.solve

    def _eta(self, state: State, search: Search) -> float:
        assert not isinstance(self.stepsize, (Armijo, PlaneSearch))
        return self.stepsize(state.step + 1, search.solution.direction, search.metric)

    def _further(self, objective: Objective, state: State, search: Search) -> Plan[Measured]:
        """What an unfinished step measures: energies at trials, or the connection."""
        direction = search.solution.direction
        if isinstance(self.stepsize, Armijo):
            assert not isinstance(self.post, Geodesic)
            lengths = self.stepsize.lengths[:, None]
            moves = np.array([self.post(-eta * direction, state.change) for eta in lengths])
        elif isinstance(self.stepsize, PlaneSearch):
            trial, alphas = search.trial, self.stepsize.alphas(direction, search.metric)
            grid = self.stepsize.grid(alphas, _moving(state))
            places = grid if trial is None else trial.fit[None]
            moves = places @ np.array([-direction, state.change])
        else:
            if objective.connection is None:
                raise InputError("the method needs a connection and the objective has none")
            step = -self._eta(state, search) * direction
            # Gamma_{i,jk} u^j u^k is a covector, as a gradient is.
            bend = objective.connection(state.theta, step)
            return bend.map(lambda found: Measured(search.energy, found))
        return objective.energy(state.theta + moves).map(Measured)

    def _resumed(
        self, state: State, search: Search, measured: Measured
    ) -> tuple[State, Step | None]:
        direction = search.solution.direction
        if isinstance(self.stepsize, Armijo):
            assert not isinstance(self.post, Geodesic)
            eta = self.stepsize.chosen(
                float(search.energy.value[0]),
                float(direction @ search.gradient),
                measured.energy.value,
            )
            # A step that is not taken ends the motion of a heavy ball, too.
            change = self.post(-eta * direction, state.change if eta else 0 * state.change)
            return self._finished(state, search, eta, change)
        if isinstance(self.stepsize, PlaneSearch):
            plane, start, found, trial = self.stepsize, search.energy, measured.energy, search.trial
            if trial is None:
                alphas = plane.alphas(direction, search.metric)
                trial, fits = plane.proposed(alphas, _moving(state), start, found)
                if fits:
                    return replace(state, search=replace(search, trial=trial)), None
                place = plane.chosen(start, trial, None)
            else:
                place = plane.chosen(start, trial, found)
            change = place @ np.array([-direction, state.change])
            return self._finished(state, search, float(place[0]), change)
        assert isinstance(self.post, Geodesic)
        assert measured.gradient is not None
        eta = self._eta(state, search)
        acceleration = self._solver(state)(search.metric, measured.gradient.value).direction
        change = self.post.corrected(-eta * direction, acceleration, search.metric)
        return self._finished(state, search, eta, change)

    def _undone(
        self, state: State, energy: Energy[Array], gradient: GradientEstimate
    ) -> tuple[State, Step]:
        """Back to the last point that was kept."""
        assert state.accepted is not None
        step = replace(_reported(state, energy, gradient.value), eta=0.0, length=0.0, predicted=0.0)
        next_state = replace(
            state,
            theta=state.accepted.theta,
            step=state.step + 1,
            change=np.zeros_like(state.theta),
            energy=step.energy,
            predicted=math.nan,
            age=state.age + 1,
            undone=state.undone + 1,
        )
        return next_state, replace(step, accepted=False)

    def _finished(
        self, state: State, search: Search, eta: float, change: Array
    ) -> tuple[State, Step]:
        predicted = -float(change @ search.gradient)
        step = replace(
            _reported(state, search.energy, search.gradient),
            eta=eta,
            length=math.sqrt(max(float(change @ search.metric.matvec(change)), 0.0)),
            metric=type(search.metric).__name__,
            rank=search.solution.rank,
            condition=search.solution.condition,
            iterations=search.solution.iterations,
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
            search=None,
        )
        return next_state, step


_PARTS: Final[dict[str, tuple[type, ...]]] = {
    "stepsize": (Armijo, PlaneSearch),
    "precondition": (MeasuredMetric,),
    "signal": (),
    "solve": (),
    "post": (Geodesic,),
    "accept": (Always, Blocking),
}


def _reported(state: State, energy: Energy[Array], gradient: Array) -> Step:
    return Step(
        step=state.step,
        theta=state.theta,
        energy=float(energy.value[0]),
        std_error=None if energy.std_error is None else float(energy.std_error[0]),
        energy_variance=math.nan if energy.variance is None else float(energy.variance[0]),
        gradient_norm=float(np.linalg.norm(gradient)),
    )


def _warm(metric: Metric, change: Array) -> Metric:
    """An iterative solve starts from the last step's direction."""
    return replace(metric, start=change) if isinstance(metric, Implicit) else metric


def _moving(state: State) -> bool:
    return bool(np.any(state.change))


def _is_fubini(precondition: Precondition | MeasuredMetric) -> bool:
    if not isinstance(precondition, MeasuredMetric):
        return False
    name = precondition.metric
    return not isinstance(name, str) or not name.startswith(("fisher", "hessian"))
