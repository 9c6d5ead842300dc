"""PAIR passes: rotations in the planes (j, j ^ x), by local pattern (see `patterns.py`).

With t the turn of a pattern, each of its planes, and what derivatives take out of it, is

    odd number of Y    a, b -> cos t a - sin t b, cos t b + sin t a
    even               a, b -> cos t a - i sin t b, cos t b - i sin t a

Sums over words, and over planes, need one number a pattern.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.bits import odd
from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.shares import GRAIN, own
from qng.execute.statevector.kernels.simd import WIDTH, load, minus, plus, splat, store, times


@inlined
def pattern(k: int, passes: Any) -> Any:
    """(bases, inside, run) of pass k."""
    bounds, bases, inside = passes[10:13]
    of = bounds[k]
    return bases[of[0] : of[1]], inside[of[2] : of[3]], of[4]


@inlined
def pair_table(table: Any, bases: Any, elements: Any, angles: Any) -> None:
    """cos and sin of the turn of every pattern, the half of sum_k s_k phi_k (-1)^|base & z_k|."""
    scale = 0.0
    for e in range(elements.shape[0]):
        scale += abs(angles[elements[e, 2]])
    for p in range(bases.shape[0]):
        half = 0.0
        for e in range(elements.shape[0]):
            turn = 0.5 * angles[elements[e, 2]] * elements[e, 1]
            half += -turn if odd(bases[p] & elements[e, 0]) else turn
        # Words that cancel leave rounding.
        if abs(half) <= 1e-15 * scale:
            half = 0.0
        table[0, p] = np.cos(half)
        table[1, p] = np.sin(half)


@inlined
def turn_pairs(
    v: Any, x: int, is_odd: int, own_pattern: Any, table: Any, sign: float, share: Any
) -> None:
    """The rotations of a pass, or with sign -1 their inverses."""
    bases, inside, run = own_pattern
    low, high, first, last = _parts(bases, inside, share)
    for p in range(first, last):
        c, s = table[0, p], sign * table[1, p]
        if s == 0.0 and c == 1.0:
            continue
        if is_odd:
            for plane in range(v.shape[0]):
                _turn_real(v[plane], x, bases[p], inside[low:high], run, c, s)
        else:
            _turn_complex(v[0], v[v.shape[0] - 1], x, bases[p], inside[low:high], run, c, s)


@inlined
def _parts(bases: Any, inside: Any, share: Any) -> Any:
    """Which stretches of which patterns are this share's: the longer of the two is divided."""
    if bases.shape[0] > inside.shape[0]:
        first, last = own(bases.shape[0], GRAIN, share)
        return 0, inside.shape[0], first, last
    low, high = own(inside.shape[0], GRAIN, share)
    return low, high, 0, bases.shape[0]


@inlined
def _turn_real(row: Any, x: int, base: int, inside: Any, run: int, c: float, s: float) -> None:
    if run == 1:
        for i in range(inside.shape[0]):
            j, k = ends(base, inside[i], x)
            a, b = row[j], row[k]
            row[j] = c * a - s * b
            row[k] = c * b + s * a
        return
    f, g = splat(c), splat(s)
    for i in range(inside.shape[0]):
        for j in range(base ^ inside[i], (base ^ inside[i]) + run, WIDTH):
            a4, b4 = load(row, j), load(row, j ^ x)
            store(row, j, minus(times(f, a4), times(g, b4)))
            store(row, j ^ x, plus(times(f, b4), times(g, a4)))


@inlined
def _turn_complex(
    re: Any, im: Any, x: int, base: int, inside: Any, run: int, c: float, s: float
) -> None:
    if run == 1:
        for i in range(inside.shape[0]):
            j, k = ends(base, inside[i], x)
            ar, ai, br, bi = re[j], im[j], re[k], im[k]
            re[j] = c * ar + s * bi
            im[j] = c * ai - s * br
            re[k] = c * br + s * ai
            im[k] = c * bi - s * ar
        return
    f, g = splat(c), splat(s)
    for i in range(inside.shape[0]):
        for j in range(base ^ inside[i], (base ^ inside[i]) + run, WIDTH):
            k = j ^ x
            ar4, ai4, br4, bi4 = load(re, j), load(im, j), load(re, k), load(im, k)
            store(re, j, plus(times(f, ar4), times(g, bi4)))
            store(im, j, minus(times(f, ai4), times(g, br4)))
            store(re, k, plus(times(f, br4), times(g, ai4)))
            store(im, k, minus(times(f, bi4), times(g, ar4)))


@inlined
def ends(base: int, start: int, x: int) -> Any:
    """The two ends of a plane; numbers without a sign spare a look at it."""
    j = np.uintp(base ^ start)
    return j, j ^ np.uintp(x)


@inlined
def add_pairs(
    out: Any, psi: Any, x: int, is_odd: int, own_pattern: Any, zs: Any, weights: Any, share: Any
) -> None:
    """out += -i/2 sum_k weights[k] X^x Z^z_k psi, times i where the number of Y is odd."""
    bases, inside, run = own_pattern
    low, high, first, last = _parts(bases, inside, share)
    for p in range(first, last):
        half = 0.0
        scale = 0.0
        for e in range(zs.shape[0]):
            half += -weights[e] if odd(bases[p] & zs[e]) else weights[e]
            scale += abs(weights[e])
        if abs(half) <= 1e-15 * scale:
            continue
        for i in range(low, high):
            for t in range(run):
                j, k = ends(bases[p], inside[i] + t, x)
                if is_odd:
                    for plane in range(psi.shape[0]):
                        out[plane, k] += 0.5 * half * psi[plane, j]
                        out[plane, j] -= 0.5 * half * psi[plane, k]
                else:
                    _add_even(out, psi, j, k, 0.5 * half)


@inlined
def _add_even(out: Any, psi: Any, j: int, k: int, half: float) -> None:
    end = psi.shape[0] - 1
    out[0, k] += half * psi[end, j]
    out[end, k] -= half * psi[0, j]
    out[0, j] += half * psi[end, k]
    out[end, j] -= half * psi[0, k]


@inlined
def pair_slopes(
    psi: Any, w: Any, x: int, is_odd: int, own_pattern: Any, words: Any, out: Any, share: Any
) -> None:
    """out[:, r], the parts of -Im <psi|P|w>/2 of words (z, sign, r); P is as in `slopes.py`.

    Words whose r is none of `out` are left out.
    """
    bases, inside, run = own_pattern
    parts = out.shape[0]
    by_pattern = bases.shape[0] > inside.shape[0]
    begin, end = own(parts, 1, share)
    for part in range(begin, end):
        low, high, first, last = 0, inside.shape[0], 0, bases.shape[0]
        if by_pattern:
            first, last = last * part // parts, last * (part + 1) // parts
        else:
            low, high = high * part // parts, high * (part + 1) // parts
        for p in range(first, last):
            found = _products(psi, w, x, is_odd, bases[p], inside[low:high], run)
            for e in range(words.shape[0]):
                z, sign, r = words[e, 0], words[e, 1], words[e, 2]
                if r < out.shape[1]:
                    half = -0.5 * sign * found
                    out[part, r] += -half if odd(bases[p] & z) else half


@inlined
def _products(psi: Any, w: Any, x: int, is_odd: int, base: int, inside: Any, run: int) -> Any:
    """Of Re (conj(psi_k) w_j - conj(psi_j) w_k), the sum over the planes (j, k) of a pattern.

    Where the number of Y is even, it is the imaginary part, with a plus.
    """
    end = psi.shape[0] - 1
    found = 0.0
    for i in range(inside.shape[0]):
        for t in range(run):
            j, k = ends(base, inside[i] + t, x)
            if is_odd:
                for plane in range(psi.shape[0]):
                    found += psi[plane, k] * w[plane, j] - psi[plane, j] * w[plane, k]
            else:
                found += psi[0, k] * w[end, j] - psi[end, k] * w[0, j]
                found += psi[0, j] * w[end, k] - psi[end, j] * w[0, k]
    return found
