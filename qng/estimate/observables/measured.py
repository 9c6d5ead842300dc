"""J and C of words from shots, each with what is known of its errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qng.arrays import Array, Integers
from qng.estimate.observables.products import Products
from qng.estimate.parts.shifted import Shifted
from qng.estimate.parts.words import means
from qng.plan.counts import Counts
from qng.plan.grouping import Group


@dataclass(frozen=True, eq=False)
class Seen:
    """Means of the words of one basis at several points.

    Args:
        places: Which words, of all that C is made of; shape (words,).
        value: Shape (points, words).
        covariance: With the prior, shape (points, words, words).
        unbiased: The same without.
        is_exact: Whether all come from distributions.
    """

    places: Integers
    value: Array
    covariance: Array
    unbiased: Array
    is_exact: bool

    @staticmethod
    def of(known: Products, group: Group, counts: Sequence[Counts]) -> Seen:
        """From the counts, one a point."""
        found = [means(one, group.words, np.ones(len(group.words))) for one in counts]
        return Seen(
            known.place(group.words),
            np.array([one.value for one in found]),
            np.array([one.covariance for one in found]),
            np.array([one.unbiased for one in found]),
            all(one.is_exact for one in found),
        )


@dataclass(frozen=True, eq=False)
class Derivatives:
    """J_ri = d_i <P_r> = sum_p m_pr B_pi; rows of words with known means are 0.

    Args:
        value: J, shape (m, P).
        rows: B, shape (points, P).
        seen: What it is made of, one a basis.
    """

    value: Array
    rows: Array
    seen: Sequence[Seen]

    @staticmethod
    def of(at: Shifted, known: Products, seen: Sequence[Seen]) -> Derivatives:
        """From the means at the shifted points."""
        value = np.zeros((known.size, at.rows.shape[1]))
        for one in seen:
            value[one.places] = one.value.T @ at.rows
        return Derivatives(value, at.rows, seen)

    @property
    def places(self) -> tuple[Integers, ...]:
        """Which words every basis shows."""
        return tuple(one.places for one in self.seen)

    @property
    def covariances(self) -> tuple[Array, ...]:
        """C_p of every basis."""
        return tuple(one.covariance for one in self.seen)

    def noise(self, f: Array) -> Array:
        """The part of the noise of J in the mean of J^T F J: sum_p tr(F C_p) B_p B_p^T."""
        traces = sum(
            np.einsum("pkl,kl->p", s.unbiased, f[np.ix_(s.places, s.places)]) for s in self.seen
        )
        return np.asarray((self.rows.T * traces) @ self.rows)

    def second(self, f: Array) -> Array:
        """tr(F C_p F C_q), shape (points, points), bases having shots of their own."""
        total = np.zeros((len(self.rows),) * 2)
        for one in self.seen:
            for other in self.seen:
                block = f[np.ix_(one.places, other.places)]
                turned = np.einsum("lk,pkm,mn->pln", block.T, one.covariance, block, optimize=True)
                total += np.einsum("pln,qnl->pq", turned, other.covariance, optimize=True)
        return total


@dataclass(frozen=True, eq=False)
class Covariance:
    """C_rs = Re <P_r P_s> - <P_r> <P_s> from means of products.

    Args:
        known: The words.
        values: Their means, shape (words,).
        seen: What was measured of them, one a basis.
    """

    known: Products
    values: Array
    seen: Sequence[Seen]

    @staticmethod
    def of(known: Products, fixed: Array, seen: Sequence[Seen]) -> Covariance:
        """From the means at one point.

        Args:
            known: The words.
            fixed: Means that the circuit fixes, whatever elsewhere; shape (words,).
            seen: The others.
        """
        values = fixed.copy()
        for one in seen:
            values[one.places] = one.value[0]
        return Covariance(known, values, seen)

    @property
    def is_exact(self) -> bool:
        """Whether it comes from distributions."""
        return all(one.is_exact for one in self.seen)

    @property
    def means(self) -> Array:
        """<P_r>, shape (m,)."""
        return self.values[: self.known.size]

    @property
    def places(self) -> tuple[Integers, ...]:
        """Which words every basis shows."""
        return tuple(one.places for one in self.seen)

    @property
    def covariances(self) -> tuple[Array, ...]:
        """Of the means of every basis."""
        return tuple(one.covariance[0] for one in self.seen)

    @cached_property
    def matrix(self) -> Array:
        """C, shape (m, m), unbiased; it may have negative eigenvalues."""
        m, known = self.means, self.known
        c: Array = np.eye(len(m)) - np.outer(m, m)
        products = known.signs * self.values[known.places]
        np.add.at(c, (known.first, known.second), products)
        np.add.at(c, (known.second, known.first), products)
        for one in self.seen:
            single = np.flatnonzero(one.places < len(m))
            c[np.ix_(one.places[single], one.places[single])] += one.unbiased[0][
                np.ix_(single, single)
            ]
        return c

    @cached_property
    def variance(self) -> float:
        """The mean of the variances of the entries of C, each as of independent means."""
        m, known, own = self.means, self.known, np.zeros(len(self.known.words))
        for one in self.seen:
            own[one.places] = np.diag(one.covariance[0])
        single = own[: len(m)]
        entries = np.outer(single, m**2)
        entries += entries.T
        np.add.at(entries, (known.first, known.second), own[known.places])
        np.add.at(entries, (known.second, known.first), own[known.places])
        entries[np.diag_indices(len(m))] = 4 * m**2 * single
        return float(entries.mean())
