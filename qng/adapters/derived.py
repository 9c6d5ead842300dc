"""Energies, expectation values, probabilities and metrics as jets, each in one batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from qng.adapters.asked import (
    Asked,
    check_metric,
    circuit_for,
    circuit_or_problem,
    ensemble_for,
    problem_for,
)
from qng.adapters.jets import Jets, Level, levelled
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import born
from qng.estimate import energy as energies
from qng.estimate import gradient as gradients
from qng.estimate.fubini import derivative
from qng.estimate.table import HESSIANS, chosen, gradient_by
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Objective
from qng.plan.request import Probabilities, Tangent
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run import point as values
from qng.run.bench import answer, answers
from qng.run.idle import Kept
from qng.run.objective import Circuits, objective_of

_DIFFER: Final = "take finite differences of the highest one that is known"
_ONLY: Final = (
    "the derivative is known of 'exact', 'blocks', 'diagonal' and 'blocks-diagonal', without shots "
    "and on the statevector"
)
_STATES: Final = "without shots and on the statevector there are second ones"


def energy(target: Any, executor: Any, shots: Any, seed: Any, gradient: str | By = "auto") -> Jets:
    """E with its gradient and its Hessian.

    Args:
        target: A problem, of circuits or of a model, or its name.
        executor: By name or as an object.
        shots: For each of the three; None: exact.
        seed: Of all draws, where a call brings none.
        gradient: How the gradient is estimated, as in `qng.gradient`.
    """
    problem = problem_for(target)
    asked = Asked.of(executor, shots, seed, problem)
    by = By.of(gradient)
    if isinstance(problem, Problem) and shots is None:
        level = _exact_energy(problem, asked, by)
    elif isinstance(problem, Problem):
        level = levelled(_sampled_energy(problem, asked, by))
    else:
        level = _loss(problem, asked, by)
    together = int(shots is None)
    return Jets("the energy", problem.parameters, (), 2, _DIFFER, level, asked.draws, together)


def _exact_energy(problem: Problem, asked: Asked, by: By) -> Level:
    device = asked.device
    objective = Circuits.of(problem, device, False)
    circuit = objective.ensemble[0][0]
    estimate = objective.gradient_estimator(by)
    one = len(objective.ensemble) == 1 and objective.ensemble[0][1] == 1.0
    together = one and circuit.is_affine and estimate.name == "exact"

    def level(points: Array, orders: range, key: int) -> Sequence[Array]:
        if orders.stop == 1:
            return [answer(device, objective.energy(points)).value]
        if orders.stop == 2 and together:
            found = answer(device, gradients.exact_at(circuit, objective.observable, points))
            return [found.value, np.asarray(found.gradient)][orders.start :]
        return _columns(answers(device, [_jet(objective, x, orders, by) for x in points]))

    return level


def _loss(problem: AnyProblem, asked: Asked, by: By) -> Level:
    """Of a model, of which nothing is executed."""
    objective = objective_of(problem, asked.device, False, asked.draws.seed)

    def level(points: Array, orders: range, key: int) -> Sequence[Array]:
        plans = [_jet(objective, x, orders, by) for x in points]
        return _columns([answer(asked.device, plan) for plan in plans])

    return level


def _jet(objective: Objective, theta: Array, orders: range, by: By) -> Plan[dict[str, Array]]:
    """Those of energy, gradient and Hessian at a point that are asked for."""
    plans: dict[str, Plan[Any]] = {}
    if 0 in orders:
        plans["energy"] = objective.energy(theta[None]).map(lambda e: e.value[0])
    if 1 in orders:
        plans["gradient"] = objective.gradient(theta, by).map(lambda g: g.value)
    if 2 in orders:
        plans["hessian"] = objective.metric(theta, By("hessian")).map(lambda h: h.dense())
    return join(plans)


def _columns(found: Sequence[dict[str, Array]]) -> list[Array]:
    return [np.array([one[name] for one in found]) for name in found[0]]


def _sampled_energy(problem: Problem, asked: Asked, by: By) -> list[Callable[[Array, int], Array]]:
    Circuits.of(problem, asked.device, True).gradient_estimator(gradient_by(by, False))
    ask: dict[str, Any] = {"executor": asked.device, "shots": asked.shots}
    options = dict(by.options)

    def energy(points: Array, key: int) -> Array:
        return np.asarray(values.energy(problem, points, seed=key, **ask).value)

    def gradient(points: Array, key: int) -> Array:
        name: Any = by.estimator
        return values.gradient(problem, points, name, seed=key, **ask, **options).value

    def hessian(points: Array, key: int) -> Array:
        objective = Circuits.of(problem, asked.device, True, key)
        plans = [objective.metric(x, By("hessian")) for x in points]
        return np.array([h.dense() for h in answers(asked.device, plans, key, asked.shots)])

    return [energy, gradient, hessian]


def expectations(
    target: Any, observables: Sequence[Any], executor: Any, shots: Any, seed: Any
) -> Jets:
    """<H_j> of several observables with their gradients and Hessians.

    Args:
        target: A circuit, ours or Qiskit's, or a problem with one.
        observables: H_j, whatever `PauliSum` reads.
        executor: By name or as an object.
        shots: For each order of derivative, of all observables; None: exact.
        seed: Of all draws, where a call brings none.

    Raises:
        InputError: No observables, or one that is not on the circuit's qubits.
    """
    circuit = circuit_for(target, "expectation values")
    if isinstance(observables, (str, Mapping, PauliSum)) or not len(observables):
        raise InputError("observables are several, as [{'Z0': 1.0}, {'Z1': 1.0}]")
    asked = Asked.of(executor, shots, seed, circuit)
    sums = [Problem(circuit, observable).observable for observable in observables]
    objective = Circuits.of(Problem(circuit, sums[0]), asked.device, shots is not None)
    slope = objective.gradient_estimator(By("auto"))
    bend = chosen("Hessian", "hessian", HESSIANS, counting=shots is not None)

    def each(make: Callable[[PauliSum], Plan[Any]]) -> Plan[Array]:
        plans = {str(j): make(observable) for j, observable in enumerate(sums)}
        return join(plans).map(lambda found: np.array(list(found.values())))

    def zeroth(x: Array) -> Plan[Array]:
        plan = energies.expectations(circuit, sums, x)
        return plan.map(lambda found: np.array([one.value[0] for one in found]))

    def first(x: Array) -> Plan[Array]:
        return each(lambda h: slope(circuit, x, observable=h).map(lambda g: g.value))

    def second(x: Array) -> Plan[Array]:
        return each(lambda h: bend(circuit, x, observable=h).map(lambda m: m.dense()))

    level = levelled([partial(_at_all, asked, make) for make in (zeroth, first, second)])
    shape = (len(sums),)
    return Jets("expectation values", circuit.parameters, shape, 2, _DIFFER, level, asked.draws)


def _at_all(asked: Asked, make: Callable[[Array], Plan[Array]], points: Array, key: int) -> Array:
    """What a plan gives at every point, in one batch."""
    plans = [make(x) for x in points]
    return np.array(answers(asked.device, plans, key, asked.shots))


def probabilities(target: Any, executor: Any, shots: Any, seed: Any) -> Jets:
    """The probabilities of all outcomes, with their derivatives: two exact, one from counts.

    Args:
        target: A circuit, ours or Qiskit's, or a problem with one.
        executor: By name or as an object.
        shots: For the probabilities, and for their derivatives; None: exact.
        seed: Of all draws, where a call brings none.
    """
    circuit = circuit_for(target, "probabilities")
    asked = Asked.of(executor, shots, seed, circuit)
    device = asked.device
    known = shots is None and {Probabilities, Tangent} <= device.answers

    def exact(points: Array, orders: range, key: int) -> Sequence[Array]:
        if orders.stop == 1:
            return [answer(device, born.probabilities(circuit, points))]
        make: Callable[..., Plan[Any]] = born.slopes if orders.stop == 2 else born.curvature
        found = answers(device, [make(circuit, x) for x in points])
        return [np.array(column) for column in zip(*found)][orders.start :]

    made = (partial(born.frequencies, circuit), partial(born.counted_slopes, circuit))
    counted = levelled([partial(_at_all, asked, make) for make in made])
    return Jets(
        "probabilities",
        circuit.parameters,
        (2**circuit.n_qubits,),
        2 if known else 1,
        _DIFFER if known else _STATES,
        exact if known else counted,
        asked.draws,
    )


_WHOLE: Final = ("exact", "implicit", "low-rank", "overlaps", "blocks+overlaps", "hadamard")
"""Names of the whole metric, which without shots is the same for all of them."""


def metric(
    target: Any, estimator: str, executor: Any, shots: Any, seed: Any, **options: Any
) -> Jets:
    """A metric, with its derivative where that is known.

    Args:
        target: A circuit, ours or Qiskit's, or a problem.
        estimator: As in `qng.metric`.
        executor: By name or as an object.
        shots: Of a metric; None: exact.
        seed: Of all draws, where a call brings none.
        options: Of the estimator.
    """
    source = circuit_or_problem(target)
    names, shape = source.parameters, (len(source.parameters),) * 2
    asked = Asked.of(executor, shots, seed, source)
    check_metric(source, By(estimator, **options), asked)
    sampled = asked.shots is not None
    call = {"executor": asked.device, "shots": asked.shots, **options}

    def value(points: Array, key: int) -> Array:
        found: Any = values.metric(source, points, estimator, seed=key, **call)
        return np.array([one.dense() for one in found])

    known = not sampled and Tangent in asked.device.answers
    make = _slopes_of_metric(estimator, options) if known else None
    if make is None:
        level = levelled([value])
        return Jets("the metric", names, shape, 0, _ONLY, level, asked.draws)
    ensemble, device, slopes = ensemble_for(source), asked.device, make
    circuits = Kept.of(ensemble, device).ensemble(ensemble)

    def with_slopes(points: Array, orders: range, key: int) -> Sequence[Array]:
        if orders.stop == 1:
            return [value(points, key)]
        found = answers(device, [_weighted(circuits, slopes, x) for x in points])
        return [np.array(column) for column in zip(*found)][orders.start :]

    return Jets("the metric", names, shape, 1, _DIFFER, with_slopes, asked.draws)


Slopes = Callable[[Circuit, Array], Plan[tuple[Array, Array]]]


def _slopes_of_metric(estimator: str, options: dict[str, Any]) -> Slopes | None:
    """g and its derivative, of the metrics of which that is known."""
    if estimator in ("auto", *_WHOLE):
        return derivative.exact
    if estimator == "diagonal":
        return lambda circuit, theta: derivative.of_diagonal(derivative.exact(circuit, theta))
    rule = partial(derivative.blocks, rule=options.get("rule", "commuting"))
    if estimator == "blocks":
        return rule
    if estimator == "blocks-diagonal":
        return lambda circuit, theta: derivative.of_diagonal(rule(circuit, theta))
    return None


def _weighted(
    circuits: Sequence[tuple[Circuit, float]], make: Slopes, theta: Array
) -> Plan[tuple[Array, Array]]:
    """sum_k w_k of g and its derivative."""
    plans = {str(k): make(circuit, theta) for k, (circuit, _) in enumerate(circuits)}
    weights = np.array([weight for _, weight in circuits])

    def total(found: dict[str, tuple[Array, Array]]) -> tuple[Array, Array]:
        g, slopes = zip(*found.values())
        return np.tensordot(weights, g, 1), np.tensordot(weights, slopes, 1)

    return join(plans).map(total)
