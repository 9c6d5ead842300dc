"""Metrics, gradients and Hessians that others have printed."""

import numpy as np
import pytest

import qng
from qng.circuit.angle import as_angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.estimate import hessian
from qng.geometry import Tikhonov
from qng.run.bench import answer

W = [parameter(f"w{k}") for k in range(12)]


def circuit(n: int, *ops: tuple) -> Circuit:
    """Operations written (word, angle) or (gate, qubit, ...); parameters w0, w1, ..."""
    built = [
        Rotation(Pauli.parse(name), as_angle(*rest))
        if name[0].isupper()
        else Gate(name, tuple(rest))
        for name, *rest in ops
    ]
    count = len({p for op in built if isinstance(op, Rotation) for p in op.angle.parameters()})
    return Circuit(n, built, [f"w{k}" for k in range(count)])


DOCS = circuit(2, ("X0", W[0]), ("Y0", W[1]), ("cx", 0, 1), ("Z1", W[2]), ("Z0", W[3]))
DOCS_FULL = [
    [0.25, 0, -0.04966733, -0.04966733],
    [0, 0.24750832, 0.02433865, 0.02433865],
    [-0.04966733, 0.02433865, 0.01226071, 0.01226071],
    [-0.04966733, 0.02433865, 0.01226071, 0.01226071],
]
DOCS_BLOCKS = [
    [0.25, 0, 0, 0],
    [0, 0.24750832, 0, 0],
    [0, 0, 0.01226071, 0.01226071],
    [0, 0, 0.01226071, 0.01226071],
]

DEMO = circuit(
    3,
    *((f"Y{q}", np.pi / k) for q, k in enumerate((4, 3, 7))),
    *(("Z0", W[0]), ("Z1", W[1]), ("cx", 0, 1), ("cx", 1, 2)),
    *(("Y1", W[2]), ("X2", W[3]), ("cx", 0, 1), ("cx", 1, 2)),
)
DEMO_DIAGONAL = [0.125, 0.1875, 0.24973433, 0.20293623]
DEMO_BLOCKS = np.diag(DEMO_DIAGONAL)
DEMO_BLOCKS[2, 3] = DEMO_BLOCKS[3, 2] = -0.01524701
DEMO_FULL = DEMO_BLOCKS.copy()
DEMO_FULL[0, 2] = DEMO_FULL[2, 0] = -0.00576267
DEMO_FULL[1, 2] = DEMO_FULL[2, 1] = 0.00407482
DEMO_POINT = [0.432, -0.123, 0.543, 0.233]

PHASE_SHIFT = circuit(2, ("X0", W[0]), ("Y0", W[1]), ("cx", 0, 1), ("Z1", W[2]))

FISHER_PAIR = circuit(2, ("Y1", W[0]), ("cx", 1, 0), ("Y1", W[1]), ("Z1", W[2]))


@pytest.mark.parametrize(
    ("which", "theta", "estimator", "expected"),
    [
        (DOCS, [0.1, 0.2, 0.4, 0.5], "exact", DOCS_FULL),
        (DOCS, [0.1, 0.2, 0.4, 0.5], "blocks", DOCS_BLOCKS),
        (DEMO, DEMO_POINT, "exact", DEMO_FULL),
        (DEMO, DEMO_POINT, "blocks", DEMO_BLOCKS),
        (DEMO, DEMO_POINT, "diagonal", np.diag(DEMO_DIAGONAL)),
        (FISHER_PAIR, [0.5, 1, 0.2], "exact", np.diag([1, 1, 0.77517241]) / 4),
    ],
)
def test_metrics_of_pennylane(which, theta, estimator, expected):
    np.testing.assert_allclose(qng.metric(which, theta, estimator).dense(), expected, atol=1e-8)


def test_phase_shift_has_the_right_metric():
    """Not the 0.42073549 and -0.26517488 in print, with which it is not positive."""
    g = qng.metric(PHASE_SHIFT, [1.7, 1.0, 0.5]).dense()
    np.testing.assert_allclose(g[:2, 2], [-0.21036775, -0.01725868], atol=1e-8)
    assert np.linalg.eigvalsh(g).min() > -1e-15


def test_energy_and_gradient_of_the_demo():
    problem = qng.Problem(DEMO, {"Y0": 1.0})
    assert qng.energy(problem, DEMO_POINT).value == pytest.approx(0.07472305, abs=1e-8)
    found = qng.gradient(problem, DEMO_POINT).value
    np.testing.assert_allclose(found, [0.25479477, 0.28517693, -0.12478891, 0], atol=1e-8)


def test_gradient_of_the_fisher_example():
    problem = qng.Problem(FISHER_PAIR, {"X0 X1": 1.0, "Z1": -0.5})
    found = qng.gradient(problem, [0.5, 1, 0.2]).value
    np.testing.assert_allclose(found, [0.59422561, -0.02615095, -0.05146226], atol=1e-8)


def test_classical_fisher():
    """CRY from qubit 1 to 0 is RY(t/2) on 0 and ZY(-t/2)."""
    which = circuit(2, ("X0", W[0]), ("cx", 0, 1), ("Y0", W[1] / 2), ("Y0 Z1", -W[1] / 2), ("h", 1))
    found = qng.metric(which, [0.87012414, 0.58227693], "fisher").dense()
    expected = [[0.90156094, -0.12555804], [-0.12555804, 0.01748614]]
    np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize(
    ("observable", "start", "expected"),
    [
        ({"X0": 1.0, "X1": 1.0}, [0.011, 0.012], [0.01100528, -0.02799954]),
        ({"X0": 1.0}, [0.5, 0.23], [0.50437193, 0.18562052]),
    ],
)
def test_one_natural_gradient_step(observable, start, expected):
    which = circuit(2, ("X0", W[0]), ("Y0", W[1]))
    gradient = qng.gradient(qng.Problem(which, observable), start).value
    step = -0.01 * Tikhonov(0.0)(qng.metric(which, start), gradient).direction
    np.testing.assert_allclose(np.add(start, step), expected, atol=1e-8)


def test_gradient_and_hessian_of_mari():
    """Mari, Bromley and Killoran, arXiv:2008.06517: f is a product of four cosines."""
    which = circuit(
        5,
        *((f"X{q}", W[q]) for q in range(5)),
        *(("cx", 0, 1), ("cx", 2, 1), ("cx", 3, 1), ("cx", 4, 3)),
    )
    theta = [2.73943676, 0.16289932, 3.4536312, 2.73521126, 2.6412488]
    problem = qng.Problem(which, {"Z1": 1.0})
    assert qng.energy(problem, theta).value == pytest.approx(-0.7938055593697134, abs=1e-8)
    found = qng.gradient(problem, theta).value
    expected = [-0.3376347, 0.1304665, 0.2560632, -0.3416029, 0]
    np.testing.assert_allclose(found, expected, atol=1e-7)
    h = answer(qng.executor(), hessian.exact(which, problem.observable, theta)).dense()
    expected = np.zeros((5, 5))
    expected[np.triu_indices(4, 1)] = [0.055, 0.109, -0.145, -0.042, 0.056, 0.110]
    expected += expected.T + np.diag([0.794] * 4 + [0])
    np.testing.assert_allclose(h, expected, atol=6e-4)


def test_metric_of_the_ising_ring():
    """Wierichs, Gogolin and Kastoryano, arXiv:2004.14666: ten spins, ten parameters."""
    n = 10
    layers = [
        op
        for k in range(0, n, 2)
        for op in (
            *((f"Z{q} Z{(q + 1) % n}", W[k]) for q in range(n)),
            *((f"X{q}", W[k + 1]) for q in range(n)),
        )
    ]
    which = circuit(n, *(("h", q) for q in range(n)), *layers)
    theta = [0.794, 0.07, 1.105, 0.759, 0.767, 0.054, 0.701, -1.394, 1.263, 0.976]
    h = PauliSum(
        {f"Z{q} Z{(q + 1) % n}": -1.0 for q in range(n)} | {f"X{q}": -1.2 for q in range(n)}
    )
    problem = qng.Problem(which, h)
    # The printed angles are rounded to three digits.
    digits = {"rtol": 0, "atol": 2e-3}
    np.testing.assert_allclose(qng.energy(problem, theta).value / n, -0.2743, **digits)
    gradient = [-0.065, -0.049, -0.123, 0.987, 0.026, 0.448, 0.056, 0.372, 1.302, 0.026]
    np.testing.assert_allclose(qng.gradient(problem, theta).value / n, gradient, **digits)
    first = [2.5, 0, 2.482, 0.07, 1.408, 1.689, 1.368, 1.016, -1.463, 0.288]
    diagonal = [2.5, 3.145, 2.476, 2.919, 3.171, 3.313, 3.046, 3.295, 4.151, 3.942]
    g = qng.metric(which, theta)
    np.testing.assert_allclose(g.dense()[0], first, **digits)
    np.testing.assert_allclose(g.diagonal(), diagonal, **digits)
