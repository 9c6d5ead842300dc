"""Gram matrices of derivative states, in threads that share the numbers of a row.

No BLAS: its own threads go on waiting for work after a product, on the cores that are needed next,
and it knows only half of what a symmetric product saves. Which sums are formed depends on the shape
alone, so results do not depend on the number of threads.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.execute.statevector.kernels import inner
from qng.threads import mapped

# Rows of a tile, of which a stretch stays in cache.
_TILE: Final = 256

# The most parts of a row, and the fewest numbers of one.
_PARTS: Final = 16
_LEAST: Final = 1024

# Multiplications that are worth a thread.
_WORTH_A_THREAD: Final = 5_000_000


def parts(n_rows: int, size: int) -> int:
    """Into how many parts rows are cut, whose products take at most an eighth of their memory."""
    return max(min(_PARTS, size // _LEAST, size // (8 * max(n_rows, 1))), 1)


def gram(rows: Array, size: int, threads: int = 1) -> Array:
    """sum_k rows[i, k] rows[j, k] over k < size, shape (P, P).

    Args:
        rows: Shape (P, at least size).
        size: The length of a row.
        threads: How many threads may be used; the result does not depend on it.

    Cost: P^2 size / 2 multiplications.
    """
    found = _tiled(rows, rows, size, threads, lower=True)
    for i, j in product(range(0, len(rows), _TILE), repeat=2):
        tile = found[i : i + _TILE, j : j + _TILE]
        if i == j:
            tile += np.tril(tile, -1).T
        elif j < i:
            found[j : j + _TILE, i : i + _TILE] = tile.T
    return found


def between(rows: Array, others: Array, size: int, threads: int = 1) -> Array:
    """sum_k rows[i, k] others[j, k] over k < size, likewise."""
    return _tiled(rows, others, size, threads, lower=False)


def _tiled(rows: Array, others: Array, size: int, threads: int, lower: bool) -> Array:
    """Products tile by tile and part by part; with `lower` those of j <= i, the others zero."""
    n_parts = parts(max(len(rows), len(others)), size)
    borders = [size * k // n_parts for k in range(n_parts + 1)]
    found = np.zeros((len(rows), len(others)))
    corners = product(range(0, len(rows), _TILE), range(0, len(others), _TILE))
    tiles = [(i, j) for i, j in corners if not lower or j <= i]

    def fill(task: tuple[tuple[int, int], int]) -> Array | None:
        (i, j), k = task
        a, b = rows[i : i + _TILE], others[j : j + _TILE]
        out = np.empty((len(a), len(b)))
        inner.products(out, a, b, borders[k], borders[k + 1], lower and i == j)
        if n_parts > 1:
            return out
        # Now, while it is near, and its memory is free for the next one.
        found[i : i + _TILE, j : j + _TILE] = out
        return None

    useful = len(rows) * len(others) * size // (_WORTH_A_THREAD * (2 if lower else 1))
    tasks = list(product(tiles, range(n_parts)))
    for ((i, j), _), part in zip(tasks, mapped(fill, tasks, min(threads, useful))):
        if part is not None:
            found[i : i + _TILE, j : j + _TILE] += part
    return found
