"""Machine code of kernels on disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from numba.core import runtime
from numba.core.caching import FunctionCache

from qng.execute.statevector.kernels.compiling.sources import fingerprint
from qng.log import logger

_LOG: Final = logger(__name__)

_references: Any = getattr(runtime, "rtsys", None)


class Cache(FunctionCache):
    """Numba's cache on disk, with two differences.

    A kernel is compiled again when any source of kernels has changed, since it contains what it
    calls. And one that is found is loaded without all types and functions that numba knows, which
    takes half a second; to compile, numba loads them itself.
    """

    keyed = False
    _began = 0.0

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
            self._began = time.perf_counter()
        else:
            _LOG.debug("the kernel %s is there, compiled", self._file)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what has been compiled."""
        numbas: Any = super()
        numbas.save_overload(sig, data)
        seconds = time.perf_counter() - self._began
        _LOG.debug("the kernel %s was compiled in %.2f s", self._file, seconds)

    @property
    def _file(self) -> str:
        """What it is called on disk: the name of the function and its line."""
        return str(getattr(getattr(self, "_impl", None), "filename_base", "without a name"))

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
    _LOG.info("the simulator's loops are compiled, once on this machine: about 20 seconds")
