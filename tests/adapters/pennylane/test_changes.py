"""What changes between calls is seen wherever it is, with PennyLane itself as oracle."""

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

from qng.adapters.pennylane import AdamOptimizer, GradientDescentOptimizer, Optimizer

DEVICE = qml.device("default.qubit", wires=2)
SHIFT = {"angle": 0.3, "scale": 1.0}
TURN = np.array([[0.6, 0.8], [-0.8, 0.6]], dtype=complex)


class Shifted:
    angle = 0.3


def rotations(x):
    qml.RX(x[0], 0)
    qml.RY(x[1], 1)
    qml.CNOT([0, 1])


@qml.qnode(DEVICE)
def plain(x):
    rotations(x)
    return qml.expval(qml.Z(0))


@qml.qnode(DEVICE)
def shifted(x):
    rotations(x)
    qml.RY(SHIFT["angle"] * x[0], 0)
    return qml.expval(qml.Z(0) + qml.X(1))


@qml.qnode(DEVICE)
def of_an_object(x):
    rotations(x)
    qml.RY(Shifted.angle, 0)
    return qml.expval(qml.Z(0))


@qml.qnode(DEVICE)
def branching(x):
    (qml.RX if x[0] > 0 else qml.RY)(x[0], 0)
    qml.RY(x[1] * SHIFT["angle"], 1)
    qml.CNOT([0, 1])
    qml.RY(SHIFT["angle"], 0)
    return qml.expval(qml.Z(0))


@qml.qnode(DEVICE)
def turned(x):
    qml.QubitUnitary(TURN, 0)
    rotations(x)
    return qml.expval(qml.Z(0))


class Halfway(qml.operation.Operation):
    """Its decomposition looks at its angle, and at an object outside."""

    num_params = 1
    num_wires = 1

    @staticmethod
    def compute_decomposition(phi, wires):
        return [(qml.RX if phi > 0 else qml.RY)(phi + Shifted.angle, wires)]


@qml.qnode(DEVICE)
def of_an_own_operation(x):
    Halfway(x[0], 0)
    rotations(x)
    return qml.expval(qml.Z(0))


@qml.qnode(DEVICE)
def of_an_own_operation_under_control(x):
    qml.Hadamard(1)
    qml.ctrl(Halfway(x[0], 0), 1)
    rotations(x)
    return qml.expval(qml.Z(0) + qml.X(1))


def change(value):
    SHIFT.update(angle=value, scale=1 + value)
    Shifted.angle = value
    TURN[:] = qml.matrix(qml.RY(value, 0))


COSTS = {
    "global": shifted,
    "object": of_an_object,
    "branch": branching,
    "array in its place": turned,
    "operation": of_an_own_operation,
    "operation under control": of_an_own_operation_under_control,
    "sum": lambda x: shifted(x) + plain(x),
    "sum of branches": lambda x: branching(x) + plain(x),
    "function": lambda x: (shifted(x) - SHIFT["scale"]) ** 2,
    "function of branches": lambda x: branching(x) ** 2 + turned(x) ** 2,
    "one or another": lambda x: plain(x) if SHIFT["scale"] > 1.5 else -shifted(x),
}


@pytest.mark.parametrize("name", COSTS)
def test_the_same_start_after_a_change(name):
    # The points of the second round are those of the first until something is noticed.
    cost, optimizer = COSTS[name], GradientDescentOptimizer(0.1)
    for value in (0.3, 0.9, 0.3):
        change(value)
        optimizer.reset()
        for start in ((0.7, 0.4), (-0.5, 0.4)):
            x = pnp.array(start, requires_grad=True)
            new, found = optimizer.step_and_cost(cost, x)
            assert found == pytest.approx(float(cost(x)), abs=1e-12)
            np.testing.assert_allclose(new, x - 0.1 * qml.grad(cost)(x), rtol=0, atol=1e-12)


@qml.qnode(DEVICE)
def embedded(x, data):
    qml.AngleEmbedding(data["angles"], [0, 1])
    rotations(x)
    return qml.expval(qml.Z(0))


@pytest.mark.parametrize(
    "cost",
    [
        embedded,
        lambda x, data: embedded(x, data) ** 2,
        lambda x, data: embedded(x, data) + plain(x),
        lambda x, data: branching(x) + embedded(x, data),
    ],
    ids=["QNode", "function", "sum", "sum of branches"],
)
def test_data_that_change_in_their_place(cost):
    data, optimizer = {"angles": [0.1, 0.2]}, GradientDescentOptimizer(0.1)
    x = pnp.array([0.7, 0.4], requires_grad=True)
    for _ in range(3):
        _, found = optimizer.step_and_cost(cost, x, data)
        assert found == pytest.approx(float(cost(x, data)), abs=1e-12)
        data["angles"][0] += 0.7


def test_steps_are_not_judged_by_another_cost():
    optimizer, x = Optimizer("qng", lr=0.05, trust=0.1), pnp.array([0.7, 0.4], requires_grad=True)
    costs = plain, lambda x: 100 + 3 * embedded(x, {"angles": [0.3, 0.1]})
    for k in range(6):
        x, before = optimizer.step(costs[k % 2], x), x
        assert np.abs(x - before).max() > 1e-3


@pytest.mark.parametrize("name", ["object", "branch", "sum", "function of branches"])
def test_changes_between_steps(name):
    cost, theirs, ours = COSTS[name], qml.AdamOptimizer(0.1), AdamOptimizer(0.1)
    x = y = pnp.array([0.7, 0.4], requires_grad=True)
    for k in range(6):
        change(0.3 + k // 2)
        x, y = theirs.step(cost, x), ours.step(cost, y)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-9)
