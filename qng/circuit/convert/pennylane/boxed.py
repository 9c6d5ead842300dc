"""One run of a source with boxes in place of numbers, its operations lowered."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

import pennylane as qml

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.convert.lowering import finish
from qng.circuit.convert.pennylane.conversion import Conversion, arguments_of
from qng.circuit.convert.pennylane.gates import Scope, lower
from qng.circuit.convert.pennylane.reader import Reader
from qng.circuit.convert.pennylane.source import Source
from qng.circuit.convert.pennylane.trace import UnfollowedError, one_line, tracing
from qng.errors import CircuitError, InputError

_ADVICE: Final = "use pennylane.numpy for the functions inside"


@dataclass(frozen=True)
class Boxed:
    """What a run with boxes has given.

    Args:
        conversion: The circuit, whose angles are expressions.
        tape: What was lowered.
        looked: What the function has asked of values on its way, such as "less".
        hidden: What lowering has asked of values, and operations that are no part of PennyLane,
            which may be decomposed in another way whenever they are.
    """

    conversion: Conversion
    tape: Any
    looked: tuple[str, ...]
    hidden: tuple[str, ...] = ()


def boxed(source: Source, theta: Array) -> Boxed:
    """A source along the way that it takes at a point.

    Raises:
        CircuitError: What cannot be lowered.
        InputError: It computes with numbers that another trace follows.
        UnfollowedError: It does not run with boxes, or computes what is not followed.
    """
    names = [part.parameters() for part in source.leaves]
    with tracing() as trace:
        try:
            tape = source.run([trace.box(v, n) for v, n in zip(source.split(theta), names)])
        except Exception as error:
            if isinstance(error, InputError) and not isinstance(error, CircuitError):
                raise
            raise UnfollowedError(
                f"the function does not run with expressions as arguments ({one_line(error)}); "
                f"{_ADVICE}"
            ) from error
        place, fixed = _places(source, tape)

        def qubit(label: Hashable) -> int:
            if label not in place and fixed:
                raise CircuitError(
                    f"the wire {label!r} is not among {', '.join(map(str, place))}; "
                    "add it to the device or to wire_order"
                )
            return place.setdefault(label, len(place))

        scope = Scope(Reader(dict(zip(source.parameters, theta))), qubit)
        trace.lowering = True
        elements = [e for op in tape.operations for e in lower(op, scope)]
    if not place:
        raise CircuitError(
            "the function acts on no wire: it applies no gate, and measures nothing; a function of "
            "numbers becomes a problem as qng.models.function(f, start)"
        )
    conversion = Conversion(
        circuit=Circuit(len(place), finish(elements), source.parameters),
        theta=theta,
        arguments=arguments_of(source),
        wires=tuple(place),
        measurements=tuple(tape.measurements),
    )
    return Boxed(conversion, tape, tuple(trace.looked), (*trace.hidden, *scope.foreign))


def _places(source: Source, tape: Any) -> tuple[dict[Hashable, int], bool]:
    """(qubits by label, whether there are no others)."""
    labels = source.labels
    if labels is not None:
        missing = [w for w in tape.wires if w not in labels]
        if missing:
            raise CircuitError(
                f"the wire {missing[0]!r} is not among {', '.join(map(str, labels))}; "
                "add it to the device or to wire_order"
            )
        return {label: k for k, label in enumerate(labels)}, True
    used = list(qml.wires.Wires.all_wires([op.wires for op in tape.operations]))
    used += [w for m in tape.measurements for w in m.wires if w not in used]
    used = list(dict.fromkeys(used))
    if set(used) == set(range(len(used))):
        used.sort()
    return {label: k for k, label in enumerate(used)}, False
