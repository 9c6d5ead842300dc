"""OpenQASM 3 programs that the text determines, against the same with their gates written out."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import qiskit.qasm3
from qiskit.quantum_info import Statevector

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.convert.qasm import from_qasm, to_qasm
from qng.errors import InputError, QasmError, QasmWarning
from qng.execute.statevector import states
from tests.circuit.convert.test_qasm import assert_same, dense, qiskit_matrix

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'

# A program, and the same with its gates written out.
WRITTEN_OUT = {
    "a range holds its end": (
        "qubit[4] q; for int i in [0:3] { ry(0.1 * i) q[i]; }",
        "qubit[4] q; ry(0) q[0]; ry(0.1) q[1]; ry(0.2) q[2]; ry(0.1 * 3) q[3];",
    ),
    "a range with a step": (
        "qubit[5] q; for uint i in [0:2:4] h q[i]; for int i in [3:-2:1] { x q[i]; }",
        "qubit[5] q; h q[0]; h q[2]; h q[4]; x q[3]; x q[1];",
    ),
    "an empty range": ("qubit[2] q; for int i in [1:0] { x q[i]; } h q;", "qubit[2] q; h q;"),
    "a set": (
        "qubit[3] q; for int i in {2, 0} { x q[i]; } for float t in {0.5, pi} { rx(t) q[1]; }",
        "qubit[3] q; x q[2]; x q[0]; rx(0.5) q[1]; rx(pi) q[1];",
    ),
    "loops in loops": (
        "const int n = 3; qubit[n] q;"
        "for int i in [0:n-1] { h q[i]; "
        "for int j in [i+1:n-1] { cp(pi / 2.0 ** (j - i)) q[j], q[i]; } }",
        "qubit[3] q; h q[0]; cp(pi/2) q[1], q[0]; cp(pi/4) q[2], q[0]; h q[1];"
        "cp(pi/2) q[2], q[1]; h q[2];",
    ),
    "a condition of constants": (
        "qubit[3] q; for int i in [0:2] { if (i % 2 == 0) { x q[i]; } else { h q[i]; } }"
        "if (1 < 2 && !(2.5 <= 1)) { z q[0]; } bool b = false; if (b || 3 != 3) { y q[0]; }",
        "qubit[3] q; x q[0]; h q[1]; x q[2]; z q[0];",
    ),
    "variables": (
        "qubit[3] q; int i = 0; i += 2; float t = 0.5; t = 2 * t + i; rx(t) q[i]; "
        "i = i - 1; x q[i];",
        "qubit[3] q; rx(3) q[2]; x q[1];",
    ),
    "a variable of a loop that counts": (
        "qubit[3] q; uint[8] k = 0; for int i in [0:2] { rx(k) q[i]; k += i + 1; }",
        "qubit[3] q; rx(0) q[0]; rx(1) q[1]; rx(3) q[2];",
    ),
    "a variable inside a block is gone after it": (
        "qubit q; int i = 1; { int i = 2; rx(i) q; } rx(i) q;",
        "qubit q; rx(2) q; rx(1) q;",
    ),
    "arrays": (
        "array[float[64], 3] t = {0.1, 0.2, pi}; qubit[3] q;"
        "for int i in [0:2] { rx(t[i]) q[i]; } t[1] = 2.5; t[-1] += 1; rx(t[1]) q[1]; "
        "rz(t[2]) q[0];",
        "qubit[3] q; rx(0.1) q[0]; rx(0.2) q[1]; rx(pi) q[2]; rx(2.5) q[1]; rz(pi + 1) q[0];",
    ),
    "constant arrays": (
        "const array[int[32], 2, 2] edge = {{0, 1}, {1, 2}}; qubit[3] q;"
        "for int e in [0:sizeof(edge)-1] { cx q[edge[e][0]], q[edge[e, 1]]; }",
        "qubit[3] q; cx q[0], q[1]; cx q[1], q[2];",
    ),
    "a loop over an array": (
        "array[float, 2] t = {0.25, 0.5}; qubit q; for float f in t { rx(f) q; }",
        "qubit q; rx(0.25) q; rx(0.5) q;",
    ),
    "parameters in variables": (
        "input float a; qubit[2] q; float t = 2 * a; t += 0.5; rx(t) q[0];"
        "array[angle, 2] u = {a, t}; rz(u[1]) q[1]; ry(u[0]) q[1];",
        "input float a; qubit[2] q; rx(2 * a + 0.5) q[0]; rz(2 * a + 0.5) q[1]; ry(a) q[1];",
    ),
    "final measurements": (
        "bit[2] c; qubit[2] q; h q; barrier q; c = measure q;",
        "qubit[2] q; h q;",
    ),
    "other final measurements": (
        'qubit[2] q; bit d; bit[2] c = "01"; h q; measure q[0] -> c[0]; '
        "d = measure q[1]; measure q;",
        "qubit[2] q; h q;",
    ),
    "a measurement before gates on other qubits": (
        "qubit[2] q; bit c = measure q[0]; h q[1];",
        "qubit[2] q; h q[1];",
    ),
    "leading resets": ("qubit[2] q; reset q; h q[0]; reset q[1];", "qubit[2] q; h q[0];"),
    "barriers, delays, nop": (
        "qubit[2] q; barrier; h q; barrier q[0]; delay[10ns] q; nop; nop q;",
        "qubit[2] q; h q;",
    ),
    "boxes": (
        "qubit[2] q; box { h q[0]; box[100ns] { cx q[0], q[1]; } }",
        "qubit[2] q; h q[0]; cx q[0], q[1];",
    ),
    "a subroutine": (
        "def layer(qubit[3] r, float[64] t, int n) { for int i in [0:n-1] { ry(t) r[i]; } }"
        "qubit[3] q; layer(q, 0.5, 2); layer(q[{2, 0, 1}], pi, 1);",
        "qubit[3] q; ry(0.5) q[0]; ry(0.5) q[1]; ry(pi) q[2];",
    ),
    "a subroutine of one qubit, with parameters": (
        "input float a; def turn(qubit w, angle t) { t += 1.0; rx(t) w; rz(t) w; }"
        "qubit[2] q; turn(q[1], 2 * a); turn(q[0], 0.25);",
        "input float a; qubit[2] q; rx(2 * a + 1.0) q[1]; rz(2 * a + 1.0) q[1];"
        "rx(1.25) q[0]; rz(1.25) q[0];",
    ),
    "a subroutine that calls one, with an array": (
        "def one(qubit w, float t) { rx(t) w; }"
        "def all(qubit[2] r, readonly array[float, #dim=1] t)"
        "{ for int i in [0:1] one(r[i], t[i]); }"
        "array[float, 2] t = {0.5, 0.75}; qubit[2] q; all(q, t);",
        "qubit[2] q; rx(0.5) q[0]; rx(0.75) q[1];",
    ),
    "loops in gates": (
        "gate g(t) a, b { for int i in [1:3] { rx(i * t) a; cx a, b; } }"
        "qubit[2] q; g(0.5) q[0], q[1];",
        "qubit[2] q; rx(0.5) q[0]; cx q[0], q[1]; rx(1.0) q[0]; cx q[0], q[1]; rx(1.5) q[0];"
        "cx q[0], q[1];",
    ),
    "physical qubits": ("h $0; cx $0, $2; measure $2;", "qubit[3] q; h q[0]; cx q[0], q[2];"),
    "physical qubits, one high": ("rx(0.5) $3; // $9", "qubit[4] q; rx(0.5) q[3];"),
    "cu1": ("qubit[2] q; cu1(0.5) q[0], q[1];", "qubit[2] q; cp(0.5) q[0], q[1];"),
    "cu1 by the text itself": (
        "gate cu1(t) a, b { cp(2 * t) a, b; } qubit[2] q; cu1(0.5) q[0], q[1];",
        "qubit[2] q; cp(1.0) q[0], q[1];",
    ),
    "pow": (
        "input float a; qubit q; rx(pow(2, 3)) q; rx(pow(a + 2, 2)) q; "
        "pow(2) @ rx(pow(2.0, 0.5)) q;",
        "input float a; qubit q; rx(8) q; rx((a + 2) * (a + 2)) q; rx(2 * sqrt(2.0)) q;",
    ),
    "a byte order mark": ("\ufeffqubit q; h q;", "qubit q; h q;"),
}


def read(body: str) -> Circuit:
    mark = "\ufeff" if body.startswith("\ufeff") else ""
    return from_qasm(mark + HEADER + body.removeprefix("\ufeff"))


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_written_out(name: str) -> None:
    program, plain = WRITTEN_OUT[name]
    ours, expected = read(program), read(plain)
    assert ours.parameters == expected.parameters
    values = dict.fromkeys(ours.parameters, 0.37)
    assert_same(dense(ours, values), dense(expected, values))
    if "sqrt" not in plain:  # of which Qiskit's reader makes nothing
        assert_same(dense(ours, values), qiskit_matrix(HEADER + plain, values))


def test_arrays_of_parameters() -> None:
    circuit = read(
        "input array[float[64], 3] x; input float y; input array[angle[32], 2, 2] w; qubit[3] q;"
        "for int i in [0:2] { rx(x[i]) q[i]; } rz(w[1, 0] + y) q[0]; ry(w[0][1]) q[1];"
    )
    names = ("x[0]", "x[1]", "x[2]", "y", "w[0,0]", "w[0,1]", "w[1,0]", "w[1,1]")
    assert circuit.parameters == names
    theta = np.arange(8) / 10
    assert circuit.angles(theta).tolist() == pytest.approx([0.0, 0.1, 0.2, 0.9, 0.5])


def test_physical_qubits_keep_their_numbers_and_cost_nothing() -> None:
    circuit = read("input float a; rx(a) $120; cx $120, $121;")
    assert circuit.n_qubits == 122
    problem = qng.Problem(circuit, {"Z120 Z121": 1.0, "Z121": 0.5})
    assert qng.energy(problem, [0.7]).value == pytest.approx(1 + 0.5 * np.cos(0.7))


def test_files_next_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "gates.inc").write_text(
        'include "more.inc";\ngate g(t) a { f(2 * t) a; }\n'
    )
    (tmp_path / "lib" / "more.inc").write_text("\ufeffgate f(t) a { rx(t) a; }\nconst int n = 2;\n")
    main = tmp_path / "main.qasm"
    main.write_bytes(
        b"\xef\xbb\xbf" + f'{HEADER}include "lib/gates.inc";\nqubit[n] q;\ng(0.5) q;\n'.encode()
    )
    expected = read("qubit[2] q; rx(1.0) q;")
    assert from_qasm(main).digest == expected.digest
    assert from_qasm(str(main)).digest == expected.digest
    with pytest.raises(QasmError, match=r"line 3, column 1.*give its path instead of its text"):
        from_qasm(main.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize(
    ("included", "message"),
    [
        ("gate f(t) a {\n  rxx(t) b; }", r"line 3, column 1: other.inc: line 2, column 3: .*rxx"),
        ("gate f(t) a { rx(t) a; ", r"other.inc: line 1, column 24: syntax error"),
        ('include "other.inc";', r"other.inc: line 1, column 1: \"other.inc\" includes itself"),
        ("OPENQASM 2.0; qreg q[1]; foo q;", r"other.inc: line 1, column 26: .*foo"),
        (None, r"line 3, column 1: \"other.inc\" cannot be read: No such file"),
        (b"\xff\xfe\x00", r"line 3, column 1: \"other.inc\" cannot be read: it is not text"),
    ],
)
def test_errors_in_other_files(tmp_path: Path, included: str | bytes | None, message: str) -> None:
    main, other = tmp_path / "main.qasm", tmp_path / "other.inc"
    main.write_text(f'{HEADER}include "other.inc";\nqubit q;\n')
    if included is not None:
        other.write_bytes(included if isinstance(included, bytes) else included.encode())
    with pytest.raises(QasmError, match=message):
        from_qasm(main)


def test_the_file_of_a_problem_may_include_others(tmp_path: Path) -> None:
    (tmp_path / "circuit.qasm").write_text(
        f'{HEADER}include "g.inc";\ninput float t; qubit q; g(t) q;'
    )
    (tmp_path / "g.inc").write_text("gate g(t) a { ry(t) a; }")
    (tmp_path / "problem.toml").write_text("[observable]\nZ0 = 1.0\n")
    assert qng.energy(tmp_path, [0.7]).value == pytest.approx(np.cos(0.7))


def test_exports_of_qiskit_with_measurements_and_layouts() -> None:
    qc = qiskit.QuantumCircuit(3, 3)
    qc.ry(0.3, 0)
    qc.cx(0, 1)
    qc.cu(0.1, 0.2, 0.3, 0.4, 1, 2)
    qc.rzz(0.7, 0, 2)
    bare = qc.copy()
    qc.measure(range(3), range(3))
    line = qiskit.transpiler.CouplingMap.from_line(5)
    sent = qiskit.transpile(
        qc, coupling_map=line, basis_gates=["rz", "sx", "cx"], optimization_level=1
    )
    still = sent.copy_empty_like()
    for instruction in sent.data:
        if instruction.operation.name != "measure":
            still.append(instruction)
    for written, plain in ((qc, bare), (sent, still)):
        circuit = from_qasm(qiskit.qasm3.dumps(written))
        theirs = Statevector(plain).data
        ours = states.state(circuit, np.zeros(0))
        padded = np.zeros(max(len(theirs), len(ours)), dtype=complex)
        padded[: len(ours)] = ours
        assert abs(np.vdot(padded[: len(theirs)], theirs)) == pytest.approx(1.0, abs=1e-9)


class TestPhasesUnderControls:
    """U, u2 and u3 under ctrl are Qiskit's; the specification has other phases there."""

    @pytest.mark.parametrize(
        "call",
        [
            "ctrl @ U(0.1, 0.2, 0.3) q[0], q[1];",
            "negctrl @ u3(0.1, 0.2, 0.3) q[0], q[1];",
            "ctrl @ inv @ u2(0.1, 0.2) q[0], q[1];",
            "ctrl @ pow(2) @ U(0.1, 0.2, 0.3) q[0], q[1];",
            "ctrl @ g q[0], q[1];",
        ],
    )
    def test_qiskits_reading_with_a_warning(self, call: str) -> None:
        text = (
            f"{HEADER}gate f a {{ U(0.1, 0.2, 0.3) a; }} gate g a {{ f a; }}\nqubit[2] q;\n{call}"
        )
        with pytest.warns(QasmWarning, match=r"line 5, column 1: .*reads it.*gphase") as caught:
            circuit = from_qasm(text + "\n" + call)
        assert len(caught) == 1
        assert_same(dense(circuit), qiskit_matrix(text + "\n" + call))

    @pytest.mark.parametrize(
        "call",
        [
            "U(0.1, 0.2, 0.3) q;",
            "inv @ u2(0.1, 0.2) q;",
            "pow(3) @ U(0.1, 0.2, 0.3) q;",
            "pow(-1) @ U(0.1, 0.2, 0.3) q;",
            "ctrl @ rx(0.1) q[0], q[1];",
            "ctrl @ p(0.1) q[0], q[1];",
            "cu(0.1, 0.2, 0.3, 0.4) q[0], q[1];",
        ],
    )
    def test_no_warning_where_nobody_differs(self, call: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            from_qasm(f"{HEADER}qubit[2] q;\n{call}")

    def test_what_is_written_is_read_alike_by_all(self) -> None:
        gate = qng.circuit.gate.unitary(
            qng.circuit.gate.controlled(np.array([[0.6, 0.8j], [0.8j, 0.6]]) * np.exp(0.3j)), (0, 1)
        )
        text = to_qasm(Circuit(2, [gate]))
        assert "U(" not in text
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again = from_qasm(text)
        assert_same(dense(again), gate.array())
        assert_same(qiskit_matrix(text), gate.array())


def test_paths_that_are_none() -> None:
    with pytest.raises(InputError, match="cannot be read as an OpenQASM file"):
        from_qasm("no/such/file.qasm")
