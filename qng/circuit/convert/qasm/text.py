"""OpenQASM 3 text to a circuit and back."""

from __future__ import annotations

import cmath
import math
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qng import checks
from qng.arrays import Amplitudes
from qng.circuit.angle import as_angle
from qng.circuit.circuit import Circuit
from qng.circuit.convert.lowering import IDENTITY
from qng.circuit.convert.matrices import generator, logarithm
from qng.circuit.functions import CONSTANTS, FUNCTIONS, ON_BITS
from qng.circuit.gate import NAMED, Gate, Rotation, without_control
from qng.errors import CircuitError, InputError

# Names that stdgates.inc does not have, by names that it has.
_SPELLED: Final = {
    "sxdg": "inv @ sx",
    "cs": "ctrl @ s",
    "csdg": "ctrl @ sdg",
    "csx": "ctrl @ sx",
    "ccz": "ctrl @ cz",
}
_UNSPELT: Final = ("unitary", "iswap")
_LOGARITHM_QUBITS: Final = 4

# sx turns Y into Z, h turns X into Z.
_BASIS: Final = {"X": ("h {};", "h {};"), "Y": ("sx {};", "inv @ sx {};"), "Z": ("", "")}

_RESERVED: Final = frozenset(
    """
    OPENQASM include defcalgrammar def cal defcal gate extern box let break continue if else end
    return for while in switch case default nop pragma input output const readonly mutable qreg
    qubit creg bool bit int uint float angle complex array void duration stretch gphase inv pow
    ctrl negctrl durationof sizeof delay reset measure barrier true false im U real imag
    """.split()  # noqa: SIM905
).union(FUNCTIONS, ON_BITS, CONSTANTS)


def from_qasm(source: str | Path) -> Circuit:
    """A circuit from OpenQASM 3.

    Inputs of type float or angle are the parameters, in the order of their declaration; angles
    are real numbers, of no particular width. Annotations are ignored, as the language asks.

    Args:
        source: The text, or the path of a file. A string is text where it holds a newline or a
            semicolon or begins with OPENQASM.

    Returns:
        The circuit, with every gate lowered to Pauli rotations and fixed gates.

    Raises:
        QasmError: With line and column: text that is not OpenQASM 3, or not a unitary circuit.
        InputError: The file does not exist or is not text.
    """
    from qng.circuit.convert.qasm.tree import read

    if isinstance(source, str) and _is_text(source):
        return read(source)
    path = checks.path("OpenQASM 3", source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise InputError(
            f"{str(path)!r} cannot be read as an OpenQASM 3 file: {why}; "
            "give the path of a file, or the text itself"
        ) from error
    return read(text)


def to_qasm(circuit: Circuit) -> str:
    """The circuit as OpenQASM 3 text.

    `from_qasm` reads it back to the same rotations and named gates. Matrices are written as gates
    of stdgates.inc under modifiers, as U, or as fixed rotations, equal up to a global phase. Other
    readers refuse parameters that are named as a gate of stdgates.inc.

    Args:
        circuit: What is written.

    Returns:
        The text, with one `input float[64]` a parameter and one register.

    Raises:
        CircuitError: A parameter whose name the language does not allow, or a matrix on several
            qubits that is none of the above.
    """
    for name in circuit.parameters:
        _check_name(name)
    register = _free("q", circuit.parameters)
    definitions: dict[str, str] = {}
    lines: list[str] = []
    for op in circuit.ops:
        if isinstance(op, Gate):
            lines += _gate_lines(op, register, circuit.parameters, definitions)
        else:
            lines.append(_rotation_line(op, register, circuit.parameters, definitions))
    parts = [
        ["OPENQASM 3.0;", 'include "stdgates.inc";'],
        [f"input float[64] {name};" for name in circuit.parameters],
        list(definitions.values()),
        [f"qubit[{circuit.n_qubits}] {register};"],
        lines,
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _is_text(source: str) -> bool:
    stripped = source.strip()
    return "\n" in source or ";" in source or not stripped or stripped.startswith("OPENQASM")


def _check_name(name: str) -> None:
    letters = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
    fits = bool(name) and all(
        c == "_" or unicodedata.category(c) in letters or (k > 0 and c in "0123456789")
        for k, c in enumerate(name)
    )
    if not fits or name in _RESERVED:
        what = "a reserved word" if fits else "not an identifier"
        raise CircuitError(
            f"the parameter {name!r} is {what} of OpenQASM 3; write "
            "circuit.renamed(...) with names that are identifiers"
        )


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _operands(register: str, qubits: Sequence[int]) -> str:
    return ", ".join(f"{register}[{q}]" for q in qubits)


def _rotation_line(
    rotation: Rotation, register: str, parameters: Sequence[str], definitions: dict[str, str]
) -> str:
    letters = "".join(rotation.pauli.letter(q) for q in rotation.qubits)
    if len(letters) == 1:
        name = f"r{letters.lower()}"
    else:
        name = _free(f"pauli_{letters.lower()}", parameters)
        definitions.setdefault(name, _definition(name, letters))
    return f"{name}({rotation.angle}) {_operands(register, rotation.qubits)};"


def _definition(name: str, letters: str) -> str:
    wires = [f"a{k}" for k in range(len(letters))]
    into, out = (
        [_BASIS[letter][side].format(wire) for letter, wire in zip(letters, wires)]
        for side in (0, 1)
    )
    ladder = [f"cx {a}, {b};" for a, b in pairwise(wires)]
    body = [*into, *ladder, f"rz(t) {wires[-1]};", *reversed(ladder), *out]
    return f"gate {name}(t) {', '.join(wires)} {{ {' '.join(line for line in body if line)} }}"


def _gate_lines(
    gate: Gate, register: str, parameters: Sequence[str], definitions: dict[str, str]
) -> list[str]:
    array = gate.array()
    known = _known(array) if gate.name in _UNSPELT else _SPELLED.get(gate.name, gate.name)
    if known is not None:
        return [f"{known} {_operands(register, gate.qubits)};"]
    inner, n_controls = array, 0
    while (deeper := without_control(inner)) is not None:
        inner, n_controls = deeper, n_controls + 1
    if len(inner) == 2:
        return _one_qubit_lines(inner, n_controls, register, gate.qubits)
    if len(gate.qubits) <= _LOGARITHM_QUBITS:
        parts = generator(logarithm(array), gate.qubits)
        if parts is not None:
            turns = [Rotation(p, as_angle(-2.0 * c)) for p, c in parts if p != IDENTITY]
            return [_rotation_line(turn, register, parameters, definitions) for turn in turns]
    raise CircuitError(
        f"a matrix on {len(gate.qubits)} qubits has no OpenQASM 3 text; "
        "write it as named gates and rotations"
    )


def _known(array: Amplitudes) -> str | None:
    """A gate of stdgates.inc under modifiers that is this matrix exactly."""
    for name, matrix in NAMED.items():
        spelled = _SPELLED.get(name, name)
        if name in _UNSPELT or matrix.shape != array.shape:
            continue
        if _close(matrix, array):
            return spelled
        if _close(matrix.conj().T, array):
            return f"inv @ {spelled}"
    inner = without_control(array)
    known = None if inner is None else _known(inner)
    return None if known is None else f"ctrl @ {known}"


def _close(a: Amplitudes, b: NDArray[Any]) -> bool:
    return bool(np.allclose(a, b, rtol=0, atol=1e-12))


def _one_qubit_lines(
    array: Amplitudes, n_controls: int, register: str, qubits: Sequence[int]
) -> list[str]:
    alpha, *angles = _euler_angles(array)
    line = f"U({', '.join(map(repr, angles))}) {_operands(register, qubits)};"
    if not n_controls:
        return [line]
    modifier = f"ctrl({n_controls}) @ "
    phase = f"{modifier}gphase({alpha!r}) {_operands(register, qubits[:-1])};"
    return [phase, modifier + line] if alpha else [modifier + line]


def _euler_angles(array: Amplitudes) -> tuple[float, float, float, float]:
    """(alpha, theta, phi, lambda) of a matrix exp(i alpha) U(theta, phi, lambda) on one qubit.

    U = [[cos(theta/2),              -exp(i lambda) sin(theta/2)       ],
         [exp(i phi) sin(theta/2),   exp(i (phi + lambda)) cos(theta/2)]]
    """
    top, bottom = array.tolist()
    alpha = cmath.phase(top[0]) if abs(top[0]) > 1e-12 else 0.0
    theta = 2 * math.atan2(abs(bottom[0]), abs(top[0]))
    if abs(bottom[0]) > 1e-12:
        return alpha, theta, cmath.phase(bottom[0]) - alpha, cmath.phase(-top[1]) - alpha
    return alpha, theta, 0.0, cmath.phase(bottom[1]) - alpha
