"""QNodes as circuits, converted once and asked again at every call.

A QNode is run with its arguments at every call, as PennyLane does, and what it queues is compared
with what its circuit says of these arguments: the same operations on the same wires with the same
numbers, the same observables. Where it differs (other data, another branch, a global that has
changed), the QNode is converted anew, there. Where its code says that nothing it reads can have
changed (`reads`), it is run at every sixteenth call only.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.queued import Queued, Tape, has_transforms, queued
from qng.adapters.pennylane.reads import Reads
from qng.arrays import Array
from qng.circuit.angle import Angle
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.boxed import boxed
from qng.circuit.convert.pennylane.calls import expanded
from qng.circuit.convert.pennylane.follow import converted
from qng.circuit.convert.pennylane.paulis import measured
from qng.circuit.convert.pennylane.source import Source, source_of
from qng.circuit.convert.pennylane.tapes import quiet, same_observables, tolerance
from qng.circuit.convert.pennylane.trace import Reader, UnfollowedError, is_traced, numbers
from qng.circuit.jacobian import AngleMap
from qng.circuit.origin import Maker
from qng.circuit.pauli import PauliSum
from qng.errors import CircuitError
from qng.problem.foreign import say_unused

# Conversions that are kept, of all QNodes and all data; arrays beyond this size are told apart by
# what is queued alone.
_MOST_KNOWN: Final = 512
_MOST_BYTES: Final = 2**16

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


@dataclass(eq=False)
class Nodes:
    """QNodes that were converted, by themselves and by the constants they were called with."""

    _known: dict[Hashable, Known] = field(default_factory=dict)

    def of(self, node: Any, call: Call) -> Known:
        """The circuit of a QNode, at a call.

        Args:
            node: A QNode.
            call: What it is called with.

        Raises:
            CircuitError: What cannot be lowered, or another circuit at every call.

        Cost: one run of its function; some more where it is converted.
        """
        key = id(node), call.trained, call.shapes, constants(call)
        known = self._known.get(key)
        if known is not None and known.node is not node:
            known = None
        if known is not None and known.is_same(call):
            return known
        tape = queued(node, call)
        if known is not None and known.holds(call.theta, tape):
            known.derived["asked"] = 0
            return known
        unseen = 0 if known is None else known.unseen()
        if unseen:
            warnings.warn(
                f"{getattr(node, '__name__', 'the QNode')} has changed without anything that it "
                f"reads: up to {unseen} steps were of the function that it was "
                "before; pass what changes as an argument",
                UserWarning,
                stacklevel=_outside(),
            )
        while len(self._known) >= _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        known = _converted(node, call, tape)
        self._known[key] = known = replace(known, reads=None) if unseen else known
        return known


def parts(node: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """(QNode or function, first arguments, keyword arguments) of a `functools.partial`."""
    if isinstance(node, partial):
        return node.func, node.args, dict(node.keywords)
    return node, (), {}


def _outside() -> int:
    """How far above the caller the user's code is."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("qng."):
        frame, level = frame.f_back, level + 1
    return level


def _converted(node: Any, call: Call, tape: Tape) -> Known:
    say_unused(node)
    source = source_of(node, call.args, call.kwargs, call.trained, None)
    known = _followed(node, source, tape.single)
    if known is None or not known.holds(call.theta, tape):
        found = converted(source)  # says what is wrong, where something is
        origin = found.circuit.origin
        return Known(
            node,
            found.circuit,
            found.wires,
            tuple(found.measurements),
            (),
            None,
            (),
            tolerance(source),
            tape.single,
            maker=None if origin is None else origin.maker,
        )
    return known


def _followed(node: Any, source: Source, single: bool) -> Known | None:
    """With angles that are expressions; None where it looks at values, or is not followed."""
    reader = Reader()
    try:
        with quiet():
            found = boxed(source, source.theta)
        if found.looked:
            return None
        tape = found.tape
        expressions: list[Angle] = []
        constants: list[np.ndarray] = []
        for op in tape.operations:
            for value in op.data:
                if is_traced(value):
                    expressions += reader.angles(value, op.name)
                else:
                    constants.append(numbers(value))
    except UnfollowedError:
        return None
    conversion, reads = found.conversion, Reads.of(node.func)
    return Known(
        node,
        conversion.circuit,
        conversion.wires,
        tuple(tape.measurements),
        tuple(map(Queued.of, tape.operations)),
        AngleMap(tuple(expressions), source.parameters) if expressions else None,
        tuple(constants),
        tolerance(source),
        single,
        reads=None if reads is None or has_transforms(node) else (node.func, reads),
    )


def _equal(known: np.ndarray, value: Any) -> bool:
    found = numbers(value)
    return known.shape == found.shape and bool((known == found).all())


def constants(call: Call) -> Hashable:
    """What tells calls with other constants apart; what it does not tell, the tape does."""
    fixed = [arg for k, arg in enumerate(call.args) if k not in call.trained]
    return tuple(map(constant, fixed)), tuple((k, constant(v)) for k, v in call.kwargs.items())


def _are_told(call: Call) -> bool:
    """Whether the constants of a call are compared by what they are."""
    fixed = [arg for k, arg in enumerate(call.args) if k not in call.trained]
    return all(map(_is_told, (*fixed, *call.kwargs.values())))


def _is_told(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_told, value))
    if isinstance(value, np.ndarray):
        return value.dtype != object and value.nbytes <= _MOST_BYTES
    return value is None or isinstance(value, (bool, int, float, complex, str))


def constant(value: Any) -> Hashable:
    """A value as a key: by its contents where these are few numbers, else by its identity."""
    if isinstance(value, np.ndarray) and value.dtype != object and value.nbytes <= _MOST_BYTES:
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, (bool, int, float, complex, str, type(None))):
        return type(value), value
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(constant, value))
    return id(value)
