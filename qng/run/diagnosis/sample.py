r"""The evidence at a point from shots alone, in four questions with shots of their own.

    gradient        40 %        metric                          25 %
    Hessian         25 %        energy, variance, and along it  10 %

so that the errors of what is combined are independent. The variance is that of the shifted
observable, <(H - c)^2> with c the energy that was read, less the square of its error.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.heisenberg import light_cone
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.plan.cost import Cost
from qng.plan.deal import TooFewShotsError
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy
from qng.plan.shots import PerCircuit
from qng.problem.problem import Problem
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.curvature import curvature_of, drop_along
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.flatness import partial, peak_of, share_of
from qng.run.diagnosis.reading import Reading, root
from qng.run.diagnosis.slope import slope_of
from qng.run.objective import Circuits, over

GRADIENT, METRIC, HESSIAN = 0.4, 0.25, 0.25
ENERGY, VARIANCE, DROP = 0.03, 0.03, 0.04

# Rotations up to which the metric is measured as a whole, and the Hessian at all.
_WHOLE: Final = 30
_BENT: Final = 60

# Products of words of which the square of the observable is made, at most.
_SQUARED: Final = 200**2


def sampled_evidence(asker: Asker, theta: Array, metric: By) -> Evidence:
    """What shots say of a point.

    Args:
        asker: With shots.
        theta: Shape (P,).
        metric: Which metric; "auto" is all of g where that is affordable.

    Raises:
        InputError: Too few shots.
    """
    problem, notes = asker.problem, []
    _costs(asker, theta, metric)  # too few are refused before anything is run
    energy = asker.energies(theta[None], ENERGY)[0]
    gradient = asker.gradient(theta, GRADIENT)
    by = _metric(asker, metric)
    measured = asker.ask(asker.objective.metric(theta, by), METRIC)
    if metric.estimator == "auto" and partial(by):
        notes.append(
            f"the blocks of g stand for it, as there are more than {_WHOLE} rotations; "
            "metric= chooses another one"
        )
    slope = slope_of(gradient, measured)
    try:
        variance = _variance(asker, theta, energy)
        if variance is None:
            notes.append("the variance was not measured: H^2 has too many words")
    except TooFewShotsError as error:
        variance = None
        notes.append(f"the variance was not measured: it takes {_all(error, VARIANCE)} shots")
    still = _still(asker)
    e = Evidence(
        ground="shots",
        parameters=tuple(problem.parameters),
        qubits=problem.circuit.n_qubits if isinstance(problem, Problem) else None,
        unit=problem.unit,
        accuracy=problem.accuracy,
        reference=_reference(asker),
        energy=energy,
        variance=variance,
        gradient=gradient.value,
        gradient_error=gradient.std_error,
        slope=slope.squared,
        damping=slope.damping,
        metric=slope.values,
        metric_by=partial(by),
        metric_error=slope.value_errors,
        executor=asker.device.name,
        noise=asker.device.noise,
        read=energy,
        shots=None if isinstance(asker.shots, PerCircuit) else asker.shots,
        still=still,
    )
    trace = float(slope.values.sum())
    covariance = gradient.covariance
    if covariance is None:  # there are no parameters
        covariance = np.zeros((len(theta), len(theta)))
    both = float(np.sum(covariance**2))
    spread = 4 * float(gradient.value @ covariance @ gradient.value) - 2 * both
    squares = Reading(
        float(gradient.value @ gradient.value - np.trace(covariance)),
        root(max(spread, 2 * both)),
    )
    e = replace(e, share=share_of(squares, variance, trace))
    if (rotations := _rotations(asker)) > _BENT:
        notes.append(
            f"the Hessian was not measured: it takes {2 * rotations**2 - rotations + 1} points"
        )
        return _ended(e, asker, notes)
    try:
        hessian = asker.ask(asker.objective.metric(theta, By("hessian")), HESSIAN)
    except TooFewShotsError as error:
        notes.append(f"the Hessian was not measured: it takes {_all(error, HESSIAN)} shots")
        return _ended(e, asker, notes)
    curvature = curvature_of(hessian, gradient)
    e = replace(e, hessian=curvature.values, left=curvature.left)
    size = len(theta)
    if curvature.largest is not None and size:
        e = replace(e, peak=peak_of(curvature.largest, variance, trace / size))
    if curvature.diagonal is not None:
        bend = Reading(curvature.diagonal.value * size, curvature.diagonal.std_error * size)
        e = replace(e, bend=share_of(bend, variance, trace))
    if len(e.hessian) and e.hessian[-1] < 0:
        try:
            drop = drop_along(asker, theta, curvature.lowest[None], DROP)
            e = replace(e, drop=drop.depth, drop_change=drop.change)
        except TooFewShotsError as error:
            notes.append(f"the way down was not measured: it takes {_all(error, DROP)} shots")
    return _ended(e, asker, notes)


def sampled_cost(asker: Asker, theta: Array, metric: By) -> Cost:
    """What the questions cost in all, with none of them asked.

    Args:
        asker: With shots.
        theta: Shape (P,).
        metric: As in `sampled_evidence`.
    """
    costs = _costs(asker, theta, metric)
    if _rotations(asker) <= _BENT:
        try:
            bent = asker.objective.metric(theta, By("hessian"))
            costs.append(asker.cost(bent, HESSIAN))
        except TooFewShotsError:
            pass
    return Cost(
        circuits=sum(c.circuits for c in costs),
        points=sum(c.points for c in costs),
        shots=sum(c.shots for c in costs),
        depth=max(c.depth for c in costs),
    )


def _costs(asker: Asker, theta: Array, metric: By) -> list[Cost]:
    """What has to be asked costs.

    Raises:
        InputError: Too few shots.
    """
    costs, least = [], 0
    for plan, share in _needed(asker, theta, metric):
        try:
            costs.append(asker.cost(plan, share))
        except TooFewShotsError as error:
            least = max(least, math.ceil(error.least / share))
    if least:
        raise InputError(
            f"{asker.shots} shots are too few for a diagnosis, which deals them to energy, "
            f"gradient and metric: give at least {least}, better {50 * least}"
        )
    return costs


def _needed(asker: Asker, theta: Array, metric: By) -> list[tuple[Plan[Any], float]]:
    return [
        (asker.objective.energy(theta[None]), ENERGY),
        (asker.objective.gradient(theta, By("auto")), GRADIENT),
        (asker.objective.metric(theta, _metric(asker, metric)), METRIC),
    ]


def _metric(asker: Asker, metric: By) -> By:
    if metric.estimator != "auto":
        return metric
    return By("blocks+overlaps" if _rotations(asker) <= _WHOLE else "blocks")


def _rotations(asker: Asker) -> int:
    assert isinstance(asker.objective, Circuits)
    return max(circuit.n_rotations for circuit, _ in asker.objective.ensemble)


def _variance(asker: Asker, theta: Array, energy: Reading) -> Reading | None:
    """<(H - c)^2> - (<H> - c)^2 with c what was read of <H>; None: it has too many words."""
    objective = asker.objective
    assert isinstance(objective, Circuits)
    if len(objective.observable) ** 2 > _SQUARED:
        return None
    shifted: PauliSum = objective.observable - energy.value
    square = (shifted @ shifted).hermitian()
    plan: Plan[Energy[Array]] = over(
        objective.ensemble, lambda c, x: energies.expectation(c, square, x), theta
    )
    found = asker.ask(plan, VARIANCE).at(0)
    return Reading(
        found.value - energy.std_error**2,
        float(np.hypot(found.error, 2**0.5 * energy.std_error**2)),
    )


def _still(asker: Asker) -> tuple[str, ...]:
    """Parameters of which no rotation is in the light cone of any word of the observable."""
    objective = asker.objective
    assert isinstance(objective, Circuits)
    seen: set[str] = set()
    for circuit, _ in objective.ensemble:
        qubits = 0
        for word, _ in objective.observable:
            qubits |= word.support
        for place in light_cone(circuit.ops, qubits):
            angle = getattr(circuit.ops[place], "angle", None)
            if angle is not None:
                seen |= set(angle.parameters())
    return tuple(name for name in asker.problem.parameters if name not in seen)


def _reference(asker: Asker) -> float | None:
    found = asker.problem.reference_energy()
    return None if found is None else found.energy


def _all(error: TooFewShotsError, share: float) -> str:
    """How many in all are enough for a question with this share of them."""
    return f"{math.ceil(error.least / share)}"


def _ended(e: Evidence, asker: Asker, notes: list[str]) -> Evidence:
    return replace(e, notes=(*e.notes, *notes), evaluations=asker.evaluations)
