"""Problems from circuits and observables of Qiskit and PennyLane; energies are those of their own
simulators."""

import functools

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp

import qng
from qng.errors import InputError

WEIGHTS = np.array([[0.1, 0.5, -0.3], [0.7, -0.2, 0.4]])
X = 0.6
LABELS = ["a", "b", "c"]
HAMILTONIAN = qml.Hamiltonian([0.5, -1.0, 0.3], [qml.X("a") @ qml.Z("c"), qml.Z("b"), qml.Y("a")])
ON_QUBITS = {"X0 Z2": 0.5, "Z1": -1.0, "Y0": 0.3}
DEVICE = qml.device("default.qubit", wires=LABELS)


def ansatz(weights, x):
    for layer in range(2):
        for k, label in enumerate(LABELS):
            qml.RY(weights[layer, k], wires=label)
        qml.CNOT(wires=["a", "b"])
        qml.CZ(wires=["b", "c"])
    qml.RX(2 * x, wires="a")


@qml.qnode(DEVICE)
def own_energy(weights, x):
    ansatz(weights, x)
    return qml.expval(HAMILTONIAN)


@qml.qnode(DEVICE)
def state(weights, x):
    ansatz(weights, x)
    return qml.state()


def exact(weights=WEIGHTS, x=X):
    return float(own_energy(weights, x))


SOURCES = {
    "a QNode with a state": state,
    "a QNode with an energy": own_energy,
    "a quantum function": ansatz,
    "a partial": functools.partial(ansatz),
}


@pytest.mark.filterwarnings("ignore::qng.errors.UnusedDeviceWarning")
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("observable", ["hamiltonian", "mapping", "text", "qiskit", "sum"])
def test_a_qnode_with_an_observable(source, observable):
    given = {
        "hamiltonian": HAMILTONIAN,
        "mapping": ON_QUBITS,
        "text": "0.5 [X0 Z2] - 1.0 [Z1] + 0.3 [Y0]",
        "qiskit": SparsePauliOp.from_list([("ZIX", 0.5), ("IZI", -1.0), ("IIY", 0.3)]),
        "sum": qng.PauliSum(ON_QUBITS),
    }[observable]
    problem = qng.Problem(SOURCES[source], given, start=(WEIGHTS, X))
    assert problem.circuit.n_parameters == 7
    np.testing.assert_allclose(problem.initial, [*WEIGHTS.ravel(), X])
    assert qng.energy(problem).value == pytest.approx(exact(), abs=1e-12)
    gradient = qng.gradient(problem).value
    shifted = [exact(WEIGHTS, X + h) for h in (1e-5, -1e-5)]
    assert gradient[-1] == pytest.approx((shifted[0] - shifted[1]) / 2e-5, abs=1e-8)


@pytest.mark.filterwarnings("ignore::qng.errors.UnusedDeviceWarning")
def test_starts_in_the_shapes_of_the_arguments():
    problem = qng.Problem(state, HAMILTONIAN, (WEIGHTS, X))
    other = (pnp.array(WEIGHTS + 0.1), 0.9)
    assert qng.energy(problem, other).value == pytest.approx(exact(WEIGHTS + 0.1, 0.9), abs=1e-12)
    again = qng.Problem(problem.circuit, problem.observable, start=other)
    np.testing.assert_allclose(again.initial, [*(WEIGHTS + 0.1).ravel(), 0.9])
    run = qng.minimize(problem, "gd", start=other, steps=2)
    np.testing.assert_allclose(run.trace["theta"][0], [*(WEIGHTS + 0.1).ravel(), 0.9])
    both = qng.compare(problem, ["gd", "qng"], starts=2, steps=2, workers=1)
    assert not any(run.failed for runs in both.runs.values() for run in runs)


@pytest.mark.filterwarnings("ignore::qng.errors.UnusedDeviceWarning")
def test_it_is_saved_and_read_back(tmp_path):
    problem = qng.Problem(state, HAMILTONIAN, (WEIGHTS, X), name="mine")
    qng.save(problem, tmp_path / "mine")
    back = qng.load(tmp_path / "mine")
    assert qng.energy(back).value == pytest.approx(exact(), abs=1e-12)
    np.testing.assert_array_equal(back.initial, problem.initial)


def test_an_operator_on_wires_that_the_circuit_does_not_touch():
    def one(x):
        qml.RX(x, wires="q")

    problem = qng.Problem(one, qml.Z("q") + 0.5 * qml.Z("r"), start=0.4)
    assert problem.circuit.n_qubits == 2
    assert qng.energy(problem).value == pytest.approx(np.cos(0.4) + 0.5, abs=1e-12)


def test_a_tape_holds_its_start():
    with qml.tape.QuantumTape() as tape:
        qml.RX(0.4, wires=0)
        qml.expval(qml.Z(0))
    assert qng.energy(qng.Problem(tape, qml.Z(0))).value == pytest.approx(np.cos(0.4))


@pytest.mark.parametrize("kind", ["operator", "hamiltonian", "mapping", "text"])
def test_a_circuit_of_qiskit_with_an_observable(kind):
    b, a = Parameter("b"), Parameter("a")
    circuit = QuantumCircuit(2)
    circuit.ry(b, 0)
    circuit.cx(0, 1)
    circuit.rx(a, 1)
    operator = SparsePauliOp.from_list([("ZZ", 1.0), ("XI", 0.5)])
    given = {
        "operator": operator,
        "hamiltonian": qml.Z(0) @ qml.Z(1) + 0.5 * qml.X(1),
        "mapping": {"Z0 Z1": 1.0, "X1": 0.5},
        "text": "Z0 Z1 + 0.5 X1",
    }[kind]
    values = [0.3, 1.1]  # a, b: Qiskit's order is by name
    job = StatevectorEstimator().run([(circuit, operator, values)])
    want = float(job.result()[0].data.evs)
    for start in (values, {a: 0.3, b: 1.1}):
        problem = qng.Problem(circuit, given, start)
        assert qng.energy(problem).value == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qng.Problem(state, HAMILTONIAN), "a QNode needs start="),
        (lambda: qng.Problem(5, HAMILTONIAN, 0.1), "a QuantumCircuit or a QNode will do"),
        (lambda: qng.Problem(ansatz, "nonsense", (WEIGHTS, X)), "not a Pauli word"),
        (lambda: qng.Problem(ansatz, {"Z9": 1.0}, (WEIGHTS, X)), "acts on qubit 9"),
        (lambda: qng.Problem(ansatz, qml.Z, (WEIGHTS, X)), "not the class PauliZ"),
    ],
)
@pytest.mark.filterwarnings("ignore::qng.errors.UnusedDeviceWarning")
def test_what_is_no_problem(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
