"""A state, in planes, through the passes of a circuit, ahead or back.

`fuse.py` says what the passes are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.fuse import MATRIX, PAIR, PHASE, SHUFFLE, TURN
from qng.execute.statevector.kernels.bits import highest, odd, position
from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.simd import WIDTH, load, minus, pack, plus, splat, store, times
from qng.execute.statevector.kernels.turns import turns, walsh


@inlined
def copy(to: Any, of: Any) -> None:
    """to = of."""
    for plane in range(of.shape[0]):
        for j in range(of.shape[1]):
            to[plane, j] = of[plane, j]


@inlined
def clear(v: Any) -> None:
    """v = 0."""
    for plane in range(v.shape[0]):
        for j in range(v.shape[1]):
            v[plane, j] = 0.0


@inlined
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


@inlined
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


@inlined
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


@inlined
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


@inlined
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
            singles[position(z)] += half
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
        walsh(total)
        sines = np.empty(size)
        _cosines(total, total, sines)
        for j in range(size):
            x = table[0, j]
            y = table[1, j]
            table[0, j] = total[j] * x - sines[j] * y
            table[1, j] = total[j] * y + sines[j] * x


@inlined
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


@inlined
def _pair_table(table: Any, active: Any, x: int, elements: Any, angles: Any) -> int:
    """cos and sin of the turns in the planes (j, j ^ x), j without the highest bit of x.

    Planes that do not turn are left out. Returns how many are listed in `active`.
    """
    pivot = highest(x)
    scale = 0.0
    for e in range(elements.shape[0]):
        scale += abs(angles[elements[e, 2]])
    count = 0
    for base in range(0, 2 * active.shape[0], 2 * pivot):
        for j in range(base, base + pivot):
            half = 0.0
            for e in range(elements.shape[0]):
                turn = 0.5 * angles[elements[e, 2]] * elements[e, 1]
                half += -turn if odd(j & elements[e, 0]) else turn
            # Words that cancel leave rounding.
            if abs(half) > 1e-15 * scale:
                active[count] = j
                table[0, count] = np.cos(half)
                table[1, count] = np.sin(half)
                count += 1
    return count


@inlined
def carry(v: Any, spare: Any, start: int, stop: int, passes: Any, point: Any) -> None:
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
            turns(here, gate_starts[k], gate_starts[k + 1], bit, real, gates)
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
        copy(v, spare)
