"""Small kernels that come to all that the quick way needs, to see whether numba has it."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import llvmlite
import numba
import numpy as np

from qng.execute.statevector.kernels.bundles import Bundle
from qng.execute.statevector.kernels.compiling import quick
from qng.execute.statevector.kernels.compiling.cache import cache_of
from qng.execute.statevector.kernels.compiling.jit import Kernel
from qng.execute.statevector.kernels.compiling.sources import fingerprint
from qng.execute.statevector.kernels.compiling.ways import Way

_WAY: Final[Way] = quick


@partial(Kernel, kept=False, counts=False, way=_WAY)
def _add(v: Any, k: int, more: float) -> None:
    v[k] += more


@partial(Kernel, kept=False, way=_WAY)
def _half(v: Any) -> Any:
    made = np.empty(len(v))
    for k in range(len(v)):
        made[k] = 0.5 * v[k]
    return made


@partial(Kernel, kept=True, way=_WAY)
def _through(v: Any, u: Any, start: int, stop: int, passes: Any, point: Any, share: Any) -> bool:
    weights = point[0]
    for k in range(start, stop):
        _add(v, k, weights[k] / u[k])
    _add(v, 0, 1.0)
    return True


@partial(Kernel, kept=False, counts=False, calls=_through, way=_WAY)
def _moved(v: Any, u: Any, start: int, stop: int, passes: Any, point: Any, share: Any) -> bool:
    moved: bool = _through(v, u, start, stop, passes, point, share)
    return moved


@partial(Kernel, kept=True, way=_WAY)
def _whole(v: Any, point: Any) -> bool:
    half = _half(v)
    moved: bool = _moved(v, half, 0, len(v), 0, point, 0)
    return moved


def passed() -> Way:
    """The quick way.

    Raises:
        Exception: Numba does not know what it needs.
        ArithmeticError: It gives other numbers.

    Cost: half a second the first time on a machine; that it has passed is noted beside the kernels.
    """
    mark = _mark()
    if mark is None or not mark.exists():
        _try()
        if mark is not None:
            with suppress(OSError):
                mark.touch()
    return _WAY


def _mark() -> Path | None:
    """Notes that these sources go together with this numba; None if there is no place for it."""
    versions = sys.version, numba.__version__, llvmlite.__version__, fingerprint()
    name = sha256(repr(versions).encode()).hexdigest()[:16]
    try:
        return Path(cache_of(passed).cache_path) / f"trial-{name}"
    except RuntimeError:
        return None


def _try() -> None:
    v, weights = np.arange(1.0, 5.0), np.arange(4.0)
    _through(v, v, 0, 0, 0, Bundle((weights, 0)), 0)
    moved = _whole(v, Bundle((weights, _through.address)))
    if not moved or v.tolist() != [3.0, 3.0, 3.0 + 4.0 / 3.0, 5.5]:
        raise ArithmeticError(f"a trial gave {v.tolist()}")
    if not quick.keeps(_whole.compiled):
        raise AttributeError("numba does not look for kernels on disk")
