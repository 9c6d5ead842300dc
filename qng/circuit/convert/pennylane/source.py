"""What a user hands over as a function of arrays: a QNode, a quantum function or a tape."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.arrays import Array
from qng.circuit.convert.pennylane.arguments import Leaf, arguments, leaf
from qng.circuit.convert.pennylane.reader import is_traced, numbers
from qng.circuit.convert.pennylane.refuse import holds_data
from qng.circuit.convert.pennylane.trace import Watched
from qng.errors import CircuitError, InputError

Labels = tuple[Hashable, ...]

_MOST_SHOWN: Final = 6


@dataclass(frozen=True)
class Source:
    """A function of arrays that gives a tape.

    Args:
        leaves: Its trainable arguments.
        run: Arrays or boxes, one a leaf -> tape.
        labels: The wires in the order of the qubits; None where the tape decides.
        called: Arrays, one a leaf -> all that the function is called with.
        read: The way back; None for a tape, which is not called.
        name: What it is called.
    """

    leaves: tuple[Leaf, ...]
    run: Callable[[Sequence[Any]], Any]
    labels: Labels | None
    called: Callable[[Sequence[Any]], tuple[Any, ...]] = tuple
    read: Callable[[tuple[Any, ...]], tuple[Leaf, ...]] | None = None
    name: str = "tape"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(str(name) for part in self.leaves for name in part.parameters().ravel())

    @property
    def theta(self) -> Array:
        """The numbers that were given, shape (P,)."""
        return np.concatenate([np.empty(0), *(part.value.ravel() for part in self.leaves)])

    def native(self, theta: Array) -> list[Any]:
        """Other numbers, shape (P,), in the types of the arguments."""
        return [part.native(block) for part, block in zip(self.leaves, self.split(theta))]

    def split(self, theta: Any) -> list[Any]:
        """A vector over the parameters as one array a leaf, of its shape."""
        ends = np.cumsum([part.value.size for part in self.leaves])
        blocks = zip(self.leaves, [0, *ends], ends)
        return [theta[start:end].reshape(part.value.shape) for part, start, end in blocks]

    def ravelled(self, arguments: Any) -> Array | None:
        """theta of an argument or a tuple of all arguments; None where they do not fit."""
        if self.read is None:
            return None
        try:
            leaves = self.read(arguments if isinstance(arguments, tuple) else (arguments,))
        except InputError:
            return None
        if [(p.name, p.value.shape) for p in leaves] != [
            (p.name, p.value.shape) for p in self.leaves
        ]:
            return None
        return replace(self, leaves=leaves).theta

    def another(self, theta: Array) -> str:
        """What is said where another circuit is made."""
        return (
            f"{self.name} builds another circuit at {self.where(theta)} than at "
            f"{self.where(self.theta)}, or at every call: which gates there are may not depend on "
            "the values of parameters; make that argument constant with requires_grad=False, or "
            "fix the seed"
        )

    def where(self, theta: Array) -> str:
        """A point, for messages."""
        named = [f"{name} = {value:.6g}" for name, value in zip(self.parameters, theta)]
        shown = named if len(named) <= _MOST_SHOWN else [*named[: _MOST_SHOWN - 1], "..."]
        return ", ".join(shown) or "the same arguments"


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
    fixed: tuple[Any, ...] = ()
    if isinstance(source, functools.partial):
        source, fixed, kwargs = source.func, source.args, {**source.keywords, **kwargs}
    is_node = isinstance(source, qml.QNode)
    if is_node and labels is None and source.device.wires is not None:
        labels = tuple(source.device.wires) or None
    function = source.func if is_node else source
    tape = qml.workflow.construct_tape(_watched(source)) if is_node else _script(function)
    return made_by(function, tape, args, kwargs, fixed=fixed, argnum=argnum, labels=labels)


def made_by(
    function: Callable[..., Any],
    tape: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    fixed: Sequence[Any] = (),
    argnum: int | Sequence[int] | None = None,
    labels: Labels | None = None,
) -> Source:
    """The source of a function.

    Args:
        function: What its arguments are called.
        tape: All arguments -> tape.
        args: Those at one point, without the fixed ones.
        kwargs: Keyword arguments, which are constants.
        fixed: The first arguments, which are constants.
        argnum: As in `convert`.
        labels: The wires in the order of the qubits; None where the tape decides.
    """
    bare = functools.partial(function, *fixed, **kwargs)
    leaves, rebuild = arguments(bare, args, argnum)
    return Source(
        leaves=leaves,
        run=lambda values: tape(*fixed, *rebuild(values), **kwargs),
        labels=labels,
        called=lambda values: tuple(rebuild(values)),
        read=lambda given: arguments(bare, given, argnum)[0],
        name=getattr(function, "__name__", type(function).__name__),
    )


def _script(function: Callable[..., Any]) -> Callable[..., Any]:
    made: Callable[..., Any] = qml.tape.make_qscript(Watched(function))
    return made


def _watched(node: Any) -> Any:
    """A QNode whose function is watched, its transforms are not."""
    other = copy.copy(node)
    other.func = Watched(node.func)
    return other


def _from_tape(tape: Any, labels: Labels | None) -> Source:
    leaves: list[Leaf] = []
    indices: list[int] = []
    for index in tape.trainable_params:
        info = tape.par_info[index]
        op, value = info["op"], info["op"].data[info["p_idx"]]
        if info["op_idx"] >= len(tape.operations) or holds_data(op):
            continue
        is_chosen = bool(getattr(value, "requires_grad", True))
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
