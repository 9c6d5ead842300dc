r"""What the steps of a run do to the energy, and what the next one would.

A step dtheta = -eta d with the direction d = M^-1 grad changes the energy by

    -eta d . grad + eta^2 d^T H d / 2 + ...,

so that it is too long where the energy rises; that is seen by taking it, with exact numbers. Errors
of the gradient, of covariance C, turn the direction at random, which costs on average

    eta^2 tr(M^-1 H M^-1 C) / 2 + ...:

where that is more than what the step gains, the run wanders: it has reached the floor of its shots,
which is lower for a smaller eta and for more shots. That is seen by taking such steps, as the run
does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import QngError
from qng.geometry import Ritz
from qng.optimize.accept import Always
from qng.optimize.method import Method, State
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import Euclidean, MeasuredMetric
from qng.optimize.quiver import Quiver
from qng.plan.quantities import By
from qng.plan.request import Tangent
from qng.plan.shots import PerCircuit, Shots
from qng.run.bench import Bench, answer
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.curvature import gradient_work
from qng.run.diagnosis.reading import Reading
from qng.run.driver import steps as steps_of
from qng.run.objective import objective_of
from qng.run.results import Run

# Steps at the end of a run that are looked at, and at least.
_STEPS: Final = 20
_LEAST: Final = 4

# Share of the gradient in the shots of a step, with a metric and without.
_WITH_METRIC: Final = 0.45
_WITHOUT: Final = 0.9

# Steps that are taken afresh: of small problems, of others, and on an executor that only counts.
_MANY: Final = 256
_SOME: Final = 64
_FEW: Final = 16

# Changes of amplitudes of a gradient up to which a problem is small.
_SMALL: Final = 2**16

# At or below this fraction of its largest eigenvalue a metric misses a direction.
_MISSED: Final = 1e-8


@dataclass(frozen=True)
class Course:
    """The last steps of a run.

    Args:
        rises: The sum of what the energy rose by in single steps.
        falls: The sum of what it fell by.
        steps: How many steps that was.
        energies: Before the first of them, and after each, shape (steps + 1,).
    """

    rises: float
    falls: float
    steps: int
    energies: Array

    def decay(self, bottom: float | None) -> float:
        """By what log(E - bottom) fell in a step; NaN where it did not, or is not known."""
        if bottom is None:
            return math.nan
        first, last = self.energies[0] - bottom, self.energies[-1] - bottom
        return math.log(first / last) / self.steps if first > last > 0 else math.nan


def course_of(run: Run) -> Course | None:
    """The last steps of a run, by energies without shots and noise; None where these are not known.

    Args:
        run: With its trace.
    """
    rows = [row for row in run.trace.rows if row.accepted]
    exact = np.array([row.exact for row in rows])
    energies = np.array([row.energy for row in rows])
    if not np.all(np.isfinite(exact)):
        if any(row.std_error for row in rows):
            return None
        exact = energies
    exact = exact[np.isfinite(exact)][-_STEPS - 1 :]
    changes = np.diff(exact)
    if len(changes) < _LEAST:
        return None
    rises, falls = (float(np.maximum(part, 0).sum()) for part in (changes, -changes))
    return Course(rises, falls, len(changes), exact)


@dataclass(frozen=True)
class Next:
    """The step that a method would take from a point, with exact numbers.

    Args:
        eta: Its size.
        change: E(theta + dtheta) - E(theta).
        best: The part of it at which the energy is lowest; of those that were tried.
        gain: E(theta) less the energy there.
        longer: The multiple of it, 2 to 32, at which the energy is lowest, where that is lower than
            after the step; else NaN.
    """

    eta: float
    change: float
    best: float
    gain: float
    longer: float


def next_step(asker: Asker, theta: Array, method: Method) -> Next | None:
    """The step from a point, of a method whose first step says what later ones are like.

    That is no method that goes by averages, and none that takes back what goes up.

    Args:
        asker: Without shots.
        theta: Shape (P,).
        method: The method.

    Raises:
        QngError: The method cannot do it there.
    """
    if not isinstance(method, Optimizer) or not isinstance(method.accept, Always):
        return None
    if not isinstance(method.precondition, (Euclidean, MeasuredMetric)):
        return None
    if is_random(method):
        return None  # whose next step is one of many
    bench = Bench(asker.device, None, (asker.seed,))
    found = next(steps_of(method, asker.objective, bench, method.init(theta)), None)
    if found is None:
        return None
    state, step = found
    parts, multiples = 2.0 ** -np.arange(11), 2.0 ** np.arange(1, 6)
    tried = np.concatenate([parts, multiples])
    points = np.concatenate([theta[None], theta + tried[:, None] * state.change])
    here, *there = asker.energies(points)
    energies, beyond = np.split(np.array([e.value for e in there]), [len(parts)])
    k, far = int(np.argmin(energies)), int(np.argmin(beyond))
    return Next(
        eta=float(step.eta),
        change=float(energies[0]) - here.value,
        best=float(parts[k]),
        gain=here.value - float(energies[k]),
        longer=float(multiples[far]) if beyond[far] < energies[0] else math.nan,
    )


def missed(asker: Asker, theta: Array, method: Method) -> tuple[float, str] | None:
    """The share of the squared gradient that the metric of a method misses, and its name.

    Args:
        asker: Without shots.
        theta: Shape (P,).
        method: The method; None of one that measures no metric, or one of random directions.
    """
    if not isinstance(method, Optimizer):
        return None
    wanted = method.precondition.wants(method.init(theta))
    if wanted is None or _is_random(asker, wanted.by):
        return None
    metric = asker.ask(asker.objective.metric(theta, wanted.by))
    name = wanted.by.estimator
    share = missed_by(metric, asker.gradient(theta).value)
    return share, name if isinstance(name, str) else "its metric"


def _is_random(asker: Asker, by: By) -> bool:
    """Whether a metric is one of random directions, which are others in the next step."""
    chosen = getattr(asker.objective, "metric_estimator", None)
    return chosen is not None and bool(chosen(by).random)


def missed_by(metric: Any, gradient: Array) -> float:
    """The share of the squared gradient in directions that a metric does not have; 0 to 1."""
    total = float(gradient @ gradient)
    if not total:
        return 0.0
    if isinstance(metric, Ritz):  # whose shift is raised to what makes it positive
        metric = metric.shifted(max(metric.shift, metric.mean - metric.lowest))
    w, v = np.linalg.eigh(metric.dense())
    without = np.abs(w) <= _MISSED * float(np.abs(w).max(initial=0.0))
    return float(np.sum((v[:, without].T @ gradient) ** 2)) / total


def is_random(method: Method | None) -> bool:
    """Whether a method takes its gradient along random directions."""
    if isinstance(method, Quiver):
        return True
    return isinstance(method, Optimizer) and By.of(method.gradient).estimator == "spsa"


def noise_of_steps(
    asker: Asker, theta: Array, method: Method | None, shots: Shots
) -> tuple[Array, float] | None:
    """The covariance of the gradient in a step of a run, and shots of it in all.

    Args:
        asker: Of the executor of the run, with any shots.
        theta: Shape (P,).
        method: That takes the step.
        shots: Of the step.

    Returns:
        None where it cannot be had with so many.
    """
    measured = isinstance(method, Optimizer) and isinstance(method.precondition, MeasuredMetric)
    if isinstance(shots, PerCircuit):
        given: Any = shots
    else:
        given = max(1, int(shots * (_WITH_METRIC if measured else _WITHOUT)))
    by = method.gradient if isinstance(method, Optimizer) else "auto"
    if is_random(method):
        return None  # whose directions are most of its noise
    try:
        plan = asker.objective.gradient(theta, By.of(by))
        found = answer(asker.device, plan, asker.seed, given)
    except QngError:
        return None
    if found.covariance is None:
        return None
    return found.covariance, float(given.shots if isinstance(given, PerCircuit) else given)


def fresh_steps(
    asker: Asker, other: Asker, theta: Array, method: Method, state: State | None
) -> tuple[float, Reading] | None:
    """What a step changes the energy by without noise, and on average as the run takes it.

    Random directions are averaged in both.

    Args:
        asker: Without shots.
        other: Of the executor of the run, with its shots.
        theta: Shape (P,).
        method: That takes the steps, each with draws of its own.
        state: Where the run has come to; None: the steps are first ones.

    Returns:
        None where a step cannot be done, or is taken back.

    Cost: 256 steps of small problems, 64 of others, 16 on an executor that only counts.
    """
    begin = method.init(theta)
    if state is not None and np.array_equal(state.theta, theta):
        kept = isinstance(method, Optimizer) and not isinstance(method.accept, Always)
        begin = begin.but(memory=state.memory) if kept else state
    ends = []
    draws = _MANY if gradient_work(asker) <= _SMALL else _SOME
    for k in range(draws if Tangent in other.device.answers else _FEW):
        bench = Bench(other.device, other.shots, (other.seed, k))
        objective = objective_of(other.problem, other.device, True, (other.seed, k))
        found = next(steps_of(method, objective, bench, begin), None)
        if found is None or not found[1].accepted:
            return None
        ends.append(found[0].theta)
    quiet = []
    for k in range(len(ends) if is_random(method) else 1):
        objective = objective_of(asker.problem, asker.device, False, (asker.seed, k))
        exact = next(steps_of(method, objective, Bench(asker.device), begin), None)
        if exact is None:
            return None
        quiet.append(exact[0].theta)
    here, *after = (e.value for e in asker.energies(np.array([theta, *quiet, *ends])))
    without, changes = np.split(np.array(after) - here, [len(quiet)])
    error = float(np.std(changes, ddof=1)) / math.sqrt(len(changes))
    return float(np.mean(without)), Reading(float(np.mean(changes)), error)
