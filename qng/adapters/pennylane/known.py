"""QNodes as circuits, converted once and asked again at every call.

A QNode is run with its arguments at every call, as PennyLane does, and what it queues is compared
with what its circuit says of these arguments: the same operations on the same wires with the same
numbers, the same observables. Where it differs (other data, another branch, a global that has
changed), the QNode is converted anew, there. Where its code says that nothing it reads can have
changed (`reads`), it is run at every sixteenth call only.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.queued import Tape
from qng.adapters.pennylane.reads import Reads
from qng.arrays import Array, Flags
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.calls import expanded
from qng.circuit.convert.pennylane.expected import Expected
from qng.circuit.convert.pennylane.paulis import measured
from qng.circuit.origin import Maker
from qng.circuit.pauli import PauliSum
from qng.errors import CircuitError

MOST_BYTES: Final = 2**16
"""Of an array that is compared by what is in it."""

# Calls in a row in which a function is not run, as nothing that it reads has changed.
_MOST_TRUSTED: Final = 15


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
        reads: Its function with what this reads from outside, where that is all that can change.
        derived: What is kept of it by others.
    """

    node: Any
    circuit: Circuit
    wires: tuple[Hashable, ...]
    measurements: tuple[Any, ...]
    expected: Expected | None
    single: bool = True
    maker: Maker | None = None
    reads: tuple[Any, Reads] | None = None
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
        """Whether a tape at theta, shape (P,), is what the circuit says."""
        if self.expected is None:
            return self.maker is not None and holds(self.maker, theta)
        return self.expected.at(theta, tape.operations, tape.measurements)

    def is_same(self, call: Call) -> bool:
        """Whether it is what it was as nothing that it reads has changed: it need not be run."""
        if self.reads is None or self.node.func is not self.reads[0]:
            return False
        asked = self.derived.get("asked", 0)
        if asked >= _MOST_TRUSTED or not _are_told(call) or not self.reads[1].same():
            return False
        self.derived["asked"] = asked + 1
        return True

    def unseen(self) -> int:
        """How many calls it was not run for, where that it has changed could not be seen."""
        if self.reads is None or not self.reads[1].same():
            return 0
        return int(self.derived.get("asked", 0))


def holds(maker: Maker, theta: Array) -> bool:
    """Whether a function that is asked anew makes at theta what it has made."""
    maker.forget()
    try:
        maker.check(theta)
    except CircuitError:
        return False
    return True


def _are_told(call: Call) -> bool:
    """Whether the constants of a call are compared by what they are."""
    fixed = [arg for k, arg in enumerate(call.args) if k not in call.trained]
    return all(map(_is_told, (*fixed, *call.kwargs.values())))


def _is_told(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_told, value))
    if isinstance(value, np.ndarray):
        return value.dtype != object and value.nbytes <= MOST_BYTES
    return value is None or isinstance(value, (bool, int, float, complex, str))
