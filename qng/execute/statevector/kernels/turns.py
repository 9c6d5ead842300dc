"""One-qubit gates on amplitudes in planes.

A state is its real part and then its imaginary one, shape (planes, 2^n) with two planes, or one
where all amplitudes are real: everything is real arithmetic on contiguous vectors.
"""

from __future__ import annotations

from typing import Any, Final

from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.shares import GRAIN, meet, own
from qng.execute.statevector.kernels.simd import (
    WIDTH,
    evens,
    high_halves,
    load,
    low_halves,
    minus,
    odds,
    plus,
    splat,
    store,
    times,
)

# Amplitudes of a block that stays in the nearest cache while several gates pass.
_BLOCK: Final = 1 << 11


@inlined
def _turn_real(v: Any, start: int, stop: int, left: int, right: int, bit: int, m: Any) -> None:
    """A real gate on a bit of the amplitudes from start to stop."""
    a, b, c, d = m[0], m[2], m[4], m[6]
    if bit < WIDTH:
        for base in range(start, stop, 2 * bit):
            for j in range(base, base + bit):
                x, y = v[j], v[j + bit]
                v[j] = a * x + b * y
                v[j + bit] = c * x + d * y
        return
    f, g, h, k = splat(a), splat(b), splat(c), splat(d)
    row = min(bit, _BLOCK)
    for outer in range(start, stop, 2 * bit):
        for base in range(outer, outer + bit, row):
            for j in range(base + min(left, row), base + min(right, row), WIDTH):
                p = load(v, j)
                q = load(v, j + bit)
                store(v, j, plus(times(f, p), times(g, q)))
                store(v, j + bit, plus(times(h, p), times(k, q)))


@inlined
def _turn_complex(
    v: Any, start: int, stop: int, left: int, right: int, im: int, bit: int, m: Any
) -> None:
    """A gate on a bit of the amplitudes from start to stop, imaginary parts `im` further on."""
    if bit < WIDTH:
        for base in range(start, stop, 2 * bit):
            for j in range(base, base + bit):
                k = j + bit
                x = complex(v[j], v[j + im])
                y = complex(v[k], v[k + im])
                p = complex(m[0], m[1]) * x + complex(m[2], m[3]) * y
                q = complex(m[4], m[5]) * x + complex(m[6], m[7]) * y
                v[j], v[j + im], v[k], v[k + im] = p.real, p.imag, q.real, q.imag
        return
    ar, ai, br, bi = splat(m[0]), splat(m[1]), splat(m[2]), splat(m[3])
    cr, ci, dr, di = splat(m[4]), splat(m[5]), splat(m[6]), splat(m[7])
    row = min(bit, _BLOCK)
    for outer in range(start, stop, 2 * bit):
        for base in range(outer, outer + bit, row):
            for j in range(base + min(left, row), base + min(right, row), WIDTH):
                k = j + bit
                xr, xi, yr, yi = load(v, j), load(v, j + im), load(v, k), load(v, k + im)
                re = minus(plus(times(ar, xr), times(br, yr)), plus(times(ai, xi), times(bi, yi)))
                store(v, j, re)
                im_ = plus(plus(times(ar, xi), times(br, yi)), plus(times(ai, xr), times(bi, yr)))
                store(v, j + im, im_)
                re = minus(plus(times(cr, xr), times(dr, yr)), plus(times(ci, xi), times(di, yi)))
                store(v, k, re)
                im_ = plus(plus(times(cr, xi), times(dr, yi)), plus(times(ci, xr), times(di, yr)))
                store(v, k + im, im_)


@inlined
def _two_real(
    v: Any, start: int, stop: int, left: int, right: int, p: int, q: int, m: Any, k: Any
) -> None:
    """Real gates m on bit p and k on bit q > p in one go, p at least WIDTH."""
    a, b, c, d = splat(m[0]), splat(m[2]), splat(m[4]), splat(m[6])
    e, f, g, h = splat(k[0]), splat(k[2]), splat(k[4]), splat(k[6])
    row = min(p, _BLOCK)
    for outer in range(start, stop, 2 * q):
        for middle in range(outer, outer + q, 2 * p):
            for base in range(middle, middle + p, row):
                for j in range(base + min(left, row), base + min(right, row), WIDTH):
                    x0, x1 = load(v, j), load(v, j + p)
                    x2, x3 = load(v, j + q), load(v, j + q + p)
                    y0 = plus(times(a, x0), times(b, x1))
                    y1 = plus(times(c, x0), times(d, x1))
                    y2 = plus(times(a, x2), times(b, x3))
                    y3 = plus(times(c, x2), times(d, x3))
                    store(v, j, plus(times(e, y0), times(f, y2)))
                    store(v, j + p, plus(times(e, y1), times(f, y3)))
                    store(v, j + q, plus(times(g, y0), times(h, y2)))
                    store(v, j + q + p, plus(times(g, y1), times(h, y3)))


@inlined
def _lowest_real(v: Any, start: int, stop: int, m: Any, k: Any) -> None:
    """The same for the bits 1 and 2: sixteen amplitudes are transposed on the way in and out."""
    a, b, c, d = splat(m[0]), splat(m[2]), splat(m[4]), splat(m[6])
    e, f, g, h = splat(k[0]), splat(k[2]), splat(k[4]), splat(k[6])
    for j in range(start, stop, WIDTH * WIDTH):
        r0, r1 = load(v, j), load(v, j + WIDTH)
        r2, r3 = load(v, j + 2 * WIDTH), load(v, j + 3 * WIDTH)
        s0, s1 = low_halves(r0, r2), low_halves(r1, r3)
        s2, s3 = high_halves(r0, r2), high_halves(r1, r3)
        x0, x1, x2, x3 = evens(s0, s1), odds(s0, s1), evens(s2, s3), odds(s2, s3)
        y0 = plus(times(a, x0), times(b, x1))
        y1 = plus(times(c, x0), times(d, x1))
        y2 = plus(times(a, x2), times(b, x3))
        y3 = plus(times(c, x2), times(d, x3))
        x0 = plus(times(e, y0), times(f, y2))
        x1 = plus(times(e, y1), times(f, y3))
        x2 = plus(times(g, y0), times(h, y2))
        x3 = plus(times(g, y1), times(h, y3))
        s0, s1, s2, s3 = evens(x0, x1), odds(x0, x1), evens(x2, x3), odds(x2, x3)
        store(v, j, low_halves(s0, s2))
        store(v, j + WIDTH, low_halves(s1, s3))
        store(v, j + 2 * WIDTH, high_halves(s0, s2))
        store(v, j + 3 * WIDTH, high_halves(s1, s3))


@inlined
def _one_or_two(
    v: Any,
    low: int,
    high: int,
    left: int,
    right: int,
    g: int,
    stop: int,
    bit: Any,
    real: Any,
    mats: Any,
) -> int:
    """Gate g, with the next one where it can go along; how many it was.

    It acts on the amplitudes from low to high of each plane; where its bit is not within a block,
    on those that are from left to right in their block.
    """
    planes, size = v.shape
    flat = v.reshape(planes * size)
    if not real[g]:
        _turn_complex(flat, low, high, left, right, (planes - 1) * size, bit[g], mats[g])
        return 1
    both = g + 1 < stop and real[g + 1]
    lowest = both and bit[g] == 1 and bit[g + 1] == 2 and high - low >= WIDTH * WIDTH
    together = both and bit[g] >= WIDTH
    for plane in range(planes):
        first, last = low + plane * size, high + plane * size
        if lowest:
            _lowest_real(flat, first, last, mats[g], mats[g + 1])
        elif together:
            two = mats[g], mats[g + 1]
            _two_real(flat, first, last, left, right, bit[g], bit[g + 1], *two)
        else:
            _turn_real(flat, first, last, left, right, bit[g], mats[g])
    return 2 if lowest or together else 1


@inlined
def turns(v: Any, start: int, stop: int, bit: Any, real: Any, mats: Any, share: Any) -> None:
    """The gates from start to stop, whose bits ascend.

    Those on bits within a block go through one block after the other, and a share is some blocks;
    the others mix blocks, and a share is some columns of them.
    """
    size = v.shape[1]
    block = min(size, _BLOCK)
    inside = start
    while inside < stop and bit[inside] < block:
        inside += 1
    first, last = own(size, block, share)
    for low in range(first, last, block):
        _all(v, low, low + block, 0, block, start, inside, bit, real, mats)
    if inside < stop:
        meet(share)
        left, right = own(block, GRAIN, share)
        _all(v, 0, size, left, right, inside, stop, bit, real, mats)


@inlined
def _all(
    v: Any,
    low: int,
    high: int,
    left: int,
    right: int,
    start: int,
    stop: int,
    bit: Any,
    real: Any,
    mats: Any,
) -> None:
    """The gates from start to stop."""
    g = start
    while g < stop:
        g += _one_or_two(v, low, high, left, right, g, stop, bit, real, mats)
