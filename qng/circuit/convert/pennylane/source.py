"""Quantum functions, QNodes and tapes as circuits.

A source is a function of arrays that gives a tape. It is run with boxes (`trace.py`)
and its operations are lowered. Where it cannot be run with boxes, the parameters of its
operations are affine functions of the arguments or it is refused: they are determined from runs
at zero and at the unit vectors, checked at other points, and the tape with these expressions is
what is lowered.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.convert.lowering import finish
from qng.circuit.convert.pennylane.arguments import Leaf, arguments, leaf
from qng.circuit.convert.pennylane.conversion import Argument, Conversion
from qng.circuit.convert.pennylane.gates import Scope, lower
from qng.circuit.convert.pennylane.paulis import pauli_sum
from qng.circuit.convert.pennylane.refuse import holds_data
from qng.circuit.convert.pennylane.trace import (
    Reader,
    UnfollowedError,
    is_traced,
    numbers,
    one_line,
    tracing,
)
from qng.circuit.pauli import PauliSum
from qng.errors import CircuitError, InputError

Labels = tuple[Hashable, ...]

_ADVICE: Final = "use pennylane.numpy for the functions inside"
_ROUNDINGS: Final = 100


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


def converted(source: Source) -> Conversion:
    """The circuit of a source, compared with what it is at other points."""
    values = [part.value for part in source.leaves]
    try:
        found = _trace(source, values)
    except UnfollowedError as error:
        source = _affine(source, error)
        found = _trace(source, values)
    for other in _others(source, values):
        if other.circuit != found.circuit or other.wires != found.wires:
            raise CircuitError(
                "the function builds another circuit at other values of its arguments, or at "
                "every call; the gates may not depend on the values of parameters: "
                "make that argument constant with requires_grad=False, or fix the seed"
            )
    return found


def observables(measurements: Sequence[Any], wires: Labels) -> tuple[PauliSum, ...]:
    """The observables of the expectation values among the measurements."""
    place = {label: k for k, label in enumerate(wires)}
    found: list[PauliSum] = []
    for m in measurements:
        if isinstance(m, _NOT_OBSERVED):
            continue
        name = type(m).__name__.removesuffix("MP")
        if not isinstance(m, qml.measurements.ExpectationMP):
            raise CircuitError(
                f"the measurement {name} is no expectation value of an observable; return expval"
            )
        if m.obs is None:
            raise CircuitError(
                "an expectation value of outcomes inside the circuit is not supported; "
                "return expval of an observable"
            )
        terms = pauli_sum(m.obs, place.__getitem__)
        if not terms.is_hermitian:
            raise CircuitError(f"the observable {m.obs.name} is not Hermitian")
        found.append(terms)
    return tuple(found)


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
            operations.append(_bound(op, [new.get(k, d) for k, d in zip(own, op.data)]))
        return qml.tape.QuantumScript(operations, tape.measurements)

    return Source(tuple(leaves), run, labels)


def _bound(op: Any, data: list[Any]) -> Any:
    """An operation with other parameters."""
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


# Traces


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
        with _quiet():
            try:
                yield _trace(source, [sign * v + step * r for v, r in zip(values, normal)])
            except UnfollowedError:
                # The function may not be defined there.
                yield _trace(source, [v + 1e-3 * r for v, r in zip(values, normal)])


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings, which belong to points that the user has not asked for."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


# Affine functions


def _affine(source: Source, cause: UnfollowedError) -> Source:
    """The same with its angles as affine expressions, found from its values.

    Raises:
        CircuitError: They are not affine, or the function does not run at all.
    """
    theta = np.concatenate([np.empty(0), *(part.value.ravel() for part in source.leaves)])
    cuts = np.cumsum([part.value.size for part in source.leaves])[:-1]

    def tape_at(point: Array) -> Any:
        blocks = np.split(point, cuts) if source.leaves else []
        return source.run(
            [
                part.native(b.reshape(part.value.shape).copy())
                for part, b in zip(source.leaves, blocks)
            ]
        )

    try:
        tape = tape_at(theta)
    except Exception as error:
        raise CircuitError(f"the function cannot be run: {one_line(error)}") from error
    shape = _shape(tape)
    rng = np.random.default_rng(0)
    checks = [theta, *rng.normal(size=(2, theta.size))]
    try:
        with _quiet():
            tapes = [tape_at(p) for p in (np.zeros_like(theta), *np.eye(theta.size), *checks)]
    except Exception as error:
        raise cause from error
    if any(_measured(t) != _measured(tape) for t in tapes):
        raise CircuitError(
            "an observable depends on an argument; make that argument constant with "
            "requires_grad=False, or leave it out of argnum"
        ) from cause
    if any(_shape(t) != shape for t in tapes):
        raise cause
    data = [_data(t) for t in tapes]
    # Other libraries may compute in single precision.
    third = np.array(1 / 3)
    is_single = any(float(part.native(third)) != third for part in source.leaves)
    tiny = _ROUNDINGS * float(np.finfo(np.float32 if is_single else np.float64).eps)
    entries: list[tuple[Array, Array] | None] = []
    for k, original in enumerate(_data(tape)):
        column = [d[k] for d in data]
        if all(np.array_equal(c, original) for c in column):
            entries.append(None)
            continue
        if any(c.dtype.kind not in "fiu" for c in column):
            raise cause
        b, slopes = column[0], [c - column[0] for c in column[1 : theta.size + 1]]
        a = np.stack(slopes, axis=-1).astype(float)
        for point, found in zip(checks, column[theta.size + 1 :]):
            if not np.allclose(a @ point + b, found, rtol=tiny, atol=tiny):
                raise cause
        entries.append((a, np.asarray(b, dtype=float)))

    def run(values: Sequence[Any]) -> Any:
        x = qml.numpy.concatenate([qml.numpy.ravel(v) for v in values])
        rest = iter(entries)
        operations = []
        for op in tape.operations:
            forms = [next(rest) for _ in op.data]
            new = [d if f is None else f[0] @ x + f[1] for d, f in zip(op.data, forms)]
            operations.append(_bound(op, new))
        return qml.tape.QuantumScript(operations, tape.measurements)

    # What operations hold besides their parameters must not depend on the arguments either.
    for point, expected in zip(checks, tapes[-len(checks) :]):
        if not _equal(run([point]), expected, 10 * tiny):
            raise cause
    return Source(source.leaves, run, source.labels)


def _equal(a: Any, b: Any, tiny: float) -> bool:
    return len(a.operations) == len(b.operations) and all(
        qml.equal(x, y, check_interface=False, check_trainability=False, rtol=tiny, atol=tiny)
        for x, y in zip(a.operations, b.operations)
    )


def _shape(tape: Any) -> list[tuple[Any, ...]]:
    """The operations but for their parameters."""
    return [(op.name, tuple(op.wires), len(op.data)) for op in tape.operations]


def _measured(tape: Any) -> list[tuple[Any, ...]]:
    return [
        (type(m), tuple(m.wires), None if m.obs is None else repr(m.obs)) for m in tape.measurements
    ]


def _data(tape: Any) -> list[np.ndarray]:
    return [numbers(d) for op in tape.operations for d in op.data]


_NOT_OBSERVED: Final = (
    qml.measurements.StateMP,
    qml.measurements.DensityMatrixMP,
    qml.measurements.ProbabilityMP,
    qml.measurements.SampleMP,
    qml.measurements.CountsMP,
)
