"""How many cores there are, threads for the package's own loops, and limits for those of BLAS."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache, partial
from threading import Lock
from typing import Any, TypeVar

S = TypeVar("S")
T = TypeVar("T")


def lock() -> Any:
    """A lock that is free in a process that was forked, whoever held it in the other one."""
    made = Lock()
    if hasattr(os, "register_at_fork"):
        free = made.release
        os.register_at_fork(before=made.acquire, after_in_parent=free, after_in_child=free)
    return made


_LOCK = lock()
# Held where the limit of BLAS is changed, or is not to be changed by others.
_BLAS = [Lock()]
_INSIDE: list[int] = []
_BEFORE: list[Any] = []
_IDLE: list[tuple[int, ThreadPoolExecutor]] = []


def cores() -> int:
    """Those that this process may use: fewer than there are under taskset or a job scheduler."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def mapped(f: Callable[[S], T], items: Iterable[S], threads: int) -> list[T]:
    """f of every item, in so many threads, of which this one is the first.

    Threads are kept, asleep, for the next call: to start one takes as long as a small product.
    Calls inside of others, or side by side, have threads of their own.

    Args:
        f: What is called; it may be called in any thread.
        items: What it is called with.
        threads: How many threads may be used.

    Cost: some 50 microseconds where there is more than one.
    """
    todo = list(items)
    helpers = min(threads, len(todo)) - 1
    if helpers < 1:
        return [f(item) for item in todo]
    found: list[Any] = [None] * len(todo)
    left = enumerate(todo)  # a thread that is free takes the next

    def work() -> None:
        for k, item in left:
            found[k] = f(item)

    with _helpers(helpers) as pool:
        started = [pool.submit(work) for _ in range(helpers)]
        try:
            work()
        finally:
            deque(left, maxlen=0)  # where one has failed, nothing more is begun
            wait(started)
        for task in started:
            task.result()
    return found


@contextmanager
def _helpers(number: int) -> Iterator[ThreadPoolExecutor]:
    """So many threads that nobody else uses."""
    with _LOCK:
        fitting = [kept for kept in _IDLE if kept[0] == number]
        if fitting:
            _IDLE.remove(fitting[0])
    kept = fitting[0] if fitting else (number, ThreadPoolExecutor(number))
    try:
        yield kept[1]
    finally:
        with _LOCK:
            is_kept = all(number != other for other, _ in _IDLE)
            if is_kept:
                _IDLE.append(kept)
        if not is_kept:
            kept[1].shutdown(wait=False)


def _forget() -> None:
    """In a process that was forked: the threads are not there, nor those that hold the limit."""
    _IDLE.clear()
    _BLAS[0] = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def unthreaded() -> Iterator[None]:
    """Hold the BLAS of NumPy to one thread for a call that is too short for more.

    OpenBLAS threads the decomposition of a matrix of 30 rows, and waits for a thread that cannot
    run where other programs have the cores: 30 ms instead of 0.1. Side by side in threads of one
    process the first one holds the limit, and the others rely on it.

    Cost: some 10 microseconds.
    """
    if (_INSIDE and _INSIDE[-1] == 1) or not _BLAS[0].acquire(blocking=False):
        yield
        return
    held = _BLAS[0]
    try:
        with _libraries().limit(limits=1, user_api="blas"):
            yield
    finally:
        held.release()


@cache
def _libraries() -> Any:
    """The libraries that are loaded when they are asked for first, NumPy's BLAS among them."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


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

    with _LOCK, _BLAS[0]:
        whole, own = _everywhere(limit, limit)
        if not _INSIDE:
            _BEFORE.append(whole)
        _INSIDE.append(threads)
    try:
        yield
    finally:
        with _LOCK, _BLAS[0]:
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
