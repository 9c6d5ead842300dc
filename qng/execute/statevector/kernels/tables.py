"""Cosines and sines that PHASE and PAIR passes need at a point, for all amplitudes or planes.

PHASE    of sum_k phi_k (-1)^|j & z_k| / 2 at every j
PAIR     of sum_k s_k phi_k (-1)^|j & z_k| / 2 in every plane (j, j ^ x)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.bits import highest, odd, position
from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.walsh import walsh


@inlined
def phase_table(table: Any, elements: Any, angles: Any) -> None:
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
    _single_phases(table, constant, singles)
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
def _single_phases(table: Any, constant: float, singles: Any) -> None:
    """Those of words on one qubit: a product over the bits of j, each doubles the table."""
    table[0, 0] = np.cos(constant)
    table[1, 0] = np.sin(constant)
    filled = 1
    q = 0
    while filled < table.shape[1]:
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
def pair_table(table: Any, active: Any, x: int, elements: Any, angles: Any) -> int:
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
