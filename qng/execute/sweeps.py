"""Passes over amplitudes in planes, compiled by numba.

A state is its real and its imaginary part one behind the other, shape (planes, 2^n) with two
planes, or one where all amplitudes are real: everything below is real arithmetic on contiguous
vectors. `fuse.py` says what the passes are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np

from qng.execute.fuse import MATRIX, PAIR, PHASE, SHUFFLE, TURN
from qng.execute.simd import (
    WIDTH,
    evens,
    high_halves,
    load,
    low_halves,
    minus,
    odds,
    pack,
    plus,
    splat,
    store,
    summed,
    times,
)

Compiler = Callable[[Callable[..., Any]], Callable[..., Any]]

_entry: Compiler = numba.njit(cache=True, nogil=True, fastmath={"contract"})
_inner: Compiler = numba.njit(nogil=True, fastmath={"contract"})

# Amplitudes of a block that stays in the nearest cache while several gates pass.
_BLOCK: Final = 1 << 11


@_inner
def _odd(v: int) -> int:
    """Parity of the number of set bits."""
    v ^= v >> 32
    v ^= v >> 16
    v ^= v >> 8
    v ^= v >> 4
    return (0x6996 >> (v & 15)) & 1


@_inner
def _position(z: int) -> int:
    """Of the only bit that is set."""
    q = 0
    while z > 1:
        z >>= 1
        q += 1
    return q


@_inner
def _turn_real(v: Any, start: int, stop: int, bit: int, m: Any) -> None:
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
    for base in range(start, stop, 2 * bit):
        for j in range(base, base + bit, WIDTH):
            p = load(v, j)
            q = load(v, j + bit)
            store(v, j, plus(times(f, p), times(g, q)))
            store(v, j + bit, plus(times(h, p), times(k, q)))


@_inner
def _turn_complex(v: Any, start: int, stop: int, im: int, bit: int, m: Any) -> None:
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
    for base in range(start, stop, 2 * bit):
        for j in range(base, base + bit, WIDTH):
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


@_inner
def _two_real(v: Any, start: int, stop: int, p: int, q: int, m: Any, k: Any) -> None:
    """Real gates m on bit p and k on bit q > p in one go, p at least WIDTH."""
    a, b, c, d = splat(m[0]), splat(m[2]), splat(m[4]), splat(m[6])
    e, f, g, h = splat(k[0]), splat(k[2]), splat(k[4]), splat(k[6])
    for outer in range(start, stop, 2 * q):
        for base in range(outer, outer + q, 2 * p):
            for j in range(base, base + p, WIDTH):
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


@_inner
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


@_inner
def _one_or_two(
    v: Any, low: int, high: int, g: int, stop: int, bit: Any, real: Any, mats: Any
) -> int:
    """Gate g, with the next one where it can go along; how many it was.

    It acts on the amplitudes from low to high of each plane.
    """
    planes, size = v.shape
    flat = v.reshape(planes * size)
    if not real[g]:
        _turn_complex(flat, low, high, (planes - 1) * size, bit[g], mats[g])
        return 1
    both = g + 1 < stop and real[g + 1]
    lowest = both and bit[g] == 1 and bit[g + 1] == 2 and high - low >= WIDTH * WIDTH
    together = both and bit[g] >= WIDTH
    for plane in range(planes):
        first, last = low + plane * size, high + plane * size
        if lowest:
            _lowest_real(flat, first, last, mats[g], mats[g + 1])
        elif together:
            _two_real(flat, first, last, bit[g], bit[g + 1], mats[g], mats[g + 1])
        else:
            _turn_real(flat, first, last, bit[g], mats[g])
    return 2 if lowest or together else 1


@_inner
def _turns(v: Any, start: int, stop: int, bit: Any, real: Any, mats: Any) -> None:
    """The gates from start to stop, whose bits ascend."""
    size = v.shape[1]
    block = min(size, _BLOCK)
    inside = start
    while inside < stop and bit[inside] < block:
        inside += 1
    _in_blocks(v, block, start, inside, bit, real, mats)
    _in_blocks(v, size, inside, stop, bit, real, mats)


@_inner
def _in_blocks(v: Any, block: int, start: int, stop: int, bit: Any, real: Any, mats: Any) -> None:
    """The gates from start to stop, all of them on one block after the other."""
    for low in range(0, v.shape[1], block):
        g = start
        while g < stop:
            g += _one_or_two(v, low, low + block, g, stop, bit, real, mats)


@_inner
def _walsh(v: Any) -> None:
    """v[z] -> sum_j (-1)^|j & z| v[j], in place."""
    n = 0
    while 1 << n < v.shape[0]:
        n += 1
    bit = np.empty(n, dtype=np.int64)
    real = np.ones(n, dtype=np.bool_)
    mats = np.zeros((n, 8))
    for q in range(n):
        bit[q] = 1 << q
        mats[q, 0], mats[q, 2], mats[q, 4], mats[q, 6] = 1.0, 1.0, 1.0, -1.0
    _turns(v.reshape(1, v.shape[0]), 0, n, bit, real, mats)


@_inner
def _phase(v: Any, table: Any, sign: float) -> None:
    """v *= cos + i sign sin."""
    planes, size = v.shape
    if planes == 1:
        for j in range(size):
            v[0, j] *= table[0, j]
        return
    if size < WIDTH:
        for j in range(size):
            x, y, c, s = v[0, j], v[1, j], table[0, j], sign * table[1, j]
            v[0, j] = c * x - s * y
            v[1, j] = c * y + s * x
        return
    flat = v.reshape(2 * size)
    turn = table.reshape(2 * size)
    f = splat(sign)
    for j in range(0, size, WIDTH):
        x, y = load(flat, j), load(flat, j + size)
        c, s = load(turn, j), times(f, load(turn, j + size))
        store(flat, j, minus(times(c, x), times(s, y)))
        store(flat, j + size, plus(times(c, y), times(s, x)))


@_inner
def _gather(out: Any, v: Any, source: Any) -> None:
    """out[j] = v[source[j]]; the source is linear, source[j ^ k] = source[j] ^ source[k]."""
    planes, size = v.shape
    if size < WIDTH:
        for plane in range(planes):
            for j in range(size):
                out[plane, j] = v[plane, source[j]]
        return
    one, two, three = source[1], source[2], source[3]
    for plane in range(planes):
        of = v[plane]
        to = out[plane]
        for j in range(0, size, WIDTH):
            k = source[j]
            store(to, j, pack(of[k], of[k ^ one], of[k ^ two], of[k ^ three]))


@_inner
def _pair(v: Any, x: int, odd: int, table: Any, active: Any, sign: float) -> None:
    """Rotations in the planes (j, j ^ x) for the j that are listed."""
    if odd:
        for plane in range(v.shape[0]):
            row = v[plane]
            for i in range(active.shape[0]):
                j = active[i]
                k = j ^ x
                c = table[0, i]
                s = sign * table[1, i]
                a = row[j]
                b = row[k]
                row[j] = c * a - s * b
                row[k] = c * b + s * a
        return
    re, im = v[0], v[v.shape[0] - 1]
    for i in range(active.shape[0]):
        j = active[i]
        k = j ^ x
        c = table[0, i]
        s = sign * table[1, i]
        ar, ai, br, bi = re[j], im[j], re[k], im[k]
        re[j] = c * ar + s * bi
        im[j] = c * ai - s * br
        re[k] = c * br + s * ai
        im[k] = c * bi - s * ar


@_inner
def _matrix(v: Any, offsets: Any, m: Any) -> None:
    side = offsets.shape[0]
    mask = offsets[side - 1]
    before = np.empty((2, side), dtype=v.dtype)
    planes = v.shape[0]
    for j in range(v.shape[1]):
        if j & mask:
            continue
        for local in range(side):
            for plane in range(planes):
                before[plane, local] = v[plane, j | offsets[local]]
        for row in range(side):
            re = 0.0
            im = 0.0
            for column in range(side):
                f = m[row * side + column]
                re += f.real * before[0, column]
                if planes == 2:
                    re -= f.imag * before[1, column]
                    im += f.real * before[1, column] + f.imag * before[0, column]
            v[0, j | offsets[row]] = re
            if planes == 2:
                v[1, j | offsets[row]] = im


@_inner
def _copy(to: Any, of: Any) -> None:
    for plane in range(of.shape[0]):
        for j in range(of.shape[1]):
            to[plane, j] = of[plane, j]


@_inner
def _clear(v: Any) -> None:
    for plane in range(v.shape[0]):
        for j in range(v.shape[1]):
            v[plane, j] = 0.0


@_inner
def _phase_table(table: Any, elements: Any, angles: Any) -> None:
    """cos and sin of sum_k phi_k (-1)^|j & z_k| / 2, so that the pass multiplies by cos - i sin."""
    size = table.shape[1]
    total = np.zeros(size)
    singles = np.zeros(64)
    several = False
    constant = 0.0
    for e in range(elements.shape[0]):
        z = elements[e, 0]
        half = 0.5 * angles[elements[e, 2]]
        if z == 0:
            constant += half
        elif z & (z - 1) == 0:
            singles[_position(z)] += half
        else:
            several = True
            total[z] += half
    # Words on one qubit are a product over the bits.
    table[0, 0] = np.cos(constant)
    table[1, 0] = np.sin(constant)
    filled = 1
    q = 0
    while filled < size:
        c = np.cos(singles[q])
        s = np.sin(singles[q])
        for j in range(filled):
            x = table[0, j]
            y = table[1, j]
            table[0, filled + j] = c * x + s * y
            table[1, filled + j] = c * y - s * x
            table[0, j] = c * x - s * y
            table[1, j] = c * y + s * x
        filled *= 2
        q += 1
    if several:
        _walsh(total)
        sines = np.empty(size)
        _cosines(total, total, sines)
        for j in range(size):
            x = table[0, j]
            y = table[1, j]
            table[0, j] = total[j] * x - sines[j] * y
            table[1, j] = total[j] * y + sines[j] * x


@_inner
def _cosines(angles: Any, cosines: Any, sines: Any) -> None:
    """Cosines and sines of many angles, to the last bit but one; the angles may be overwritten.

    Cody and Waite's reduction by quarter turns, and the minimax polynomials of the Cephes library
    (Moshier, 1989): without branches or calls, so that it runs in vectors.
    """
    largest = 0.0
    for j in range(angles.shape[0]):
        largest = max(largest, abs(angles[j]))
    if not largest < 1e5:
        for j in range(angles.shape[0]):
            x = angles[j]
            cosines[j] = np.cos(x)
            sines[j] = np.sin(x)
        return
    for j in range(angles.shape[0]):
        k = np.rint(angles[j] * 0.6366197723675814)
        x = angles[j] - k * 1.5707963267341256
        x -= k * 6.077100506303966e-11
        x -= k * 2.0222662487959506e-21
        z = x * x
        s = 1.58962301576546568060e-10 * z - 2.50507477628578072866e-8
        s = (s * z + 2.75573136213857245213e-6) * z - 1.98412698295895385996e-4
        s = (s * z + 8.33333333332211858878e-3) * z - 1.66666666666666307295e-1
        s = s * z * x + x
        c = 2.08757008419747316778e-9 - 1.13585365213876817300e-11 * z
        c = (c * z - 2.75573141792967388112e-7) * z + 2.48015872888517045348e-5
        c = (c * z - 1.38888888888730564116e-3) * z + 4.16666666666665929218e-2
        c = c * z * z - 0.5 * z + 1.0
        quarter = k - 4.0 * np.floor(0.25 * k)
        odd = quarter == 1.0 or quarter == 3.0
        first = s if odd else c
        second = c if odd else s
        cosines[j] = -first if quarter == 1.0 or quarter == 2.0 else first
        sines[j] = -second if quarter >= 2.0 else second


@_inner
def _pair_table(table: Any, active: Any, x: int, elements: Any, angles: Any) -> int:
    """cos and sin of the turns in the planes (j, j ^ x), j without the highest bit of x.

    Planes that do not turn are left out. Returns how many are listed in `active`.
    """
    pivot = 1
    while pivot <= x >> 1:
        pivot <<= 1
    scale = 0.0
    for e in range(elements.shape[0]):
        scale += abs(angles[elements[e, 2]])
    count = 0
    for base in range(0, 2 * active.shape[0], 2 * pivot):
        for j in range(base, base + pivot):
            half = 0.0
            for e in range(elements.shape[0]):
                turn = 0.5 * angles[elements[e, 2]] * elements[e, 1]
                half += -turn if _odd(j & elements[e, 0]) else turn
            # Words that cancel leave rounding.
            if abs(half) > 1e-15 * scale:
                active[count] = j
                table[0, count] = np.cos(half)
                table[1, count] = np.sin(half)
                count += 1
    return count


@_inner
def _carry(v: Any, spare: Any, start: int, stop: int, passes: Any, point: Any) -> None:
    """v through the passes from time `start` to time `stop`, back through them if that is earlier.

    Time k is in front of pass k.
    """
    kinds, starts, elements, flips, odd, pool, pool_inverse, offsets, images, sources = passes
    gate_starts, bit, real, mats, mats_inverse, angles, places, owners, tables, lists, lengths = (
        point
    )
    ahead = start < stop
    sign = 1.0 if ahead else -1.0
    swapped = False
    for step in range(abs(stop - start)):
        k = start + step if ahead else start - 1 - step
        here = spare if swapped else v
        there = v if swapped else spare
        kind = kinds[k]
        at = places[k]
        if at >= 0 and owners[at] != k:
            owners[at] = k
            words = elements[starts[k] : starts[k + 1]]
            if kind == PHASE:
                _phase_table(tables[at], words, angles)
            else:
                lengths[at] = _pair_table(tables[at], lists[at], flips[k], words, angles)
        if kind == TURN:
            gates = mats if ahead else mats_inverse
            _turns(here, gate_starts[k], gate_starts[k + 1], bit, real, gates)
        elif kind == PHASE:
            _phase(here, tables[at], -sign)
        elif kind == SHUFFLE:
            number = elements[starts[k], 0]
            _gather(there, here, sources[number] if ahead else images[number])
            swapped = not swapped
        elif kind == PAIR:
            _pair(here, flips[k], odd[k], tables[at], lists[at, : lengths[at]], sign)
        elif kind == MATRIX:
            e = elements[starts[k]]
            numbers = pool if ahead else pool_inverse
            _matrix(here, offsets[e[0] : e[0] + e[1]], numbers[e[2] : e[2] + e[1] * e[1]])
    if swapped:
        _copy(v, spare)


@_inner
def _add_word(out: Any, psi: Any, x: int, z: int, re: float, im: float) -> None:
    """out += (re + i im) X^x Z^z psi."""
    planes = psi.shape[0]
    for j in range(psi.shape[1]):
        sign = 1.0 - 2.0 * _odd(j & z)
        k = j ^ x
        a = sign * psi[0, j]
        if planes == 1:
            out[0, k] += re * a
        else:
            b = sign * psi[1, j]
            out[0, k] += re * a - im * b
            out[1, k] += re * b + im * a


@_inner
def _add_turned(out: Any, psi: Any, bit: int, m: Any, weight: float) -> None:
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


@_inner
def _inject(
    out: Any, psi: Any, r: int, weight: float, turned: Any, passes: Any, place: Any
) -> None:
    """out += weight d_r psi; `turned` are the matrices of the rotations in TURN passes."""
    kinds, _, elements, flips, odd = passes[:5]
    k, e = place[r]
    z = elements[e, 0]
    half = 0.5 * weight
    if kinds[k] == TURN:
        _add_turned(out, psi, 1 << z, turned[r], weight)
        return
    signed = half * elements[e, 1]
    re = signed if odd[k] else signed - signed
    im = signed - signed if odd[k] else -signed
    _add_word(out, psi, flips[k], z, re, im)


@_inner
def _inject_all(
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
            _inject(out, psi, rotations[n], weights[n], turned, passes, place)
        return
    zs = np.empty(rotations.shape[0], dtype=np.int64)
    signed = np.empty(rotations.shape[0])
    for n in range(rotations.shape[0]):
        e = place[rotations[n], 1]
        zs[n] = elements[e, 0]
        signed[n] = weights[n] * elements[e, 1]
    _signs(line, zs, signed)
    _add_signed(out, psi, flips[k], odd[k], line)


@_entry
def add_sum(out: Any, psi: Any, starts: Any, xs: Any, zs: Any, re: Any, im: Any) -> None:
    """out += sum_k c_k X^x_k Z^z_k psi; words k from starts[g] to starts[g + 1] flip xs[g]."""
    for g in range(xs.shape[0]):
        for k in range(starts[g], starts[g + 1]):
            _add_word(out, psi, xs[g], zs[k], re[k], im[k])


@_entry
def states(at: Any, spare: Any, kept: Any, rows: Any, passes: Any, point: Any) -> None:
    """The state |0...0> at the times that are kept: rows[kept[k]] is the one at time k."""
    _clear(at)
    at[0, 0] = 1.0
    for k in range(kept.shape[0]):
        if k > 0:
            _carry(at, spare, k - 1, k, passes, point)
        if kept[k] >= 0:
            _copy(rows[kept[k]], at)


@_entry
def derivatives(
    rows: Any,
    mine: Any,
    offset: int,
    middle: int,
    entries: Any,
    rotations: Any,
    weights: Any,
    passes: Any,
    point: Any,
    place: Any,
    before: Any,
    after: Any,
    kept: Any,
    states: Any,
    spare: Any,
) -> None:
    """rows[i - offset], the derivative states of the parameters `mine`, at the time `middle`.

    Parameter i is fed by rotations[entries[i]:entries[i + 1]], in the order of the passes. What
    comes before the middle goes ahead to it, what comes behind goes back to it.
    """
    line = np.empty(rows.shape[2])
    for i in mine:
        row = rows[i - offset]
        _clear(row)
        start = entries[i]
        stop = entries[i + 1]
        border = start
        while border < stop and place[rotations[border], 0] < middle:
            border += 1
        if border > start:
            at = place[rotations[start], 0] + 1
            first = start
            while first < border:
                k = place[rotations[first], 0]
                last = first
                while last < border and place[rotations[last], 0] == k:
                    last += 1
                _carry(row, spare[0], at, k + 1, passes, point)
                at = k + 1
                here, by = rotations[first:last], weights[first:last]
                _inject_all(row, states[kept[at]], here, by, after, passes, place, line)
                first = last
            _carry(row, spare[0], at, middle, passes, point)
        if border < stop:
            back = row if border == start else spare[1]
            _clear(spare[1])
            at = place[rotations[stop - 1], 0]
            last = stop
            while last > border:
                k = place[rotations[last - 1], 0]
                first = last
                while first > border and place[rotations[first - 1], 0] == k:
                    first -= 1
                _carry(back, spare[0], at, k, passes, point)
                at = k
                here, by = rotations[first:last], weights[first:last]
                _inject_all(back, states[kept[at]], here, by, before, passes, place, line)
                last = first
            _carry(back, spare[0], at, middle, passes, point)
            if border > start:
                for plane in range(row.shape[0]):
                    for j in range(row.shape[1]):
                        row[plane, j] += back[plane, j]


@_inner
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


@_inner
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


@_inner
def _signed_sums(line: Any, words: Any, out: Any) -> None:
    """out[r] = -1/2 sum_j (-1)^|j & z_r| line[j], times the signs of the words; it uses line up."""
    several = 0
    for e in range(words.shape[0]):
        z, _, r = words[e]
        several += (z == 0 or z & (z - 1) != 0) and r < out.shape[0]
    if several:
        sums = line.copy()
        _walsh(sums)
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


@_inner
def _signs(line: Any, zs: Any, weights: Any) -> None:
    """line[j] = sum_k weights[k] (-1)^|j & zs[k]|."""
    size = line.shape[0]
    singles = np.zeros(64)
    others = np.zeros(1)
    several = False
    for e in range(zs.shape[0]):
        z = zs[e]
        if z != 0 and z & (z - 1) == 0:
            singles[_position(z)] += weights[e]
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
        _walsh(others)
        for j in range(size):
            line[j] += others[j]


@_inner
def _add_signed(out: Any, psi: Any, x: int, odd: int, line: Any) -> None:
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


@_entry
def push_forward(
    psi: Any,
    dpsi: Any,
    spare: Any,
    weights: Any,
    passes: Any,
    point: Any,
    after: Any,
) -> None:
    """dpsi = sum_r weights[r] d_r psi, and psi the state behind the circuit."""
    kinds, starts, elements, flips, odd = passes[:5]
    _clear(psi)
    _clear(dpsi)
    psi[0, 0] = 1.0
    line = spare[0]
    turned = np.zeros(4)
    for k in range(kinds.shape[0]):
        _carry(psi, spare, k, k + 1, passes, point)
        _carry(dpsi, spare, k, k + 1, passes, point)
        if kinds[k] == TURN:
            e = starts[k]
            while e < starts[k + 1]:
                qubit = elements[e, 0]
                for i in range(4):
                    turned[i] = 0.0
                while e < starts[k + 1] and elements[e, 0] == qubit:
                    r = elements[e, 2]
                    if elements[e, 1] != 0 and r < weights.shape[0]:
                        for i in range(4):
                            turned[i] += weights[r] * after[r, i]
                    e += 1
                _add_turned(dpsi, psi, 1 << qubit, turned, 1.0)
        elif kinds[k] in (PHASE, PAIR):
            zs = np.empty(starts[k + 1] - starts[k], dtype=np.int64)
            signed = np.zeros(len(zs))
            for e in range(starts[k], starts[k + 1]):
                zs[e - starts[k]] = elements[e, 0]
                if elements[e, 2] < weights.shape[0]:
                    signed[e - starts[k]] = elements[e, 1] * weights[elements[e, 2]]
            _signs(line, zs, signed)
            _add_signed(dpsi, psi, flips[k], odd[k], line)


@_inner
def _slopes(psi: Any, w: Any, k: int, line: Any, out: Any, turned: Any, passes: Any) -> None:
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


@_entry
def pull_back(
    psi: Any,
    w: Any,
    spare: Any,
    out: Any,
    passes: Any,
    point: Any,
    after: Any,
) -> None:
    """out[r] = Re <d_r psi|w> of all rotations; psi and w are carried from the end to the start.

    With K_r the rotation as it acts behind its pass, Re <d_r psi|w> = -Im <psi|K_r|w> / 2.
    """
    for k in range(passes[0].shape[0] - 1, -1, -1):
        _slopes(psi, w, k, spare[0], out, after, passes)
        _carry(psi, spare, k + 1, k, passes, point)
        _carry(w, spare, k + 1, k, passes, point)


@_entry
def pull_back_along(
    states: Any,
    kept: Any,
    middle: int,
    w: Any,
    spare: Any,
    out: Any,
    passes: Any,
    point: Any,
    before: Any,
    after: Any,
) -> None:
    """The same with the states that are kept: behind passes up to the middle, before later ones."""
    for k in range(passes[0].shape[0] - 1, -1, -1):
        if k < middle:
            if kept[k + 1] >= 0:
                _slopes(states[kept[k + 1]], w, k, spare[0], out, after, passes)
            _carry(w, spare, k + 1, k, passes, point)
        else:
            _carry(w, spare, k + 1, k, passes, point)
            if kept[k] >= 0:
                _slopes(states[kept[k]], w, k, spare[0], out, before, passes)


@_inner
def _product(a: Any, b: Any, out: Any) -> None:
    """out = a b, 2x2 matrices in a row."""
    p = a[0] * b[0] + a[1] * b[2]
    q = a[0] * b[1] + a[1] * b[3]
    r = a[2] * b[0] + a[3] * b[2]
    out[3] = a[2] * b[1] + a[3] * b[3]
    out[0], out[1], out[2] = p, q, r


@_inner
def _adjoint(a: Any, out: Any) -> None:
    """out = a^dagger."""
    out[0], out[1] = a[0].conjugate(), a[2].conjugate()
    out[2], out[3] = a[1].conjugate(), a[3].conjugate()


@_inner
def _element(element: Any, angles: Any, pool: Any, out: Any) -> None:
    """The gate of an element of a TURN pass."""
    axis, slot = element[1], element[2]
    if axis == 0:
        for i in range(4):
            out[i] = pool[slot + i]
        return
    c = np.cos(0.5 * angles[slot])
    s = np.sin(0.5 * angles[slot])
    out[0] = c
    out[3] = c
    out[1] = complex(0.0, -s) if axis == 1 else complex(-s, 0.0)
    out[2] = complex(0.0, -s) if axis == 1 else complex(s, 0.0)


@_entry
def gates(
    kinds: Any,
    starts: Any,
    elements: Any,
    angles: Any,
    pool: Any,
    n_rotations: int,
    gate_starts: Any,
    bit: Any,
    real: Any,
    mats: Any,
    before: Any,
    after: Any,
    scratch: Any,
) -> None:
    """The gates of TURN passes, one a qubit, and their rotations as Hermitian 2x2 matrices.

    mats[0, g] is gate g, real and imaginary parts in turn, and mats[1, g] its inverse. before[r]
    is the matrix on the state in front of the pass, after[r] on the one behind it: the two
    diagonal entries, and real and imaginary part of the upper one.
    """
    total, part, step, word, inverse = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    g = 0
    for k in range(kinds.shape[0]):
        gate_starts[k] = g
        e = starts[k]
        while kinds[k] == TURN and e < starts[k + 1]:
            qubit = elements[e, 0]
            first = e
            total[0], total[1], total[2], total[3] = 1.0, 0.0, 0.0, 1.0
            part[0], part[1], part[2], part[3] = 1.0, 0.0, 0.0, 1.0
            while e < starts[k + 1] and elements[e, 0] == qubit:
                _element(elements[e], angles, pool, step)
                _product(step, total, total)
                e += 1
            _adjoint(total, inverse)
            bit[g] = 1 << qubit
            real[g] = True
            for i in range(4):
                mats[0, g, 2 * i], mats[0, g, 2 * i + 1] = total[i].real, total[i].imag
                mats[1, g, 2 * i], mats[1, g, 2 * i + 1] = inverse[i].real, inverse[i].imag
                real[g] &= total[i].imag == 0.0
            for n in range(first, e):
                axis, slot = elements[n, 1], elements[n, 2]
                _element(elements[n], angles, pool, step)
                _product(step, part, part)
                if axis == 0 or slot >= n_rotations:
                    continue
                # part^dagger P part, and carried through the whole gate.
                word[0], word[3] = 0.0, 0.0
                word[1] = complex(1.0, 0.0) if axis == 1 else complex(0.0, -1.0)
                word[2] = word[1].conjugate()
                _adjoint(part, step)
                _product(step, word, step)
                _product(step, part, step)
                _store(before[slot], step)
                _product(total, step, step)
                _product(step, inverse, step)
                _store(after[slot], step)
            g += 1
    gate_starts[kinds.shape[0]] = g


@_inner
def _store(out: Any, m: Any) -> None:
    out[0], out[1], out[2], out[3] = m[0].real, m[3].real, m[1].real, m[1].imag
