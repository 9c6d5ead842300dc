"""Whole circuits of Qiskit: its ansatz library, preparations, order of parameters, refusals."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import qiskit.circuit.library as lib
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import (
    AnnotatedOperation,
    Clbit,
    Gate,
    InverseModifier,
    Parameter,
    ParameterVector,
    Qubit,
    Reset,
)
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import (
    Kraus,
    SparsePauliOp,
    Statevector,
    SuperOp,
    random_clifford,
    random_statevector,
)

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.errors import CircuitError, InputError
from qng.execute.statevector import states as statevector
from tests.circuit.convert import qiskit_oracle as oracle

ISING = SparsePauliOp.from_sparse_list(
    [("ZZ", [0, 1], 0.7), ("ZZ", [1, 2], -0.4), ("Z", [0], 0.3), ("", [], 0.2)], 3
)
MIXED = SparsePauliOp.from_sparse_list(
    [("ZZ", [0, 1], 0.7), ("XX", [1, 2], -0.4), ("Y", [0], 0.3)], 3
)


def classes() -> dict[str, QuantumCircuit]:
    """The same as classes, which Qiskit gives up in favour of functions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return {
            "EfficientSU2": lib.EfficientSU2(2, reps=1),
            "RealAmplitudes": lib.RealAmplitudes(3, reps=1),
            "TwoLocal": lib.TwoLocal(3, "ry", "crx", reps=1),
            "NLocal": lib.NLocal(3, [lib.RYGate(Parameter("a"))], lib.CXGate(), reps=1),
            "PauliTwoDesign": lib.PauliTwoDesign(3, reps=1, seed=1),
            "ExcitationPreserving": lib.ExcitationPreserving(3, reps=1),
            "QAOAAnsatz": lib.QAOAAnsatz(ISING, reps=2),
            "EvolvedOperatorAnsatz": lib.EvolvedOperatorAnsatz([ISING, MIXED]),
            "ZZFeatureMap": lib.ZZFeatureMap(2, reps=1),
            "QFT": lib.QFT(3),
            "GR": lib.GR(3, 0.2, 0.3),
        }


LIBRARY = {
    "efficient_su2": lib.efficient_su2(3, reps=1),
    "real_amplitudes": lib.real_amplitudes(3, reps=2),
    "pauli_two_design": lib.pauli_two_design(3, reps=2, seed=1),
    "excitation_preserving": lib.excitation_preserving(3, reps=1, mode="fsim"),
    "n_local": lib.n_local(2, ["ry", "rz"], "crx", reps=1),
    "n_local of u and cu": lib.n_local(2, "u", "cu", reps=1),
    "qaoa_ansatz": lib.qaoa_ansatz(ISING, reps=2),
    "qaoa_ansatz with a mixer": lib.qaoa_ansatz(ISING, reps=1, mixer_operator=MIXED),
    "evolved_operator_ansatz": lib.evolved_operator_ansatz([ISING, MIXED], reps=2),
    "hamiltonian_variational_ansatz": lib.hamiltonian_variational_ansatz(MIXED, reps=2),
    "z_feature_map": lib.z_feature_map(2, reps=2),
    "zz_feature_map": lib.zz_feature_map(3, reps=1),
    "pauli_feature_map": lib.pauli_feature_map(2, paulis=["X", "YZ"], reps=1),
    "unitary_overlap": lib.unitary_overlap(
        lib.real_amplitudes(2, reps=1), lib.efficient_su2(2, reps=0)
    ),
    "quantum_volume": lib.quantum_volume(3, 2, seed=1),
    "iqp": lib.iqp([[6, 5, 3], [5, 4, 5], [3, 5, 1]]),
    **classes(),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_the_ansatz_library(name: str) -> None:
    qc = LIBRARY[name]
    circuit = Circuit.from_qiskit(qc)
    assert sorted(circuit.parameters) == sorted(p.name for p in qc.parameters)
    theta = np.random.default_rng(1).uniform(-2, 2, circuit.n_parameters)
    oracle.same_unitary(circuit, qc, theta)
    if circuit.n_parameters:
        # The first half layer of RZ acts on |0>: entries that are 0 to rounding.
        rotated = QuantumCircuit(qc.num_qubits)
        for q in range(qc.num_qubits):
            rotated.u(0.4 + q, 0.3, 0.2, q)
        rotated.compose(qc, inplace=True)
        oracle.same_derivatives(Circuit.from_qiskit(rotated, circuit.parameters), rotated, theta)


def test_a_commuting_composite_is_rotations_alone() -> None:
    step = QuantumCircuit(3, name="zzz")
    step.cx(0, 1)
    step.cx(1, 2)
    step.rz(2 * Parameter("t"), 2)
    step.cx(1, 2)
    step.cx(0, 1)
    qc = QuantumCircuit(3)
    qc.append(step.to_gate(), [2, 0, 1])
    circuit = Circuit.from_qiskit(qc)
    assert [(str(op.pauli), str(op.angle)) for op in circuit.rotations] == [("Z0 Z1 Z2", "2.0 * t")]
    assert len(circuit.ops) == 1


def test_a_layer_keeps_its_gates() -> None:
    layer = QuantumCircuit(2, name="layer")
    layer.ry(Parameter("a"), 0)
    layer.cz(0, 1)
    layer.ry(Parameter("b"), [0, 1])
    layer.cz(0, 1)
    qc = QuantumCircuit(2)
    qc.append(layer.to_gate(), [1, 0])
    # As rotations alone, Y1, Z0 Y1 and Y0 Z1, it would cost as many gates again.
    ops = Circuit.from_qiskit(qc).ops
    names = [str(op.pauli) if isinstance(op, Rotation) else op.name for op in ops]
    assert names == ["Y1", "cz", "Y1", "Y0", "cz"]


# Parameters


def two_parameters() -> tuple[QuantumCircuit, Parameter, Parameter]:
    a, b = Parameter("a"), Parameter("b")
    qc = QuantumCircuit(2)
    qc.rx(b, 0)
    qc.ry(a, 1)
    return qc, a, b


def test_the_order_of_first_use_can_be_asked_for() -> None:
    c, d, e, f = (Parameter(name) for name in "cdef")
    x = ParameterVector("x", 11)
    qc, *_ = two_parameters()
    qc.u(d, c, 0.1, 0)
    qc.rz(x[10] + x[2] * f.sin() + e, 1)
    qc.p(e, 0)
    qc.global_phase = Parameter("0")
    used = Circuit.from_qiskit(qc, "appearance").parameters
    assert used == ("b", "a", "d", "c", "e", "f", "x[2]", "x[10]", "0")
    ours = Circuit.from_qiskit(qc).parameters
    assert ours == ("0", "a", "b", "c", "d", "e", "f", "x[2]", "x[10]")
    assert [p.name for p in qc.parameters] == list(ours)


def test_the_order_inside_definitions_is_that_of_first_use() -> None:
    qc = LIBRARY["QAOAAnsatz"]
    assert Circuit.from_qiskit(qc, "appearance").parameters == ("γ[0]", "β[0]", "γ[1]", "β[1]")


def numbers(n: int) -> np.ndarray:
    return np.random.default_rng(n).uniform(-2.0, 2.0, n)


@pytest.mark.parametrize("name", [*LIBRARY, "first b, then a"])
def test_an_array_means_what_it_means_to_qiskit(name: str) -> None:
    qc = LIBRARY[name] if name in LIBRARY else two_parameters()[0]
    theta = numbers(qc.num_parameters)
    h = SparsePauliOp(["X" * qc.num_qubits, "Y" + "Z" * (qc.num_qubits - 1)], [0.6, 0.8])
    # Product formulas written out: Qiskit's own matrices are those of exact evolutions.
    bound = qc.assign_parameters(theta)
    theirs = oracle.states(bound).expectation_value(h).real
    assert qng.energy(qng.Problem(qc, h, theta)).value == pytest.approx(theirs, abs=1e-9)
    assert qng.energy(qng.Problem(qc, h), theta).value == pytest.approx(theirs, abs=1e-9)


def test_the_order_can_be_given() -> None:
    qc, a, b = two_parameters()
    x = ParameterVector("x", 2)
    assert Circuit.from_qiskit(qc, [a, b]).parameters == ("a", "b")
    assert Circuit.from_qiskit(qc, qc.parameters).parameters == ("a", "b")
    assert Circuit.from_qiskit(qc, ["b", x, a]).parameters == ("b", "x[0]", "x[1]", "a")
    su2 = lib.efficient_su2(2, reps=1)
    vector = su2.parameters[0].vector
    assert Circuit.from_qiskit(su2, vector).parameters == tuple(p.name for p in vector)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (["a"], "leaves out b"),
        ("ab", "must be 'appearance' or a sequence; write"),
        (5, "must be a sequence"),
        (["a", 3], "a Parameter, a vector or a name is expected, not 3"),
        ([Parameter("a"), "b"], "another one than the circuit's"),
        (["a", "b", "a"], "declared twice"),
    ],
)
def test_other_orders_are_refused(parameters: object, message: str) -> None:
    qc, *_ = two_parameters()
    with pytest.raises(InputError, match=message):
        Circuit.from_qiskit(qc, parameters)


def test_a_parameter_that_does_nothing_is_still_declared() -> None:
    qc, a, _ = two_parameters()
    qc.rz(0 * Parameter("z"), 0)
    qc.global_phase = 2 * a + Parameter("c")
    circuit = Circuit.from_qiskit(qc, "appearance")
    assert circuit.parameters == ("b", "a", "z", "c")
    g = qng.metric(circuit, [0.3, 0.5, 0.7, 0.9]).dense()
    np.testing.assert_allclose(g, np.diag([0.25, 0.25, 0, 0]), atol=1e-12)


def test_qubits_are_those_of_the_circuit_in_order() -> None:
    p, q, loose = QuantumRegister(1, "p"), QuantumRegister(2, "q"), Qubit()
    qc = QuantumCircuit([loose], q, p)
    qc.rx(0.1, loose)
    qc.rx(0.2, q[1])
    qc.rx(0.3, p[0])
    assert [op.qubits for op in Circuit.from_qiskit(qc).ops] == [(0,), (2,), (3,)]


# Preparations and measurements


def prepared(qc: QuantumCircuit) -> np.ndarray:
    circuit = Circuit.from_qiskit(qc)
    return statevector.state(circuit, circuit.angles([0.3] * circuit.n_parameters))


@pytest.mark.parametrize("params", [random_statevector(8, seed=4), "r1+", 5, [0, 1j] + 6 * [0]])
def test_initialize_is_a_preparation_of_fresh_qubits(params: object) -> None:
    qc = QuantumCircuit(4)
    qc.rx(Parameter("t"), 2)
    qc.initialize(params, [3, 0, 1])
    qc.cx(2, 3)
    assert Circuit.from_qiskit(qc).n_rotations == 1
    expected = QuantumCircuit(4)
    expected.rx(0.3, 2)
    expected.prepare_state(params, [3, 0, 1])
    expected.cx(2, 3)
    overlap = np.vdot(prepared(qc), Statevector(expected).data)
    assert abs(overlap) == pytest.approx(1, abs=1e-12)


def test_a_reset_of_a_fresh_qubit_does_nothing() -> None:
    qc = QuantumCircuit(2)
    qc.reset([0, 1])
    qc.h(0)
    assert len(Circuit.from_qiskit(qc).ops) == 1


def test_final_measurements_barriers_delays_and_identities_are_left_out() -> None:
    qc = QuantumCircuit(3, 3)
    qc.h(0)
    qc.delay(100, 0)
    qc.measure(0, 0)
    qc.barrier()
    qc.rx(Parameter("t"), 1)
    qc.id(0)
    qc.measure(0, 1)
    inner = QuantumCircuit(2, 1, name="inner")
    inner.cx(0, 1)
    inner.measure(0, 0)
    qc.append(inner.to_instruction(), [1, 2], [2])
    qc.measure_all()
    ops = Circuit.from_qiskit(qc).ops
    assert [op.qubits for op in ops] == [(0,), (1,), (1, 2)]


def test_a_box_is_what_it_holds() -> None:
    qc = QuantumCircuit(3)
    with qc.box():
        qc.ry(Parameter("t"), 2)
        qc.cx(2, 1)
    assert [op.qubits for op in Circuit.from_qiskit(qc).ops] == [(2,), (2, 1)]


def test_a_clifford_is_its_circuit() -> None:
    qc = QuantumCircuit(3)
    qc.append(random_clifford(3, seed=1), [2, 0, 1])
    oracle.same_unitary(Circuit.from_qiskit(qc), qc, [])


@pytest.mark.parametrize("state", [None, 5])
def test_more_controls_than_a_matrix_can_have(state: int | None) -> None:
    qc = QuantumCircuit(10)
    qc.h(range(10))
    qc.append(lib.MCXGate(9, ctrl_state=state), range(10))
    qc.append(lib.MCPhaseGate(0.7, 9, ctrl_state=state), range(10))
    qc.sx(range(10))
    circuit = Circuit.from_qiskit(qc)
    overlap = np.vdot(statevector.state(circuit, []), Statevector(qc).data)
    assert abs(overlap) == pytest.approx(1, abs=1e-10)


def test_many_controls_on_a_parameter() -> None:
    t = Parameter("t")
    qc = QuantumCircuit(10)
    qc.h(range(10))
    qc.mcp(t, list(range(9)), 9)
    circuit = Circuit.from_qiskit(qc)
    overlap = np.vdot(prepared(qc), Statevector(qc.assign_parameters({t: 0.3})).data)
    assert abs(overlap) == pytest.approx(1, abs=1e-10)
    # |psi> = (all but one amplitude equal, and that one turned by t).
    p = 2.0**-10
    np.testing.assert_allclose(qng.metric(circuit, [0.3]).dense(), [[p * (1 - p)]], rtol=1e-9)


# Refusals


class Opaque(Gate):
    def __init__(self, *params: object) -> None:
        super().__init__("opaque", 1, list(params))


class Foreign(Gate):
    def __init__(self) -> None:
        super().__init__("foreign", 1, [])

    def _define(self) -> None:
        self.definition = QuantumCircuit(1)
        self.definition.rx(Parameter("hidden"), 0)


class Endless(Gate):
    def __init__(self) -> None:
        super().__init__("endless", 1, [])

    def _define(self) -> None:
        self.definition = QuantumCircuit(1)
        self.definition.append(Endless(), [0])


def conditioned(qc: QuantumCircuit) -> None:
    with qc.if_test((qc.clbits[0], 1)):
        qc.x(0)


def repeated(qc: QuantumCircuit) -> None:
    with qc.for_loop(range(3)):
        qc.x(0)


def channel(operator: Kraus | SuperOp) -> Callable[[QuantumCircuit], object]:
    return lambda qc: qc.append(operator.to_instruction(), [0])


T = Parameter("t")
DEPHASING = Kraus([np.sqrt(0.5) * np.eye(2), np.sqrt(0.5) * np.diag([1, -1])])
REFUSED: dict[str, tuple[Callable[[QuantumCircuit], object], str]] = {
    "measurement": (lambda qc: (qc.measure(0, 0), qc.h(0)), "'h' on qubit.* 0 follows a measure"),
    "reset": (lambda qc: qc.reset(0), "'reset' on qubit.* 0 follows other operations"),
    "initialize": (lambda qc: qc.initialize("01", [1, 0]), "'initialize': 'reset' on qubit.* 0"),
    "if": (conditioned, "'if_else' .* a circuit here is unitary"),
    "for": (repeated, "'for_loop'"),
    "while": (
        lambda qc: qc.while_loop((qc.clbits[0], 1), QuantumCircuit(1), [0], []),
        "'while_loop'",
    ),
    "store": (lambda qc: qc.store(qc.clbits[0], True), "'store' is not supported"),
    "kraus": (channel(DEPHASING), "'kraus' on qubit.* 0 is not supported"),
    "superop": (channel(SuperOp(DEPHASING)), "'(kraus|superop)' on qubit.* 0 is not supported"),
    "opaque": (lambda qc: qc.append(Opaque(T), [0]), "'opaque' on .* no definition .* give"),
    "opaque without parameters": (lambda qc: qc.append(Opaque(), [0]), "'opaque' on .* no def"),
    "rv": (lambda qc: qc.rv(T, 0.2, 0.3, 0), "'rv' has no definition .* while it holds"),
    "hamiltonian": (
        lambda qc: qc.append(lib.HamiltonianGate([[1, 0.3], [0.3, -1]], T), [1]),
        "'hamiltonian' .* words do not commute; use PauliEvolutionGate",
    ),
    "foreign": (lambda qc: qc.append(Foreign(), [0]), "'foreign': .* 'hidden', which is not one"),
    "endless": (lambda qc: qc.append(Endless(), [0]), "'endless': defined by itself"),
    "inverse reset": (
        lambda qc: qc.append(AnnotatedOperation(Reset(), InverseModifier()), [2]),
        "'reset' on .* no inverse",
    ),
    "power": (
        lambda qc: qc.append(lib.UGate(T, 0.1, 0.2).power(0.5, annotated=True), [0]),
        "'annotated': the power 0.5 is defined for",
    ),
    "controls": (
        lambda qc: qc.append(lib.RXGate(T).control(9, annotated=True), range(10)),
        "at most 8 controls are lowered, not 9",
    ),
    "complex": (lambda qc: qc.rz(1j * T, 0), "'rz': .* is complex"),
    "sign": (lambda qc: qc.rz(T.sign(), 0), "the function sign has no counterpart"),
    "nan": (lambda qc: qc.rx(float("nan"), 0), "'rx': an angle must be a finite"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_lowered_is_refused_by_name(name: str) -> None:
    qc = QuantumCircuit([Qubit() for _ in range(10)], [Clbit()])
    qc.rx(0.2, 0)
    append, message = REFUSED[name]
    append(qc)
    with pytest.raises(CircuitError, match=f"(?s)^instruction [12], .*{message}"):
        Circuit.from_qiskit(qc)


@pytest.mark.parametrize("given", [3, None, "qc", lib.XGate()])
def test_only_circuits_are_read(given: object) -> None:
    with pytest.raises(InputError, match="a QuantumCircuit is expected, not"):
        Circuit.from_qiskit(given)


def test_a_circuit_without_qubits_is_refused() -> None:
    with pytest.raises(CircuitError, match="number of qubits"):
        Circuit.from_qiskit(QuantumCircuit(ClassicalRegister(2)))


def test_a_blueprint_that_is_not_complete_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        qc = lib.QAOAAnsatz()
    with pytest.raises(CircuitError, match="cannot be built by Qiskit"):
        Circuit.from_qiskit(qc)


# Random circuits

FORMS: list[Callable[[Parameter, Parameter, float], object]] = [
    lambda a, b, c: c,
    lambda a, b, c: a,
    lambda a, b, c: c * a - b / 3,
    lambda a, b, c: a * b + c,
    lambda a, b, c: (a + c) ** 2 / 7,
    lambda a, b, c: (a - c * b).sin(),
    lambda a, b, c: -((c * a).cos() / (2 + b.cos())),
    lambda a, b, c: (a.sin() * 0.5).arccos() - b.exp().arctan(),
]


@st.composite
def library_circuits(draw: st.DrawFn) -> QuantumCircuit:
    """Qiskit's random circuits with expressions of three parameters for numbers."""
    n = draw(st.integers(2, 4))
    seed = draw(st.integers(0, 10**6))
    fixed = random_circuit(n, draw(st.integers(2, 6)), max_operands=min(n, 4), seed=seed)
    names = [Parameter("c"), *ParameterVector("x", 2)]
    qc = QuantumCircuit(n)
    for item in fixed.data:
        op = item.operation.to_mutable()
        op.params = [
            draw(st.sampled_from(FORMS))(*draw(st.permutations(names))[:2], u) for u in op.params
        ]
        qc.append(op, item.qubits)
    return qc


@settings(max_examples=60)
@given(library_circuits(), st.integers(0, 10**6))
def test_random_circuits(qc: QuantumCircuit, seed: int) -> None:
    circuit = Circuit.from_qiskit(qc)
    theta = np.random.default_rng(seed).uniform(-2, 2, circuit.n_parameters)
    oracle.same_unitary(circuit, qc, theta)
    if circuit.n_parameters:
        oracle.same_derivatives(circuit, qc, theta)
    back = circuit.to_qiskit()
    oracle.same_unitary(circuit, back, theta)
    again = Circuit.from_qiskit(back, circuit.parameters)
    oracle.same_unitary(again, qc, theta)
    ours = [op.pauli for op in circuit.rotations]
    assert [op.pauli for op in again.rotations] == ours
