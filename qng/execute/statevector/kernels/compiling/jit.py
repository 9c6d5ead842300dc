"""Kernels are compiled by numba once a machine and kept on disk.

Numba itself is imported when the first of them is called: what is small never comes to one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache, cached_property, partial, update_wrapper
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

        _without_collections()
        # Numba's own signature leaves options out. Ways into a function that nobody takes would be
        # a tenth of the time to compile, and so would errors of divisions by zero.
        njit: Callable[..., Any] = partial(
            numba.njit,
            nogil=True,
            fastmath={"contract"},
            no_cfunc_wrapper=True,
            error_model="numpy",
        )
        from qng.execute.statevector.kernels.compiling.parts import KernelCompiler, PartCompiler

        if not self.cached:
            part = njit(no_cpython_wrapper=True, pipeline_class=PartCompiler, **self._options)
            return _for_all_numbers(part(self._f))
        dispatcher = njit(pipeline_class=KernelCompiler)(self._f)
        from qng.execute.statevector.kernels.compiling.cache import cache_of

        with suppress(RuntimeError):  # there is no folder that can be written
            dispatcher._cache = cache_of(self._f)
        return dispatcher

    @cached_property
    def address(self) -> int:
        """Where its machine code is, after the first call; kernels call it there (`called.py`)."""
        (found,) = self.compiled.overloads.values()
        return int(found.library.get_pointer_to_function(found.fndesc.llvm_func_name))

    @property
    def _numba_type_(self) -> Any:
        """What numba takes it for where a kernel calls it."""
        return self.compiled._numba_type_


def inlined(f: Callable[..., Any]) -> Kernel:
    """A function that kernels call; it becomes a part of each of them.

    References to arrays are not counted in it, which would be much of its code: arrays are those of
    who calls. What it returns is no array, unless to another such function.
    """
    return Kernel(f, cached=False, _nrt=False)


def allocating(f: Callable[..., Any]) -> Kernel:
    """The same for one that makes arrays, and counts references."""
    return Kernel(f, cached=False, _nrt=True)


def kernel(f: Callable[..., Any]) -> Kernel:
    """A function that is called from Python."""
    return Kernel(f, cached=True)


def _for_all_numbers(dispatcher: Any) -> Any:
    """Numba would compile a function again for every number that is written down in a call."""
    from numba.core.types import unliteral

    template = dispatcher.get_call_template
    dispatcher.get_call_template = lambda kinds, named: template(map(unliteral, kinds), named)
    return dispatcher


@cache
def _without_collections() -> None:
    """Let Python look for garbage after a kernel is compiled, and not an eighth of that time."""
    import gc

    from numba.core import event

    class Pause(event.Listener):
        """Numba compiles one function at a time, with all that it calls."""

        depth, was_on = 0, False

        def on_start(self, event: Any) -> None:
            if self.depth == 0:
                self.was_on = gc.isenabled()
                gc.disable()
            self.depth += 1

        def on_end(self, event: Any) -> None:
            self.depth -= 1
            if self.depth == 0 and self.was_on:
                gc.enable()

    event.register("numba:compile", Pause())  # type: ignore[no-untyped-call]
