"""Three real one-qubit gates at once, on bits p < q < r: eight vectors are loaded for all of them.

Each gate is split as

    (a b)   (a 0) ( 1  b/a)              (b 0) (0 1) ( 1  d/c)
    (c d) = (0 d) (c/d  1 )   or, turned, (0 c) (1 0) (a/b  1 )

with the quotients that are at most 1: one product and sum an amplitude. The diagonals of the three
multiply what is stored, once, and places are exchanged in storing.
"""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.lanes import sheared_within, tangents
from qng.execute.statevector.kernels.simd import WIDTH, load, plus, splat, store, times


@inlined
def part(bit: int, columns: Any) -> Any:
    """From where to where in each row of amplitudes whose bit is clear, and how long rows are."""
    left, right, block = columns
    row = min(bit, block)
    return left, min(right, row), row


@inlined
def opened(j: int, bit: int) -> int:
    """The index with a clear bit put in: what counted up skips all that have the bit."""
    return j + (j & -bit)


@inlined
def _split(m: Any, bit: int) -> Any:
    """Of a real gate: its quotients, its diagonal, and the two places, 0 and the bit or turned."""
    a, b, c, d = m[0], m[2], m[4], m[6]
    if abs(a) >= abs(b):
        return splat(b / a), splat(c / d), a, d, 0, bit
    return splat(d / c), splat(a / b), c, b, bit, 0


@inlined
def _three(g: int, padded: bool, bit: Any, mats: Any) -> Any:
    """The bits of gates g, g + 1 and g + 2, and of each what `_split` finds.

    Padded, they are gates g and g + 1, behind nothing on the bit below them.
    """
    at = g - 1 if padded else g
    q, r = bit[at + 1], bit[at + 2]
    p = q // 2 if padded else bit[g]
    first = _split(mats[g], p)
    if padded:
        first = splat(0.0), splat(0.0), 1.0, 1.0, 0, p
    return p, q, r, first, _split(mats[at + 1], q), _split(mats[at + 2], r)


@inlined
def _loaded(v: Any, j: int, p: int, q: int, r: int) -> Any:
    """Eight vectors that differ in three bits."""
    low = load(v, j), load(v, j + p), load(v, j + q), load(v, j + q + p)
    k = j + r
    return *low, load(v, k), load(v, k + p), load(v, k + q), load(v, k + q + p)


@inlined
def _sheared(x: Any, y: Any, gate: Any) -> Any:
    """(x + t y, y + u x) with the quotients t and u of a gate."""
    return plus(x, times(gate[0], y)), plus(y, times(gate[1], x))


@inlined
def _turned(x: Any, first: Any, second: Any, third: Any) -> Any:
    """Three gates on eight vectors, but for their diagonals and places."""
    x0, x1, x2, x3, x4, x5, x6, x7 = x
    x0, x1 = _sheared(x0, x1, first)
    x2, x3 = _sheared(x2, x3, first)
    x4, x5 = _sheared(x4, x5, first)
    x6, x7 = _sheared(x6, x7, first)
    x0, x2 = _sheared(x0, x2, second)
    x1, x3 = _sheared(x1, x3, second)
    x4, x6 = _sheared(x4, x6, second)
    x5, x7 = _sheared(x5, x7, second)
    x0, x4 = _sheared(x0, x4, third)
    x1, x5 = _sheared(x1, x5, third)
    x2, x6 = _sheared(x2, x6, third)
    x3, x7 = _sheared(x3, x7, third)
    return x0, x1, x2, x3, x4, x5, x6, x7


@inlined
def _diagonals(scale: Any, first: Any, second: Any, third: Any) -> Any:
    """What the eight vectors are multiplied by, and all of them by `scale`."""
    a0, a1 = times(scale, splat(first[2])), times(scale, splat(first[3]))
    b0, b1 = splat(second[2]), splat(second[3])
    c0, c1 = splat(third[2]), splat(third[3])
    s0, s1, s2, s3 = times(a0, b0), times(a1, b0), times(a0, b1), times(a1, b1)
    low = times(s0, c0), times(s1, c0), times(s2, c0), times(s3, c0)
    return *low, times(s0, c1), times(s1, c1), times(s2, c1), times(s3, c1)


@inlined
def _put(v: Any, j: int, x: Any, scales: Any, first: Any, second: Any, third: Any) -> None:
    """The eight vectors, scaled, at their places."""
    p0, p1, q0, q1 = j + first[4], j + first[5], second[4], second[5]
    r0, r1 = third[4], third[5]
    store(v, p0 + q0 + r0, times(scales[0], x[0]))
    store(v, p1 + q0 + r0, times(scales[1], x[1]))
    store(v, p0 + q1 + r0, times(scales[2], x[2]))
    store(v, p1 + q1 + r0, times(scales[3], x[3]))
    store(v, p0 + q0 + r1, times(scales[4], x[4]))
    store(v, p1 + q0 + r1, times(scales[5], x[5]))
    store(v, p0 + q1 + r1, times(scales[6], x[6]))
    store(v, p1 + q1 + r1, times(scales[7], x[7]))


@inlined
def three_real(
    v: Any, low: int, high: int, columns: Any, g: int, padded: bool, bit: Any, mats: Any
) -> None:
    """Three real gates at once, from gate g on, or two of them."""
    p, q, r, first, second, third = _three(g, padded, bit, mats)
    scales = _diagonals(splat(1.0), first, second, third)
    left, right, row = part(p, columns)
    planes, size = v.shape
    for start in range(low, planes * size, size):
        for i in range(0, (high - low) // 8, row):
            base = start + opened(opened(opened(i, p), q), r)
            for j in range(base + left, base + right, WIDTH):
                x = _turned(_loaded(v, j, p, q, r), first, second, third)
                _put(v, j, x, scales, first, second, third)


@inlined
def lowest_real(
    v: Any, low: int, high: int, columns: Any, start: int, g: int, bit: Any, mats: Any
) -> None:
    """The real gates from start to g, within vectors, and the three from g on.

    No entry on the diagonals of those within vectors is small.
    """
    t1, d1 = tangents(1, start, g, bit, mats)
    t2, d2 = tangents(2, start, g, bit, mats)
    t4, d4 = tangents(4, start, g, bit, mats)
    p, q, r, first, second, third = _three(g, False, bit, mats)
    scales = _diagonals(times(times(d1, d2), d4), first, second, third)
    left, right, row = part(p, columns)
    planes, size = v.shape
    for begin in range(low, planes * size, size):
        for i in range(0, (high - low) // 8, row):
            base = begin + opened(opened(opened(i, p), q), r)
            for j in range(base + left, base + right, WIDTH):
                x0, x1, x2, x3, x4, x5, x6, x7 = _loaded(v, j, p, q, r)
                x0, x1 = sheared_within(x0, t1, t2, t4), sheared_within(x1, t1, t2, t4)
                x2, x3 = sheared_within(x2, t1, t2, t4), sheared_within(x3, t1, t2, t4)
                x4, x5 = sheared_within(x4, t1, t2, t4), sheared_within(x5, t1, t2, t4)
                x6, x7 = sheared_within(x6, t1, t2, t4), sheared_within(x7, t1, t2, t4)
                x = _turned((x0, x1, x2, x3, x4, x5, x6, x7), first, second, third)
                _put(v, j, x, scales, first, second, third)
