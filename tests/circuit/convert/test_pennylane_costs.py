"""Costs that are made of QNodes, compared with what they are on default.qubit."""

import functools
import math

import cloudpickle
import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

import qng
from qng.errors import CircuitError, InputError, UnusedDeviceWarning
from qng.problem.foreign import problem_of

W = np.array([[0.3, 0.4], [0.5, 0.6]])


def device():
    return qml.device("default.qubit", wires=2)


def ansatz(w):
    qml.RX(w[0, 0], wires=0)
    qml.RY(w[0, 1], wires=1)
    qml.CNOT([0, 1])
    qml.RY(w[1, 0], wires=0)


def other(w):
    qml.RX(w[0, 0], wires=0)
    qml.RY(w[1, 1], wires=1)


def node_of(circuit, measure):
    def function(w):
        circuit(w)
        return measure()

    return qml.QNode(function, device())


A = node_of(ansatz, lambda: qml.expval(qml.Z(0)))
B = node_of(ansatz, lambda: qml.expval(qml.X(1) @ qml.Z(0)))
C = node_of(other, lambda: qml.expval(qml.Y(0)))
D = node_of(other, lambda: qml.expval(qml.Z(0)))
BOTH = node_of(ansatz, lambda: (qml.expval(qml.Z(0)), qml.expval(qml.Z(1))))
PROBS = node_of(ansatz, lambda: qml.probs(wires=[0, 1]))
CLIPPED = node_of(lambda w: ansatz(pnp.clip(w, -1, 1)), lambda: qml.expval(qml.Z(0)))

COSTS = {
    "the same circuit": (lambda w: A(w) + 0.5 * B(w), 2, 1),
    "numbers of libraries": (lambda w: np.float64(0.5) * A(w) - pnp.array(0.3) * B(w), 2, 1),
    "weighted circuits": (lambda w: 3 * D(w) + A(w) + 0.2, 2, 2),
    "at two points": (lambda w: A(w) + A(w + 0.1), 2, 2),
    "side by side": (lambda w: A(w) - C(w) / 2 + 1, 4, 1),
    "three": (lambda w: sum([A(w), B(w), C(w)]), 4, 1),
    "several values": (lambda w: 2 * BOTH(w)[0] - BOTH(w)[1], 2, 1),
    "probabilities": (lambda w: 1 - PROBS(w)[0] + 2 * PROBS(w)[3], 2, 1),
    "one": (lambda w: -B(w), 2, 1),
    "a piece": (lambda w: 0.3 * CLIPPED(w) - 1, 2, 1),
}


@pytest.mark.parametrize("name", COSTS)
def test_energy_gradient_and_runs_are_those_of_the_function(name):
    cost, n_qubits, n_circuits = COSTS[name]
    problem = problem_of(cost, W)
    assert (problem.circuit.n_qubits, len(problem.ensemble)) == (n_qubits, n_circuits)
    steps = 1e-6 * np.eye(4).reshape(4, 2, 2)
    for w in (W, W + np.array([[0.9, -1.3], [2.0, 0.1]])):
        assert qng.energy(cost, w).value == pytest.approx(float(cost(w)), abs=1e-12)
        assert qng.energy(problem, w).value == pytest.approx(float(cost(w)), abs=1e-12)
        slopes = [(float(cost(w + h)) - float(cost(w - h))) / 2e-6 for h in steps]
        assert qng.gradient(cost, w).value == pytest.approx(slopes, abs=1e-8)
    run = qng.minimize(cost, "gd", start=W, steps=10, lr=0.2)
    assert run.fun == pytest.approx(float(cost(*run.arguments)), abs=1e-10)
    assert run.fun < float(cost(W))


def test_the_metric_is_the_sum_of_those_of_the_circuits():
    a, d = qng.metric(A, W).dense(), qng.metric(D, W).dense()
    assert qng.metric(COSTS["the same circuit"][0], W).dense() == pytest.approx(a, abs=1e-12)
    assert qng.metric(COSTS["side by side"][0], W).dense() == pytest.approx(a + d, abs=1e-12)
    weighted = qng.metric(COSTS["weighted circuits"][0], W).dense()
    assert weighted == pytest.approx(d + a / 3, abs=1e-12)


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        (lambda w: A(w) ** 2, "no sum of fixed multiples of expectation values of QNodes"),
        (lambda w: A(w) * B(w), "a product of two expectation values"),
        (lambda w: (A(w), B(w)), "it returns several"),
        (lambda w: pnp.sin(A(w)), "no sum of fixed multiples"),
        (lambda w: w[0, 0] * A(w), r"the coefficients of <lambda> are others at w\[0,0\]"),
        (lambda w: A(w) + w[0, 0], r"the coefficients of <lambda> are others at w\[0,0\]"),
    ],
)
def test_what_is_no_sum_is_refused(cost, message):
    with pytest.raises(CircuitError, match=message) as refused:
        qng.energy(cost, W)
    assert "\n" not in str(refused.value)


def test_a_cost_that_changes_is_refused_where_it_does():
    problem = problem_of(lambda w: (1.0 if w[0, 0] < 5 else 2.0) * A(w), W)
    with pytest.raises(CircuitError, match=r"are others at w\[0,0\] = 5.3"):
        qng.energy(problem, W + 5)
    chosen = problem_of(lambda w: A(w) if w[0, 0] < 5 else B(w), W)
    with pytest.raises(CircuitError, match="an observable depends on an argument"):
        qng.energy(chosen, W + 5)


# Partial functions and keywords


@qml.qnode(device())
def keyed(x, w, scale=1, data=None):
    qml.RX(scale * x, wires=0)
    qml.RY(w[0] * data, wires=1)
    qml.CNOT([0, 1])
    return qml.expval(qml.Z(1))


def test_partial_qnodes_have_their_data():
    node = functools.partial(keyed, data=0.7, scale=2)
    start = (0.3, np.array([0.2]))
    run = qng.minimize(node, start=start, steps=5)
    assert run.problem == "keyed"
    assert [np.shape(a) for a in run.arguments] == [(), (1,)]
    assert run.fun == pytest.approx(float(node(*run.arguments)), abs=1e-12)
    first = functools.partial(keyed, 0.3, data=0.7)
    assert qng.energy(first, np.array([0.2])).value == pytest.approx(float(first([0.2])))
    assert qng.Circuit.from_pennylane(first, np.array([0.2])).parameters == ("w[0]",)
    cost = functools.partial(lambda s, w: s * A(w), 0.3)
    assert qng.energy(cost, W).value == pytest.approx(0.3 * float(A(W)), abs=1e-12)


# The other doors


def test_starts_and_results_have_the_shape_of_the_arguments():
    run = qng.minimize(A, "qng", start=W, steps=3)
    assert run.x.shape == (4,)
    assert run.arguments[0].shape == (2, 2)
    problem = problem_of(A, W)
    assert qng.minimize(problem, start=W + 1, steps=0).fun == pytest.approx(float(A(W + 1)))
    assert np.array_equal(qng.metric(problem, W).dense(), qng.metric(A, W).dense())
    assert np.array_equal(qng.metric(problem.circuit, W).dense(), qng.metric(A, W).dense())
    with pytest.raises(InputError, match="theta has"):
        qng.energy(problem, np.ones((3, 3)))
    assert qng.minimize("one-qubit", steps=1).arguments[0].shape == (2,)


def test_qnodes_in_comparisons_and_previews():
    found = qng.compare(A, ["gd", "qng"], start=W, starts=3, steps=4)
    assert np.array_equal(found.starts[0], W.ravel())
    for run in found.runs["qng"]:
        assert run.fun == pytest.approx(float(A(*run.arguments)), abs=1e-12)
    problem = problem_of(A, W)
    ours, theirs = (qng.compare_steps(p, W, ["gd", "qng"]) for p in (problem, A))
    assert [r.length for r in ours] == [r.length for r in theirs]
    assert qng.step_cost(A, start=W, shots=1000).step == qng.step_cost(problem, shots=1000).step


def test_qnodes_are_saved(tmp_path):
    @qml.qnode(device())
    def bell(x, y):
        qml.RX(x, wires=0)
        qml.CRY(y / 2, wires=[0, 1])
        return qml.expval(qml.Z(0) @ qml.X(1))

    qng.save(bell, tmp_path / "bell", start=(0.3, 0.4))
    again = qng.load(tmp_path / "bell")
    assert again.circuit.parameters == ("x", "y")
    assert qng.energy(again).value == pytest.approx(float(bell(0.3, 0.4)), abs=1e-12)


def test_qnodes_travel_to_other_processes():
    for cost in (A, CLIPPED, COSTS["side by side"][0]):
        problem = cloudpickle.loads(cloudpickle.dumps(problem_of(cost, W)))
        assert qng.energy(problem, W + 1).value == pytest.approx(float(cost(W + 1)), abs=1e-12)
        assert problem.circuit.origin is not None


# Device and shots


def test_a_qnodes_own_device_and_shots_are_said_once():
    noisy = qml.device("default.mixed", wires=1, readout_prob=0.1)

    @qml.set_shots(100)
    @qml.qnode(noisy)
    def noisy_node(x):
        qml.RX(x, wires=0)
        return qml.expval(qml.Z(0))

    message = r"the device default.mixed and 100 shots of the QNode noisy_node are not used"
    with pytest.warns(UnusedDeviceWarning, match=message) as told:
        found = qng.energy(noisy_node, 0.3).value
    assert told[0].filename == __file__
    assert 'give executor="pennylane:default.mixed", shots=100' in str(told[0].message)
    assert found == pytest.approx(math.cos(0.3), abs=1e-12)
    assert qng.energy(noisy_node, 0.3).value == found  # and not again
    with pytest.warns(UnusedDeviceWarning, match="the 50 shots of the QNode"):
        qng.minimize(qml.set_shots(A, 50), start=W, steps=1)
    with pytest.warns(UnusedDeviceWarning, match="the 50 shots of the QNode"):
        qng.energy(functools.partial(lambda f, w: 2 * f(w), qml.set_shots(A, 50)), W)
