"""What depends on the arguments, read as expressions: numbers, boxes, and arrays of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pennylane as qml
from autograd.tracer import getval, isbox

from qng import checks
from qng.circuit.angle import Angle, as_angle, parameter
from qng.circuit.convert.lowering import scaled
from qng.circuit.convert.pennylane.symbol import Symbol, symbol
from qng.circuit.convert.pennylane.trace import UnfollowedError, history_of
from qng.errors import CircuitError

# Relative to the value: by how much an expression may differ from what PennyLane computed, in
# units of the rounding of its floating-point type.
_ROUNDINGS: Final = 1e5


@dataclass(frozen=True)
class Reader:
    """Reads numbers and boxes as expressions.

    Args:
        values: The parameters' values in this trace; None: expressions are not checked.
    """

    values: Mapping[str, float] | None = None

    def scalar(self, value: Any, what: str) -> Symbol:
        """One number or box as a symbol.

        Raises:
            CircuitError: Several numbers.
            UnfollowedError: It was computed in a way that was not followed.
        """
        symbols, expected = _symbols(value, what), numbers(value)
        if expected.size != 1:
            raise CircuitError(
                f"{what} is an array of the shape {expected.shape}; a batch of circuits is not "
                "lowered, write one circuit a set of values"
            )
        if symbols.shape != expected.shape:
            raise UnfollowedError(f"{what} has the shape {expected.shape}, not {symbols.shape}")
        found = symbol(symbols.item())
        for part, number in ((found.re, expected.item().real), (found.im, expected.item().imag)):
            self._check(part, number, expected.dtype, what)
        return found

    def angle(self, value: Any, what: str) -> Angle:
        """One real number as an angle.

        Raises:
            CircuitError: Several numbers, or one that is not real.
            UnfollowedError: As `scalar`.
        """
        found = self.scalar(value, what)
        if found.im.number != 0.0:
            raise CircuitError(f"{what} must be real, it has the imaginary part {found.im}")
        return compact(found.re)

    def angles(self, value: Any, what: str) -> list[Angle]:
        """The real numbers of an array, in C order, as angles that are not checked.

        Raises:
            UnfollowedError: They are not real, or were computed in a way that was not followed.
        """
        found = [symbol(item) for item in _symbols(value, what).ravel()]
        if any(item.im.number != 0.0 for item in found):
            raise UnfollowedError(f"{what} is not real")
        return [compact(item.re) for item in found]

    def _check(self, part: Angle, expected: float, dtype: np.dtype[Any], what: str) -> None:
        # At the points where a circuit is compared, a function may be undefined.
        if self.values is None or not math.isfinite(expected):
            return
        tiny = _ROUNDINGS * float(np.finfo(dtype).eps if dtype.kind in "fc" else 1e-16)
        found = part.value(self.values)
        if not abs(found - expected) <= tiny * max(1.0, abs(expected)):
            raise UnfollowedError(
                f"{what} is {expected:g}, but the expression that was found, {part}, is {found:g}"
            )


def compact(angle: Angle) -> Angle:
    """An affine expression as a sum of multiples of parameters; others as they are."""
    form = angle.affine()
    if form is None:
        return angle
    total = as_angle(0.0)
    for name, c in form[0].items():
        p = parameter(name)
        is_first = total.number == 0.0
        total = scaled(p, c) if is_first else total + c * p if c > 0 else total - (-c) * p
    return total + form[1] if form[1] >= 0 else total - (-form[1])


def is_traced(value: Any) -> bool:
    """Whether a value depends on the parameters."""
    if isbox(value):
        node = history_of(value)
        if node is None or node.failure:
            return True
        return any(
            s.re.parameters() or s.im.parameters()
            for s in _flat(node.symbols)
            if isinstance(s, Symbol)
        )
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(map(is_traced, value.ravel()))
    return isinstance(value, (list, tuple)) and any(map(is_traced, value))


def _flat(symbols: Any) -> Iterator[Any]:
    if isinstance(symbols, list):
        for item in symbols:
            yield from _flat(item)
    else:
        yield from symbols.ravel()


def _symbols(value: Any, what: str) -> np.ndarray:
    if isbox(value):
        node = history_of(value)
        if node is None:
            checks.settled(what, value)
            raise UnfollowedError(f"{what} belongs to another trace of autograd")
        if node.failure:
            raise UnfollowedError(
                f"{what} is computed by a function that is not followed, {node.failure}; write it "
                "with arithmetic and elementary functions"
            )
        return np.asarray(node.symbols, dtype=object)
    if isinstance(value, np.ndarray) and value.dtype == object:
        flat = [_symbols(item, what)[()] for item in value.ravel()]
        return _filled(flat, value.shape)
    if isinstance(value, (list, tuple)):
        items = [_symbols(item, what) for item in value]
        shapes = {item.shape for item in items}
        if len(shapes) > 1:
            raise CircuitError(f"{what} is a list of arrays of different shapes")
        return _filled([s for item in items for s in item.ravel()], (len(items), *shapes.pop()))
    return numbers(value).astype(object)


def _filled(flat: list[Any], shape: tuple[int, ...]) -> np.ndarray:
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array.reshape(shape)


def numbers(value: Any) -> np.ndarray:
    """The numbers inside boxes and the arrays of any library."""
    if isbox(value):
        return np.asarray(getval(value)).view(np.ndarray)
    if isinstance(value, (list, tuple)):
        return np.array([numbers(item) for item in value])
    # The whole numbers of pennylane.numpy are of a class that its own functions do not know.
    if isinstance(value, (np.generic, int, float, complex)):
        return np.asarray(value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        flat = np.array([numbers(item) for item in value.ravel()])
        return flat.reshape(value.shape)
    if type(value).__module__.startswith("jax"):
        checks.settled("a number in the circuit", value)
    array: np.ndarray = np.asarray(qml.math.toarray(qml.math.unwrap([value])[0]))
    return array
