"""Small circuits at many points at once, against the dense simulator and one point at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import PauliSum
from qng.execute.statevector import many
from qng.execute.statevector.executor import Statevector
from qng.execute.statevector.tangents import derivatives
from qng.plan.request import Gradient, Request, Tangent
from qng.testing.strategies import cases
from tests import dense


def in_turn(f, items):
    return [f(item) for item in items]


@given(cases(), st.integers(0, 2**32 - 1))
def test_gram_matrices_are_those_of_the_plain_sweep(case, seed):
    circuit, theta = case
    points = theta + np.random.default_rng(seed).normal(scale=0.1, size=(3, len(theta)))
    phi = np.array([circuit.angles(x) for x in points])
    products, means = many.grams(circuit, phi, [circuit.slopes(x) for x in points], in_turn)
    for k, x in enumerate(points):
        rows = derivatives.pushed(circuit, circuit.angles(x), circuit.slopes(x))
        psi = dense.state(circuit, x)
        bound = 1e-12 * (1 + np.abs(rows).max(initial=0.0) ** 2) * 2**circuit.n_qubits
        np.testing.assert_allclose(products[k], (rows.conj() @ rows.T).real, rtol=0, atol=bound)
        np.testing.assert_allclose(means[k], (rows @ psi.conj()).imag, rtol=0, atol=bound)


@pytest.mark.parametrize("threads", [1, 2])
def test_more_points_than_a_stretch(threads):
    circuit = hardware_efficient(3, 1)
    observable = PauliSum({"X0 Y1": 0.3, "Z1 Z2": -1.2, "": 0.5})
    points = np.random.default_rng(1).uniform(-3, 3, (many._STRETCH + 5, circuit.n_parameters))
    phi = circuit.angles(points)
    assert many.worth_it(circuit, circuit.n_parameters)
    executor = Statevector(threads=threads)
    slopes = [circuit.slopes(x) for x in points]
    tangents = [Request(circuit, at[None], Tangent(a, True)) for at, a in zip(phi, slopes)]
    gradients = Request(circuit, phi, Gradient(observable))
    *found, values = executor.run([*tangents, gradients], 0)
    matrix = dense.pauli_sum(observable, 3)
    for k in (0, many._STRETCH - 1, many._STRETCH, len(points) - 1):
        (alone,) = executor.run([tangents[k]], 0)
        for ours, theirs in zip(found[k].gram(), alone.gram()):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-13)
        psi = dense.state(circuit, points[k])
        energy = (psi.conj() @ matrix @ psi).real
        spread = (psi.conj() @ matrix @ matrix @ psi).real - energy**2
        np.testing.assert_allclose(values.value[k], energy, rtol=0, atol=1e-12)
        np.testing.assert_allclose(values.variance[k], spread, rtol=0, atol=1e-12)
        slopes = dense.gradient(circuit, observable, points[k])
        np.testing.assert_allclose(values.gradient[k], slopes, rtol=0, atol=1e-7)


def test_gates_and_shared_parameters_at_many_points():
    for whole in (qng.load("tfim-8"), qng.load("lih")):
        points = whole.initial + np.random.default_rng(2).normal(size=(5, len(whole.initial)))
        for metric, x in zip(qng.metric(whole, points), points):
            np.testing.assert_allclose(metric.dense(), qng.metric(whole, x).dense(), atol=1e-13)
