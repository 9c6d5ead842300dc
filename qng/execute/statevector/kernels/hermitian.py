"""Hermitian matrices on one bit, M = (m00, m11, re m01, im m01), and the states that they act on.

With a the amplitudes where the bit is 0 and b those where it is 1, M takes them to

    upper = m00 a + m01 b          re: m00 re a + (re m01 re b - im m01 im b)
                                   im: m00 im a + (re m01 im b + im m01 re b)
    lower = m11 b + conj(m01) a    re: m11 re b + (re m01 re a + im m01 im a)
                                   im: m11 im b + (re m01 im a - im m01 re a)

each d x + (r u +- s v), in vectors. Where
amplitudes are real, M is i im m01 (|0><1| - |1><0|), a multiple of Y.
"""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.shares import GRAIN, own
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
    store,
    times,
)


@inlined
def _with_sum(d: Any, x: Any, r: Any, u: Any, s: Any, v: Any) -> Any:
    """d x + (r u + s v)."""
    return plus(times(d, x), plus(times(r, u), times(s, v)))


@inlined
def _with_difference(d: Any, x: Any, r: Any, u: Any, s: Any, v: Any) -> Any:
    """d x + (r u - s v)."""
    return plus(times(d, x), minus(times(r, u), times(s, v)))


@inlined
def add_turned(out: Any, psi: Any, bit: int, m: Any, adds: bool, share: Any) -> None:
    """out += -i/2 M psi, or out = that; a share is some pairs, of some columns if high."""
    m00, m11, re, im = 0.5 * m[0], 0.5 * m[1], 0.5 * m[2], 0.5 * m[3]
    size = psi.shape[1]
    low, high = own(size, GRAIN, share)
    left, right = 0, bit
    if 2 * bit > GRAIN:
        low, high = 0, size
        left, right = own(bit, min(bit, GRAIN), share)
    if psi.shape[0] == 1:
        _real(out[0], psi[0], (low, high, left, right), bit, im, adds)
    elif size < WIDTH:
        if low < high:
            _one_by_one(out, psi, bit, m00, m11, re, im, adds)
    elif bit < WIDTH:
        _within(out, psi, low, high, bit, m00, m11, re, im, adds)
    else:
        _beside(out, psi, (low, high, left, right), bit, m00, m11, re, im, adds)


@inlined
def add_flips(out: Any, psi: Any, bits: Any, halves: Any, adds: bool, share: Any) -> None:
    """out += sum_k halves[k] (|0><1| - |1><0|) psi, each on its bit, or out = that.

    That is -i/2 weight M psi of several M that are multiples of Y, in one go over the states.
    """
    planes, size = psi.shape
    low, high = own(size, GRAIN, share)
    for start in range(0, planes * size, size):
        for j in range(start + low, start + high, WIDTH):
            x = load(psi, j)
            total = load(out, j) if adds else minus(x, x)
            for k in range(bits.shape[0]):
                bit, h = bits[k], halves[k]
                if bit >= WIDTH:
                    other = load(psi, j ^ bit)
                    total = plus(total, times(splat(-h if j & bit else h), other))
                elif bit == 1:
                    total = plus(total, times(chosen_1(splat(h), splat(-h)), flipped_1(x)))
                elif bit == 2:
                    total = plus(total, times(chosen_2(splat(h), splat(-h)), flipped_2(x)))
                else:
                    total = plus(total, times(chosen_4(splat(h), splat(-h)), flipped_4(x)))
            store(out, j, total)


@inlined
def _real(out: Any, psi: Any, where: Any, bit: int, im: float, adds: bool) -> None:
    """out += -i M psi where amplitudes are real."""
    low, high, left, right = where
    for base in range(low, high, 2 * bit):
        for j in range(base + left, base + right):
            x, y = im * psi[j + bit], -im * psi[j]
            if adds:
                x, y = x + out[j], y + out[j + bit]
            out[j], out[j + bit] = x, y


@inlined
def _one_by_one(
    out: Any, psi: Any, bit: int, m00: float, m11: float, re: float, im: float, adds: bool
) -> None:
    """out += -i M psi; -i times upper or lower is its imaginary part and minus its real one."""
    for base in range(0, psi.shape[1], 2 * bit):
        for j in range(base, base + bit):
            k = j + bit
            x, y = complex(psi[0, j], psi[1, j]), complex(psi[0, k], psi[1, k])
            upper = m00 * x + complex(re, im) * y
            lower = m11 * y + complex(re, -im) * x
            if adds:
                upper += complex(-out[1, j], out[0, j])
                lower += complex(-out[1, k], out[0, k])
            out[0, j], out[1, j] = upper.imag, -upper.real
            out[0, k], out[1, k] = lower.imag, -lower.real


@inlined
def _within(
    out: Any,
    psi: Any,
    low: int,
    high: int,
    bit: int,
    m00: float,
    m11: float,
    re: float,
    im: float,
    adds: bool,
) -> None:
    """The same for bits within a vector: both amplitudes are in it, and it with them exchanged."""
    size = psi.shape[1]
    r = splat(re)
    d, s = chosen_4(splat(m00), splat(m11)), chosen_4(splat(im), splat(-im))
    if bit == 1:
        d, s = chosen_1(splat(m00), splat(m11)), chosen_1(splat(im), splat(-im))
    elif bit == 2:
        d, s = chosen_2(splat(m00), splat(m11)), chosen_2(splat(im), splat(-im))
    for j in range(low, high, WIDTH):
        x, y = load(psi, j), load(psi, j + size)
        u, v = flipped_4(x), flipped_4(y)
        if bit == 1:
            u, v = flipped_1(x), flipped_1(y)
        elif bit == 2:
            u, v = flipped_2(x), flipped_2(y)
        _put(out, j, size, _with_difference(d, x, r, u, s, v), _with_sum(d, y, r, v, s, u), adds)


@inlined
def _beside(
    out: Any,
    psi: Any,
    where: Any,
    bit: int,
    m00: float,
    m11: float,
    re: float,
    im: float,
    adds: bool,
) -> None:
    """The same for bits of at least WIDTH."""
    low, high, left, right = where
    size = psi.shape[1]
    d, e, r, s = splat(m00), splat(m11), splat(re), splat(im)
    for base in range(low, high, 2 * bit):
        for j in range(base + left, base + right, WIDTH):
            k = j + bit
            x, y, u, v = load(psi, j), load(psi, j + size), load(psi, k), load(psi, k + size)
            _put(
                out, j, size, _with_difference(d, x, r, u, s, v), _with_sum(d, y, r, v, s, u), adds
            )
            _put(
                out, k, size, _with_sum(e, u, r, x, s, y), _with_difference(e, v, r, y, s, x), adds
            )


@inlined
def _put(to: Any, j: int, size: int, re: Any, im: Any, adds: bool) -> None:
    """-i (re + i im), added to what is there or in its place."""
    im_ = minus(splat(0.0), re)
    if adds:
        im, im_ = plus(load(to, j), im), plus(load(to, j + size), im_)
    store(to, j, im)
    store(to, j + size, im_)
