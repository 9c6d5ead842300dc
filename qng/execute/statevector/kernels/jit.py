"""Kernels are compiled by numba once a machine and kept on disk."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys  # type: ignore[attr-defined]

Compiler = Callable[[Callable[..., Any]], Callable[..., Any]]

# Numba's own signature leaves options out. Ways into a function that nobody takes would be a tenth
# of the time to compile.
_njit: Final[Callable[..., Compiler]] = partial(
    numba.njit, nogil=True, fastmath={"contract"}, no_cfunc_wrapper=True
)

inlined: Final[Compiler] = _njit(no_cpython_wrapper=True)
"""A function that kernels call; it becomes a part of each of them."""


def kernel(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is called from Python."""
    dispatcher: Any = _njit()(f)
    with suppress(RuntimeError):  # there is no folder that can be written
        dispatcher._cache = _Cache(f)  # type: ignore[no-untyped-call]
    found: Callable[..., Any] = dispatcher
    return found


class _Cache(FunctionCache):
    """Numba's cache on disk, with two differences.

    A kernel is compiled again when any source of kernels has changed, since it contains what it
    calls. And one that is found is loaded without all types and functions that numba knows, which
    takes half a second; to compile, numba loads them itself.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            rtsys.initialize(target_context)
            found = None
            with self._guard_against_spurious_io_errors():
                found = self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except (AttributeError, TypeError):
            # These are names inside numba, which may change.
            found = super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        if found is None:
            _tell()
        return found

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return super()._index_key(sig, codegen), _sources()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _tell() -> None:
    logging.getLogger("qng").info(
        "the simulator's loops are compiled, once on this machine: about 20 seconds"
    )


@lru_cache(maxsize=1)
def _sources() -> str:
    """A fingerprint of everything that becomes part of kernels."""
    here = Path(__file__).parent
    found = hashlib.sha256()
    for path in sorted(here.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
