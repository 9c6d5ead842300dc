"""Memory for the rows of a matrix, of which the largest that was needed is kept for the next one.

The first touch of fresh memory takes as long as a pass over it that computes something. What is
kept counts as memory that is held: `spare` frees it where it would not fit beside other states.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.threads import lock

# Bytes up to which memory is kept when nobody uses it.
_MOST: Final = 2**30

# Bytes of a cache line, and of a row from which on rows would lie in the same few lines.
_LINE: Final = 64
_LONG: Final = 2048

# Lines after a long row, such that the same places of rows lie in different ones.
_BETWEEN: Final = 9

_LOCK: Final = lock()
_KEPT: Final[list[Any]] = []


def stride(size: int, kind: type) -> int:
    """Numbers from one row to the next, for rows of so many numbers."""
    number = np.dtype(kind).itemsize
    return size + (_BETWEEN * _LINE // number if size * number >= _LONG else 0)


@contextmanager
def lent(n_rows: int, size: int, kind: type, most: int) -> Iterator[Array]:
    """Rows of any numbers, shape (n_rows, stride), until the end of the block.

    Args:
        n_rows: How many.
        size: Numbers of a row; the array has more where rows are long.
        kind: Of the numbers.
        most: How many rows may be held; memory that is kept and has more is freed.
    """
    length = stride(size, kind)
    of_a_row = length * np.dtype(kind).itemsize
    needed = n_rows * of_a_row
    with _LOCK:
        memory = _KEPT.pop() if _KEPT else None
    if memory is None or not needed <= len(memory) - _LINE <= max(most, n_rows) * of_a_row:
        memory = None  # before there is another one
        memory = np.empty(needed + _LINE, dtype=np.uint8)
    start = -memory.ctypes.data % _LINE
    try:
        yield memory[start : start + needed].view(kind).reshape(n_rows, length)
    finally:
        _keep(memory)


def _keep(memory: Any) -> None:
    with _LOCK:
        if len(memory) <= _MOST and (not _KEPT or len(_KEPT[0]) < len(memory)):
            _KEPT[:] = [memory]


def spare(needed: int, memory: int) -> None:
    """Free what is kept, if it does not fit beside other states.

    Args:
        needed: Bytes of these states.
        memory: The limit in bytes.
    """
    with _LOCK:
        if _KEPT and len(_KEPT[0]) + needed > memory:
            _KEPT.clear()
