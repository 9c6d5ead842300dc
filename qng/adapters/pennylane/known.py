"""QNodes as circuits, converted once and asked again at every call.

A QNode is run with its arguments at every call, as PennyLane does, and what it queues is compared
with what its circuit says of these arguments: the same operations on the same wires with the same
numbers, the same observables. Where it differs (other data, another branch, a global that has
changed), the QNode is converted anew, there.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qng.adapters.pennylane.queued import Tape
from qng.arrays import Array, Flags
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.calls import expanded
from qng.circuit.convert.pennylane.expected import Expected
from qng.circuit.convert.pennylane.paulis import measured
from qng.circuit.origin import Maker
from qng.circuit.pauli import PauliSum
from qng.errors import CircuitError


@dataclass(frozen=True, eq=False)
class Known:
    """A QNode that was converted.

    Args:
        node: The QNode.
        circuit: Its circuit; without an origin where its angles are expressions.
        wires: The label of every qubit.
        measurements: What it returns.
        expected: What it queues at any point; None where that does not tell the circuit.
        single: Whether it returns one measurement, not a sequence of them.
        maker: What is asked in the place of `expected`. It calls the QNode with the constants of
            the conversion, by which calls are told apart.
        derived: What is kept of it by others.
    """

    node: Any
    circuit: Circuit
    wires: tuple[Hashable, ...]
    measurements: tuple[Any, ...]
    expected: Expected | None
    single: bool = True
    maker: Maker | None = None
    derived: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def used(self) -> Flags:
        """Which of its parameters turn something, shape (P,)."""
        if "used" not in self.derived:
            names = {p for rotation in self.circuit.rotations for p in rotation.angle.parameters()}
            self.derived["used"] = np.array([p in names for p in self.circuit.parameters], bool)
        known: Flags = self.derived["used"]
        return known

    @property
    def returns(self) -> tuple[tuple[PauliSum, ...], ...]:
        """The observables of every measurement: one, or the projectors of its probabilities.

        Raises:
            CircuitError: It measures something else.
        """
        if "returns" not in self.derived:
            self.derived["returns"] = tuple(map(self._returned, self.measurements))
        known: tuple[tuple[PauliSum, ...], ...] = self.derived["returns"]
        return known

    def _returned(self, measurement: Any) -> tuple[PauliSum, ...]:
        parts = expanded(measurement, self.wires)
        found = measured(parts, self.wires)
        if len(found) != len(parts):
            raise CircuitError(
                f"{type(measurement).__name__} is no expectation value: an optimizer needs "
                "qml.expval or qml.probs"
            )
        return found

    def holds(self, theta: Array, tape: Tape) -> bool:
        """Whether a tape at theta, shape (P,), is known to be what the circuit says."""
        if self.expected is None:
            return False
        return self.expected.at(theta, tape.operations, tape.measurements)


def holds(maker: Maker, theta: Array) -> bool:
    """Whether a function that is asked anew makes at theta what it has made."""
    maker.forget()
    try:
        maker.check(theta)
    except CircuitError:
        return False
    return True
