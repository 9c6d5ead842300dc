"""The arguments of a quantum function: which numbers are parameters, and their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml

from qng import checks
from qng.arrays import Array
from qng.circuit.convert.pennylane.reader import numbers
from qng.errors import InputError


@dataclass(frozen=True)
class Leaf:
    """One trainable array.

    Args:
        name: Its name.
        value: Its values.
        library: Where its type comes from, as PennyLane calls it; "float" for a number.
    """

    name: str
    value: Array
    library: str

    def parameters(self) -> np.ndarray:
        """The names of its parameters, in an array of its shape."""
        names = np.empty(self.value.shape, dtype=object)
        for index in np.ndindex(self.value.shape):
            names[index] = f"{self.name}[{','.join(map(str, index))}]" if index else self.name
        return names

    def native(self, value: Array) -> Any:
        """Other values in the type in which these were given."""
        if self.library == "float":
            return float(value)
        return qml.math.asarray(value, like=self.library)


def arguments(
    function: Callable[..., Any], args: Sequence[Any], argnum: int | Sequence[int] | None
) -> tuple[tuple[Leaf, ...], Callable[[Sequence[Any]], list[Any]]]:
    """(trainable arrays, (their new values) -> arguments)."""
    chosen = None if argnum is None else {int(k) for k in np.atleast_1d(argnum)}
    names = _names(function, len(args))
    if chosen is not None and not chosen <= set(range(len(args))):
        raise InputError(
            f"argnum = {sorted(chosen)} names an argument that is not there; "
            f"{len(args)} argument(s) were given"
        )
    leaves: list[Leaf] = []
    builders: list[Callable[[Iterator[Any]], Any]] = []
    for k, (name, value) in enumerate(zip(names, args)):
        before = len(leaves)
        builders.append(_grow(value, name, None if chosen is None else k in chosen, leaves))
        if chosen is not None and k in chosen and len(leaves) == before:
            raise InputError(f"argnum names the argument {name}, which holds no real number")
    if chosen is None and not leaves and any(_is_whole(value) for value in args):
        raise InputError(
            "no argument is a floating-point number, so the circuit has no parameter; write "
            "0.0 for 0 where one is meant, or argnum=() where none is"
        )

    def rebuild(values: Sequence[Any]) -> list[Any]:
        rest = iter(values)
        return [build(rest) for build in builders]

    return tuple(leaves), rebuild


def _names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names: list[str] = []
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL:
            names += [f"{p.name}[{k}]" for k in range(count - len(names))]
        elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            names.append(p.name)
    return [*names, *(f"arg{k}" for k in range(len(names), count))][:count]


def leaf(value: Any, name: str, chosen: bool) -> Leaf | None:
    """The leaf that a value is; None where it is constant.

    Args:
        value: Anything.
        name: Its name.
        chosen: Whether it is trainable by decision, also as a whole number.

    Raises:
        InputError: Parameters that are not finite.
    """
    checks.settled(f"the argument {name}", value, marked=True)
    library = _library(value)
    # The mark of what functions of pennylane.numpy return is a boolean of NumPy.
    if library is None or not (getattr(value, "requires_grad", True) or chosen):
        return None
    try:
        array = numbers(value)
    except ValueError:
        return None
    if not array.size or array.dtype.kind not in ("fiu" if chosen else "f"):
        return None
    if not np.all(np.isfinite(array)):
        raise InputError(f"the argument {name} must be finite")
    return Leaf(name, np.array(array, dtype=float), library)


def _grow(
    value: Any, name: str, chosen: bool | None, leaves: list[Leaf]
) -> Callable[[Iterator[Any]], Any]:
    """Collects the leaves of one argument; gives (new values) -> argument."""
    found = None if chosen is False else leaf(value, name, bool(chosen))
    if found is not None:
        leaves.append(found)
        return next
    if isinstance(value, Mapping):
        entries = {k: _grow(v, f"{name}[{k!r}]", chosen, leaves) for k, v in value.items()}
        return lambda rest: {k: build(rest) for k, build in entries.items()}
    if isinstance(value, (list, tuple)):
        parts = [_grow(v, f"{name}[{k}]", chosen, leaves) for k, v in enumerate(value)]
        if hasattr(value, "_fields"):
            return lambda rest: type(value)(*(build(rest) for build in parts))
        return lambda rest: type(value)(build(rest) for build in parts)
    return lambda rest: value


def _library(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float, np.number)):
        return "float"
    if isinstance(value, (list, tuple)):
        return "numpy" if _is_nested_numbers(value) else None
    found = qml.math.get_interface(value) if hasattr(value, "dtype") else None
    return found if found in ("numpy", "autograd", "jax", "torch", "tensorflow") else None


def _is_nested_numbers(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return not hasattr(value, "_fields") and all(map(_is_nested_numbers, value))
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _library(value) is not None and numbers(value).dtype.kind in "iu"
