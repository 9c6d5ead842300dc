"""What a function reads beside its arguments, so that it is known when it can have changed.

A function whose way does not depend on values queues the same at every point, unless something
that it reads from outside is another: a global, a variable of the function around it, what is in
an array or a list. These are listed from its code, with those of the functions that it calls, and
looked at again, which takes some microseconds. Whatever else a function may do (draw numbers, write
to variables outside, read attributes of objects that are no constants) makes it one that is run
at every call.
"""

from __future__ import annotations

import builtins
import dis
import types
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
import pennylane as qml

# Functions and classes of these do the same at every call.
_PURE: Final = ("autograd", "cmath", "itertools", "math", "numpy", "pennylane")

_BUILTINS: Final = frozenset(
    (
        abs, complex, dict, divmod, enumerate, float, frozenset, int, len, list, map, max, min,
        pow, range, reversed, round, set, slice, sorted, sum, tuple, zip,
    )
)  # fmt: skip

# What looks at values past what follows them, or draws.
_FORBIDDEN: Final = frozenset(
    (
        "all", "any", "argwhere", "capture", "count_nonzero", "detach", "flatnonzero", "getval",
        "nonzero", "random", "stop_gradient", "toarray", "unwrap", "_value",
    )
)  # fmt: skip

# What writes outside, or runs what is not read here.
_FORBIDDEN_CODE: Final = frozenset(
    (
        "STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR", "DELETE_ATTR", "IMPORT_NAME", "LOAD_NAME",
        "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF", "LOAD_FROM_DICT_OR_GLOBALS",
        "LOAD_BUILD_CLASS", "LOAD_LOCALS", "IMPORT_STAR",
    )
)  # fmt: skip

# Where a jump depends on a comparison it is noted whether that is of numbers that are followed.
_COMPARISONS: Final = frozenset(("COMPARE_OP", "IS_OP", "CONTAINS_OP"))

_MOST_BYTES: Final = 2**16
_DEEPEST: Final = 6


class UnreadableError(Exception):
    """A function that may do something else at any call."""


@dataclass(frozen=True, eq=False)
class Read:
    """One value from outside.

    Args:
        now: What it is now.
        value: What it was.
        contents: What was in it; None where it cannot change.
    """

    now: Callable[[], Any]
    value: Any
    contents: Hashable | None

    def same(self) -> bool:
        """Whether it is what it was."""
        try:
            now = self.now()
            if self.contents is not None:
                return bool(contents_of(now) == self.contents)
        except (KeyError, ValueError, UnreadableError):
            return False
        return now is self.value


@dataclass(eq=False)
class Reads:
    """All that a function reads from outside."""

    reads: list[Read] = field(default_factory=list)
    _seen: set[Any] = field(default_factory=set)

    @staticmethod
    def of(function: Any) -> Reads | None:
        """Of a function; None where it may do something else at any call."""
        found = Reads()
        try:
            found._function(function, 0)
        except (UnreadableError, ValueError):
            return None
        return found

    def same(self) -> bool:
        """Whether the function does what it did."""
        return all(read.same() for read in self.reads)

    def _function(self, function: Any, depth: int) -> None:
        if function in self._seen:
            return
        if not isinstance(function, types.FunctionType) or depth > _DEEPEST:
            raise UnreadableError
        self._seen.add(function)
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._note(partial(_itself, value), value, depth)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
        if _is_pure(function):  # made around something, as by qml.ctrl(function, control)
            for cell in cells.values():
                self._note(partial(getattr, cell, "cell_contents"), cell.cell_contents, depth)
            return
        outside = function.__globals__
        for kind, name in dict.fromkeys(_names(function.__code__)):
            if kind == "cell" and name in cells:
                cell = cells[name]
                self._note(partial(getattr, cell, "cell_contents"), cell.cell_contents, depth)
            elif kind == "global" and name in outside:
                self._note(partial(outside.__getitem__, name), outside[name], depth)
            elif kind == "global" and getattr(builtins, name, None) not in _BUILTINS:
                raise UnreadableError

    def _note(self, now: Callable[[], Any], value: Any, depth: int) -> None:
        if isinstance(value, types.FunctionType) and (value.__closure__ or not _is_pure(value)):
            self._function(value, depth + 1)
            self.reads.append(Read(now, value, None))
        elif is_constant(value):
            self.reads.append(Read(now, value, None))
        else:
            self.reads.append(Read(now, value, contents_of(value)))


def _itself(value: Any) -> Any:
    return value


def is_constant(value: Any) -> bool:
    """Whether what a value is cannot change while it is the same object."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, range)):
        return True
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0] in _PURE
    if isinstance(value, (qml.operation.Operator, qml.wires.Wires)):
        return True  # operators are values, by PennyLane's own convention
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)):
        is_made = isinstance(value, types.FunctionType) and value.__closure__
        return value in _BUILTINS or (_is_pure(value) and not is_made)
    return False


def contents_of(value: Any) -> Hashable:
    """What is in arrays, lists, tuples, sets and dictionaries of constants.

    Raises:
        UnreadableError: It is something else, or large.
    """
    if isinstance(value, np.ndarray):
        if value.dtype == object or value.nbytes > _MOST_BYTES:
            raise UnreadableError
        return value.shape, value.dtype.str, value.tobytes(), getattr(value, "requires_grad", None)
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(contents_of, value))
    if isinstance(value, (set, frozenset)):
        return type(value), frozenset(map(contents_of, value))
    if isinstance(value, dict):
        return tuple((contents_of(key), contents_of(item)) for key, item in value.items())
    if isinstance(value, np.generic):
        return value.dtype.str, value.tobytes()
    if not is_constant(value):
        raise UnreadableError
    if isinstance(value, (bool, int, float, complex, str, bytes, range, type(None))):
        return type(value), repr(value)
    return _Same(value)


@dataclass(frozen=True, eq=False)
class _Same:
    """A value by its identity, which is kept as long as it is compared."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def _is_pure(value: Any) -> bool:
    module = getattr(value, "__module__", None) or ""
    name = getattr(value, "__name__", "")
    homes = [module]
    if isinstance(value, types.FunctionType):
        homes.append(str(value.__globals__.get("__name__")))  # functools.wraps copies the other one
    is_known = all(home.partition(".")[0] in _PURE for home in homes)
    is_numpy = isinstance(value, np.ufunc) or is_known
    return is_numpy and "random" not in module and name not in _FORBIDDEN


def _names(code: types.CodeType) -> Iterator[tuple[str, str]]:
    """("global" or "cell", name) of everything that code, and code inside it, reads.

    Raises:
        UnreadableError: It does more than read and call.
    """
    before = ""
    for instruction in dis.get_instructions(code):
        name, what = instruction.opname, instruction.argval
        if _looks(name) and before not in _COMPARISONS:
            raise UnreadableError  # the truth of a number is not noted
        before = name
        if name in _FORBIDDEN_CODE or (name == "STORE_DEREF" and what in code.co_freevars):
            raise UnreadableError
        if name in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR") and what in _FORBIDDEN:
            raise UnreadableError
        if name == "LOAD_GLOBAL":
            if what in _FORBIDDEN:
                raise UnreadableError
            yield "global", what
        elif name in ("LOAD_DEREF", "LOAD_CLOSURE") and what in code.co_freevars:
            yield "cell", what
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _looks(name: str) -> bool:
    """Whether an instruction asks whether something is true."""
    jumps = name.startswith(("POP_JUMP", "JUMP_IF")) and "NONE" not in name
    return jumps or name in ("TO_BOOL", "UNARY_NOT")
