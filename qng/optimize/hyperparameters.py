"""Hyperparameters of methods by name, checked against the signature of what makes the method.

The annotation says which kind of value is expected: a number (float), a whole number (int), a name
(str), an estimator (By), or one of several. Which numbers make sense is checked by the parts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

import numpy as np

from qng.errors import InputError, UnknownNameError, shown
from qng.plan.estimator import Estimator
from qng.plan.quantities import By

_KINDS: Final = {
    float: "a number",
    int: "a whole number",
    str: "a name",
    By: "an estimator such as By(...)",
    bool: "True or False",
    tuple: "a tuple of whole numbers",
    NoneType: "None",
}


def checked(name: str, make: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The hyperparameters of a method, numbers as Python's.

    Args:
        name: Of the method.
        make: What makes it.
        given: By name.

    Raises:
        UnknownNameError: One that the method does not have.
        InputError: One of another kind.
    """
    kinds = _kinds(make)
    for key in given:
        if key not in kinds:
            raise UnknownNameError(f"hyperparameter of {name}", key, kinds or ("none",))
    return {key: _of_kind(key, value, kinds[key]) for key, value in given.items()}


@cache
def _kinds(make: Callable[..., Any]) -> dict[str, tuple[type, ...]]:
    hints = get_type_hints(make)
    return {
        key: tuple(get_origin(kind) or kind for kind in _one_of(hints[key]))
        for key in inspect.signature(make).parameters
    }


def _one_of(hint: Any) -> tuple[Any, ...]:
    """The kinds of a union, or the one that is none."""
    return get_args(hint) if isinstance(hint, UnionType) else (hint,)


def _of_kind(key: str, value: Any, kinds: tuple[type, ...]) -> Any:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    for kind in kinds:
        if isinstance(value, bool) and kind is not bool:
            continue
        if isinstance(value, kind):
            return value
        if kind is By and (isinstance(value, Estimator) or callable(value)):
            return By(value)
        if kind is tuple and isinstance(value, list):
            return tuple(value)
        if kind is float and isinstance(value, int) and abs(value) < 2**1000:
            return float(value)
    expected = " or ".join(_KINDS[kind] for kind in kinds)
    raise InputError(f"{key} must be {expected}, not {shown(value)}")


def defaults(make: Callable[..., Any]) -> dict[str, Any]:
    """The hyperparameters of a method, as they are where nothing is given."""
    return {key: of.default for key, of in inspect.signature(make).parameters.items()}
