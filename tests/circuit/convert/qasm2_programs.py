"""Programs in the manner of those that are published as OpenQASM 2, made here."""

from collections.abc import Iterable

import numpy as np

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
MAJORITY = "gate majority a,b,c { cx c,b; cx c,a; ccx a,b,c; }\n"
UNMAJ = "gate unmaj a,b,c { ccx a,b,c; cx c,a; cx a,b; }\n"


def program(n: int, lines: Iterable[str], before: str = "", measured: bool = True) -> str:
    """A header, definitions, one register, the lines, and measurements at the end."""
    body = [HEAD + before + f"qreg q[{n}];", f"creg c[{n}];", *lines]
    return "\n".join([*body, *(["measure q -> c;"] if measured else [])]) + "\n"


def numbers(n: int, seed: int) -> list[float]:
    return np.random.default_rng(seed).uniform(-3, 3, n).round(6).tolist()


def ghz(n: int) -> str:
    return program(n, ["h q[0];", *(f"cx q[{k}],q[{k + 1}];" for k in range(n - 1))])


def cat_by_u2(n: int) -> str:
    return program(n, ["u2(0,pi) q[0];", *(f"CX q[0],q[{k}];" for k in range(1, n))])


def qft(n: int) -> str:
    lines = []
    for j in range(n):
        lines.append(f"h q[{j}];")
        lines += [f"cu1(pi/{2 ** (k - j)}) q[{k}],q[{j}];" for k in range(j + 1, n)]
    lines += [f"swap q[{k}],q[{n - 1 - k}];" for k in range(n // 2)]
    return program(n, ["x q[0];", "barrier q;", *lines])


def inverse_qft(n: int) -> str:
    lines = ["h q;", "barrier q;"]
    for j in range(n):
        lines += [f"u1(-pi/2^{j - k}) q[{j}];" for k in range(j)]
        lines += [f"cu1(-pi/2^{j - k}) q[{k}],q[{j}];" for k in range(j)]
        lines.append(f"u3(pi/2,0,pi) q[{j}];")
    return program(n, lines)


def bernstein_vazirani(n: int) -> str:
    secret = [k for k in range(n - 1) if k % 2 == 0]
    around = ["h q;"]
    oracle = [f"cx q[{k}],q[{n - 1}];" for k in secret]
    ends = [f"measure q[{k}] -> c[{k}];" for k in range(n - 1)]
    lines = [f"x q[{n - 1}];", *around, "barrier q;", *oracle, "barrier q;", *around, *ends]
    return program(n, lines, measured=False)


def deutsch(n: int) -> str:
    lines = [f"x q[{n - 1}];", "h q;", *(f"cx q[{k}],q[{n - 1}];" for k in range(n - 1)), "h q;"]
    return program(n, lines)


def adder(bits: int) -> str:
    """A ripple of majorities on cin, a, b and cout."""
    lines = [
        HEAD,
        MAJORITY,
        UNMAJ,
        f"qreg cin[1];\nqreg a[{bits}];\nqreg b[{bits}];\nqreg cout[1];",
    ]
    lines += [f"creg ans[{bits + 1}];", "x a[0];", "x b;"]
    lines.append("majority cin[0],b[0],a[0];")
    lines += [f"majority a[{k}],b[{k + 1}],a[{k + 1}];" for k in range(bits - 1)]
    lines.append(f"cx a[{bits - 1}],cout[0];")
    lines += [f"unmaj a[{k}],b[{k + 1}],a[{k + 1}];" for k in reversed(range(bits - 1))]
    lines.append("unmaj cin[0],b[0],a[0];")
    lines += [f"measure b[{k}] -> ans[{k}];" for k in range(bits)]
    return "\n".join([*lines, f"measure cout[0] -> ans[{bits}];"])


def ising(n: int) -> str:
    lines = ["h q;"]
    for step, t in enumerate(numbers(3, n)):
        for k in range(n - 1):
            lines += [f"cx q[{k}],q[{k + 1}];", f"rz({t}) q[{k + 1}];", f"cx q[{k}],q[{k + 1}];"]
        lines += [f"rx({t} / (1 + {step})) q[{k}];" for k in range(n)]
    return program(n, lines)


def qaoa(n: int) -> str:
    gamma, beta = numbers(2, n + 50)
    lines = ["h q;", *(f"rzz({gamma}) q[{k}],q[{(k + 1) % n}];" for k in range(n))]
    return program(n, [*lines, "barrier q;", *(f"rx(2*{beta}) q[{k}];" for k in range(n))])


def vqe(n: int) -> str:
    values = iter(numbers(6 * n, n + 100))
    lines = []
    for _ in range(2):
        lines += [f"ry({next(values)}) q[{k}];" for k in range(n)]
        lines += [f"u3({next(values)},-pi/2,pi/2) q[{k}];" for k in range(n)]
        lines += [f"cz q[{k}],q[{k + 1}];" for k in range(n - 1)]
    return program(n, lines)


def unitary_coupled_cluster(n: int) -> str:
    lines = ["x q[0];"]
    for k, t in enumerate(numbers(n - 1, n + 150)):
        pair = f"q[{k}],q[{k + 1}]"
        lines += [f"rx(pi/2) q[{k}];", f"h q[{k + 1}];", f"cx {pair};", f"rz({t}) q[{k + 1}];"]
        lines += [f"cx {pair};", f"rx(-pi/2) q[{k}];", f"h q[{k + 1}];"]
    return program(n, lines)


def neural_network(n: int) -> str:
    values = iter(numbers(8 * n, n + 200))
    lines = [f"ry({next(values)}) q[{k}];" for k in range(n)]
    for _ in range(2):
        lines += [f"rxx({next(values)}) q[{k}],q[{k + 1}];" for k in range(n - 1)]
        lines += [f"crz({next(values)}) q[{k}],q[{k + 1}];" for k in range(n - 1)]
        lines += [f"cu3({next(values)},0.1,-0.2) q[{k + 1}],q[{k}];" for k in range(n - 1)]
    return program(n, lines)


def swap_test(n: int) -> str:
    """Two registers of n qubits and an ancilla."""
    lines = [HEAD, f"qreg anc[1]; qreg a[{n}]; qreg b[{n}]; creg c[1];", "reset anc;"]
    lines += [f"ry(0.3*{k + 1}) a[{k}]; ry(1/{k + 2}) b[{k}];" for k in range(n)]
    lines += ["h anc;", *(f"cswap anc[0],a[{k}],b[{k}];" for k in range(n)), "h anc;"]
    return "\n".join([*lines, "measure anc -> c;"])


def broadcast_swap_test(n: int) -> str:
    defined = "gate fredkin a,b,c { cx c,b; ccx a,b,c; cx c,b; }\n"
    lines = [HEAD, defined, f"qreg one[1]; qreg a[{n}]; qreg b[{n}];", "u2(0,pi) a; h one;"]
    return "\n".join([*lines, *(f"fredkin one[0],a[{k}],b[{k}];" for k in range(n)), "h one;"])


def grover(n: int, marked: int) -> str:
    flips = [f"x q[{k}];" for k in range(n) if not marked >> k & 1]
    phase = {2: "cz q[0],q[1];", 3: "h q[2]; ccx q[0],q[1],q[2]; h q[2];"}
    phase[4] = "h q[3]; c3x q[0],q[1],q[2],q[3]; h q[3];"
    around = ["h q;", "x q;", phase[n], "x q;", "h q;"]
    return program(n, ["h q;", *flips, phase[n], *flips, *around])


def simon(n: int) -> str:
    lines = [f"h q[{k}];" for k in range(n)]
    lines += [f"cx q[{k}],q[{n + k}];" for k in range(n)]
    lines += [f"cx q[0],q[{n + k}];" for k in range(n) if k % 2]
    return program(2 * n, [*lines, *(f"h q[{k}];" for k in range(n))])


def hidden_shift(n: int) -> str:
    pairs = [f"cz q[{k}],q[{k + 1}];" for k in range(0, n - 1, 2)]
    return program(n, ["h q;", "x q[0];", *pairs, "x q[0];", "h q;", *pairs, "h q;"])


def w_state(n: int) -> str:
    defined = "gate cg(t) a,b { u3(t/2,0,0) b; cx a,b; u3(-t/2,0,0) b; cx a,b; }\n"
    lines = ["x q[0];"]
    for k in range(n - 1):
        lines.append(f"cg(2*acos(sqrt(1/{n - k}))) q[{k}],q[{k + 1}];")
        lines.append(f"cx q[{k + 1}],q[{k}];")
    return program(n, lines, defined)


def phase_estimation(n: int) -> str:
    lines = [f"x q[{n}];", *(f"h q[{k}];" for k in range(n))]
    lines += [f"cu1(2*pi*0.3*{2**k}) q[{k}],q[{n}];" for k in range(n)]
    for j in reversed(range(n)):
        lines += [f"cu1(-pi/2^({k - j})) q[{k}],q[{j}];" for k in range(j + 1, n)]
        lines.append(f"h q[{j}];")
    return program(n + 1, lines)


def toffoli(n: int) -> str:
    parts = "h c; cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; cx a,c; t b; t c; h c;"
    defined = f"gate toffoli a,b,c {{ {parts} cx a,b; t a; tdg b; cx a,b; }}\n"
    lines = [
        "x q[0];",
        "h q[1];",
        *(f"toffoli q[{k}],q[{k + 1}],q[{k + 2}];" for k in range(n - 2)),
    ]
    return program(n, lines, defined)


def encoder(n: int) -> str:
    """A repetition code without its corrections."""
    lines = ["ry(0.7) q[0];", *(f"cx q[0],q[{k}];" for k in range(1, n)), "barrier q;", "h q;"]
    return program(n, [*lines, *(f"id q[{k}];" for k in range(n)), "u0(1) q[0];"])


def random_walk(n: int) -> str:
    lines = ["h q[0];"]
    for _ in range(2):
        lines += ["h q[0];", "ccx q[0],q[1],q[2];", "cx q[0],q[1];", "x q[0];"]
        lines += ["x q[1];", "ccx q[0],q[1],q[2];", "x q[1];", "cx q[0],q[1];", "x q[0];"]
    return program(n, lines)


def gates_of_all_kinds() -> str:
    two = ["cx", "cz", "cy", "ch", "swap", "csx"]
    lines = [
        f"{name} q[{k % 4}];"
        for k, name in enumerate(["x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "id"])
    ]
    lines += [f"{name} q[{k % 4}],q[{(k + 1) % 4}];" for k, name in enumerate(two)]
    lines += ["ccx q[0],q[1],q[2];", "cswap q[1],q[2],q[3];", "rccx q[0],q[1],q[3];"]
    lines += [
        "rc3x q[3],q[1],q[0],q[2];",
        "c3x q[0],q[1],q[2],q[3];",
        "c4x q[0],q[1],q[2],q[3],q[4];",
    ]
    lines += [
        "c3sqrtx q[1],q[2],q[3],q[4];",
        "u(0.1,0.2,0.3) q[4];",
        "p(0.4) q[4];",
        "cp(0.3) q[4],q[0];",
    ]
    lines += [
        "crx(0.2) q[0],q[1];",
        "cry(0.3) q[1],q[2];",
        "crz(0.4) q[2],q[3];",
        "rxx(0.5) q[0],q[4];",
    ]
    lines += ["rzz(0.6) q[1],q[3];", "cu1(0.7) q[0],q[2];", "cu3(0.1,0.2,0.3) q[3],q[4];"]
    lines += ["cu(0.1,0.2,0.3,0.4) q[2],q[0];", "U(pi/2,-pi/3,ln(2)) q[0];", "CX q[4],q[1];"]
    return program(5, lines)


def expressions() -> str:
    texts = [
        "pi/2",
        "-pi",
        "2^3^0.5",
        "-2^2",
        "(1+2)*3/4",
        "sin(pi/3)",
        "cos(1)-tan(0.2)",
        "exp(-1)",
    ]
    texts += ["ln(3)", "sqrt(2)", "1/2", "3e-1", ".5", "2.", "-(-1)", "1.5E+0*pi", "2*-1", "3-1-1"]
    return program(2, [f"rx({text}) q[{k % 2}]; h q;" for k, text in enumerate(texts)])


def definitions() -> str:
    before = (
        "gate pre(a,b) q { U(0,0,(a+b)/2) q; }\n"
        "gate two(t) a,b { pre(t,-t/2) a; barrier a,b; CX a,b; pre(2*t,pi) b; rzz(t^2) a,b; }\n"
        "gate empty a { }\ngate bracket() a { x a; }\n"
    )
    lines = ["two(0.3) q[0],q[1]; empty q[1]; bracket q[2]; bracket() q[0];", "two(1/3) q[2],q[0];"]
    return program(3, lines, before)


def registers() -> str:
    lines = [
        "qreg a[3];",
        "qreg b[3];",
        "qreg one[1];",
        "creg m[3];",
        "h a;",
        "cx a,b;",
        "rx(0.2) b;",
    ]
    lines += [
        "cx a[1],b;",
        "cu1(0.4) b,one[0];",
        "cz one[0],a;",
        "barrier a,b[1],one;",
        "measure b -> m;",
    ]
    return HEAD + "\n".join(lines)


def without_library() -> str:
    return (
        "// a comment first\nOPENQASM 2.0;\nqreg input[2]; creg output[2];\n"
        "gate h a { U(pi/2,0,pi) a; }\ngate cnot a,b { CX a,b; }\n"
        "h input[0]; cnot input[0],input[1];\nmeasure input[0]->output[0];\n"
    )


def keywords_of_the_next_version() -> str:
    lines = [
        "qreg bit[2];",
        "qreg float[1];",
        "creg int[2];",
        "gate box(angle) in { rx(angle) in; }",
    ]
    lines += ["box(0.3) bit[0];", "cx bit[0],float[0];", "h bit;", "measure bit -> int;"]
    return HEAD + "\n".join(lines)


def opaque_that_is_not_called() -> str:
    return program(2, ["h q;"], "opaque magic(a,b) q,r;\nopaque wand q;\n")


def made() -> dict[str, str]:
    """All of them by name."""
    sizes = {
        ghz: (2, 3, 5, 8),
        cat_by_u2: (3, 6),
        qft: (2, 3, 4, 6),
        inverse_qft: (2, 3, 5),
        bernstein_vazirani: (3, 5, 8),
        deutsch: (2, 4),
        adder: (1, 2, 3),
        ising: (2, 4, 6),
        qaoa: (3, 5, 7),
        vqe: (2, 4, 6),
        unitary_coupled_cluster: (2, 4, 6),
        neural_network: (2, 4, 8),
        swap_test: (1, 2, 3),
        broadcast_swap_test: (1, 3),
        simon: (2, 3),
        hidden_shift: (4, 6),
        w_state: (2, 3, 5),
        phase_estimation: (2, 3, 5),
        toffoli: (3, 5),
        encoder: (3, 5),
        random_walk: (3, 4),
    }
    found = {f"{f.__name__}({n})": f(n) for f, several in sizes.items() for n in several}
    found |= {f"grover({n}, {m})": grover(n, m) for n in (2, 3, 4) for m in (0, 1, 2**n - 1)}
    single = (gates_of_all_kinds, expressions, definitions, registers, without_library)
    single += (keywords_of_the_next_version, opaque_that_is_not_called)
    found |= {f.__name__: f() for f in single}
    # The same with the endings and the mark of other systems.
    found["ghz(3), carriage returns"] = ghz(3).replace("\n", "\r\n")
    found["qft(3), in one line"] = qft(3).replace("\n", " ")
    found["vqe(2), byte order mark"] = "\ufeff" + vqe(2)
    found["adder(1), comments"] = adder(1).replace(";", "; // done\n")
    found["ising(2), OPENQASM 2"] = ising(2).replace("2.0", "2")
    found["w_state(3), spaces"] = w_state(3).replace(",", " ,\t").replace("(", " ( ")
    found["qaoa(3), resets first"] = qaoa(3).replace("h q;", "reset q; h q;", 1)
    return found
