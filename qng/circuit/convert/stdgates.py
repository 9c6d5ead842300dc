"""The gates of OpenQASM 3's stdgates.inc and its builtins, lowered.

With the turns in the order in which they act, and Phase(t) = exp(it),

    p(t) = Phase(t/2) RZ(t),    U(t, p, l) = Phase((p + l)/2) RZ(l) RY(t) RZ(p),

which are Qiskit's matrices, global phase included.

Convention: so U, u2 and u3 are read under controls too, as Qiskit reads and writes them. The
specification of OpenQASM 3 gives U there the phase exp(it/2) beside these, and u2 and u3 that of
their definitions by it. Texts are read alike everywhere where such phases are written as gphase,
or the gates as rz and ry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi
from typing import Final

from qng.circuit.angle import Angle, as_angle
from qng.circuit.convert.lowering import IDENTITY, Element, Turn, under_control
from qng.circuit.gate import NAMED, Gate
from qng.circuit.pauli import Pauli

Lower = Callable[[Sequence[Angle], Sequence[int]], list[Element]]


@dataclass(frozen=True, slots=True)
class Lowering:
    """A gate that can be called.

    Args:
        n_angles: How many arguments it takes.
        n_qubits: How many qubits it acts on.
        lower: (angles, qubits) -> elements.
        scales: Whether its power scales its angle; so it is for rotations and phases.
    """

    n_angles: int
    n_qubits: int
    lower: Lower
    scales: bool = False


def fixed(name: str) -> Lowering:
    """A gate of ours by its name."""
    n_qubits = NAMED[name].shape[0].bit_length() - 1
    return Lowering(0, n_qubits, lambda angles, qubits: [Gate(name, tuple(qubits))])


def _rotation(letter: str) -> Lowering:
    def lower(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
        return [_turn(letter, qubits[0], angles[0])]

    return Lowering(1, 1, lower, scales=True)


def _phase(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    source = object()
    return [
        Turn(IDENTITY, -angles[0], source),
        Turn(_turn("Z", qubits[0], angles[0]).pauli, angles[0], source),
    ]


def _global_phase(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return [Turn(IDENTITY, -2.0 * angles[0], object())]


def _u(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    t, p, l = angles  # noqa: E741
    turns = [
        Turn(IDENTITY, -(p + l), object()),
        _turn("Z", qubits[0], l),
        _turn("Y", qubits[0], t),
        _turn("Z", qubits[0], p),
    ]
    return [turn for turn in turns if turn.angle.number != 0.0]


def _u2(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return _u([as_angle(pi / 2), *angles], qubits)


def _cu(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    inner = [*_global_phase(angles[3:], ()), *_u(angles[:3], qubits[1:])]
    return under_control(inner, qubits[:1])


def _controlled(gate: Lowering) -> Lowering:
    def lower(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
        return under_control(gate.lower(angles, qubits[1:]), qubits[:1])

    return Lowering(gate.n_angles, gate.n_qubits + 1, lower, gate.scales)


def _turn(letter: str, qubit: int, angle: Angle) -> Turn:
    return Turn(Pauli.on(letter, [qubit]), angle, object())


BUILTIN: Final[dict[str, Lowering]] = {
    "U": Lowering(3, 1, _u),
    "gphase": Lowering(1, 0, _global_phase, scales=True),
}

_P: Final = Lowering(1, 1, _phase, scales=True)
_FIXED: Final = "id x y z h s sdg t tdg sx cx cy cz ch swap ccx cswap"

STDGATES: Final[dict[str, Lowering]] = {
    **{name: fixed(name) for name in _FIXED.split()},
    "CX": fixed("cx"),
    **{f"r{letter.lower()}": _rotation(letter) for letter in "XYZ"},
    **{f"cr{letter.lower()}": _controlled(_rotation(letter)) for letter in "XYZ"},
    **dict.fromkeys(("p", "phase", "u1"), _P),
    **{name: _controlled(_P) for name in ("cp", "cphase")},
    "u2": Lowering(2, 1, _u2),
    "u3": Lowering(3, 1, _u),
    "cu": Lowering(4, 2, _cu),
}
