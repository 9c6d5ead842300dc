"""One-qubit gates on amplitudes in planes.

A state is its real part and then its imaginary one, shape (planes, 2^n) with two planes, or one
where all amplitudes are real: everything is real arithmetic on contiguous vectors.
"""

from __future__ import annotations

from typing import Any, Final

from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.lanes import combined, few, within_complex, within_real
from qng.execute.statevector.kernels.shares import GRAIN, meet, own
from qng.execute.statevector.kernels.simd import WIDTH, load, plus, splat, store, times
from qng.execute.statevector.kernels.threes import lowest_real, opened, part, three_real

# Amplitudes of a block in which several gates pass, at most.
_BLOCK: Final = 1 << 13

# The least quotient of an entry on the diagonal and one beside it that may be divided by.
_TAME: Final = 1e-3


@inlined
def _one_real(v: Any, low: int, high: int, columns: Any, bit: int, m: Any) -> None:
    """A real gate on a bit of the amplitudes from low to high."""
    a, b, c, d = splat(m[0]), splat(m[2]), splat(m[4]), splat(m[6])
    left, right, row = part(bit, columns)
    planes, size = v.shape
    for start in range(low, planes * size, size):
        for i in range(0, (high - low) // 2, row):
            base = start + opened(i, bit)
            for j in range(base + left, base + right, WIDTH):
                x, y = load(v, j), load(v, j + bit)
                store(v, j, plus(times(a, x), times(b, y)))
                store(v, j + bit, plus(times(c, x), times(d, y)))


@inlined
def _one_complex(v: Any, low: int, high: int, columns: Any, bit: int, m: Any) -> None:
    """The same for any gate."""
    ar, ai, br, bi = splat(m[0]), splat(m[1]), splat(m[2]), splat(m[3])
    cr, ci, dr, di = splat(m[4]), splat(m[5]), splat(m[6]), splat(m[7])
    left, right, row = part(bit, columns)
    im = v.shape[1]
    for i in range(0, (high - low) // 2, row):
        base = low + opened(i, bit)
        for j in range(base + left, base + right, WIDTH):
            k = j + bit
            x, y, u, w = load(v, j), load(v, j + im), load(v, k), load(v, k + im)
            p, q = combined(x, y, u, w, ar, ai, br, bi)
            store(v, j, p)
            store(v, j + im, q)
            p, q = combined(u, w, x, y, dr, di, cr, ci)
            store(v, k, p)
            store(v, k + im, q)


@inlined
def _all(
    v: Any,
    low: int,
    high: int,
    columns: Any,
    start: int,
    stop: int,
    bit: Any,
    real: Any,
    mats: Any,
) -> None:
    """The gates from start to stop on the amplitudes from low to high of each plane.

    Of these on some columns: from where to where in each block, and how long a block is. Gates on
    bits within blocks take all columns.
    """
    g = start
    while g < stop and bit[g] < WIDTH:
        g += 1
    if g > start:
        if _are_real(start, g + 3, stop, real) and _are_tame(start, g, mats):
            lowest_real(v, low, high, columns, start, g, bit, mats)
            g += 3
        elif v.shape[1] < WIDTH:
            for k in range(start, g):
                few(v, bit[k], mats[k])
        elif _are_real(start, g, stop, real):
            within_real(v, low, high, start, g, bit, mats)
        else:
            within_complex(v, low, high, start, g, bit, mats)
    while g < stop:
        within = WIDTH < bit[g] < columns[2]
        if not real[g]:
            _one_complex(v, low, high, columns, bit[g], mats[g])
            g += 1
        elif _are_real(g, g + 3, stop, real):
            three_real(v, low, high, columns, g, False, bit, mats)
            g += 3
        elif within and _are_real(g, g + 2, stop, real):
            three_real(v, low, high, columns, g, True, bit, mats)
            g += 2
        else:
            _one_real(v, low, high, columns, bit[g], mats[g])
            g += 1


@inlined
def _are_real(start: int, end: int, stop: int, real: Any) -> bool:
    """Whether gates from start to end are among those before stop, and real."""
    good = end <= stop
    for g in range(start, min(end, stop)):
        good &= real[g]
    return good


@inlined
def _are_tame(start: int, stop: int, mats: Any) -> bool:
    """Whether no gate is so close to one without a diagonal that quotients are large."""
    good = True
    for g in range(start, stop):
        good &= abs(mats[g, 0]) >= _TAME * abs(mats[g, 2])
    return good


@inlined
def turns(v: Any, start: int, stop: int, bit: Any, real: Any, mats: Any, share: Any) -> None:
    """The gates from start to stop, whose bits ascend.

    Those on bits within a block go through one block after the other, and a share is some blocks;
    the others mix blocks, and a share is some columns of them.
    """
    size = v.shape[1]
    block = _block(size)
    inside = start
    while inside < stop and bit[inside] < block:
        inside += 1
    first, last = own(size, block, share)
    for low in range(first, last, block):
        _all(v, low, low + block, (0, block, block), start, inside, bit, real, mats)
    if inside < stop:
        meet(share)
        left, right = own(block, GRAIN, share)
        _all(v, 0, size, (left, right, block), inside, stop, bit, real, mats)


@inlined
def _block(size: int) -> int:
    """Amplitudes of a block: as many as fit into the nearest cache, with bits left for threes."""
    block = size
    while block > _BLOCK:
        block //= 8
    return block
