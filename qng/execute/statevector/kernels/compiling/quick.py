"""The quick way: numba's compiler without what kernels do not need."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any, Final

import numba
from numba.core import event
from numba.core.types import unliteral

from qng.execute.statevector.kernels.compiling.cache import Cache, cache_of
from qng.execute.statevector.kernels.compiling.called import moves
from qng.execute.statevector.kernels.compiling.parts import KernelCompiler, PartCompiler

# Numba's own signature leaves options out. Ways into a function that nobody takes would be a tenth
# of the time to compile, and so would errors of divisions by zero.
_njit: Final[Callable[..., Any]] = partial(
    numba.njit, nogil=True, fastmath={"contract"}, no_cfunc_wrapper=True, error_model="numpy"
)


def kernel(f: Callable[..., Any]) -> Any:
    """As in `Way`."""
    _without_collections()
    dispatcher = _njit(pipeline_class=KernelCompiler)(f)
    with suppress(RuntimeError):  # there is no folder that can be written
        dispatcher._cache = cache_of(f)
    return dispatcher


def part(f: Callable[..., Any], counts: bool) -> Any:
    """As in `Way`."""
    found = _njit(no_cpython_wrapper=True, pipeline_class=PartCompiler, _nrt=counts)(f)
    return _for_all_numbers(found)


def calling(f: Callable[..., Any], kernel: Any) -> Any:
    """As in `Way`; the kernel is not compiled again with all that it calls, but for its address."""

    def there(
        v: Any, spare: Any, start: int, stop: int, passes: Any, point: Any, share: Any
    ) -> Any:
        return moves(kernel, point[-1], v, spare, start, stop, passes, point, share)

    return part(there, counts=False)


def address(compiled: Any) -> int:
    """As in `Way`."""
    (found,) = compiled.overloads.values()
    return int(found.library.get_pointer_to_function(found.fndesc.llvm_func_name))


def keeps(compiled: Any) -> bool:
    """Whether a kernel that has been called has been looked for on disk, if it can be there."""
    kept = compiled._cache
    return not isinstance(kept, Cache) or kept.keyed


def _for_all_numbers(dispatcher: Any) -> Any:
    """Numba would compile a function again for every number that is written down in a call."""
    template = dispatcher.get_call_template
    dispatcher.get_call_template = lambda kinds, named: template(map(unliteral, kinds), named)
    return dispatcher


@cache
def _without_collections() -> None:
    """Let Python look for garbage after a kernel is compiled, and not an eighth of that time."""

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

    register: Callable[..., None] = event.register
    register("numba:compile", Pause())
