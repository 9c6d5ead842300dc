"""A state, in planes, through the passes of a circuit, ahead or back.

`fuse.py` says what the passes are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.kinds import MATRIX, PAIR, PHASE, SHUFFLE, TURN
from qng.execute.statevector.kernels.shares import GRAIN, meet, own
from qng.execute.statevector.kernels.simd import (
    WIDTH,
    gathered,
    load,
    minus,
    plus,
    splat,
    store,
    times,
)
from qng.execute.statevector.kernels.tables import pair_table, phase_table
from qng.execute.statevector.kernels.turns import turns


@inlined
def copy(to: Any, of: Any, share: Any) -> None:
    """to = of."""
    low, high = own(of.shape[1], GRAIN, share)
    for plane in range(of.shape[0]):
        for j in range(low, high):
            to[plane, j] = of[plane, j]


@inlined
def clear(v: Any, share: Any) -> None:
    """v = 0."""
    low, high = own(v.shape[1], GRAIN, share)
    for plane in range(v.shape[0]):
        for j in range(low, high):
            v[plane, j] = 0.0


@inlined
def _phase(v: Any, table: Any, sign: float, share: Any) -> None:
    """v *= cos + i sign sin."""
    planes, size = v.shape
    low, high = own(size, GRAIN, share)
    if planes == 1:
        for j in range(low, high):
            v[0, j] *= table[0, j]
        return
    if size < WIDTH:
        for j in range(low, high):
            x, y, c, s = v[0, j], v[1, j], table[0, j], sign * table[1, j]
            v[0, j] = c * x - s * y
            v[1, j] = c * y + s * x
        return
    flat = v.reshape(2 * size)
    turn = table.reshape(2 * size)
    f = splat(sign)
    for j in range(low, high, WIDTH):
        x, y = load(flat, j), load(flat, j + size)
        c, s = load(turn, j), times(f, load(turn, j + size))
        store(flat, j, minus(times(c, x), times(s, y)))
        store(flat, j + size, plus(times(c, y), times(s, x)))


@inlined
def _gather(out: Any, v: Any, source: Any, share: Any) -> None:
    """out[j] = v[source[j]]; the source is linear, source[j ^ k] = source[j] ^ source[k]."""
    planes, size = v.shape
    low, high = own(size, GRAIN, share)
    if size < WIDTH:
        for plane in range(planes):
            for j in range(low, high):
                out[plane, j] = v[plane, source[j]]
        return
    one, two, four = source[1], source[2], source[min(4, size - 1)]
    for plane in range(planes):
        of = v[plane]
        to = out[plane]
        for j in range(low, high, WIDTH):
            store(to, j, gathered(of, source[j], one, two, four))


@inlined
def _pair(v: Any, x: int, odd: int, table: Any, active: Any, sign: float, share: Any) -> None:
    """Rotations in the planes (j, j ^ x) for the j that are listed."""
    low, high = own(active.shape[0], GRAIN, share)
    if odd:
        for plane in range(v.shape[0]):
            row = v[plane]
            for i in range(low, high):
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
    for i in range(low, high):
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
def _matrix(v: Any, offsets: Any, m: Any, share: Any) -> None:
    """A gate on several qubits; local state i of them adds offsets[i] to an index."""
    side = offsets.shape[0]
    mask = offsets[side - 1]
    before = np.empty((2, side), dtype=v.dtype)
    planes = v.shape[0]
    low, high = own(v.shape[1], GRAIN, share)
    for j in range(low, high):
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
def carry(v: Any, spare: Any, start: int, stop: int, passes: Any, point: Any, share: Any) -> None:
    """v through the passes from time `start` to time `stop`, back through them if that is earlier.

    Time k is before pass k. All shares have met before it, and have met again when it returns.
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
            meet(share)
            words = elements[starts[k] : starts[k + 1]]
            if share[0] == 0:
                owners[at] = k
                if kind == PHASE:
                    phase_table(tables[at], words, angles)
                else:
                    lengths[at] = pair_table(tables[at], lists[at], flips[k], words, angles)
            meet(share)
        if kind == TURN:
            gates = mats if ahead else mats_inverse
            turns(here, gate_starts[k], gate_starts[k + 1], bit, real, gates, share)
        elif kind == PHASE:
            _phase(here, tables[at], -sign, share)
        elif kind == SHUFFLE:
            number = elements[starts[k], 0]
            _gather(there, here, sources[number] if ahead else images[number], share)
            swapped = not swapped
        elif kind == PAIR:
            turned = tables[at], lists[at, : lengths[at]]
            _pair(here, flips[k], odd[k], *turned, sign, share)
        elif kind == MATRIX:
            e = elements[starts[k]]
            numbers = pool if ahead else pool_inverse
            own_matrix = numbers[e[2] : e[2] + e[1] * e[1]]
            _matrix(here, offsets[e[0] : e[0] + e[1]], own_matrix, share)
        meet(share)
    if swapped:
        copy(v, spare, share)
        meet(share)
