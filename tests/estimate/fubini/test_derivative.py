"""The derivative of the Fubini-Study metric against differences of an independent one."""

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli
from qng.estimate.fubini import connection, derivative
from qng.execute.statevector.executor import Statevector
from qng.run.bench import answer
from qng.testing.strategies import cases
from tests import dense

DEVICE = Statevector(threads=1)
SPHERE = Circuit(
    1,
    [Rotation(Pauli.parse("Y0"), parameter("a")), Rotation(Pauli.parse("Z0"), parameter("b"))],
    "ab",
)


def differences(metric, theta) -> np.ndarray:
    """d_k of a metric of one point, k last."""

    def many(points) -> np.ndarray:
        flat = [metric(point) for point in points.reshape(-1, len(theta))]
        return np.array(flat).reshape(*points.shape, len(theta))

    return np.moveaxis(dense.differences(many, theta), 0, -1)


@settings(max_examples=40)
@given(cases(max_qubits=3, max_ops=6, max_parameters=3))
def test_it_is_the_difference_of_metrics(case) -> None:
    circuit, theta = case
    g, slopes = answer(DEVICE, derivative.exact(circuit, theta))
    dense.close(g, dense.metric(circuit, theta))
    dense.close(slopes, differences(lambda x: dense.metric(circuit, x), theta), 1e-6, 0.05)


@pytest.mark.parametrize("rule", ["commuting", "wires"])
@settings(max_examples=25)
@given(case=cases(max_qubits=3, max_ops=6, max_parameters=3))
def test_inside_blocks(rule: str, case) -> None:
    circuit, theta = case

    def metric(x) -> np.ndarray:
        return qng.metric(circuit, x, "blocks", executor=DEVICE, rule=rule).dense()

    g, slopes = answer(DEVICE, derivative.blocks(circuit, theta, rule))
    dense.close(g, metric(theta))
    dense.close(slopes, differences(metric, theta), 1e-6, 0.05)
    of_diagonal = answer(DEVICE, derivative.of_diagonal(derivative.blocks(circuit, theta, rule)))
    np.testing.assert_array_equal(of_diagonal[0], np.diag(np.diag(g)))
    np.testing.assert_array_equal(np.diagonal(of_diagonal[1]), np.diagonal(slopes))


@pytest.mark.parametrize("theta", [(0.4, 1.0), (1.3, -2.0), (2.8, 0.0)])
def test_closed_form_on_the_sphere(theta) -> None:
    """RZ(b) RY(a)|0>: g = diag(1, sin^2 a) / 4."""
    g, slopes = answer(DEVICE, derivative.exact(SPHERE, theta))
    expected = np.zeros((2, 2, 2))
    expected[1, 1, 0] = np.sin(2 * theta[0]) / 4
    np.testing.assert_allclose(g, np.diag([0.25, np.sin(theta[0]) ** 2 / 4]), atol=1e-15)
    np.testing.assert_allclose(slopes, expected, atol=1e-15)


@settings(max_examples=20)
@given(cases(max_qubits=3, max_ops=8, affine=True))
def test_christoffel_symbols_are_made_of_it(case) -> None:
    circuit, theta = case
    v = np.random.default_rng(len(theta)).normal(size=len(theta))
    slopes = answer(DEVICE, derivative.exact(circuit, theta))[1]
    bent = np.einsum("ijk,j,k->i", slopes, v, v) - np.einsum("jki,j,k->i", slopes, v, v) / 2
    dense.close(answer(DEVICE, connection.exact(circuit, theta, v)).value, bent, 1e-7, 0.05)
