"""What a problem that is made of another one hands on from it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Passed(Generic[T]):
    """An attribute that is that of the problem inside, of the same name.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Wrapped:
        ...     problem: object
        ...     unit = Passed[str]()
        >>> from qng.problem.library import load
        >>> Wrapped(load("h2")).unit
        'Ha'
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, of: None, owner: type) -> Passed[T]: ...
    @overload
    def __get__(self, of: object, owner: type) -> T: ...
    def __get__(self, of: Any, owner: type) -> Any:
        return self if of is None else getattr(of.problem, self.name)
