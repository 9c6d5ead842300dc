"""Second derivatives of a function that every angle enters as a sinusoid, from its values.

    d_r d_s f = [f(++) - f(+-) - f(-+) + f(--)] / 4     shifts of pi/2 in the angles r and s
    d_r^2 f   = [f(+) - f] / 2                          a shift of pi

Energies, probabilities and overlaps are such functions. In the parameters D = A^T D_phi A.

Reference: Mari, Bromley, Killoran, arXiv:2008.06517.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array, Flags, Integers
from qng.geometry.noise import Sum, Terms, of_pairs

_SIGNS: Final = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])


@dataclass(frozen=True, eq=False)
class Stencil:
    """Where f is needed for some entries of D_phi, and D from its values there.

    Points: one for every angle of `single`, then four (++, +-, -+, --) for every pair.

    Args:
        jacobian: A, shape (R, P).
        single: r of the diagonal entries, shape (S,).
        pairs: (r, s) of the others with r < s, shape (pairs, 2).
    """

    jacobian: Array
    single: Integers
    pairs: Integers

    @staticmethod
    def of(jacobian: Array, wanted: Flags | None = None) -> Stencil:
        """All entries that move a parameter, or those of them that are wanted.

        Args:
            jacobian: A, shape (R, P).
            wanted: Entries of D_phi, shape (R, R), symmetric.
        """
        moving = np.any(jacobian != 0, axis=1)
        entries = np.outer(moving, moving)
        if wanted is not None:
            entries &= wanted
        single = np.flatnonzero(np.diag(entries))
        return Stencil(jacobian, single, np.argwhere(np.triu(entries, 1)))

    @property
    def shifts(self) -> Array:
        """From the centre, radians, shape (S + 4 pairs, R)."""
        identity = np.eye(len(self.jacobian))
        first, second = np.pi / 2 * identity[self.pairs.T]
        four = [a * first + b * second for a, b in _SIGNS]
        crossed = np.stack(four, axis=1).reshape(4 * len(self.pairs), len(identity))
        return np.concatenate([np.pi * identity[self.single], crossed])

    @property
    def norms(self) -> Array:
        """Frobenius norms of dD / df of the points, shape (S + 4 pairs,)."""
        gram = self.jacobian @ self.jacobian.T
        r, s = self.pairs.T
        squares = np.diag(gram)
        crossed = np.sqrt(2 * (squares[r] * squares[s] + gram[r, s] ** 2)) / 4
        return np.concatenate([squares[self.single] / 2, np.repeat(crossed, 4)])

    @property
    def centre_norm(self) -> float:
        """The Frobenius norm of dD / df of the centre."""
        rows = self.jacobian[self.single]
        return float(np.linalg.norm(rows.T @ rows)) / 2

    def matrix(self, values: Array, centre: float | Array) -> Array:
        """D, shape (P, P).

        Args:
            values: f at the points.
            centre: f where nothing is shifted, or one number for every angle of `single`.
        """
        single, crossed = self._split(values)
        d_phi = self._placed((single - centre) / 2, crossed @ np.prod(_SIGNS, axis=1) / 4)
        matrix: Array = self.jacobian.T @ d_phi @ self.jacobian
        return (matrix + matrix.T) / 2

    def noise(self, variances: Array, centre: float) -> Sum:
        """The errors of D.

        Args:
            variances: Of f at the points, which are independent.
            centre: Of f where nothing is shifted.
        """
        single, crossed = self._split(variances)
        of_entries = self._placed(single / 4, crossed.sum(axis=1) / 16)
        own = np.diag(of_entries).copy()
        np.fill_diagonal(of_entries, 0.0)
        apart = PairNoise(self.jacobian, np.zeros_like(self.jacobian), of_entries, own)
        rows = self.jacobian[self.single]
        return Sum.of([apart, Terms((rows.T @ rows)[None] / 2, np.array([np.sqrt(centre)]))])

    def _split(self, values: Array) -> tuple[Array, Array]:
        """Those of single angles, shape (S,), and those of pairs, shape (pairs, 4)."""
        return values[: len(self.single)], values[len(self.single) :].reshape(-1, 4)

    def _placed(self, single: Array, crossed: Array) -> Array:
        """Diagonal entries and those of pairs as a symmetric matrix, shape (R, R)."""
        matrix = np.zeros((len(self.jacobian),) * 2)
        matrix[self.single, self.single] = single
        r, s = self.pairs.T
        matrix[r, s] = matrix[s, r] = crossed
        return matrix


@dataclass(frozen=True, eq=False)
class PairNoise:
    """The errors of M = sum_{k<l} q_kl (b_k b_l^T + b_l b_k^T) + sum_k q_kk S_k.

    S_k = b_k b_k^T - (b_k c_k^T + c_k b_k^T) / 2, and with p = B v, q = B w, r = C v, s = C w

        Var(v^T M w) = sum_{k<l} V_kl (p_k q_l + p_l q_k)^2
                       + sum_k V_kk (p_k q_k - (p_k s_k + r_k q_k) / 2)^2

    Args:
        rows: B, shape (K, P).
        partners: C, shape (K, P).
        pairs: V_kl of the independent q_kl, symmetric, with a diagonal of zeros; shape (K, K).
        own: V_kk, shape (K,).
    """

    rows: Array
    partners: Array
    pairs: Array
    own: Array

    def variances(self, v: Array, w: Array) -> Array:
        """The sums above. Cost: K^2 m and 4 K P m."""
        p, q, r, s = self.rows @ v, self.rows @ w, self.partners @ v, self.partners @ w
        alone = self.own @ (p * q - (p * s + r * q) / 2) ** 2
        return of_pairs(self.pairs, p, q) + np.asarray(alone)
