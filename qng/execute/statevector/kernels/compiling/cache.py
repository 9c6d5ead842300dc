"""Machine code of kernels on disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from numba.core import runtime
from numba.core.caching import FunctionCache

from qng.execute.statevector.kernels.compiling.sources import fingerprint

_references: Any = getattr(runtime, "rtsys", None)


class Cache(FunctionCache):
    """Numba's cache on disk, with two differences.

    A kernel is compiled again when any source of kernels has changed, since it contains what it
    calls. And one that is found is loaded without all types and functions that numba knows, which
    takes half a second; to compile, numba loads them itself.
    """

    keyed = False

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What is on disk for arguments of these types, or None."""
        numbas: Any = super()
        try:
            _references.initialize(target_context)
            found = None
            with self._guard_against_spurious_io_errors():
                found = numbas._load_overload(sig, target_context)
        except (AttributeError, TypeError):
            # These are names inside numba, which may change.
            found = numbas.load_overload(sig, target_context)
        if not self.keyed:
            raise AttributeError("numba asks for no _index_key")
        if found is None:
            _tell()
        return found

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        self.keyed = True
        numbas: Any = super()
        return numbas._index_key(sig, codegen), fingerprint()


def cache_of(f: Callable[..., Any]) -> Any:
    """The machine code of a kernel on disk.

    Raises:
        RuntimeError: There is no folder that can be written.
    """
    made: Callable[..., Any] = Cache
    return made(f)


@lru_cache(maxsize=1)
def _tell() -> None:
    logging.getLogger("qng").info(
        "the simulator's loops are compiled, once on this machine: about 20 seconds"
    )
