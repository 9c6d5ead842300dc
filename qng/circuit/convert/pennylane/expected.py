"""What a function queues at a point by what it has queued at another, without following it again.

A function that was followed without a look at values is its circuit wherever it queues what the
circuit says: the same operations on the same wires with the same numbers, the same observables.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.arrays import Array
from qng.circuit.angle import Angle
from qng.circuit.convert.pennylane.boxed import Boxed
from qng.circuit.convert.pennylane.source import Source
from qng.circuit.convert.pennylane.tapes import same_observables, tolerance
from qng.circuit.convert.pennylane.trace import Reader, UnfollowedError, is_traced, numbers
from qng.circuit.jacobian import AngleMap


@dataclass(frozen=True, eq=False)
class Queued:
    """An operation that a function has queued.

    Args:
        op: It, with boxes in the place of numbers that depend on theta.
        labels: Its wires.
        traced: Which of its data depend on theta.
        plain: Whether its class says all but wires and data.
    """

    op: Any
    labels: tuple[Hashable, ...]
    traced: tuple[bool, ...]
    plain: bool

    @staticmethod
    def of(op: Any) -> Queued:
        """An operation as it is compared."""
        plain = type(op) in _PLAIN or not (
            op.hyperparameters or isinstance(op, (qml.ops.SymbolicOp, qml.ops.CompositeOp))
        )
        return Queued(op, tuple(op.wires), tuple(map(is_traced, op.data)), plain)

    def is_like(self, op: Any) -> bool:
        """Whether another operation is equal to it but for its numbers."""
        if type(op) is not type(self.op) or op.wires.labels != self.labels:
            return False
        return len(op.data) == len(self.traced) and (self.plain or _same(self.op, op))


# Classes that hold more than wires and data, which is the same in all of them.
_PLAIN: Final = frozenset(
    (qml.CNOT, qml.CZ, qml.CY, qml.CH, qml.CSWAP, qml.CCZ, qml.Toffoli, qml.CRX, qml.CRY, qml.CRZ)
)


@dataclass(frozen=True, eq=False)
class Expected:
    """What a function queues at theta.

    Args:
        ops: The operations.
        numbers: The numbers in these, as expressions of theta; None where there are none.
        constants: The arrays in these that do not depend on theta.
        measurements: What it returns.
        wires: The label of every qubit.
        tiny: By how much equal numbers differ.
    """

    ops: tuple[Queued, ...]
    numbers: AngleMap | None
    constants: tuple[np.ndarray, ...]
    measurements: tuple[Any, ...]
    wires: tuple[Hashable, ...]
    tiny: float

    @staticmethod
    def of(source: Source, found: Boxed) -> Expected:
        """By a run with boxes.

        Args:
            source: The function.
            found: The run, without a look at values.

        Raises:
            UnfollowedError: A number that is no expression, or operations that do not tell how
                they are decomposed.
        """
        if found.hidden:
            raise UnfollowedError(f"lowering depends on more than numbers ({found.hidden[0]})")
        reader, tape = Reader(), found.tape
        expressions: list[Angle] = []
        constants: list[np.ndarray] = []
        for op in tape.operations:
            for value in op.data:
                if is_traced(value):
                    expressions += reader.angles(value, op.name)
                else:
                    constants.append(np.array(numbers(value)))
        return Expected(
            tuple(map(Queued.of, tape.operations)),
            AngleMap(tuple(expressions), source.parameters) if expressions else None,
            tuple(constants),
            tuple(tape.measurements),
            found.conversion.wires,
            tolerance(source),
        )

    def at(self, theta: Array, operations: Sequence[Any], measurements: Sequence[Any]) -> bool:
        """Whether these are what it queues at theta, shape (P,)."""
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


def _equal(known: np.ndarray, value: Any) -> bool:
    found = numbers(value)
    return known.shape == found.shape and bool((known == found).all())


def _same(known: Any, op: Any) -> bool:
    """Whether two operations are equal but for their numbers."""
    if type(known) is not type(op) or known.wires != op.wires or len(known.data) != len(op.data):
        return False
    if isinstance(op, qml.ops.SymbolicOp):
        return _same(known.base, op.base) and _alike(_without(known), _without(op))
    if isinstance(op, qml.ops.CompositeOp):
        return len(known.operands) == len(op.operands) and all(
            map(_same, known.operands, op.operands)
        )
    return _alike(known.hyperparameters, op.hyperparameters)


def _without(op: Any) -> dict[str, Any]:
    return {key: value for key, value in op.hyperparameters.items() if key != "base"}


def _alike(a: dict[str, Any], b: dict[str, Any]) -> bool:
    if not a and not b:
        return True
    try:
        return bool(a == b)
    except (TypeError, ValueError):
        return False
