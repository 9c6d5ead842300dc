"""The plain way: numba as it is documented, which takes longer and gives the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import numba

from qng.execute.statevector.kernels.compiling.sources import HERE, fingerprint

_njit: Final[Callable[..., Any]] = partial(
    numba.njit, nogil=True, fastmath={"contract"}, error_model="numpy"
)


def kernel(f: Callable[..., Any]) -> Any:
    """As in `Way`."""
    try:
        with _apart():
            return _njit(cache=True)(f)
    except RuntimeError:  # there is no folder that can be written
        return _njit(f)


def part(f: Callable[..., Any], counts: bool) -> Any:
    """As in `Way`; it always counts."""
    return _njit(f)


def calling(f: Callable[..., Any], kernel: Any) -> Any:
    """As in `Way`."""
    return _njit(f)


def address(compiled: Any) -> int:
    """As in `Way`; nobody asks."""
    return 0


@contextmanager
def _apart() -> Iterator[None]:
    """A folder for these sources: numba itself looks only at the file that a kernel is in."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(Path(before or HERE / "__pycache__") / f"plain-{fingerprint()[:16]}")
    try:
        yield
    finally:
        settings.CACHE_DIR = before
