r"""What the steps of a run do to the energy, and what the next one would.

A step dtheta = -eta d with the direction d = M^-1 grad changes the energy by

    -eta d . grad + eta^2 d^T H d / 2 + ...,

so that it is too long where the energy rises; that is seen by taking it, with exact numbers. Errors
of the gradient, of covariance C, turn the direction at random, which costs on average

    eta^2 tr(M^-1 H M^-1 C) / 2:

where that is no less than what the step gains, the run wanders: it has reached the floor of its
shots, which is lower for a smaller eta and for more shots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import QngError
from qng.geometry.solve import Before
from qng.optimize.method import Method
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import Euclidean, MeasuredMetric
from qng.plan.quantities import By
from qng.plan.shots import PerCircuit, Shots
from qng.run.bench import Bench, answer
from qng.run.diagnosis.asked import Asker
from qng.run.driver import steps as steps_of
from qng.run.results import Run

# Steps at the end of a run that are looked at, and at least.
_STEPS: Final = 20
_LEAST: Final = 4

# Share of the gradient in the shots of a step, with a metric and without.
_WITH_METRIC: Final = 0.45
_WITHOUT: Final = 0.9

# At or below this fraction of its largest eigenvalue a metric misses a direction.
_MISSED: Final = 1e-8


@dataclass(frozen=True)
class Course:
    """The last steps of a run.

    Args:
        rises: The sum of what the energy rose by in single steps.
        falls: The sum of what it fell by.
        steps: How many steps that was.
    """

    rises: float
    falls: float
    steps: int


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
    return Course(
        float(np.maximum(changes, 0).sum()), float(np.maximum(-changes, 0).sum()), len(changes)
    )


@dataclass(frozen=True, eq=False)
class Next:
    """The step that a method would take from a point, with exact numbers.

    Args:
        eta: Its size.
        change: E(theta + dtheta) - E(theta).
        best: The part of it at which the energy is lowest; of those that were tried.
        gain: E(theta) less the energy there.
        missed: The share of the squared gradient in directions that the metric of the method does
            not have; NaN where the method has none.
        metric: What that metric is called; "" where there is none.
    """

    eta: float
    change: float
    best: float
    gain: float
    missed: float
    metric: str


def next_step(asker: Asker, theta: Array, method: Method) -> Next | None:
    """The step from a point.

    None of a method that has no first step, or whose first step is no sign of later ones, since it
    goes by averages.

    Args:
        asker: Without shots.
        theta: Shape (P,).
        method: The method.

    Raises:
        QngError: The method cannot do it there.
    """
    if not isinstance(method, Optimizer):
        return None
    if not isinstance(method.precondition, (Euclidean, MeasuredMetric)):
        return None
    bench = Bench(asker.device, None, (asker.seed,))
    state, step = next(steps_of(method, asker.objective, bench, method.init(theta)))
    change, eta = state.change, float(step.eta)
    parts = 2.0 ** -np.arange(11)
    here, *there = asker.energies(np.concatenate([theta[None], theta + parts[:, None] * change]))
    energies = np.array([e.value for e in there])
    k = int(np.argmin(energies))
    wanted = method.precondition.wants(method.init(theta))
    missed, name = math.nan, ""
    if wanted is not None and not _is_random(asker, wanted.by):
        metric = asker.ask(asker.objective.metric(theta, wanted.by))
        missed = missed_by(metric, asker.gradient(theta).value)
        name = str(wanted.by.estimator) if isinstance(wanted.by.estimator, str) else "its metric"
    return Next(
        eta, float(energies[0]) - here.value, float(parts[k]), here.value - float(energies[k]),
        missed, name,
    )  # fmt: skip


def _is_random(asker: Asker, by: By) -> bool:
    """Whether a metric is one of random directions, which are others in the next step."""
    chosen = getattr(asker.objective, "metric_estimator", None)
    return chosen is not None and bool(chosen(by).random)


def missed_by(metric: Any, gradient: Array) -> float:
    """The share of the squared gradient in directions that a metric does not have; 0 to 1."""
    total = float(gradient @ gradient)
    if not total:
        return 0.0
    w, v = np.linalg.eigh(metric.dense())
    without = w <= _MISSED * float(np.abs(w).max(initial=0.0))
    return float(np.sum((v[:, without].T @ gradient) ** 2)) / total


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
    try:
        plan = asker.objective.gradient(theta, By.of(by))
        found = answer(asker.device, plan, asker.seed, given)
    except QngError:
        return None
    if found.covariance is None:
        return None
    return found.covariance, float(given.shots if isinstance(given, PerCircuit) else given)


def wandering(
    hessian: Any, covariance: Array, method: Method | None, metric: Any, eta: float
) -> float | None:
    """eta^2 tr(M^-1 H M^-1 C) / 2, what the noise of a step costs on average.

    Args:
        hessian: H.
        covariance: C.
        method: Whose M and solve these are; None of one that divides by averages.
        metric: The metric that it measures.
        eta: The size of a step.
    """
    if not isinstance(method, Optimizer):
        return None
    w, v = np.linalg.eigh(covariance)
    rows = (v * np.sqrt(np.maximum(w, 0.0))).T
    if isinstance(method.precondition, MeasuredMetric):
        rows = np.array([method.solve(metric, row, Before()).direction for row in rows])
    elif not isinstance(method.precondition, Euclidean):
        return None
    return 0.5 * eta**2 * float(np.sum((rows @ hessian.dense()) * rows))
