import itertools
import math
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from subprocess import run

import numpy as np
import pytest
import qiskit.qasm3
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator

from qng.circuit.angle import apply, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.convert.qasm import from_qasm, to_qasm
from qng.circuit.gate import NAMED, Gate, Rotation, controlled, pauli_matrix, unitary
from qng.circuit.pauli import Pauli
from qng.errors import CircuitError, InputError, QasmError

# Most of these programs are there because Qiskit reads phases under controls as they are read here.
pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.QasmWarning")

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
# (arguments, qubits)
STDGATES = {
    **dict.fromkeys("x y z h s sdg t tdg sx id".split(), (0, 1)),  # noqa: SIM905
    **dict.fromkeys(("p", "phase", "u1", "rx", "ry", "rz"), (1, 1)),
    **dict.fromkeys(("cx", "CX", "cy", "cz", "ch", "swap"), (0, 2)),
    **dict.fromkeys(("cp", "cphase", "crx", "cry", "crz"), (1, 2)),
    **dict.fromkeys(("ccx", "cswap"), (0, 3)),
    "u2": (2, 1),
    "u3": (3, 1),
    "U": (3, 1),
    "cu": (4, 2),
}
ANGLES = (0.37, -1.21, 2.9, 0.83)


def dense(circuit: Circuit, values: Mapping[str, float] | None = None) -> np.ndarray:
    n = circuit.n_qubits
    total = np.eye(2**n, dtype=complex)
    for op in circuit.ops:
        if isinstance(op, Rotation):
            half = op.angle.value(values or {}) / 2
            word = pauli_matrix(op.pauli, n)
            total = (math.cos(half) * np.eye(2**n) - 1j * math.sin(half) * word) @ total
            continue
        small, big = op.array(), np.zeros((2**n, 2**n), dtype=complex)
        for column in range(2**n):
            inside = sum((column >> q & 1) << k for k, q in enumerate(op.qubits))
            rest = column & ~op.support
            for row in range(len(small)):
                target = rest | sum((row >> k & 1) << q for k, q in enumerate(op.qubits))
                big[target, column] += small[row, inside]
        total = big @ total
    return total


def qiskit_matrix(text: str, values: Mapping[str, float] | None = None) -> np.ndarray:
    with warnings.catch_warnings():
        # Qiskit's importer calls what Qiskit itself deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        circuit = qiskit.qasm3.loads(text)
        if values:
            used = {p.name for p in circuit.parameters}
            circuit = circuit.assign_parameters({k: v for k, v in values.items() if k in used})
        return Operator(circuit).data


def assert_same(a: np.ndarray, b: np.ndarray) -> None:
    """Equal up to one global phase."""
    overlap = np.trace(a.conj().T @ b)
    np.testing.assert_allclose(a * overlap / abs(overlap), b, atol=1e-9)


def assert_as_qiskit(body: str, n_qubits: int) -> Circuit:
    text = f"{HEADER}qubit[{n_qubits}] q;\n{body}\n"
    circuit = from_qasm(text)
    assert_same(dense(circuit), qiskit_matrix(text))
    return circuit


def operands(n: int) -> str:
    return ", ".join(f"q[{k}]" for k in range(n))


def call(name: str, n_angles: int) -> str:
    return name + (f"({', '.join(map(str, ANGLES[:n_angles]))})" if n_angles else "")


def body(text: str, n_qubits: int = 3, inputs: str = "a") -> Circuit:
    declared = "".join(f"input float {name};\n" for name in inputs)
    return from_qasm(f"{HEADER}{declared}qubit[{n_qubits}] q;\n{text}")


def words(circuit: Circuit) -> list[tuple[str, str]]:
    return [(str(op.pauli), str(op.angle)) for op in circuit.ops if isinstance(op, Rotation)]


class TestGates:
    @pytest.mark.parametrize("modifier", ["", "ctrl @ ", "ctrl(2) @ ", "negctrl @ ", "inv @ "])
    @pytest.mark.parametrize("name", STDGATES)
    def test_matrix_is_qiskits(self, name: str, modifier: str) -> None:
        n_angles, n_qubits = STDGATES[name]
        n = n_qubits + {"ctrl @ ": 1, "ctrl(2) @ ": 2, "negctrl @ ": 1}.get(modifier, 0)
        assert_as_qiskit(f"{modifier}{call(name, n_angles)} {operands(n)};", n)

    @pytest.mark.parametrize(
        ("text", "n"),
        [
            ("ctrl @ gphase(0.4) q[0];", 1),
            ("negctrl @ gphase(0.4) q[1];", 2),
            ("ctrl(2) @ gphase(0.4) q[0], q[2];", 3),
            ("ctrl @ inv @ gphase(0.4) q[0];", 1),
            ("ctrl @ pow(-2) @ gphase(0.4) q[0];", 1),
            ("ctrl @ negctrl @ x q[0], q[1], q[2];", 3),
            ("negctrl @ ctrl @ rx(0.3) q[2], q[0], q[1];", 3),
            ("negctrl(2) @ u2(0.3, 0.4) q[2], q[0], q[1];", 3),
            ("ctrl @ inv @ pow(2) @ t q[1], q[0];", 2),
            ("inv @ ctrl @ pow(3) @ sx q[1], q[0];", 2),
            ("pow(2) @ inv @ ctrl @ U(0.1, 0.2, 0.3) q[1], q[0];", 2),
            ("ctrl @ pow(0.5) @ x q[1], q[0];", 2),
            ("ctrl @ pow(0.3) @ h q[1], q[0];", 2),
            ("ctrl @ pow(0.3) @ U(0.4, 0.5, 0.6) q[1], q[0];", 2),
            ("pow(0.3) @ ctrl @ y q[1], q[0];", 2),
            ("pow(0.3) @ swap q[1], q[0];", 2),
            ("ctrl @ pow(2.5) @ rx(4.0) q[1], q[0];", 2),
            ("ctrl @ pow(0.5) @ p(4.0) q[1], q[0];", 2),
            ("ctrl(3) @ x q[3], q[0], q[2], q[1];", 4),
            ("ctrl(3) @ rz(0.7) q[3], q[0], q[2], q[1];", 4),
            ("h q;", 3),
        ],
    )
    def test_modifiers(self, text: str, n: int) -> None:
        assert_as_qiskit(text, n)

    @pytest.mark.parametrize(
        "definition",
        [
            "gate g(t) a, b { cx a, b; rz(t) b; cx a, b; }",
            "gate g(t) a, b { rx(t) a; gphase(t); ctrl @ gphase(-0.4) b; }",
            "gate g(t) a, b { h a; p(t) a; cx a, b; }",
            "gate f(t) a { u2(t, 2 * t) a; } gate g(s) a, b { f(s) a; inv @ f(3 * s) b; }",
            "gate f a { sx a; t a; } gate g(s) a, b { ctrl @ f a, b; pow(2) @ f b; rz(s) a; }",
            "gate g(t) a, b { rx(pi / 2) a; cx a, b; p(t) b; cx a, b; rx(-pi / 2) a; }",
        ],
    )
    @pytest.mark.parametrize("modifier", ["", "ctrl @ ", "negctrl @ ", "ctrl @ inv @ ", "inv @ "])
    def test_user_gates(self, definition: str, modifier: str) -> None:
        n = 3 if "ctrl" in modifier else 2
        text = f"{HEADER}{definition}\nqubit[{n}] q;\n{modifier}g(0.7) {operands(n)};\n"
        assert_same(dense(from_qasm(text)), qiskit_matrix(text))

    def test_lowerings(self) -> None:
        assert words(body("p(a) q[0];")) == [("Z0", "a")]
        assert words(body("crx(a) q[0], q[1];")) == [("X1", "0.5 * a"), ("Z0 X1", "(-0.5) * a")]
        assert words(body("cp(a) q[0], q[1];")) == [
            ("Z0", "0.5 * a"),
            ("Z1", "0.5 * a"),
            ("Z0 Z1", "(-0.5) * a"),
        ]
        assert words(body("U(a, 2 * a, 3 * a) q[0];")) == [
            ("Z0", "3.0 * a"),
            ("Y0", "a"),
            ("Z0", "2.0 * a"),
        ]

    def test_names(self) -> None:
        def gates(text: str) -> list[str]:
            return [op.name for op in body(text).ops if isinstance(op, Gate)]

        assert gates("ctrl @ ctrl @ x q[0], q[1], q[2];") == ["ccx"]
        assert gates("ctrl(2) @ z q[0], q[1], q[2];") == ["ccz"]
        assert gates("ctrl @ s q[0], q[1]; ctrl @ swap q[0], q[1], q[2];") == ["cs", "cswap"]
        assert gates("pow(0.5) @ x q[0]; inv @ pow(0.5) @ x q[0];") == ["sx", "sxdg"]
        assert gates("pow(0.25) @ z q[0]; inv @ sx q[0];") == ["t", "sxdg"]

    def test_same_gate(self) -> None:
        def marks(text: str) -> list[bool]:
            return [op.same_gate for op in body(text).ops if isinstance(op, Rotation)]

        assert marks("crx(a) q[0], q[1]; crx(a) q[0], q[1];") == [False, True, False, True]
        assert marks("cp(a) q[0], q[1];") == [False, True, True]
        assert marks("ctrl(2) @ rx(a) q[0], q[1], q[2];") == [False, True, True, True]
        assert marks("rx(a) q[0]; rx(a) q[1];") == [False, False]
        assert marks("U(a, a, a) q[0];") == [False, False, False]
        assert marks("ctrl @ U(a, a, a) q[0], q[1];") == [False] + [False, True] * 3
        # negctrl puts an X on both sides of fixed gates only.
        assert marks("negctrl @ rx(a) q[0], q[1];") == [False, True]

    def test_tidy(self) -> None:
        zz = "gate zz(t) a, b { cx a, b; rz(t) b; cx a, b; }\n"
        assert words(
            from_qasm(f"{HEADER}{zz}qubit[2] q; input float a; zz(2 * a) q[1], q[0];")
        ) == [("Z0 Z1", "2.0 * a")]
        yx = "gate yx(t) a, b { rx(pi/2) a; h b; cx a, b; rz(t) b; cx a, b; h b; rx(-pi/2) a; }\n"
        circuit = from_qasm(f"{HEADER}{yx}qubit[2] q; input float a; yx(a) q[0], q[1];")
        assert words(circuit) == [("Y0 X1", "a")]
        assert len(circuit.ops) == 1
        # Fixed gates that do not cancel leave the body as it is written, and so does no definition.
        kept = from_qasm(f"{HEADER}gate g(t) a {{ h a; rz(t) a; }} qubit q; input float a; g(a) q;")
        assert [type(op) for op in kept.ops] == [Gate, Rotation]
        assert len(body("cx q[0], q[1]; rz(a) q[1]; cx q[0], q[1];").ops) == 3

    def test_fixed_rotations_stay_rotations(self) -> None:
        (op,) = body("rx(0.5) q[0];").ops
        assert isinstance(op, Rotation)
        assert op.is_fixed

    @pytest.mark.parametrize("name", ["x", "y", "z", "s", "t", "sx", "cx", "cz", "swap", "rx(0.4)"])
    def test_power_by_a_parameter(self, name: str) -> None:
        n = 2 if name in ("cx", "cz", "swap") else 1
        circuit = body(f"ctrl @ pow(a) @ {name} {operands(n + 1)};", n + 1)
        text = f"{HEADER}qubit[{n + 1}] q; ctrl @ pow(0.3) @ {name} {operands(n + 1)};"
        assert_same(dense(circuit, {"a": 0.3}), qiskit_matrix(text))

    def test_power_scales_a_rotation(self) -> None:
        assert words(body("pow(3) @ rx(a) q[0]; pow(0.5) @ rx(a) q[0];")) == [
            ("X0", "3.0 * a"),
            ("X0", "0.5 * a"),
        ]


class TestLanguage:
    def test_parameters_in_order_of_declaration(self) -> None:
        text = "input angle[32] z;\ninput float b;\ninput float[64] a;\nqubit q;\nrx(a) q;"
        assert from_qasm(HEADER + text).parameters == ("z", "b", "a")

    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("pi / 4", math.pi / 4),
            ("π + τ - ℇ", 3 * math.pi - math.e),
            ("-2 ** 2", -4),
            ("2 ** 3 ** 2", 512),
            ("(1 + 2) * 3 - 4 / 2", 7),
            ("7 % 4", 3),
            ("-7 % 4", -3),
            ("7.5 % 2", 1.5),
            ("1.0 / 2", 0.5),
            ("4 / 2", 2),
            ("0x10 + 0b11 + 0o7 + 1_000", 1026),
            ("float(1) / 2", 0.5),
            ("int(2.7)", 2),
            ("angle[32](3)", 3),
            ("mod(7, 4) + sqrt(4)", 5),
            ("sin(0.3) + arctan(1)", math.sin(0.3) + math.pi / 4),
            ("ceiling(0.2) + floor(1.7) + exp(0) + log(1)", 3),
            ("n * x", 1.5),
            ("1e-3", 0.001),
        ],
    )
    def test_expressions(self, expression: str, value: float) -> None:
        constants = "const int n = 3; const float x = 0.5;\n"
        (op,) = from_qasm(f"{HEADER}{constants}qubit q; rx({expression}) q;").ops
        assert isinstance(op, Rotation)
        assert op.angle.number == pytest.approx(value, abs=1e-12)

    @pytest.mark.parametrize(
        ("text", "qubits"),
        [
            ("x q;", [0, 1, 2, 3]),
            ("x q[1:2];", [1, 2]),
            ("x q[0:2:3];", [0, 2]),
            ("x q[3:-2:0];", [3, 1]),
            ("x q[{0, 3}];", [0, 3]),
            ("x q[-1];", [3]),
            ("x q[n + 1];", [3]),
            ("x q[1:];", [1, 2, 3]),
            ("x q[1:3][0];", [1]),
            ("let a = q[2:3] ++ r; x a;", [2, 3, 4, 5]),
            ("let a = q[{3, 1}]; x a[1];", [1]),
            ("x s;", [6]),
        ],
    )
    def test_operands(self, text: str, qubits: list[int]) -> None:
        declared = "const uint n = 2; qubit[4] q; qreg r[2]; qubit s;\n"
        circuit = from_qasm(f"{HEADER}{declared}{text}")
        assert circuit.n_qubits == 7
        assert [op.qubits[0] for op in circuit.ops] == qubits

    def test_broadcast(self) -> None:
        circuit = from_qasm(f"{HEADER}qubit[2] q; qubit[2] r; qubit c;\ncx q, r;\nccx c, q, r;")
        assert [op.qubits for op in circuit.ops] == [(0, 2), (1, 3), (4, 0, 2), (4, 1, 3)]

    def test_ignored(self) -> None:
        text = (
            "bit[2] c; creg d[1];\nqubit[2] q;\nbarrier q;\nbarrier q[0], q[1];\n@note x\nh q[0];"
        )
        assert len(from_qasm(HEADER + text).ops) == 1

    def test_u_and_gphase_need_no_include(self) -> None:
        assert len(from_qasm("qubit q; U(1, 2, 3) q; gphase(0.2);").ops) == 3

    def test_own_gates_in_place_of_stdgates(self) -> None:
        assert words(from_qasm("gate h a { U(1, 0, 0) a; } qubit q; h q;")) == [("Y0", "1.0")]

    def test_files(self, tmp_path: Path) -> None:
        path = tmp_path / "c.qasm"
        path.write_text(f"{HEADER}qubit q;\nh q;\n", encoding="utf-8")
        assert from_qasm(path) == from_qasm(str(path)) == from_qasm("\n" + path.read_text())
        with pytest.raises(InputError, match=r"no\.qasm.*No such file") as caught:
            from_qasm(tmp_path / "no.qasm")
        assert "\n" not in str(caught.value)
        (tmp_path / "binary").write_bytes(b"\xff\xfe")
        with pytest.raises(InputError, match="UTF-8"):
            from_qasm(tmp_path / "binary")

    def test_import_loads_no_parser(self) -> None:
        code = "import sys, qng, qng.circuit.convert.qasm; assert 'openqasm3' not in sys.modules"
        run([sys.executable, "-c", code], check=True)


# (text behind the header, line in it, column, part of the message)
REFUSED = [
    ("qubit q;\nbit c;\nc = measure q;\nh q;", 4, 1, "follows a measurement"),
    ("qubit q; bit c; measure q -> c; if (c) { h q; }", 1, 33, "if"),
    ("qubit q; bit c; measure q -> c; if (c == 1) h q;", 1, 33, "if"),
    ("qubit q; bit[2] c; measure q -> c;", 1, 20, "1 qubit(s) are measured into 2 bit(s)"),
    ("qubit q; measure q -> d;", 1, 23, "'d' is not declared"),
    ("qubit q; float d; measure q -> d;", 1, 32, "has no value yet"),
    ("qubit q; bit c = measure q; reset q;", 1, 29, "reset is supported as the first"),
    ("qubit q; h q;\n reset q;", 2, 2, "reset is supported as the first"),
    ("qubit q; for int i in [0:2] { g q; }", 1, 31, "unknown gate 'g'"),
    ("qubit q; for int i in [0:2] { h q; break; }", 1, 36, "break"),
    ("qubit q; for int i in [0:0:2] { h q; }", 1, 24, "step"),
    ("qubit q; for int i in [:2] { h q; }", 1, 24, "first and last"),
    ("input float a; qubit q; for int i in [0:a] { h q; }", 1, 41, "constant integer"),
    ("qubit q; for int i in {0.5} { h q; }", 1, 10, "not an integer"),
    ("qubit q; for int i in [0:300000] { h q; }", 1, 24, "more than 200000"),
    ("qubit q; for int i in [0:999] { for int j in [0:999] { h q; } }", 1, 56, "more than 200000"),
    ("qubit q; for int i in [0:1] { h q; } rx(i) q;", 1, 41, "'i' is not declared"),
    ("qubit q; while (true) { h q; }", 1, 10, "while"),
    ("qubit q; switch (1) { case 0 { h q; } }", 1, 10, "switch"),
    ("def f(qubit a) -> bit { return measure a; }", 1, 1, "def"),
    ("qubit q; def f(qubit a) { f(a); } f(q);", 1, 27, "calls itself"),
    ("qubit q; f(q); def f(qubit a) { h a; }", 1, 10, "before its definition"),
    ("qubit q; def f(qubit a, int n) { h a; } f(q);", 1, 41, "2 argument(s), 1 were given"),
    ("qubit[2] q; def f(qubit a) { h a; } f(q);", 1, 39, "one qubit is expected"),
    ("qubit[2] q; def f(qubit[3] a) { h a; } f(q);", 1, 42, "a register of 3 qubits"),
    ("qubit q; def f(qubit a) { qubit b; h a; } f(q);", 1, 27, "must be global"),
    ("qubit q; def f(qubit a) { return; } f(q);", 1, 27, "return"),
    ("gate g a { measure a; }", 1, 12, "non-unitary 'measure'"),
    ("extern f(int) -> int;", 1, 1, "extern"),
    ("qubit q;\nfoo(1);", 2, 1, "foo"),
    ("int[32] i = 3.5;", 1, 13, "not an integer"),
    ("const int i = 3;\ni = 2;", 2, 1, "not a variable"),
    ("float x; qubit q;\nrx(x) q;", 2, 4, "has no value yet"),
    ("complex[float] z = 1;", 1, 1, "variable 'z'"),
    ("bit c;\nc = 1;", 2, 1, "assignment"),
    ("uint[8] n = 2 - 3;", 1, 13, "a uint cannot be -1"),
    ("qubit q; { qubit r; }", 1, 12, "outside of blocks and loops"),
    ("int i = 1;\ni <<= 1;", 2, 1, "operator <<"),
    ("array[float, 2] a = {1.0};", 1, 21, "has 2 entries, 1 were given"),
    ("array[float, 2] a = {1.0, 2.0}; qubit q; rx(a[2]) q;", 1, 47, "out of range"),
    ("array[float, 2] a = {1.0, 2.0}; qubit q; rx(a) q;", 1, 45, "is an array"),
    ("array[float, 2] a = {1.0, 2.0}; qubit q; rx(a[0][0]) q;", 1, 45, "so many indices"),
    ("const array[float, 1] a = {1.0};\na[0] = 2.0;", 2, 1, "not a variable"),
    ("input array[int, 2] n;", 1, 1, "type int"),
    ("qubit q; box { h r; }", 1, 18, "'r' is not declared"),
    ("qubit q; h q; h $0;", 1, 1, "cannot be mixed"),
    ("h $10000;", 1, 3, "go up to $9999"),
    ("qubit q; rx(pow(2)) q;", 1, 13, "pow"),
    ("qubit q; rx(pow(2, 0.5) q;", 1, 25, "syntax error"),
    ("stretch s;", 1, 1, "variable 's'"),
    ("duration d = 10ns;", 1, 1, "variable 'd'"),
    ("pragma x y\nqubit q;", 1, 1, "pragma"),
    ("input int n;", 1, 1, "type int"),
    ("output float x;", 1, 1, "output"),
    ('include "other.inc";', 1, 1, "other.inc"),
    ("qubit q;\n  hh q;", 2, 3, "unknown gate 'hh'; did you mean"),
    ("qubit q;\nrx(foo) q;", 2, 4, "'foo' is not declared"),
    ("input float alpha; qubit q;\nrx(2 * alpa) q;", 2, 8, "did you mean alpha"),
    ("qubit q; rx q;", 1, 10, "1 argument"),
    ("qubit q; rx(1, 2) q;", 1, 10, "2 were given"),
    ("qubit[2] q; cx q[0];", 1, 13, "2 qubit"),
    ("qubit[2] q; ctrl @ h q[0];", 1, 13, "1 control"),
    ("qubit[2] q;\nh q[2];", 2, 5, "out of range"),
    ("qubit[2] q;\nh q[-3];", 2, 5, "out of range"),
    ("qubit[2] q; cx q[0], q[0];", 1, 22, "same qubit twice"),
    ("qubit[2] q; qubit[3] r; cx q, r;", 1, 25, "2 and 3"),
    ("qubit q; h q[0];", 1, 12, "cannot be indexed"),
    ("qubit[2] q; h q[0.5];", 1, 17, "integer"),
    ("qubit q;\nrx(1/2) q;", 2, 4, "write 1.0 / 2"),
    ("qubit q; rx(popcount(3)) q;", 1, 13, "popcount"),
    ("qubit q; rx(sen(3)) q;", 1, 13, "unknown function 'sen'; did you mean sin"),
    ("qubit q; rx(log(0)) q;", 1, 13, "no finite value"),
    ("qubit q; rx(1 << 2) q;", 1, 13, "<<"),
    ("qubit q; rx(true) q;", 1, 13, "boolean literal"),
    ("input float a; qubit q; if (a < 1) { h q; }", 1, 25, "if"),
    ("qubit q; rx(q) q;", 1, 13, "is a qubit"),
    ("input float a; h a;", 1, 18, "is a number"),
    ("bit c; qubit q; rx(c) q;", 1, 20, "classical bit"),
    ("const float x = 1 / 3;", 1, 17, "truncates"),
    ("input float a; const float x = a;", 1, 32, "constant"),
    ("const int n = 2.5;", 1, 15, "not an integer"),
    ("qubit q; qubit q;", 1, 16, "declared already"),
    ("input float pi;", 1, 13, "constant of the language"),
    ("qubit[0] q;", 1, 6, "at least one qubit"),
    ("gate g a { g a; }", 1, 12, "own definition"),
    ("qubit q; g q;\ngate g a { h a; }", 1, 10, "before its definition"),
    ("gate h a { x a; }", 1, 6, "defined already"),
    ("gate g(t, t) a { }", 1, 11, "twice"),
    ("input float a; gate g b { rx(a) b; }", 1, 30, "pass it as an argument"),
    ("qubit[2] q; ctrl(0) @ h q[0];", 1, 18, "at least one control"),
    ("input float a; qubit q; pow(a) @ h q;", 1, 25, "not a product of commuting"),
    ("input float a; qubit q; pow(0.5) @ U(a, a, a) q;", 1, 25, "defined for integers"),
    ("qubit[10] q; ctrl(9) @ rx(1) " + operands(10) + ";", 1, 14, "controls"),
    ("qubit q;\nh q\nx q;", 3, 1, "syntax error"),
    ("qubit q;\n  h # q;", 2, 5, "token"),
    ("qubit q;\nrx(1 q;", 2, 6, "syntax error"),
    ("qubit q; h q; }", 1, 15, "syntax error"),
    ("qubit q; h q", 1, 13, "end of the text"),
]


class TestRefusals:
    @pytest.mark.parametrize(("text", "line", "column", "message"), REFUSED)
    def test_where_and_why(
        self, text: str, line: int, column: int, message: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(QasmError) as caught:
            from_qasm(HEADER + text)
        assert (caught.value.line, caught.value.column) == (line + 2, column), str(caught.value)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "empty"),
            ("\n// nothing\n/* at\nall */", "empty"),
            ("OPENQASM 4.1;\nfoo bar baz (", "line 1, column 1: OPENQASM 4.1 is not supported"),
            ("// two\n OPENQASM 2.5;\nqreg", "line 2, column 2: OPENQASM 2.5 is not supported"),
            ('include "qelib1.inc"; qubit q;', "of the other version.*OPENQASM 2.0"),
            ("OPENQASM 3.0;", "no qubit"),
            ("qubit q; h q;", "needs include"),
        ],
    )
    def test_programs(self, text: str, message: str) -> None:
        with pytest.raises(QasmError, match=message):
            from_qasm(text)


EXPRESSIONS = ["{a}", "2 * {a}", "{a} + 0.5", "-{b} / 2", "{a} * {b}", "({a} - {b}) * 0.3"]
EXPRESSIONS += ["0.25", "pi / 2"]
BODIES = [
    "gate g(s) u, v { cx u, v; rz(s) v; cx u, v; }",
    "gate g(s) u, v { p(s) u; gphase(s / 2); ctrl @ sx u, v; }",
    "gate g(s) u, v { U(s, -s, 2 * s) u; inv @ crx(s) u, v; h v; }",
]


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, str]:
    """A gate definition and calls on three qubits, to be formatted with a and b."""
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from([*STDGATES, "g", "g"]))
        n_angles, n_qubits = STDGATES.get(name, (1, 2))
        modifier = draw(st.sampled_from(["", "", "inv @ ", "pow(2) @ ", "ctrl @ ", "negctrl @ "]))
        n = n_qubits + ("ctrl" in modifier)
        if n > 3:
            modifier, n = "", n_qubits
        qubits = draw(st.permutations(range(3)))[:n]
        angles = [draw(st.sampled_from(EXPRESSIONS)) for _ in range(n_angles)]
        arguments = f"({', '.join(angles)})" if angles else ""
        lines.append(f"{modifier}{name}{arguments} {', '.join(f'q[{k}]' for k in qubits)};")
    return draw(st.sampled_from(BODIES)), "\n".join(lines)


class TestProperties:
    @settings(max_examples=60)
    @given(programs(), st.floats(-3, 3), st.floats(-3, 3))
    def test_random_programs(self, program: tuple[str, str], a: float, b: float) -> None:
        definition, lines = program
        head = f"{HEADER}{definition}\n"
        free = lines.format(a="a", b="b")
        circuit = from_qasm(f"{head}input float a;\ninput float b;\nqubit[3] q;\n{free}")
        # Qiskit cannot put a control on every gate with a free parameter, so it gets numbers.
        bound = lines.format(a=f"({a!r})", b=f"({b!r})")
        oracle = qiskit_matrix(f"{head}qubit[3] q;\n{bound}")
        assert_same(dense(circuit, {"a": a, "b": b}), oracle)

    @settings(max_examples=40)
    @given(programs(), st.floats(-3, 3), st.floats(-3, 3))
    def test_round_trip_of_programs(self, program: tuple[str, str], a: float, b: float) -> None:
        definition, lines = program
        text = f"{HEADER}{definition}\ninput float a;\ninput float b;\nqubit[3] q;\n"
        text += lines.format(a="a", b="b")
        circuit = from_qasm(text)
        values = {"a": a, "b": b}
        written = to_qasm(circuit)
        again = from_qasm(written)
        assert again.parameters == circuit.parameters
        assert_same(dense(again, values), dense(circuit, values))
        assert_same(dense(circuit, values), qiskit_matrix(written, values))
        assert from_qasm(to_qasm(again)).digest == again.digest

    @settings(max_examples=60)
    @given(st.data())
    def test_round_trip_of_structure(self, data: st.DataObject) -> None:
        a, b = parameter("a"), parameter("b")
        angles = [a, 2 * a, -b, a * b + 1, a - (b - 2), a / (b + 3), a**2, apply("sin", a), 0 * a]
        angles += [-(a**2), (-a) ** 2, apply("mod", a, b), 1e-7 * b, 0 * a + 0.3]
        ops: list[Rotation | Gate] = []
        for _ in range(data.draw(st.integers(0, 6))):
            if data.draw(st.booleans()):
                x, z = data.draw(st.integers(0, 15)), data.draw(st.integers(0, 15))
                word = Pauli(x, z) if x | z else Pauli(1, 0)
                ops.append(Rotation(word, data.draw(st.sampled_from(angles))))
            else:
                name = data.draw(st.sampled_from([k for k in NAMED if k != "iswap"]))
                n = NAMED[name].shape[0].bit_length() - 1
                ops.append(Gate(name, tuple(data.draw(st.permutations(range(4)))[:n])))
        circuit = Circuit(4, ops, ["b", "a", "unused"])
        again = from_qasm(to_qasm(circuit))
        assert again.digest == circuit.digest


class TestWriting:
    @pytest.mark.parametrize("letters", list(itertools.product("XYZ", repeat=2)))
    def test_rotations_as_qiskit_reads_them(self, letters: tuple[str, str]) -> None:
        word = Pauli.parse(f"{letters[0]}0 {letters[1]}2")
        circuit = Circuit(3, [Rotation(word, 2 * parameter("a"))], ["a"])
        assert_same(dense(circuit, {"a": 0.4}), qiskit_matrix(to_qasm(circuit), {"a": 0.4}))

    @pytest.mark.parametrize("name", NAMED)
    def test_named_gates_as_qiskit_reads_them(self, name: str) -> None:
        n = NAMED[name].shape[0].bit_length() - 1
        circuit = Circuit(3, [Gate(name, tuple(reversed(range(n))))])
        assert_same(dense(circuit), qiskit_matrix(to_qasm(circuit)))
        assert_same(dense(circuit), dense(from_qasm(to_qasm(circuit))))

    @pytest.mark.parametrize("n_controls", [0, 1, 2])
    @pytest.mark.parametrize("kind", ["random", "diagonal", "flip", "phase"])
    def test_controlled_one_qubit_matrices(self, kind: str, n_controls: int) -> None:
        matrix = {
            "random": np.linalg.qr(
                np.random.default_rng(1).normal(size=(2, 2))
                + 1j * np.random.default_rng(2).normal(size=(2, 2))
            )[0],
            "diagonal": np.diag(np.exp([0.3j, 1.1j])),
            "flip": np.array([[0, np.exp(0.4j)], [np.exp(-1.3j), 0]]),
            "phase": np.exp(0.3j) * np.eye(2),
        }[kind]
        qubits = (2, 0, 1)[: n_controls + 1]
        circuit = Circuit(3, [unitary(controlled(matrix, n_controls), qubits)])
        text = to_qasm(circuit)
        assert_same(dense(circuit), qiskit_matrix(text))
        assert_same(dense(circuit), dense(from_qasm(text)))

    def test_matrices_of_modified_gates_come_back_equal(self) -> None:
        circuit = body(
            f"ctrl(3) @ y {operands(4)}; ctrl @ t q[0], q[1]; inv @ ctrl @ sx q[1], q[0];", 4
        )
        assert from_qasm(to_qasm(circuit)).digest == circuit.digest

    def test_a_root_of_swap_is_written_as_rotations(self) -> None:
        circuit = body("pow(0.5) @ swap q[0], q[2];")
        assert_same(dense(circuit), dense(from_qasm(to_qasm(circuit))))

    def test_a_matrix_without_text(self) -> None:
        rng = np.random.default_rng(0)
        matrix = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]
        with pytest.raises(CircuitError, match="matrix on 2 qubits has no OpenQASM 3 text"):
            to_qasm(Circuit(2, [unitary(matrix, (0, 1))]))

    @pytest.mark.parametrize(
        ("name", "written"),
        [
            ("", "parameter"),
            ("a b", "a_b"),
            ("2a", "p_2a"),
            ("θ[0]", "θ_0"),
            ("w[0, 1]", "w_0_1"),
            ("a²", "a2"),
            ("θ₀", "θ0"),
            ("if", "if_2"),
            ("pi", "pi_2"),
            ("sin", "sin_2"),
            ("ctrl", "ctrl_2"),
            ("x!", "x_2"),
            ("∂", "parameter"),
            ("layer.0/weight", "layer_0_weight"),
            ("a\nb", "a_b"),
            ('"', "parameter"),
            ("é", "é"),
        ],
    )
    def test_names_the_language_does_not_allow(self, name: str, written: str) -> None:
        turn = Rotation(Pauli.parse("X0"), 2 * parameter(name))
        text = to_qasm(Circuit(1, [turn], [name]))
        again = from_qasm(text)
        assert again.parameters == (written,)
        assert again.renamed([name]).digest == Circuit(1, [turn], [name]).digest
        assert qiskit_matrix(text, {written: 0.3}) is not None

    def test_names_that_become_the_same(self) -> None:
        names = ("θ_0", "θ[0]", "θ(0)", "θ 0", "a.b", "a_b_2", "a b", "q", "q[0]")
        circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter(n)) for n in names], names)
        again = from_qasm(to_qasm(circuit))
        expected = ("θ_0", "θ_0_2", "θ_0_3", "θ_0_4", "a_b", "a_b_2", "a_b_3", "q", "q_0")
        assert again.parameters == expected == circuit.qasm_names
        assert again.renamed(names).digest == circuit.digest

    @settings(max_examples=40)
    @given(st.lists(st.text(max_size=6), unique=True, max_size=6))
    def test_any_names(self, names: list[str]) -> None:
        circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter(n)) for n in names], names)
        again = from_qasm(to_qasm(circuit))
        assert again.renamed(names).digest == circuit.digest

    @pytest.mark.parametrize("name", ["q", "t", "a0", "θ", "rz", "pauli_zz", "_x1", "im2"])
    def test_names_that_meet_others_in_the_text(self, name: str) -> None:
        ops = [Rotation(Pauli.parse("Z0 Z1"), parameter(name)), Gate("t", (0,))]
        circuit = Circuit(2, ops, [name])
        assert from_qasm(to_qasm(circuit)).digest == circuit.digest
