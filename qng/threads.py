"""How many cores there are, and how many threads the linear algebra of a task may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any

_LOCK = Lock()
_INSIDE: list[int] = []
_BEFORE: list[Any] = []


def cores() -> int:
    """Those that this process may use: fewer than there are under taskset or a job scheduler."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Hold BLAS and OpenMP to a number of threads.

    The limit of OpenBLAS is one of the process. Where tasks run side by side in threads of one
    process, the latest one holds, and it is lifted when the last of them ends: they should agree on
    it. The kernels of the package have no threads of their own beside those of
    `Statevector(threads=...)`.

    Args:
        threads: At least 1.

    Cost: some milliseconds.
    """
    import scipy.linalg  # noqa: F401  (a library that is loaded later knows no limit)
    from threadpoolctl import threadpool_limits

    def limit() -> Any:
        return threadpool_limits(threads)

    with _LOCK:
        whole, own = _everywhere(limit, limit)
        if not _INSIDE:
            _BEFORE.append(whole)
        _INSIDE.append(threads)
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE.reverse()  # the latest of its kind goes
            _INSIDE.remove(threads)
            _INSIDE.reverse()
            rest = partial(threadpool_limits, _INSIDE[-1]) if _INSIDE else None
            _everywhere(rest or _BEFORE.pop().restore_original_limits, own.restore_original_limits)


def _everywhere(whole: Callable[[], Any], own: Callable[[], Any]) -> tuple[Any, Any]:
    """Set the limits of the process, and those of this thread.

    OpenMP and MKL have limits of a thread. That of OpenBLAS belongs to the thread that has set it
    first, as long as it lives, and threadpoolctl ignores all others: so it is set by one that does
    not live on. A main thread that had it before keeps it.
    """
    with ThreadPoolExecutor(1) as helper:
        done = helper.submit(whole).result()
        return done, own()
