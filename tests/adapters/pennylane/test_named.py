"""PennyLane's optimizers by their names go where PennyLane's go."""

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

from qng.adapters import pennylane as adapter
from qng.errors import InputError, UnknownNameError

STEPS = 8


@qml.qnode(qml.device("default.qubit", wires=3))
def two(tilt, weights):
    """Two arguments, one of them with angles that are no plain parameters."""
    qml.RX(tilt, 0)
    qml.RY(weights[0, 0], 0)
    qml.CNOT([0, 1])
    qml.RZ(weights[0, 1], 1)
    qml.RX(2 * weights[1, 0], 1)
    qml.CRY(pnp.sin(weights[1, 1]), [1, 2])
    qml.RX(weights[1, 0], 0)
    return qml.expval(qml.Z(0) @ qml.X(1) + 0.3 * qml.Y(2))


@qml.qnode(qml.device("default.qubit", wires=4))
def one(weights):
    """Rotations, each with an angle of its own, in three layers."""
    qml.RX(weights[0], 0)
    qml.RY(weights[1], 1)
    qml.CNOT([0, 1])
    qml.RZ(weights[2], 1)
    qml.RX(weights[3], 0)
    qml.CNOT([1, 2])
    qml.RY(weights[4], 2)
    return qml.expval(qml.Z(0) @ qml.X(1) + 0.3 * qml.Y(2))


def tensor(*values):
    return pnp.array(np.array(values), requires_grad=True)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("GradientDescentOptimizer", (0.1,)),
        ("MomentumOptimizer", (0.05, 0.8)),
        ("NesterovMomentumOptimizer", (0.05, 0.8)),
        ("AdagradOptimizer", (0.1, 1e-3)),
        ("RMSPropOptimizer", (0.05, 0.8, 1e-3)),
        ("AdamOptimizer", (0.1, 0.8, 0.9, 1e-3)),
    ],
)
def test_first_order_trajectories(name, arguments):
    theirs, ours = getattr(qml, name)(*arguments), getattr(adapter, name)(*arguments)
    x = y = [tensor(0.3)[0], pnp.array([[0.4, -0.2], [0.9, 0.5]], requires_grad=True)]
    for _ in range(STEPS):
        x, before = theirs.step_and_cost(two, *x)
        y, cost = ours.step_and_cost(two, *y)
        for a, b in zip(x, y):
            np.testing.assert_allclose(b, a, rtol=0, atol=1e-12)
        if name != "NesterovMomentumOptimizer":  # theirs is the cost at the point ahead
            assert cost == pytest.approx(before, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("QNGOptimizer", (0.1, "block-diag", 0.01)),
        ("QNGOptimizer", (0.1, "block-diag", 0)),
        ("QNGOptimizer", (0.1, "diag", 0.01)),
        ("QNGOptimizer", (0.1, None, 0.01)),
        ("MomentumQNGOptimizer", (0.05, 0.8, "block-diag", 0.01)),
    ],
)
def test_natural_gradient_trajectories(name, arguments):
    theirs, ours = getattr(qml, name)(*arguments), getattr(adapter, name)(*arguments)
    x = y = tensor(0.3, -0.8, 0.5, 1.1, 0.2)
    for _ in range(4):
        x, before = theirs.step_and_cost(one, x)
        y, cost = ours.step_and_cost(one, y)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-11)
        assert cost == pytest.approx(before, abs=1e-12)
    assert y.requires_grad


@pytest.mark.parametrize("name", adapter.__all__)
def test_defaults_are_pennylanes(name):
    if not name.endswith("Optimizer") or name == "Optimizer":
        return
    import inspect

    theirs = inspect.signature(getattr(qml, name)).parameters
    ours = dict(inspect.signature(getattr(adapter, name)).parameters)
    del ours["options"]
    assert {k: p.default for k, p in ours.items()} == {k: p.default for k, p in theirs.items()}


@pytest.mark.parametrize("name", ["Momentum", "NesterovMomentum", "Adagrad", "MomentumQNG"])
def test_learning_rates_that_change(name):
    theirs, ours = (getattr(package, f"{name}Optimizer")(0.1) for package in (qml, adapter))
    x = y = tensor(0.4, -0.2, 0.9, 0.5, 0.3)
    for k in range(5):
        theirs.stepsize = ours.stepsize = 0.1 / (1 + k)
        x, y = theirs.step(one, x), ours.step(one, y)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-11)


def test_qnspsa_finds_the_minimum():
    @qml.qnode(qml.device("default.qubit", wires=2))
    def cost(x):
        qml.RX(x[0], 0)
        qml.CRY(x[1], [0, 1])
        return qml.expval(qml.Z(0) @ qml.Z(1))

    optimizer = adapter.QNSPSAOptimizer(0.05, seed=1)
    x = tensor(0.4, 0.7)
    for _ in range(150):
        x = optimizer.step(cost, x)
    assert cost(x) < -0.95


def test_bad_arguments():
    with pytest.raises(UnknownNameError, match="did you mean block-diag"):
        adapter.QNGOptimizer(0.1, approx="block")
    with pytest.raises(InputError, match="lam must"):
        adapter.QNGOptimizer(0.1, lam=-1)
    with pytest.raises(InputError, match="lr must be a positive number"):
        adapter.AdamOptimizer(-0.1)


@pytest.mark.parametrize("name", sorted(set(qml.optimize.__all__) - set(adapter.__all__)))
def test_what_has_no_namesake_says_what_there_is(name):
    with pytest.raises(InputError, match=f"there is no {name} here: .*; pennylane.{name} is there"):
        getattr(adapter, name)


@pytest.mark.parametrize("name", ["compute_grad", "apply_grad"])
def test_parts_of_a_step_say_what_there_is(name):
    with pytest.raises(AttributeError, match=rf"has no {name}: \w+\.\w+\(cost, x"):
        getattr(adapter.AdamOptimizer(), name)
    assert not hasattr(adapter.AdamOptimizer(), "another")
