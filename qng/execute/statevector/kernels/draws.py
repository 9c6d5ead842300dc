"""Outcomes of many shots at many points, each point from a stream of its own.

The numbers of a stream are those of NumPy's PCG64: x <- a x + c modulo 2^128, then the two halves
of x, one flipped by the other and turned by its six highest bits, u being the 53 highest of what
results. 128 bits are two words of 64, the higher and the lower.

Reference: O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms for
random number generation" (2014), pcg-random.org.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from qng.execute.statevector.kernels.compiling.jit import inlined, kernel

# a, as two words.
_HIGH: Final = np.uint64(0x2360ED051FC65DA4)
_LOW: Final = np.uint64(0x4385DF649FCCF645)

_ONE: Final = np.uint64(1)
_HALF: Final = np.uint64(32)
_LOWER: Final = np.uint64(2**32 - 1)
_TOP: Final = np.uint64(58)
_WORD: Final = np.uint64(63)
_ROUNDED: Final = np.uint64(11)


@inlined
def _upper(x: Any, y: Any) -> Any:
    """The higher word of x y."""
    x0, x1, y0, y1 = x & _LOWER, x >> _HALF, y & _LOWER, y >> _HALF
    crossed, other = x0 * y1, x1 * y0
    middle = (x0 * y0 >> _HALF) + (crossed & _LOWER) + (other & _LOWER)
    return x1 * y1 + (crossed >> _HALF) + (other >> _HALF) + (middle >> _HALF)


@inlined
def _added(high: Any, low: Any, c_high: Any, c_low: Any) -> Any:
    """x + c."""
    total = low + c_low
    return high + c_high + np.uint64(total < low), total


@inlined
def _stepped(high: Any, low: Any, c_high: Any, c_low: Any) -> Any:
    """a x + c."""
    above = _upper(low, _LOW) + low * _HIGH + high * _LOW
    return _added(above, low * _LOW, c_high, c_low)


@inlined
def _guided(p: Any, sums: Any, guide: Any) -> None:
    """sums[i] = p_0 + ... + p_i over their total; guide[g] = the first i with sums[i] > g / G.

    G is a power of two, and one less than the length of guide. The last sum that grows is 1, and
    all behind it: u < 1 never leads to an outcome with p = 0.
    """
    total = 0.0
    last = 0
    cells = guide.shape[0] - 1
    for i in range(p.shape[0]):
        total += p[i]
        sums[i] = total
        last = i if p[i] > 0.0 else last
    for i in range(p.shape[0]):
        sums[i] = sums[i] / total if i < last else 1.0
    for g in range(guide.shape[0]):
        guide[g] = 0
    for i in range(last):
        # Not above g / G from this g on.
        guide[np.int64(np.ceil(sums[i] * cells))] += 1
    first = 0
    for g in range(guide.shape[0]):
        first += guide[g]
        guide[g] = first


@inlined
def _seen(found: Any, weights: Any, sizes: Any, times: Any, shots: Any) -> Any:
    """What was seen at one point after the other: outcomes, their frequencies, how many each has.

    Returns:
        How many all have.
    """
    n = 0
    for k in range(times.shape[0]):
        before = n
        for i in range(times.shape[1]):
            if times[k, i]:
                found[n] = i
                weights[n] = times[k, i] / shots[k]
                n += 1
        sizes[k] = n - before
    return n


@kernel
def outcomes(
    found: Any,
    weights: Any,
    sizes: Any,
    times: Any,
    p: Any,
    points: Any,
    which: Any,
    shots: Any,
    words: Any,
    sums: Any,
    guide: Any,
) -> Any:
    """times[k, i] = how many of shots[k] numbers u are in [s_i-1, s_i), s the sums of p[which[k]].

    That is for some points k, the times of the others are known. words[k] are the four that NumPy
    starts a PCG64 from: x_0 + c, and c without its lowest bit, which is set. Scratch: sums, as long
    as a row of p, and guide. What is returned, and `found` and so on: `_seen`, of all points.
    """
    before, cells = -1, guide.shape[0] - 1
    for m in range(points.shape[0]):
        k = points[m]
        if which[k] != before:
            before = which[k]
            _guided(p[before], sums, guide)
        row = times[k]
        for i in range(row.shape[0]):
            row[i] = 0
        c_high, c_low = words[k, 2] << _ONE | words[k, 3] >> _WORD, words[k, 3] << _ONE | _ONE
        high, low = _added(words[k, 0], words[k, 1], c_high, c_low)
        high, low = _stepped(high, low, c_high, c_low)
        for _ in range(shots[k]):
            high, low = _stepped(high, low, c_high, c_low)
            word, turn = high ^ low, high >> _TOP
            word = word >> turn | word << (-turn & _WORD)
            u = np.float64(word >> _ROUNDED) * 2.0**-53
            i = guide[np.int64(u * cells)]
            i += u >= sums[i]
            while u >= sums[i]:
                i += 1
            row[i] += 1
    return _seen(found, weights, sizes, times, shots)
