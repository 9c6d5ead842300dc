"""The metric in PennyLane's shapes; adjoint_metric_tensor and differences are oracles."""

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

from qng.adapters.pennylane import metric_tensor
from qng.errors import CircuitError, InputError, UnknownNameError

DEVICE = qml.device("default.qubit", wires=4)


@qml.qnode(DEVICE)
def two(tilt, weights):
    qml.RX(tilt, 0)
    qml.RY(weights[0, 0], 0)
    qml.CNOT([0, 1])
    qml.RZ(weights[0, 1], 1)
    qml.RX(2 * weights[1, 0], 1)
    qml.RY(weights[1, 1], 2)
    qml.CNOT([1, 2])
    qml.RX(weights[1, 0], 0)
    return qml.expval(qml.Z(0))


TILT = pnp.array(0.3, requires_grad=True)
WEIGHTS = pnp.array([[0.4, -0.2], [0.9, 0.5]], requires_grad=True)


@pytest.mark.parametrize("approx", [None, "block-diag", "diag"])
def test_shapes_and_values(approx):
    theirs = qml.metric_tensor(two, approx=approx)(TILT, WEIGHTS)
    ours = metric_tensor(two, approx=approx)(TILT, WEIGHTS)
    assert isinstance(ours, tuple)
    assert [g.shape for g in ours] == [(), (2, 2, 2, 2)]
    for a, b in zip(theirs, ours):
        np.testing.assert_allclose(b, a, rtol=0, atol=1e-12)


def test_argnum_and_constants():
    both = metric_tensor(two)(TILT, WEIGHTS)
    np.testing.assert_allclose(metric_tensor(two, argnum=1)(0.3, WEIGHTS), both[1], atol=1e-14)
    fixed = pnp.array(0.3, requires_grad=False)
    np.testing.assert_allclose(metric_tensor(two)(fixed, WEIGHTS), both[1], atol=1e-14)


@pytest.mark.parametrize(
    "gate",
    [
        lambda x: qml.PhaseShift(x, 0),
        lambda x: qml.CRX(x, [0, 1]),
        lambda x: qml.CRY(x, [0, 1]),
        lambda x: qml.CRZ(x, [0, 1]),
        lambda x: qml.ControlledPhaseShift(x, [0, 1]),
        lambda x: qml.U2(x, 2 * x, 1),
        lambda x: qml.U3(x, 0.3, x**2, 1),
        lambda x: qml.PSWAP(x, [0, 1]),
        lambda x: qml.ctrl(qml.PhaseShift(x, 1), 0),
        lambda x: qml.SingleExcitation(x, [0, 1]),
    ],
    ids=["P", "CRX", "CRY", "CRZ", "CP", "U2", "U3", "PSWAP", "ctrl", "SingleExcitation"],
)
def test_gates_on_which_pennylanes_metric_is_wrong(gate):
    @qml.qnode(qml.device("default.qubit", wires=2))
    def state(x):
        qml.RX(x[0], 0)
        qml.RY(x[1], 1)
        gate(x[2])
        qml.CNOT([1, 0])
        qml.RY(x[3], 0)
        return qml.state()

    x, h = np.array([0.7, 0.4, 1.1, 0.3]), 1e-4
    psi = state(x)
    slopes = [(state(x + h * e) - state(x - h * e)) / (2 * h) for e in np.eye(4)]
    slopes = np.array(slopes) - np.outer(np.array(slopes) @ psi.conj(), psi)
    found = metric_tensor(state)(pnp.array(x, requires_grad=True))
    np.testing.assert_allclose(found, (slopes.conj() @ slopes.T).real, rtol=0, atol=1e-7)


def test_diagonal_by_gates_keeps_what_parameters_share():
    """A^T D A: a CRX is one gate, two rotations with one parameter are two."""

    @qml.qnode(DEVICE)
    def node(x):
        qml.Hadamard(0)
        qml.CRX(x[0], [0, 1])
        qml.RY(x[0] + x[1], 2)
        return qml.expval(qml.Z(0))

    x = pnp.array([0.4, 0.2], requires_grad=True)
    # <(|1><1| X / 2)^2> = 1/8 with mean 0; Y/2 on |0> has the variance 1/4.
    expected = [[1 / 8 + 1 / 4, 1 / 4], [1 / 4, 1 / 4]]
    np.testing.assert_allclose(metric_tensor(node, approx="diag")(x), expected, atol=1e-12)


def test_keyword_data_and_the_same_function_at_many_points():
    @qml.qnode(DEVICE)
    def node(x, depth, scale=1.0):
        for _ in range(depth):
            qml.RX(scale * x[0], 0)
            qml.CNOT([0, 1])
            qml.RY(x[1], 1)
        return qml.probs([0, 1])

    ours, theirs = metric_tensor(node), qml.adjoint_metric_tensor(node)
    x = pnp.array([0.4, 0.2], requires_grad=True)
    for depth, scale in ((1, 1.0), (2, 1.0), (2, 3.0), (1, 1.0)):
        expected = theirs(x, depth, scale=scale)
        np.testing.assert_allclose(ours(x, depth, scale=scale), expected, rtol=0, atol=1e-12)


def test_ours_in_pennylanes_optimizer():
    theirs = qml.QNGOptimizer(0.1, lam=0.01)
    a = theirs.step(two, TILT, WEIGHTS, metric_tensor_fn=metric_tensor(two, "block-diag"))
    b = theirs.step(two, TILT, WEIGHTS)
    for x, y in zip(a, b):
        np.testing.assert_allclose(x, y, rtol=0, atol=1e-12)


def test_from_shots():
    """An entry has an error of 0.002 at most, of which five are allowed."""
    exact = metric_tensor(two, "block-diag", argnum=1)(TILT, WEIGHTS)
    found = metric_tensor(two, "block-diag", argnum=1, shots=400_000, seed=3)(TILT, WEIGHTS)
    assert found.shape == (2, 2, 2, 2)
    np.testing.assert_allclose(found, exact, rtol=0, atol=0.01)


def test_bad_input():
    with pytest.raises(InputError, match="metric_tensor is of a QNode, not of"):
        metric_tensor(lambda x: x)
    with pytest.raises(UnknownNameError, match="unknown approx 'full'"):
        metric_tensor(two, approx="full")
    with pytest.raises(InputError, match="no argument is trained"):
        metric_tensor(two)(0.3, np.array(WEIGHTS))

    @qml.qnode(DEVICE)
    def noisy(x):
        qml.RX(x, 0)
        qml.DepolarizingChannel(0.1, 0)
        return qml.expval(qml.Z(0))

    with pytest.raises(CircuitError, match="DepolarizingChannel"):
        metric_tensor(noisy)(TILT)
