"""Tapes side by side: whether they differ, and in which numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.arrays import Array
from qng.circuit.convert.pennylane.reader import numbers
from qng.circuit.convert.pennylane.source import Source, bound

# In units of the rounding of the floating-point type in which a function computes.
_ROUNDINGS: Final = 100

# Radians; large in units of the rounding of single precision.
_NEAR: Final = 1e-3

Place = tuple[int, int]
"""A number or an array that a tape holds: the operation, and which of its data."""


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings, which belong to points that the user has not asked for."""
    # How NumPy treats floating-point errors stays as it is: a function may ask for it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def near(theta: Array) -> Iterator[Array]:
    """Two points near by in general directions; none where there are no parameters."""
    rng = np.random.default_rng(0)
    for step in (_NEAR, -_NEAR) if theta.size else ():
        yield theta + step * rng.uniform(0.5, 1.5, theta.shape)


def rounding(source: Source) -> float:
    """The rounding of the floating-point type in which a source computes."""
    # Other libraries may compute in single precision.
    third = np.array(1 / 3)
    is_single = any(float(numbers(part.native(third))) != third for part in source.leaves)
    return float(np.finfo(np.float32 if is_single else np.float64).eps)


def tolerance(source: Source) -> float:
    """By how much equal numbers of two runs may differ, relative and absolute."""
    return _ROUNDINGS * rounding(source)


def data(tape: Any) -> dict[Place, np.ndarray]:
    """The numbers that the operations hold."""
    return {
        (k, j): numbers(held)
        for k, op in enumerate(tape.operations)
        for j, held in enumerate(op.data)
    }


def with_data(tape: Any, new: Mapping[Place, Any]) -> Any:
    """The tape with other numbers at some places."""
    operations = [
        bound(op, [new.get((k, j), held) for j, held in enumerate(op.data)])
        for k, op in enumerate(tape.operations)
    ]
    return qml.tape.QuantumScript(operations, tape.measurements)


def same_shape(a: Any, b: Any) -> bool:
    """Whether two tapes have the same operations, but for the numbers in them."""
    return _shape(a) == _shape(b)


def same_numbers(a: Any, b: Any, tiny: float) -> bool:
    """Whether two tapes have the same operations, and equal numbers in boxes or not."""
    return same_shape(a, b) and all(
        np.allclose(x, y, rtol=tiny, atol=tiny, equal_nan=True)
        for x, y in zip(data(a).values(), data(b).values())
    )


def _shape(tape: Any) -> list[tuple[Any, ...]]:
    return [
        (_kind(op), tuple(op.wires), [np.shape(numbers(held)) for held in op.data])
        for op in tape.operations
    ]


def _kind(op: Any) -> tuple[Any, ...]:
    """What it is without its numbers, which some names hold."""
    parts = op.operands if isinstance(op, qml.ops.CompositeOp) else ()
    parts = (op.base,) if isinstance(op, qml.ops.SymbolicOp) else parts
    return type(op).__name__, *map(_kind, parts)
