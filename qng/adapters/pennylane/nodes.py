"""QNodes that were converted, by themselves and by the constants they were called with."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.known import Known, holds
from qng.adapters.pennylane.queued import Tape, batch_of, part_of, queued
from qng.circuit.convert.pennylane.boxed import boxed
from qng.circuit.convert.pennylane.expected import Expected
from qng.circuit.convert.pennylane.follow import converted
from qng.circuit.convert.pennylane.observed import Observed
from qng.circuit.convert.pennylane.source import Source, source_of
from qng.circuit.convert.pennylane.tapes import quiet
from qng.circuit.convert.pennylane.trace import UnfollowedError
from qng.errors import CircuitError
from qng.problem.foreign import say_unused

# Conversions that are kept, of all QNodes and all data.
_MOST_KNOWN: Final = 2048

# Of an array that is compared by what is in it.
_MOST_BYTES: Final = 2**16


@dataclass(eq=False)
class Nodes:
    """QNodes that were converted, by themselves and by the constants they were called with."""

    _known: dict[Hashable, Known] = field(default_factory=dict)
    # QNodes that were called with several sets of data at once, with QNodes of each.
    _batched: dict[int, tuple[Any, list[Any]]] = field(default_factory=dict)

    def singles(self, node: Any, call: Call) -> list[Any]:
        """The QNode itself, or one a circuit where it is called with a batch of data.

        Args:
            node: A QNode.
            call: What it is called with.
        """
        if self._batched.get(id(node), (None, []))[0] is not node:
            try:
                self.of(node, call)
                return [node]
            except CircuitError:
                if batch_of(queued(node, call)) is None:
                    raise
            self._batched[id(node)] = node, []
        size, parts = batch_of(queued(node, call)), self._batched[id(node)][1]
        if size is None:
            return [node]
        parts += [part_of(node, k) for k in range(len(parts), size)]
        return parts[:size]

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
        if known is not None and known.maker is not None and holds(known.maker, call.theta):
            return known
        tape = queued(node, call)
        if known is not None and known.holds(call.theta, tape):
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
            None,
            tape.single,
            maker=None if origin is None else origin.maker,
        )
    return known


def _followed(node: Any, source: Source, single: bool) -> Known | None:
    """With angles that are expressions; None where it looks at values, or is not followed."""
    try:
        with quiet():
            found = boxed(source, source.theta)
        if found.looked:
            return None
        conversion = found.conversion
        observed = Observed(conversion.measurements, conversion.wires)
        expected = Expected.of(source, found, observed)
    except UnfollowedError:
        return None
    return Known(
        node,
        conversion.circuit,
        conversion.wires,
        conversion.measurements,
        expected,
        single,
    )


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
    if isinstance(value, Mapping):
        return type(value), tuple((constant(k), constant(v)) for k, v in value.items())
    return id(value)
