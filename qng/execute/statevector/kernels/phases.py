"""PHASE passes: amplitudes times cos + i sin.

Of words on one qubit each, the cosines and sines are products of those of the lowest qubits and of
those of the others: two short tables hold them all,

    cos(a + b) = cos a cos b - sin a sin b,    sin(a + b) = sin a cos b + cos a sin b

with one part of the angle, b, common to a stretch of amplitudes.
"""

from __future__ import annotations

from typing import Any, Final

from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.shares import GRAIN, own
from qng.execute.statevector.kernels.simd import WIDTH, load, minus, plus, splat, store, times

STRETCH: Final = 1 << 8
"""Amplitudes that differ in the lowest qubits alone, at most."""


@inlined
def turn_phases(v: Any, table: Any, sign: float, share: Any) -> None:
    """v *= cos + i sign sin, of one table for all amplitudes or of two short ones in a row."""
    if table.shape[1] == v.shape[1]:
        _whole(v, table, sign, share)
    else:
        _in_stretches(v, table, sign, share)


@inlined
def _whole(v: Any, table: Any, sign: float, share: Any) -> None:
    planes, size = v.shape
    low, high = own(size, GRAIN, share)
    if planes == 1 or size < WIDTH:
        for j in range(low, high):
            _times_one(v, j, table[0, j], sign * table[1, j])
        return
    f = splat(sign)
    for j in range(low, high, WIDTH):
        x, y = load(v, j), load(v, j + size)
        c, s = load(table, j), times(f, load(table, j + size))
        store(v, j, minus(times(c, x), times(s, y)))
        store(v, j + size, plus(times(c, y), times(s, x)))


@inlined
def _in_stretches(v: Any, table: Any, sign: float, share: Any) -> None:
    planes, size = v.shape
    stretch = min(size, STRETCH)
    first, last = own(size // stretch, 1, share)
    for b in range(first, last):
        c, s = table[0, stretch + b], table[1, stretch + b]
        start = b * stretch
        if planes == 1 or size < WIDTH:
            for j in range(stretch):
                x, y = table[0, j], table[1, j]
                _times_one(v, start + j, c * x - s * y, sign * (s * x + c * y))
            continue
        cos, sin, turned_cos, turned_sin = splat(c), splat(s), splat(sign * c), splat(sign * s)
        for j in range(0, stretch, WIDTH):
            p, q = load(table, j), load(table, j + table.shape[1])
            f = minus(times(cos, p), times(sin, q))
            g = plus(times(turned_sin, p), times(turned_cos, q))
            x, y = load(v, start + j), load(v, start + j + size)
            store(v, start + j, minus(times(f, x), times(g, y)))
            store(v, start + j + size, plus(times(f, y), times(g, x)))


@inlined
def _times_one(v: Any, j: int, c: float, s: float) -> None:
    """Amplitude j times c + i s; where amplitudes are real, so is the factor."""
    if v.shape[0] == 1:
        v[0, j] *= c
    else:
        x, y = v[0, j], v[1, j]
        v[0, j] = c * x - s * y
        v[1, j] = c * y + s * x
