"""Numbers that are given by a user: checked in one place, refused in one wording.

Each function returns what it was given and raises `InputError` with the name, what was expected
and what was given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from qng.errors import InputError, shown

T = TypeVar("T")


def real(name: str, value: float) -> float:
    """A finite number."""
    return _checked(name, value, "a finite number", lambda x: True)


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
        raise InputError(f"{name} must be a whole number of at least {least}, not {shown(value)}")
    if number >= MOST:
        raise InputError(f"{name} must be below {MOST:.0e}, not {shown(value)}")
    return int(number)


def reals(name: str, value: Any) -> NDArray[np.float64]:
    """An array of real numbers; neither text nor complex numbers are taken for some."""
    try:
        array = np.asarray(value)
        if array.dtype == object:
            array = np.array([float(x) for x in array.ravel()]).reshape(array.shape)
    except Exception as error:
        why = " ".join(str(error).split())
        raise InputError(f"{name} must be numbers, not {shown(value)}: {why}") from error
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name} must be real numbers, not {shown(value)}")
    return array.astype(np.float64)


def shots(value: Any) -> int | None:
    """A number of shots, or None for exact values; 1e6 is a million."""
    if value is None:
        return None
    floating = isinstance(value, (float, np.floating)) and np.isfinite(value)
    number: Any = int(value) if floating and value == np.floor(value) else value
    counts = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
    if not (counts and 1 <= number < MOST):
        raise InputError(
            f"shots must be a whole number from 1 to {MOST:.0e}, or None for exact values, "
            f"not {shown(value)}"
        )
    return int(number)


MOST: Final = 10**15
"""No count that a user gives is as large."""


def text(name: str, value: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise InputError(f"{name} must be text, not {shown(value)}")
    return value


def path(name: str, value: Any) -> Path:
    """The path of a file or a folder."""
    if not isinstance(value, (str, PathLike)):
        raise InputError(f"{name} must be a path, as text or a Path, not {shown(value)}")
    return Path(value)


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} must be True or False, not {shown(value)}")
    return bool(value)


def function(name: str, value: Any, told: str = "") -> None:
    """Something that can be called, or None.

    Args:
        name: What it is called.
        value: What was given.
        told: Its arguments, separated by commas; none: whatever it takes.
    """
    if value is None:
        return
    if not callable(value):
        raise InputError(f"{name} must be a function, not {shown(value)}")
    if not told:
        return
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        # Some builtins do not say.
        return
    try:
        signature.bind(*told.split(","))
    except TypeError:
        raise InputError(
            f"{name} is called with ({told}), and {shown(value)} takes {signature}"
        ) from None


def memory(what: str, needed: int, limit: int = 2**33) -> None:
    """Refuse what does not fit in memory, before the machine stops the process.

    Args:
        what: That needs it.
        needed: Bytes.
        limit: Bytes.
    """
    if needed > limit:
        raise InputError(f"{what} needs {sized(needed)}, the limit is {sized(limit)}")


def sized(n_bytes: float) -> str:
    """A number of bytes in the unit that shows it, such as "1.5 MiB"."""
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if n_bytes < 1024 or unit == "TiB":
            break
        n_bytes /= 1024
    return f"{n_bytes:.0f} bytes" if unit == "bytes" else f"{n_bytes:.3g} {unit}"


def settled(name: str, value: T, marked: bool = False) -> T:
    """Numbers that no other library follows to differentiate or to compile what comes of them.

    Args:
        name: What they are.
        value: Numbers of any library, also in containers.
        marked: Whether a tensor of torch may carry the mark that it is trainable.
    """
    library = following(value, marked)
    if library is not None:
        raise InputError(
            f"{name} is followed by {library}, and what qng returns are plain numbers: a "
            "derivative through them would be lost; give plain numbers, and ask qng.gradient for "
            "the derivative of an energy"
        )
    return value


def following(value: Any, marked: bool = False) -> str | None:
    """The library that is following a value, or one in it; seen without importing any."""
    if isinstance(value, np.ndarray):
        return following(value.ravel().tolist(), marked) if value.dtype == object else None
    if isinstance(value, (list, tuple)):
        return next((f for v in value if (f := following(v, marked))), None)
    if isinstance(value, Mapping):
        return following(list(value.values()), marked)
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
        good = not isinstance(number, (bool, np.bool_, complex))
        good = good and np.ndim(number) == 0 and bool(np.isfinite(number) and holds(number))
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        brief = isinstance(value, float) or (isinstance(value, int) and abs(value) < MOST)
        given = f"{value}" if brief else shown(value)
        raise InputError(f"{name} must be {expected}, not {given}")
    return value
