"""What the rotations of a pass take out of two states: Re <d_r psi|w> = -1/2 Im <psi|P|w>.

P is a word X^x Z^z i^y beside a PHASE or a PAIR pass: there

    Im <psi|P|w> = s sum_j (-1)^|j & z| Im conj(psi[j ^ x]) w[j],    s = i^y,

or the real part where y is odd; all words of a pass flip the same x and share the products. Beside
a TURN pass P is a Hermitian matrix on one bit.
"""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.hermitian import turned_inner
from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.kinds import PAIR, PHASE, TURN
from qng.execute.statevector.kernels.pairs import pair_slopes, pattern
from qng.execute.statevector.kernels.walsh import signed_sums


@inlined
def pass_slopes(psi: Any, w: Any, k: int, line: Any, out: Any, turned: Any, passes: Any) -> None:
    """out[r] = Re <d_r psi|w> of the rotations of pass k, both states before it or after it.

    `turned` holds the matrices of rotations in TURN passes, and `line` is scratch space.
    """
    kinds, starts, elements, flips, is_odd = passes[:5]
    if kinds[k] == TURN:
        for e in range(starts[k], starts[k + 1]):
            r = elements[e, 2]
            if elements[e, 1] != 0 and r < out.shape[0]:
                out[r] = -0.5 * turned_inner(psi, w, 1 << elements[e, 0], turned[r])
    elif kinds[k] == PAIR:
        words = elements[starts[k] : starts[k + 1]]
        pair_slopes(psi, w, flips[k], is_odd[k], pattern(k, passes), words, out)
    elif kinds[k] == PHASE:
        _products(psi, w, line)
        signed_sums(line, elements[starts[k] : starts[k + 1]], out)


@inlined
def _products(psi: Any, w: Any, out: Any) -> None:
    """out[j] = Im conj(psi[j]) w[j]."""
    planes = psi.shape[0]
    for j in range(out.shape[0]):
        out[j] = psi[0, j] * w[planes - 1, j] - psi[planes - 1, j] * w[0, j]
