"""Energies, expectation values, probabilities and metrics as jets, each in one batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from qng.adapters.differentiable.asked import (
    Asked,
    circuit_for,
    problem_for,
)
from qng.adapters.differentiable.jets import Jets, Level, levelled
from qng.adapters.differentiable.rehearsed import tried
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import born
from qng.estimate import energy as energies
from qng.estimate import gradient as gradients
from qng.estimate.table import HESSIANS, chosen, gradient_by
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Objective
from qng.plan.request import Probabilities, Tangent
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run import point as values
from qng.run.bench import answer, answers
from qng.run.objective import Circuits, objective_of

DIFFER: Final = "take finite differences of the highest one that is known"
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

    def make(whom: Asked) -> Level:
        if not isinstance(problem, Problem):
            return _loss(problem, whom, by)
        if whom.shots is None:
            return _exact_energy(problem, whom, by)
        return levelled(_sampled_energy(problem, whom, by))

    found = Jets("the energy", problem.parameters, (), 2, DIFFER, make(asked), asked.draws)
    return tried(replace(found, together=int(asked.shots is None)), make, asked, problem)


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
    make = partial(_expectations, circuit, sums)
    shape, level = (len(sums),), make(asked)
    found = Jets("expectation values", circuit.parameters, shape, 2, DIFFER, level, asked.draws)
    return tried(found, make, asked, circuit)


def _expectations(circuit: Circuit, observables: Sequence[PauliSum], asked: Asked) -> Level:
    counting = asked.shots is not None
    objective = Circuits.of(Problem(circuit, observables[0]), asked.device, counting)
    slope = objective.gradient_estimator(By("auto"))
    bend = chosen("Hessian", "hessian", HESSIANS, counting=counting)

    def each(make: Callable[[PauliSum], Plan[Any]]) -> Plan[Array]:
        plans = {str(j): make(observable) for j, observable in enumerate(observables)}
        return join(plans).map(lambda found: np.array(list(found.values())))

    def zeroth(x: Array) -> Plan[Array]:
        plan = energies.expectations(circuit, observables, x)
        return plan.map(lambda found: np.array([one.value[0] for one in found]))

    def first(x: Array) -> Plan[Array]:
        return each(lambda h: slope(circuit, x, observable=h).map(lambda g: g.value))

    def second(x: Array) -> Plan[Array]:
        return each(lambda h: bend(circuit, x, observable=h).map(lambda m: m.dense()))

    return levelled([partial(_at_all, asked, make) for make in (zeroth, first, second)])


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
    known = asked.shots is None and {Probabilities, Tangent} <= asked.device.answers
    make = partial(_probabilities if known else _frequencies, circuit)
    found = Jets(
        "probabilities",
        circuit.parameters,
        (2**circuit.n_qubits,),
        2 if known else 1,
        DIFFER if known else _STATES,
        make(asked),
        asked.draws,
    )
    return tried(found, make, asked, circuit)


def _probabilities(circuit: Circuit, asked: Asked) -> Level:
    """From states."""

    def level(points: Array, orders: range, key: int) -> Sequence[Array]:
        if orders.stop == 1:
            return [answer(asked.device, born.probabilities(circuit, points))]
        make: Callable[..., Plan[Any]] = born.slopes if orders.stop == 2 else born.curvature
        found = answers(asked.device, [make(circuit, x) for x in points])
        return [np.array(column) for column in zip(*found)][orders.start :]

    return level


def _frequencies(circuit: Circuit, asked: Asked) -> Level:
    """From counts."""
    made = (partial(born.frequencies, circuit), partial(born.counted_slopes, circuit))
    return levelled([partial(_at_all, asked, make) for make in made])
