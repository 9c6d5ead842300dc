"""Transpiled circuits of Qiskit: whose qubits observables are about, and idle ones.

The truth is Qiskit's: the state before transpiling, and its Estimator with `apply_layout` after it.
"""

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit, QuantumRegister, transpile
from qiskit.circuit import Parameter
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import StatevectorEstimator
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit.transpiler import CouplingMap, Layout, PassManager, TranspileLayout
from qiskit.transpiler.passes import ApplyLayout, ElidePermutations, SetLayout

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import CircuitError, InputError

LEVELS = range(4)
TARGETS = ("line", "ring", "given", "gates")


def drawn(seed: int) -> tuple[QuantumCircuit, SparsePauliOp, np.ndarray]:
    """A circuit with swaps, an operator and a point."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 5))
    qc = QuantumCircuit(n)
    for name in "dbca":
        p = Parameter(name)
        qc.ry(p, int(rng.integers(n)))
        a, b = (int(q) for q in rng.choice(n, 2, replace=False))
        qc.swap(a, b)
        a, b = (int(q) for q in rng.choice(n, 2, replace=False))
        qc.cx(a, b)
        qc.rzz(p, a, b)
        qc.rx(2 * p, int(rng.integers(n)))
    if n > 2:
        qc.ccx(0, 1, 2)
    words = ["".join(rng.choice(list("IXYZ"), n)) for _ in range(5)]
    return qc, SparsePauliOp(words, rng.normal(size=5)), rng.uniform(-2, 2, 4)


def target(kind: str, n: int, seed: int) -> dict[str, Any]:
    """Arguments of `transpile`."""
    rng = np.random.default_rng(seed)
    gates = ["rz", "sx", "x", "cx"]
    if kind == "gates":
        return {"basis_gates": gates}
    if kind == "ring":
        ring = CouplingMap.from_ring(n + 3)
        return {"backend": GenericBackendV2(n + 3, coupling_map=ring, seed=1)}
    line: dict[str, Any] = {"coupling_map": CouplingMap.from_line(n + 2), "basis_gates": gates}
    if kind == "given":
        line["initial_layout"] = rng.choice(n + 2, n, replace=False).tolist()
    return line


def energy(circuit: Circuit, operator: SparsePauliOp, theta: np.ndarray) -> float:
    return float(qng.energy(qng.Problem(circuit, PauliSum.from_qiskit(operator)), theta).value)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("seed", range(3))
def test_observables_are_about_virtual_qubits(level: int, kind: str, seed: int) -> None:
    qc, operator, theta = drawn(seed)
    truth = Statevector(qc.assign_parameters(theta)).expectation_value(operator).real
    options = {"optimization_level": level, "seed_transpiler": seed}
    once = transpile(qc, **target(kind, qc.num_qubits, seed), **options)
    moved = operator if once.layout is None else operator.apply_layout(once.layout)
    theirs = StatevectorEstimator().run([(once, moved, theta)]).result()[0].data.evs
    assert theirs == pytest.approx(truth, abs=1e-9)
    assert energy(Circuit.from_qiskit(once), operator, theta) == pytest.approx(truth, abs=1e-9)
    physical = Circuit.from_qiskit(once, qubits="physical")
    assert physical.n_qubits == once.num_qubits
    assert energy(physical, moved, theta) == pytest.approx(truth, abs=1e-9)
    # A second transpilation knows the qubits of the first one only.
    wider = CouplingMap.from_line(once.num_qubits + 1)
    twice = transpile(once, coupling_map=wider, basis_gates=["rz", "sx", "x", "cz"], **options)
    assert energy(Circuit.from_qiskit(twice), moved, theta) == pytest.approx(truth, abs=1e-9)
    inner = range(qc.num_qubits) if once.layout is None else once.layout.final_index_layout()
    outer = twice.layout.final_index_layout()
    chained = Circuit.from_qiskit(twice, qubits=[outer[k] for k in inner])
    assert energy(chained, operator, theta) == pytest.approx(truth, abs=1e-9)


def test_the_example_of_the_issue() -> None:
    qc = QuantumCircuit(2)
    qc.ry(Parameter("a"), 0)
    line = CouplingMap.from_line(2)
    moved = transpile(qc, coupling_map=line, initial_layout=[1, 0], optimization_level=0)
    problem = qng.Problem(moved, {"Z0": 1.0})
    assert qng.energy(problem, [1.0]).value == pytest.approx(np.cos(1.0), abs=1e-12)
    there = qng.Problem(Circuit.from_qiskit(moved, qubits="physical"), {"Z1": 1.0})
    assert qng.energy(there, [1.0]).value == pytest.approx(np.cos(1.0), abs=1e-12)


def test_four_qubits_on_127_are_four() -> None:
    qc = real_amplitudes(4, reps=1)
    theta = np.linspace(-1.0, 2.0, 8)
    operator = SparsePauliOp(["ZZII", "IXXI", "YIIY", "IIIZ"], [1.0, 0.5, -0.3, 0.2])
    truth = Statevector(qc.assign_parameters(theta)).expectation_value(operator).real
    line = CouplingMap.from_line(127)
    near = transpile(qc, coupling_map=line, basis_gates=["rz", "sx", "x", "cx"],
                     initial_layout=[60, 61, 62, 63], optimization_level=1)  # fmt: skip
    assert Circuit.from_qiskit(near).n_qubits == 4
    problem = qng.Problem(near, operator, theta)
    plain = qng.Problem(qc, operator, theta)
    assert qng.energy(problem).value == pytest.approx(truth, abs=1e-9)
    counted = qng.energy(problem, shots=40_000, seed=3)
    assert abs(counted.value - truth) < 4.5 * counted.std_error
    exact = qng.metric(plain).dense()
    np.testing.assert_allclose(qng.metric(problem).dense(), exact, atol=1e-9)
    for shots, steps in ((None, 3), (4000, 2)):
        assert qng.minimize(problem, "qng", steps=steps, shots=shots).nit == steps
    # The same by physical numbers, of which most are idle.
    physical = Circuit.from_qiskit(near, qubits="physical")
    wide = qng.Problem(physical, operator.apply_layout(near.layout), theta)
    assert wide.circuit.n_qubits == 127
    assert wide.reference_energy().energy == pytest.approx(plain.reference_energy().energy)
    assert qng.energy(wide).value == pytest.approx(truth, abs=1e-9)
    np.testing.assert_allclose(qng.metric(wide).dense(), exact, atol=1e-9)
    for shots, steps in ((None, 3), (4000, 2)):
        assert qng.minimize(wide, "qng", steps=steps, shots=shots).nit == steps


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("gate", ["cx", "cz", "ecr", "swap"])
@pytest.mark.parametrize("seed", range(3))
def test_qubits_across_which_others_are_carried_stay_idle(level: int, gate: str, seed: int) -> None:
    qc, operator, theta = drawn(seed)
    far = np.random.default_rng(seed).choice(12, qc.num_qubits, replace=False).tolist()
    gates = ["u", "swap", "cx"] if gate == "swap" else ["rz", "sx", "x", gate]
    options = {"optimization_level": level, "seed_transpiler": seed, "initial_layout": far}
    line = CouplingMap.from_line(12)
    sent = transpile(qc, coupling_map=line, basis_gates=gates, **options)
    circuit = Circuit.from_qiskit(sent)
    assert circuit.n_qubits == qc.num_qubits
    truth = Statevector(qc.assign_parameters(theta)).expectation_value(operator).real
    assert energy(circuit, operator, theta) == pytest.approx(truth, abs=1e-9)
    expected = qng.metric(qc, theta).dense()
    np.testing.assert_allclose(qng.metric(circuit, theta).dense(), expected, atol=1e-9)


def test_a_qubit_that_takes_part_comes_after_the_others() -> None:
    qc = QuantumCircuit(3)
    qc.ry(Parameter("a"), 0)
    qc.cx(0, 2)
    qc.cx(2, 1)
    # Qubit 2 is entangled with the others at the end, and nobody's observable names it.
    circuit = Circuit.from_qiskit(qc, qubits=[1, 0])
    assert circuit.n_qubits == 3
    value = qng.energy(qng.Problem(circuit, {"Z0 Z1": 1.0, "Z0": 0.5}), [0.7]).value
    assert value == pytest.approx(1 + 0.5 * np.cos(0.7), abs=1e-12)


def test_a_helper_that_returns_to_zero_is_dropped() -> None:
    qc = QuantumCircuit(3)
    qc.ry(Parameter("a"), 0)
    qc.h(2)
    qc.cz(0, 2)
    qc.s(0)
    qc.cz(0, 2)
    qc.h(2)
    qc.rx(Parameter("b"), 0)
    circuit = Circuit.from_qiskit(qc, qubits=[0, 1])
    assert circuit.n_qubits == 2
    theta = [0.7, 0.4]
    truth = Statevector(qc.assign_parameters(theta)).expectation_value(SparsePauliOp("IIZ")).real
    assert qng.energy(qng.Problem(circuit, {"Z0": 1.0}), theta).value == pytest.approx(truth)


def test_an_idle_virtual_qubit_keeps_its_number() -> None:
    qc = QuantumCircuit(4)
    qc.ry(Parameter("a"), 3)
    for level in LEVELS:
        line = CouplingMap.from_line(6)
        sent = transpile(qc, coupling_map=line, optimization_level=level, seed_transpiler=4)
        circuit = Circuit.from_qiskit(sent)
        assert circuit.n_qubits == 4
        for words, expected in (
            ({"Z0 Z3": 1.0}, np.cos(0.7)),
            ({"X1 Z3": 1.0, "Z2": 2.0}, 2.0),
        ):
            assert qng.energy(qng.Problem(circuit, words), [0.7]).value == pytest.approx(expected)
            counted = qng.energy(qng.Problem(circuit, words), [0.7], shots=4000)
            assert abs(counted.value - expected) <= 4.5 * counted.std_error


def test_layouts_of_users() -> None:
    first, second = QuantumRegister(1, "first"), QuantumRegister(2, "second")
    qc = QuantumCircuit(first, second)
    qc.ry(Parameter("a"), first[0])
    qc.ry(Parameter("b"), second[1])
    theta = [0.4, 1.3]
    words = {"Z0": 1.0, "Z2": 0.5}
    expected = np.cos(0.4) + 0.5 * np.cos(1.3)
    line = CouplingMap.from_line(5)
    for layout in (
        Layout({first[0]: 4, second[0]: 0, second[1]: 1}),
        {second[1]: 3, first[0]: 1, second[0]: 0},
        [2, 4, 0],
    ):
        sent = transpile(qc, coupling_map=line, initial_layout=layout)
        assert qng.energy(qng.Problem(sent, words), theta).value == pytest.approx(expected)


def test_elided_swaps_of_a_single_pass() -> None:
    qc = QuantumCircuit(3)
    qc.ry(Parameter("a"), 0)
    qc.swap(0, 2)
    qc.swap(2, 1)
    sent = PassManager([ElidePermutations()]).run(qc)
    assert sent.num_qubits == 3
    assert sum(sent.count_ops().values()) == 1
    assert qng.energy(qng.Problem(sent, {"Z1": 1.0}), [0.7]).value == pytest.approx(np.cos(0.7))


def test_a_layout_without_routing() -> None:
    qc = QuantumCircuit(2)
    qc.ry(Parameter("a"), 0)
    places = Layout.from_intlist([1, 0], *qc.qregs)
    sent = PassManager([SetLayout(places), ApplyLayout()]).run(qc)
    assert qng.energy(qng.Problem(sent, {"Z0": 1.0}), [0.7]).value == pytest.approx(np.cos(0.7))


def test_final_measurements_of_a_transpiled_circuit() -> None:
    qc = real_amplitudes(3, reps=1)
    measured = qc.copy()
    measured.measure_all()
    line = CouplingMap.from_line(5)
    sent = transpile(measured, coupling_map=line, optimization_level=3, seed_transpiler=2)
    theta = np.linspace(0.1, 1.0, 6)
    operator = SparsePauliOp(["XYZ", "ZII"], [0.5, 1.0])
    truth = Statevector(qc.assign_parameters(theta)).expectation_value(operator).real
    assert qng.energy(qng.Problem(sent, operator), theta).value == pytest.approx(truth, abs=1e-9)


def test_a_circuit_without_a_layout_keeps_its_qubits() -> None:
    wide = QuantumCircuit(24)
    names = [Parameter(name) for name in "abcd"]
    for p, q in zip(names, (3, 7, 11, 20)):
        wide.ry(p, q)
    wide.cx(3, 7)
    wide.cx(11, 20)
    small = QuantumCircuit(4)
    for q, p in enumerate(names):
        small.ry(p, q)
    small.cx(0, 1)
    small.cx(2, 3)
    theta = [0.3, -0.8, 1.2, 2.0]
    circuit = Circuit.from_qiskit(wide)
    assert circuit.n_qubits == 24
    far = qng.Problem(circuit, {"Z3 Z7": 1.0, "X11 Y20": 0.7, "Z11 Z0": 0.5, "Z23": 0.25}, theta)
    near = qng.Problem(small, {"Z0 Z1": 1.0, "X2 Y3": 0.7, "Z2": 0.5, "I": 0.25}, theta)
    assert qng.energy(far).value == pytest.approx(qng.energy(near).value, abs=1e-12)
    np.testing.assert_allclose(qng.metric(far).dense(), qng.metric(near).dense(), atol=1e-12)


@pytest.mark.parametrize(
    ("qubits", "message"),
    [
        ("logical", "'virtual', 'physical' or a number for every qubit, not 'logical'"),
        ([0, 0], "distinct numbers from 0 to 2"),
        ([0, 3], "distinct numbers from 0 to 2"),
        ([], "distinct numbers from 0 to 2"),
        (5, "distinct numbers from 0 to 2"),
        ([0.5, 1], "distinct numbers from 0 to 2"),
        ([True, 2], "distinct numbers from 0 to 2"),
    ],
)
def test_other_qubits_are_refused(qubits: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Circuit.from_qiskit(QuantumCircuit(3), qubits=qubits)


def test_an_operator_on_physical_qubits_is_refused_by_its_width() -> None:
    sent = transpile(real_amplitudes(2, reps=1), coupling_map=CouplingMap.from_line(4))
    operator = SparsePauliOp("ZX").apply_layout(sent.layout)
    with pytest.raises(InputError, match=r"has 4 qubits, as after apply_layout.*had 2 before"):
        qng.Problem(sent, operator)


def test_a_layout_that_is_not_of_the_circuit_is_refused() -> None:
    sent = transpile(real_amplitudes(3, reps=1), coupling_map=CouplingMap.from_line(5))
    strange = QuantumCircuit(2)
    strange._layout = sent.layout
    with pytest.raises(CircuitError, match="not distinct qubits of its 2; give qubits='physical'"):
        Circuit.from_qiskit(strange)
    q = QuantumRegister(2, "q")
    strange._layout = TranspileLayout(Layout({q[0]: 0}), {q[0]: 0, q[1]: 1}, None, 2, list(q))
    with pytest.raises(CircuitError, match="cannot be read"):
        Circuit.from_qiskit(strange)
