"""Which words are meant, by name, by text and by what hangs together."""

import networkx as nx
import numpy as np
import pytest

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.estimate.observables.words import connected, listed, local, words_of
from tests import dense

LINE = hardware_efficient(8, 3)
HEADER = 'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; '
# Qubits 1 and 3 do nothing.
GAPS = Circuit.from_qasm(
    HEADER + "qubit[5] q; rx(a) q[0]; ry(b) q[2]; cx q[0], q[2]; cz q[2], q[4]; ry(a) q[4];"
)
THETA = np.array([0.7, -1.1])


@pytest.mark.parametrize(("most", "number"), [(1, 24), (2, 24 + 63), (3, 249)])
def test_neighbouring_words_of_a_line(most, number):
    words = local(LINE, most)
    assert len(set(words)) == len(words) == number
    for word in words:
        assert word.weight <= most
        assert word.qubits == tuple(range(word.qubits[0], word.qubits[-1] + 1))


@pytest.mark.parametrize("seed", range(3))
def test_connected_sets_are_those_of_the_graph(seed):
    graph = nx.gnp_random_graph(7, 0.3, seed=seed)
    neighbours = {q: sum(1 << p for p in graph[q]) for q in graph}
    found = connected(neighbours, 4)
    masks = [[q for q in range(7) if mask >> q & 1] for mask in range(1, 128)]
    expected = {tuple(m) for m in masks if len(m) <= 4 and nx.is_connected(graph.subgraph(m))}
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    "given",
    ["Z0 Z1, X1", ("Z0 Z1", "X1"), ["X1", Pauli.parse("Z0 Z1"), "X1"], {"Z0 Z1": 1, "X1": 1}],
)
def test_words_of_ones_own(given):
    assert {str(word): c for word, c in listed(given)} == {"Z0 Z1": 1.0, "X1": 1.0}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "such as 'Z0 X1'"),
        ("Q0", "not a Pauli word"),
        ((), "1 to 4096 words other than the identity, not 0"),
        ("I", "1 to 4096 words"),
        ("X9", "act on 10 qubits, and the circuit has 8"),
        ("local-0", "by name are hamiltonian, local-1"),
        ("localised", "by name are hamiltonian, local-1"),
        ("local-7", "more than 4096 words .* take local-6"),
        ([3], "texts such as"),
        (None, "give a problem, or words"),
        (PauliSum({"X0": 1j}), "not Hermitian"),
    ],
)
def test_what_is_refused(words, said):
    with pytest.raises(InputError, match=said):
        words_of(LINE, None, words)


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        ("squares", "projection, coefficients, terms or a number a word"),
        ([1.0], "2 words need as many weights"),
        ([1.0, -2.0], "weight of a word"),
        ([1.0, np.nan], "weight of a word"),
        ({"Z0": 1.0, "X1": 2.0}, "2 weights for 2 words, and none of X0"),
        (2.0, "2 words need as many weights"),
    ],
)
def test_weights_that_are_refused(weight, said):
    with pytest.raises(InputError, match=said):
        qng.metric(LINE, np.zeros(LINE.n_parameters), "observables", words="Z0, X0", weight=weight)


def test_qubits_on_which_nothing_acts():
    """Words have the letters of the whole circuit; X on |0> says nothing, Z there is 1."""
    words = ("X0 Z1", "Y2 Z4", "X3 Z0", "Z3", "Z4 X0 Y3")
    for shots in (None, 10_000):
        found = qng.metric(GAPS, THETA, "observables", words=words, shots=shots, seed=2).dense()
        small = qng.metric(GAPS, THETA, "observables", words="X0, Y2 Z4", shots=shots, seed=2)
        np.testing.assert_array_equal(found, small.dense())
    problem = qng.Problem(GAPS, {"X0": 1.0, "Z2 Z4": 0.5}, THETA)
    run = qng.minimize(problem, "qng", metric=qng_by(words), steps=2)
    assert run.fun < qng.energy(problem, THETA).value
    with pytest.raises(InputError, match="act on 6 qubits, and the circuit has 5"):
        qng.metric(GAPS, THETA, "observables", words="X5")


def qng_by(words):
    from qng.plan.quantities import By

    return By("observables", words=words)


def weighed(words, weight):
    return qng.metric(GAPS, THETA, "observables", words=words, weight=weight).dense()


def by_derivatives(words, weight):
    rows = [dense.gradient(GAPS, [(word, 1.0)], THETA) for word in words]
    return sum(w * np.outer(row, row) for row, w in zip(rows, weight))


@pytest.mark.parametrize(
    "words", [("Z1", "Z0", "X2 Z4"), ("Z0 Z1", "X3 Z0", "Z0"), ("Y0", "Y0 Z3", "Y4")]
)
def test_weights_stay_with_their_words_where_qubits_are_idle(words):
    """Idle qubits are left out; words that agree there count twice."""
    weight = [0.3, 2.0, 0.7]
    expected = by_derivatives(words, weight)
    np.testing.assert_allclose(weighed(words, weight), expected, atol=1e-7)
    named = dict(zip(reversed(words), reversed(weight)))
    np.testing.assert_allclose(weighed(words, named), expected, atol=1e-7)


def test_the_weight_of_the_identity_may_be_given():
    expected = by_derivatives(["Z0"], [0.5])
    for words, weight in ((["I", "Z0"], [3.0, 0.5]), (["I", "Z0"], [0.5])):
        np.testing.assert_allclose(weighed(words, weight), expected, atol=1e-7)


def test_words_on_which_nothing_acts_are_refused():
    with pytest.raises(InputError, match="no operation of the circuit is on the qubits of these"):
        qng.metric(GAPS, THETA, "observables", words=["Z1", "Z1 Z3"])
