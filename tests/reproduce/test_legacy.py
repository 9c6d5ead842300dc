"""Streams against the library's problems, networkx and numbers printed by their authors."""

import networkx as nx
import numpy as np
import pennylane as qml
import pytest

import qng
from qng import hamiltonians
from qng.circuit.random_layers import haug
from qng.reproduce import legacy


def test_starts_are_those_of_the_library() -> None:
    for name, start in {
        "h2": legacy.hydrogen_start(),
        "hea-zz-8": legacy.qbang()[1],
        "maxcut-8": legacy.cut_of_8()[1],
        "sk-8": legacy.spin_glass()[1],
        "tfim-8": legacy.wierichs(8)[0],
        "vertex-cover-4": legacy.vertex_cover_starts()[0],
    }.items():
        np.testing.assert_array_equal(start, qng.load(name).start, err_msg=name)


def test_circuits_and_observables_are_those_of_the_library() -> None:
    assert legacy.qbang()[0] == qng.load("hea-zz-8").circuit
    for name, h in {
        "vertex-cover-4": hamiltonians.min_vertex_cover(legacy.VERTEX_COVER_4),
        "maxcut-8": hamiltonians.maxcut(legacy.CUT_OF_8, legacy.cut_of_8()[0]),
        "maxcut-4": hamiltonians.maxcut(legacy.CUT_OF_4),
        "sk-8": hamiltonians.sherrington_kirkpatrick(8, legacy.spin_glass()[0], 1e-4),
        "tfim-8": hamiltonians.tfim(8),
    }.items():
        assert dict(h.terms) == dict(qng.load(name).observable.terms), name


def test_graphs_are_networkxs() -> None:
    def edges(graph: nx.Graph) -> set:
        return {tuple(sorted(edge)) for edge in graph.edges}

    assert edges(nx.random_regular_graph(3, 8, seed=3)) == set(legacy.CUT_OF_8)
    assert edges(nx.gnm_random_graph(4, 4, seed=121)) == set(legacy.CUT_OF_4)
    assert edges(nx.gnm_random_graph(4, 4, seed=1)) == set(legacy.CUT_OF_4_BRAKET)
    assert tuple(nx.Graph([(0, 1), (1, 2), (2, 0), (2, 3)]).edges) == legacy.VERTEX_COVER_4


def test_qbang_prints_these_gates_and_angles() -> None:
    axes = "XYXYYZXZ XXXZYZZX YYYYXYXX YZXZXYYZ"
    circuit, start = legacy.qbang()
    words = [str(r.pauli)[0] for r in circuit.rotations]
    assert "".join(words) == axes.replace(" ", "")
    np.testing.assert_allclose(
        start[:8], [1.39, 0.52, 0.23, 1.62, -2.48, -0.17, -1.97, 1.49], atol=6e-3
    )


@pytest.mark.parametrize(
    ("axes", "theta", "energy", "mean_gradient", "mean_qng", "tolerance"),
    [
        (*legacy.haug(), 0.4613587005, 0.01747097, 0.40691993, 1e-8),
        # The notebook's test case.
        (("ZYYY", "ZYZX", "ZYYX"),
         [1.48304, 2.17723, 1.9648, 0.0496955, 3.07004, 1.32555, 5.98107, 6.28259, 1.58124,
          6.19941, 3.49189, 2.74643], -0.290501, 0.112244, 0.3352, 5e-6),
    ],
    ids=["default_rng(1)", "test case"],
)  # fmt: skip
def test_haugs_notebook(
    axes: tuple, theta: list, energy: float, mean_gradient: float, mean_qng: float, tolerance: float
) -> None:
    problem = qng.Problem(haug(axes), {"Z0 Z1": 1.0}, theta)
    gradient = qng.gradient(problem).value
    g = qng.metric(problem).dense()
    natural = np.linalg.pinv(g, rcond=1e-11) @ gradient
    assert qng.energy(problem).value == pytest.approx(energy, abs=tolerance)
    assert np.mean(gradient) == pytest.approx(mean_gradient, abs=tolerance)
    assert np.mean(natural) == pytest.approx(mean_qng, abs=tolerance)


def test_maris_energy_and_pennylanes_fisher_information() -> None:
    problem = qng.Problem(qng.load("mari-5").circuit, {"Z1": 1.0}, legacy.mari())
    assert qng.energy(problem).value == pytest.approx(-0.7938055593697134, abs=1e-14)

    @qml.qnode(qml.device("default.qubit"))
    def probabilities(p: np.ndarray) -> object:
        qml.RX(p[0], 0)
        qml.CNOT([0, 1])
        qml.CRY(p[1], [1, 0])
        qml.Hadamard(1)
        return qml.probs(wires=[0, 1])

    expected = [0.41850088, 0.41850088, 0.08149912, 0.08149912]
    found = probabilities(legacy.classical_fisher())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


def test_stokes_circuits_are_of_two_streams() -> None:
    circuit, start = legacy.stokes(7, 3, seed=1)
    stream = np.random.RandomState(1)
    drawn = "".join(stream.choice(["X", "Y", "Z"]) for _ in range(21))
    assert "".join(str(r.pauli)[0] for r in circuit.rotations) == drawn
    again = np.random.RandomState(11).random_sample(21) * 2 * np.pi
    np.testing.assert_array_equal(start, again)
