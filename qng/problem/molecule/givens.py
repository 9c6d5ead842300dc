"""Turns of orbitals as nearest-neighbour Givens rotations and phases.

A unitary W takes a+_p to sum_q W_qp a+_q. With

    G_p(t): exp(t (a+_q a_p - a+_p a_q)), q = p + 1,  on (p, q):  [[cos t, -sin t], [sin t, cos t]]
    P_p(f): exp(i f n_p)

W is a product of G P and phases; of a determinant only the span of the occupied columns matters.

Reference:
    Clements et al., arXiv:1603.08788; Kivlichan et al., arXiv:1711.04789.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

# Entries of unitaries that are rounding.
_ZERO: Final = 1e-8

# Of a turn between orbitals of which one has nothing: another phase is another direction of
# descent. Of four this one left N2 lowest after ten steps by most methods.
_FREE: Final = np.pi / 2


class Turn(NamedTuple):
    """G_p(angle) and a phase: of orbital p before it, or of p + 1 behind it."""

    orbital: int
    angle: float
    phase: float


def of_unitary(matrix: Matrix) -> tuple[list[Turn], NDArray[np.float64]]:
    """W = D prod G_p P_p as (turns in the order in which they act, phases of D).

    Args:
        matrix: W, shape (n, n).

    Returns:
        n (n - 1) / 2 turns, each with its phase on p before it; and n phases, which act last.
    """
    w = np.array(matrix, dtype=complex)
    n = len(w)
    turns = []
    # W P+ G+ has a zero at (row, p): rows from below, in each from the left.
    for row in range(n - 1, 0, -1):
        for p in range(row):
            angle, phase = _between(w[row, p], w[row, p + 1])
            turns.append(Turn(p, angle, phase))
            first, second = w[:, p] * np.exp(-1j * phase), w[:, p + 1].copy()
            c, s = np.cos(angle), np.sin(angle)
            w[:, p], w[:, p + 1] = c * first - s * second, s * first + c * second
    return turns, np.angle(np.diag(w))


def of_determinant(columns: Matrix) -> list[Turn]:
    """Turns that take the lowest orbitals to the span of some columns, up to a phase.

    Args:
        columns: Orthonormal, shape (n, k).

    Returns:
        k (n - k) turns in the order in which they act, each with its phase on p + 1 behind it.
    """
    from scipy.linalg import rq

    n, k = columns.shape
    c = np.array(columns, dtype=complex)
    if k == 0 or k == n:
        return []
    # Mixed among themselves, the columns have no entry below row n - k + their number.
    _, q = rq(c[n - k :])
    c = c @ q.conj().T
    turns = []
    for column in range(k):
        for row in range(n - k + column, column, -1):
            above, here = c[row - 1, column], c[row, column]
            angle, phase = _between(here, above)
            turns.append(Turn(row - 1, angle, phase))
            first, second = c[row - 1].copy(), c[row] * np.exp(-1j * phase)
            cos, sin = np.cos(angle), np.sin(angle)
            c[row - 1], c[row] = cos * first + sin * second, -sin * first + cos * second
    return turns[::-1]


def _between(gone: complex, kept: complex) -> tuple[float, float]:
    """(angle, phase) of the turn that adds the first entry of a unitary to the second.

    Where one of them is zero every phase makes the same unitary, and that of rounding is not taken.
    """
    sizes = abs(gone), abs(kept)
    phase = float(np.angle(gone * np.conj(kept))) if min(sizes) > _ZERO else _FREE
    return float(np.arctan2(*sizes)) if sizes[0] > _ZERO else 0.0, phase
