"""Qiskit's and PennyLane's circuits where ours are expected: order and shape of parameters."""

import numpy as np
import pennylane as qml
import pytest
from qiskit import QuantumCircuit, qasm3, qpy
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.parametervector import ParameterVectorElement
from qiskit.quantum_info import SparsePauliOp, Statevector

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


def test_an_array_for_a_qiskit_circuit_is_in_its_own_order():
    circuit, theta = qiskit_circuit(), np.array([0.3, 0.8, -0.4, 1.1])
    ours = qng.Circuit.from_qiskit(circuit)
    assert ours.parameters == ("a", "v[0]", "v[1]", "z")
    assert [p.name for p in circuit.parameters] == list(ours.parameters)
    assert np.array_equal(qng.metric(circuit, theta).dense(), qng.metric(ours, theta).dense())


H = SparsePauliOp.from_list([("ZX", 0.7), ("IY", -0.4), ("XX", 0.2)])


def exact(circuit, theta):
    return Statevector(circuit.assign_parameters(theta)).expectation_value(H).real


def test_every_door_takes_arrays_in_qiskits_order_and_values_by_name():
    circuit, theta = qiskit_circuit(), np.array([0.3, 0.8, -0.4, 1.1])
    named = dict(zip(circuit.parameters, theta))
    (v,) = {p.vector for p in circuit.parameters if isinstance(p, ParameterVectorElement)}
    by_vector = {"a": 0.3, v: [0.8, -0.4], "z": 1.1}
    by_name = {p.name: value for p, value in reversed(named.items())}
    close(exact(circuit, named), exact(circuit, theta), 1e-12)
    for values in (theta, named, by_name, by_vector):
        problem = qng.Problem(circuit, H, start=values)
        close(problem.initial, theta)
        bare = qng.Problem(circuit, H)
        for energy in (qng.energy(problem), qng.energy(bare, values)):
            assert energy.value == pytest.approx(exact(circuit, theta), abs=1e-12)
        step = 1e-5 * np.eye(4)
        slopes = [(exact(circuit, theta + s) - exact(circuit, theta - s)) / 2e-5 for s in step]
        close(qng.gradient(bare, values).value, np.array(slopes), 1e-8)
        close(qng.metric(circuit, values).dense(), qng.metric(problem).dense())
        close(qng.hessian(bare, values).dense(), qng.hessian(problem).dense())
        close(qng.berry_curvature(circuit, values), qng.berry_curvature(problem))
        run = qng.minimize(bare, "qng", start=values, steps=3)
        assert run.trace["energy"][0] == pytest.approx(exact(circuit, theta), abs=1e-12)
        assert run.fun == pytest.approx(exact(circuit, run.x), abs=1e-12)
        (report,) = qng.compare_steps(bare, values, ["gd"])
        close(report.step, -report.eta * np.array(slopes), 1e-8)
        assert qng.step_cost(bare, "qng", start=values).step.points > 0
    runs = qng.compare(qng.Problem(circuit, H, start=named), ["gd"], starts=1, steps=2).runs["gd"]
    assert runs[0].trace["energy"][0] == pytest.approx(exact(circuit, theta), abs=1e-12)


def test_results_go_back_to_qiskit():
    problem = qng.Problem(qiskit_circuit(), H, start=[0.3, 0.8, -0.4, 1.1])
    run = qng.minimize(problem, "qng", steps=5)
    values = run.values
    assert values == problem.circuit.named(run.x)
    assert list(values) == ["a", "v[0]", "v[1]", "z"]
    assert run.fun == pytest.approx(exact(qiskit_circuit(), values), abs=1e-12)
    assert run.fun == pytest.approx(exact(qiskit_circuit(), run.x), abs=1e-12)


def test_parameters_are_frozen_by_qiskits_parameters_too():
    circuit = qiskit_circuit()
    a = circuit.parameters[0]
    assert qng.Problem(circuit, H, frozen=[a]).frozen == ("a",)
    assert qng.Problem(circuit, H).freeze(a).free.tolist() == [1, 2, 3]


def test_the_order_survives_files(tmp_path):
    circuit, theta = qiskit_circuit(), np.array([0.3, 0.8, -0.4, 1.1])
    plain = circuit.assign_parameters(
        {circuit.parameters[1]: Parameter("w"), "v[1]": Parameter("u")}
    )
    problem = qng.Problem(plain, H, start=theta)
    assert problem.circuit.parameters == ("a", "u", "w", "z")
    qng.save(problem, tmp_path / "plain")
    again = qng.load(tmp_path / "plain")
    assert again.circuit.parameters == problem.circuit.parameters
    written = qng.Circuit.from_qasm(qasm3.dumps(plain))
    # Qiskit's exporter gives a parameter another name where that of a gate is the same.
    assert written.parameters == ("a", "u", "w", "z_0")
    assert qng.energy(qng.Problem(written, H), theta).value == pytest.approx(exact(plain, theta))
    assert qng.energy(again).value == pytest.approx(exact(plain, theta), abs=1e-12)
    with (tmp_path / "circuit.qpy").open("wb") as file:
        qpy.dump(plain, file)
    with (tmp_path / "circuit.qpy").open("rb") as file:
        (read,) = qpy.load(file)
    assert qng.Circuit.from_qiskit(read) == problem.circuit


def test_vectors_of_qiskit_are_saved(tmp_path):
    circuit, theta = qiskit_circuit(), np.array([0.3, 0.8, -0.4, 1.1])
    problem = qng.Problem(circuit, H, start=theta, frozen=["v[1]"])
    qng.save(problem, tmp_path / "mine")
    again = qng.load(tmp_path / "mine")
    assert again.circuit.parameters == ("a", "v[0]", "v[1]", "z")
    assert again.frozen == ("v[1]",)
    close(again.initial, theta)
    assert qng.energy(again).value == pytest.approx(exact(circuit, theta), abs=1e-12)
    assert exact(circuit, again.circuit.named(theta)) == pytest.approx(exact(circuit, theta))


def test_arguments_of_a_qnode_are_saved(tmp_path):
    circuit = qng.Circuit.from_pennylane(energy, *ARGUMENTS)
    names = ("x", "weights[0,0]", "weights[0,1]", "weights[1,0]", "weights[1,1]")
    assert circuit.parameters == names
    theta = [0.4, 0.2, -0.7, 1.1, 0.6]
    problem = qng.Problem(circuit, {"Z0 X1": 1.0, "Y1": 0.5}, theta)
    qng.save(problem, tmp_path / "mine")
    again = qng.load(tmp_path / "mine")
    assert again.circuit.parameters == names
    assert qng.energy(again).value == pytest.approx(energy(*ARGUMENTS), abs=1e-12)


def test_weighted_circuits_of_qiskit():
    circuit, other = qiskit_circuit(), qiskit_circuit()
    other.h(0)
    theta = np.array([0.3, 0.8, -0.4, 1.1])
    problem = qng.Problem.weighted([(circuit, 0.5), (other, 1.5)], H, start=theta)
    expected = 0.5 * exact(circuit, theta) + 1.5 * exact(other, theta)
    assert qng.energy(problem).value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"a": 1.0}, r"theta leaves out v\[0\], v\[1\], z"),
        ({"a": 1, "v[0]": 1, "v[1]": 1, "z": 1, "y": 1}, "unknown parameter 'y'"),
        ({"a": 1, "v[0]": 1, "v[1]": 1, "z": "x"}, "theta must be real numbers"),
        ({"a": 1, "v[0]": 1, "v[1]": 1, "z": np.nan}, "finite, but z is not"),
        ({"a": 1, ParameterVector("v", 3): [1, 2]}, "3 values for the vector 'v', not"),
        ({"a": 1, Parameter("a"): 1}, "gives the parameter 'a' twice"),
    ],
)
def test_values_by_name_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        qng.metric(qiskit_circuit(), values)


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
        (
            lambda: qng.metric(qiskit_circuit()),
            r"theta is needed: 4 numbers .* a, v\[0\], v\[1\], z",
        ),
        (lambda: qng.gradient(qiskit_circuit(), [0.1] * 4), "has no observable; give qng.Problem"),
        (lambda: qng.metric(energy), "theta is needed: the argument of the quantum function"),
        (lambda: qng.metric(qiskit_circuit(), [0.1]), "theta has 1 value"),
        (lambda: qng.metric(3.5, [0.1]), "a QNode is expected, not float"),
    ],
)
def test_refusals(ask, message):
    with pytest.raises(InputError, match=message):
        ask()
