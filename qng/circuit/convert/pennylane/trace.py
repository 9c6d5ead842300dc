"""Arguments of a quantum function followed as expressions.

PennyLane's functions accept autograd's boxes, a number together with the history of how it was
computed. Here the history is an array of expressions: a node of the trace repeats every NumPy
call on an array of symbols, one a number. Values and expressions are computed side by side, and
wherever an expression is read they are compared. Where the function looks at values (a comparison,
rounding, a sign) the expressions hold on one side only: this is noted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, Final

import numpy as np
import pennylane as qml
from autograd.extend import VJPNode, defjvp, defvjp, primitive
from autograd.numpy import numpy_wrapper
from autograd.tracer import Node, isbox, new_box, notrace_primitives, trace_stack

from qng import checks
from qng.circuit.angle import parameter
from qng.circuit.convert.pennylane.symbol import Symbol, symbol
from qng.errors import CircuitError


class UnfollowedError(CircuitError):
    """A value that depends on the arguments in a way that no expression was found for."""


@dataclass
class Trace:
    """A trace of autograd.

    Args:
        level: As autograd counts them.
        looked: What the quantum function has asked of values.
        inside: Whether it is running just now.
        lowering: Whether operations are being lowered just now.
        hidden: What was asked of values there, which what is queued does not tell.
    """

    level: int
    looked: list[str] = field(default_factory=list)
    inside: bool = False
    lowering: bool = False
    hidden: list[str] = field(default_factory=list)

    def box(self, values: np.ndarray, names: np.ndarray) -> Any:
        """Numbers as parameters with these names, in an array of the same shape."""
        symbols = np.empty(values.shape, dtype=object)
        for index in np.ndindex(values.shape):
            symbols[index] = Symbol(parameter(str(names[index])))
        value = qml.numpy.array(values) if values.ndim else np.float64(values)
        return new_box(value, self.level, _History.new_root(symbols))


_TRACE: Final[ContextVar[Trace | None]] = ContextVar("trace", default=None)


@contextmanager
def tracing() -> Iterator[Trace]:
    """A trace, in which boxes are made and followed."""
    outer = trace_stack.top
    try:
        with trace_stack.new_trace() as level:
            trace = Trace(level)
            token = _TRACE.set(trace)
            try:
                yield trace
            finally:
                _TRACE.reset(token)
    finally:
        # autograd leaves the level where it was when an error passes.
        trace_stack.top = outer


class Watched:
    """A function of a user, in which it is noted where values are looked at."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function returns."""
        trace = _TRACE.get()
        if trace is None:
            return self.function(*args, **kwargs)
        trace.inside = True
        try:
            return self.function(*args, **kwargs)
        finally:
            trace.inside = False


class _History(Node):  # type: ignore[misc]
    """A node of the trace: what was computed, as an array of symbols."""

    __slots__ = ("failure", "symbols")

    symbols: Any
    failure: str

    def __init__(
        self,
        value: Any,
        fun: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        parent_argnums: Sequence[int],
        parents: Sequence[_History],
    ) -> None:
        if fun is _ask:
            args[1].extend(parents)
            self.symbols, self.failure = None, ""
            return
        self.symbols, self.failure = None, next((p.failure for p in parents if p.failure), "")
        if self.failure:
            return
        # What another trace follows would be taken for a plain number.
        for other in filter(isbox, args):
            checks.settled("a number in the function", other)
        full = [_plain(a) for a in args]
        for position, parent in zip(parent_argnums, parents):
            full[position] = parent.symbols
        try:
            self.symbols = _array(_repeat(fun, full, dict(kwargs)))
        except Exception as error:
            # Only what a gate reads has to be an expression; it is refused there.
            name = getattr(fun, "__name__", str(fun))
            self.failure = f"{name} ({one_line(error)})"

    def initialize_root(self, symbols: np.ndarray) -> None:
        self.symbols, self.failure = symbols, ""


class _Constants:
    """What autograd treats as constant: shapes, and what looks at values, which is noted."""

    def __contains__(self, fun: Any) -> bool:
        if fun not in notrace_primitives[VJPNode]:
            return False
        trace, name = _TRACE.get(), fun.__name__
        if trace is None or name in _OF_SHAPE:
            return True
        if trace.lowering:
            trace.hidden.append(name)
        elif trace.inside and not _in_operation():
            trace.looked.append(name)
        return True


def _in_operation() -> bool:
    """Whether it is PennyLane that looks, in an operation that a user has called.

    What an operation does there, its lowering repeats.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(_ARITHMETIC):
            return str(module).startswith("pennylane.")
        frame = frame.f_back
    return False


# Through which a user's arithmetic comes.
_ARITHMETIC: Final = (
    __name__,
    "autograd.",
    "autoray",
    "numpy.",
    "pennylane.math",
    "pennylane.numpy",
)

_OF_SHAPE: Final = frozenset(
    "iscomplexobj isscalar ndim ones_like result_type shape size zeros_like".split()  # noqa: SIM905
)

notrace_primitives[_History] = _Constants()


# Names inside autograd; where it has none, what is computed with them is not followed.
_CAST: Final = getattr(numpy_wrapper, "_astype", None)
_COPIED: Final = getattr(numpy_wrapper, "_array_from_scalar_or_array", None)


def _repeat(fun: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A primitive of autograd on arrays of symbols."""
    raw = getattr(fun, "fun", fun)
    if fun is _CAST:
        return args[0]
    if fun is numpy_wrapper.array_from_args:
        items = [a[()] if isinstance(a, np.ndarray) and not a.ndim else a for a in args[2:]]
        return raw(args[0][1:], _untyped(args[1]), *items)
    if fun is _COPIED:
        return raw(args[0][1:], _untyped(args[1]), args[2])
    # NumPy knows no imaginary part of objects.
    if raw is np.real:
        return np.frompyfunc(lambda s: Symbol(symbol(s).re), 1, 1)(args[0])
    if raw is np.imag:
        return np.frompyfunc(lambda s: Symbol(symbol(s).im), 1, 1)(args[0])
    if raw in (np.real_if_close, np.nan_to_num):
        return args[0]
    return raw(*args, **_untyped(kwargs))


def _untyped(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in kwargs.items() if key != "dtype"}


def _same(value: Any, asked: list[_History]) -> Any:
    """A value as it is; the node that autograd makes for it tells `asked` of its parents."""
    return value


# autograd hands the histories of a primitive's arguments to the constructor of a node, and has no
# other public way to them.
_ask: Final = primitive(_same)
# In a trace of others, where it is called as well.
defvjp(_ask, None)
defjvp(_ask, "same")


def history_of(box: Any) -> _History | None:
    """The history of a box; None: it is one of another trace."""
    asked: list[_History] = []
    _ask(box, asked)
    return asked[-1] if asked else None


def one_line(error: BaseException) -> str:
    """The message of an error of another library."""
    return " ".join(str(error).split()) or type(error).__name__


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, np.ndarray) else value


def _array(result: Any) -> Any:
    if isinstance(result, (list, tuple)):
        return [_array(item) for item in result]
    if isinstance(result, np.ndarray):
        return result
    array = np.empty((), dtype=object)
    array[()] = result
    return array
