"""A method from its parts: M_t dtheta_t = -eta_t s_t.

s, memory = signal(grad)          M, memory = precondition(g)
d = solve(M, s)                   dtheta = search(d), through post
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, norm
from qng.errors import InputError
from qng.geometry import Before, Metric, Solution, Solver, Tikhonov
from qng.optimize.accept import Accept, Always
from qng.optimize.direction import direction_error
from qng.optimize.method import Done, NotFiniteError, State, Step
from qng.optimize.precondition import Euclidean, Precondition, Wanted, placed
from qng.optimize.search.descent import Descent, Move, Search, check, rounds
from qng.optimize.search.post import AsIs, Post
from qng.optimize.shots import metric_share
from qng.optimize.signal import Plain, Signal
from qng.plan.deal import split
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Energy, Measured, Objective


@dataclass(frozen=True)
class Optimizer:
    """A method: the parts of M dtheta = -eta s. A combination of your own is a constructor call.

    Args:
        search: eta, or how the step along d is found: `Constant`, a schedule, `TrustRegion`,
            `Armijo`, `PlaneSearch`, `Geodesic`, a function of your own.
        precondition: M: `Euclidean`, a running diagonal, or `MeasuredMetric`.
        signal: s.
        solve: How M d = s is solved; with a damping of 1e-3 by default.
        post: What becomes of -eta d.
        gradient: How the gradient is estimated: "auto", "exact", "parameter-shift",
            "finite-difference", "spsa", with options as By("spsa", draws=2).
        accept: Whether steps are kept: `Always`, `Blocking`.

    Raises:
        InputError: Parts that are none, or do not go together.

    Example:
        >>> from qng.optimize.precondition import MeasuredMetric
        >>> from qng.optimize.search.length import Constant
        >>> mine = Optimizer(Constant(0.1), MeasuredMetric("blocks", every=5), solve=Tikhonov(1e-2))
    """

    search: Search
    precondition: Precondition = Euclidean()
    signal: Signal = Plain()
    solve: Solver = Tikhonov()
    post: Post = AsIs()
    gradient: By | str = By("auto")
    accept: Accept = Always()

    def __post_init__(self) -> None:
        for name, member in _MEMBERS.items():
            part = getattr(self, name)
            if isinstance(part, type) or not hasattr(part, member):
                raise InputError(
                    f"{name} must be a part of an optimizer, such as Constant(0.1) or "
                    f"MeasuredMetric('blocks'), not {part!r}"
                )
        object.__setattr__(self, "gradient", By.of(self.gradient))
        check(self.search, self)

    def init(self, theta: ArrayLike) -> State:
        """The state before the first step; theta has shape (P,)."""
        return State.at(np.asarray(theta, dtype=float))

    def next(self, objective: Objective, state: State, told: Sequence[Any]) -> Plan[Any] | Done:
        """First what is measured at theta, then what the search asks for, then the step.

        Raises:
            InputError: The objective has no such metric or gradient; before anything is asked.
            NotFiniteError: A measured value is a NaN or an infinity.
            SingularMetricError: M d = s has no solution.
        """
        if not told:
            if state.step == 0:
                check(self.search, self, objective, state)
                placed(self.precondition, objective)
            return self._here(objective, state)
        measured: Measured = told[0]
        if not measured.is_finite():
            raise NotFiniteError
        energy = measured.energy.at(0)
        noted = self.noted(state, energy)
        if noted.undone > state.undone:
            gain = _gain(state, energy)
            return Done(noted.but(gain=gain), self._undone(state, measured))
        at = self._descent(objective, noted, measured, energy)
        found = self.search(at, told[1:])
        if not isinstance(found, Move):
            return self._round(found, len(told)) if isinstance(found, Plan) else found
        at = found.at or at
        return self._finished(at, found, self._direction_error(at, noted, measured))

    def _here(self, objective: Objective, state: State) -> Plan[Measured]:
        """What is measured at theta, as one plan."""

        def plan() -> Plan[Measured]:
            plans = split(self.measurements(objective, state), state.share)
            here = join(plans).map(lambda values: Measured(**values), rigid=True)
            return here.of_step(1 - sum(rounds(self.search)))

        if self.signal.point(state.theta, state.change) is not state.theta:
            return plan()
        wanted = self.precondition.wants(state)
        if wanted is not None and wanted.theta is not state.theta:
            return plan()
        what = None if wanted is None else (wanted.by, wanted.products)
        return objective.again(self, what, state.theta, plan)

    def _round(self, plan: Plan[Any], number: int) -> Plan[Any]:
        """A round of the search, with its share of the shots of the step."""
        shares = rounds(self.search)
        if plan.share < 1:
            return plan
        if number > len(shares):
            # Without shots nothing is shared out.
            return plan.of_step(math.nan)
        return plan.of_step(shares[number - 1])

    def noted(self, state: State, energy: Energy[float]) -> State:
        """The state once the energy at theta is known, by `accept`."""
        return self.accept.noted(state, energy)

    def measurements(self, objective: Objective, state: State) -> dict[str, Plan[Any]]:
        """What is measured at theta: "energy", "gradient", and "metric" where one is due.

        Raises:
            InputError: The objective has no such metric or gradient.
        """
        plans: dict[str, Plan[Any]] = {
            "energy": objective.energy(state.theta[None]),
            "gradient": objective.gradient(
                self.signal.point(state.theta, state.change), By.of(self.gradient)
            ),
        }
        wanted = self.precondition.wants(state)
        if wanted is not None:
            products = wanted.products and not self.solve.needs_matrix
            plans["metric"] = objective.metric(wanted.theta, wanted.by, products)
        return plans

    def _descent(
        self, objective: Objective, state: State, measured: Measured, energy: Energy[float]
    ) -> Descent:
        """The direction at theta, and the state with what the parts now carry."""
        gradient = measured.gradient
        assert gradient is not None
        number = state.step - state.undone + 1
        wanted = self.precondition.wants(state)
        new, current = measured.metric, state.metric
        if wanted is not None and not wanted.anew:
            new, current = None, measured.metric
        memory = state.memory
        s, of_signal = self.signal(gradient.value, memory.get("signal", {}), number)
        precondition = placed(self.precondition, objective)
        metric, of_metric = precondition(
            new, current, gradient.value, memory.get("metric", {}), number
        )
        # Of another signal than the gradient itself it is not known.
        covariance = gradient.covariance if s is gradient.value else None
        before = Before(state.change, _gain(state, energy), memory.get("solve", {}), covariance)
        solution = self.solve(metric, s, before)
        memory = {
            "signal": of_signal,
            "metric": of_metric,
            "solve": solution.memory,
            "search": memory.get("search", {}),
        }
        carried: dict[str, Any] = {"memory": memory, "gain": None}
        if wanted is not None or state.metric is not None:
            carried |= _kept(metric, wanted)
            carried["age"] = 1 if new is not None else state.age + 1
            if gradient.covariance is not None:
                carried["share"] = metric_share(
                    state.share, gradient, metric, solution.direction, solution.damping
                )

        def again(v: Array) -> Solution:
            told = replace(before, gain=None, memory=solution.memory, other=True)
            return self.solve(metric, v, told)

        state = state.but(**carried)
        here = objective, state, energy, gradient.value
        return Descent(*here, metric, solution, again, self.post, covariance)

    def _direction_error(self, at: Descent, before: State, measured: Measured) -> float | None:
        """The standard error of d along itself; `before` is the state without what is new.

        None where M is made of the gradients, whose errors then are in both.
        """
        assert measured.gradient is not None
        if measured.gradient.covariance is None and at.metric.std_error is None:
            return None
        if measured.metric is None and before.metric is None and self.precondition != Euclidean():
            return None
        memory, number = before.memory.get("signal", {}), before.step - before.undone + 1
        return direction_error(
            measured.gradient,
            at.metric,
            at.direction,
            at.solve,
            lambda gradient: self.signal(gradient, memory, number)[0],
            at.solution.inner,
        )

    def _finished(self, at: Descent, move: Move, direction_error: float | None) -> Done:
        state, metric, solution, change = at.state, at.metric, at.solution, move.change
        predicted = -float(change.dot(at.gradient))
        step = Step.at(
            state,
            at.energy,
            eta=move.eta,
            gradient_norm=norm(at.gradient),
            length=metric.length(change),
            metric=type(metric).__name__,
            rank=solution.rank,
            condition=solution.condition,
            iterations=solution.iterations,
            damping=solution.damping,
            predicted=predicted,
            direction_error=direction_error,
        )
        state = state.but(
            memory={**state.memory, "search": move.memory},
            theta=state.theta + change,
            step=state.step + 1,
            change=change,
            energy=at.energy.value,
            predicted=predicted,
        )
        return Done(state, step)

    def _undone(self, state: State, measured: Measured) -> Step:
        assert measured.gradient is not None
        return Step.at(
            state,
            measured.energy.at(0),
            eta=0.0,
            gradient_norm=norm(measured.gradient.value),
            length=0.0,
            predicted=0.0,
            accepted=False,
        )


# What makes an object a part.
_MEMBERS: Final = {
    "search": "__call__",
    "precondition": "wants",
    "signal": "point",
    "solve": "needs_matrix",
    "post": "__call__",
    "accept": "noted",
}


def _gain(state: State, energy: Energy[float]) -> float | None:
    """Actual over predicted decrease of the last step; None where there was none."""
    if math.isnan(state.predicted):
        return state.gain
    return (state.energy - energy.value) / state.predicted if state.predicted else math.nan


def _kept(metric: Metric, wanted: Wanted | None) -> dict[str, Any]:
    """What later steps need: the metric, or the point where its products can be had again."""
    if wanted is not None and not wanted.kept:
        return {}
    if metric.has_matrix:
        return {"metric": metric, "measured_at": None}
    return {} if wanted is None else {"metric": None, "measured_at": wanted.theta}
