"""Christoffel symbols of the Fubini-Study metric, contracted with a direction twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.estimate.fubini import connection
from qng.execute.statevector.executor import Statevector
from qng.plan.plan import Plan
from qng.run.bench import answer
from qng.testing import strategies
from tests import dense

DEVICE = Statevector()
SPHERE = Circuit(
    1,
    [Rotation(Pauli.parse("Y0"), parameter("a")), Rotation(Pauli.parse("Z0"), parameter("b"))],
    "ab",
)


def exact(circuit: Circuit, theta, v) -> np.ndarray:
    return answer(DEVICE, connection.exact(circuit, theta, v)).value


def christoffel(circuit: Circuit, theta, v) -> np.ndarray:
    """d_v g_iv - d_i g_vv / 2 with differences of an independent metric."""

    def metrics(points) -> np.ndarray:
        flat = points.reshape(-1, points.shape[-1])
        found = np.array([dense.metric(circuit, point) for point in flat])
        return found.reshape(*points.shape, points.shape[-1])

    slopes = dense.differences(metrics, theta)
    return np.einsum("jik,j,k->i", slopes, v, v) - np.einsum("ijk,j,k->i", slopes, v, v) / 2


@given(st.data())
@settings(max_examples=60)
def test_it_is_made_of_derivatives_of_the_metric(data) -> None:
    circuit = data.draw(strategies.circuits(max_qubits=3, max_ops=6, max_parameters=3))
    theta = np.array(data.draw(strategies.points(circuit)))
    v = np.random.default_rng(data.draw(st.integers(0, 99))).normal(size=len(theta))
    dense.close(exact(circuit, theta, v), christoffel(circuit, theta, v), 1e-6, floor=0.05)


@pytest.mark.parametrize("theta", [(0.4, 1.0), (1.3, -2.0), (2.8, 0.0)])
@pytest.mark.parametrize("v", [(1.0, 0.0), (0.0, 1.0), (0.7, -2.0)])
def test_closed_form_on_the_sphere(theta, v) -> None:
    """RZ(b) RY(a)|0>: g = (da^2 + sin^2 a db^2) / 4."""
    a, wave = theta[0], np.sin(theta[0]) * np.cos(theta[0])
    expected = [-wave * v[1] ** 2 / 4, wave * v[0] * v[1] / 2]
    np.testing.assert_allclose(exact(SPHERE, theta, v), expected, rtol=0, atol=1e-9)
    assert 0 < a < np.pi


def test_it_is_quadratic_in_the_direction() -> None:
    circuit = hardware_efficient(2, 1)
    rng = np.random.default_rng(1)
    theta, v = rng.normal(size=(2, 8))
    once = exact(circuit, theta, v)
    for factor in (-1.0, 1e-4, 30.0):
        np.testing.assert_allclose(
            exact(circuit, theta, factor * v) / factor**2, once, rtol=0, atol=2e-9
        )


def test_overlaps_agree_to_the_second_order_of_the_step() -> None:
    circuit = hardware_efficient(2, 1)
    theta, v = np.random.default_rng(5).normal(size=(2, 8))
    expected = exact(circuit, theta, v)
    errors = [
        np.abs(answer(DEVICE, connection.overlaps(circuit, theta, v, h)).value - expected).max()
        for h in (0.4, 0.2, 0.1)
    ]
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 2.0, atol=0.15)
    assert errors[-1] < 3e-3 * np.abs(expected).max()


def test_from_shots_within_its_errors() -> None:
    circuit = hardware_efficient(2, 1, ("ry",))
    theta, v = np.random.default_rng(7).normal(size=(2, 4))
    plan = connection.overlaps(circuit, theta, v)
    expected = answer(DEVICE, plan).value
    found = [answer(DEVICE, plan, seed=seed, shots=16 * 2000) for seed in range(100)]
    scores = np.array([(f.value - expected) / f.std_error for f in found])
    assert np.abs(scores.mean(axis=0)).max() < 0.4
    assert np.abs(np.sqrt(np.mean(scores**2, axis=0)) - 1).max() < 0.3
    assert plan.evaluations == 4 * 4


def test_shared_parameters_are_contracted() -> None:
    a, b = parameter("a"), parameter("b")
    words = ["X0", "Y1", "Z0 X1", "Y0"]
    circuit = Circuit(
        2, [Rotation(Pauli.parse(w), t) for w, t in zip(words, [a, b, 2 * a, b])], "ab"
    )
    theta, v = np.array([0.4, 1.1]), np.array([1.0, -0.6])
    expected = christoffel(circuit, theta, v)
    dense.close(exact(circuit, theta, v), expected, 1e-6)
    near = answer(DEVICE, connection.overlaps(circuit, theta, v, 0.02)).value
    dense.close(near, expected, 1e-3)


def test_curved_angles_count_where_no_angle_moves_at_first_order() -> None:
    """phi = a + b^2 at b = 0, along b: A v = 0, but the second derivative is there."""
    a, b = parameter("a"), parameter("b")
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), a + b**2)], "ab")
    found = exact(circuit, [0.3, 0.0], [0.0, 1.0])
    np.testing.assert_allclose(found, [0.25 * 2, 0.0], rtol=0, atol=1e-8)
    near = answer(DEVICE, connection.overlaps(circuit, [0.3, 0.0], [0.0, 1.0], 0.05)).value
    np.testing.assert_allclose(near, [0.25 * 2, 0.0], rtol=0, atol=1e-3)


def test_what_does_not_move_costs_nothing() -> None:
    for make in (connection.exact, connection.overlaps):
        plan: Plan = make(SPHERE, [0.3, 0.2], [0.0, 0.0])
        assert plan.requests == ()
        assert plan.reduce(()).value.tolist() == [0.0, 0.0]


def test_bad_input() -> None:
    for step in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="step must be a positive number"):
            connection.overlaps(SPHERE, [0.3, 0.2], [1.0, 0.0], step)
    for make in (connection.exact, connection.overlaps):
        with pytest.raises(InputError):
            make(SPHERE, [0.3, 0.2], [1.0])
