"""Layers of rotations about X as rotations about Y, whose matrices are real.

With S = exp(-i pi/4 Z) on the same qubit,

    exp(-i phi/2 X) = S^dagger exp(-i phi/2 Y) S

S^dagger waits until something that is no phase comes to its qubit. Between the mixers of QAOA
nothing does: there it meets the S of the next layer, and both are gone. What remains of them joins
a PHASE pass.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, bits
from qng.execute.statevector.fused.gather import Gathering, Pass, is_phase
from qng.execute.statevector.kernels.kinds import TURN

_QUARTER: Final = 0.5 * np.pi

# A pass with fewer rotations about X is not worth a pass of phases more.
_FEWEST: Final = 3


@dataclass
class Waiting:
    """Operations on their way to a gathering.

    Args:
        to: The passes so far.
        on_y: Numbers of the operations about X that become ones about Y.
        qubits: Those on which S^dagger is still to come, as a mask.
    """

    to: Gathering
    on_y: Set[int]
    qubits: int = 0

    def take(self, number: int, op: Rotation | Gate, slot: int) -> int:
        """The next operation; the slot of its angle, or -1 of a gate.

        Args:
            number: Which one of the circuit it is.
            op: The operation.
            slot: That of its angle, unless the circuit fixes it.
        """
        if isinstance(op, Gate):
            if not is_phase(op):
                self._settle(op.support)
            self.to.gate(op)
            return -1
        if op.is_fixed:
            slot = self.to.fixed_slot(op.angle.value({}))
        word = op.pauli
        if number in self.on_y:
            self._start(word.x)
            word = Pauli(word.x, word.x)
        elif word.x:
            self._settle(word.support)
        self.to.rotation(word, slot)
        return slot

    def end(self) -> None:
        """Nothing else comes."""
        self._settle(self.qubits)

    def _start(self, qubit: int) -> None:
        if not self.qubits & qubit:
            self.to.rotation(Pauli(0, qubit), self.to.fixed_slot(_QUARTER))
            self.qubits |= qubit

    def _settle(self, support: int) -> None:
        for q in bits(self.qubits & support):
            self.to.rotation(Pauli(0, 1 << q), self.to.fixed_slot(-_QUARTER))
        self.qubits &= ~support


def gathered(circuit: Circuit) -> Gathering:
    """The passes of a circuit. Cost: passes times operations, at worst."""
    found, slots = _gathered(circuit, frozenset())
    layers = _layers_about_x(found.passes)
    if layers:
        found, _ = _gathered(circuit, {k for k, slot in enumerate(slots) if slot in layers})
    found.tidy()
    return found


def _gathered(circuit: Circuit, on_y: Set[int]) -> tuple[Gathering, list[int]]:
    """The passes, and the slots of the angles of all operations."""
    way = Waiting(Gathering(circuit.n_qubits, circuit.n_rotations), on_y)
    slots = []
    r = 0
    for number, op in enumerate(circuit.ops):
        slots.append(way.take(number, op, r))
        r += isinstance(op, Rotation) and not op.is_fixed
    way.end()
    return way.to, slots


def _layers_about_x(passes: list[Pass]) -> set[int]:
    """Slots of rotations about X, where a pass has several and no other gates on their qubits."""
    found = set()
    for p in passes:
        if p.kind != TURN:
            continue
        others = {qubit for qubit, axis, _ in p.elements if axis != 1}
        alone = [(qubit, slot) for qubit, _, slot in p.elements if qubit not in others]
        if len({qubit for qubit, _ in alone}) >= _FEWEST:
            found |= {slot for _, slot in alone}
    return found
