"""Steps of many runs of one method at once.

Parts whose formulas act on the last axis, those of the parameters, take rows of runs as they take
one: signals, running diagonals, filters of eigenvalues. So a step of a hundred runs is about as
many calls of NumPy as one of a single run, and every run gets the step that it gets alone, to the
last bit. Where something happens to one of them, such as a singular metric, a value that is not
finite or a divergence, all take this step alone (`Optimizer.next`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeGuard

import numpy as np

from qng.arrays import Array, Flags
from qng.errors import QngError
from qng.geometry import Dense, Diagonal, Identity
from qng.geometry.stack import Spectral, Stack, solved
from qng.optimize.abreast.columns import Columns
from qng.optimize.abreast.rows import Foreseen, Part, Rows, Seen, Stretch
from qng.optimize.accept import Always, Blocking
from qng.optimize.method import State
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import (
    AveragedSquares,
    Belief,
    Euclidean,
    MeasuredMetric,
    SummedSquares,
)
from qng.optimize.search.many import Abreast, Here, Many
from qng.optimize.search.post import AsIs, HeavyBall
from qng.optimize.signal import Ahead, AveragedGradient, Momentum, NormalisedMomentum, Plain

# Parts of which it is known that they take rows, and signals that look at theta only.
_SIGNALS: Final = (Plain, Momentum, Ahead, AveragedGradient, NormalisedMomentum)
_RUNNING: Final = (SummedSquares, AveragedSquares, Belief)
_POSTS: Final = (AsIs, HeavyBall)

# Those among them that count the steps.
_COUNTING: Final = (AveragedGradient, NormalisedMomentum, AveragedSquares, Belief)

# A step of this length may be a divergence.
_LONG: Final = 1e3


class Irregular(QngError):
    """Something happens to one of the runs: they take this step alone."""


def go_abreast(method: object) -> TypeGuard[Optimizer]:
    """Whether the runs of a method can take their steps at once."""
    if type(method) is not Optimizer:
        return False
    m, accept = method.precondition, method.accept
    measured = type(m) is MeasuredMetric and m.every == 1 and m.average is None
    return (
        (measured or type(m) in (Euclidean, *_RUNNING))
        and type(method.signal) in _SIGNALS
        and type(method.post) in _POSTS
        and (type(accept) is Always or (type(accept) is Blocking and accept.tolerance != "spread"))
        and isinstance(method.solve, Spectral)
        and isinstance(method.search, Abreast)
    )


def advanced(method: Optimizer, rows: Rows, seen: Seen) -> tuple[Rows, Columns]:
    """A step of every run.

    Args:
        method: What steps (`go_abreast`).
        rows: Where the runs are.
        seen: What was measured there.

    Returns:
        Where they are after it, and what is reported of it.

    Raises:
        Irregular: They take it alone.
        SingularMetricError: The same.
    """
    if not seen.are_finite():
        raise Irregular
    kept = _kept(method, rows, seen.energies)
    if kept.all():
        return _descended(method, rows.noted(seen.energies, window(method)), seen)
    undone = rows.undone_to(seen)
    which = np.flatnonzero(kept)
    if not len(which):
        return undone
    part = rows.part(which).noted(seen.energies[which], window(method))
    found = _descended(method, part, seen.part(which))
    return undone[0].but(which, found[0]), undone[1].but(which, found[1])


def window(method: Optimizer) -> int:
    """How many energies at kept points are remembered; 0 where every step is kept."""
    return method.accept.window if isinstance(method.accept, Blocking) else 0


def _kept(method: Optimizer, rows: Rows, energies: Array) -> Flags:
    """Which steps are kept, by `accept`."""
    if rows.kept is None or not isinstance(method.accept, Blocking):
        return np.ones(len(energies), dtype=bool)
    judged = (rows.kept == rows.theta).all(axis=1)
    return np.asarray(judged | (energies <= method.accept.limits(rows.window)))


def _descended(method: Optimizer, rows: Rows, seen: Seen) -> tuple[Rows, Columns]:
    """The step of runs whose points are kept."""
    gradients, numbers = seen.gradients, rows.step - rows.undone + 1
    number = int(numbers[0])
    counts = isinstance(method.signal, _COUNTING) or isinstance(method.precondition, _COUNTING)
    if counts and not (numbers == number).all():
        raise Irregular
    s, of_signal = method.signal(gradients, rows.memory["signal"], number)
    metric, of_metric = _metric(method, rows, seen, number)
    assert isinstance(method.solve, Spectral)
    assert isinstance(method.search, Abreast)
    many = Many(rows.change, metric, solved(method.solve, metric, s), method.post)
    here = Here(seen.energies, rows.energy, rows.predicted, rows.undone, rows.memory["search"])
    moves = method.search.abreast(here, many)
    squares = np.vecdot(moves.change, moves.change)
    if not (squares < _LONG**2).all():
        raise Irregular
    predicted = -np.vecdot(moves.change, gradients)
    columns = Columns(
        step=rows.step,
        theta=rows.theta,
        energy=seen.energies,
        energy_variance=seen.variances,
        eta=moves.eta,
        gradient_norm=np.sqrt(np.vecdot(gradients, gradients)),
        length=metric.length(moves.change),
        rank=many.solution.rank,
        condition=many.solution.condition,
        predicted=predicted,
        accepted=np.ones(len(squares), dtype=bool),
        metric=metric.kind.__name__,
        damping=many.solution.damping,
    )
    measured = isinstance(method.precondition, MeasuredMetric)
    after = rows.moved(
        moves.change,
        seen.energies,
        predicted,
        {"signal": of_signal, "metric": of_metric, "search": moves.memory},
        np.ones_like(rows.age) if measured else rows.age,
    )
    return after, columns


def _metric(method: Optimizer, rows: Rows, seen: Seen, number: int) -> tuple[Stack, Part]:
    """M of every run, and what is carried of it."""
    precondition, memory = method.precondition, rows.memory["metric"]
    if seen.metrics is not None:
        return Stack(seen.metrics, Dense), memory
    if isinstance(precondition, Euclidean):
        return Stack(np.ones_like(seen.gradients), Identity), memory
    found, of_metric = precondition(None, None, seen.gradients, memory, number)
    assert isinstance(found, Diagonal)
    return Stack(found.values, Diagonal), of_metric


def stretched(
    method: Optimizer,
    states: Sequence[State],
    most: int,
    see: Callable[[Array], Seen],
    evaluations: int,
) -> list[Foreseen] | None:
    """Some steps of every run; None where they take their next one alone.

    Args:
        method: What steps (`go_abreast`).
        states: Where the runs are.
        most: How many steps, at most.
        see: What is measured at their points, shape (runs, P).
        evaluations: What that is in each of them.
    """
    start = Rows.of(states, window(method))
    if start is None:
        return None
    rows, columns = [start], list[Columns]()
    with suppress(QngError):  # whoever takes the step alone says it
        while len(columns) < most:
            here = rows[-1]
            after, step = advanced(method, here, see(here.theta))
            rows.append(after)
            columns.append(step)
    whole = Stretch(rows, columns, evaluations)
    return [Foreseen(whole, k) for k in range(len(states))] if columns else None
