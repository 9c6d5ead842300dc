"""Hamiltonians against closed forms, PennyLane's and the problems of the library."""

import networkx as nx
import numpy as np
import pennylane as qml
import pytest

import qng
from qng import PauliSum, hamiltonians
from qng.circuit.gate import pauli_matrix
from qng.errors import InputError


def lowest(h: PauliSum) -> float:
    n = h.n_qubits
    matrix = sum(c * pauli_matrix(word, n) for word, c in h)
    return float(np.linalg.eigvalsh(matrix)[0])


@pytest.mark.parametrize("n", [4, 6, 8])
@pytest.mark.parametrize("field", [0.5, 1.0, 1.2])
def test_energy_of_the_ising_ring_is_that_of_free_fermions(n: int, field: float) -> None:
    a = (2 * np.arange(n // 2) + 1) * np.pi / n
    expected = -2 * np.sqrt((np.cos(a) + field) ** 2 + np.sin(a) ** 2).sum()
    assert lowest(hamiltonians.tfim(n, field)) == pytest.approx(expected, abs=1e-10)
    scaled = hamiltonians.tfim(n, 2.5 * field, coupling=2.5)
    assert lowest(scaled) == pytest.approx(2.5 * expected, abs=1e-9)


def test_energy_of_the_heisenberg_ring_of_four() -> None:
    """Two pairs of spins of length 1: E = -2 in units of S.S, eight of sigma.sigma / 4."""
    assert lowest(hamiltonians.heisenberg(4)) == pytest.approx(-8, abs=1e-10)
    assert lowest(hamiltonians.xxz(2, 0.3)) == pytest.approx(-2.3, abs=1e-12)
    open_chain = hamiltonians.heisenberg(3, periodic=False)
    assert (len(open_chain), lowest(open_chain)) == (6, pytest.approx(-4, abs=1e-12))


def test_two_qubits_have_one_bond() -> None:
    assert hamiltonians.tfim(2) == hamiltonians.tfim(2, periodic=False)


@pytest.mark.parametrize("seed", range(3))
def test_cuts_and_covers_are_pennylanes(seed: int) -> None:
    """Term by term, and in the order of its QAOA circuits."""
    graph = nx.gnm_random_graph(5, 7, seed=seed)
    graph.add_nodes_from(range(6))
    for ours, theirs in [
        (hamiltonians.maxcut(graph), qml.qaoa.maxcut(graph)[0]),
        (hamiltonians.min_vertex_cover(graph), qml.qaoa.min_vertex_cover(graph, False)[0]),
    ]:
        theirs = PauliSum.from_pennylane(theirs.simplify())
        assert dict(ours.terms) == pytest.approx(dict(theirs.terms))
        words = [word for word, _ in ours if word.support]
        assert words == [word for word, _ in theirs if word.support]
    edges = list(graph.edges)
    assert hamiltonians.maxcut(edges) == hamiltonians.maxcut(graph)


@pytest.mark.parametrize("periodic", [True, False])
def test_chains_are_pennylanes(periodic: bool) -> None:
    around = {"boundary_condition": periodic}
    for ours, theirs in [
        (
            hamiltonians.tfim(5, 0.7, 1.3, periodic),
            qml.spin.transverse_ising("chain", [5], coupling=1.3, h=0.7, **around),
        ),
        (
            hamiltonians.xxz(5, 0.4, 1.3, periodic),
            qml.spin.heisenberg("chain", [5], coupling=[[1.3, 1.3, 0.52]], **around),
        ),
    ]:
        expected = PauliSum.from_pennylane(theirs.simplify())
        assert dict(ours.terms) == pytest.approx(dict(expected.terms))


def test_energy_of_a_bit_string_is_minus_its_cut() -> None:
    edges, weights = [(0, 1), (1, 2), (0, 3)], [0.5, 2.0, 0.25]
    h = hamiltonians.maxcut(edges, weights)
    diagonal = np.diag(sum(c * pauli_matrix(word, 4) for word, c in h)).real
    for bits in range(16):
        cut = sum(w for (a, b), w in zip(edges, weights) if (bits >> a ^ bits >> b) & 1)
        assert diagonal[bits] == pytest.approx(-cut)
    without = hamiltonians.maxcut(edges, weights, offset=False)
    assert h - without == PauliSum({"I": -1.375})
    graph = nx.Graph()
    graph.add_weighted_edges_from([(a, b, w) for (a, b), w in zip(edges, weights)])
    assert dict(hamiltonians.maxcut(graph).terms) == dict(h.terms)
    assert hamiltonians.maxcut([(a, b, w) for (a, b), w in zip(edges, weights)]) == h


def test_spin_glass() -> None:
    j = np.array([[0, 1.0, 2.0], [9, 0, 3.0], [9, 9, 0]])
    h = hamiltonians.sherrington_kirkpatrick(3, j, field=0.5)
    assert h == PauliSum(
        {"Z0 Z1": 1.0, "Z0 Z2": 2.0, "Z1 Z2": 3.0, "X0": -0.5, "X1": -0.5, "X2": -0.5}
    )
    assert h == hamiltonians.sherrington_kirkpatrick(3, [1.0, 2.0, 3.0], field=0.5)
    drawn = [c.real for _, c in hamiltonians.sherrington_kirkpatrick(60, 7)]
    assert np.std(drawn) == pytest.approx(1 / np.sqrt(60), rel=0.1)
    assert len(hamiltonians.sherrington_kirkpatrick(3, 1)) == 3


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: hamiltonians.tfim(1), "n_qubits must be a whole number of at least 2"),
        (lambda: hamiltonians.tfim(4, float("nan")), "field must be a finite number"),
        (lambda: hamiltonians.xxz(4, "a"), "delta must be a finite number"),
        (lambda: hamiltonians.maxcut([]), "at least one edge"),
        (lambda: hamiltonians.maxcut([(0, 0)]), "a pair of different nodes"),
        (lambda: hamiltonians.maxcut([(0, "b")]), "a node must be a whole number"),
        (lambda: hamiltonians.maxcut(3), "edges are pairs of nodes"),
        (lambda: hamiltonians.maxcut([(0, 1)], [1, 2]), "1 edge(s) have as many weights, not 2"),
        (lambda: hamiltonians.maxcut([(0, 1)], [np.inf]), "must be finite"),
        (lambda: hamiltonians.min_vertex_cover("ab"), "edges are pairs of nodes"),
        (lambda: hamiltonians.sherrington_kirkpatrick(3, [1.0]), "3 spins have 3 couplings"),
        (lambda: hamiltonians.sherrington_kirkpatrick(3, -1), "the seed of the couplings"),
    ],
)
def test_what_cannot_be_built_is_refused(build: object, says: str) -> None:
    with pytest.raises(InputError, match=says.replace("(", r"\(").replace(")", r"\)")):
        build()


def test_they_are_at_the_door() -> None:
    assert qng.hamiltonians is hamiltonians
