"""OpenQASM 2: programs as they are published, against Qiskit's own reader."""

import numpy as np
import pytest
import qiskit.qasm2
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.convert.qasm import from_qasm
from qng.errors import QasmError
from qng.execute.statevector import states
from tests.circuit.convert import qasm2_programs

PROGRAMS = qasm2_programs.made()
HEAD = qasm2_programs.HEAD


def by_qiskit(text: str) -> QuantumCircuit:
    qc = qiskit.qasm2.loads(
        text.removeprefix("\ufeff").replace("OPENQASM 2;", "OPENQASM 2.0;"),
        custom_instructions=qiskit.qasm2.LEGACY_CUSTOM_INSTRUCTIONS,
        custom_classical=qiskit.qasm2.LEGACY_CUSTOM_CLASSICAL,
    )
    bare = qc.copy_empty_like()
    for item in qc.data:
        if item.operation.name not in ("measure", "reset", "barrier"):
            bare.append(item)
    return bare


def test_there_are_enough() -> None:
    assert len(PROGRAMS) >= 80


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_state_is_qiskits(name: str) -> None:
    circuit = from_qasm(PROGRAMS[name])
    assert circuit.parameters == ()
    theirs = Statevector(by_qiskit(PROGRAMS[name])).data
    ours = states.state(circuit, np.zeros(0))
    assert abs(np.vdot(ours, theirs)) == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if len(PROGRAMS[name]) < 1500])
def test_small_ones_are_the_same_unitary(name: str) -> None:
    bare = by_qiskit(PROGRAMS[name])
    if bare.num_qubits > 6:
        return
    theirs = Operator(bare).data
    ours = states.unitary(from_qasm(PROGRAMS[name]), np.zeros(0))
    assert abs(np.vdot(ours, theirs)) == pytest.approx(len(theirs), abs=1e-9)


@settings(max_examples=60)
@given(st.data())
def test_random_expressions(data: st.DataObject) -> None:
    number = st.sampled_from(["1", "2", "0.5", "pi", "3", ".25"])
    text = data.draw(
        st.recursive(
            number,
            lambda inner: st.one_of(
                st.tuples(inner, st.sampled_from("+-*/"), inner).map("".join),
                st.tuples(inner, st.sampled_from(["^2", "^0.5"])).map("".join),
                inner.map("({})".format),
                inner.map("-{}".format),
                st.tuples(st.sampled_from(["sin", "cos", "exp"]), inner).map(
                    lambda pair: f"{pair[0]}({pair[1]})"
                ),
            ),
            max_leaves=6,
        )
    )
    program = f"{HEAD}qreg q[1]; rx({text}) q[0];"
    try:
        theirs = by_qiskit(program).data[0].operation.params[0]
    except qiskit.qasm2.QASM2ParseError:
        return
    if not np.isfinite(theirs) or abs(theirs) > 1e6:
        return
    ours = from_qasm(program).ops[0].angle.value({})
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


REFUSED = [
    ("qreg q[1]; creg c[1];\nh q[0]; measure q -> c;\nif(c==1) x q[0];", 3, 1, "if is not supp"),
    ("qreg q[1]; creg c[1];\nmeasure q -> c;\n  x q[0];", 3, 3, "follows a measurement"),
    ("qreg q[1];\nh q[0];\nreset q;", 3, 1, "first operation"),
    ("opaque magic(t) a;\nqreg q[1];\nmagic(0.5) q[0];", 3, 1, "is opaque"),
    ("qreg q[2];\ncz q[0];", 2, 1, "acts on 2 qubit(s), 1 were given"),
    ("qreg q[2];\nrx q[0];", 2, 1, "takes 1 argument"),
    ("qreg q[2];\ncx q[0],q[2];", 2, 11, "out of range"),
    ("qreg q[2];\ncx q[0],q[0];", 2, 9, "same qubit twice"),
    ("qreg q[2];\nqreg q[3];", 2, 6, "declared already"),
    ("qreg q[2];\nhh q[0];", 2, 1, "unknown gate 'hh'"),
    ("qreg q[2];\nrx(theta) q[0];", 2, 4, "'theta' is not declared"),
    ("qreg q[2];\nrx(foo(1)) q[0];", 2, 4, "unknown function 'foo'"),
    ("qreg q[2];\nrx(1/0) q[0];", 2, 4, "no finite value"),
    ("qreg q[2];\nh q[0]", 3, 1, "the end of the text is not expected"),
    ("qreg q[2]\nh q[0];", 2, 1, "'h' is not expected here; ';' is"),
    ("qreg q[a];", 1, 8, "'a' is not expected here; a whole number is"),
    ("qreg q[0];", 1, 8, "at least one qubit"),
    ("qreg q[99999];", 1, 8, "at most 10000"),
    ("qreg q[1];\nh q[0]; ?", 2, 9, "token recognition error at: '?'"),
    ("gate g a { measure a -> c; }", 1, 12, "'measure' is not expected"),
    ("gate g a { h b; }", 1, 14, "'b' is not declared"),
    ("gate g a { g a; }", 1, 12, "own definition"),
    ("gate g a { h a; } gate g a { }", 1, 24, "defined already"),
    ("qreg q[2]; creg c[1]; measure q -> c;", 1, 23, "2 qubit(s) are measured into 1 bit(s)"),
    ("qreg q[1]; measure q -> q;", 1, 25, "is not a classical bit"),
    ("creg c[1]; h c;", 1, 14, "is a classical bit"),
    ("qreg q[1]; for int i in q;", 1, 20, "'i' is not expected"),
    ("input float a; qreg q[1];", 1, 13, "'a' is not expected"),
    ('include "other.inc";', 1, 1, "is looked for next to the file"),
    ('include "stdgates.inc";', 1, 1, "begin the text with OPENQASM 3.0;"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), REFUSED)
def test_refusals(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(QasmError) as caught:
        from_qasm(HEAD + text + "\n")
    assert message in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line + 2, column), str(caught.value)


def test_gates_need_their_file() -> None:
    with pytest.raises(QasmError, match=r'line 1, column 27: .* needs include "qelib1.inc"'):
        from_qasm("OPENQASM 2.0; qreg q[1];  h q;")
    with pytest.raises(QasmError, match="declares no qubit; write for example qreg"):
        from_qasm("OPENQASM 2.0;")


def test_a_gate_of_the_file_may_be_defined_again() -> None:
    text = (
        HEAD + "gate rzz(t) a,b { cx a,b; u1(2*t) b; cx a,b; }\nqreg q[2]; h q; rzz(0.4) q[0],q[1];"
    )
    plain = HEAD + "qreg q[2]; h q; cx q[0],q[1]; u1(0.8) q[1]; cx q[0],q[1];"
    ours, expected = (states.state(from_qasm(t), np.zeros(0)) for t in (text, plain))
    assert abs(np.vdot(ours, expected)) == pytest.approx(1.0)


def test_exports_of_qiskit() -> None:
    qc = QuantumCircuit(3, 1)
    qc.append(
        qiskit.circuit.library.efficient_su2(3, reps=1).assign_parameters(range(12)), range(3)
    )
    qc.rzz(0.3, 0, 2)
    theirs = Statevector(qc).data
    qc.measure(2, 0)
    ours = states.state(from_qasm(qiskit.qasm2.dumps(qc)), np.zeros(0))
    assert abs(np.vdot(ours, theirs)) == pytest.approx(1.0, abs=1e-9)


def test_it_is_a_circuit_like_any_other() -> None:
    circuit = Circuit.from_qasm(PROGRAMS["ghz(3)"])
    assert qng.energy(qng.Problem(circuit, {"X0 X1 X2": 1.0, "Z0 Z1": 0.5})).value == pytest.approx(
        1.5
    )
