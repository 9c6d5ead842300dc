"""The Hessian against differences of the gradient and the parameter-shift rule."""

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.angle import apply, parameter
from qng.circuit import Circuit
from qng.errors import InputError
from qng.estimate import hessian
from qng.gate import Rotation
from qng.pauli import Pauli, PauliSum
from qng.resolve import answer
from tests import dense
from tests.strategies import free, problems


def exact(circuit, h, theta) -> np.ndarray:
    return answer(qng.executor(), hessian.exact(circuit, h, theta)).dense()


@settings(max_examples=300, deadline=None)
@given(problems())
def test_hessian_is_the_difference_of_gradients(case):
    circuit, theta, h = case
    found = exact(circuit, h, theta)
    dense.close(found, dense.hessian(circuit, h, theta))
    assert np.array_equal(found, found.T)


@settings(max_examples=30, deadline=None)
@given(problems(max_ops=7))
def test_hessian_from_energies_at_shifted_angles(case):
    """H_rs = [E(++) - E(+-) - E(-+) + E(--)] / 4, shifts of pi/2."""
    circuit, theta, h = case
    phi = circuit.angles(theta)
    circuit = free(circuit)
    e = np.eye(len(phi)) * np.pi / 2
    plus, minus = e[:, None] + e[None], e[:, None] - e[None]

    def f(x):
        return dense.energy(circuit, h, phi + x)

    expected = (f(plus) - f(minus) - f(-minus) + f(-plus)) / 4
    dense.close(exact(circuit, h, phi), expected, 1e-12, 1.0)


@pytest.mark.parametrize(
    ("angle", "phi", "slope", "bend"),
    [
        (lambda t: 2 * t + 0.3, 1.1, 2.0, 0.0),
        (lambda t: t * t, 0.16, 0.8, 2.0),
        (lambda t: apply("sin", t), np.sin(0.4), np.cos(0.4), -np.sin(0.4)),
        (lambda t: apply("exp", t) / 3, np.exp(0.4) / 3, np.exp(0.4) / 3, np.exp(0.4) / 3),
    ],
)
def test_curvature_of_the_angle(angle, phi, slope, bend):
    """E = cos phi(t): E'' = -cos(phi) phi'^2 - sin(phi) phi''."""
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), angle(parameter("t")))], ["t"])
    expected = -np.cos(phi) * slope**2 - np.sin(phi) * bend
    found = exact(circuit, PauliSum({"Z0": 1.0}), [0.4])
    np.testing.assert_allclose(found, [[expected]], atol=1e-14)


def test_no_parameters_and_several_points():
    assert exact(Circuit(1), PauliSum({"Z0": 1.0}), []).shape == (0, 0)
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("t"))], ["t"])
    with pytest.raises(InputError, match="one point"):
        exact(circuit, PauliSum({"Z0": 1.0}), [[0.1], [0.2]])
