"""Diagonalising circuits against dense matrices, and how many two-qubit gates they take."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.clifford import diagonalising
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.testing import strategies
from tests import dense


def parsed(*words: str) -> list[Pauli]:
    return [Pauli.parse(word) for word in words]


def two_qubit(gates: tuple[Gate, ...]) -> int:
    return sum(len(gate.qubits) == 2 for gate in gates)


def walked_back(gates, sign: int, word: Pauli) -> tuple[int, Pauli]:
    for gate in reversed(gates):
        found = gate.conjugate(word)
        sign, word = sign * found[0], found[1]
    return sign, word


@st.composite
def commuting(draw, n: int) -> list[Pauli]:
    """Words of Z letters behind a random Clifford circuit; some may be equal, or the identity."""
    circuit = draw(st.lists(strategies.gates(n, strategies.CLIFFORD), max_size=5 * n))
    masks = draw(st.lists(st.integers(0, 2**n - 1), min_size=1, max_size=2 * n))
    return [walked_back(circuit, 1, Pauli(0, mask))[1] for mask in masks]


@settings(max_examples=200)
@given(st.data())
def test_words_become_z_words(data):
    n = data.draw(st.integers(1, 5))
    words = data.draw(commuting(n))
    gates, images = diagonalising(words)
    u = np.eye(2**n)
    for gate in gates:
        u = dense.gate(gate, n) @ u
    for word, (sign, image) in zip(words, images, strict=True):
        assert image.x == 0
        expected = sign * dense.word(str(image), n)
        np.testing.assert_allclose(u @ dense.word(str(word), n) @ u.conj().T, expected, atol=1e-12)
        assert walked_back(gates, sign, image) == (1, word)
    assert {gate.name for gate in gates} <= {"h", "sdg", "cz"}
    assert two_qubit(gates) <= n * (n - 1) / 2


@settings(max_examples=100)
@given(st.data())
def test_words_with_equal_letters_need_no_two_qubit_gate(data):
    n = data.draw(st.integers(1, 6))
    letters = data.draw(st.lists(st.sampled_from("XYZ"), min_size=n, max_size=n))
    chosen = data.draw(st.lists(st.sets(st.integers(0, n - 1)), min_size=1, max_size=6))
    words = parsed(*(" ".join(f"{letters[q]}{q}" for q in qubits) or "I" for qubits in chosen))
    gates, images = diagonalising(words)
    assert two_qubit(gates) == 0
    assert [image.support for _, image in images] == [word.support for word in words]


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_a_ghz_state_takes_one_gate_less_than_qubits(n):
    words = parsed(*(f"Z{q} Z{q + 1}" for q in range(n - 1)), " ".join(f"X{q}" for q in range(n)))
    assert two_qubit(diagonalising(words)[0]) == n - 1


@pytest.mark.parametrize(
    ("words", "count"),
    [
        # The Bell basis, on one pair and on three.
        (parsed("X0 X1", "Y0 Y1", "Z0 Z1"), 1),
        (parsed(*(f"{p}{q} {p}{q + 1}" for q in (0, 2, 4) for p in "XYZ")), 3),
        # A hop between two modes with a string of Z letters in between, which is diagonal already.
        (parsed("X0 Z1 Z2 X3", "Y0 Z1 Z2 Y3"), 1),
        # A double excitation: the eight words of four letters X and Y with an odd number of Y.
        (
            parsed(
                *(
                    " ".join(f"{letter}{q}" for q, letter in enumerate(letters))
                    for letters in product("XY", repeat=4)
                    if letters.count("Y") % 2
                )
            ),
            3,
        ),
        # A linear cluster state of five qubits has four edges.
        (parsed("X0 Z1", "Z0 X1 Z2", "Z1 X2 Z3", "Z2 X3 Z4", "Z3 X4"), 4),
    ],
    ids=["bell", "three bells", "hop", "double excitation", "cluster"],
)
def test_known_numbers_of_two_qubit_gates(words, count):
    gates, images = diagonalising(words)
    assert two_qubit(gates) == count
    assert all(image.x == 0 for _, image in images)


def test_far_fewer_than_the_edges_of_a_graph_state():
    """A random stabiliser state is, up to local gates, a graph state with half of all edges."""
    rng = np.random.default_rng(0)
    n = 12
    circuit = []
    for _ in range(300):
        a, b = (int(q) for q in rng.permutation(n)[:2])
        circuit += [Gate("h", (a,)), Gate("s", (b,)), Gate("cx", (a, b))]
    words = [walked_back(circuit, 1, Pauli(0, 1 << q))[1] for q in range(n)]
    assert two_qubit(diagonalising(words)[0]) < n * (n - 1) / 4


def test_no_words():
    assert diagonalising([]) == ((), ())


def test_words_that_do_not_commute():
    with pytest.raises(InputError, match="X0 X1 and Z0 do not commute: no circuit measures both"):
        diagonalising(parsed("Y2", "X0 X1", "Z0"))
