"""Several observables in the same states."""

import numpy as np
import pytest

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
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


SHARED = Circuit.from_qasm("""OPENQASM 3.0; include "stdgates.inc"; qubit[2] q;
    input float[64] a; input float[64] b;
    rx(2*a) q[0]; ry(a + b) q[0]; cx q[0], q[1]; rz(-3*b) q[1]; rx(0.5*a) q[1];""")


@pytest.mark.parametrize("circuit", [CIRCUIT, SHARED], ids=["layers", "shared"])
def test_no_curvature_is_above_the_smoothness(circuit):
    h = PauliSum({"Z0 Z1": 1.0, "X0": -0.5, "I": 9.0})
    limit = energy.smoothness(circuit, h)
    for theta in np.random.default_rng(1).uniform(-3, 3, (3, circuit.n_parameters)):
        assert np.abs(np.linalg.eigvalsh(dense.hessian(circuit, h, theta))).max() <= limit


def test_the_smoothness_of_one_rotation_is_reached():
    turned = Circuit.from_qasm(
        'OPENQASM 3.0; include "stdgates.inc"; qubit q; input float[64] a; rx(3*a) q;'
    )
    # <Z> = cos 3a, with the curvature 9 at 0.
    assert energy.smoothness(turned, PauliSum({"Z0": -2.0, "I": 5.0})) == 18.0
    assert energy.smoothness(turned, PauliSum({"I": 5.0})) == 0.0


def test_a_smoothness_needs_affine_angles():
    bent = Circuit.from_qasm(
        'OPENQASM 3.0; include "stdgates.inc"; qubit q; input float[64] a; rx(sin(a)) q;'
    )
    with pytest.raises(InputError, match="affine"):
        energy.smoothness(bent, PauliSum({"Z0": 1.0}))
