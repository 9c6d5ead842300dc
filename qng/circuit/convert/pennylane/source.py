"""What a user hands over as a function of arrays: a QNode, a quantum function or a tape."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml

from qng.circuit.convert.pennylane.arguments import Leaf, arguments, leaf
from qng.circuit.convert.pennylane.refuse import holds_data
from qng.circuit.convert.pennylane.trace import is_traced, numbers
from qng.errors import CircuitError, InputError

Labels = tuple[Hashable, ...]


@dataclass(frozen=True)
class Source:
    """A function of arrays that gives a tape.

    Args:
        leaves: Its trainable arguments.
        run: Arrays or boxes, one a leaf -> tape.
        labels: The wires in the order of the qubits; None where the tape decides.
    """

    leaves: tuple[Leaf, ...]
    run: Callable[[Sequence[Any]], Any]
    labels: Labels | None


def source_of(
    source: Any,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    argnum: int | Sequence[int] | None,
    wire_order: Sequence[Hashable] | None,
) -> Source:
    """The source that a user has given; the arguments are those of `convert`."""
    if qml.capture.enabled():
        raise InputError("program capture is on; switch it off with qml.capture.disable()")
    labels = None if wire_order is None else tuple(qml.wires.Wires(wire_order))
    if isinstance(source, qml.tape.QuantumScript):
        if args or kwargs or argnum is not None:
            raise InputError("a tape takes no arguments; its parameters are tape.trainable_params")
        return _from_tape(source, labels)
    if not callable(source):
        raise InputError(
            f"a QNode, a quantum function or a tape is expected, not {type(source).__name__}"
        )
    is_node = isinstance(source, qml.QNode)
    if is_node and labels is None and source.device.wires is not None:
        labels = tuple(source.device.wires) or None
    tape = qml.workflow.construct_tape(source) if is_node else qml.tape.make_qscript(source)
    leaves, rebuild = arguments(source.func if is_node else source, args, argnum)
    return Source(leaves, lambda values: tape(*rebuild(values), **kwargs), labels)


def _from_tape(tape: Any, labels: Labels | None) -> Source:
    leaves: list[Leaf] = []
    indices: list[int] = []
    for index in tape.trainable_params:
        info = tape.par_info[index]
        op, value = info["op"], info["op"].data[info["p_idx"]]
        if info["op_idx"] >= len(tape.operations) or holds_data(op):
            continue
        is_chosen = getattr(value, "requires_grad", True) is not False
        found = leaf(value, f"p{len(leaves)}", chosen=is_chosen)
        if found is not None:
            leaves.append(found)
            indices.append(index)

    def run(values: Sequence[Any]) -> Any:
        new = dict(zip(indices, values))
        places = iter(range(len(tape.par_info)))
        operations = []
        for op in tape.operations:
            own = [next(places) for _ in op.data]
            operations.append(bound(op, [new.get(k, d) for k, d in zip(own, op.data)]))
        return qml.tape.QuantumScript(operations, tape.measurements)

    return Source(tuple(leaves), run, labels)


def bound(op: Any, data: list[Any]) -> Any:
    """An operation with other parameters.

    Raises:
        CircuitError: One that PennyLane cannot rebuild.
    """
    if all(a is b for a, b in zip(op.data, data)):
        return op
    try:
        bound = qml.ops.functions.bind_new_parameters(op, data)
    except Exception:
        # PennyLane looks for the parameters of an Evolution in its base.
        bound = copy.copy(op)
        bound.data = tuple(data)
    if len(bound.data) != len(data) or not all(map(_same, bound.data, data)):
        raise CircuitError(f"PennyLane cannot give {op.name} other parameters; call it in a QNode")
    return bound


def _same(a: Any, b: Any) -> bool:
    return is_traced(a) is is_traced(b) and np.array_equal(numbers(a), numbers(b), equal_nan=True)
