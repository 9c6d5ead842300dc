"""A metric as an array, by position, by products and as a line, against NumPy and SciPy."""

import copy
import pickle

import numpy as np
import pytest
from scipy.sparse.linalg import aslinearoperator, cg

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.errors import InputError
from qng.geometry import Blocks, Dense, Diagonal, Identity, Implicit, Kronecker, LowRank

RNG = np.random.default_rng(3)
X = RNG.normal(size=(7, 4))
G = X.T @ X


METRICS = {
    "identity": Identity(4),
    "diagonal": Diagonal(np.array([1.0, 2.0, 3.0, 4.0])),
    "dense": Dense(G),
    "blocks": Blocks.of(np.where(np.eye(4) > 0, G, 0.0), [(0, 1), (2, 3)]),
    "low rank": LowRank(X),
    "kronecker": Kronecker([([[2.0, 1.0], [1.0, 2.0]], [1.0, 3.0])]),
}


@pytest.fixture(params=METRICS, ids=str)
def metric(request):
    return METRICS[request.param]


def test_a_metric_is_an_array(metric):
    matrix = np.asarray(metric)
    assert np.array_equal(matrix, metric.dense())
    assert metric.shape == matrix.shape == (4, 4)
    assert np.asarray(metric, dtype=np.float32).dtype == np.float32
    changed = np.array(metric)
    changed[0, 0] = 99.0
    assert metric[0, 0] != 99.0
    np.testing.assert_allclose(np.linalg.eigvalsh(metric), metric.spectrum(), atol=1e-12)
    np.testing.assert_allclose(metric - matrix, 0.0)


def test_a_copy_that_is_not_wanted_is_refused_where_the_matrix_is_made_anew():
    assert np.shares_memory(np.array(METRICS["dense"], copy=False), METRICS["dense"].matrix)
    with pytest.raises(ValueError, match="a copy"):
        np.array(METRICS["low rank"], copy=False)


def test_entries_are_those_of_the_matrix(metric):
    matrix = metric.dense()
    assert metric[1, 2] == matrix[1, 2]
    assert np.array_equal(metric[1], matrix[1])
    assert np.array_equal(metric[:2, -1], matrix[:2, -1])
    assert np.array_equal(np.array(list(metric)), matrix)
    with pytest.raises(IndexError):
        metric[4, 0]
    for key in ("t0", ("t0", "t1")):
        with pytest.raises(InputError, match=r"positions, not names: give numbers from 0 to 3"):
            metric[key]


def test_products_are_those_of_the_matrix(metric):
    v, several = RNG.normal(size=4), RNG.normal(size=(4, 3))
    np.testing.assert_allclose(metric @ v, metric.dense() @ v)
    np.testing.assert_allclose(metric @ several, metric.dense() @ several)
    np.testing.assert_allclose(v @ metric, v @ metric.dense())
    np.testing.assert_allclose(metric @ metric, metric.dense() @ metric.dense())
    assert (metric @ [1, 0, 0, 0]).shape == (4,)
    assert (metric @ np.zeros((4, 0))).shape == (4, 0)
    for wrong in (np.ones(3), np.ones((3, 4)), 2.0, np.ones(4) * 1j, ["a"] * 4):
        with pytest.raises(InputError, match=r"metric @ v takes real numbers of shape \(4,\)"):
            metric @ wrong


def test_scipy_takes_a_metric_as_an_operator(metric):
    v = RNG.normal(size=4)
    operator = aslinearoperator(metric)
    np.testing.assert_allclose(operator @ v, metric.dense() @ v)
    found, info = cg(operator, v, rtol=1e-12)
    assert info == 0
    np.testing.assert_allclose(found, np.linalg.solve(metric, v))


def test_a_metric_without_a_matrix_is_one_too():
    circuit = real_amplitudes(3, 2)
    theta = RNG.uniform(-np.pi, np.pi, circuit.n_parameters)
    exact = qng.metric(circuit, theta)

    class Tangent:
        """J of a matrix."""

        state = np.array([1.0, 0.0])

        def __init__(self, j):
            self.j = j

        def jvp(self, v):
            return self.j @ v

        def vjp(self, w):
            return np.real(self.j.conj().T @ w)

        def gram(self):
            return np.real(self.j.conj().T @ self.j), self.vjp(1j * self.state)

    found = Implicit.of(Tangent(np.array([[0.0, 1.0], [1j, 2.0]])))
    np.testing.assert_allclose(found @ np.eye(2), found.dense())
    assert repr(found) == "Implicit(size=2, by products)"
    assert "known by its products" in found._repr_html_()
    assert "exact, digest=" in repr(exact)


def test_a_line_tells_metrics_apart():
    assert repr(Dense(G)) == repr(Dense(G.copy()))
    assert repr(Dense(G)) != repr(Dense(G + 1e-12))
    assert "with errors" in repr(Dense(G, np.ones((4, 4))))
    lines = {repr(metric) for metric in METRICS.values()}
    assert len(lines) == len(METRICS)
    assert all(len(line) < 80 and "\n" not in line for line in lines)
    # Nothing is made that does not fit into memory.
    assert repr(Identity(10**9)) == "Identity(size=1000000000, exact)"


def test_what_is_written_into_an_array_changes_no_metric(metric):
    before = np.array(metric)
    for taken in (np.asarray(metric), metric[0], metric[:, 1]):
        if taken.flags.writeable:
            taken[...] = 7.0
    np.array(metric)[...] = 7.0
    assert np.array_equal(np.asarray(metric), before)


def test_rows_come_one_after_another(metric):
    assert len(metric) == metric.size
    assert np.array_equal(list(metric), np.array(metric))


def test_metrics_are_equal_where_their_numbers_are(metric):
    again = pickle.loads(pickle.dumps(metric))
    assert metric == copy.deepcopy(metric) == again
    assert hash(metric) == hash(again)
    assert [m for m in METRICS.values() if m == metric] == [metric]
    assert np.all(metric == np.array(metric))
    assert Dense(G) != Dense(2 * G)
    noisy = qng.metric("one-qubit", None, "blocks", shots=1000)
    assert noisy == pickle.loads(pickle.dumps(noisy))
    assert noisy != qng.metric("one-qubit", None, "blocks", shots=2000)
