"""Qiskit's and PennyLane's circuits where ours are expected: order and shape of parameters."""

import numpy as np
import pennylane as qml
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector

import qng
from qng.errors import InputError
from tests.dense import close


def qiskit_circuit() -> QuantumCircuit:
    """Parameters whose order of appearance is not alphabetical."""
    z, a, v = Parameter("z"), Parameter("a"), ParameterVector("v", 2)
    circuit = QuantumCircuit(2)
    circuit.rx(z, 0)
    circuit.crx(a, 1, 0)
    circuit.h(1)
    circuit.cp(v[1], 0, 1)
    circuit.ry(v[0] * a, 1)
    return circuit


def test_a_qiskit_circuit_has_its_parameters_in_order_of_appearance():
    circuit, theta = qiskit_circuit(), np.array([0.3, 0.8, -0.4, 1.1])
    ours = qng.Circuit.from_qiskit(circuit)
    assert ours.parameters == ("z", "a", "v[1]", "v[0]")
    assert np.array_equal(qng.metric(circuit, theta).dense(), qng.metric(ours, theta).dense())


@qml.qnode(qml.device("default.qubit", wires=2))
def energy(x, weights, scale):
    qml.RY(x, wires=0)
    qml.CRX(weights[0, 1], wires=[0, 1])
    qml.PhaseShift(scale * weights[1, 0], wires=1)
    qml.RX(weights[0, 0] * x, wires=1)
    qml.RY(weights[1, 1], wires=0)
    return qml.expval(qml.Z(0) @ qml.X(1) + 0.5 * qml.Y(1))


ARGUMENTS = (0.4, np.array([[0.2, -0.7], [1.1, 0.6]]), 2)


def state(x, flat):
    tape = qml.workflow.construct_tape(energy)(x, flat.reshape(2, 2), 2)
    return qml.matrix(tape, wire_order=[0, 1])[:, 0]


def test_a_qnode_has_its_arguments_in_order_and_arrays_in_c_order():
    theta = np.array([0.4, 0.2, -0.7, 1.1, 0.6])
    step = 1e-4

    def derivative(k):
        shift = step * np.eye(5)[k]
        ends = [theta + shift, theta - shift]
        plus, minus = (state(end[0], end[1:]) for end in ends)
        return (plus - minus) / (2 * step)

    psi = state(theta[0], theta[1:])
    rows = np.array([derivative(k) for k in range(5)])
    berry = rows.conj() @ psi
    expected = (rows.conj() @ rows.T - np.outer(berry, berry.conj())).real
    close(qng.metric(energy, ARGUMENTS).dense(), expected, 1e-6)
    gradient = [
        (energy(*point(theta + s)) - energy(*point(theta - s))) / (2 * step)
        for s in step * np.eye(5)
    ]
    assert qng.gradient(energy, ARGUMENTS).value == pytest.approx(gradient, abs=1e-6)
    assert qng.energy(energy, ARGUMENTS).value == pytest.approx(energy(*ARGUMENTS), abs=1e-12)


def point(flat):
    return flat[0], flat[1:].reshape(2, 2), 2


def test_a_qnode_is_minimised():
    run = qng.minimize(energy, "qng", start=ARGUMENTS, steps=60, tol=1e-10)
    assert run.fun == pytest.approx(energy(*point(run.x)), abs=1e-10)
    assert run.problem == "energy"
    assert run.fun < energy(*ARGUMENTS) - 0.5


def test_from_shots():
    found = qng.metric(energy, ARGUMENTS, "overlaps", shots=200_000)
    exact = qng.metric(energy, ARGUMENTS).dense()
    measured = found.std_error > 0
    assert np.all(np.abs(found.dense() - exact)[measured] < 4.5 * found.std_error[measured])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: qng.metric(qiskit_circuit()), "theta is needed: 4 numbers .* z, a, v"),
        (lambda: qng.gradient(qiskit_circuit(), [0.1] * 4), "has no observable; give qng.Problem"),
        (lambda: qng.metric(energy), "theta is needed: the argument of the quantum function"),
        (lambda: qng.metric(qiskit_circuit(), [0.1]), "theta has 1 value"),
        (lambda: qng.metric(3.5, [0.1]), "a QNode is expected, not float"),
    ],
)
def test_refusals(ask, message):
    with pytest.raises(InputError, match=message):
        ask()
