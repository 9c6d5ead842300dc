"""The evidence at a point with exact numbers, and what a run and its executor add to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import QngError
from qng.geometry import Identity, Metric
from qng.optimize.method import Method
from qng.plan.quantities import By, GradientEstimate
from qng.plan.shots import PerCircuit, Shots
from qng.run.ansatz.spectra import is_real, most
from qng.run.ansatz.states import random_points, states
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.basins import bottom, others
from qng.run.diagnosis.course import course_of, fresh_steps, missed, next_step, noise_of_steps
from qng.run.diagnosis.curvature import Curvature, drop_along, exact_curvature, gradient_work
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.flatness import (
    elsewhere,
    metric_at,
    observable_size,
    rank_of,
    share_of,
)
from qng.run.diagnosis.reading import Reading
from qng.run.diagnosis.slope import Slope, slope_of
from qng.run.objective import Circuits
from qng.run.results import Run

STARTS: Final = 10
"""Random starts of exact minimisations, where nothing is said and the problem is small."""

# Changes of amplitudes of a gradient up to which it is minimised from here unasked: some 10 ms.
_CHEAP: Final = 2**23

# And up to which it is from other starts.
_QUICK: Final = 2**20

# Parameters up to which a metric is taken as a matrix.
_DENSE: Final = 1500

# Qubits up to which it is looked at whether states are real.
_MOST_QUBITS: Final = 12

# Amplitudes of derivative states up to which the metric is had at random points as well.
_RANKED: Final = 2**21

# Last steps of a run, of whose sizes the median stands for the next one.
_ETAS: Final = 10

# Of the largest eigenvalue: what a method damps with, for the noise of a step.
_FLOOR_DAMPING: Final = 1e-2


def exact_evidence(
    asker: Asker, theta: Array, starts: int | None, seed: int, metric: By
) -> tuple[Evidence, Scene]:
    """What exact numbers say of a point.

    Args:
        asker: Without shots.
        theta: Shape (P,).
        starts: Of exact minimisations; None: `STARTS`, where these are cheap.
        seed: Of random points and starts.
        metric: Which metric.
    """
    problem, notes = asker.problem, []
    energy = asker.ask(asker.objective.energy(theta[None])).at(0)
    gradient = asker.gradient(theta)
    measured = None
    if len(theta) <= _DENSE:
        measured = metric_at(asker, theta, metric)
        reason = "there is no metric"
    else:
        reason = f"the metric of {len(theta)} parameters is too large"
    known = measured is not None
    if measured is None:
        notes.append(f"{reason}: grad . grad stands for grad . g^-1 . grad")
        measured = Identity(len(theta))
    slope = slope_of(gradient, measured)
    drawn = energy.std_error is not None
    if drawn:
        nothing = np.zeros(0)
        curvature = Curvature(nothing, nothing, None, None)
        notes.append("the model draws samples: curvature, other points and starts were left out")
    else:
        curvature = exact_curvature(asker, theta, gradient)
    if curvature.left is None and not drawn:
        notes.append("of the Hessian only the largest and the lowest eigenvalue were had (Lanczos)")
    e = Evidence(
        ground="exact",
        parameters=tuple(problem.parameters),
        qubits=_qubits(asker),
        unit=problem.unit,
        accuracy=problem.accuracy,
        reference=_reference(asker),
        energy=Reading(energy.value, energy.error),
        variance=None if energy.variance is None else Reading(max(energy.variance, 0.0)),
        gradient=gradient.value,
        gradient_error=gradient.std_error,
        slope=slope.squared,
        damping=slope.damping,
        metric=slope.values,
        metric_error=None if measured.noise is None else slope.value_errors,
        hessian=curvature.values,
        left=curvature.left,
        executor=asker.device.name,
    )
    e = _with_drop(e, asker, theta, curvature)
    if known and not drawn:
        e = replace(e, rank=rank_of(slope.values))
    if not drawn:
        e = _with_flatness(e, asker, slope, curvature, seed, known)
        e, more = _with_basins(e, asker, theta, starts, seed)
        notes += more
    scene = Scene(asker, theta, gradient, measured)
    return replace(e, evaluations=asker.evaluations, notes=tuple(notes)), scene


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
            e = replace(e, rises=course.rises, falls=course.falls, steps=course.steps)
    if method is None:
        return e
    e = replace(e, method=name)
    try:
        step = next_step(asker, scene.theta, method)
        seen = missed(asker, scene.theta, method)
    except (QngError, np.linalg.LinAlgError) as error:
        return replace(e, notes=(*e.notes, f"the next step of {name} cannot be done: {error}"))
    if seen is not None:
        e = replace(e, missed=seen[0], method_metric=seen[1])
    if step is None:
        return e
    return replace(
        e,
        next_change=step.change,
        next_best=step.best,
        next_gain=step.gain,
        eta=step.eta if math.isnan(e.eta) else e.eta,
    )


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
    found = noise_of_steps(asker, scene.theta, method, shots)
    if found is None:
        return replace(
            e, notes=(*e.notes, f"{number} shots are too few for a gradient at the point")
        )
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


def _with_drop(e: Evidence, asker: Asker, theta: Array, curvature: Curvature) -> Evidence:
    h = curvature.values
    if not len(h) or h[-1] >= -1e-9 * float(np.abs(h).max()):
        return e
    drop = drop_along(asker, theta, curvature.lowest)
    return replace(e, drop=drop.depth, drop_change=drop.change)


def _with_flatness(
    e: Evidence, asker: Asker, slope: Slope, curvature: Curvature, seed: int, ranked: bool
) -> Evidence:
    size, trace = len(e.parameters), float(slope.values.sum())
    if ranked and size:
        squares = Reading(float(e.gradient @ e.gradient))
        e = replace(e, share=share_of(squares, e.variance, trace))
        if curvature.diagonal is not None:
            bend = Reading(curvature.diagonal.value * size)
            e = replace(e, bend=share_of(bend, e.variance, trace))
    small = size << (e.qubits or 0) <= _RANKED
    seen = elsewhere(asker, seed, ranked and small)
    here = np.abs(e.gradient) <= 1e-12 * observable_size(asker)
    still = tuple(np.array(e.parameters)[seen.still & here].tolist()) if size else ()
    shares = seen.shares[np.isfinite(seen.shares)]
    return replace(
        e,
        still=still,
        rank_elsewhere=int(seen.ranks.max()) if len(seen.ranks) else None,
        share_elsewhere=float(np.median(shares)) ** 2 if len(shares) else None,
        directions=_directions(asker) if ranked else None,
    )


def _with_basins(
    e: Evidence, asker: Asker, theta: Array, starts: int | None, seed: int
) -> tuple[Evidence, Sequence[str]]:
    if not len(theta):
        return e, ()
    cheap = gradient_work(asker) <= _CHEAP
    if starts is None and not cheap:
        return e, ("no minimisation was done, which takes long here: starts=5 does it",)
    begin, left = theta, e.left is not None and e.left.below(e.accuracy)
    if left and e.drop is not None and e.drop_change is not None and e.drop.above(e.accuracy):
        begin = theta + e.drop_change
    here = bottom(asker, begin, e.accuracy)
    e = replace(e, bottom=min(here.energy, e.energy.value))
    number = starts
    if number is None:
        number = STARTS if gradient_work(asker) <= _QUICK else 0
    if e.bottom_error is not None and e.bottom_error <= e.accuracy:
        return e, ()
    if not number:
        said = "no other starts were tried, which takes long here: starts=5 does it"
        return e, () if starts == 0 else (said,)
    found = others(asker, number, seed, e.accuracy)
    lowest = min(found, key=lambda basin: basin.energy)
    return replace(
        e,
        bottoms=np.array([basin.energy for basin in found]),
        best=lowest.theta,
        starts_seed=seed,
    ), ()


def _reference(asker: Asker) -> float | None:
    found = asker.problem.reference_energy()
    return None if found is None else found.energy


def _qubits(asker: Asker) -> int | None:
    circuit = getattr(asker.problem, "circuit", None)
    return None if circuit is None else int(circuit.n_qubits)


def _directions(asker: Asker) -> int | None:
    """How many directions there are to the states in which the ground state is; None: not known.

    Where circuit and observable are real, that is one of real amplitudes.
    """
    objective = asker.objective
    if not isinstance(objective, Circuits) or len(objective.ensemble) > 1:
        return None
    circuit = objective.ensemble[0][0]
    if circuit.n_qubits > _MOST_QUBITS:
        return None
    odd = [word for word, _ in objective.observable if (word.x & word.z).bit_count() % 2]
    real = (
        not odd
        and bool(circuit.n_parameters)
        and is_real(states(circuit, random_points(circuit, 4, 0)))
    )
    return most(circuit.n_qubits, real)
