"""QNodes as circuits, converted once and asked again at every call.

A QNode is run with its arguments at every call, as PennyLane does, and what it queues is compared
with what its circuit says of these arguments: the same operations on the same wires with the same
numbers, the same observables. Where it differs (other data, another branch, a global that has
changed), the QNode is converted anew, there.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import pennylane as qml
from pennylane import numpy as pnp

from qng.adapters.pennylane.call import Call
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


class Tape(NamedTuple):
    """What a QNode has queued.

    Args:
        operations: Its operations.
        measurements: What it measures.
        single: Whether it returns one measurement, not a sequence of them.
    """

    operations: Sequence[Any]
    measurements: Sequence[Any]
    single: bool


@dataclass(frozen=True, eq=False)
class Queued:
    """An operation that a QNode has queued.

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
        tape = _run(node, call)
        key = id(node), call.trained, call.shapes, constants(call)
        known = self._known.get(key)
        if known is not None and known.node is node and known.holds(call.theta, tape):
            return known
        while len(self._known) >= _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[key] = known = _converted(node, call, tape)
        return known


def parts(node: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """(QNode or function, first arguments, keyword arguments) of a `functools.partial`."""
    if isinstance(node, partial):
        return node.func, node.args, dict(node.keywords)
    return node, (), {}


def _run(node: Any, call: Call) -> Tape:
    """What a QNode queues at a call."""
    bare = [_bare(arg) if k in call.trained else arg for k, arg in enumerate(call.args)]
    with quiet():
        try:
            return _queued(node, bare, call.kwargs)
        except Exception:  # it may use what bare arrays have not
            return _queued(node, call.args, call.kwargs)


def _queued(node: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Tape:
    if node.transform_program:
        tape = qml.workflow.construct_tape(node)(*args, **kwargs)
        return Tape(tape.operations, tape.measurements, len(tape.measurements) == 1)
    with qml.queuing.AnnotatedQueue() as queue:
        returned = node.func(*args, **kwargs)
    single = isinstance(returned, qml.measurements.MeasurementProcess)
    operations, measurements = qml.queuing.process_queue(queue)
    return Tape(operations, measurements, single)


def _bare(arg: Any) -> Any:
    """An array without what PennyLane adds, which takes its time at every access."""
    return arg.view(np.ndarray) if type(arg) is pnp.tensor and arg.ndim else arg


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
    conversion = found.conversion
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
    )


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


def _equal(known: np.ndarray, value: Any) -> bool:
    found = numbers(value)
    return known.shape == found.shape and bool((known == found).all())


def constants(call: Call) -> Hashable:
    """What tells calls with other constants apart; what it does not tell, the tape does."""
    fixed = [arg for k, arg in enumerate(call.args) if k not in call.trained]
    return tuple(map(constant, fixed)), tuple((k, constant(v)) for k, v in call.kwargs.items())


def constant(value: Any) -> Hashable:
    """A value as a key: by its contents where these are few numbers, else by its identity."""
    if isinstance(value, np.ndarray) and value.dtype != object and value.nbytes <= _MOST_BYTES:
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, (bool, int, float, complex, str, type(None))):
        return type(value), value
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(constant, value))
    return id(value)
