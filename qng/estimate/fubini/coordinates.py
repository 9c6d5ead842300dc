r"""Rotations that move together as one coordinate, and the metric of the parameters from theirs.

Rotations whose angles have the same derivatives up to sign move together: they are one coordinate
u_k with n_k rotations and the row b_k of B, so that A = S B with signs S, and

    g_theta = B^T g_u B = sum_k g_kk b_k b_k^T + sum_{k<l} g_kl (b_k b_l^T + b_l b_k^T).

What is measured are numbers q_kl, k <= l, of which

    q_kk = g_kk
    q_kl = g_kl                          two single rotations
    q_kl = g_kk + 2 g_kl + g_ll          otherwise: along e_k + e_l

so that g_kl = (q_kl - g_kk - g_ll)/2 there, and with w_k = sum of b_l over these l

    d g_theta / d q_kk = b_k b_k^T - (b_k w_k^T + w_k b_k^T) / 2
    d g_theta / d q_kl = b_k b_l^T + b_l b_k^T, or half of that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qng.arrays import Array, Flags, Integers
from qng.circuit.structure import Structure
from qng.estimate.parts.stencil import PairNoise


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Coordinates u_k of the rotations.

    Args:
        signs: S, shape (R, K): 1, -1 or 0, in every row at most one that is not 0.
        rows: B, shape (K, P).
    """

    signs: Array
    rows: Array

    @staticmethod
    def single(jacobian: Array) -> Coordinates:
        """One for every rotation that moves; the Jacobian A has shape (R, P)."""
        moving = np.flatnonzero(np.any(jacobian != 0, axis=1))
        return Coordinates(np.eye(len(jacobian))[:, moving], jacobian[moving])

    @staticmethod
    def grouped(jacobian: Array) -> Coordinates:
        """One for all rotations whose rows of the Jacobian are equal up to sign."""
        alone = Coordinates.single(jacobian)
        if not len(alone.rows):
            return alone
        first_entry = np.argmax(alone.rows != 0, axis=1)
        sign = np.sign(alone.rows[np.arange(len(alone.rows)), first_entry])
        # Adding zero makes -0 a 0.
        upright = sign[:, None] * alone.rows + 0.0
        _, first, group = np.unique(upright, axis=0, return_index=True, return_inverse=True)
        return Coordinates((alone.signs * sign) @ np.eye(len(first))[group.ravel()], upright[first])

    @property
    def sizes(self) -> Integers:
        """n_k, the number of rotations of every coordinate, shape (K,)."""
        sizes: Integers = np.abs(self.signs).sum(axis=0).astype(np.int64)
        return sizes

    @property
    def single_pairs(self) -> Flags:
        """Whether u_k and u_l are single rotations, shape (K, K)."""
        single = self.sizes == 1
        return np.asarray(np.outer(single, single))

    def pairs(self, having: Flags) -> Array:
        """How many pairs (r, s), r of u_k and s of u_l, have a property; shape (K, K).

        Args:
            having: Which pairs of rotations have it, shape (R, R).
        """
        members = np.abs(self.signs)
        counts: Array = members.T @ having @ members
        return counts

    def summed(self, g_phi: Array) -> Array:
        """S^T g_phi S, shape (K, K)."""
        sums: Array = self.signs.T @ g_phi @ self.signs
        return sums


@dataclass(frozen=True, eq=False)
class Layout:
    """What is known of g_u, what is measured of it, and what g_theta makes of both.

    Args:
        coordinates: u_k.
        known: g_kl where it is known or not wanted, else 0; shape (K, K).
        even: Whether the overlaps for entry (k, l) are even in the shift, shape (K, K).
        points: Numbers of overlaps for the entries, upper triangle, shape (K, K).
        returns: Whether F(0) = 1; else it is measured.
    """

    coordinates: Coordinates
    known: Array
    even: Flags
    points: Integers
    returns: bool

    @staticmethod
    def of(coordinates: Coordinates, fixed: Structure, wanted: Flags | None = None) -> Layout:
        """What it takes to measure the metric of coordinates, or some of its entries.

        Args:
            coordinates: u_k.
            fixed: What the structure of the circuit fixes.
            wanted: Which entries of g_phi are wanted, shape (R, R), for single rotations only.
        """
        metric = fixed.metric if wanted is None else np.where(wanted, fixed.metric, 0.0)
        unknown = np.isnan(metric)
        missing = coordinates.pairs(unknown) > 0
        known = coordinates.summed(np.where(unknown, 0.0, metric))
        even = _even(coordinates, fixed)
        points = np.triu(np.where(missing, _points(coordinates, fixed, even), 0)).astype(np.int64)
        return Layout(coordinates, np.where(missing, 0.0, known), even, points, fixed.returns)

    @property
    def measured(self) -> Flags:
        """Which entries take overlaps, upper triangle, shape (K, K)."""
        return np.asarray(self.points > 0)

    @property
    def along(self) -> Flags:
        """Which entries (k, l) are had along the direction e_k + e_l, shape (K, K)."""
        found: Flags = ~self.coordinates.single_pairs
        np.fill_diagonal(found, False)
        return found

    def matrix(self, entries: Array) -> Array:
        """g_theta, shape (P, P).

        Args:
            entries: q_kl where it is measured, else 0; upper triangle, shape (K, K).
        """
        own = np.diag(self.known) + np.diag(entries)
        along = (entries - own[:, None] - own) / 2
        upper = np.triu(np.where(self.along & self.measured, along, entries), 1)
        g = np.triu(self.known, 1) + upper
        g = g + g.T + np.diag(own)
        pulled: Array = self.coordinates.rows.T @ g @ self.coordinates.rows
        return (pulled + pulled.T) / 2

    @property
    def norms(self) -> Array:
        """Frobenius norms of d g_theta / d q_kl, upper triangle, shape (K, K).

        |b_k b_l^T + b_l b_k^T|^2 = 2 |b_k|^2 |b_l|^2 + 2 (b_k . b_l)^2
        |b b^T - (b w^T + w b^T)/2|^2
            = |b|^4 - 2 |b|^2 (b . w) + (|b|^2 |w|^2 + (b . w)^2) / 2
        """
        b, w = self.coordinates.rows, self._partners
        products = b @ b.T
        lengths = np.diag(products)
        crossed = np.sqrt(2 * np.outer(lengths, lengths) + 2 * products**2)
        norms = np.where(self.along, crossed / 2, crossed)
        mixed = np.sum(b * w, axis=1)
        own = lengths**2 - 2 * lengths * mixed
        own += (lengths * np.sum(w**2, axis=1) + mixed**2) / 2
        np.fill_diagonal(norms, np.sqrt(np.maximum(own, 0.0)))
        return norms

    def noise(self, variances: Array) -> PairNoise:
        """The errors of g_theta, with a quarter of Var(q_kl) along.

        Args:
            variances: Var(q_kl) of the independent q_kl, upper triangle, shape (K, K).
        """
        pairs = np.triu(np.where(self.along, variances / 4, variances), 1)
        own = np.diag(variances).copy()
        return PairNoise(self.coordinates.rows, self._partners, pairs + pairs.T, own)

    @property
    def _partners(self) -> Array:
        """w_k, the sum of b_l over the entries (k, l) from which q_kk / 2 is subtracted; (K, P)."""
        halved = self.along & self.measured
        total: Array = (halved | halved.T) @ self.coordinates.rows
        return total


def _even(coordinates: Coordinates, fixed: Structure) -> Flags:
    """Whether F(x) = F(-x) along e_k + e_l, or f(++) = f(--) for two single rotations; (K, K).

    So it is where all generators commute; for single rotations also where Im c_rs = 0, or where
    both means vanish.
    """
    clashes = coordinates.pairs(~fixed.commuting)
    within = np.diag(clashes)
    still = fixed.means == 0
    skew = coordinates.pairs(~(fixed.flat | np.outer(still, still)))
    commuting = clashes + within[:, None] + within == 0
    even: Flags = np.where(coordinates.single_pairs, skew == 0, commuting)
    return even


def _points(coordinates: Coordinates, fixed: Structure, even: Flags) -> Integers:
    """How many overlaps every entry takes, shape (K, K).

    Four for two single rotations, and 2n - 1 along a direction that turns n rotations; two and n
    where they are even; and F(0) along a direction where it is not known.
    """
    n, more = coordinates.sizes[:, None] + coordinates.sizes, int(not fixed.returns)
    along = np.where(even, n, 2 * n - 1) + more
    points = np.where(coordinates.single_pairs, np.where(even, 2, 4), along)
    commuting = np.diag(coordinates.pairs(~fixed.commuting)) == 0
    own = np.where(commuting, coordinates.sizes, 2 * coordinates.sizes - 1) + more
    np.fill_diagonal(points, own)
    return points
