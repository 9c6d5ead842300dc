"""Our circuits, angles and observables in Qiskit, and what comes back."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter, ParameterExpression, ParameterVector
from qiskit.quantum_info import Operator, SparseObservable, SparsePauliOp
from qiskit.quantum_info import Pauli as QiskitPauli

import qng
from qng.circuit.angle import apply, as_angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.convert.qiskit import angles, angles_circuit, from_qiskit, to_qiskit
from qng.circuit.convert.qiskit.angles import angle_of, expression_of
from qng.circuit.gate import NAMED, Gate, Rotation, controlled, unitary
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import CircuitError, InputError
from qng.testing import strategies
from tests import dense
from tests.circuit.convert import qiskit_oracle as oracle

BASIS = ["rz", "sx", "x", "cx"]


def rotation(word: str, angle: object) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


def turns(circuit: Circuit) -> list[Rotation]:
    return [op for op in circuit.ops if isinstance(op, Rotation)]


# Circuits


@settings(max_examples=60)
@given(strategies.problems(max_qubits=4, max_ops=10))
def test_there_and_back(case: tuple) -> None:
    circuit, theta, observable = case
    written = circuit.to_qiskit()
    oracle.same_unitary(circuit, written, theta)
    back = Circuit.from_qiskit(written, circuit.parameters)
    assert back.parameters == circuit.parameters
    values = dict(zip(circuit.parameters, theta))
    for ours, theirs in zip(turns(back), turns(circuit), strict=True):
        assert ours.pauli == theirs.pauli
        assert ours.angle.value(values) == pytest.approx(theirs.angle.value(values), abs=1e-12)
    expected = dense.metric(circuit, theta)
    dense.close(qng.metric(back, theta).dense(), expected)
    problem = qng.Problem(back, PauliSum.from_qiskit(observable.to_qiskit(back.n_qubits)), theta)
    dense.close(qng.gradient(problem, theta).value, dense.gradient(circuit, observable, theta))


@settings(max_examples=30)
@given(strategies.cases(max_qubits=3, max_ops=8))
def test_one_parameter_a_rotation(case: tuple[Circuit, np.ndarray]) -> None:
    circuit, theta = case
    written, phi = angles_circuit(circuit)
    assert len(phi) == circuit.n_rotations
    assert list(written.parameters) == list(phi)
    # An array binds by position.
    bound = written.assign_parameters(circuit.angles(theta))
    oracle.same_unitary(circuit, bound, theta)


def test_every_named_gate_has_its_name() -> None:
    ops = [Gate(name, tuple(range(len(NAMED[name]).bit_length() - 1))) for name in NAMED]
    written = to_qiskit(Circuit(3, ops))
    assert [item.operation.name for item in written.data] == list(NAMED)
    # An identity is left out on the way back.
    assert from_qiskit(written).ops == tuple(op for op in ops if op.name != "id")


def test_rotations_are_gates_that_users_know() -> None:
    words = ["X0", "Y1", "Z2", "X0 X1", "Y0 Y1", "Z0 Z1", "Z0 X1", "X0 Z1", "Y0 Z1", "X0 Y1 Z2"]
    circuit = Circuit(3, [rotation(w, parameter("t")) for w in words], ["t"])
    written = to_qiskit(circuit)
    assert [item.operation.name for item in written.data] == (
        ["rx", "ry", "rz", "rxx", "ryy", "rzz", "rzx", "rzx", "PauliEvolution", "PauliEvolution"]
    )
    assert written.find_bit(written.data[7].qubits[0]).index == 1
    oracle.same_unitary(circuit, written, [0.7])
    text = str(written.draw("text", fold=-1))
    assert "Rxx(t)" in text
    assert "exp(-it ZYX)(0.5*t)" in text


SOME_UNITARY = np.linalg.qr(np.random.default_rng(1).normal(size=(2, 2, 2)) @ [1, 1j])[0]


@pytest.mark.parametrize(
    ("matrix", "name"),
    [
        (controlled(NAMED["x"], 3), "mcx"),
        (controlled(NAMED["s"], 2), "annotated"),
        (controlled(SOME_UNITARY), "annotated"),
        (SOME_UNITARY, "unitary"),
        (np.kron(SOME_UNITARY, NAMED["h"]), "unitary"),
        (np.kron(np.eye(2), NAMED["h"]), "unitary"),
        (controlled(NAMED["iswap"]), "unitary"),
    ],
)
def test_matrices(matrix: np.ndarray, name: str) -> None:
    n = len(matrix).bit_length() - 1
    circuit = Circuit(n, [unitary(matrix, tuple(range(n)))])
    written = to_qiskit(circuit)
    assert written.data[0].operation.name == name
    oracle.same_unitary(circuit, written, [])
    oracle.same_unitary(circuit, transpile(written, basis_gates=BASIS, optimization_level=0), [])
    assert from_qiskit(written) == circuit


@settings(max_examples=8)
@given(strategies.cases(max_qubits=4, max_ops=8))
def test_everything_can_be_transpiled(case: tuple[Circuit, np.ndarray]) -> None:
    circuit, theta = case
    written = transpile(to_qiskit(circuit), basis_gates=BASIS, optimization_level=1)
    assert set(written.count_ops()) <= set(BASIS)
    oracle.same_unitary(circuit, written, theta)


def test_names_of_parameters_are_kept() -> None:
    names = ["b", "x[1]", "a", "x[0]", "y[1]", "θ", "two words"]
    circuit = Circuit(1, [rotation("X0", parameter(name)) for name in names], names)
    written = to_qiskit(circuit)
    assert {p.name for p in written.parameters} == set(names)
    vectors = {p.vector.name: len(p.vector) for p in written.parameters if hasattr(p, "vector")}
    assert vectors == {"x": 2}
    assert from_qiskit(written, circuit.parameters) == circuit
    assert from_qiskit(written, "appearance") == circuit


def test_qiskit_lists_only_parameters_that_are_used() -> None:
    circuit = Circuit(1, [rotation("X0", parameter("a"))], ["b", "a"])
    written = to_qiskit(circuit)
    assert [p.name for p in written.parameters] == ["a"]
    assert from_qiskit(written, circuit.parameters) == circuit


def test_angles_that_qiskit_cannot_write() -> None:
    t = parameter("t")
    circuit = Circuit(1, [rotation("X0", apply("mod", t, 2.0))], ["t"])
    with pytest.raises(CircuitError, match=r"mod\(t, 2.0\) holds mod.*angles_circuit"):
        circuit.to_qiskit()
    written, _ = angles_circuit(circuit)
    bound = written.assign_parameters(circuit.angles([2.5]))
    np.testing.assert_allclose(Operator(bound).data[0, 0], np.cos(0.25), atol=1e-12)


# Angles

X, Y = Parameter("x[3] + sin"), Parameter("y")
V = ParameterVector("v", 3)
EXPRESSIONS: list[ParameterExpression] = [
    X,
    V[1],
    X + Y,
    2 * X - Y * 3,
    (X + 1) * V[0],
    -X,
    -((X + Y) ** 2),
    (-X) ** 2,
    X - (Y - V[0]),
    X / Y / V[0],
    X / (Y / V[0]),
    (X + 3) ** Y**2,
    ((X + 3) ** Y) ** 2,
    2**X,
    2 ** (X / 3) - 3.0,
    1 / X,
    X.sin() * Y.cos() - X.tan(),
    (X / 4).arcsin() + (X / 4).arccos(),
    X.arctan().exp(),
    (X**2 + 1).log(),
    (X**2 + 1) ** 0.5,
    abs(X - Y),
    X.conjugate() * Y,
    (X - 20).log(),
    (30 - X).arccos(),
    3.141592653589793 * X + 1e-9 * Y - 1e3,
    (X + Y).bind({X: 0.25}) * 3,
    0 * X,
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_expressions(expression: ParameterExpression) -> None:
    angle = angle_of(expression)
    draw = random.Random(7)
    shift = {"log(-20": 20.0, "acos(30": 29.0}.get(str(expression)[:7], 0.0)
    values = {p: draw.uniform(0.5, 1.5) + shift for p in (X, Y, *V)}
    used = {p: v for p, v in values.items() if p in expression.parameters}
    named = {p.name: v for p, v in values.items()}
    expected = expression.bind(used).numeric()
    assert angle.value(named) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    back = expression_of(angle, {p.name: p for p in values})
    if isinstance(back, ParameterExpression):
        back = back.bind({p: values[p] for p in back.parameters}).numeric()
    assert back == pytest.approx(expected, rel=1e-12, abs=1e-12)
    # By differences, because the gradients of powers are wrong in some versions of Qiskit.
    for p in used:
        stepped = [
            expression.bind({**used, p: used[p] + dense.STEP * k}).numeric() for k in dense.PLACES
        ]
        slope = np.dot(dense.WEIGHTS, stepped) / dense.STEP
        assert angle.derivative(p.name).value(named) == pytest.approx(slope, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("size", [30, 700])
def test_long_sums(size: int) -> None:
    vector = ParameterVector("w", size)
    total: ParameterExpression | float = 0.5
    for k, p in enumerate(vector):
        total = total + (k + 1) * p if k % 3 else total - p
    angle = angle_of(total)
    form = angle.affine()
    assert form is not None
    assert form[1] == 0.5
    assert form[0] == {p.name: k + 1.0 if k % 3 else -1.0 for k, p in enumerate(vector)}
    back = expression_of(angle, {p.name: p for p in vector})
    assert back.bind(dict.fromkeys(vector, 1.0)).numeric() == pytest.approx(
        0.5 + sum(form[0].values())
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((1 + 2j) * X, "is complex; angles are real"),
        ((-1 - X**2).log(), "no finite real value"),
        ((X**2 + 2).arcsin(), "no finite real value at 1000 random points"),
        (X.sign(), "the function sign has no counterpart"),
        (float("inf"), "a finite real number, not inf"),
        (1 + 1j, "a finite real number"),
        ("x", "a finite real number, not x"),
    ],
)
def test_angles_that_are_refused(value: object, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        angle_of(value)


def test_a_nested_expression_is_refused_in_one_short_line() -> None:
    total = X
    for _ in range(300):
        total = (total + 1).sin()
    with pytest.raises(CircuitError, match="is nested too deeply") as caught:
        angle_of(total)
    assert len(str(caught.value)) < 200


def test_a_misread_expression_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    swapped: dict[str, Callable] = {**angles._FUNCTIONS, "sin": lambda u: apply("cos", u)}
    monkeypatch.setattr(angles, "_FUNCTIONS", swapped)
    with pytest.raises(CircuitError, match=r"was read as .*cos.*which differs at"):
        angle_of(X.sin() + Y)


# Observables


@settings(max_examples=50)
@given(strategies.observables(4), st.integers(4, 5))
def test_observables_there_and_back(observable: PauliSum, n: int) -> None:
    written = observable.to_qiskit(n)
    assert written.num_qubits == n
    np.testing.assert_allclose(written.to_matrix(), dense.pauli_sum(observable, n), atol=1e-12)
    assert PauliSum.from_qiskit(written) == observable


def test_the_operators_of_qiskit() -> None:
    operator = SparsePauliOp(["XIZ", "IYY", "III", "XIZ"], [0.5, 2j, -1, 0.25])
    expected = PauliSum({"Z0 X2": 0.75, "Y0 Y1": 2j, "I": -1})
    assert PauliSum.from_qiskit(operator) == expected
    assert PauliSum.from_qiskit(QiskitPauli("-iXY")) == PauliSum({"Y0 X1": -1j})
    projector = SparseObservable("1+")
    found = PauliSum.from_qiskit(projector)
    plus, one = np.full((2, 2), 0.5), np.diag([0, 1])
    np.testing.assert_allclose(dense.pauli_sum(found, 2), np.kron(one, plus), atol=1e-12)


def test_an_observable_has_as_few_qubits_as_it_needs() -> None:
    assert PauliSum({"Z2": 1.0}).to_qiskit().num_qubits == 3
    assert PauliSum({"I": 2.0}).to_qiskit() == SparsePauliOp("I", 2.0)
    assert not PauliSum({}).to_qiskit(2).to_matrix().any()
    with pytest.raises(InputError, match="acts on 3 qubits, not on 2"):
        PauliSum({"Z2": 1.0}).to_qiskit(2)


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        (SparsePauliOp("X", np.array([X])), "holds a parameter"),
        (QuantumCircuit(1), "SparseObservable is expected, not QuantumCircuit"),
        ("XX", "is expected, not str"),
    ],
)
def test_other_observables_are_refused(operator: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PauliSum.from_qiskit(operator)
