"""Operations of a user that say a generator and a matrix, and no decomposition."""

import numpy as np
import pennylane as qml
import pytest
from scipy.linalg import expm

import qng
from qng.circuit.convert.pennylane import convert
from qng.errors import CircuitError
from tests.circuit.convert import pennylane_oracle as oracle

WIRES = ["a", 0, "b"]
GENERATORS = {
    "z": lambda w: qml.Hamiltonian([-0.5], [qml.Z(w[0])]),
    "commuting": lambda w: qml.dot(
        [0.3, -0.7], [qml.X(w[0]) @ qml.X(w[1]), qml.Z(w[0]) @ qml.Z(w[1])]
    ),
    "not commuting": lambda w: qml.dot(
        [0.3, -0.7, 0.2], [qml.X(w[0]), qml.Z(w[0]) @ qml.Y(w[1]), qml.Z(w[1])]
    ),
    "projector": lambda w: qml.Projector([1, 0], w[:2]),
    "identity": lambda w: qml.dot([0.5, 0.4], [qml.Identity(w[0]), qml.Y(w[1])]),
}


def operation(name, size=2, before=None, square=False, honest=True):
    class Own(qml.operation.Operation):
        num_params = 1
        num_wires = size
        ndim_params = (0,)

        def generator(self):
            return GENERATORS[name](self.wires)

        def matrix(self, wire_order=None):
            x = float(qml.math.toarray(self.data[0]))
            g = qml.matrix(GENERATORS[name](self.wires), wire_order=self.wires)
            x = x**2 if square else x
            u = expm(1j * x * g) if honest else expm(2j * x * g)
            u = u if before is None else u @ before
            return qml.math.expand_matrix(u, self.wires, wire_order)

        @property
        def has_matrix(self):
            return True

    return Own


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("control", [False, True])
def test_they_are_rotations(name, control):
    own = operation(name)
    h = np.kron([[1, 1], [1, -1]], np.eye(2)) / np.sqrt(2)
    after = operation(name, before=h)

    def function(x):
        qml.RY(0.4, "a")
        qml.RX(0.9, 0)
        if control:
            qml.ctrl(own(x[0], wires=["b", "a"]), control=0)
        else:
            own(x[0], wires=["b", "a"])
        qml.adjoint(after(2 * x[1], wires=[0, "a"]))

    def dense(x):
        def fixed(op):
            return qml.QubitUnitary(qml.matrix(op, wire_order=op.wires), op.wires)

        qml.RY(0.4, "a")
        qml.RX(0.9, 0)
        inner = own(x[0], wires=["b", "a"])
        (qml.ctrl(fixed(inner), control=0) if control else fixed(inner))
        m = qml.matrix(after(2 * x[1], wires=[0, "a"]), wire_order=[0, "a"])
        qml.QubitUnitary(m.conj().T, [0, "a"])

    circuit = convert(function, np.array([0.3, 0.5]), wire_order=WIRES).circuit
    assert circuit.n_rotations > 0
    for x in ([0.3, 0.5], [-1.2, 2.2]):
        theta = np.array(x)
        expected = oracle.state(dense, WIRES, theta)
        oracle.same_up_to_phase(oracle.our_state(circuit, theta), expected, 1e-10)
    observable = qml.Z("a") @ qml.X("b") + qml.Y(0)
    g, gradient = oracle.metric_and_gradient(dense, WIRES, theta, observable)
    assert qng.metric(circuit, theta).dense() == pytest.approx(g, abs=1e-7)
    problem = qng.Problem(circuit, qng.PauliSum.from_pennylane(observable, WIRES))
    assert qng.gradient(problem, theta).value == pytest.approx(gradient, abs=1e-7)


@pytest.mark.parametrize("options", [{"square": True}, {"honest": False}])
def test_a_generator_that_is_not_that_of_the_matrix_is_refused(options):
    own = operation("z", **options)
    with pytest.raises(CircuitError, match=r"Own on wires a, 0 .* not exp\(i x G\) of its gener"):
        convert(lambda x: own(x, wires=["a", 0]), 0.3)
