"""Products of two states with a Hermitian matrix on one bit between them: Im <psi|M|w>.

With a pair of amplitudes a, b of psi, where the bit is 0 and 1, and c, d of w, and the matrix
M = (m00, m11, re m01, im m01), it is the sum over all pairs of the imaginary part of

    conj(a) (m00 c + m01 d) + conj(b) (m11 d + conj(m01) c).

Where M is a multiple of Y there is a faster way for all bits at once (`crosses.py`).

A sum runs over the pairs with j from `low` to `high` whose bit is 0, or over some columns of them.
"""

from __future__ import annotations

from typing import Any, Final

from qng.execute.statevector.kernels.compiling.jit import inlined
from qng.execute.statevector.kernels.simd import WIDTH, load, minus, plus, splat, summed, times

# The most columns of a row.
_ROW: Final = 1 << 11


@inlined
def turned_inner(
    psi: Any, w: Any, low: int, high: int, left: int, right: int, bit: int, m: Any
) -> Any:
    """Im <psi|M|w>, of rows of at most `bit` amplitudes the columns from left to right."""
    if bit < WIDTH:
        return _inner_one_by_one(psi, w, low, high, bit, m[0], m[1], m[2], m[3])
    return _inner_by_vectors(psi, w, low, high, left, min(right, bit), bit, m)


@inlined
def _inner_one_by_one(
    psi: Any, w: Any, low: int, high: int, bit: int, m00: float, m11: float, re: float, im: float
) -> Any:
    found = 0.0
    for base in range(low, high, 2 * bit):
        for j in range(base, base + bit):
            k = j + bit
            upper_re = m00 * w[0, j] + re * w[0, k] - im * w[1, k]
            upper_im = m00 * w[1, j] + re * w[1, k] + im * w[0, k]
            lower_re = re * w[0, j] + im * w[1, j] + m11 * w[0, k]
            lower_im = re * w[1, j] - im * w[0, j] + m11 * w[1, k]
            found += (
                psi[0, j] * upper_im
                - psi[1, j] * upper_re
                + psi[0, k] * lower_im
                - psi[1, k] * lower_re
            )
    return found


@inlined
def _inner_by_vectors(
    psi: Any, w: Any, low: int, high: int, left: int, right: int, bit: int, m: Any
) -> Any:
    size = psi.shape[1]
    row = min(bit, _ROW)
    # conj(a) c, conj(b) d, and conj(a) d beside conj(b) c, of which real parts and imaginary ones
    # are enough to have the sum for any M.
    aa, bb, re, im = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    for outer in range(low, high, 2 * bit):
        for base in range(outer, outer + bit, row):
            for j in range(base + left, base + right, WIDTH):
                k = j + bit
                re_a, im_a = load(psi, j), load(psi, j + size)
                re_b, im_b = load(psi, k), load(psi, k + size)
                re_c, im_c = load(w, j), load(w, j + size)
                re_d, im_d = load(w, k), load(w, k + size)
                aa = plus(aa, minus(times(re_a, im_c), times(im_a, re_c)))
                bb = plus(bb, minus(times(re_b, im_d), times(im_b, re_d)))
                re = plus(re, minus(times(re_a, im_d), times(im_a, re_d)))
                re = plus(re, minus(times(re_b, im_c), times(im_b, re_c)))
                im = plus(im, plus(times(re_a, re_d), times(im_a, im_d)))
                im = minus(im, plus(times(re_b, re_c), times(im_b, im_c)))
    return m[0] * summed(aa) + m[1] * summed(bb) + m[2] * summed(re) + m[3] * summed(im)
