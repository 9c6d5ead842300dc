"""PennyLane's gates that are products of rotations by themselves, global phase included.

With the turns in the order in which they act, and wires a, b, ... in PennyLane's order,

    Rot(p, t, o)          = RZ(p) RY(t) RZ(o)
    IsingXY(t)            = XX(-t/2) YY(-t/2)
    PSWAP(t)              = Phase(t/2) ZZ(t) SWAP
    SingleExcitation(t)   = XY(-t/2) YX(t/2)
    FermionicSWAP(t)      = Phase(t/2) ZI(t/2) IZ(t/2) XX(t/2) YY(t/2)
    OrbitalRotation(t)    = YZXI(t/2) XZYI(-t/2) IYZX(t/2) IXZY(-t/2)
    GlobalPhase(t)        = Phase(-t)

with Phase(t) = exp(it); DoubleExcitation is eight words that commute, and the fermionic
excitations have letters Z on the wires between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, Final

import numpy as np

from qng.circuit.angle import Angle
from qng.circuit.convert.lowering import Element, Turn, scaled
from qng.circuit.convert.pennylane.refuse import what
from qng.circuit.convert.stdgates import BUILTIN, STDGATES, Lowering
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli
from qng.errors import CircuitError

_MATRIX_QUBITS: Final = 8


def _turns(*parts: tuple[str, float]) -> Lowering:
    """Turns about words of fixed letters by fixed multiples of one angle; "" is the identity."""

    def lowered(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
        source = object()
        return [Turn(Pauli.on(w, qubits), scaled(angles[0], c), source) for w, c in parts]

    return Lowering(1, max(len(w) for w, _ in parts), lowered, scales=True)


def diagonal(values: Sequence[float]) -> list[tuple[str, float]]:
    """exp(i t d) for d = `values`, whose first wire is the most significant bit."""
    n = len(values).bit_length() - 1
    letters = ["".join(word) for word in product("IZ", repeat=n)]
    index = np.arange(len(values))
    signs = 1.0 - 2.0 * (np.bitwise_count(index[:, None] & index) & 1)
    coefficients = signs @ np.asarray(values, dtype=float) / len(values)
    return [(w, -2.0 * float(c)) for w, c in zip(letters, coefficients) if abs(c) > 1e-15]


def _excitation(n: int) -> list[tuple[str, float]]:
    """The rotation by t/2 from |0^n 1^n> towards |1^n 0^n>.

    With |1><0| = (X - iY)/2 the transfer T = |1^n 0^n><0^n 1^n| is a sum c_P P, and the rotation
    is exp((T - T^dagger) t/2), about each word by -2 Im(c_P) t.
    """
    parts: list[tuple[str, float]] = []
    for word in product("XY", repeat=2 * n):
        c = np.prod([(1, -1j if k < n else 1j)[letter == "Y"] for k, letter in enumerate(word)])
        if c.imag:
            parts.append(("".join(word), -2.0 * float(c.imag) / 4**n))
    return parts


def _excitation_and_phase(n: int, others: float) -> Lowering:
    """The same, and all other states times exp(i t others)."""
    kept = {2**n - 1, (2**n - 1) << n}
    phases = [0.0 if k in kept else others for k in range(4**n)]
    return _turns(*_excitation(n), *diagonal(phases))


def _fermionic_single(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    between = "Z" * (len(qubits) - 2)
    return _turns((f"Y{between}X", -0.5), (f"X{between}Y", 0.5)).lower(angles, qubits)


def _fermionic_double(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    first, second = ("Z" * (len(op.hyperparameters[name]) - 2) for name in ("wires1", "wires2"))
    parts = [(w[0] + first + w[1:3] + second + w[3], f) for w, f in _excitation(2)]
    return _turns(*parts).lower(angles, qubits)


def _rot(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    gates = zip(("rz", "ry", "rz"), angles)
    return [e for name, angle in gates for e in STDGATES[name].lower([angle], qubits)]


def _pswap(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    phase = _turns(("", -1.0), ("ZZ", 1.0)).lower(angles, qubits)
    return [*phase, Gate("swap", tuple(qubits))]


def _multi_rz(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return _turns(("Z" * len(qubits), 1.0)).lower(angles, qubits)


def _pauli_rot(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return _turns((op.hyperparameters["pauli_word"], 1.0)).lower(angles, qubits)


def _projector_phase(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    if len(qubits) > _MATRIX_QUBITS:
        raise CircuitError(
            f"{what(op)} is 2^{len(qubits)} rotations; at most {_MATRIX_QUBITS} wires are lowered"
        )
    inside = op.hyperparameters["dimension"][0]
    signs = [1.0 if k < inside else -1.0 for k in range(2 ** len(qubits))]
    return _turns(*diagonal(signs)).lower(angles, qubits)


TABLE: Final[dict[str, Lowering]] = {
    **{f"R{letter}": STDGATES[f"r{letter.lower()}"] for letter in "XYZ"},
    **dict.fromkeys(("PhaseShift", "U1"), STDGATES["p"]),
    "U2": STDGATES["u2"],
    "U3": BUILTIN["U"],
    "Rot": Lowering(3, 1, _rot),
    "GlobalPhase": _turns(("", 2.0)),
    **{f"Ising{word}": _turns((word, 1.0)) for word in ("XX", "YY", "ZZ")},
    "IsingXY": _turns(("XX", -0.5), ("YY", -0.5)),
    "PSWAP": Lowering(1, 2, _pswap),
    "CPhaseShift00": _turns(*diagonal([1.0, 0.0, 0.0, 0.0])),
    "CPhaseShift01": _turns(*diagonal([0.0, 1.0, 0.0, 0.0])),
    "CPhaseShift10": _turns(*diagonal([0.0, 0.0, 1.0, 0.0])),
    "SingleExcitation": _turns(*_excitation(1)),
    "SingleExcitationPlus": _excitation_and_phase(1, 0.5),
    "SingleExcitationMinus": _excitation_and_phase(1, -0.5),
    "DoubleExcitation": _turns(*_excitation(2)),
    "DoubleExcitationPlus": _excitation_and_phase(2, 0.5),
    "DoubleExcitationMinus": _excitation_and_phase(2, -0.5),
    "FermionicSWAP": _turns(("", -1.0), ("Z", 0.5), ("IZ", 0.5), ("XX", 0.5), ("YY", 0.5)),
    "OrbitalRotation": _turns(("YZX", 0.5), ("XZY", -0.5), ("IYZX", 0.5), ("IXZY", -0.5)),
}

SPECIAL: Final[dict[str, Callable[[Any, Sequence[Angle], Sequence[int]], list[Element]]]] = {
    "MultiRZ": _multi_rz,
    "PauliRot": _pauli_rot,
    "PCPhase": _projector_phase,
    "FermionicSingleExcitation": _fermionic_single,
    "FermionicDoubleExcitation": _fermionic_double,
}

NAMED: Final = {
    "Hadamard": "h",
    **{f"Pauli{letter}": letter.lower() for letter in "XYZ"},
    **{"S": "s", "T": "t", "SX": "sx", "SWAP": "swap", "ISWAP": "iswap"},
}
