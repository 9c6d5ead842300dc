"""Machine code of kernels on disk."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys  # type: ignore[attr-defined]


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


def cache_of(f: Callable[..., Any]) -> FunctionCache:
    """The machine code of a kernel on disk.

    Raises:
        RuntimeError: There is no folder that can be written.
    """
    return _Cache(f)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _tell() -> None:
    logging.getLogger("qng").info(
        "the simulator's loops are compiled, once on this machine: about 20 seconds"
    )


@lru_cache(maxsize=1)
def _sources() -> str:
    """A fingerprint of everything that becomes part of kernels."""
    here = Path(__file__).parents[1]
    found = hashlib.sha256()
    for path in sorted(here.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
