"""What a run, its method and its executor add to the evidence at its last point."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import QngError
from qng.geometry import Metric
from qng.optimize.cmaes import CMAES
from qng.optimize.method import Method
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import Euclidean
from qng.plan.quantities import GradientEstimate
from qng.plan.shots import PerCircuit, Shots
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.course import (
    course_of,
    fresh_steps,
    is_random,
    missed,
    next_step,
    noise_of_steps,
)
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.reading import Reading
from qng.run.diagnosis.slope import slope_of
from qng.run.results import Run

# Last steps of a run, of whose sizes the median stands for the next one.
_ETAS: Final = 10

# Of the largest eigenvalue: what a method damps with, for the noise of a step.
_FLOOR_DAMPING: Final = 1e-2


@dataclass(frozen=True, eq=False)
class Scene:
    """What exact evidence was made of, for what a run adds.

    Args:
        asker: Without shots.
        theta: Shape (P,).
        gradient: There.
        metric: There.
    """

    asker: Asker
    theta: Array
    gradient: GradientEstimate
    metric: Metric


def with_method(
    e: Evidence, asker: Asker, scene: Scene, method: Method | None, name: str, run: Run | None
) -> Evidence:
    """The evidence with what a method does at the point, and has done in a run.

    Args:
        e: So far.
        asker: Without shots.
        scene: Of the point.
        method: None: none was asked about.
        name: What it is called.
        run: That ended there, or None.
    """
    if run is not None:
        course = course_of(run)
        limit = run.nit if run.made is None else run.made.steps
        e = replace(e, failed=run.message if run.failed else "", nit=run.nit, limit=limit)
        etas = [row.eta for row in run.trace.rows if math.isfinite(row.eta) and row.eta > 0]
        e = replace(e, eta=float(np.median(etas[-_ETAS:])) if etas else math.nan)
        if course is not None:
            decay = course.decay(e.reference if e.bottom is None else e.bottom)
            e = replace(e, rises=course.rises, falls=course.falls, steps=course.steps, decay=decay)
    if method is None:
        return e
    e = replace(e, method=name)
    try:
        step = next_step(asker, _lowest(run, scene.theta), method)
        seen = missed(asker, scene.theta, method)
    except (QngError, np.linalg.LinAlgError) as error:
        return replace(e, notes=(*e.notes, f"the next step of {name} cannot be done: {error}"))
    if seen is not None:
        e = replace(e, missed=seen[0], method_metric=seen[1])
    if (
        isinstance(method, Optimizer)
        and isinstance(method.precondition, Euclidean)
        and not e.failed
    ):
        largest = float(e.hessian[0]) if len(e.hessian) else math.nan
        e = replace(e, steepest=1 / largest if largest > 0 else math.nan)
    if step is None:
        return e
    return replace(
        e,
        next_change=step.change,
        next_best=step.best,
        next_gain=step.gain,
        next_longer=step.longer,
        eta=step.eta if math.isnan(e.eta) else e.eta,
    )


def _lowest(run: Run | None, theta: Array) -> Array:
    """Where the next step is taken from: the point, or of a run that failed its lowest one."""
    if run is None or run.made is None or not run.failed:
        return theta
    rows = [row for row in run.trace.rows if math.isfinite(row.energy)]
    lowest = min(rows, key=lambda row: row.energy, default=None)
    return theta if lowest is None else np.asarray(lowest.theta)[run.made.problem.free]


def with_executor(
    e: Evidence,
    scene: Scene,
    device: Any,
    asker: Asker | None,
    shots: Shots | None,
    method: Method | None,
    run: Run | None,
    read: Reading | None,
) -> Evidence:
    """The evidence with what the executor of a run adds: its noise, and that of its shots.

    Args:
        e: So far.
        scene: Of the point.
        device: The executor.
        asker: Of it; None: it is not asked.
        shots: Of a step; None: exact.
        method: That takes the steps.
        run: That ended at the point, or None.
        read: The energy that it has given at the point, where that is known.
    """
    number = shots.shots if isinstance(shots, PerCircuit) else shots
    each = isinstance(shots, PerCircuit)
    e = replace(e, executor=device.name, noise=device.noise, shots=number, shots_each=each)
    if asker is None:
        return replace(e, read=read)
    if read is None and (device.noise or shots is not None):
        try:
            read = asker.energies(scene.theta[None])[0]
        except QngError as error:
            return replace(e, notes=(*e.notes, f"{device.name} was not asked: {error}"))
    e = replace(e, read=read)
    if shots is None:
        return e
    if not is_random(method) and not isinstance(method, CMAES):
        found = noise_of_steps(asker, scene.theta, method, shots)
        if found is None:
            note = f"{number} shots are too few for a gradient at the point"
            return replace(e, notes=(*e.notes, note))
        largest = float(np.max(e.metric, initial=0.0))
        noisy = GradientEstimate(scene.gradient.value, found[0])
        damping = _FLOOR_DAMPING * largest if largest else 1.0
        damped = slope_of(noisy, scene.metric, damping)
        # `slope_of` has taken the noise off numbers that have none.
        e = replace(e, step_noise=damped.noise, step_slope=damped.squared.value + damped.noise)
    if method is None:
        return e
    state = None if run is None or run.reached is None else run.reached.state
    try:
        moved = fresh_steps(scene.asker, asker, scene.theta, method, state)
    except (QngError, np.linalg.LinAlgError):
        moved = None
    return e if moved is None else replace(e, step_change=moved[0], step_mean=moved[1])
