"""A matrix by its entries does what the matrix does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qng.circuit.angle import parameter
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.plan.request import Request, Tangent


def curved(n: int) -> Circuit:
    """Angles that are affine, of two parameters, and curved."""
    a, b = parameter("a"), parameter("b")
    words = (Pauli.parse(word) for word in ("X0", "Z0 Z1", "Y1"))
    ops = [Rotation(word, angle) for word, angle in zip(words, (2 * a, a - b, a * b))]
    return Circuit(n, ops, ["a", "b"])


entries = st.sampled_from([0.0, 0.0, 1.0, -0.5, 3.0])


@given(st.tuples(st.integers(0, 6), st.integers(0, 5)), st.data())
def test_products(shape, data):
    a = data.draw(arrays.arrays(float, shape, elements=entries))
    slopes = Slopes.of(a)
    points = np.random.default_rng(1).normal(size=(3, shape[1]))
    np.testing.assert_array_equal(slopes.dense(), a)
    np.testing.assert_array_equal(slopes.T.dense(), a.T)
    np.testing.assert_allclose(slopes @ points, points @ a.T, rtol=0, atol=1e-12)
    np.testing.assert_allclose(slopes @ points[0], a @ points[0], rtol=0, atol=1e-12)


@given(st.integers(1, 6), st.integers(1, 5), st.data())
def test_one_entry_a_row(rows, columns, data):
    a = np.zeros((rows, columns))
    for row in a:
        row[data.draw(st.integers(0, columns - 1))] = data.draw(st.sampled_from([1.0, -0.5, 3.0]))
    points = np.random.default_rng(1).normal(size=(3, columns))
    np.testing.assert_array_equal(Slopes.of(a) @ points, points @ a.T)
    np.testing.assert_array_equal(Slopes.of(a) @ points[0], a @ points[0])


def test_the_identity_gives_copies():
    points = np.arange(6.0).reshape(2, 3)
    found = Slopes.of(np.eye(3)) @ points
    np.testing.assert_array_equal(found, points)
    assert not np.shares_memory(found, points)
    for other in (np.eye(3)[[1, 0, 2]], np.diag([1.0, 1.0, 2.0])):
        np.testing.assert_array_equal(Slopes.of(other) @ points, points @ other.T)


def test_angles_and_slopes_at_once():
    circuit, theta = curved(2), np.array([0.3, -0.7])
    phi, slopes = circuit.at(theta)
    np.testing.assert_array_equal(phi, circuit.angles(theta))
    np.testing.assert_array_equal(slopes.dense(), circuit.jacobian(theta))
    with pytest.raises(InputError, match="one point is expected"):
        circuit.at(theta[None])


def test_angles_of_the_point_that_was_asked_for_last():
    circuit = real_amplitudes(2, 1)
    theta = np.arange(4.0)
    phi = circuit.angles(theta)
    phi += 1.0  # of the caller alone
    np.testing.assert_array_equal(circuit.angles(theta), phi - 1.0)
    np.testing.assert_array_equal(circuit.angles(theta[None]), [phi - 1.0])
    theta[0] = 7.0
    np.testing.assert_array_equal(circuit.angles(theta), circuit.angles(theta.tolist()))
    theta[1] = np.nan
    for points in (theta, theta[None], [*theta]):
        with pytest.raises(InputError, match="must be finite, but t1 is not"):
            circuit.angles(points)
    with pytest.raises(InputError, match="one point is expected"):
        circuit.at(np.zeros((1, 4)))
    assert circuit.angles(np.zeros((0, 4))).shape == (0, 4)


def test_entries_in_any_order():
    slopes = Slopes.sorted([2, 0, 2], [1, 1, 0], [5.0, 6.0, 7.0], (3, 2))
    np.testing.assert_array_equal(slopes.dense(), [[0, 6], [0, 0], [7, 5]])


def test_measures_with_equal_slopes_are_equal():
    a = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert Tangent(a) == Tangent(Slopes.of(a))
    assert hash(Tangent(a)) == hash(Tangent(Slopes.of(a)))
    assert Tangent(a) != Tangent(2 * a)


def test_a_circuit_without_parameters():
    slopes = Circuit(1).slopes([])
    assert slopes.shape == (0, 0)
    assert (slopes @ np.zeros(0)).shape == (0,)
    Request(Circuit(1), np.zeros((1, 0)), Tangent(slopes))
