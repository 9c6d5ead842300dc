"""Numbers that are given by a user: checked in one place, refused in one wording.

Each function returns what it was given and raises `InputError` with the name, what was expected
and what was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import numpy as np

from qng.errors import InputError

T = TypeVar("T")


def positive(name: str, value: float) -> float:
    """A finite number above 0."""
    return _checked(name, value, "a positive number", lambda x: x > 0)


def not_negative(name: str, value: float) -> float:
    """A finite number of at least 0."""
    return _checked(name, value, "a number that is not negative", lambda x: x >= 0)


def fraction(name: str, value: float) -> float:
    """A number in [0, 1): the weight of the past in an average."""
    return _checked(name, value, "at least 0 and below 1", lambda x: 0 <= x < 1)


def inside(name: str, value: float, low: float, high: float) -> float:
    """A number between two others, neither of them included."""
    return _checked(name, value, f"a number between {low:g} and {high:g}", lambda x: low < x < high)


def within(name: str, value: float, low: float, high: float) -> float:
    """A number from one to another, both included."""
    return _checked(name, value, f"a number from {low:g} to {high:g}", lambda x: low <= x <= high)


def whole(name: str, value: int, least: int = 0) -> int:
    """A whole number of at least `least`."""
    number: Any = value
    counts = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
    if not (counts and number >= least):
        raise InputError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return int(number)


def settled(name: str, value: T, marked: bool = False) -> T:
    """Numbers that no other library follows to differentiate or to compile what comes of them.

    Args:
        name: What they are.
        value: Numbers of any library, also in containers.
        marked: Whether a tensor of torch may carry the mark that it is trainable.
    """
    library = _following(value, marked)
    if library is not None:
        raise InputError(
            f"{name} is followed by {library}, and what qng returns are plain numbers: a "
            "derivative through them would be lost; give plain numbers, and ask qng.gradient for "
            "the derivative of an energy"
        )
    return value


def _following(value: Any, marked: bool) -> str | None:
    """The library that is following a value, or one in it; seen without importing any."""
    if isinstance(value, (list, tuple)):
        return next((f for v in value if (f := _following(v, marked))), None)
    if isinstance(value, Mapping):
        return _following(list(value.values()), marked)
    if isinstance(value, np.ndarray):
        return _following(value.ravel().tolist(), marked) if value.dtype == object else None
    for cls in type(value).__mro__:
        kind = cls.__module__.partition(".")[0], cls.__name__
        if kind in _FOLLOWED:
            return _FOLLOWED[kind]
        if kind == ("torch", "Tensor") and value.requires_grad:
            return None if marked and value.grad_fn is None else "torch (detach() it)"
    return None


_FOLLOWED: Final = {
    ("autograd", "Box"): "autograd (an ArrayBox)",
    ("jax", "Tracer"): "JAX (a tracer)",
    ("jaxlib", "Tracer"): "JAX (a tracer)",
}


def _checked(name: str, value: T, expected: str, holds: Callable[[Any], bool]) -> T:
    number: Any = value
    try:
        good = bool(np.isfinite(number) and holds(number))
    except (TypeError, ValueError):
        good = False
    if not good:
        shown = repr(value) if isinstance(value, str) else value
        raise InputError(f"{name} must be {expected}, not {shown}")
    return value
