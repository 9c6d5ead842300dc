r"""A circuit, and back again at other angles: the probability of all zeros is an overlap.

    |<psi(phi')|psi(phi)>|^2 = |<0| U^\dagger(phi') U(phi) |0>|^2

An operation that commutes with everything left behind it meets its own inverse. It cancels, or,
where its angle differs, becomes one rotation by the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli

_PARTS: Final = ("forth", "turn", "back")


@dataclass(frozen=True)
class ReturnTrip:
    """What is left of a circuit followed by its inverse at other angles.

    Args:
        circuit: Forth and back.
        basis: Z on every qubit that it touches.
        picked: Where among phi, phi - phi' and -phi', one after the other, its angles stand.
    """

    circuit: Circuit
    basis: Pauli
    picked: tuple[int, ...]

    def angles(self, here: Array, there: Array) -> Array:
        """The angles of its rotations from phi and phi', each of shape (R,)."""
        picked: Array = np.concatenate([here, here - there, -there])[list(self.picked)]
        return picked


@lru_cache(maxsize=65536)
def return_trip(circuit: Circuit, changed: tuple[int, ...]) -> ReturnTrip:
    """Forth at phi and back at phi'.

    Args:
        circuit: U.
        changed: The rotations whose angles differ, at least one.
    """
    clashes = _clashes(circuit)
    different = {circuit.positions[r] for r in changed}
    both, middle, kept = [], [], 0
    for position in reversed(range(max(different) + 1)):
        if clashes[position] & kept:
            both.append(position)
        elif position in different:
            middle.append(position)
        else:
            continue
        kept |= 1 << position
    return _built(circuit, tuple(reversed(both)), tuple(reversed(middle)))


@lru_cache(maxsize=4096)
def _built(circuit: Circuit, both: tuple[int, ...], middle: tuple[int, ...]) -> ReturnTrip:
    """The trip.

    Args:
        circuit: U.
        both: The operations left on both ways, ascending.
        middle: The rotations by phi - phi', ascending.
    """
    index = {position: r for r, position in enumerate(circuit.positions)}
    ops: list[Op] = []
    names: list[str] = []
    picked: list[int] = []

    def add(position: int, op: Op, part: int) -> None:
        if isinstance(op, Rotation) and position in index:
            # Names that tell rotations apart keep overlaps apart that are equal by chance: their
            # errors are independent then.
            names.append(f"{_PARTS[part]}{index[position]}")
            picked.append(part * circuit.n_rotations + index[position])
            op = Rotation(op.pauli, parameter(names[-1]))
        ops.append(op)

    forth = sorted((*both, *middle))
    for position in forth:
        add(position, circuit.ops[position], 1 if position in middle else 0)
    for position in reversed(both):
        add(position, circuit.ops[position].inverse(), 2)
    touched = 0
    for position in forth:
        touched |= circuit.ops[position].support
    return ReturnTrip(Circuit(circuit.n_qubits, ops, names), Pauli(0, touched), tuple(picked))


@lru_cache(maxsize=256)
def _clashes(circuit: Circuit) -> tuple[int, ...]:
    """For every operation the mask of those behind it that may not commute with it."""
    masks = []
    for k, op in enumerate(circuit.ops):
        behind = range(k + 1, len(circuit.ops))
        masks.append(sum(1 << j for j in behind if _clash(op, circuit.ops[j])))
    return tuple(masks)


def _clash(a: Op, b: Op) -> bool:
    if a.support & b.support == 0:
        return False
    if isinstance(a, Rotation):
        return b.conjugate(a.pauli) != (1, a.pauli)
    if isinstance(b, Rotation):
        return a.conjugate(b.pauli) != (1, b.pauli)
    return not (_is_diagonal(a) and _is_diagonal(b))


def _is_diagonal(gate: Gate) -> bool:
    matrix = gate.array()
    return bool(np.all(matrix == np.diag(np.diag(matrix))))
