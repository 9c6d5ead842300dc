"""Sources as circuits: run with boxes, their operations lowered, and compared at other points.

A source is run with boxes in place of numbers (`trace`) and its operations are lowered. Where it
does not run with boxes, expressions for its angles are found from its values (`affine`), and the
tape with these is what is lowered.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.convert.lowering import finish
from qng.circuit.convert.pennylane.affine import affine, quiet
from qng.circuit.convert.pennylane.conversion import Argument, Conversion
from qng.circuit.convert.pennylane.gates import Scope, lower
from qng.circuit.convert.pennylane.source import Source
from qng.circuit.convert.pennylane.trace import Reader, UnfollowedError, one_line, tracing
from qng.errors import CircuitError

_ADVICE: Final = "use pennylane.numpy for the functions inside"


def converted(source: Source) -> Conversion:
    """The circuit of a source, compared with what it is at other points."""
    values = [part.value for part in source.leaves]
    try:
        found = _trace(source, values)
    except UnfollowedError as error:
        source = affine(source, error)
        found = _trace(source, values)
    for other in _others(source, values):
        if other.circuit != found.circuit or other.wires != found.wires:
            raise CircuitError(
                "the function builds another circuit at other values of its arguments, or at "
                "every call; the gates may not depend on the values of parameters: "
                "make that argument constant with requires_grad=False, or fix the seed"
            )
    return found


def _trace(source: Source, values: Sequence[Array]) -> Conversion:
    names = [part.parameters() for part in source.leaves]
    parameters = [str(name) for block in names for name in block.ravel()]
    theta = np.concatenate([np.empty(0), *(v.ravel() for v in values)])
    with tracing() as box:
        try:
            tape = source.run([box(v, n) for v, n in zip(values, names)])
        except Exception as error:
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

        scope = Scope(Reader(dict(zip(parameters, theta))), qubit)
        elements = [e for op in tape.operations for e in lower(op, scope)]
    if not place:
        raise CircuitError("the function acts on no wire")
    starts = np.cumsum([0, *(part.value.size for part in source.leaves)])
    return Conversion(
        circuit=Circuit(len(place), finish(elements), parameters),
        theta=theta,
        arguments=tuple(
            Argument(part.name, part.value.shape, int(start))
            for part, start in zip(source.leaves, starts)
        ),
        wires=tuple(place),
        measurements=tuple(tape.measurements),
    )


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


def _others(source: Source, values: Sequence[Array]) -> Iterator[Conversion]:
    """The same at two other points: with other signs, and farther away."""
    rng = np.random.default_rng(0)
    for sign, step in ((-1.0, 0.1), (1.0, 3.0)):
        if not source.leaves:
            yield _trace(source, values)
            return
        normal = [rng.normal(size=v.shape) for v in values]
        with quiet():
            try:
                yield _trace(source, [sign * v + step * r for v, r in zip(values, normal)])
            except UnfollowedError:
                # The function may not be defined there.
                yield _trace(source, [v + 1e-3 * r for v, r in zip(values, normal)])
