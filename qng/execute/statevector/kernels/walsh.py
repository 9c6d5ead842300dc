"""Sums with the signs of words of Z: a line of 2^n numbers, and numbers of words.

    walsh          v[z] -> sum_j (-1)^|j & z| v[j]
    signs          words -> line:  line[j] = sum_k w_k (-1)^|j & z_k|
    signed_sums    line -> words:  out[k] = -s_k/2 sum_j (-1)^|j & z_k| line[j]

Words on one qubit need no transform: the line is doubled, or folded, a bit at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.bits import position
from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.simd import WIDTH, load, minus, plus, store


@inlined
def walsh(v: Any) -> None:
    """v[z] -> sum_j (-1)^|j & z| v[j], in place."""
    size = v.shape[0]
    bit = 1
    while bit < size:
        for base in range(0, size, 2 * bit):
            if bit < WIDTH:
                for j in range(base, base + bit):
                    x, y = v[j], v[j + bit]
                    v[j], v[j + bit] = x + y, x - y
            else:
                for j in range(base, base + bit, WIDTH):
                    x4, y4 = load(v, j), load(v, j + bit)
                    store(v, j, plus(x4, y4))
                    store(v, j + bit, minus(x4, y4))
        bit *= 2


@inlined
def is_single(z: int) -> bool:
    """Whether a word of Z acts on one qubit."""
    return z != 0 and z & (z - 1) == 0


@inlined
def signs(line: Any, zs: Any, weights: Any) -> None:
    """line[j] = sum_k weights[k] (-1)^|j & zs[k]|."""
    singles = np.zeros(64)
    others = np.zeros(1)
    several = False
    for k in range(zs.shape[0]):
        if is_single(zs[k]):
            singles[position(zs[k])] += weights[k]
            continue
        if not several:
            others = np.zeros(line.shape[0])
            several = True
        others[zs[k]] += weights[k]
    _single_signs(line, singles)
    if several:
        walsh(others)
        for j in range(line.shape[0]):
            line[j] += others[j]


@inlined
def _single_signs(line: Any, singles: Any) -> None:
    """line[j] = sum_q singles[q] (-1)^(bit q of j): each qubit doubles what is done."""
    line[0] = 0.0
    done = 1
    q = 0
    while done < line.shape[0]:
        for j in range(done):
            line[done + j] = line[j] - singles[q]
            line[j] += singles[q]
        done *= 2
        q += 1


@inlined
def signed_sums(line: Any, words: Any, out: Any) -> None:
    """out[r] = -sign/2 sum_j (-1)^|j & z| line[j] of words (z, sign, r); the line is used up.

    Words whose r is none of `out` are left out.
    """
    several = 0
    for k in range(words.shape[0]):
        z, _, r = words[k]
        several += (z == 0 or z & (z - 1) != 0) and r < out.shape[0]
    if several:
        sums = line.copy()
        walsh(sums)
        for k in range(words.shape[0]):
            z, sign, r = words[k]
            if r < out.shape[0]:
                out[r] = -0.5 * sign * sums[z]
        return
    # The highest first: what is left of the line can be folded.
    length = line.shape[0]
    for k in range(words.shape[0] - 1, -1, -1):
        z, sign, r = words[k]
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
