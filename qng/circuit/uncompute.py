r"""A circuit, and back again at other angles: the probability of all zeros is an overlap.

    |<psi(phi')|psi(phi)>|^2 = |<0| U^\dagger(phi') U(phi) |0>|^2

An operation that commutes with everything left after it meets its own inverse. It cancels, or,
where its angle differs, becomes one rotation by the difference. With noise the shorter circuit
shows another number than the longer one, nearer to the overlap of pure states. Numbers that are to
be compared must then come from one circuit: of rotations that are said to differ, none cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit, Op
from qng.circuit.derived import derived
from qng.circuit.gate import Rotation
from qng.circuit.heisenberg import commute
from qng.circuit.pauli import Pauli


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

    @cached_property
    def where(self) -> Integers:
        """The same as an array."""
        return np.array(self.picked, dtype=np.int64)

    def angles(self, here: Array, there: Array) -> Array:
        """The angles of its rotations from phi and phi', each of shape (..., R)."""
        both: Array = np.concatenate([here, here - there, -there], axis=-1)
        return both[..., self.where]


@derived
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
    return _trip(circuit, tuple(reversed(both)), tuple(reversed(middle)))


@derived
def _trip(circuit: Circuit, both: tuple[int, ...], middle: tuple[int, ...]) -> ReturnTrip:
    """The trip.

    Args:
        circuit: U.
        both: The operations left on both ways, ascending.
        middle: The rotations by phi - phi', ascending.
    """
    legs = _legs(circuit)
    turning = set(middle)
    forth = [(legs.turn if k in turning else legs.forth)[k] for k in sorted((*both, *middle))]
    steps = [*forth, *(legs.back[k] for k in reversed(both))]
    touched = 0
    for step in forth:
        touched |= step.op.support
    return ReturnTrip(
        Circuit(
            circuit.n_qubits,
            [step.op for step in steps],
            [step.name for step in steps if step.name],
            circuit.noisy,
        ),
        Pauli(0, touched),
        tuple(step.angle for step in steps if step.name),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """An operation of a trip, by its own parameter where it is a rotation by one.

    Args:
        op: The operation.
        name: The parameter; empty where there is none.
        angle: Where among phi, phi - phi' and -phi' its angle stands.
    """

    op: Op
    name: str = ""
    angle: int = -1


@dataclass(frozen=True, slots=True)
class _Legs:
    """The operations of a circuit as all trips use them, so that a trip holds no copies.

    Args:
        forth: By phi.
        turn: By phi - phi'; fixed operations never turn.
        back: By -phi', or inverted.
    """

    forth: tuple[_Step, ...]
    turn: tuple[_Step, ...]
    back: tuple[_Step, ...]


@derived
def _legs(circuit: Circuit) -> _Legs:
    index = {position: r for r, position in enumerate(circuit.positions)}

    def leg(part: int, prefix: str, inverted: bool = False) -> tuple[_Step, ...]:
        steps = []
        for position, op in enumerate(circuit.ops):
            r = index.get(position)
            if isinstance(op, Rotation) and r is not None:
                # Names that tell rotations apart keep overlaps apart that are equal by chance:
                # their errors are independent then.
                turn = Rotation(op.pauli, parameter(f"{prefix}{r}"))
                steps.append(_Step(turn, f"{prefix}{r}", part * circuit.n_rotations + r))
            else:
                steps.append(_Step(op.inverse() if inverted else op))
        return tuple(steps)

    return _Legs(leg(0, "forth"), leg(1, "turn"), leg(2, "back", inverted=True))


@derived
def _clashes(circuit: Circuit) -> tuple[int, ...]:
    """For every operation the mask of those after it that may not commute with it."""
    ops = circuit.ops
    return tuple(
        sum(1 << j for j in range(k + 1, len(ops)) if not commute(op, ops[j]))
        for k, op in enumerate(ops)
    )
