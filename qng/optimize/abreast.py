"""Steps of many runs of one method at once.

Parts whose formulas act on the last axis, those of the parameters, take rows of runs as they take
one: signals, running diagonals, filters of eigenvalues. So a step of a hundred runs is about as
many calls of NumPy as one of a single run, and every run gets the step that it gets alone, to the
last bit. A run for which that does not hold, as where its step is undone or its metric singular,
takes its step alone (`Optimizer.next`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

import numpy as np

from qng.arrays import Array
from qng.errors import QngError
from qng.geometry import Dense, Diagonal, Identity
from qng.geometry.stack import Spectral, Stack, solved
from qng.optimize.accept import Always, Blocking
from qng.optimize.method import Done, State, Step
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import (
    AveragedSquares,
    Belief,
    Euclidean,
    MeasuredMetric,
    SummedSquares,
)
from qng.optimize.search.many import Abreast, Many
from qng.optimize.search.post import AsIs, HeavyBall
from qng.optimize.signal import Ahead, AveragedGradient, Momentum, NormalisedMomentum, Plain
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate, Measured, Objective

# Parts of which it is known that they take rows, and signals that look at theta only.
_SIGNALS: Final = (Plain, Momentum, Ahead, AveragedGradient, NormalisedMomentum)
_RUNNING: Final = (SummedSquares, AveragedSquares, Belief)
# Those among them that count the steps.
_COUNTING: Final = (AveragedGradient, NormalisedMomentum, AveragedSquares, Belief)
_POSTS: Final = (AsIs, HeavyBall)
_ACCEPTS: Final = (Always, Blocking)


@dataclass(frozen=True, eq=False)
class Seen:
    """What is measured exactly at the points of many runs.

    Args:
        energies: <H>, shape (runs,).
        variances: <H^2> - <H>^2, shape (runs,).
        gradients: Shape (runs, P).
        metrics: Shape (runs, P, P); None where none is measured.
    """

    energies: Array
    variances: Array
    gradients: Array
    metrics: Array | None

    def of(self, k: int) -> Measured:
        """What is measured in run k."""
        return Measured(
            Energy(self.energies[k : k + 1], self.variances[k : k + 1]),
            GradientEstimate(self.gradients[k]),
            None if self.metrics is None else Dense(self.metrics[k]),
        )

    def are_finite(self) -> bool:
        """Whether all numbers are."""
        known = [self.energies, self.gradients]
        known += [] if self.metrics is None else [self.metrics]
        return all(bool(np.isfinite(array).all()) for array in known)


@dataclass(frozen=True, eq=False)
class Taken:
    """A step of one of many runs.

    Args:
        energy: At the point from which it starts.
        finite: Whether all that was measured there is.
        kept: Whether the point is; False where it is about to be left again.
        evaluations: Circuit evaluations.
        found: The step, or why there is none.
    """

    energy: Energy[float]
    finite: bool
    kept: bool
    evaluations: int
    found: Plan[Any] | Done | QngError

    def is_finite(self) -> bool:
        """Whether all numbers are."""
        return self.finite


def go_abreast(method: object) -> TypeGuard[Optimizer]:
    """Whether the runs of a method can take their steps at once."""
    if type(method) is not Optimizer:
        return False
    m = method.precondition
    measured = type(m) is MeasuredMetric and m.every == 1 and m.average is None
    return (
        (measured or type(m) in (Euclidean, *_RUNNING))
        and type(method.signal) in _SIGNALS
        and type(method.post) in _POSTS
        and type(method.accept) in _ACCEPTS
        and isinstance(method.solve, Spectral)
        and isinstance(method.search, Abreast)
    )


def taken(
    method: Optimizer,
    objectives: Sequence[Objective],
    states: Sequence[State],
    seen: Seen,
    evaluations: int,
) -> list[Taken]:
    """A step of every run.

    Args:
        method: What steps (`go_abreast`).
        objectives: Of the runs.
        states: Where they are.
        seen: What was measured there.
        evaluations: What that was in each of them.
    """
    energies = list(map(Energy, seen.energies.tolist(), seen.variances.tolist()))
    noted = [method.noted(state, energy) for state, energy in zip(states, energies)]
    kept = [after.undone == before.undone for before, after in zip(states, noted)]
    found: list[Any] = [None] * len(states)
    finite = seen.are_finite()
    counts = isinstance(method.signal, _COUNTING) or isinstance(method.precondition, _COUNTING)
    alike: dict[int, list[int]] = {}
    for k, state in enumerate(noted):
        if kept[k] and finite:
            alike.setdefault(state.step - state.undone if counts else 0, []).append(k)
    for which in alike.values():
        at = [(noted[k], energies[k]) for k in which]
        with suppress(QngError):  # then each says it by itself
            for k, done in zip(which, _descended(method, at, seen, np.array(which))):
                found[k] = done
    for k, done in enumerate(found):
        if done is None:
            found[k] = _alone(method, objectives[k], states[k], seen.of(k))
    return [
        Taken(energy, finite or seen.of(k).is_finite(), kept[k], evaluations, found[k])
        for k, energy in enumerate(energies)
    ]


def _alone(
    method: Optimizer, objective: Objective, state: State, measured: Measured
) -> Plan[Any] | Done | QngError:
    try:
        return method.next(objective, state, (measured,))
    except QngError as error:
        return error


def _descended(
    method: Optimizer, at: Sequence[tuple[State, Energy[float]]], seen: Seen, which: Any
) -> list[Done]:
    """The steps of runs that are kept; where the method counts steps, of the same number.

    Args:
        method: What steps.
        at: The state and the energy of each.
        seen: What was measured in all runs.
        which: Which of these they are, shape (runs,).

    Raises:
        SingularMetricError: One of them has no direction.
    """
    states = [state for state, _ in at]
    gradients, number = seen.gradients[which], states[0].step - states[0].undone + 1
    s, of_signal = method.signal(gradients, _rows(states, "signal"), number)
    metric, of_metric = _metric(method, states, seen, which, number)
    many = Many(
        change=np.array([state.change for state in states]),
        metric=metric,
        solution=solved(_spectral(method.solve), metric, s),
        post=method.post,
    )
    moves = _abreast(method.search).abreast(at, many)
    carried = {"signal": of_signal, "metric": of_metric}
    thetas = np.array([state.theta for state in states]) + moves.change
    columns = zip(
        (-np.vecdot(moves.change, gradients)).tolist(),
        moves.eta.tolist(),
        np.sqrt(np.vecdot(gradients, gradients)).tolist(),
        metric.length(moves.change).tolist(),
        many.solution.rank.tolist(),
        many.solution.condition.tolist(),
    )
    more: dict[str, Any] = {"age": 1} if type(method.precondition) is MeasuredMetric else {}
    found = []
    for k, (predicted, eta, norm, length, rank, condition) in enumerate(columns):
        state, energy = at[k]
        step = Step.at(
            state,
            energy,
            eta=eta,
            gradient_norm=norm,
            length=length,
            metric=metric.kind.__name__,
            rank=rank,
            condition=condition,
            damping=many.solution.damping,
            predicted=predicted,
        )
        memory = {name: {key: rows[k] for key, rows in of.items()} for name, of in carried.items()}
        memory |= {"solve": {}, "search": {key: np.array(v[k]) for key, v in moves.memory.items()}}
        after = state.but(
            memory=memory,
            gain=None,
            theta=thetas[k],
            step=state.step + 1,
            change=moves.change[k],
            energy=energy.value,
            predicted=predicted,
            **more,
        )
        found.append(Done(after, step))
    return found


def _metric(
    method: Optimizer, states: Sequence[State], seen: Seen, which: Any, number: int
) -> tuple[Stack, Mapping[str, Array]]:
    """M of every run, and what is carried of it."""
    gradients, precondition = seen.gradients[which], method.precondition
    if seen.metrics is not None:
        return Stack(seen.metrics[which], Dense), _rows(states, "metric")
    if isinstance(precondition, Euclidean):
        return Stack(np.ones_like(gradients), Identity), _rows(states, "metric")
    found, memory = precondition(None, None, gradients, _rows(states, "metric"), number)
    assert isinstance(found, Diagonal)
    return Stack(found.values, Diagonal), memory


def _rows(states: Sequence[State], part: str) -> dict[str, Array]:
    """What a part of the method carries in every run, with an axis of runs."""
    of = [state.memory.get(part, {}) for state in states]
    return {name: np.array([memory[name] for memory in of]) for name in of[0]}


def _spectral(solver: object) -> Spectral:
    assert isinstance(solver, Spectral)
    return solver


def _abreast(search: object) -> Abreast:
    assert isinstance(search, Abreast)
    return search
