"""Kernels are compiled by numba once a machine and kept on disk.

Numba itself is imported when the first of them is called: what is small never comes to one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial, update_wrapper
from typing import Any


class Kernel:
    """A function that becomes machine code when it is called, or called by one that does.

    Args:
        f: The function.
        options: How numba compiles it.
        cached: Whether it is kept on disk.
    """

    def __init__(self, f: Callable[..., Any], cached: bool, **options: Any) -> None:
        self._f, self.cached, self._options = f, cached, options
        update_wrapper(self, f)

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns."""
        return self.compiled(*arguments)

    @cached_property
    def compiled(self) -> Any:
        """Numba's function."""
        import numba

        # Numba's own signature leaves options out. Ways into a function that nobody takes would be
        # a tenth of the time to compile.
        njit: Callable[..., Any] = partial(
            numba.njit, nogil=True, fastmath={"contract"}, no_cfunc_wrapper=True
        )
        if not self.cached:
            from qng.execute.statevector.kernels.parts import PartCompiler

            return njit(no_cpython_wrapper=True, pipeline_class=PartCompiler)(self._f)
        dispatcher = njit()(self._f)
        if self.cached:
            from qng.execute.statevector.kernels.cache import cache_of

            with suppress(RuntimeError):  # there is no folder that can be written
                dispatcher._cache = cache_of(self._f)
        return dispatcher

    @property
    def _numba_type_(self) -> Any:
        """What numba takes it for where a kernel calls it."""
        return self.compiled._numba_type_


def inlined(f: Callable[..., Any]) -> Kernel:
    """A function that kernels call; it becomes a part of each of them."""
    return Kernel(f, cached=False, no_cpython_wrapper=True)


def kernel(f: Callable[..., Any]) -> Kernel:
    """A function that is called from Python."""
    return Kernel(f, cached=True)
