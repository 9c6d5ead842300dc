"""Values by name, put in the order of a circuit's parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from qng.errors import InputError, UnknownNameError, shown


def in_order(values: Mapping[Any, Any], names: Sequence[str], what: str = "theta") -> list[Any]:
    """The values of a mapping, in the order of the names.

    Args:
        values: A value for every parameter, by its name or by an object of that name, such as a
            Parameter of Qiskit; for all entries of an array of parameters ("w[0,1]", ...), by
            its name or as one of Qiskit's ParameterVectors, an array of values.
        names: The parameters.
        what: What the values are, for messages.

    Raises:
        UnknownNameError: A key that is not a parameter.
        InputError: A parameter that is left out or given twice, or a vector of another length.

    Example:
        >>> in_order({"b": 0.2, "a": 0.1}, ["a", "b"])
        [0.1, 0.2]
        >>> in_order({"x": [0.5, 0.7]}, ["x[1]", "x[0]"])
        [0.7, 0.5]
    """
    known, found = set(names), {}
    for name, value in _pairs(values, names, what):
        if name not in known:
            raise UnknownNameError("parameter", name, names)
        if name in found:
            raise InputError(f"{what} gives the parameter {name!r} twice")
        found[name] = value
    missing = [name for name in names if name not in found]
    if missing:
        shown = ", ".join(missing[:6]) + (", ..." if len(missing) > 6 else "")
        raise InputError(f"{what} leaves out {shown}: give a value for every parameter")
    return [found[name] for name in names]


def _pairs(values: Mapping[Any, Any], names: Sequence[str], what: str) -> Iterator[tuple[Any, Any]]:
    for key, value in values.items():
        name, vector = getattr(key, "name", key), getattr(key, "params", None)
        members = [] if name in names else _members(name, names)
        if vector is not None:
            members = [member.name for member in vector]
        if not members:
            yield name, value
            continue
        several = _flat(value)
        if len(several) != len(members):
            raise InputError(
                f"{what} must give {len(members)} values for the vector {name!r}, "
                f"not {shown(value)}"
            )
        yield from zip(members, several)


def _members(vector: Any, names: Sequence[str]) -> list[str]:
    """The names of the entries of an array, in C order."""
    found: dict[tuple[int, ...], str] = {}
    for name in names:
        match = re.fullmatch(r"(.*)\[(\d+(?:,\d+)*)\]", name, flags=re.DOTALL)
        if match is not None and match[1] == vector:
            found[tuple(map(int, match[2].split(",")))] = name
    return [found[index] for index in sorted(found)]


def _flat(value: Any) -> list[Any]:
    try:
        return list(np.ravel(value).tolist())
    except (TypeError, ValueError):
        return []
