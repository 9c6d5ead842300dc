"""The errors of M = J^T F J / 4 where J and C come from shots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qng.arrays import Array, Integers
from qng.estimate.parts.products import SECOND
from qng.geometry.noise import of_pairs


@dataclass(frozen=True, eq=False)
class ProjectionNoise:
    r"""The errors of M = J^T F J / 4, F = (C + tau)^-1, J = sum_p m_p B_p^T, less the noise of J.

    To first order, with x = B v, y = B w, G = F J / 4 and a = F J v, b = F J w,

        d(v^T M w) = sum_p dm_p . (x_p G w + y_p G v) - a^T dC b / 4,
        a^T dC b   = sum_{r<s} (a_r b_s + a_s b_r) dW_rs - sum_r [a_r (b . m) + b_r (a . m)] dm_r,

    the means of C being those of other shots than those of J. The products of the errors of J have

        sum_pq T_pq (x_p^2 y_q^2 + x_p y_p x_q y_q),    T_pq = tr(F C_p F C_q) / 16,

    with C_p the covariance of the means m_p; the noise of J makes the first order too large by
    twice that, and it is counted as often as elsewhere (`parts.products`). What tau leaves out, or
    C's own noise adds, is of the size of v^T L w, the difference of M with tau and with 2 tau to
    first order; its square is added.

    Args:
        rows: B, shape (points, P).
        slopes: G, shape (m, P).
        outputs: F J, shape (m, P).
        places: Which words every basis of J shows.
        covariances: C_p of every basis, shape (points, words, words).
        second: T, shape (points, points).
        means: m at the centre, shape (m,).
        pairs: r, s and the place of W_rs among the means that C is made of, shape (3, pairs).
        signs: Of W_rs, shape (pairs,).
        centre_places: Which of these means every basis of C shows.
        centre_covariances: Theirs, shape (words, words).
        left: L, shape (P, P).
    """

    rows: Array
    slopes: Array
    outputs: Array
    places: tuple[Integers, ...]
    covariances: tuple[Array, ...]
    second: Array
    means: Array
    pairs: Integers
    signs: Array
    centre_places: tuple[Integers, ...]
    centre_covariances: tuple[Array, ...]
    left: Array

    def variances(self, v: Array, w: Array) -> Array:
        """The sums above. Cost: points words^2 m of every basis, and pairs m."""
        x, y = self.rows @ v, self.rows @ w
        of_v, of_w = self.slopes @ v, self.slopes @ w
        first = np.zeros(v.shape[1])
        for places, c in zip(self.places, self.covariances):
            q = x[:, None] * of_w[places] + y[:, None] * of_v[places]
            first += np.einsum("pkm,pkl,plm->m", q, c, q, optimize=True)
        second = of_pairs(self.second, x, y)
        left = np.einsum("pm,pq,qm->m", v, self.left, w, optimize=True)
        of_j = first + (SECOND - 2) * second
        return np.asarray(of_j + self._of_covariance(v, w) + left**2)

    def _of_covariance(self, v: Array, w: Array) -> Array:
        """Var(a^T C b) / 16."""
        a, b = self.outputs @ v, self.outputs @ w
        r, s, place = self.pairs
        size = 1 + max((int(p.max(initial=-1)) for p in self.centre_places), default=-1)
        moved = np.zeros((max(size, len(self.means), 1 + int(place.max(initial=-1))), v.shape[1]))
        from scipy.sparse import csr_array

        gathered = csr_array((self.signs, (place, np.arange(len(place)))), (len(moved), len(place)))
        moved += gathered @ (a[r] * b[s] + a[s] * b[r])
        moved[: len(a)] -= a * (self.means @ b) + b * (self.means @ a)
        total = np.zeros(v.shape[1])
        for places, c in zip(self.centre_places, self.centre_covariances):
            q = moved[places]
            total += np.maximum(np.einsum("km,kl,lm->m", q, c, q, optimize=True), 0.0)
        return np.asarray(total / 16)
