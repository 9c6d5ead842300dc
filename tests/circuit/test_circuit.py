"""Angles, Jacobian and curvature of a circuit, and circuits as values."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import parameter, sin
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation, unitary
from qng.circuit.pauli import Pauli
from qng.errors import CircuitError, InputError, UnknownNameError
from qng.testing.strategies import cases, radians
from tests import dense

A, B = parameter("a"), parameter("b")
X0, Z1 = Pauli.parse("X0"), Pauli.parse("Z1")
SMALL = Circuit(
    2,
    [Rotation(X0, 2 * B - 1), Gate("cx", (0, 1)), Rotation(Z1, sin(A) * B), Rotation(X0, A)],
    ["b", "a"],
)


@settings(max_examples=100)
@given(cases(), st.data())
def test_angles_and_their_derivatives(case, data):
    """phi from the text of each angle, A by complex steps, curvature by differences of A."""
    circuit, theta = case
    at = dict(zip(circuit.parameters, theta))
    texts = [str(rotation.angle) for rotation in circuit.rotations]
    phi = [dense.evaluate(text, at) for text in texts]
    np.testing.assert_allclose(circuit.angles(theta), phi, rtol=1e-12, atol=1e-12)
    slopes = [[dense.derivative(text, at, name) for name in circuit.parameters] for text in texts]
    a = circuit.jacobian(theta)
    np.testing.assert_allclose(a, np.reshape(slopes, a.shape), rtol=1e-9, atol=1e-9)
    w = data.draw(st.lists(radians, min_size=len(phi), max_size=len(phi)))

    def weighted(points):
        return np.apply_along_axis(lambda t: circuit.jacobian(t).T @ w, -1, points)

    found = circuit.curvature(theta, w)
    dense.close(found, dense.differences(weighted, theta))
    assert np.array_equal(found, found.T)


@settings(max_examples=30)
@given(cases(), st.integers(0, 3))
def test_many_points_are_each_point(case, count):
    circuit, theta = case
    points = theta + np.linspace(0, 1, count)[:, None]
    found = circuit.angles(points)
    assert found.shape == (count, circuit.n_rotations)
    for phi, point in zip(found, points):
        np.testing.assert_allclose(phi, circuit.angles(point), rtol=0, atol=1e-12)


@settings(max_examples=50)
@given(cases(), st.data())
def test_binding_some_parameters(case, data):
    circuit, theta = case
    names = data.draw(st.sets(st.sampled_from(circuit.parameters)))
    at = dict(zip(circuit.parameters, theta))
    bound = circuit.bind({name: at[name] for name in names})
    assert bound.parameters == tuple(p for p in circuit.parameters if p not in names)
    rest = [at[name] for name in bound.parameters]
    np.testing.assert_allclose(
        dense.state(bound, rest), dense.state(circuit, theta), rtol=0, atol=1e-12
    )
    assert len(bound.ops) == len(circuit.ops)


def test_known_values():
    theta = [0.3, 0.7]
    np.testing.assert_allclose(SMALL.angles(theta), [-0.4, np.sin(0.7) * 0.3, 0.7])
    np.testing.assert_allclose(
        SMALL.jacobian(theta), [[2, 0], [np.sin(0.7), np.cos(0.7) * 0.3], [0, 1]]
    )
    np.testing.assert_allclose(
        SMALL.curvature(theta, [5, 2, 7]),
        [[0, 2 * np.cos(0.7)], [2 * np.cos(0.7), -2 * np.sin(0.7) * 0.3]],
    )
    assert (SMALL.n_rotations, SMALL.n_parameters, SMALL.positions) == (3, 2, (0, 2, 3))


def test_prefix_and_then():
    assert SMALL.prefix(2).ops == SMALL.ops[:2]
    assert SMALL.prefix(2).parameters == SMALL.parameters
    assert SMALL.prefix(1).then(SMALL.ops[1:]) == SMALL


def test_a_rotation_by_a_number_is_fixed():
    circuit = Circuit(1, [Rotation(X0, 0 * A + 0.5), Rotation(X0, A)], ["a"])
    assert circuit.n_rotations == 1
    assert circuit.positions == (1,)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Circuit(0), "number of qubits, .*, not 0"),
        (lambda: Circuit(2.0), r"number of qubits, .*, not 2\.0"),
        (lambda: Circuit(1, [Gate("x", (1,))]), "beyond the circuit's 1"),
        (lambda: Circuit(1, [Rotation(Z1, A)], ["a"]), "beyond the circuit's 1"),
        (lambda: Circuit(1, [Rotation(X0, A)]), "'a' is used but not declared; declared: none"),
        (lambda: Circuit(1, [], ["a", "b", "a"]), "declared twice in a, b, a"),
    ],
)
def test_circuits_that_cannot_be_built(build, message):
    with pytest.raises(CircuitError, match=message):
        build()


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ([0.1], r"1 value\(s\), the circuit has 2 parameter\(s\): b, a"),
        ([0.1, np.nan], "finite, but a is not"),
        ([[0.1, 0.2], [np.inf, 0.1]], "finite, but b is not"),
        (0.1, "the shape"),
        (["x", "y"], "must be real numbers"),
        ([0.1, None], "must be numbers"),
        ([0.1, 1j], "must be real numbers"),
    ],
)
def test_points_that_cannot_be_used(theta, message):
    for f in (SMALL.angles, SMALL.jacobian, lambda t: SMALL.curvature(t, [0, 0, 0])):
        with pytest.raises(InputError, match=message):
            f(theta)


def test_derivatives_take_one_point():
    for f in (SMALL.jacobian, lambda t: SMALL.curvature(t, [0, 0, 0])):
        with pytest.raises(InputError, match=r"one point is expected, not an array .*\(2, 2\)"):
            f([[0.1, 0.2], [0.3, 0.4]])


def test_binding_nothing_keeps_what_is_known_of_a_circuit():
    assert SMALL.bind({}) is SMALL


def test_binding_an_unknown_name():
    with pytest.raises(UnknownNameError, match="unknown parameter 'c'"):
        SMALL.bind({"c": 1.0})


def test_undefined_angle_says_where():
    circuit = Circuit(1, [Rotation(X0, 1 / A)], ["a"])
    with pytest.raises(CircuitError, match=r"1\.0 / a has no finite value at a = 0"):
        circuit.angles([0.0])


def test_circuits_are_values():
    """Equal, hashed, copied and pickled by what they hold, after use as before."""
    used = pickle.loads(pickle.dumps(SMALL))
    used.angles([0.1, 0.2])
    used.blocks()
    for other in (used, copy.deepcopy(used), pickle.loads(pickle.dumps(used))):
        assert other == SMALL
        assert hash(other) == hash(SMALL)
        assert other.digest == SMALL.digest


@pytest.mark.parametrize(
    "other",
    [
        Circuit(3, SMALL.ops, SMALL.parameters),
        Circuit(2, SMALL.ops, ["a", "b"]),
        Circuit(2, SMALL.ops[::-1], SMALL.parameters),
        SMALL.prefix(3),
        SMALL.then([Gate("s", (0,))]),
        SMALL.then([unitary(np.diag([1, 1j]), (0,))]),
    ],
)
def test_digest_tells_circuits_apart(other):
    assert other != SMALL
    assert other.digest != SMALL.digest


class TestRenamed:
    def test_names_may_be_exchanged(self):
        other = SMALL.renamed({"a": "b", "b": "a"})
        assert other.parameters == ("a", "b")
        assert np.array_equal(other.angles([0.3, 0.4]), SMALL.angles([0.3, 0.4]))
        assert np.array_equal(other.jacobian([0.3, 0.4]), SMALL.jacobian([0.3, 0.4]))

    def test_names_that_openqasm_does_not_know(self):
        indexed = SMALL.renamed(["t[0]", "t[1]"])
        again = Circuit.from_qasm(indexed.to_qasm())
        assert again.parameters == indexed.qasm_names == ("t_0", "t_1")
        assert again.renamed(indexed.parameters).digest == indexed.digest
        assert Circuit.from_qasm(indexed.renamed(["b", "a"]).to_qasm()).angles([0.3, 0.4]) == (
            pytest.approx(SMALL.angles([0.3, 0.4]))
        )

    def test_refusals(self):
        with pytest.raises(UnknownNameError, match="unknown parameter 'c'"):
            SMALL.renamed({"c": "d"})
        with pytest.raises(CircuitError, match="2 names are expected, not 1"):
            SMALL.renamed(["x"])
        with pytest.raises(CircuitError, match="declared twice"):
            SMALL.renamed(["x", "x"])
