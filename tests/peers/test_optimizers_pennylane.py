"""The same gradients through PennyLane's optimizers, step by step."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

import qng
from qng import optimizers
from qng.circuit.angle import parameter
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.geometry import Tikhonov
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.optimize.search.post import HeavyBall
from qng.plan.quantities import By

STEPS = 40
# PennyLane adds eps under the root, or before the bias correction; where it is tiny it is nothing.
TINY = 1e-14
STARTS = np.random.default_rng(11).uniform(-np.pi, np.pi, (4, 4))


@pytest.mark.parametrize("start", STARTS, ids=range(len(STARTS)))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (optimizers.gd(0.07), lambda: qml.GradientDescentOptimizer(0.07)),
        (optimizers.momentum(0.07, 0.8), lambda: qml.MomentumOptimizer(0.07, 0.8)),
        (optimizers.nesterov(0.07, 0.8), lambda: qml.NesterovMomentumOptimizer(0.07, 0.8)),
        (optimizers.adagrad(0.2, TINY), lambda: qml.AdagradOptimizer(0.2, TINY**2)),
        (optimizers.rmsprop(0.05, 0.95, TINY), lambda: qml.RMSPropOptimizer(0.05, 0.95, TINY**2)),
        (optimizers.adam(0.07, 0.8, 0.95, TINY), lambda: qml.AdamOptimizer(0.07, 0.8, 0.95, TINY)),
    ],
    ids=["gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"],
)
def test_first_order_methods(ours: Optimizer, theirs: Callable[[], Any], start: np.ndarray) -> None:
    problem = qng.load("textbook-2")
    run = qng.minimize(problem, ours, steps=STEPS, start=start)
    optimizer, x, path = theirs(), pnp.array(start, requires_grad=True), [start]
    for _ in range(STEPS):
        x = optimizer.step(
            lambda point: 0.0, x, grad_fn=lambda point: qng.gradient(problem, point).value
        )
        path.append(np.array(x))
    np.testing.assert_allclose(run.trace["theta"], path, rtol=0, atol=1e-9)


def rotation(word: str, name: str) -> Rotation:
    return Rotation(Pauli.parse(word), parameter(name))


def node(x: Any) -> Any:
    qml.RX(x[0], 0)
    qml.RY(x[1], 1)
    qml.CNOT([0, 1])
    qml.RZ(x[2], 1)
    qml.RX(x[3], 0)
    return qml.expval(qml.X(0) @ qml.X(1) + 0.5 * qml.Z(1))


TWO_LAYERS = qng.Problem(
    qng.Circuit(
        2,
        [
            rotation("X0", "a"),
            rotation("Y1", "b"),
            Gate("cx", (0, 1)),
            rotation("Z1", "c"),
            rotation("X0", "d"),
        ],
        "abcd",
    ),
    {"X0 X1": 1.0, "Z1": 0.5},
)
BLOCKS = MeasuredMetric(By("blocks", rule="wires"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Optimizer(Constant(0.1), BLOCKS, solve=Tikhonov(0.02)),
         lambda: qml.QNGOptimizer(0.1, lam=0.02)),
        (Optimizer(Constant(0.05), BLOCKS, solve=Tikhonov(0.02), post=HeavyBall(0.8)),
         lambda: qml.MomentumQNGOptimizer(0.05, momentum=0.8, lam=0.02)),
    ],
    ids=["qng", "momentum-qng"],
)  # fmt: skip
def test_natural_gradient_with_pennylanes_blocks(ours: Optimizer, theirs: Any) -> None:
    start = np.array([0.3, -0.8, 0.5, 1.1])
    run = qng.minimize(TWO_LAYERS, ours, steps=5, start=start)
    circuit = qml.QNode(node, qml.device("default.qubit", wires=3))
    optimizer, x, path = theirs(), pnp.array(start, requires_grad=True), [start]
    for _ in range(5):
        x = optimizer.step(circuit, x)
        path.append(np.array(x))
    np.testing.assert_allclose(run.trace["theta"], path, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("observable", "method", "start", "expected"),
    [
        ({"X0": 1.0, "X1": 1.0}, optimizers.qng(0.01, 0.0, trust=math.inf),
         [0.011, 0.012], [0.01100528, -0.02799954]),
        ({"X0": 1.0}, optimizers.momentum_qng(0.01, 0.93, 0.0, trust=math.inf),
         [0.5, 0.23], [0.50437193, 0.18562052]),
    ],
    ids=["QNGOptimizer", "MomentumQNGOptimizer"],
)  # fmt: skip
def test_docstrings(
    observable: dict[str, float], method: Optimizer, start: list[float], expected: list[float]
) -> None:
    """The steps printed in PennyLane's documentation."""
    circuit = qng.Circuit(2, [rotation("X0", "a"), rotation("Y0", "b")], "ab")
    run = qng.minimize(qng.Problem(circuit, observable, start), method, steps=1)
    np.testing.assert_allclose(run.x, expected, rtol=0, atol=5e-9)
