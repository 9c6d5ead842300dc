"""A circuit as OpenQASM 3 text.

A rotation about several qubits becomes a gate definition, a CX ladder around an RZ, which the
reader turns back into one rotation.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Final

import numpy as np

from qng.circuit import Circuit
from qng.convert.gates import STDGATES
from qng.errors import CircuitError
from qng.gate import Gate, Matrix, Rotation, controlled

_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")

# Words of the language that are no parameter names.
_RESERVED: Final = frozenset(
    """
    OPENQASM include defcalgrammar def cal defcal gate extern box let break continue if else end
    return for while in switch case default nop pragma input output const readonly mutable qreg
    qubit creg bool bit int uint float angle complex array void duration stretch gphase inv pow
    ctrl negctrl dim durationof delay reset measure barrier true false im U pi tau euler arccos
    arcsin arctan ceiling cos exp floor log mod popcount rotl rotr sin sizeof sqrt tan
    """.split()  # noqa: SIM905
)

_SPELLED: Final = {
    "sxdg": "inv @ sx",
    "cs": "ctrl @ s",
    "csdg": "ctrl @ sdg",
    "csx": "ctrl @ sx",
    "ccz": "ctrl @ cz",
}

_ISWAP: Final = "gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }"


def to_qasm(circuit: Circuit) -> str:
    """OpenQASM 3 text of a circuit, up to its global phase.

    Args:
        circuit: The circuit.

    Returns:
        Text with one `input float[64]` a parameter, in their order.

    Raises:
        CircuitError: A parameter whose name is not an identifier of OpenQASM 3, or a gate given
            as a matrix on several qubits that is not a controlled one-qubit gate.
    """
    taken = {*circuit.parameters, *STDGATES}
    register = next(name for name in ("q", "qubits", "q_0", "q_1") if name not in taken)
    definitions: dict[str, str] = {}
    lines = [line for op in circuit.ops for line in _statements(op, register, definitions)]
    for name in circuit.parameters:
        if not _IDENTIFIER.fullmatch(name) or name in _RESERVED or name in STDGATES:
            raise CircuitError(f"the parameter name {name!r} cannot be written in OpenQASM 3")
        if name in definitions:
            raise CircuitError(f"the parameter name {name!r} is that of a gate")
    parts = [
        ["OPENQASM 3.0;", 'include "stdgates.inc";'],
        list(definitions.values()),
        [f"input float[64] {name};" for name in circuit.parameters],
        [f"qubit[{circuit.n_qubits}] {register};"],
        lines,
    ]
    return "\n".join("\n".join(part) + "\n" for part in parts if part)


def _statements(op: Rotation | Gate, register: str, definitions: dict[str, str]) -> list[str]:
    operands = ", ".join(f"{register}[{q}]" for q in op.qubits)
    if isinstance(op, Rotation):
        letters = "".join(op.pauli.letter(q) for q in op.qubits).lower()
        name = f"r{letters}" if len(letters) == 1 else f"pauli_{letters}"
        if len(letters) > 1:
            definitions[name] = _definition(name, letters)
        return [f"{name}({op.angle}) {operands};"]
    if op.name == "iswap":
        definitions["iswap"] = _ISWAP
    if op.matrix is None:
        return [f"{_SPELLED.get(op.name, op.name)} {operands};"]
    return _matrix_statements(op.array(), [f"{register}[{q}]" for q in op.qubits])


def _definition(name: str, letters: str) -> str:
    wires = [f"a{k}" for k in range(len(letters))]
    into = {"x": ["h {0};"], "y": ["sdg {0};", "h {0};"], "z": []}
    back = {"x": ["h {0};"], "y": ["h {0};", "s {0};"], "z": []}
    ladder = [f"cx {a}, {b};" for a, b in pairwise(wires)]
    body = [
        *(line.format(wire) for wire, letter in zip(wires, letters) for line in into[letter]),
        *ladder,
        f"rz(t) {wires[-1]};",
        *reversed(ladder),
        *(line.format(wire) for wire, letter in zip(wires, letters) for line in back[letter]),
    ]
    return f"gate {name}(t) {', '.join(wires)} {{ {' '.join(body)} }}"


def _matrix_statements(matrix: Matrix, operands: list[str]) -> list[str]:
    n = len(operands)
    low, high = 2 ** (n - 1) - 1, 2**n - 1
    core = matrix[np.ix_([low, high], [low, high])]
    if not np.allclose(controlled(core, n - 1), matrix, rtol=0, atol=1e-12):
        raise CircuitError(
            f"a gate given as a matrix on {n} qubits has no OpenQASM 3 text; "
            "write it with named gates"
        )
    theta = 2 * math.atan2(abs(core[1, 0]), abs(core[0, 0]))
    # U's first entry is real and not negative; where it is zero the second column sets the phase.
    phase = np.angle(core[0, 0]) if abs(core[0, 0]) > 1e-12 else np.angle(core[1, 0])
    phi = np.angle(core[1, 0]) - phase if abs(core[1, 0]) > 1e-12 else 0.0
    lam = (
        np.angle(-core[0, 1]) - phase
        if abs(core[0, 1]) > 1e-12
        else np.angle(core[1, 1]) - phase - phi
    )
    call = f"U({theta!r}, {float(phi)!r}, {float(lam)!r})"
    if n == 1:
        return [f"{call} {operands[0]};"]
    return [
        f"ctrl({n - 1}) @ {call} {', '.join(operands)};",
        f"ctrl({n - 1}) @ gphase({float(phase)!r}) {', '.join(operands[:-1])};",
    ]
