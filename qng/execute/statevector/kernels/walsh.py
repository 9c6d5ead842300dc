"""Sums with the signs of words of Z: a line of 2^n numbers, and numbers of words.

    walsh          v[z] -> sum_j (-1)^|j & z| v[j]
    signed_sums    line -> words:  out[k] = -s_k/2 sum_j (-1)^|j & z_k| line[j]

Words on one qubit need no transform: the line is folded a bit at a time.
"""

from __future__ import annotations

from typing import Any, Final

from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.simd import WIDTH, load, minus, plus, store

# Numbers of a block that stays in the nearest cache.
_BLOCK: Final = 1 << 11


@inlined
def walsh(v: Any) -> None:
    """v[z] -> sum_j (-1)^|j & z| v[j], in place."""
    size = v.shape[0]
    block = min(size, _BLOCK)
    for low in range(0, size, block):
        done = _lowest(v, low, low + block)
        _butterflies(v, low, low + block, done, block)
    _butterflies(v, 0, size, block, size)


@inlined
def _lowest(v: Any, start: int, stop: int) -> int:
    """The bits 1, 2 and 4 in registers; returns the next bit, or 1 where there are fewer."""
    if stop - start < 8:
        return 1
    for j in range(start, stop, 8):
        a, b, c, d = v[j] + v[j + 1], v[j] - v[j + 1], v[j + 2] + v[j + 3], v[j + 2] - v[j + 3]
        e, f, g, h = (
            v[j + 4] + v[j + 5],
            v[j + 4] - v[j + 5],
            v[j + 6] + v[j + 7],
            v[j + 6] - v[j + 7],
        )
        a, b, c, d = a + c, b + d, a - c, b - d
        e, f, g, h = e + g, f + h, e - g, f - h
        v[j], v[j + 1], v[j + 2], v[j + 3] = a + e, b + f, c + g, d + h
        v[j + 4], v[j + 5], v[j + 6], v[j + 7] = a - e, b - f, c - g, d - h
    return 8


@inlined
def _butterflies(v: Any, start: int, stop: int, bit: int, last: int) -> None:
    """The bits from `bit` to below `last` of the numbers from start to stop, two at a time."""
    while bit < last:
        if bit < WIDTH:
            for base in range(start, stop, 2 * bit):
                for j in range(base, base + bit):
                    x, y = v[j], v[j + bit]
                    v[j], v[j + bit] = x + y, x - y
            bit *= 2
        elif 2 * bit < last:
            for base in range(start, stop, 4 * bit):
                for j in range(base, base + bit, WIDTH):
                    x0, x1 = load(v, j), load(v, j + bit)
                    x2, x3 = load(v, j + 2 * bit), load(v, j + 3 * bit)
                    y0, y1, y2, y3 = plus(x0, x1), minus(x0, x1), plus(x2, x3), minus(x2, x3)
                    store(v, j, plus(y0, y2))
                    store(v, j + bit, plus(y1, y3))
                    store(v, j + 2 * bit, minus(y0, y2))
                    store(v, j + 3 * bit, minus(y1, y3))
            bit *= 4
        else:
            for base in range(start, stop, 2 * bit):
                for j in range(base, base + bit, WIDTH):
                    x0, x1 = load(v, j), load(v, j + bit)
                    store(v, j, plus(x0, x1))
                    store(v, j + bit, minus(x0, x1))
            bit *= 2


@inlined
def signed_sums(line: Any, words: Any, out: Any) -> None:
    """out[r] = -sign/2 sum_j (-1)^|j & z| line[j] of words (z, sign, r); the line is used up.

    Words whose r is none of `out` are left out.
    """
    several = 0
    for k in range(words.shape[0]):
        z = words[k, 0]
        several += (z == 0 or z & (z - 1) != 0) and words[k, 2] < out.shape[0]
    if several:
        walsh(line)
        for k in range(words.shape[0]):
            z, sign, r = words[k, 0], words[k, 1], words[k, 2]
            if r < out.shape[0]:
                out[r] = -0.5 * sign * line[z]
        return
    # The highest first: what is left of the line can be folded.
    length = line.shape[0]
    for k in range(words.shape[0] - 1, -1, -1):
        z, sign, r = words[k, 0], words[k, 1], words[k, 2]
        if r >= out.shape[0]:
            continue
        while length > 2 * z:
            length //= 2
            for j in range(length):
                line[j] += line[j + length]
        found = 0.0
        for j in range(z):
            found += line[j] - line[z + j]
        out[r] = -0.5 * sign * found
