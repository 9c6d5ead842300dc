"""What a QNode queues at a call."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pennylane as qml
from pennylane import numpy as pnp

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.light import light
from qng.circuit.convert.pennylane.tapes import quiet


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


def queued(node: Any, call: Call) -> Tape:
    """What a QNode queues at a call."""
    bare = [_bare(arg) if k in call.trained else arg for k, arg in enumerate(call.args)]
    with quiet():
        try:
            return _run(node, bare, call.kwargs)
        except Exception:  # it may use what bare arrays have not
            return _run(node, call.args, call.kwargs)


def _run(node: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Tape:
    if has_transforms(node):
        tape = qml.workflow.construct_tape(node)(*args, **kwargs)
        return Tape(tape.operations, tape.measurements, len(tape.measurements) == 1)
    with qml.queuing.AnnotatedQueue() as queue, light():
        returned = node.func(*args, **kwargs)
    single = isinstance(returned, qml.measurements.MeasurementProcess)
    operations, measurements = qml.queuing.process_queue(queue)
    return Tape(operations, measurements, single)


def batch_of(tape: Tape) -> int | None:
    """How many circuits a tape stands for; None where it is one."""
    size: int | None = qml.tape.QuantumScript(tape.operations, tape.measurements).batch_size
    return size


def part_of(node: Any, k: int) -> Any:
    """A QNode of one of the circuits for which a QNode that is called with a batch stands.

    Args:
        node: The QNode.
        k: Which one.
    """

    @functools.wraps(node.func)
    def part(*args: Any, **kwargs: Any) -> Any:
        with qml.QueuingManager.stop_recording():
            whole = qml.workflow.construct_tape(node)(*args, **kwargs)
            tapes, _ = qml.transforms.broadcast_expand(whole)
            tape = tapes[min(k, len(tapes) - 1)]
        for op in tape.operations:
            qml.apply(op)
        found = [qml.apply(m) for m in tape.measurements]
        return found[0] if len(found) == 1 else tuple(found)

    return qml.QNode(part, node.device)


def has_transforms(node: Any) -> bool:
    """Whether what a QNode queues is changed before it is run."""
    # The name of PennyLane 0.45; the other one is that of versions before.
    name = "compile_pipeline" if hasattr(type(node), "compile_pipeline") else "transform_program"
    return len(getattr(node, name)) > 0


def _bare(arg: Any) -> Any:
    """An array without what PennyLane adds, which takes its time at every access."""
    return arg.view(np.ndarray) if type(arg) is pnp.tensor and arg.ndim else arg
