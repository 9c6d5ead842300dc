"""The gates of OpenQASM 2's qelib1.inc, as Qiskit has it, lowered.

OpenQASM 3 renames some of them, and drops others that are written all the same: all are known in
both versions, and a text may define those again that its own standard does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qng.circuit.angle import Angle, as_angle
from qng.circuit.convert.lowering import Element, Turn, under_control
from qng.circuit.convert.stdgates import STDGATES, Lower, Lowering, fixed
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli


def _pair(letter: str) -> Lowering:
    def lower(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
        return [Turn(Pauli.on(letter * 2, qubits), angles[0], object())]

    return Lowering(1, 2, lower, scales=True)


def _under(n_controls: int, name: str) -> Lowering:
    def lower(_: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
        return under_control([Gate(name, tuple(qubits[n_controls:]))], qubits[:n_controls])

    return Lowering(0, n_controls + 1, lower)


def _controlled_u(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return STDGATES["cu"].lower([*angles, as_angle(0.0)], qubits)


def _nothing(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return [Gate("id", tuple(qubits))]


def _written(steps: str) -> Lower:
    """Gates by name with the places of their qubits, such as "h2 cx12 t2"."""

    def lower(_: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
        elements: list[Element] = []
        for step in steps.split():
            name = step.rstrip("0123")
            elements.append(Gate(name, tuple(qubits[int(q)] for q in step[len(name) :])))
        return elements

    return lower


# Toffoli gates up to phases of some states: fewer CX for what is undone later.
_RCCX: Final = "h2 t2 cx12 tdg2 cx02 t2 cx12 tdg2 h2"
_RC3X: Final = "h3 t3 cx23 tdg3 h3 cx03 t3 cx13 tdg3 cx03 t3 cx13 tdg3 h3 t3 cx23 tdg3 h3"

QELIB1: Final[dict[str, Lowering]] = {
    **{name: STDGATES[name] for name in STDGATES if name not in ("CX", "phase", "cphase")},
    "u": STDGATES["u3"],
    "u0": Lowering(1, 1, _nothing),
    "sxdg": fixed("sxdg"),
    "csx": fixed("csx"),
    "cu1": STDGATES["cp"],
    "cu3": Lowering(3, 2, _controlled_u),
    "rxx": _pair("X"),
    "rzz": _pair("Z"),
    "rccx": Lowering(0, 3, _written(_RCCX)),
    "rc3x": Lowering(0, 4, _written(_RC3X)),
    "c3x": _under(3, "x"),
    "c3sqrtx": _under(3, "sx"),
    "c4x": _under(4, "x"),
}
"""By name; two-qubit rotations are turns exp(-i t PP/2)."""
