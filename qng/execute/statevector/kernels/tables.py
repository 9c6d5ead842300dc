"""Cosines and sines that PHASE passes need at a point, of sum_k phi_k (-1)^|j & z_k| / 2."""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.jit import inlined
from qng.execute.statevector.kernels.levels import levels, scaled, sorted_weights
from qng.execute.statevector.kernels.walsh import walsh


@inlined
def phase_table(table: Any, k: int, passes: Any, angles: Any) -> None:
    """cos and sin of sum_k phi_k (-1)^|j & z_k| / 2, so that the pass multiplies by cos - i sin."""
    starts, elements = passes[1:3]
    halves = np.empty(starts[k + 1] - starts[k])
    for e in range(halves.shape[0]):
        halves[e] = 0.5 * angles[elements[starts[k] + e, 2]]
    size = table.shape[1]
    group, scale = scaled(k, halves, passes)
    singles = np.zeros(64)
    total = np.zeros(size if group < 0 else 0)
    constant = sorted_weights(k, halves, passes, singles, total)
    if group >= 0:
        values, which = levels(group, passes)
        total = scale * values
        sines = np.empty(total.shape[0])
        _cosines(total, total, sines)
        for j in range(size):
            table[0, j] = total[which[j]]
            table[1, j] = sines[which[j]]
        if constant != 0.0 or np.any(singles):
            factors = np.empty((2, size))
            _single_phases(factors, constant, singles)
            _multiply(table, factors[0], factors[1])
        return
    _single_phases(table, constant, singles)
    if np.any(total):
        walsh(total)
        sines = np.empty(size)
        _cosines(total, total, sines)
        _multiply(table, total, sines)


@inlined
def _multiply(table: Any, cosines: Any, sines: Any) -> None:
    """The table of the sums of its angles and others."""
    for j in range(table.shape[1]):
        x = table[0, j]
        y = table[1, j]
        table[0, j] = cosines[j] * x - sines[j] * y
        table[1, j] = cosines[j] * y + sines[j] * x


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
