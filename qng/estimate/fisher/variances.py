r"""The variances of a Fisher matrix from counted bits, to second order in the noise.

With c_ij(x) = d_i p d_j p / p the contribution of an outcome and h_i = d_i p / (2 p),

    Var I_ij = (shifted points, first order)    sum_r+- Cov of h_j A_ri + h_i A_rj
             + (shifted points, second order)   sum_xy C_r C_s / (p p), see `_of_squared_noise`
             + (centre)                         sum_xy c_ij(x) c_ij(y) Cov(1/p) / (1/p 1/p)
             + (outcomes that were not seen)    a third of the square of their bound, and the noise
                                                of what stands for them.

As v^T I w is I_ij with A v and A w for the columns i and j of A, these are the variances of all
such numbers, with all that entries of the same shots have in common.

What an outcome contributes is poorly known where its counts k are few, and too small by chance as
easily as too large. There it is raised towards its bound, |d_i p| <= 2 sqrt(p) |d_i psi_x|, by
the share (k0 / (k + k0))^2. Where several rotations move i, |d_i psi_x|^2 there is taken as the sum
of A_ri^2 |d_r psi_x|^2, as of directions that have nothing in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.estimate.fisher.frequencies import Frequencies
from qng.geometry.noise import of_pairs

# k0. With 20, intervals of 1.96 errors around I of one rotation of a qubit cover 93 % at every
# angle, from 100 shots a point on.
_DOUBT: Final = 20.0

# Numbers of outcomes and vectors that are held at once.
_MOST: Final = 2**22


@dataclass(frozen=True, eq=False)
class FisherNoise:
    """The errors of I, by the formulas above with A v and A w for the columns i and j of A.

    Args:
        seen: What was counted, with one outcome for all that were not seen.
        jacobian: The rows of A of the shifted rotations, shape (R, P).
    """

    seen: Frequencies
    jacobian: Array

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v^T I w). Cost: m X R operations for X outcomes and m vectors."""
        a, b, variances = self.jacobian @ v, self.jacobian @ w, np.zeros(v.shape[1])
        at_once = max(_MOST // max(len(self.seen.centre), 1), 1)
        for start in range(0, len(variances), at_once):
            now = slice(start, start + at_once)
            variances[now] = _variances(self.seen, a[:, now], b[:, now])
        return variances


def _variances(seen: Frequencies, a: Array, b: Array) -> Array:
    """Var I_ij with a and b for the columns i and j of A, shape (m,).

    Args:
        seen: What was counted, with one outcome for all that were not seen.
        a: Shape (R, m).
        b: Shape (R, m).
    """
    q = seen.smooth
    one, other = _Side.of(seen, q, a), _Side.of(seen, q, b)
    second = of_pairs(_of_squared_noise(seen, q), a, b)
    first = _of_shifted(seen, q, one, other)
    # The noise of d p makes the first order too large, by twice the second on average.
    total: Array = np.maximum(first - second, second)
    total += _of_centre(seen, one, other)
    total += _of_unseen(seen, one, other)
    total += _of_zeros(seen, q, a, b)
    return total


def _doubt(seen: Frequencies) -> Array:
    """How far to raise a contribution to its bound, in [0, 1), shape (outcomes,)."""
    k = seen.counts
    return np.where(k == 0, 0.0, (_DOUBT / (k + _DOUBT)) ** 2)


@dataclass(frozen=True, eq=False)
class _Side:
    """What outcomes contribute by one of the two derivatives, and how far that can be trusted.

    Args:
        moved: The column of A, shape (R, m).
        derivatives: d_i p, shape (m, outcomes).
        bound: 2 |d_i psi_x| of rotations that have nothing in common, shape (m, outcomes).
        most: 2 |d_i psi_x| of rotations that all pull one way, shape (m, outcomes).
        h: d_i p / (2 p), shape (m, outcomes).
        raised: What h is raised by, shape (m, outcomes).
    """

    moved: Array
    derivatives: Array
    bound: Array
    most: Array
    h: Array
    raised: Array

    @staticmethod
    def of(seen: Frequencies, q: Array, a: Array) -> _Side:
        """With 4 |d_r psi_x|^2 = q_r+ + q_r- - p from the smooth q."""
        squares = np.maximum(q.sum(axis=0) - seen.centre, 0.0)
        derivatives, bound = a.T @ seen.derivatives, np.sqrt((a**2).T @ squares)
        h = derivatives * seen.inverse / 2
        missing = np.maximum(seen.inverse * bound**2 / 4 - h**2, 0.0)
        most = np.abs(a).T @ np.sqrt(squares)
        return _Side(a, derivatives, bound, most, h, np.sqrt(_doubt(seen) * missing))


def _of_shifted(seen: Frequencies, q: Array, one: _Side, other: _Side) -> Array:
    """What the shifted points contribute in first order, shape (m,).

    One shot of q_r+ moves I_ij by h_j A_ri + h_i A_rj, so that with C_ij = Cov(h_i, h_j) over
    the outcomes of q_r+, and the same for q_r-,

        Var I_ij = sum_r+- [A_ri^2 C_jj + A_rj^2 C_ii + 2 A_ri A_rj C_ij] / M_r+-
    """
    a, b, shots = one.moved, other.moved, seen.shifted_shots[..., None]
    mean, crossed = q @ one.h.T, q @ other.h.T
    of_one = (q @ (one.h**2 + one.raised**2).T - mean**2) / shots
    of_other = (q @ (other.h**2 + other.raised**2).T - crossed**2) / shots
    both = (q @ (one.h * other.h).T - mean * crossed) / shots
    extra = (q @ (one.raised * other.raised).T) / shots
    product = a * b
    total = a**2 * of_other + b**2 * of_one + 2 * (product * both + np.abs(product) * extra)
    return np.asarray(total.sum(axis=(0, 1)))


def _of_squared_noise(seen: Frequencies, q: Array) -> Array:
    """sum_xy C_r(x, y) C_s(x, y) / (p(x) p(y)), C_r the covariance of d_r p; shape (R, R).

    C_r(x, y) = v_r(x) [x = y] - sum_+- u_r(x) u_r(y), with v_r = sum_+- q_r / (4 M_r) and
    u_r+- = q_r / (2 sqrt(M_r)), is put in and multiplied out.
    """
    shots, inverse = seen.shifted_shots[..., None], seen.inverse
    v = np.sum(q / shots, axis=0) / 4
    u = q / (2 * np.sqrt(shots))
    mixed = (v * inverse**2) @ np.sum(u**2, axis=0).T
    flat = u.reshape(-1, q.shape[2])
    products = (flat * inverse) @ flat.T
    rotations = q.shape[1]
    total: Array = (v * inverse) @ (v * inverse).T - mixed - mixed.T
    total += np.sum((products**2).reshape(2, rotations, 2, rotations), axis=(0, 2))
    return total


def _of_centre(seen: Frequencies, one: _Side, other: _Side) -> Array:
    """What 1/p contributes, shape (m,).

    The relative covariance of 1/p is rho(x) for x = y and -1/N else, rho = (N - k)/((N + 1)(k + 2))
    being unbiased to e^(-N p). With c = c_ij(x), less its own noise, and sums over x,

        first order     sum c^2 (rho + 1/N) - (sum c)^2 / N
        second order    2 [sum c^2 (rho^2 - 1/N^2) + (sum c)^2 / N^2]

    They compete, as the first vanishes where all outcomes contribute c p with one number c.
    """
    n = seen.shots
    relative = (n - seen.counts) / ((n + 1) * (seen.counts + 2))
    own = (one.moved * other.moved).T @ seen.noise
    each = seen.inverse * (one.derivatives * other.derivatives - own)
    missing = np.maximum((one.bound * other.bound) ** 2 - each**2, 0.0)
    squares = each**2 + _doubt(seen) * missing
    mean = each.sum(axis=1) ** 2
    first = squares @ (relative + 1 / n) - mean / n
    second = 2 * (squares @ (relative**2 - 1 / n**2) + mean / n**2)
    return np.asarray(np.maximum(np.maximum(first, second), 0.0))


def _of_unseen(seen: Frequencies, one: _Side, other: _Side) -> Array:
    """(sum_x 4 |d_i psi_x| |d_j psi_x|)^2 / 3 over k = 0: anything up to the bound is possible."""
    return np.asarray(((one.most * other.most) @ (seen.counts == 0)) ** 2 / 3)


def _of_zeros(seen: Frequencies, q: Array, a: Array, b: Array) -> Array:
    """The noise of q_r+ and q_r- where k = 0, which stand for 1/p there; shape (m,)."""
    together = q[..., seen.counts == 0].sum(axis=-1)
    noise = np.sum(together * (1 - together) / seen.shifted_shots, axis=0)
    return np.asarray(noise @ (a * b) ** 2)
