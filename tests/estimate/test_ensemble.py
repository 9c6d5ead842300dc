"""Weighted sums over circuits."""

import numpy as np
import pytest

from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.estimate import energy, gradient, hessian
from qng.estimate.ensemble import weighted
from qng.estimate.fubini import blocks as counted
from qng.estimate.fubini import exact as fubini
from qng.execute.statevector.executor import Statevector
from qng.geometry import Dense, Diagonal
from qng.plan.lower import sampled
from qng.run.bench import answer
from tests import dense, scores

EXACT = Statevector(threads=1)
ANSATZ = hardware_efficient(2, 1, ("ry",))
H = PauliSum({"Z0 Z1": 1.0, "X0": 0.5})
THETA = np.array([0.4, 1.1, -0.7, 2.0])
WEIGHTS = np.array([0.5, 0.3, 0.2])


def prepared(*gates: Gate) -> Circuit:
    return Circuit(2, [*gates, *ANSATZ.ops], ANSATZ.parameters)


STATES = [prepared(), prepared(Gate("x", (0,))), prepared(Gate("h", (0,)), Gate("cx", (0, 1)))]


def of_all(estimate) -> list:
    return [estimate(circuit) for circuit in STATES]


def energies(circuit):
    return energy.expectation(circuit, H, THETA)


def gradients(circuit):
    return gradient.parameter_shift(circuit, H, THETA)


def test_energy():
    plan = weighted(of_all(energies), WEIGHTS)
    expected = WEIGHTS @ [dense.energy(circuit, H, THETA) for circuit in STATES]
    found = answer(EXACT, plan)
    np.testing.assert_allclose(found.value, [expected], atol=1e-12)
    assert found.std_error is found.variance is None
    values, errors = scores.repeated(plan, 3000, lambda e: e.value)
    scores.unit_normal(values, errors, expected)


def test_gradient():
    plan = weighted(of_all(gradients), WEIGHTS)
    expected = WEIGHTS @ [dense.gradient(circuit, H, THETA) for circuit in STATES]
    np.testing.assert_allclose(answer(EXACT, plan).value, expected, atol=1e-8)
    values, errors = scores.repeated(plan, 500 * plan.evaluations, lambda g: g.value)
    scores.unit_normal(values, errors, expected)


def test_metric():
    plan = weighted(of_all(lambda c: fubini.exact(c, THETA)), WEIGHTS)
    expected = np.zeros((4, 4))
    for w, circuit in zip(WEIGHTS, STATES):
        expected += w * dense.metric(circuit, THETA)
    dense.close(answer(EXACT, plan).dense(), expected)


def test_kinds_of_metric():
    diagonal = weighted(of_all(lambda c: fubini.diagonal(c, THETA)), WEIGHTS)
    assert isinstance(answer(EXACT, diagonal), Diagonal)
    blocks = answer(EXACT, weighted(of_all(lambda c: fubini.blocks(c, THETA)), WEIGHTS))
    assert isinstance(blocks, Dense)
    single = answer(EXACT, fubini.blocks(STATES[0], THETA))
    assert set(single.blocks) <= set(blocks.blocks)
    assert len(set(blocks.blocks)) == len(blocks.blocks)


def test_errors_of_matrices():
    plan = weighted(of_all(lambda c: hessian.parameter_shift(c, H, THETA)), WEIGHTS)
    values, errors = scores.repeated(plan, 1000 * plan.evaluations)
    scores.unit_normal(values, errors, answer(EXACT, plan).dense())


def test_shots_go_by_weight():
    plan = sampled(weighted(of_all(energies), [6.0, 3.0, 1.0]), 100_000)
    shots = dict.fromkeys(STATES, 0)
    for request in plan.requests:
        shots[request.circuit] += int(request.shots.sum())
    assert np.array(list(shots.values())) / 100_000 == pytest.approx([0.6, 0.3, 0.1], abs=0.02)


def test_what_is_shared_is_run_once_and_not_taken_as_independent():
    """The mean of a number with itself is as uncertain as the number."""
    single = energies(STATES[0])
    double = weighted([single, single], [0.5, 0.5])
    assert sampled(double, 1000).cost == sampled(single, 1000).cost
    one, both = (answer(EXACT, plan, shots=1000, seed=4) for plan in (single, double))
    assert both.value == pytest.approx(one.value)
    assert both.std_error == pytest.approx(one.std_error)


def test_shared_prefixes_of_blocks():
    """Circuits that differ after the first block: its samples serve both."""
    t, u = parameter("t"), parameter("u")
    first, last = Rotation(Pauli.parse("Y0"), t), Rotation(Pauli.parse("X0"), u)
    circuits = [Circuit(1, [first, Gate(name, (0,)), last], "tu") for name in ("t", "s")]
    plan = weighted([counted.blocks(c, [0.8, 0.3]) for c in circuits], [0.5, 0.5])
    values, errors = scores.repeated(plan, 4000)
    exact = answer(EXACT, plan).dense()
    assert np.all(np.std(values, axis=0) <= 1.1 * np.mean(errors, axis=0))
    scores.covered(values, errors, exact)


@pytest.mark.parametrize("weights", [[], [1.0], [1.0, -1.0, 1.0], [1.0, 0.0, 1.0], [1, np.nan, 1]])
def test_weights_that_cannot_be_used(weights):
    with pytest.raises(InputError, match=r"3 plan\(s\) need as many positive weights"):
        weighted(of_all(energies), weights)
    with pytest.raises(InputError, match=r"0 plan\(s\) need"):
        weighted([], [])
