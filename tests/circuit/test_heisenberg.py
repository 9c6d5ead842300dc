"""Walks of words against dense matrices."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import as_angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation, unitary
from qng.circuit.heisenberg import back, commute, forth, images, known_mean, light_cone
from qng.circuit.pauli import Pauli
from qng.testing import strategies
from tests import dense


def word(text: str) -> Pauli:
    return Pauli.parse(text)


def turn(text: str, angle) -> Rotation:
    return Rotation(word(text), as_angle(angle))


def matrix(ops, values: dict, n: int) -> np.ndarray:
    """U, from the states that it makes of the basis states."""
    flips = [[Gate("x", (q,)) for q in range(n) if k >> q & 1] for k in range(2**n)]
    names = tuple(values)
    columns = [dense.state(Circuit(n, [*f, *ops], names), list(values.values())) for f in flips]
    return np.array(columns).T


@st.composite
def walks(draw):
    """(circuit, U at generic angles, a word)."""
    circuit = draw(strategies.circuits(max_qubits=3, max_ops=6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = dict(zip(circuit.parameters, rng.uniform(-3, 3, circuit.n_parameters)))
    return circuit, matrix(circuit.ops, values, circuit.n_qubits), draw(strategies.words(3))


def embedded(p: Pauli, n: int) -> np.ndarray:
    return dense.word(str(p), n)


@settings(max_examples=200)
@given(walks())
def test_an_image_is_the_conjugated_word(walk):
    circuit, u, w = walk
    n = max(circuit.n_qubits, 3)
    u = np.kron(np.eye(2 ** (n - circuit.n_qubits)), u)
    for found, expected in (
        (back(circuit.ops, w), u.conj().T @ embedded(w, n) @ u),
        (forth(circuit.ops, w), u @ embedded(w, n) @ u.conj().T),
    ):
        if found is not None:
            sign, image = found
            np.testing.assert_allclose(sign * embedded(image, n), expected, atol=1e-9)


@settings(max_examples=100)
@given(walks())
def test_an_image_acts_in_its_region_only(walk):
    circuit, u, w = walk
    n = max(circuit.n_qubits, 3)
    u = np.kron(np.eye(2 ** (n - circuit.n_qubits)), u)
    *_, last = images(reversed(circuit.ops), w)
    image = u.conj().T @ embedded(w, n) @ u
    for q in range(n):
        if not last.region >> q & 1:
            for letter in "XZ":
                outside = dense.word(f"{letter}{q}", n)
                np.testing.assert_allclose(image @ outside, outside @ image, atol=1e-9)


@settings(max_examples=150)
@given(st.data())
def test_a_known_mean_is_that_of_the_state(data):
    circuit, theta = data.draw(strategies.cases(clifford=data.draw(st.booleans())))
    w = data.draw(strategies.words(circuit.n_qubits))
    known = known_mean(circuit, w)
    if known is not None:
        psi = dense.state(circuit, theta)
        mean = psi.conj() @ embedded(w, circuit.n_qubits) @ psi
        np.testing.assert_allclose(mean, known, atol=1e-9)


@settings(max_examples=150)
@given(st.data())
def test_what_is_outside_of_the_light_cone_has_no_influence(data):
    circuit, theta = data.draw(strategies.cases())
    w = data.draw(strategies.words(circuit.n_qubits))
    places = light_cone(circuit.ops, w.support)
    assert places == sorted(places)
    inside = Circuit(circuit.n_qubits, [circuit.ops[k] for k in places], circuit.parameters)
    means = []
    for one in (circuit, inside):
        psi = dense.state(one, theta)
        means.append(psi.conj() @ embedded(w, circuit.n_qubits) @ psi)
    np.testing.assert_allclose(means[0], means[1], atol=1e-9)


@settings(max_examples=150)
@given(st.data())
def test_operations_that_commute_do(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    kinds = st.one_of(
        strategies.gates(3),
        strategies.unitaries(3),
        strategies.fixed_rotations(3),
        strategies.words(3).map(lambda p: Rotation(p, parameter("t"))),
    )
    a, b = data.draw(kinds), data.draw(kinds)
    if commute(a, b):
        # The same name stands for two angles.
        u, v = (matrix([op], {"t": rng.uniform(-3, 3)}, 3) for op in (a, b))
        np.testing.assert_allclose(u @ v, v @ u, atol=1e-9)


def test_where_words_go():
    ladder = [Gate("cx", (0, 1)), Gate("cx", (1, 2))]
    assert back(ladder, word("Z2")) == (1, word("Z0 Z1 Z2"))
    assert forth(ladder, word("X0")) == (1, word("X0 X1 X2"))
    assert back([turn("Z0", np.pi / 2)], word("X0")) == (-1, word("Y0"))
    assert forth([turn("Z0", np.pi / 2)], word("X0")) == (1, word("Y0"))
    assert back([turn("Z0", np.pi)], word("X0")) == (-1, word("X0"))
    assert back([turn("Z0", parameter("t"))], word("X0")) is None
    assert back([turn("Z0", parameter("t"))], word("Z0 X1")) == (1, word("Z0 X1"))
    assert back([], word("X0")) == (1, word("X0"))


def test_known_means():
    hadamard, free = Gate("h", (0,)), turn("Z0", parameter("t"))
    circuit = Circuit(2, [Gate("x", (1,)), hadamard, free], ["t"])
    assert known_mean(circuit, word("Z1")) == -1
    assert known_mean(circuit, word("Z0")) == 0
    assert known_mean(circuit, word("X0")) is None
    assert known_mean(circuit, word("I")) == 1


def test_a_light_cone_grows_backwards():
    ops = [
        Gate("h", (2,)),
        Gate("cx", (1, 2)),
        Gate("h", (3,)),
        Gate("cx", (0, 1)),
        Gate("x", (2,)),
    ]
    assert light_cone(ops, 0b0001) == [0, 1, 3]
    assert light_cone(ops, 0b1000) == [2]
    assert light_cone(ops, 0) == []


def test_diagonal_gates_commute():
    assert commute(Gate("cz", (0, 1)), Gate("ccz", (1, 2, 0)))
    assert commute(Gate("t", (0,)), unitary(np.diag([1, 1j]), (0,)))
    assert not commute(Gate("cx", (0, 1)), Gate("cz", (0, 1)))
    assert commute(Gate("cx", (0, 1)), turn("X1", parameter("t")))
    assert not commute(turn("Z1", parameter("t")), Gate("cx", (0, 1)))
