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
from qng.adapters.pennylane.queued import (
    Queued,
    Tape,
)
from qng.adapters.pennylane.reads import Reads
from qng.arrays import Array, Flags
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.calls import expanded
from qng.circuit.convert.pennylane.paulis import measured
from qng.circuit.convert.pennylane.tapes import same_observables
from qng.circuit.convert.pennylane.trace import numbers
from qng.circuit.jacobian import AngleMap
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
        ops: What it has queued.
        numbers: The numbers in these, as expressions of theta; None where there are none.
        constants: The arrays in these that do not depend on theta.
        tiny: By how much equal numbers differ.
        single: Whether it returns one measurement, not a sequence of them.
        maker: What is asked in their place where its angles are no expressions. It calls the QNode
            with the constants of the conversion, by which calls are told apart.
        reads: Its function with what this reads from outside, where that is all that can change.
        derived: What is kept of it by others.
    """

    node: Any
    circuit: Circuit
    wires: tuple[Hashable, ...]
    measurements: tuple[Any, ...]
    ops: tuple[Queued, ...]
    numbers: AngleMap | None
    constants: tuple[np.ndarray, ...]
    tiny: float
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
        parts = expanded(measurement)
        found = measured(parts, self.wires)
        if len(found) != len(parts):
            raise CircuitError(
                f"{type(measurement).__name__} is no expectation value: an optimizer needs "
                "qml.expval or qml.probs"
            )
        return found

    def holds(self, theta: Array, tape: Tape) -> bool:
        """Whether a tape at theta, shape (P,), is what the circuit says."""
        if self.maker is not None:
            try:
                self.maker.check(theta)
            except CircuitError:
                return False
            return True
        operations, measurements, _ = tape
        if len(operations) != len(self.ops):
            return False
        free: list[float] = []
        fixed: list[Any] = []
        for known, op in zip(self.ops, operations):
            if not known.is_like(op):
                return False
            for value, traced in zip(op.data, known.traced):
                if not traced:
                    fixed.append(value)
                elif isinstance(value, float):
                    free.append(value)
                else:
                    free += numbers(value).ravel().tolist()
        if len(fixed) != len(self.constants) or not all(map(_equal, self.constants, fixed)):
            return False
        if not same_observables(self.measurements, measurements, self.wires):
            return False
        if self.numbers is None:
            return not free
        expected = self.numbers.values(theta)
        if len(free) != len(expected):
            return False
        off = np.abs(np.array(free) - expected)
        return bool((off <= self.tiny * (1.0 + np.abs(expected))).all())

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


def _equal(known: np.ndarray, value: Any) -> bool:
    found = numbers(value)
    return known.shape == found.shape and bool((known == found).all())


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
