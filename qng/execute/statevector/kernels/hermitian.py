"""Hermitian matrices on one bit, M = (m00, m11, re m01, im m01), and the states that they act on.

With a the amplitudes where the bit is 0 and b those where it is 1, M takes them to

    upper = m00 a + m01 b          re: m00 re a + (re m01 re b - im m01 im b)
                                   im: m00 im a + (re m01 im b + im m01 re b)
    lower = m11 b + conj(m01) a    re: m11 re b + (re m01 re a + im m01 im a)
                                   im: m11 im b + (re m01 im a - im m01 re a)

each d x + (r u +- s v), four amplitudes at a time where the bit leaves room for that. Where
amplitudes are real, M is i im m01 (|0><1| - |1><0|), a multiple of Y.
"""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.shares import GRAIN, own
from qng.execute.statevector.kernels.simd import (
    WIDTH,
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
def add_turned(out: Any, psi: Any, bit: int, m: Any, weight: float, share: Any) -> None:
    """out += -i/2 weight M psi; a share is some pairs, those of some columns for a high bit."""
    half = 0.5 * weight
    m00, m11, re, im = half * m[0], half * m[1], half * m[2], half * m[3]
    size = psi.shape[1]
    low, high = 0, size
    left, right = 0, bit
    if 2 * bit <= GRAIN:
        low, high = own(size, GRAIN, share)
    else:
        left, right = own(bit, min(bit, GRAIN), share)
    if psi.shape[0] == 1:
        for base in range(low, high, 2 * bit):
            for j in range(base + left, base + right):
                out[0, j] += im * psi[0, j + bit]
                out[0, j + bit] -= im * psi[0, j]
    elif bit < WIDTH:
        _add_one_by_one(out, psi, low, high, bit, m00, m11, re, im)
    else:
        _add_by_fours(out, psi, low, high, left, right, bit, m00, m11, re, im)


@inlined
def _add_one_by_one(
    out: Any,
    psi: Any,
    low: int,
    high: int,
    bit: int,
    m00: float,
    m11: float,
    re: float,
    im: float,
) -> None:
    """out += -i M psi; -i times upper or lower is its imaginary part and minus its real one."""
    for base in range(low, high, 2 * bit):
        for j in range(base, base + bit):
            k = j + bit
            re_a, im_a, re_b, im_b = psi[0, j], psi[1, j], psi[0, k], psi[1, k]
            out[0, j] += m00 * im_a + re * im_b + im * re_b
            out[1, j] -= m00 * re_a + re * re_b - im * im_b
            out[0, k] += re * im_a - im * re_a + m11 * im_b
            out[1, k] -= re * re_a + im * im_a + m11 * re_b


@inlined
def _add_by_fours(
    out: Any,
    psi: Any,
    low: int,
    high: int,
    left: int,
    right: int,
    bit: int,
    m00: float,
    m11: float,
    re: float,
    im: float,
) -> None:
    """The same for bits of at least WIDTH."""
    size = psi.shape[1]
    of, to = psi.reshape(2 * size), out.reshape(2 * size)
    diagonal_0, diagonal_1, r, s = splat(m00), splat(m11), splat(re), splat(im)
    for base in range(low, high, 2 * bit):
        for j in range(base + left, base + right, WIDTH):
            k = j + bit
            re_a, im_a = load(of, j), load(of, j + size)
            re_b, im_b = load(of, k), load(of, k + size)
            upper = _with_sum(diagonal_0, im_a, r, im_b, s, re_b)
            store(to, j, plus(load(to, j), upper))
            upper = _with_difference(diagonal_0, re_a, r, re_b, s, im_b)
            store(to, j + size, minus(load(to, j + size), upper))
            lower = _with_difference(diagonal_1, im_b, r, im_a, s, re_a)
            store(to, k, plus(load(to, k), lower))
            lower = _with_sum(diagonal_1, re_b, r, re_a, s, im_a)
            store(to, k + size, minus(load(to, k + size), lower))
