"""Cosines and sines that PHASE passes need at a point, of sum_k phi_k (-1)^|j & z_k| / 2."""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.compiling.jit import allocating, inlined
from qng.execute.statevector.kernels.levels import levels, scaled, sorted_weights
from qng.execute.statevector.kernels.phases import STRETCH
from qng.execute.statevector.kernels.room import zeros
from qng.execute.statevector.kernels.shares import own
from qng.execute.statevector.kernels.walsh import walsh


@allocating
def phase_table(table: Any, size: int, k: int, passes: Any, angles: Any, share: Any) -> None:
    """cos and sin of sum_k phi_k (-1)^|j & z_k| / 2, so that the pass multiplies by cos - i sin.

    Words on one qubit each have two short tables (`phases.py`), others one of all amplitudes, which
    shares fill together where the levels are known.
    """
    starts, elements = passes[1:3]
    halves = zeros(starts[k + 1] - starts[k])
    for e in range(halves.shape[0]):
        halves[e] = 0.5 * angles[elements[starts[k] + e, 2]]
    group, scale = scaled(k, halves, passes)
    is_whole = table.shape[1] == size
    if share[0] != 0 and not (is_whole and group >= 0):
        return
    singles = zeros(64)
    total = zeros(size if is_whole and group < 0 else 0)
    constant = sorted_weights(k, halves, passes, singles, total)
    stretch = min(size, STRETCH)
    if not is_whole:
        _single_phases(table[0], table[1], stretch, constant, singles)
        return
    length = stretch + size // stretch
    short = zeros(2 * length)
    _single_phases(short[:length], short[length:], stretch, constant, singles)
    known = passes[17]
    if group >= 0:
        values = levels(group, passes)
        total = zeros(values.shape[0])
        for j in range(values.shape[0]):
            total[j] = scale * values[j]
    else:
        walsh(total)
    sines = zeros(total.shape[0])
    _cosines(total, total, sines)
    first, last = 0, size // stretch
    if group >= 0:
        first, last = own(size // stretch, 1, share)
    for b in range(first, last):
        u, v = short[stretch + b], short[length + stretch + b]
        for j in range(stretch):
            # The sum of three angles: of levels or a transform, of the lowest qubits and the rest.
            i = b * stretch + j
            which = np.int64(known[group, i]) if group >= 0 else i
            c, s, x, y = total[which], sines[which], short[j], short[length + j]
            x, y = c * x - s * y, c * y + s * x
            table[0, i] = u * x - v * y
            table[1, i] = u * y + v * x


@inlined
def _single_phases(cosines: Any, sines: Any, stretch: int, constant: float, singles: Any) -> None:
    """Those of words on one qubit: products over the bits of j, each doubles what is done.

    The lowest qubits come first, those that tell stretches apart have a table of their own.
    """
    start = 0
    q = 0
    while start < cosines.shape[0]:
        length = stretch if start == 0 else cosines.shape[0] - stretch
        cosines[start], sines[start] = np.cos(constant), np.sin(constant)
        constant = 0.0
        done = 1
        while done < length:
            c, s = np.cos(singles[q]), np.sin(singles[q])
            for j in range(start, start + done):
                x, y = cosines[j], sines[j]
                cosines[j + done], sines[j + done] = c * x + s * y, c * y - s * x
                cosines[j], sines[j] = c * x - s * y, c * y + s * x
            done *= 2
            q += 1
        start += length


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
