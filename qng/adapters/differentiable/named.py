"""theta as a mapping from names, of parameters or of arrays of them, to numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qng.circuit.point import in_order
from qng.errors import InputError


def places(standing: Mapping[Any, Sequence[int]], parameters: Sequence[str]) -> list[int]:
    """Where every parameter stands in a vector of all numbers of a mapping.

    Args:
        standing: Where the numbers of each key stand, in C order.
        parameters: Their names.

    Raises:
        UnknownNameError: A key that is neither a parameter nor an array of parameters.
        InputError: A parameter that is left out, or another number of numbers.

    Example:
        >>> places({"w": [0, 1], "a": [2]}, ["a", "w[0]", "w[1]"])
        [2, 0, 1]
    """
    found: dict[Any, Any] = dict(standing)
    for key, numbers in standing.items():
        if getattr(key, "name", key) in parameters:
            if len(numbers) != 1:
                raise InputError(f"theta gives {len(numbers)} numbers for the parameter {key!r}")
            found[key] = numbers[0]
    return in_order(found, parameters)
