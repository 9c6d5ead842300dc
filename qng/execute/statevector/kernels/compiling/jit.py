"""Kernels are compiled by numba once a machine and kept on disk.

Numba itself is imported when the first of them is called: what is small never comes to one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property, partial, update_wrapper
from typing import Any

from qng.execute.statevector.kernels.compiling.ways import Way, chosen


class Kernel:
    """A function that becomes machine code when it is called, or called by one that does.

    Args:
        f: The function.
        kept: Whether it is called from Python, and kept on disk; else it is part of others.
        counts: Whether it counts references to arrays.
        calls: The kernel that it only calls, if it does.
        way: How it is compiled; None for the way of this process.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        kept: bool,
        counts: bool = True,
        calls: Kernel | None = None,
        way: Way | None = None,
    ) -> None:
        self._f, self.kept, self._counts, self._calls, self._way = f, kept, counts, calls, way
        update_wrapper(self, f)

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns."""
        return self.compiled(*arguments)

    @cached_property
    def compiled(self) -> Any:
        """Numba's function."""
        _make_known()
        way = self._way or chosen()
        if self.kept:
            return way.kernel(self._f)
        if self._calls is not None:
            return way.calling(self._f, self._calls)
        return way.part(self._f, self._counts)

    @cached_property
    def address(self) -> int:
        """Where its machine code is, after the first call; kernels call it there (`called.py`)."""
        return (self._way or chosen()).address(self.compiled)


def inlined(f: Callable[..., Any]) -> Kernel:
    """A function that kernels call; it becomes a part of each of them.

    References to arrays are not counted in it, which would be much of its code: arrays are those of
    who calls. What it returns is no array, unless to another such function.
    """
    return Kernel(f, kept=False, counts=False)


def allocating(f: Callable[..., Any]) -> Kernel:
    """The same for one that makes arrays, and counts references."""
    return Kernel(f, kept=False)


def kernel(f: Callable[..., Any]) -> Kernel:
    """A function that is called from Python."""
    return Kernel(f, kept=True)


def calling(kernel: Kernel) -> Callable[[Callable[..., Any]], Kernel]:
    """A function that kernels call and that only calls this one, which may be far from it.

    The address of the kernel is the last of `point`.
    """
    return partial(Kernel, kept=False, counts=False, calls=kernel)


@cache
def _make_known() -> None:
    """Let kernels call others: numba takes one for its own function."""
    from qng.execute.statevector.kernels.extending import type_of, typed

    type_of(Kernel)(lambda kernel, _: typed(kernel.compiled))
