"""SPSA, QN-SPSA and Rotosolve against PennyLane's, with the same random directions."""

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
from qng.estimate import gradient
from qng.estimate.fubini import random as stochastic
from qng.geometry import Direct
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import InverseTime
from qng.plan.quantities import By
from qng.run.bench import answer
from qng.run.objective import Circuits
from tests.objectives import advance

STEPS = 30
START = np.array([0.3, -0.8, 0.5, 1.1])


def rotation(word: str, name: str) -> Rotation:
    return Rotation(Pauli.parse(word), parameter(name))


def node(x: Any) -> Any:
    qml.RX(x[0], 0)
    qml.RY(x[1], 1)
    qml.CNOT([0, 1])
    qml.RZ(x[2], 1)
    qml.RX(x[3], 0)
    qml.RY(x[2], 1)
    return qml.expval(qml.X(0) @ qml.X(1) + 0.5 * qml.Z(1) + 0.6 * qml.Y(0))


PROBLEM = qng.Problem(
    qng.Circuit(
        2,
        [
            rotation("X0", "a"),
            rotation("Y1", "b"),
            Gate("cx", (0, 1)),
            rotation("Z1", "c"),
            rotation("X0", "d"),
            rotation("Y1", "c"),
        ],
        "abcd",
    ),
    {"X0 X1": 1.0, "Z1": 0.5, "Y0": 0.6},
    START,
)


class Drawn:
    """Instead of a random generator: the signs that it is given."""

    def __init__(self, signs: np.ndarray) -> None:
        self.signs = signs

    def choice(self, values: Any, size: tuple[int, ...]) -> np.ndarray:
        return self.signs.reshape(size).astype(float)


@pytest.fixture
def circuit() -> Any:
    return qml.QNode(node, qml.device("default.qubit", wires=2))


@pytest.mark.parametrize(("seed", "lr"), [(0, 0.1), (1, 0.2), (2, 0.3)])
def test_qn_spsa(seed: int, lr: float, circuit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradient, metric, running mean and blocking; PennyLane measures a proposal twice."""
    theirs = qml.QNSPSAOptimizer(lr, 1e-3, 1e-2, seed=seed)
    x, path = pnp.array(START, requires_grad=True), [START]
    for _ in range(STEPS):
        x, _ = theirs.step_and_cost(circuit, x)
        x = pnp.array(x, requires_grad=True)
        path.append(np.array(x))

    rng, device = np.random.default_rng(seed), qng.executor()
    method = optimizers.qn_spsa(lr, 1e-3, 1e-2)
    state, ours, undone = method.init(START), [START], 0
    draws: list[np.ndarray] = []
    while len(ours) <= STEPS + 1:
        # An undone step has not used its directions, so they are those of the next.
        draws = draws or [rng.choice([-1, 1], size=4) for _ in range(3)]
        monkeypatch.setattr(gradient, "generator", lambda _, d=draws: Drawn(d[0]))
        monkeypatch.setattr(stochastic, "generator", lambda _, d=draws: Drawn(np.array(d[1:])))
        goal = Circuits.of(PROBLEM, device, counting=False)
        state, step = advance(method, goal, state, lambda plan: answer(device, plan))
        if step.accepted:
            ours.append(step.theta)
            draws = []
        undone += not step.accepted
    np.testing.assert_allclose(ours[1 : STEPS + 2], path, rtol=0, atol=1e-6)
    assert undone > 2


def test_spsa(circuit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spall's step sizes a / (A + k)^0.602, with perturbations that stay as they are."""
    a, big_a, power, c = 0.4, 5.0, 0.602, 0.2
    theirs = qml.SPSAOptimizer(maxiter=STEPS, alpha=power, gamma=0.0, c=c, A=big_a, a=a)
    np.random.seed(3)  # noqa: NPY002 - PennyLane draws from it
    x, path = pnp.array(START, requires_grad=True), [START]
    for _ in range(STEPS):
        x = theirs.step(circuit, x)
        path.append(np.array(x))
    again = np.random.RandomState(3)
    monkeypatch.setattr(gradient, "generator", lambda _: Drawn(again.choice([-1, 1], size=4)))
    stepsize = InverseTime(a / (big_a + 1) ** power, 1 / (big_a + 1), power)
    method = Optimizer(stepsize, solve=Direct(), gradient=By("spsa", step=c))
    device, state = qng.executor(), method.init(START)
    for expected in path[1:]:
        goal = Circuits.of(PROBLEM, device, counting=False)
        state, _ = advance(method, goal, state, lambda plan: answer(device, plan))
        np.testing.assert_allclose(state.theta, expected, rtol=0, atol=1e-9)


def test_rotosolve(circuit: Any) -> None:
    """One frequency for each parameter but the third, which has two."""
    theirs = qml.RotosolveOptimizer("shgo", {"sampling_method": "sobol", "n": 200})
    x, path = pnp.array(START, requires_grad=True), [START]
    numbers = {"x": {(0,): 1, (1,): 1, (2,): 2, (3,): 1}}
    for _ in range(5):
        x = theirs.step(circuit, x, nums_frequency=numbers)
        path.append(np.array(x))
    run = qng.minimize(PROBLEM, "rotosolve", steps=5)
    turns = (run.trace["theta"] - path) / (2 * np.pi)
    np.testing.assert_allclose(turns, np.round(turns), rtol=0, atol=1e-5)
    assert np.abs(np.diff(run.trace["theta"], axis=0)).max(axis=1).min() > 1e-3
    assert run.nfev == 5 * (3 + 3 + 5 + 3) + 1
