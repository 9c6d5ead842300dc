"""Our methods as optimizers of PennyLane, with PennyLane's own derivatives as oracle."""

import copy
import functools
import math
import pickle

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

import qng
from qng import optimizers
from qng.adapters.pennylane import GradientDescentOptimizer, Optimizer
from qng.adapters.pennylane import nodes as conversions
from qng.errors import CircuitError, InputError, QngError, UnknownNameError, UnusedDeviceWarning
from qng.plan.quantities import By

DEVICE = qml.device("default.qubit", wires=3)


@qml.qnode(DEVICE)
def energy(x):
    qml.RX(x[0], 0)
    qml.RY(x[1], 1)
    qml.CNOT([0, 1])
    qml.CRX(x[2], [1, 2])
    qml.RY(x[0] * x[1], 2)
    return qml.expval(qml.Z(0) @ qml.X(1) + 0.5 * qml.Z(2) + 0.3 * qml.Y(1))


@qml.qnode(DEVICE)
def affine(x):
    qml.RX(x[0], 0)
    qml.RY(2 * x[1], 1)
    qml.CNOT([0, 1])
    qml.CRX(x[2] + 0.3, [1, 2])
    return qml.expval(qml.Z(0) @ qml.X(1) + 0.5 * qml.Z(2))


@qml.qnode(DEVICE)
def classifier(weights, data=None, scale=1.0):
    qml.AngleEmbedding(data, [0, 1])
    qml.RX(scale * weights[0], 0)
    qml.RY(weights[1], 1)
    qml.CNOT([0, 1])
    qml.RY(weights[2], 0)
    return qml.expval(qml.Z(0))


def tensor(*values):
    return pnp.array(np.array(values), requires_grad=True)


X = tensor(0.4, -0.7, 1.1)
DATA = np.random.default_rng(4).normal(size=(3, 2))
LABELS = np.array([1.0, -1.0, 1.0])


def loss(weights, bias, data, labels):
    errors = [(classifier(weights, data=d) + bias - y) ** 2 for d, y in zip(data, labels)]
    return pnp.mean(pnp.stack(errors))


def test_steps_are_those_of_a_run():
    run = qng.minimize(energy, "qng", lr=0.3, trust=math.inf, start=np.array(X), steps=5)
    optimizer, x, path = Optimizer("qng", lr=0.3), X, [np.array(X)]
    costs = []
    for _ in range(5):
        x, cost = optimizer.step_and_cost(energy, x)
        path.append(np.array(x))
        costs.append(cost)
    np.testing.assert_allclose(path, run.trace["theta"], rtol=0, atol=1e-13)
    np.testing.assert_allclose(costs, run.trace["energy"][:-1], rtol=0, atol=1e-13)
    np.testing.assert_allclose(optimizer.trace["energy"], costs, rtol=0, atol=0)
    assert optimizer.trace["evaluations"][-1] == run.trace["evaluations"][-2]
    np.testing.assert_allclose(
        optimizer.metric_tensor, qng.metric(energy, path[-2]).dense(), rtol=0, atol=1e-13
    )


@pytest.mark.parametrize("name", [*optimizers.METHODS, *optimizers.CONTROLS])
def test_every_method_steps_down(name):
    optimizer, x = Optimizer(name, seed=3), X
    before = affine(x)
    for _ in range(6):
        x = optimizer.step(affine, x)
    assert x.shape == X.shape
    assert affine(x) < before


def test_guarded_steps_are_those_of_a_run():
    run = qng.minimize(energy, "qng", lr=0.3, start=np.array(X), steps=8)
    optimizer, x = Optimizer("qng", lr=0.3, trust=0.1), X
    for theta in run.trace["theta"]:
        np.testing.assert_allclose(x, theta, rtol=0, atol=1e-13)
        x = optimizer.step(energy, x)


def test_trained_arguments_come_back_in_their_places_and_types():
    @qml.qnode(DEVICE)
    def node(a, b, c, d):
        qml.RX(a * c, 0)
        qml.RY(b[0], 1)
        qml.RX(b[1] + d, 1)
        return qml.expval(qml.Z(0) + qml.Y(1))

    fixed = pnp.array(0.3, requires_grad=False)
    given = tensor(0.2)[0], tensor(0.1, 0.5), 1.5, fixed
    a, b, c, d = Optimizer("gd", lr=0.1).step(node, *given)
    for new, slope, old in zip((a, b), qml.grad(node)(*given), given):
        np.testing.assert_allclose(new, old - 0.1 * slope, rtol=0, atol=1e-13)
        assert isinstance(new, pnp.tensor)
        assert new.requires_grad
    assert c == 1.5
    assert d is fixed
    chosen = Optimizer("gd", lr=0.1, argnum=3).step(node, *given)
    assert chosen[0] is given[0]
    assert chosen[3] != given[3]
    plain = Optimizer("gd", lr=0.1).step(energy, np.array(X))
    assert type(plain) is np.ndarray
    assert isinstance(Optimizer("gd").step(lambda x: energy([x, 0.1, 0.2]), 0.3), float)


def test_marks_of_what_functions_return():
    """Those are booleans of NumPy."""
    data = pnp.array(np.array(X[:1]), requires_grad=False)
    fixed, trained = pnp.concatenate([data, data]), pnp.concatenate([X, X])
    assert type(fixed.requires_grad) is not bool

    def cost(x, d):
        return energy(x[:3] + d[0])

    x, d = Optimizer("gd", lr=0.1).step(cost, trained, fixed)
    assert d is fixed
    np.testing.assert_allclose(
        x, qml.GradientDescentOptimizer(0.1).step(cost, trained, fixed)[0], rtol=0, atol=1e-12
    )
    run = qng.minimize(lambda x, d: energy(x + d[0]), "gd", start=(X, fixed), steps=1)
    assert len(run.x) == 3


def test_keyword_data():
    theirs, ours, x, y = qml.MomentumOptimizer(0.1), Optimizer("momentum", lr=0.1), X, X
    for k in range(7):
        data = {"data": DATA[k % 3], "scale": 1.0 + k % 2}
        x, before = theirs.step_and_cost(classifier, x, **data)
        y, cost = ours.step_and_cost(classifier, y, **data)
        assert cost == pytest.approx(before, abs=1e-12)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-12)


def test_a_qnode_is_converted_once(monkeypatch):
    found, boxed = [], conversions.boxed
    monkeypatch.setattr(conversions, "boxed", lambda *a: found.append(1) or boxed(*a))
    optimizer, x = Optimizer("qng", lr=0.1), X
    for _ in range(4):
        x = optimizer.step(energy, x)
    assert len(found) == 1
    for k in range(6):
        x = optimizer.step(classifier, x, data=DATA[k % 2])
    assert len(found) == 3


def test_what_has_changed_in_between_is_seen():
    held = {"scale": 1.0, "observable": qml.Z(0), "depth": 1}

    @qml.qnode(DEVICE)
    def node(x):
        for _ in range(held["depth"]):
            qml.RX(held["scale"] * x[0], 0)
            qml.RY(x[1], 0)
        return qml.expval(held["observable"])

    theirs, ours, x, y = qml.GradientDescentOptimizer(0.3), Optimizer("gd", lr=0.3), X, X
    for change in ({}, {"scale": 1.5}, {"observable": qml.X(0)}, {"depth": 2}, {"scale": -1.0}):
        held |= change
        x, y = theirs.step(node, x), ours.step(node, y)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-12)


def test_branches_are_followed():
    @qml.qnode(DEVICE)
    def node(x):
        qml.RX(x[0], 0)
        if x[1] > -0.75:
            qml.RY(x[1], 0)
        else:
            qml.RX(2 * x[1], 0)
        return qml.expval(qml.Z(0) + qml.X(0))

    theirs, ours, x, y = qml.GradientDescentOptimizer(0.2), Optimizer("gd", lr=0.2), X, X
    sides = set()
    for _ in range(6):
        sides.add(bool(x[1] > -0.75))
        x, y = theirs.step(node, x), ours.step(node, y)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-12)
    assert sides == {True, False}


@pytest.mark.parametrize(
    "cost",
    [
        lambda x: energy(x) + 0.5 * energy(2 * x),
        lambda x: energy(x) ** 2 + pnp.sum(x**2),
        lambda x: pnp.sin(energy(x[::-1])) * x[0],
        lambda x: energy([x[0], 0.3, x[1]]) * energy(pnp.sin(x)),
        lambda x: classifier(x, DATA[0], scale=x[2]) ** 2,
        lambda x: pnp.sum(x**2) * x[0],
        functools.partial(lambda power, x: energy(x) ** power, 3),
    ],
    ids=["sum", "square", "sine", "product", "keyword", "classical", "partial"],
)
def test_functions_of_qnodes(cost):
    theirs, ours, x, y = qml.GradientDescentOptimizer(0.1), Optimizer("gd", lr=0.1), X, X
    for _ in range(3):
        x, before = theirs.step_and_cost(cost, x)
        y, value = ours.step_and_cost(cost, y)
        assert value == pytest.approx(float(before), abs=1e-12)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-12)


def test_functions_of_several_outputs_and_probabilities():
    @qml.qnode(DEVICE)
    def several(x):
        qml.RX(x[0], 0)
        qml.CRY(x[1], [0, 1])
        return qml.expval(qml.Z(0)), qml.probs([0, 1]), qml.expval(qml.X(1))

    def cost(x):
        z, p, s = several(x)
        return z * s - pnp.sum(p * pnp.log(p + 0.1))

    found = Optimizer("gd", lr=0.1).step(cost, X)
    expected = qml.GradientDescentOptimizer(0.1).step(cost, X)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("device", [DEVICE, qml.device("default.qubit")])
@pytest.mark.parametrize("power", [1, 2])
def test_probabilities_of_all_wires(device, power):
    @qml.qnode(device)
    def all_wires(x):
        qml.RY(x[1], 1)
        qml.CRY(x[0], [1, 0])
        return qml.probs()

    cost = lambda x: all_wires(x)[2] ** power + 0.3 * all_wires(x)[1]  # noqa: E731
    found = Optimizer("gd", lr=0.1).step(cost, X)
    expected = qml.GradientDescentOptimizer(0.1).step(cost, X)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda opt: pickle.loads(pickle.dumps(opt))], ids=["copy", "pickle"]
)
def test_copies_go_on(copied):
    optimizer, x = Optimizer("adam", lr=0.1), X
    for _ in range(3):
        x = optimizer.step(energy, x)
    other, y = copied(optimizer), x
    for _ in range(3):
        x, y = optimizer.step(energy, x), other.step(energy, y)
        np.testing.assert_array_equal(x, y)
    assert len(other.trace) == len(optimizer.trace) == 6


def test_metric_of_a_loss_is_the_mean_over_its_circuits():
    weights, bias = X, tensor(0.1)[0]
    optimizer = Optimizer("qng", lr=0.1, damping=0.05)
    new = optimizer.step(lambda w, b: loss(w, b, DATA, LABELS), weights, bias)
    each = [qml.metric_tensor(classifier)(weights, data=d) for d in DATA]
    metric = np.zeros((4, 4))
    metric[:3, :3] = np.mean(each, axis=0)
    metric[3, 3] = 1.0  # no circuit depends on the bias
    np.testing.assert_allclose(optimizer.metric_tensor, metric, rtol=0, atol=1e-12)
    slopes = qml.grad(lambda w, b: loss(w, b, DATA, LABELS))(weights, bias)
    slope = np.array([*slopes[0], slopes[1]])
    change = np.array([*(new[0] - weights), new[1] - bias])
    expected = -0.1 * np.linalg.solve(metric + 0.05 * np.eye(4), slope)
    np.testing.assert_allclose(change, expected, rtol=0, atol=1e-12)


def test_metric_through_classical_functions():
    """J^T g J, with what is given to the circuits as a function of what is trained."""
    optimizer = Optimizer("qng", lr=0.1)
    optimizer.step(lambda x: energy(pnp.sin(x)) ** 2, X)
    slopes = np.diag(np.cos(X))
    inner = qng.metric(energy, np.sin(np.array(X))).dense()
    np.testing.assert_allclose(optimizer.metric_tensor, slopes @ inner @ slopes, atol=1e-12)


def test_mini_batches_in_a_function_that_is_written_in_the_loop():
    theirs, ours = qml.GradientDescentOptimizer(0.2), Optimizer("gd", lr=0.2)
    x = y = [X, tensor(0.1)[0]]
    for k in range(4):
        batch = [k % 3, (k + 1) % 3]
        x = theirs.step(lambda w, b, k=batch: loss(w, b, DATA[k], LABELS[k]), *x)
        y = ours.step(lambda w, b, k=batch: loss(w, b, DATA[k], LABELS[k]), *y)
        for old, new in zip(x, y):
            np.testing.assert_allclose(new, old, rtol=0, atol=1e-12)


def test_gradient_and_metric_from_outside():
    asked = []

    def grad_fn(x):
        asked.append(x)
        return np.ones(3)

    x = Optimizer("gd", lr=0.1).step(energy, X, grad_fn=grad_fn)
    np.testing.assert_allclose(x, X - 0.1, rtol=0, atol=1e-15)
    assert isinstance(asked[0], pnp.tensor)
    x, cost = Optimizer("gd", lr=0.1).step_and_cost(lambda x: 7.0, X, grad_fn=lambda x: (2 * x,))
    np.testing.assert_allclose(x, 0.8 * X, rtol=0, atol=1e-15)
    assert cost == 7.0
    metric = np.diag([1.0, 2.0, 4.0])
    optimizer = Optimizer("qng", lr=0.1, damping=0.0)
    x = optimizer.step(energy, X, grad_fn=lambda x: np.ones(3), metric_tensor_fn=lambda x: metric)
    np.testing.assert_allclose(x, X - 0.1 / np.diag(metric), rtol=0, atol=1e-15)
    again = optimizer.step(energy, X, recompute_tensor=False, grad_fn=lambda x: np.ones(3))
    np.testing.assert_allclose(again, x, rtol=0, atol=1e-15)
    with pytest.raises(InputError, match="one array for each"):
        optimizer.step(energy, X, grad_fn=lambda x: np.ones(2))
    with pytest.raises(InputError, match="of its shape twice"):
        optimizer.step(energy, X, metric_tensor_fn=lambda x: np.ones((2, 2)))
    with pytest.raises(InputError, match="grad_fn must be a function"):
        optimizer.step(energy, X, grad_fn=3)


def test_memory_goes_on_where_the_caller_moves():
    """Momentum is kept, as PennyLane keeps it; reset forgets it."""
    theirs, ours = qml.MomentumOptimizer(0.1), Optimizer("momentum", lr=0.1)
    x = y = X
    for _ in range(4):
        x, y = theirs.step(energy, x) + 0.05, ours.step(energy, y) + 0.05
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-12)
    theirs.reset()
    ours.reset()
    np.testing.assert_allclose(ours.step(energy, y), theirs.step(energy, x), rtol=0, atol=1e-12)
    assert len(ours.trace) == 1


def test_stepsize():
    optimizer = Optimizer("qng", stepsize=0.3, gradient="finite-difference")
    assert optimizer.stepsize == 0.3
    first = optimizer.step(energy, X) - X
    optimizer.stepsize = 0.15
    np.testing.assert_allclose(optimizer.step(energy, X) - X, first / 2, rtol=0, atol=1e-14)
    named = GradientDescentOptimizer(0.3)
    named.stepsize = 0.2
    assert named.stepsize == 0.2
    with pytest.raises(InputError, match="two names of the same"):
        Optimizer("gd", lr=0.1, stepsize=0.1)
    with pytest.raises(InputError, match="no constant learning rate"):
        Optimizer("rotosolve").stepsize = 0.1


def test_from_shots():
    """Equal seeds give equal steps; the readings of 40 steps scatter about the exact energies."""

    def path(seed):
        optimizer, x, scores = Optimizer("qng", lr=0.05, shots=20_000, seed=seed), X, []
        for _ in range(20):
            here = energy(x)
            x, cost = optimizer.step_and_cost(energy, x)
            scores.append((cost - here) / optimizer.trace["std_error"][-1])
        assert optimizer.trace["shots"][-1] == pytest.approx(20 * 20_000, rel=0.05)
        return x, scores

    (a, first), (b, second), (c, _) = path(1), path(2), path(1)
    np.testing.assert_array_equal(a, c)
    assert not np.array_equal(a, b)
    # Of 40 normal numbers the mean square is above 2.4 twice in 10^6 times.
    assert np.mean(np.square(first + second)) < 2.4


def test_functions_from_shots_take_shots_for_every_circuit():
    cost = functools.partial(loss, data=DATA, labels=LABELS)
    with pytest.raises(InputError, match=r"shots=qng.PerCircuit\(N\) in the place of 1000"):
        Optimizer("qng", shots=1000).step(cost, X, tensor(0.1)[0])
    options = {"lr": 0.1, "shots": qng.PerCircuit(4000), "seed": 2}
    new = Optimizer("qng-blocks", **options).step(cost, X, tensor(0.1)[0])
    exact = Optimizer("qng-blocks", lr=0.1).step(cost, X, tensor(0.1)[0])
    # The standard deviation over seeds is 0.007 at most: five of them, 10^-6.
    for a, b in zip(new, exact):
        np.testing.assert_allclose(a, b, rtol=0, atol=0.035)
    for a, b in zip(new, Optimizer("qng-blocks", **options).step(cost, X, tensor(0.1)[0])):
        np.testing.assert_array_equal(a, b)


def test_own_methods_and_executors():
    method = optimizers.qng(0.2, metric=By("blocks", rule="wires"), trust=math.inf)
    by_name = Optimizer("qng", lr=0.2, metric=By("blocks", rule="wires"))
    x = Optimizer(method, executor=qng.executor("statevector", threads=1)).step(energy, X)
    np.testing.assert_allclose(x, by_name.step(energy, X), rtol=0, atol=1e-14)
    assert Optimizer(method, lr=0.4).stepsize == 0.4
    assert "qng" in repr(by_name)


def test_device_and_shots_of_a_qnode_are_said_not_to_be_used():
    node = qml.set_shots(qml.QNode(energy.func, DEVICE), 100)
    with pytest.warns(UnusedDeviceWarning, match="shots=100"):
        Optimizer("gd").step(node, X)


def test_bad_input():
    step = Optimizer("gd").step
    with pytest.raises(InputError, match="no argument is trained"):
        step(energy, pnp.array(X, requires_grad=False))
    with pytest.raises(InputError, match="entries that are not finite"):
        step(energy, tensor(0.1, math.nan, 0.2))
    with pytest.raises(InputError, match="must be a QNode or a function of QNodes"):
        step(3, X)
    with pytest.raises(InputError, match="one real number, not"):
        step(lambda x: x * energy(x), X)
    with pytest.raises(InputError, match="names no argument"):
        Optimizer("gd", argnum=1).step(energy, X)
    with pytest.raises(InputError, match="the cost calls no QNode"):
        Optimizer("qng").step(lambda x: pnp.sum(x**2), X)
    with pytest.raises(UnknownNameError, match="did you mean qng"):
        Optimizer("qgn")
    with pytest.raises(UnknownNameError, match="hyperparameter of qng"):
        Optimizer("qng", lam=0.1)
    with pytest.raises(InputError, match="a method that has no gradient"):
        Optimizer("rotosolve", gradient="spsa")

    @qml.qnode(DEVICE)
    def random(x):
        qml.RX(x[0] + np.random.default_rng().normal(), 0)
        return qml.expval(qml.Z(0))

    with pytest.raises(CircuitError, match="or at every call"):
        step(random, X)

    @qml.qnode(DEVICE)
    def variance(x):
        qml.RX(x[0], 0)
        return qml.var(qml.Z(0))

    with pytest.raises(CircuitError, match="no expectation value"):
        step(variance, X)
    sampled = qml.QNode(lambda x: (qml.RX(x[0], 0), qml.sample())[1], DEVICE)
    for cost in (sampled, lambda x: pnp.mean(sampled(x)), lambda x: sampled(x) + energy(x)):
        with pytest.raises(CircuitError, match="SampleMP is no expectation value"):
            step(cost, X)
    with pytest.raises(InputError, match="make it a QNode"):
        step(energy.func, X)
    with pytest.raises(IndexError):
        step(energy, X[:1])
    with pytest.raises(QngError, match="not finite"):
        step(energy, X, grad_fn=lambda x: np.full(3, np.nan))


def test_batches_of_data_in_one_call():
    @qml.qnode(DEVICE)
    def batched(weights, data):
        qml.AngleEmbedding(data, wires=[0, 1])
        qml.RX(weights[0], 0)
        qml.CNOT([0, 1])
        qml.RY(weights[1] * data[:, 1], 1)
        return qml.expval(qml.Z(1)), qml.probs([0])

    def cost(weights):
        z, p = batched(weights, DATA)
        return pnp.mean((z - LABELS) ** 2) + pnp.sum(p[:, 1] * LABELS)

    theirs, ours, x, y = qml.GradientDescentOptimizer(0.3), Optimizer("gd", lr=0.3), X, X
    for _ in range(3):
        x, before = theirs.step_and_cost(cost, x)
        y, value = ours.step_and_cost(cost, y)
        assert value == pytest.approx(float(before), abs=1e-12)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-12)
    optimizer = Optimizer("qng", lr=0.1)
    optimizer.step(lambda w: pnp.mean(batched(w, DATA)[0] ** 2), X)
    single = [Optimizer("qng", lr=0.1) for _ in DATA]
    for one, row in zip(single, DATA):
        one.step(lambda w, row=row: pnp.sum(batched(w, row[None])[0] ** 2), X)
    mean = np.mean([one.metric_tensor for one in single], axis=0)
    np.testing.assert_allclose(optimizer.metric_tensor[:2, :2], mean[:2, :2], atol=1e-12)
    assert optimizer.metric_tensor[2, 2] == 1.0


def test_random_directions_of_a_function_differ_from_step_to_step():
    optimizer, seen = Optimizer("qn-spsa", seed=2), []
    for _ in range(3):
        optimizer.step(lambda x: energy(x) ** 2, X)
        seen.append(optimizer.metric_tensor)
    assert not np.allclose(seen[0], seen[1])
    assert not np.allclose(seen[1], seen[2])
    again = Optimizer("qn-spsa", seed=2)
    again.step(lambda x: energy(x) ** 2, X)
    np.testing.assert_array_equal(again.metric_tensor, seen[0])


def test_arguments_that_are_trained_in_turns_have_memories_of_their_own():
    @qml.qnode(DEVICE)
    def node(a, b):
        qml.RX(a[0], 0)
        qml.RY(b[0], 1)
        qml.CNOT([0, 1])
        qml.RX(a[1] + b[1], 1)
        return qml.expval(qml.Z(0) + qml.Y(1))

    theirs, ours = qml.MomentumOptimizer(0.1), Optimizer("momentum", lr=0.1)
    x = y = [tensor(0.3, 0.5), tensor(-0.2, 0.9)]
    for k in range(6):
        first = k % 2 == 0
        x = [pnp.array(v, requires_grad=(i == 0) is first) for i, v in enumerate(x)]
        y = [pnp.array(v, requires_grad=(i == 0) is first) for i, v in enumerate(y)]
        x, y = theirs.step(node, *x), ours.step(node, *y)
        for a, b in zip(x, y):
            np.testing.assert_allclose(b, a, rtol=0, atol=1e-12)
