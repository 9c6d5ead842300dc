"""One-qubit gates on the lowest bits, those that tell the numbers of a vector apart.

On such a bit a gate (a b; c d) is x -> diagonal x + beside x', where x' is the vector with numbers
exchanged that differ in the bit, the diagonal is (a, d, a, d, ...) and beside is (b, c, b, c, ...).
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
    store,
    times,
)


@inlined
def few(v: Any, bit: int, m: Any) -> None:
    """A gate on a state that is shorter than a vector."""
    planes, size = v.shape
    for base in range(0, size, 2 * bit):
        for j in range(base, base + bit):
            k = j + bit
            x, y = complex(v[0, j], 0.0), complex(v[0, k], 0.0)
            if planes == 2:
                x, y = complex(v[0, j], v[1, j]), complex(v[0, k], v[1, k])
            upper = complex(m[0], m[1]) * x + complex(m[2], m[3]) * y
            lower = complex(m[4], m[5]) * x + complex(m[6], m[7]) * y
            v[0, j], v[0, k] = upper.real, lower.real
            if planes == 2:
                v[1, j], v[1, k] = upper.imag, lower.imag


@inlined
def _entries(on: int, part: int, start: int, stop: int, bit: Any, mats: Any) -> Any:
    """Real (0) or imaginary (1) parts of the gate on a bit, of the identity where there is none."""
    for g in range(start, stop):
        if bit[g] == on:
            m = mats[g]
            return m[part], m[2 + part], m[4 + part], m[6 + part]
    return 1.0 - part, 0.0, 0.0, 1.0 - part


@inlined
def _lanes(on: int, part: int, start: int, stop: int, bit: Any, mats: Any) -> Any:
    """What a gate within vectors multiplies numbers by, and those that are exchanged for them."""
    a, b, c, d = _entries(on, part, start, stop, bit, mats)
    w, x, y, z = splat(a), splat(b), splat(c), splat(d)
    if on == 1:
        return chosen_1(w, z), chosen_1(x, y)
    if on == 2:
        return chosen_2(w, z), chosen_2(x, y)
    return chosen_4(w, z), chosen_4(x, y)


@inlined
def within_real(v: Any, low: int, high: int, start: int, stop: int, bit: Any, mats: Any) -> None:
    """Real gates on the bits within a vector: x -> d x + e (x exchanged), for each."""
    d1, e1 = _lanes(1, 0, start, stop, bit, mats)
    d2, e2 = _lanes(2, 0, start, stop, bit, mats)
    d4, e4 = _lanes(4, 0, start, stop, bit, mats)
    planes, size = v.shape
    for start in range(low, planes * size, size):
        for j in range(start, start + high - low, WIDTH):
            x = load(v, j)
            x = plus(times(d1, x), times(e1, flipped_1(x)))
            x = plus(times(d2, x), times(e2, flipped_2(x)))
            x = plus(times(d4, x), times(e4, flipped_4(x)))
            store(v, j, x)


@inlined
def within_complex(v: Any, low: int, high: int, start: int, stop: int, bit: Any, mats: Any) -> None:
    """The same for any gates."""
    d1, e1 = _lanes(1, 0, start, stop, bit, mats)
    d2, e2 = _lanes(2, 0, start, stop, bit, mats)
    d4, e4 = _lanes(4, 0, start, stop, bit, mats)
    f1, g1 = _lanes(1, 1, start, stop, bit, mats)
    f2, g2 = _lanes(2, 1, start, stop, bit, mats)
    f4, g4 = _lanes(4, 1, start, stop, bit, mats)
    im = v.shape[1]
    for j in range(low, high, WIDTH):
        x, y = load(v, j), load(v, j + im)
        x, y = combined(x, y, flipped_1(x), flipped_1(y), d1, f1, e1, g1)
        x, y = combined(x, y, flipped_2(x), flipped_2(y), d2, f2, e2, g2)
        x, y = combined(x, y, flipped_4(x), flipped_4(y), d4, f4, e4, g4)
        store(v, j, x)
        store(v, j + im, y)


@inlined
def combined(x: Any, y: Any, u: Any, w: Any, d: Any, f: Any, e: Any, g: Any) -> Any:
    """(d + i f)(x + i y) + (e + i g)(u + i w)."""
    re = plus(minus(times(d, x), times(f, y)), minus(times(e, u), times(g, w)))
    im = plus(plus(times(d, y), times(f, x)), plus(times(e, w), times(g, u)))
    return re, im


@inlined
def tangents(on: int, start: int, stop: int, bit: Any, mats: Any) -> Any:
    """Of a gate within vectors: the quotients off the diagonal, and the diagonal."""
    a, b, c, d = _entries(on, 0, start, stop, bit, mats)
    t, u, w, x = splat(b / a), splat(c / d), splat(a), splat(d)
    if on == 1:
        return chosen_1(t, u), chosen_1(w, x)
    if on == 2:
        return chosen_2(t, u), chosen_2(w, x)
    return chosen_4(t, u), chosen_4(w, x)


@inlined
def sheared_within(x: Any, t1: Any, t2: Any, t4: Any) -> Any:
    """The gates within a vector, but for their diagonals."""
    x = plus(x, times(t1, flipped_1(x)))
    x = plus(x, times(t2, flipped_2(x)))
    return plus(x, times(t4, flipped_4(x)))
