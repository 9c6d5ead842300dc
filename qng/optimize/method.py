"""A step is a pure function of what it has been told.

A method looks at its state and at the answers of this step so far, and returns what to ask next,
or the finished step. Nothing is remembered outside `State`, so that a run can be cut anywhere and
continued, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol, TypeVar, runtime_checkable

import numpy as np

from qng.arrays import Array, Memory
from qng.errors import QngError
from qng.geometry import Metric
from qng.plan.deal import PILOT
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, Objective


@dataclass(frozen=True)
class Accepted:
    """The last point that was kept, where steps are judged.

    Args:
        theta: Shape (P,), radians.
        energies: The last energies at kept points, the newest last.
        std_error: Of the newest; 0 where exact.
    """

    theta: Array
    energies: Array
    std_error: float


@dataclass(frozen=True, eq=False)
class State:
    """What is carried from step to step: arrays and numbers only.

    Args:
        theta: Shape (P,), radians.
        step: Updates done.
        change: The last dtheta, shape (P,).
        energy: The last measured energy; NaN before the first.
        predicted: Predicted decrease of the last step, -dtheta . grad; NaN where there is none.
        memory: What the parts of the method carry, by part.
        metric: The last metric, where later steps use it and it is an array.
        measured_at: Where it was measured, shape (P,), where it is known by its products only:
            then it is measured there again.
        age: Steps since a metric was measured.
        accepted: The last point that was kept, where steps are judged. Where it is not theta, the
            step to theta has not been judged yet.
        undone: Steps that were not kept.
        gain: Actual over predicted decrease of the step that was undone, for the next solve.
        share: Of the metric in the shots of metric and gradient together.
    """

    theta: Array
    step: int
    change: Array
    energy: float = math.nan
    predicted: float = math.nan
    memory: Mapping[str, Memory] = field(default_factory=dict)
    metric: Metric | None = None
    measured_at: Array | None = None
    age: int = 0
    accepted: Accepted | None = None
    undone: int = 0
    gain: float | None = None
    share: float = PILOT

    @staticmethod
    def at(theta: Array) -> State:
        """The state before the first step from a point of shape (P,)."""
        start = np.array(theta, dtype=float)
        return State(theta=start, step=0, change=np.zeros_like(start))

    def but(self, **other: Any) -> State:
        """The same with other fields: what `replace` does, without a call of the constructor."""
        return _changed(self, other)


@dataclass(frozen=True, eq=False)
class Step:
    """What is reported of a step; the first four are of the point from which it starts.

    Args:
        step: Updates done before it.
        theta: Shape (P,), radians.
        energy: <H>, units of the observable.
        std_error: Of the energy; None where exact.
        energy_variance: <H^2> - <H>^2 of the state, or NaN.
        fidelity: Weight of the state in the ground space, or NaN; known at the end of a run.
        exact: <H> of the state without shots and noise, where `energy` has either and this is
            cheap, or NaN; known at the end of a run. Runs are judged by it.
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
        fresh: Whether the energy was measured after the point had been chosen; False where the
            point was chosen by it, so that of a noisy reading it is too low.
        direction_error: The standard error of the direction d along itself, as a fraction of |d|:
            what the errors of gradient and metric in this step make it; None where exact, or
            where M is made of gradients.
    """

    step: int
    theta: Array
    energy: float
    std_error: float | None = None
    energy_variance: float = math.nan
    fidelity: float = math.nan
    exact: float = math.nan
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
    fresh: bool = True
    direction_error: float | None = None

    @staticmethod
    def at(state: State, energy: Energy[float], **more: Any) -> Step:
        """What is known of a step once the energy of its point is, and more by its names."""
        more["step"], more["theta"], more["energy"] = state.step, state.theta, energy.value
        more["std_error"] = energy.std_error
        if energy.variance is not None:
            more["energy_variance"] = energy.variance
        return _changed(_BLANK, more)

    def but(self, **other: Any) -> Step:
        """The same with other fields: what `replace` does, without a call of the constructor."""
        return _changed(self, other)


# What nothing is known of yet.
_BLANK: Final = Step(step=0, theta=np.zeros(0), energy=math.nan)

S = TypeVar("S", State, Step)


def _changed(value: S, other: dict[str, Any]) -> S:
    changed = object.__new__(type(value))
    fields, known = vars(changed), vars(value)
    fields.update(known)
    fields.update(other)
    assert len(fields) == len(known)
    return changed


@dataclass(frozen=True)
class Done:
    """A finished step.

    Args:
        state: After it.
        step: What is reported of it.
    """

    state: State
    step: Step


@dataclass(frozen=True)
class End:
    """Why a run ended.

    Args:
        message: In words.
        failed: Whether it had to stop: a NaN, a divergence, a singular metric, a lost job.
        met: Whether a stop rule was met, one of the run's or the method's own.
        interrupted: Whether somebody has interrupted it.
    """

    message: str
    failed: bool = False
    met: bool = False
    interrupted: bool = False


class Method(Protocol):
    """How to come from one point to the next: optimizers and controls alike."""

    def init(self, theta: Array, /) -> State:
        """The state before the first step; theta has shape (P,)."""

    def next(
        self, objective: Objective, state: State, told: Sequence[Any], /
    ) -> Plan[Any] | Done | End:
        """What to ask next, the finished step, or why there are no more steps.

        Args:
            objective: What may be asked for.
            state: Where the step starts.
            told: What the plans of this step have reduced to so far, in order. A method that
                measures its point anew in every step answers with a plan of `Measured` first:
                then stop rules are judged before anything else is asked.

        Raises:
            QngError: The step cannot be done: it ends the run, whose trace is kept.
        """

    def noted(self, state: State, energy: Energy[float], /) -> State:
        """The state now that the energy at its point is known.

        Where the step to it is undone it is another one, at the point before, with `undone` one
        higher.
        """


@runtime_checkable
class Planned(Protocol):
    """A method that asks the same in every step, so that what it costs is known before.

    Attributes:
        at_most: Whether its steps may take fewer shots than they are given.
    """

    at_most: ClassVar[bool]

    def batches(self, objective: Objective, theta: Array, /) -> Sequence[Plan[Any]]:
        """Those of a step, in their order, each with its share of the shots of the step."""


class NotFiniteError(QngError):
    """An executor has returned a NaN or an infinity."""

    def __init__(self) -> None:
        super().__init__("a measured value is not finite")
