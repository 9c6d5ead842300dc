"""What the rotations of a pass take out of two states: Re <d_r psi|w> = -1/2 Im <psi|P|w>.

P is a word of Z beside a PHASE pass: there

    Im <psi|P|w> = sum_j (-1)^|j & z| Im conj(psi[j]) w[j],

and all words of a pass share the products. Beside a TURN pass P is a Hermitian matrix on one bit,
and beside a PAIR pass a word that flips qubits (`pairs.py`).

A sum is one of parts, out[part, r], and these depend on the size of the state alone: threads share
them out, and the whole is the same whoever has summed a part.
"""

from __future__ import annotations

from typing import Any, Final

from qng.execute.statevector.kernels.between import turned_inner
from qng.execute.statevector.kernels.compiling.jit import allocating, inlined
from qng.execute.statevector.kernels.crosses import crosses
from qng.execute.statevector.kernels.kinds import PAIR, PHASE, TURN
from qng.execute.statevector.kernels.pairs import pair_slopes, pattern
from qng.execute.statevector.kernels.room import wholes, zeros
from qng.execute.statevector.kernels.shares import GRAIN, meet, own
from qng.execute.statevector.kernels.simd import WIDTH, load, minus, store, times
from qng.execute.statevector.kernels.walsh import signed_sums

# Amplitudes of a block that stays in the nearest caches, and the most parts of a sum.
_BLOCK: Final = 1 << 11
_MOST_PARTS: Final = 64


def sums(size: int) -> int:
    """How many parts a sum over a state of `size` amplitudes has."""
    return min(max(size // _BLOCK, 1), _MOST_PARTS)


@inlined
def pass_slopes(
    psi: Any, w: Any, k: int, line: Any, out: Any, turned: Any, passes: Any, share: Any
) -> None:
    """out[:, r], the parts of Re <d_r psi|w> of pass k, both states before it or after it.

    `turned` holds the matrices of rotations in TURN passes, and `line` is scratch space. A share
    must not change the states before all have met.
    """
    kinds, starts, elements, flips, is_odd = passes[:5]
    words = elements[starts[k] : starts[k + 1]]
    if kinds[k] == TURN:
        _turn_slopes(psi, w, words, out, turned, share)
    elif kinds[k] == PHASE and _all_single(words):
        _single_slopes(psi, w, words, out, share)
    elif kinds[k] == PAIR:
        pair_slopes(psi, w, flips[k], is_odd[k], pattern(k, passes), words, out, share)
    elif kinds[k] == PHASE:
        low, high = own(psi.shape[1], GRAIN, share)
        _products(psi, w, low, high, line)
        meet(share)
        if share[0] == 0:
            signed_sums(line, words, out[0])


@allocating
def _turn_slopes(psi: Any, w: Any, words: Any, out: Any, turned: Any, share: Any) -> None:
    """Those of one-qubit gates: of rotations about Y all at once, of others one by one."""
    size, parts = psi.shape[1], out.shape[0]
    stretch = size // parts
    block = min(stretch, _BLOCK)
    first, last = own(parts, 1, share)
    bits, only_y = _bits(words, out.shape[1], turned, psi.shape[0] == 1)
    found = zeros(bits.shape[0])
    for part in range(first, last):
        if only_y:
            crosses(psi, w, part, parts, block, bits, found)
        i = 0
        for e in range(words.shape[0]):
            q, axis, r = words[e, 0], words[e, 1], words[e, 2]
            if axis == 0 or r >= out.shape[1]:
                continue
            bit = 1 << q
            if only_y:
                while bits[i] < bit:
                    i += 1
                out[part, r] = -0.5 * turned[r, 3] * found[i]
                continue
            low, high, left, right = part * stretch, (part + 1) * stretch, 0, block
            if bit >= stretch:
                columns = block // parts
                low, high, left, right = 0, size, part * columns, (part + 1) * columns
            out[part, r] = -0.5 * turned_inner(psi, w, low, high, left, right, bit, turned[r])


@allocating
def _bits(words: Any, n_rotations: int, turned: Any, are_real: bool) -> Any:
    """The bits of rotations, ascending, and whether all are about Y; real states have no others."""
    bits = wholes(words.shape[0])
    count = 0
    only_y = True
    for e in range(words.shape[0]):
        q, axis, r = words[e, 0], words[e, 1], words[e, 2]
        if axis == 0 or r >= n_rotations:
            continue
        if count == 0 or bits[count - 1] != 1 << q:
            bits[count] = 1 << q
            count += 1
        m = turned[r]
        only_y &= are_real or (m[0] == 0.0 and m[1] == 0.0 and m[2] == 0.0)
    return bits[:count], only_y


@inlined
def _all_single(words: Any) -> bool:
    """Whether all words of Z act on one qubit."""
    for e in range(words.shape[0]):
        z = words[e, 0]
        if z == 0 or z & (z - 1) != 0:
            return False
    return True


@allocating
def _single_slopes(psi: Any, w: Any, words: Any, out: Any, share: Any) -> None:
    """Those of words of Z on one qubit each, a block of products after the other.

    Words ascend. A block is folded, the highest bit first; a bit above it has the same sign in all
    of it.
    """
    size, parts = psi.shape[1], out.shape[0]
    stretch = size // parts
    block = min(stretch, _BLOCK)
    products = zeros(block)
    first, last = own(parts, 1, share)
    for part in range(first, last):
        for low in range(part * stretch, (part + 1) * stretch, block):
            _block_products(psi, w, low, products)
            length = block
            whole = 0.0
            below = words.shape[0]
            while below > 0 and words[below - 1, 0] >= block:
                below -= 1
            for e in range(below - 1, -1, -1):
                z, sign, r = words[e, 0], words[e, 1], words[e, 2]
                if r >= out.shape[1]:
                    continue
                while length > 2 * z:
                    length //= 2
                    for j in range(length):
                        products[j] += products[j + length]
                found = 0.0
                for j in range(z):
                    found += products[j] - products[z + j]
                out[part, r] -= 0.5 * sign * found
            for j in range(length):
                whole += products[j]
            for e in range(below, words.shape[0]):
                z, sign, r = words[e, 0], words[e, 1], words[e, 2]
                if r < out.shape[1]:
                    out[part, r] -= 0.5 * sign * (-whole if low & z else whole)


@inlined
def _block_products(psi: Any, w: Any, low: int, out: Any) -> None:
    """out[j] = Im conj(psi[low + j]) w[low + j]."""
    size = out.shape[0]
    if psi.shape[0] == 1:
        for j in range(size):
            out[j] = 0.0
    elif size < WIDTH:
        for j in range(size):
            k = low + j
            out[j] = psi[0, k] * w[1, k] - psi[1, k] * w[0, k]
    else:
        im = psi.shape[1]
        for j in range(0, size, WIDTH):
            k = low + j
            re = times(load(psi, k), load(w, k + im))
            store(out, j, minus(re, times(load(psi, k + im), load(w, k))))


@inlined
def _products(psi: Any, w: Any, low: int, high: int, out: Any) -> None:
    """out[j] = Im conj(psi[j]) w[j]."""
    end = psi.shape[0] - 1
    for j in range(low, high):
        out[j] = psi[0, j] * w[end, j] - psi[end, j] * w[0, j]
