"""What a function queues at a point by what it has queued at another, without following it again.

A function that was followed without a look at values is its circuit wherever it queues what the
circuit says: the same operations on the same wires with the same numbers, the same observables.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qng.arrays import Array
from qng.circuit.angle import Angle
from qng.circuit.convert.pennylane.boxed import Boxed
from qng.circuit.convert.pennylane.contents import BARE, UntoldError, contents, labels
from qng.circuit.convert.pennylane.observed import Observed
from qng.circuit.convert.pennylane.reader import Reader, is_traced, numbers
from qng.circuit.convert.pennylane.source import Source
from qng.circuit.convert.pennylane.tapes import tolerance
from qng.circuit.convert.pennylane.trace import UnfollowedError
from qng.circuit.jacobian import AngleMap


@dataclass(frozen=True, eq=False)
class Queued:
    """An operation that a function has queued.

    Args:
        kind: Its class.
        labels: Its wires.
        contents: What else it is but for its numbers.
        traced: Which of its data depend on theta.
        is_bare: Whether it cannot be anything else.
    """

    kind: Any
    labels: Hashable
    contents: Hashable
    traced: tuple[bool, ...]
    is_bare: bool

    @staticmethod
    def of(op: Any) -> Queued:
        """An operation as it is compared.

        Raises:
            UntoldError: It does not tell what it is.
        """
        traced = tuple(map(is_traced, op.data))
        return Queued(type(op), labels(op), contents(op), traced, type(op) in BARE)

    def is_like(self, op: Any) -> bool:
        """Whether another operation is equal to it but for its numbers.

        Raises:
            UntoldError: It does not tell what it is.
        """
        if type(op) is not self.kind:
            return False
        if self.is_bare:
            return bool(op.wires.labels == self.labels)
        return labels(op) == self.labels and contents(op) == self.contents


@dataclass(frozen=True, eq=False)
class Expected:
    """What a function queues at theta.

    Args:
        ops: The operations.
        numbers: The numbers in these, as expressions of theta; None where there are none.
        constants: The arrays in these that do not depend on theta.
        measurements: What it measures.
        tiny: By how much equal numbers differ.
    """

    ops: tuple[Queued, ...]
    numbers: AngleMap | None
    constants: tuple[np.ndarray, ...]
    measurements: Observed
    tiny: float

    @staticmethod
    def of(source: Source, found: Boxed, observed: Observed) -> Expected:
        """By a run with boxes.

        Args:
            source: The function.
            found: The run, without a look at values.
            observed: What it measures.

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
        try:
            ops = tuple(map(Queued.of, tape.operations))
        except UntoldError as error:
            raise UnfollowedError(f"an operation holds {error}") from error
        return Expected(
            ops,
            AngleMap(tuple(expressions), source.parameters) if expressions else None,
            tuple(constants),
            observed,
            tolerance(source),
        )

    def at(self, theta: Array, operations: Sequence[Any], measurements: Sequence[Any]) -> bool:
        """Whether these are what it queues at theta, shape (P,)."""
        if len(operations) != len(self.ops):
            return False
        try:
            if not all(map(Queued.is_like, self.ops, operations)):
                return False
        except UntoldError:
            return False
        free: list[float] = []
        fixed: list[Any] = []
        for known, op in zip(self.ops, operations):
            held = op.data
            if len(held) != len(known.traced):
                return False
            for value, traced in zip(held, known.traced):
                if not traced:
                    fixed.append(value)
                elif isinstance(value, float):
                    free.append(value)
                else:
                    free += numbers(value).ravel().tolist()
        if len(fixed) != len(self.constants) or not all(map(_equal, self.constants, fixed)):
            return False
        if not self.measurements.are(measurements):
            return False
        if self.numbers is None:
            return not free
        expected = self.numbers.values(theta)
        if len(free) != len(expected):
            return False
        off = np.abs(np.array(free) - expected)
        return bool((off <= self.tiny * (1.0 + np.abs(expected))).all())


def _equal(known: np.ndarray, value: Any) -> bool:
    found = value if type(value) is np.ndarray else numbers(value)
    return known.shape == found.shape and bool((known == found).all())
