"""Python functions as executors: what they are given, and what they may return."""

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli
from qng.errors import InputError, UnsupportedMeasureError
from qng.execute.function import Function, bound
from qng.plan.plan import Plan
from qng.plan.request import Request, Samples, State
from qng.run.bench import answer
from qng.testing.strategies import cases
from tests import dense


def one(f, basis="X1 Z4 Y5", shots=(10,), seed=0):
    """Counts of every point of a circuit on 6 qubits."""
    circuit = Circuit(6, [Gate("h", (1,))])
    shots = np.array(shots)
    request = Request(circuit, np.zeros((len(shots), 0)), Samples(Pauli.parse(basis)), shots=shots)
    return Function(f).run([request], seed)[0]


@settings(max_examples=50)
@given(cases())
def test_bound_circuits(case):
    circuit, theta = case
    numbers = bound(circuit, circuit.angles(theta))
    assert numbers.parameters == ()
    assert numbers.n_rotations == 0
    expected = dense.state(circuit, theta)
    np.testing.assert_allclose(dense.state(numbers, np.zeros(0)), expected, atol=1e-12)


def test_what_the_function_is_given():
    seen = []

    def f(circuit, qubits, shots, rng):
        seen.append((circuit, qubits, shots, rng.random()))
        return {"000": shots}

    one(f, shots=(10, 20))
    gates = [Gate("h", (1,)), Gate("h", (1,)), Gate("sdg", (5,)), Gate("h", (5,))]
    assert [(c.ops, q, s) for c, q, s, _ in seen] == [
        (tuple(gates), (1, 4, 5), 10),
        (tuple(gates), (1, 4, 5), 20),
    ]
    expected = [np.random.default_rng([0, 0, k]).random() for k in range(2)]
    assert [x for *_, x in seen] == expected
    one(f, seed=1)
    assert seen[-1][-1] not in expected


@pytest.mark.parametrize(
    ("returned", "outcomes", "weights"),
    [
        ({"001": 7, "110": 3}, [2, 48], [0.7, 0.3]),
        ({2: 7, 48: 3}, [2, 48], [0.7, 0.3]),
        ({np.int64(16): np.int64(10)}, [16], [1.0]),
        ({"010": 10, "000": 0}, [16], [1.0]),
        ({"001": 4, 2: 6}, [2], [1.0]),
    ],
)
def test_what_it_may_return(returned, outcomes, weights):
    (counts,) = one(lambda *_: returned)
    kept = counts.weights > 0
    assert counts.outcomes[kept].tolist() == outcomes
    assert counts.weights[kept].tolist() == weights
    assert counts.shots == 10


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "function must return a mapping from outcomes to counts, not NoneType"),
        ([0, 1], "not list"),
        ({"000": 9}, "returned 9 counts where 10 shots were asked"),
        ({}, "returned 0 counts where 10 shots were asked"),
        ({"000": 11, "001": -1}, "counted '001' -1 times: whole numbers that are not negative"),
        ({"000": 0.5, "001": 9.5}, "counted '000' 0.5 times"),
        ({"00": 10}, "outcome '00'; a string of 3 bits for the qubits 5, 4, 1, or an integer"),
        ({"000000": 10}, "the outcome '000000'"),
        ({"00a": 10}, "the outcome '00a'"),
        ({1: 10}, "the outcome 1; .* bits of these qubits only"),
        ({-2: 10}, "the outcome -2"),
        ({0.0: 10}, "the outcome 0.0"),
        ({None: 10}, "the outcome None"),
    ],
)
def test_nonsense(returned, message):
    with pytest.raises(InputError, match=message):
        one(lambda *_: returned)


def test_what_is_refused_before_it_runs():
    def never(*_):
        raise AssertionError("run")

    device = Function(never, name="mine", noise="hot")
    assert (device.name, device.noise, device.answers) == ("mine", "hot", {Samples})
    states = Request(Circuit(1), np.zeros((1, 0)), State(), shots=np.array([9]))
    with pytest.raises(UnsupportedMeasureError, match="mine does not answer State"):
        answer(device, Plan((states,), tuple))
    with pytest.raises(InputError, match="mine counts bits: give shots="):
        qng.energy("one-qubit", executor=device)


def test_a_run():
    """A function that runs circuits on dense matrices minimises as our own executor does."""

    def f(circuit, qubits, shots, rng):
        p = np.abs(dense.state(circuit, np.zeros(0))) ** 2
        masks, times = np.unique(rng.choice(len(p), shots, p=p / p.sum()), return_counts=True)
        return dict(zip(masks, times))

    run = qng.minimize("one-qubit", "gd", steps=3, shots=3000, executor=Function(f, noise=""))
    assert abs(run.fun - qng.energy("one-qubit", run.x).value) < 4 * run.std_error
