"""What the rotations of a pass add to a derivative state, at its time: -i/2 P psi for each.

P is a word beside a PHASE or a PAIR pass, and a Hermitian matrix on one bit beside a TURN pass.
"""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.bits import odd
from qng.execute.statevector.kernels.compiling.jit import allocating, inlined
from qng.execute.statevector.kernels.copies import clear
from qng.execute.statevector.kernels.hermitian import add_flips, add_turned
from qng.execute.statevector.kernels.kinds import PAIR, PHASE, TURN
from qng.execute.statevector.kernels.levels import signs
from qng.execute.statevector.kernels.pairs import add_pairs, pattern
from qng.execute.statevector.kernels.room import wholes, zeros
from qng.execute.statevector.kernels.shares import GRAIN, meet, own
from qng.execute.statevector.kernels.simd import (
    LANES,
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
def add_word(
    out: Any, psi: Any, x: int, z: int, re: float, im: float, adds: bool, share: Any
) -> None:
    """out += (re + i im) X^x Z^z psi, or out = that."""
    planes, size = psi.shape
    low, high = own(size, GRAIN, share)
    if size < WIDTH or planes == 1:
        for j in range(low, high):
            k = j ^ x
            sign = 1.0 - 2.0 * odd(k & z)
            f = complex(sign * re, sign * im)
            found = f * complex(psi[0, k], psi[planes - 1, k] if planes == 2 else 0.0)
            if adds:
                found += complex(out[0, j], out[planes - 1, j])
            out[0, j] = found.real
            if planes == 2:
                out[1, j] = found.imag
        return
    lanes = chosen_1(splat(1.0), splat(-1.0 if z & 1 else 1.0))
    lanes = times(lanes, chosen_2(splat(1.0), splat(-1.0 if z & 2 else 1.0)))
    lanes = times(lanes, chosen_4(splat(1.0), splat(-1.0 if z & LANES & 4 else 1.0)))
    near = x & LANES
    for j in range(low, high, WIDTH):
        k = (j ^ x) - near
        sign = splat(1.0 - 2.0 * odd(k & z))
        f, g = times(times(sign, splat(re)), lanes), times(times(sign, splat(im)), lanes)
        a, b = load(psi, k), load(psi, k + size)
        u, v = minus(times(f, a), times(g, b)), plus(times(f, b), times(g, a))
        if near & 1:
            u, v = flipped_1(u), flipped_1(v)
        if near & 2:
            u, v = flipped_2(u), flipped_2(v)
        if near & 4:
            u, v = flipped_4(u), flipped_4(v)
        if adds:
            u, v = plus(load(out, j), u), plus(load(out, j + size), v)
        store(out, j, u)
        store(out, j + size, v)


@inlined
def add_signed(out: Any, psi: Any, line: Any, share: Any) -> None:
    """out += -i/2 diag(line) psi."""
    low, high = own(line.shape[0], GRAIN, share)
    end = psi.shape[0] - 1
    for j in range(low, high):
        half = 0.5 * line[j]
        out[0, j] += half * psi[end, j]
        out[end, j] -= half * psi[0, j]


@allocating
def add_derivatives(
    out: Any,
    psi: Any,
    rotations: Any,
    weights: Any,
    turned: Any,
    passes: Any,
    place: Any,
    line: Any,
    adds: bool,
    share: Any,
) -> None:
    """out += sum_n weights[n] d_r psi of rotations r of one pass, or out = that.

    `place` holds the pass and the element of every rotation, and `turned` the matrices of those in
    TURN passes, before or after the pass as psi is; `line` is scratch space, shape (2^n,).
    """
    kinds, starts, elements = passes[:3]
    k = place[rotations[0], 0]
    if kinds[k] == TURN and psi.shape[1] >= WIDTH and _about_y(turned, rotations):
        bits, halves = wholes(rotations.shape[0]), zeros(rotations.shape[0])
        for n in range(rotations.shape[0]):
            bits[n] = 1 << elements[place[rotations[n], 1], 0]
            halves[n] = 0.5 * weights[n] * turned[rotations[n], 3]
        add_flips(out, psi, bits, halves, adds, share)
        return
    if kinds[k] == TURN:
        _add_turns(out, psi, rotations, weights, turned, passes, place, adds, share)
        return
    if kinds[k] == PHASE and rotations.shape[0] == 1:
        _add_one(out, psi, place[rotations[0], 1], k, weights[0], passes, adds, share)
        return
    if not adds:
        clear(out, share)
        meet(share)
    signed = zeros(starts[k + 1] - starts[k])
    for n in range(rotations.shape[0]):
        e = place[rotations[n], 1]
        signed[e - starts[k]] += weights[n] * elements[e, 1]
    add_words(out, psi, k, signed, passes, line, share)


@allocating
def _add_turns(
    out: Any,
    psi: Any,
    rotations: Any,
    weights: Any,
    turned: Any,
    passes: Any,
    place: Any,
    adds: bool,
    share: Any,
) -> None:
    """The same beside a TURN pass: the matrices of neighbours on one qubit are one matrix."""
    elements = passes[2]
    total = zeros(4)
    for n in range(rotations.shape[0]):
        r = rotations[n]
        qubit = elements[place[r, 1], 0]
        for i in range(4):
            total[i] += weights[n] * turned[r, i]
        if n + 1 < rotations.shape[0] and elements[place[rotations[n + 1], 1], 0] == qubit:
            continue
        add_turned(out, psi, 1 << qubit, total, adds, share)
        meet(share)
        adds = True
        for i in range(4):
            total[i] = 0.0


@inlined
def _add_one(
    out: Any, psi: Any, e: int, k: int, weight: float, passes: Any, adds: bool, share: Any
) -> None:
    """The same for one word of a PHASE pass."""
    elements, flips, is_odd = passes[2:5]
    # The word is i^y X^x Z^z, and its element holds i^y but for a factor i where y is odd.
    signed = 0.5 * weight * elements[e, 1]
    re = signed if is_odd[k] else 0.0
    im = 0.0 if is_odd[k] else -signed
    add_word(out, psi, flips[k], elements[e, 0], re, im, adds, share)


@inlined
def _about_y(turned: Any, rotations: Any) -> bool:
    """Whether the matrices of all rotations are multiples of Y."""
    for r in rotations:
        if turned[r, 0] != 0.0 or turned[r, 1] != 0.0 or turned[r, 2] != 0.0:
            return False
    return True


@inlined
def add_words(out: Any, psi: Any, k: int, weights: Any, passes: Any, line: Any, share: Any) -> None:
    """out += -i/2 sum_e weights[e] P_e psi over the words of a PHASE or PAIR pass.

    Each is i^y X^x Z^z, and its weight has the i^y in it but for a factor i where y is odd.
    """
    kinds, starts, elements, flips, is_odd = passes[:5]
    if kinds[k] == PAIR:
        zs = elements[starts[k] : starts[k + 1], 0]
        add_pairs(out, psi, flips[k], is_odd[k], pattern(k, passes), zs, weights, share)
        return
    if share[0] == 0:
        signs(line, k, weights, passes)
    meet(share)
    add_signed(out, psi, line, share)
