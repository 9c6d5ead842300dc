"""Values by name, put in the order of a circuit's parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qng.errors import InputError, UnknownNameError


def in_order(values: Mapping[Any, Any], names: Sequence[str], what: str = "theta") -> list[Any]:
    """The values of a mapping, in the order of the names.

    Args:
        values: A value for every parameter, by its name or by an object of that name, such as a
            Parameter of Qiskit; for one of Qiskit's ParameterVectors, a sequence of values.
        names: The parameters.
        what: What the values are, for messages.

    Raises:
        UnknownNameError: A key that is not a parameter.
        InputError: A parameter that is left out or given twice, or a vector of another length.

    Example:
        >>> in_order({"b": 0.2, "a": 0.1}, ["a", "b"])
        [0.1, 0.2]
    """
    known, found = set(names), {}
    for name, value in _pairs(values, what):
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


def _pairs(values: Mapping[Any, Any], what: str) -> Iterator[tuple[Any, Any]]:
    for key, value in values.items():
        members = getattr(key, "params", None)
        if members is None:
            yield getattr(key, "name", key), value
            continue
        try:
            several = list(value)
        except TypeError:
            several = []
        if len(several) != len(members):
            raise InputError(
                f"{what} must give {len(members)} values for the vector {key.name!r}, not {value!r}"
            )
        yield from zip((member.name for member in members), several)
