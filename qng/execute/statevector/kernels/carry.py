"""A state, in planes, through the passes of a circuit, ahead or back.

`fuse.py` says what the passes are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.compiling.jit import allocating, calling, inlined, kernel
from qng.execute.statevector.kernels.kinds import MATRIX, PAIR, PHASE, SHUFFLE, TURN
from qng.execute.statevector.kernels.pairs import pair_table, pattern, turn_pairs
from qng.execute.statevector.kernels.phases import turn_phases
from qng.execute.statevector.kernels.room import zeros
from qng.execute.statevector.kernels.shares import GRAIN, meet, own
from qng.execute.statevector.kernels.simd import LANES, WIDTH, gathered, load, picked, store
from qng.execute.statevector.kernels.tables import phase_table
from qng.execute.statevector.kernels.turns import turns


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
    far, digits = _far(source)
    if far < 0:
        one, two, four = source[1], source[2], source[LANES & 4]
        for start in range(0, planes * size, size):
            for j in range(low, high, WIDTH):
                store(out, start + j, gathered(v, start + source[j], one, two, four))
        return
    for j in range(low, high, WIDTH):
        k = np.int64(source[j])
        at = k & ~LANES
        which = digits ^ (k & LANES) * 0x11111111
        store(out, j, picked(load(v, at), load(v, at ^ far), which))
        if planes == 2:
            at += size
            store(out, j + size, picked(load(v, at), load(v, at ^ far), which))


@inlined
def _far(source: Any) -> Any:
    """How far from the vector of source[j] the other one is in which the WIDTH next sources lie.

    Also which numbers of the two they are, as `picked` takes them, for a j whose source is the
    first of a vector. The distance is -1 where they lie in more than two.
    """
    far, digits = np.int64(0), np.int64(0)
    for k in range(WIDTH):
        at = np.int64(source[k])
        beyond = at & ~LANES
        if beyond != 0:
            if far != 0 and far != beyond:
                return -1, 0
            far = beyond
            at |= WIDTH
        digits |= (at & (2 * WIDTH - 1)) << 4 * k
    return far, digits


@allocating
def _matrix(v: Any, offsets: Any, m: Any, share: Any) -> None:
    """A gate on several qubits; local state i of them adds offsets[i] to an index."""
    side = offsets.shape[0]
    mask = offsets[side - 1]
    before = zeros(2 * side)
    planes = v.shape[0]
    low, high = own(v.shape[1], GRAIN, share)
    for j in range(low, high):
        if j & mask:
            continue
        for local in range(side):
            for plane in range(planes):
                before[plane * side + local] = v[plane, j | offsets[local]]
        for row in range(side):
            re = 0.0
            im = 0.0
            for column in range(side):
                f = m[row * side + column]
                re += f.real * before[column]
                if planes == 2:
                    re -= f.imag * before[side + column]
                    im += f.real * before[side + column] + f.imag * before[column]
            v[0, j | offsets[row]] = re
            if planes == 2:
                v[1, j | offsets[row]] = im


@inlined
def _moved(v: Any, spare: Any, start: int, stop: int, passes: Any, point: Any, share: Any) -> bool:
    kinds, starts, elements, flips, odd, pool, pool_inverse, offsets, images, sources = passes[:10]
    gate_starts, bit, real, mats, mats_inverse, angles, places, owners, tables = point[:9]
    ahead = start < stop
    sign = 1.0 if ahead else -1.0
    swapped = False
    for step in range(abs(stop - start)):
        k = start + step if ahead else start - 1 - step
        here = spare if swapped else v
        there = v if swapped else spare
        kind = kinds[k]
        place, start_of, width = places[k, 0], places[k, 1], places[k, 2]
        table = tables[start_of : start_of + 2 * width].reshape(2, width)
        if width > 0 and owners[place] != k:
            meet(share)
            if kind == PHASE:
                phase_table(table, v.shape[1], k, passes, angles, share)
            elif share[0] == 0:
                words = elements[starts[k] : starts[k + 1]]
                pair_table(table, pattern(k, passes)[0], words, angles)
            meet(share)
            if share[0] == 0:
                owners[place] = k
        if kind == TURN:
            gates = mats if ahead else mats_inverse
            turns(here, gate_starts[k], gate_starts[k + 1], bit, real, gates, share)
        elif kind == PHASE:
            turn_phases(here, table, -sign, share)
        elif kind == SHUFFLE:
            number = elements[starts[k], 0]
            _gather(there, here, sources[number] if ahead else images[number], share)
            swapped = not swapped
        elif kind == PAIR:
            turn_pairs(here, flips[k], odd[k], pattern(k, passes), table, sign, share)
        elif kind == MATRIX:
            e = elements[starts[k]]
            numbers = pool if ahead else pool_inverse
            own_matrix = numbers[e[2] : e[2] + e[1] * e[1]]
            _matrix(here, offsets[e[0] : e[0] + e[1]], own_matrix, share)
        meet(share)
    return swapped


@kernel
def through(v: Any, spare: Any, start: int, stop: int, passes: Any, point: Any, share: Any) -> bool:
    """`moved` for kernels: half of what each of them does is compiled once for all of them."""
    swapped: bool = _moved(v, spare, start, stop, passes, point, share)
    return swapped


@calling(through)
def moved(v: Any, spare: Any, start: int, stop: int, passes: Any, point: Any, share: Any) -> bool:
    """v through the passes from time `start` to time `stop`, back through them if that is earlier.

    Time k is before pass k. All shares have met before it, and have met again when it returns.

    Returns:
        Whether the state has come to be in `spare`.
    """
    swapped: bool = through(v, spare, start, stop, passes, point, share)
    return swapped
