"""Gates and rotations against matrices that are built in another way."""

from functools import cache
from itertools import permutations, product

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import as_angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import NAMED, Gate, Rotation, controlled, inverse_name, pauli_matrix, unitary
from qng.circuit.pauli import Pauli
from qng.errors import CircuitError, UnknownNameError
from qng.execute.statevector.states import unitary as circuit_unitary
from qng.testing.strategies import CLIFFORD, fixed_rotations, gates, unitaries, words
from tests import dense


def size(name: str) -> int:
    return NAMED[name].shape[0].bit_length() - 1


def every_word(n: int) -> list[Pauli]:
    masks = range(2**n)
    return [Pauli(x, z) for x, z in product(masks, masks)]


@cache
def every_matrix(n: int) -> np.ndarray:
    """The matrices of all words, shape (4^n, 4^n)."""
    return np.array([dense.word(str(p), n).ravel() for p in every_word(n)])


def test_every_gate_has_a_reference():
    assert set(NAMED) == set(dense.GATES)


@pytest.mark.parametrize("name", NAMED)
def test_matrices_of_named_gates(name):
    np.testing.assert_allclose(NAMED[name], dense.GATES[name], rtol=0, atol=1e-12)
    assert not NAMED[name].flags.writeable


@pytest.mark.parametrize("name", NAMED)
def test_inverses(name):
    gate = Gate(name, tuple(range(size(name))))
    back = gate.inverse()
    np.testing.assert_allclose(back.array() @ gate.array(), np.eye(2 ** size(name)), atol=1e-12)
    assert (back.name == "unitary") == (inverse_name(name) is None)


def test_inverses_by_name():
    pairs = {"h": "h", "s": "sdg", "tdg": "t", "sx": "sxdg", "cs": "csdg", "csx": None}
    assert {name: inverse_name(name) for name in pairs} == pairs


@pytest.mark.parametrize("name", NAMED)
def test_conjugation_by_every_named_gate(name):
    """U^dagger P U for all words, on all orders of the qubits, one of them idle."""
    words = 0
    for qubits in list(permutations(range(4), size(name)))[:: 1 + 2 * (size(name) - 1)]:
        gate = Gate(name, qubits)
        u = dense.embedded(dense.GATES[name], qubits, 4)
        for pauli in every_word(4)[::11]:
            words += _agrees(gate, u, pauli, 4)
    if name in CLIFFORD:
        assert words > 20


@settings(max_examples=100)
@given(st.one_of(gates(3), unitaries(3), fixed_rotations(3)), words(3))
def test_conjugation_by_anything_fixed(op, pauli):
    u = circuit_unitary(Circuit(3, [op]), [])
    _agrees(op, u, pauli, 3)


def _agrees(op: Gate | Rotation, u: np.ndarray, pauli: Pauli, n: int) -> bool:
    """Whether a word comes out; it must be the right one, and none only if there is none."""
    image = u.conj().T @ dense.word(str(pauli), n) @ u
    found = op.conjugate(pauli)
    if found is None:
        weights = np.abs(every_matrix(n).conj() @ image.ravel()) / 2**n
        assert weights.max() < 1 - 1e-9
        return False
    np.testing.assert_allclose(image, found[0] * dense.word(str(found[1]), n), atol=1e-12)
    return True


@pytest.mark.parametrize("turns", range(-5, 6))
def test_quarter_turns(turns):
    rotation = Rotation(Pauli.parse("X0 Y1"), as_angle(turns * np.pi / 2))
    p = dense.word("X0 Y1", 2)
    u = scipy.linalg.expm(-0.25j * turns * np.pi * p)
    assert all(_agrees(rotation, u, pauli, 2) for pauli in every_word(2))


def test_rotations_by_a_parameter_pass_what_commutes():
    rotation = Rotation(Pauli.parse("Z0 Z1"), parameter("t"))
    assert not rotation.is_fixed
    assert rotation.conjugate(Pauli.parse("X0 X1")) == (1, Pauli.parse("X0 X1"))
    assert rotation.conjugate(Pauli.parse("X0")) is None


@given(words(3), st.floats(-10, 10))
def test_rotation_matrix_and_inverse(pauli, phi):
    rotation = Rotation(pauli, as_angle(phi))
    expected = scipy.linalg.expm(-0.5j * phi * dense.word(str(pauli), 3))
    np.testing.assert_allclose(circuit_unitary(Circuit(3, [rotation]), []), expected, atol=1e-12)
    both = circuit_unitary(Circuit(3, [rotation, rotation.inverse()]), [])
    np.testing.assert_allclose(both, np.eye(8), atol=1e-12)
    assert rotation.qubits == pauli.qubits
    assert rotation.is_fixed


@given(words(3))
def test_pauli_matrix(pauli):
    np.testing.assert_array_equal(pauli_matrix(pauli, 3), dense.word(str(pauli), 3))


def test_controls_come_first():
    u = NAMED["t"]
    expected = np.diag([1, 1, 1, np.exp(0.25j * np.pi)])
    np.testing.assert_allclose(controlled(u), expected)
    np.testing.assert_array_equal(controlled(NAMED["x"], 2), NAMED["ccx"])
    cx = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]])
    np.testing.assert_array_equal(NAMED["cx"], cx)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: Gate("cnot", (0, 1)), UnknownNameError, "unknown gate 'cnot'"),
        (lambda: Gate("cx", (0,)), CircuitError, "acts on 2 qubit.*1 were given"),
        (lambda: Gate("cx", (1, 1)), CircuitError, "a qubit twice"),
        (lambda: unitary(np.eye(4), (0,)), CircuitError, "2 x 2 matrix, not"),
        (lambda: unitary([[1, 1], [0, 1]], (0,)), CircuitError, "not unitary"),
        (lambda: unitary([[np.nan, 0], [0, 1]], (0,)), CircuitError, "not unitary"),
        (lambda: unitary(np.eye(4), (2, 2)), CircuitError, "a qubit twice"),
        (lambda: Rotation(Pauli.parse("I"), parameter("t")), CircuitError, "global phase"),
    ],
)
def test_operations_that_cannot_be_built(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_a_matrix_is_kept_as_a_value():
    matrix = np.array(NAMED["h"])
    gate = unitary(matrix, (1,))
    matrix[:] = 0
    assert gate == unitary(NAMED["h"], (1,))
    assert hash(gate) == hash(unitary(NAMED["h"], (1,)))
    np.testing.assert_array_equal(gate.array(), NAMED["h"])
