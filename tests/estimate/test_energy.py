"""Several observables in the same states."""

import numpy as np
import pytest

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import PauliSum
from qng.estimate import energy
from qng.execute.statevector.executor import Statevector
from qng.plan.lower import sampled
from qng.run.bench import answer
from tests import dense

EXACT = Statevector(threads=1)
CIRCUIT = hardware_efficient(3, 1)
POINTS = np.random.default_rng(0).uniform(-3, 3, (2, 12))
OBSERVABLES = [
    PauliSum({"Z0 Z1": 1.0, "X0": 0.5, "I": 2.0}),
    PauliSum({"Z1 Z2": 2.0, "X0 X2": 0.5}),
    PauliSum({"Z0": 1.0}),
]


@pytest.mark.parametrize("theta", [POINTS, POINTS[0]])
def test_are_those_of_the_dense_simulator(theta):
    found = answer(EXACT, energy.expectations(CIRCUIT, OBSERVABLES, theta))
    for one, h in zip(found, OBSERVABLES):
        expected = np.atleast_1d(dense.energy(CIRCUIT, h, theta))
        np.testing.assert_allclose(one.value, expected, rtol=0, atol=1e-12)
        assert one.std_error is None
        assert one.variance.shape == expected.shape


def test_one_run_of_the_circuits_serves_all():
    """Two bases, of Z and of X letters, at each of two points."""
    plan = energy.expectations(CIRCUIT, OBSERVABLES, POINTS)
    cost = sampled(plan, 10_000).cost
    assert (cost.circuits, cost.points) == (2, 4)
    found = answer(EXACT, plan, shots=10_000)
    for one, exact in zip(found, answer(EXACT, plan)):
        assert np.all(np.abs(one.value - exact.value) < 4.5 * one.std_error)
        assert np.all(one.std_error < 0.1)


def test_no_observable():
    assert answer(EXACT, energy.expectations(CIRCUIT, [], POINTS)) == ()
