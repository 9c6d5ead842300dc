"""States that are copied and cleared, in vectors."""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.shares import GRAIN, own
from qng.execute.statevector.kernels.simd import WIDTH, load, plus, splat, store


@inlined
def copy(to: Any, of: Any, share: Any) -> None:
    """to = of."""
    planes, size = of.shape
    low, high = own(size, GRAIN, share)
    if size < WIDTH:
        for plane in range(planes):
            for j in range(low, high):
                to[plane, j] = of[plane, j]
        return
    for start in range(0, planes * size, size):
        for j in range(start + low, start + high, WIDTH):
            store(to, j, load(of, j))


@inlined
def clear(v: Any, share: Any) -> None:
    """v = 0."""
    planes, size = v.shape
    low, high = own(size, GRAIN, share)
    if size < WIDTH:
        for plane in range(planes):
            for j in range(low, high):
                v[plane, j] = 0.0
        return
    for start in range(0, planes * size, size):
        for j in range(start + low, start + high, WIDTH):
            store(v, j, splat(0.0))


@inlined
def add(to: Any, of: Any) -> None:
    """to += of."""
    planes, size = of.shape
    if size < WIDTH:
        for plane in range(planes):
            for j in range(size):
                to[plane, j] += of[plane, j]
        return
    for j in range(0, planes * size, WIDTH):
        store(to, j, plus(load(to, j), load(of, j)))


@inlined
def round_off(to: Any, of: Any) -> None:
    """to = of, its planes one behind the other in single precision."""
    planes, size = of.shape
    if size < WIDTH:
        for plane in range(planes):
            for j in range(size):
                to[plane * size + j] = of[plane, j]
        return
    for j in range(0, planes * size, WIDTH):
        store(to, j, load(of, j))
