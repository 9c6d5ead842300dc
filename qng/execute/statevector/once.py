"""Properties that are computed at the first look, and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")


class once(Generic[S, T]):
    """A property that takes a sweep, computed once an object.

    That of `functools` holds one lock for all objects up to Python 3.11: sweeps of threads side by
    side would wait for each other, and a process that is forked meanwhile for ever.

    Args:
        compute: Pure; where two threads look at the same time, both compute it.
    """

    def __init__(self, compute: Callable[[S], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, of: S, owner: type) -> T:
        found = self._compute(of)
        of.__dict__[self._name] = found
        return found
