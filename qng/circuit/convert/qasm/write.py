"""A circuit as OpenQASM 3 text."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Amplitudes
from qng.circuit.angle import as_angle
from qng.circuit.circuit import Circuit
from qng.circuit.convert.lowering import IDENTITY
from qng.circuit.convert.matrices import generator, logarithm
from qng.circuit.convert.qasm.identifiers import identifiers
from qng.circuit.gate import NAMED, Gate, Rotation, without_control
from qng.errors import CircuitError

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


def to_qasm(circuit: Circuit) -> str:
    """The circuit as OpenQASM 3 text.

    `from_qasm` reads it back to the same rotations and named gates. Matrices are written as gates
    of stdgates.inc under modifiers, as U, or as fixed rotations, equal up to a global phase. Other
    readers refuse parameters that are named as a gate of stdgates.inc.

    Args:
        circuit: What is written.

    Returns:
        The text, with one `input float[64]` a parameter and one register. A parameter whose name
        the language does not allow, such as "θ[0]", has another one (`identifiers`), with its own
        in a comment.

    Raises:
        CircuitError: A matrix on several qubits that is none of the above.
    """
    made = identifiers(circuit.parameters)
    inputs = [
        f"input float[64] {name};" + ("" if name == own else f"  // {_in_a_line(own)}")
        for name, own in zip(made, circuit.parameters)
    ]
    if made != circuit.parameters:
        circuit = circuit.renamed(made)
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
        inputs,
        list(definitions.values()),
        [f"qubit[{circuit.n_qubits}] {register};"],
        lines,
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _in_a_line(name: str) -> str:
    """A name for a comment."""
    return "".join(c if c.isprintable() else " " for c in name)


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
    alpha, theta, phi, lam = _euler_angles(array)
    if not n_controls:
        return [f"U({theta!r}, {phi!r}, {lam!r}) {_operands(register, qubits)};"]
    # U = exp(i (phi + lambda)/2) RZ(phi) RY(theta) RZ(lambda): not everybody has the phase of U
    # under controls.
    modifier, phase = f"ctrl({n_controls}) @ ", alpha + (phi + lam) / 2
    lines = [f"{modifier}gphase({phase!r}) {_operands(register, qubits[:-1])};"] if phase else []
    turns = (("rz", lam), ("ry", theta), ("rz", phi))
    where = _operands(register, qubits)
    return lines + [f"{modifier}{name}({angle!r}) {where};" for name, angle in turns if angle]


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
