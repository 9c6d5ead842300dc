"""What the rotations of a pass do to a derivative state, and what they take out of one.

A rotation about P adds -i/2 P psi to a derivative state at its time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.fuse import PAIR, PHASE, TURN
from qng.execute.statevector.kernels.bits import odd, position
from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.simd import (
    WIDTH,
    load,
    minus,
    plus,
    splat,
    store,
    summed,
    times,
)
from qng.execute.statevector.kernels.turns import walsh


@inlined
def add_word(out: Any, psi: Any, x: int, z: int, re: float, im: float) -> None:
    """out += (re + i im) X^x Z^z psi."""
    planes = psi.shape[0]
    for j in range(psi.shape[1]):
        sign = 1.0 - 2.0 * odd(j & z)
        k = j ^ x
        a = sign * psi[0, j]
        if planes == 1:
            out[0, k] += re * a
        else:
            b = sign * psi[1, j]
            out[0, k] += re * a - im * b
            out[1, k] += re * b + im * a


@inlined
def add_turned(out: Any, psi: Any, bit: int, m: Any, weight: float) -> None:
    """out += -i/2 weight M psi, M Hermitian on one bit: (m00, m11, re m01, im m01)."""
    w = 0.5 * weight
    p, q, r, s = w * m[0], w * m[1], w * m[2], w * m[3]
    if psi.shape[0] == 1:
        # -i/2 M is real: M is a multiple of Y.
        for base in range(0, psi.shape[1], 2 * bit):
            for j in range(base, base + bit):
                out[0, j] += s * psi[0, j + bit]
                out[0, j + bit] -= s * psi[0, j]
        return
    size = psi.shape[1]
    if bit < WIDTH:
        for base in range(0, size, 2 * bit):
            for j in range(base, base + bit):
                k = j + bit
                ar, ai, br, bi = psi[0, j], psi[1, j], psi[0, k], psi[1, k]
                # M psi = (p a + (r + i s) b, (r - i s) a + q b), times -i.
                out[0, j] += p * ai + r * bi + s * br
                out[1, j] -= p * ar + r * br - s * bi
                out[0, k] += r * ai - s * ar + q * bi
                out[1, k] -= r * ar + s * ai + q * br
        return
    f, g, h, e = splat(p), splat(q), splat(r), splat(s)
    of = psi.reshape(2 * size)
    to = out.reshape(2 * size)
    for base in range(0, size, 2 * bit):
        for j in range(base, base + bit, WIDTH):
            k = j + bit
            x, y = load(of, j), load(of, j + size)
            u, w_ = load(of, k), load(of, k + size)
            re = plus(times(f, y), plus(times(h, w_), times(e, u)))
            store(to, j, plus(load(to, j), re))
            im = plus(times(f, x), minus(times(h, u), times(e, w_)))
            store(to, j + size, minus(load(to, j + size), im))
            re = plus(times(g, w_), minus(times(h, y), times(e, x)))
            store(to, k, plus(load(to, k), re))
            im = plus(times(g, u), plus(times(h, x), times(e, y)))
            store(to, k + size, minus(load(to, k + size), im))


@inlined
def add_derivative(
    out: Any, psi: Any, r: int, weight: float, turned: Any, passes: Any, place: Any
) -> None:
    """out += weight d_r psi; `turned` are the matrices of the rotations in TURN passes."""
    kinds, _, elements, flips, odd = passes[:5]
    k, e = place[r]
    z = elements[e, 0]
    half = 0.5 * weight
    if kinds[k] == TURN:
        add_turned(out, psi, 1 << z, turned[r], weight)
        return
    signed = half * elements[e, 1]
    re = signed if odd[k] else signed - signed
    im = signed - signed if odd[k] else -signed
    add_word(out, psi, flips[k], z, re, im)


@inlined
def add_derivatives(
    out: Any,
    psi: Any,
    rotations: Any,
    weights: Any,
    turned: Any,
    passes: Any,
    place: Any,
    line: Any,
) -> None:
    """The same for several rotations of one pass."""
    kinds, _, elements, flips, odd = passes[:5]
    k = place[rotations[0], 0]
    if kinds[k] == TURN or rotations.shape[0] == 1:
        for n in range(rotations.shape[0]):
            add_derivative(out, psi, rotations[n], weights[n], turned, passes, place)
        return
    zs = np.empty(rotations.shape[0], dtype=np.int64)
    signed = np.empty(rotations.shape[0])
    for n in range(rotations.shape[0]):
        e = place[rotations[n], 1]
        zs[n] = elements[e, 0]
        signed[n] = weights[n] * elements[e, 1]
    signs(line, zs, signed)
    add_signed(out, psi, flips[k], odd[k], line)


@inlined
def add_products(out: Any, columns: Any, v: Any) -> None:
    """out += V^dagger v, with the columns of V as states."""
    planes, size = v.shape
    flat = v.reshape(planes * size)
    for b in range(size):
        column = columns[b].reshape(planes * size)
        re = 0.0
        im = 0.0
        if size < WIDTH:
            for j in range(planes * size):
                re += column[j] * flat[j]
            for j in range(size * (planes - 1)):
                im += column[j] * flat[j + size] - column[j + size] * flat[j]
        else:
            first, second = splat(0.0), splat(0.0)
            for j in range(0, planes * size, WIDTH):
                first = plus(first, times(load(column, j), load(flat, j)))
            for j in range(0, size * (planes - 1), WIDTH):
                second = plus(second, times(load(column, j), load(flat, j + size)))
                second = minus(second, times(load(column, j + size), load(flat, j)))
            re = summed(first)
            im = summed(second)
        out[0, b] += re
        if planes == 2:
            out[1, b] += im


@inlined
def signs(line: Any, zs: Any, weights: Any) -> None:
    """line[j] = sum_k weights[k] (-1)^|j & zs[k]|."""
    size = line.shape[0]
    singles = np.zeros(64)
    others = np.zeros(1)
    several = False
    for e in range(zs.shape[0]):
        z = zs[e]
        if z != 0 and z & (z - 1) == 0:
            singles[position(z)] += weights[e]
            continue
        if not several:
            others = np.zeros(size)
            several = True
        others[z] += weights[e]
    # Words on one qubit: each doubles what is done.
    line[0] = 0.0
    done = 1
    q = 0
    while done < size:
        for j in range(done):
            line[done + j] = line[j] - singles[q]
            line[j] += singles[q]
        done *= 2
        q += 1
    if several:
        walsh(others)
        for j in range(size):
            line[j] += others[j]


@inlined
def add_signed(out: Any, psi: Any, x: int, odd: int, line: Any) -> None:
    """out += -i/2 X^x diag(line) psi, times i where the number of Y is odd."""
    planes = psi.shape[0]
    for j in range(line.shape[0]):
        k = j ^ x
        f = 0.5 * line[j]
        if odd:
            out[0, k] += f * psi[0, j]
            if planes == 2:
                out[1, k] += f * psi[1, j]
        else:
            out[0, k] += f * psi[planes - 1, j]
            out[planes - 1, k] -= f * psi[0, j]


@inlined
def _turned_inner(psi: Any, w: Any, bit: int, m: Any) -> Any:
    """Im <psi|M|w>, M Hermitian on one bit: (m00, m11, re m01, im m01)."""
    size = psi.shape[1]
    cross = 0.0
    if psi.shape[0] == 1:
        for base in range(0, size, 2 * bit):
            for j in range(base, base + bit):
                cross += psi[0, j] * w[0, j + bit] - psi[0, j + bit] * w[0, j]
        return m[3] * cross
    p, q, r, s = m[0], m[1], m[2], m[3]
    if bit < WIDTH:
        for base in range(0, size, 2 * bit):
            for j in range(base, base + bit):
                k = j + bit
                # M w, upper and lower half.
                ur = p * w[0, j] + r * w[0, k] - s * w[1, k]
                ui = p * w[1, j] + r * w[1, k] + s * w[0, k]
                lr = r * w[0, j] + s * w[1, j] + q * w[0, k]
                li = r * w[1, j] - s * w[0, j] + q * w[1, k]
                cross += psi[0, j] * ui - psi[1, j] * ur + psi[0, k] * li - psi[1, k] * lr
        return cross
    f, g, h, e = splat(p), splat(q), splat(r), splat(s)
    a = psi.reshape(2 * size)
    b = w.reshape(2 * size)
    first, second = splat(0.0), splat(0.0)
    for base in range(0, size, 2 * bit):
        for j in range(base, base + bit, WIDTH):
            k = j + bit
            x, y = load(b, j), load(b, j + size)
            u, v = load(b, k), load(b, k + size)
            upper_re = plus(times(f, x), minus(times(h, u), times(e, v)))
            upper_im = plus(times(f, y), plus(times(h, v), times(e, u)))
            lower_re = plus(times(g, u), plus(times(h, x), times(e, y)))
            lower_im = plus(times(g, v), minus(times(h, y), times(e, x)))
            first = plus(first, times(load(a, j), upper_im))
            first = plus(first, times(load(a, k), lower_im))
            second = plus(second, times(load(a, j + size), upper_re))
            second = plus(second, times(load(a, k + size), lower_re))
    return summed(minus(first, second))


@inlined
def _crossed(psi: Any, w: Any, x: int, odd: int, out: Any) -> None:
    """out[j] = Im conj(psi[j ^ x]) w[j], or the real part where the number of Y is odd."""
    planes = psi.shape[0]
    for j in range(out.shape[0]):
        k = j ^ x
        if odd:
            found = psi[0, k] * w[0, j]
            if planes == 2:
                found += psi[1, k] * w[1, j]
        else:
            found = psi[0, k] * w[planes - 1, j] - psi[planes - 1, k] * w[0, j]
        out[j] = found


@inlined
def _signed_sums(line: Any, words: Any, out: Any) -> None:
    """out[r] = -1/2 sum_j (-1)^|j & z_r| line[j], times the signs of the words; it uses line up."""
    several = 0
    for e in range(words.shape[0]):
        z, _, r = words[e]
        several += (z == 0 or z & (z - 1) != 0) and r < out.shape[0]
    if several:
        sums = line.copy()
        walsh(sums)
        for e in range(words.shape[0]):
            z, sign, r = words[e]
            if r < out.shape[0]:
                out[r] = -0.5 * sign * sums[z]
        return
    # Words on one qubit, the highest first: what is left can be folded.
    length = line.shape[0]
    for e in range(words.shape[0] - 1, -1, -1):
        z, sign, r = words[e]
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


@inlined
def pass_slopes(psi: Any, w: Any, k: int, line: Any, out: Any, turned: Any, passes: Any) -> None:
    """out[r] = Re <d_r psi|w> of the rotations of pass k, both states in front of it or behind."""
    kinds, starts, elements, flips, odd = passes[:5]
    if kinds[k] == TURN:
        for e in range(starts[k], starts[k + 1]):
            r = elements[e, 2]
            if elements[e, 1] != 0 and r < out.shape[0]:
                out[r] = -0.5 * _turned_inner(psi, w, 1 << elements[e, 0], turned[r])
    elif kinds[k] in (PHASE, PAIR):
        _crossed(psi, w, flips[k], odd[k], line)
        _signed_sums(line, elements[starts[k] : starts[k + 1]], out)
