"""Quantum functions that do not run with boxes, where their angles are affine in the arguments.

With x the numbers of all arguments and d(x) a number that an operation holds,

    d(x) = A x + b,   b = d(0),   A e_j = d(e_j) - d(0),

so that one run at zero and one at every unit vector e_j determine A and b. That d is affine is
checked at the point that was given and at two random ones. Everything else that the operations
hold, and the observables, must not depend on x.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.arrays import Array
from qng.circuit.convert.pennylane.source import Source, bound
from qng.circuit.convert.pennylane.trace import UnfollowedError, numbers, one_line
from qng.errors import CircuitError

# In units of the rounding of the floating-point type in which a function computes.
_ROUNDINGS: Final = 100


def affine(source: Source, cause: UnfollowedError) -> Source:
    """The same source with its angles as affine expressions, found from its values.

    Args:
        source: A function of arrays.
        cause: Why it does not run with boxes; raised where its angles are not affine.

    Raises:
        CircuitError: They are not affine, or the function does not run at all.

    Cost: P + 4 runs of the function.
    """
    theta = np.concatenate([np.empty(0), *(part.value.ravel() for part in source.leaves)])
    try:
        given = _run(source, theta)
    except Exception as error:
        raise CircuitError(f"the function cannot be run: {one_line(error)}") from error
    checks = [theta, *np.random.default_rng(0).normal(size=(2, theta.size))]
    try:
        with quiet():
            at_zero = _run(source, np.zeros_like(theta))
            at_units = [_run(source, unit) for unit in np.eye(theta.size)]
            at_checks = [_run(source, point) for point in checks]
    except Exception as error:
        raise cause from error
    for tape in (at_zero, *at_units, *at_checks):
        _check_alike(tape, given, cause)
    tiny = _tolerance(source)
    zero, units, tests = _data(at_zero), [*map(_data, at_units)], [*map(_data, at_checks)]
    forms = [
        _form(
            value,
            _Values(zero[k], [data[k] for data in units], [data[k] for data in tests]),
            checks,
            tiny,
            cause,
        )
        for k, value in enumerate(_data(given))
    ]
    found = Source(source.leaves, lambda values: _rebuilt(given, forms, values), source.labels)
    # What operations hold besides their parameters must not depend on the arguments either.
    for point, tape in zip(checks, at_checks):
        if not _equal(found.run([point]), tape, 10 * tiny):
            raise cause
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings, which belong to points that the user has not asked for."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True, eq=False)
class _Form:
    """d(x) = A x + b of one number or array that an operation holds.

    Args:
        slopes: A, shape (..., P).
        offset: b, shape (...).
    """

    slopes: Array
    offset: Array

    def at(self, x: Any) -> Any:
        """d(x), for numbers and for boxes of shape (P,)."""
        return self.slopes @ x + self.offset


@dataclass(frozen=True, eq=False)
class _Values:
    """What an operation holds at the points where the function was run.

    Args:
        zero: At 0.
        units: At the unit vectors, P of them.
        checks: At the points that only check.
    """

    zero: np.ndarray
    units: Sequence[np.ndarray]
    checks: Sequence[np.ndarray]


def _form(
    value: np.ndarray, values: _Values, checks: Sequence[Array], tiny: float, cause: UnfollowedError
) -> _Form | None:
    """The affine form of what an operation holds; None where it is constant.

    Args:
        value: At the point that was given.
        values: At the other points.
        checks: The points that check.
        tiny: By how much a value may differ from the form, relative and absolute.
        cause: Raised where it is not affine.
    """
    found = (values.zero, *values.units, *values.checks)
    if all(np.array_equal(one, value) for one in found):
        return None
    if not values.units or any(one.dtype.kind not in "fiu" for one in found):
        raise cause
    slopes = np.stack([unit - values.zero for unit in values.units], axis=-1).astype(float)
    form = _Form(slopes, np.asarray(values.zero, dtype=float))
    for point, expected in zip(checks, values.checks):
        if not np.allclose(form.at(point), expected, rtol=tiny, atol=tiny):
            raise cause
    return form


def _run(source: Source, point: Array) -> Any:
    """The tape at numbers in the types of the arguments."""
    values, start = [], 0
    for part in source.leaves:
        block = point[start : start + part.value.size].reshape(part.value.shape)
        values.append(part.native(block.copy()))
        start += part.value.size
    return source.run(values)


def _rebuilt(tape: Any, forms: Sequence[_Form | None], values: Sequence[Any]) -> Any:
    """The tape with what its operations hold computed from the arguments."""
    x = qml.numpy.concatenate([qml.numpy.ravel(value) for value in values])
    rest = iter(forms)
    operations = []
    for op in tape.operations:
        own = [(held, next(rest)) for held in op.data]
        operations.append(bound(op, [held if f is None else f.at(x) for held, f in own]))
    return qml.tape.QuantumScript(operations, tape.measurements)


def _tolerance(source: Source) -> float:
    # Other libraries may compute in single precision.
    third = np.array(1 / 3)
    is_single = any(float(part.native(third)) != third for part in source.leaves)
    return _ROUNDINGS * float(np.finfo(np.float32 if is_single else np.float64).eps)


def _check_alike(tape: Any, given: Any, cause: UnfollowedError) -> None:
    """That two tapes differ in numbers of their operations alone."""
    if _measured(tape) != _measured(given):
        raise CircuitError(
            "an observable depends on an argument; make that argument constant with "
            "requires_grad=False, or leave it out of argnum"
        ) from cause
    if _shape(tape) != _shape(given):
        raise cause


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
    """What the operations hold, in their order."""
    return [numbers(held) for op in tape.operations for held in op.data]
