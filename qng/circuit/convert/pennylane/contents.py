"""What an operator of PennyLane is, beside its numbers, as a value that does not change with it.

Operators may be changed in their place, by `op.data = ...` or in a list that they hold. So two are
never compared by which objects they are, but by what is in them, noted when it was true.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping
from typing import Any, Final

import numpy as np
import pennylane as qml


class UntoldError(Exception):
    """Something that does not tell what is in it."""


def labels(op: Any) -> Hashable:
    """The wires of an operator, those of a control apart."""
    if _form(type(op)) is _CONTROLLED:
        return op.control_wires.labels, labels(op.base)
    found: Hashable = op.wires.labels
    return found


def contents(op: Any) -> Hashable:
    """All that an operator is but for its class, its wires and its numbers; () where that is all.

    Raises:
        UntoldError: It holds what does not tell what is in it, such as a function.
    """
    form = _form(type(op))
    if form is _PLAIN:
        return tuple(_others(op)) if op.hyperparameters else ()
    if form is _CONTROLLED:
        values = tuple(map(bool, op.control_values))
        return values, op.work_wires.labels, _part(op.base, op)
    if form is _SYMBOLIC:
        return *_others(op), _part(op.base, op)
    return tuple(_part(part, op) for part in op.operands)


def _part(part: Any, whole: Any) -> Hashable:
    """An operator in another one, with the numbers that are none of this one's."""
    own = part.data
    if own:
        there = set(map(id, whole.data))
        own = tuple(frozen(value) for value in own if id(value) not in there)
    return type(part), labels(part), contents(part), own


def _others(op: Any) -> list[Hashable]:
    own = op.hyperparameters.items()
    return [(key, frozen(value)) for key, value in own if key != "base"]


def frozen(value: Any) -> Hashable:
    """A value by what is in it.

    Raises:
        UntoldError: It is of a kind that does not tell it, or depends on parameters.
    """
    kind = type(value)
    if kind in ATOMS or isinstance(value, np.generic):
        return kind, value
    if kind is qml.wires.Wires:
        return kind, value.labels
    if kind in (list, tuple):
        return kind, tuple(map(frozen, value))
    if kind in (set, frozenset):
        return kind, frozenset(map(frozen, value))
    if isinstance(value, Mapping) and (kind is dict or _is_pennylane(kind)):
        return kind, tuple((frozen(key), frozen(item)) for key, item in value.items())
    if kind in (np.ndarray, qml.numpy.tensor) and value.dtype != object:
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, qml.operation.Operator) and _is_pennylane(kind):
        data = tuple(map(frozen, value.data))
        return kind, labels(value), contents(value), data
    if isinstance(value, type) and _is_pennylane(value):
        return value
    raise UntoldError(f"a value of the class {kind.__name__}")


def is_pennylane(op: Any) -> bool:
    """Whether an operator is of a class of PennyLane's, not of one that is called like it."""
    return _is_pennylane(type(op))


def _form(kind: Any) -> Any:
    if kind not in _forms:
        known = _CONTROLLED, _SYMBOLIC, _COMPOSITE, _PLAIN
        _forms[kind] = next(form for form in known if issubclass(kind, form))
    return _forms[kind]


def _is_pennylane(kind: Any) -> bool:
    if kind not in _pennylanes:
        module, name = kind.__module__, kind.__name__
        is_there = getattr(sys.modules.get(module), name, None) is kind
        _pennylanes[kind] = module.partition(".")[0] == "pennylane" and is_there
    return _pennylanes[kind]


_forms: Final[dict[Any, Any]] = {}
_pennylanes: Final[dict[Any, bool]] = {}

_PLAIN, _CONTROLLED = qml.operation.Operator, qml.ops.Controlled
_SYMBOLIC, _COMPOSITE = qml.ops.SymbolicOp, qml.ops.CompositeOp

BARE: Final = frozenset(
    (
        qml.RX, qml.RY, qml.RZ, qml.Rot, qml.PhaseShift, qml.IsingXX, qml.IsingYY, qml.IsingZZ,
        qml.IsingXY, qml.Hadamard, qml.X, qml.Y, qml.Z, qml.S, qml.T, qml.SWAP,
    )
)  # fmt: skip
"""Classes whose operators are their wires and numbers, and nothing else."""

ATOMS: Final = frozenset((type(None), bool, int, float, complex, str, bytes, range))
"""Classes whose values cannot be changed."""
