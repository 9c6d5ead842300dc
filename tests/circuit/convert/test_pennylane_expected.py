"""What a function queues at a point tells whether it is its circuit there."""

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

from qng.circuit.convert.pennylane import convert
from qng.errors import CircuitError

X = pnp.array([0.4, -0.7], requires_grad=True)


class Once:
    """A function that counts its runs."""

    def __init__(self, gate=lambda x: qml.RX(x, 0)):
        self.runs, self.gate = 0, gate
        self.node = qml.QNode(self, qml.device("default.qubit", wires=2))

    def __call__(self, x):
        self.runs += 1
        self.gate(x[0])
        qml.RY(x[0] * x[1], 1)
        qml.CNOT([0, 1])
        return qml.expval(qml.Z(1))


class Own(qml.operation.Operation):
    """It does not tell what it is decomposed into."""

    num_params = 1
    num_wires = 1
    sign = 1

    @staticmethod
    def compute_decomposition(phi, wires):
        return [qml.RX(phi, wires) if Own.sign > 0 else qml.RY(phi, wires)]


def points(n):
    return np.random.default_rng(1).normal(size=(n, 2))


def test_one_run_a_point():
    function = Once()
    circuit = convert(function.node, X).circuit
    before = function.runs
    for theta in points(5):
        circuit.angles(theta)
        circuit.angles(theta)
    assert function.runs == before + 5


@pytest.mark.parametrize(
    "other",
    [
        lambda x: qml.RY(x, 0),
        lambda x: qml.RX(x, 1),
        lambda x: qml.RX(x + 1e-6, 0),
        lambda x: qml.ctrl(qml.RX(x, 0), 1),
        lambda x: (qml.RX(x, 0), qml.Hadamard(0)),
        lambda x: qml.PauliRot(x, "Y", 0),
    ],
    ids=["gate", "wire", "number", "control", "more", "word"],
)
def test_another_circuit_is_refused(other):
    function = Once()
    circuit = convert(function.node, X).circuit
    function.gate = other
    with pytest.raises(CircuitError, match="builds another circuit"):
        circuit.angles(points(1)[0])


def test_constants_are_those_of_the_conversion():
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    function = Once(lambda x: (qml.QubitUnitary(turn, 0), qml.RX(x, 0)))
    circuit = convert(function.node, X).circuit
    turn[:] = turn @ turn
    with pytest.raises(CircuitError, match="builds another circuit"):
        circuit.angles(points(1)[0])


def test_operations_from_outside_are_decomposed_at_every_point(monkeypatch):
    function = Once(lambda x: Own(x, 0))
    circuit = convert(function.node, X).circuit
    circuit.angles(points(1)[0])
    monkeypatch.setattr(Own, "sign", -1)
    with pytest.raises(CircuitError, match="builds another circuit"):
        circuit.angles(points(2)[1])


def test_points_are_forgotten():
    function = Once()
    circuit = convert(function.node, X).circuit
    circuit.angles(points(1)[0])
    function.gate = lambda x: qml.RY(x, 0)
    circuit.origin.maker.check(points(1)[0])
    circuit.origin.maker.forget()
    with pytest.raises(CircuitError, match="builds another circuit"):
        circuit.origin.maker.check(points(1)[0])
