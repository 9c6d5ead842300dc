"""What all one-qubit rotations about Y of a pass take out of two states at once.

With a and b the amplitudes of psi where a bit is 0 and 1, and c and d those of w, the cross of the
bit is the sum of a d - b c over all pairs, for real parts and for imaginary ones: Im <psi|M|w> of
M = i (|0><1| - |1><0|). Eight vectors of each state are loaded for the crosses of three bits.
"""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.simd import (
    WIDTH,
    chosen_1,
    chosen_2,
    chosen_4,
    flipped_1,
    flipped_2,
    flipped_4,
    load,
    minus,
    plus,
    splat,
    summed,
    times,
)
from qng.execute.statevector.kernels.threes import opened, part


@inlined
def crosses(psi: Any, w: Any, which: int, parts: int, block: int, bits: Any, out: Any) -> None:
    """out[i] = the cross of bits[i] for one part of all pairs; the bits ascend.

    A part is a stretch of the state for a bit within it, block by block so that these stay near,
    and the same columns of all blocks for a higher one.
    """
    size = psi.shape[1]
    stretch = size // parts
    columns = block // parts
    inside = within = 0
    for i in range(bits.shape[0]):
        out[i] = 0.0
        inside += bits[i] < block
        within += bits[i] < stretch
    start, stop = which * stretch, (which + 1) * stretch
    whole = 0, block, block
    for low in range(start, stop, block):
        _add(psi, w, low, low + block, whole, bits[:inside], out)
    _add(psi, w, start, stop, whole, bits[inside:within], out[inside:])
    own = which * columns, (which + 1) * columns, block
    _add(psi, w, 0, size, own, bits[within:], out[within:])


@inlined
def _add(psi: Any, w: Any, low: int, high: int, columns: Any, bits: Any, out: Any) -> None:
    """out[i] += the cross of bits[i] for the pairs from low to high, of these some columns."""
    planes, size = psi.shape
    count = bits.shape[0]
    if size < WIDTH:
        for i in range(count):
            for plane in range(planes):
                for j in range(size):
                    cross = psi[plane, j] * w[plane, j ^ bits[i]]
                    out[i] += -cross if j & bits[i] else cross
        return
    i = 0
    while i < count and bits[i] < WIDTH:
        i += 1
    for begin in range(0, planes * size, size):
        first, last = begin + low, begin + high
        if i > 0:
            _add_lowest(psi, w, first, last, bits[:i], out)
        k = i
        while k < count:
            if k + 3 <= count:
                x, y, z = _three(psi, w, first, last, columns, bits[k], bits[k + 1], bits[k + 2])
                out[k] += x
                out[k + 1] += y
                out[k + 2] += z
                k += 3
            else:
                out[k] += _one(psi, w, first, last, columns, bits[k])
                k += 1


@inlined
def _add_lowest(psi: Any, w: Any, low: int, high: int, bits: Any, out: Any) -> None:
    """The same for bits within a vector, and all columns."""
    one, two, four = splat(0.0), splat(0.0), splat(0.0)
    for j in range(low, high, WIDTH):
        x, y = load(psi, j), load(w, j)
        one = plus(one, times(x, flipped_1(y)))
        two = plus(two, times(x, flipped_2(y)))
        four = plus(four, times(x, flipped_4(y)))
    more, less = splat(1.0), splat(-1.0)
    for i in range(bits.shape[0]):
        if bits[i] == 1:
            out[i] += summed(times(one, chosen_1(more, less)))
        elif bits[i] == 2:
            out[i] += summed(times(two, chosen_2(more, less)))
        else:
            out[i] += summed(times(four, chosen_4(more, less)))


@inlined
def _one(psi: Any, w: Any, low: int, high: int, columns: Any, bit: int) -> Any:
    """The cross of a bit of at least WIDTH."""
    left, right, row = part(bit, columns)
    gained, lost = splat(0.0), splat(0.0)
    for i in range(0, (high - low) // 2, row):
        base = low + opened(i, bit)
        for j in range(base + left, base + right, WIDTH):
            gained = plus(gained, times(load(psi, j), load(w, j + bit)))
            lost = plus(lost, times(load(psi, j + bit), load(w, j)))
    return summed(minus(gained, lost))


@inlined
def _three(psi: Any, w: Any, low: int, high: int, columns: Any, p: int, q: int, r: int) -> Any:
    """The crosses of three bits p < q < r of at least WIDTH."""
    left, right, row = part(p, columns)
    a, b, c = (splat(0.0), splat(0.0)), (splat(0.0), splat(0.0)), (splat(0.0), splat(0.0))
    for i in range(0, (high - low) // 8, row):
        base = low + opened(opened(opened(i, p), q), r)
        for j in range(base + left, base + right, WIDTH):
            x0, x1, x2, x3 = _loaded(psi, j, p, q)
            x4, x5, x6, x7 = _loaded(psi, j + r, p, q)
            y0, y1, y2, y3 = _loaded(w, j, p, q)
            y4, y5, y6, y7 = _loaded(w, j + r, p, q)
            a = _crossed(_crossed(a, x0, x1, y0, y1), x2, x3, y2, y3)
            b = _crossed(_crossed(b, x0, x2, y0, y2), x1, x3, y1, y3)
            c = _crossed(_crossed(c, x0, x4, y0, y4), x1, x5, y1, y5)
            a = _crossed(_crossed(a, x4, x5, y4, y5), x6, x7, y6, y7)
            b = _crossed(_crossed(b, x4, x6, y4, y6), x5, x7, y5, y7)
            c = _crossed(_crossed(c, x2, x6, y2, y6), x3, x7, y3, y7)
    return summed(minus(*a)), summed(minus(*b)), summed(minus(*c))


@inlined
def _loaded(v: Any, j: int, p: int, q: int) -> Any:
    return load(v, j), load(v, j + p), load(v, j + q), load(v, j + q + p)


@inlined
def _crossed(sums: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """What is gained and what is lost by a d - b c."""
    return plus(sums[0], times(a, d)), plus(sums[1], times(b, c))
