"""The evidence at a point with exact numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.geometry import Identity
from qng.plan.quantities import By
from qng.run.ansatz.spectra import is_real, most
from qng.run.ansatz.states import random_points, states
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.basins import others, settled
from qng.run.diagnosis.curvature import (
    Curvature,
    down_of,
    drop_along,
    exact_curvature,
    gradient_work,
)
from qng.run.diagnosis.evidence import NO_METRIC, Evidence
from qng.run.diagnosis.flatness import (
    elsewhere,
    metric_at,
    observable_size,
    partial,
    peak_of,
    rank_of,
    share_of,
)
from qng.run.diagnosis.ran import Scene
from qng.run.diagnosis.reading import Reading
from qng.run.diagnosis.slope import Slope, slope_of
from qng.run.objective import Circuits

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
    known, by = measured is not None, partial(metric)
    if measured is None:
        notes.append(f"{reason}: grad . grad stands for grad . g^-1 . grad")
        by = NO_METRIC
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
        metric_by=by,
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


def _with_drop(e: Evidence, asker: Asker, theta: Array, curvature: Curvature) -> Evidence:
    h = curvature.values
    if not len(h) or h[-1] >= -1e-9 * float(np.abs(h).max()):
        return e
    drop = drop_along(asker, theta, down_of(curvature, asker.seed))
    return replace(e, drop=drop.depth, drop_change=drop.change)


def _with_flatness(
    e: Evidence, asker: Asker, slope: Slope, curvature: Curvature, seed: int, ranked: bool
) -> Evidence:
    size, trace = len(e.parameters), float(slope.values.sum())
    if ranked and size:
        squares = Reading(float(e.gradient @ e.gradient))
        e = replace(e, share=share_of(squares, e.variance, trace))
        if curvature.largest is not None:
            e = replace(e, peak=peak_of(curvature.largest, e.variance, trace / size))
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
    enough = -math.inf if e.reference is None else e.reference + e.accuracy
    here = settled(asker, begin, e.accuracy, enough, seed)
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
