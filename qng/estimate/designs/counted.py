r"""What the bits of one basis say about sum_x d_i p d_j p and sum_x p^2, without bias.

With frequencies q_r+, q_r- of M_r+, M_r- shots at phi_r + pi/2 and phi_r - pi/2,
d_r = (q_r+ - q_r-) / 2 is right on average, its products too where the shots differ, and its square
is too large by the variance, of which there is an unbiased estimate:

    S_rs = sum_x d_r d_s - [r = s] V_r,    V_r = sum_+- (1 - sum_x q_r^2) / (4 (M_r - 1))

This is the U-statistic of pairs of different shots; so is sum_x p^2 - (1 - sum_x p^2) / (M - 1).

Where the errors of readout are known, q is corrected by the inverse of what they do to every qubit,
y = F q with F a product over qubits, and sums over x are those over y; with W = F^T F

    V_r = sum_+- (sum_x W_xx q_r(x) - sum_y y_r^2) / (4 (M_r - 1))

Errors to second order in the noise, with h_i = sum_r A_ri d_r and C_r the covariance of d_r,

    Var S_ij = sum_r+- Var_q(A_ri h_j + A_rj h_i) / (4 M_r)
               - sum_rs tr(C_r C_s) (A_ri^2 A_sj^2 + A_ri A_rj A_si A_sj)

where the first line has the noise of h twice, so that the second order is taken off and not added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.geometry.noise import of_pairs
from qng.plan.counts import FEW, PRIOR, Counts
from qng.plan.readout import Readout

# Outcomes up to which all are looked at, and not only those that were seen.
_ALL: Final = 2**14

# Numbers of outcomes and vectors that are held at once.
_MOST: Final = 2**22


@dataclass(frozen=True, eq=False)
class Read:
    """Frequencies of outcomes, and what is made of them.

    Args:
        q: Shape (rows, outcomes).
        shots: M, shape (rows,); infinite of distributions.
        factors: F of every qubit, shape (n, 2, 2); None: 1.
    """

    q: Array
    shots: Array
    factors: Array | None = None

    @staticmethod
    def of(counts: Sequence[Counts], n: int) -> Read:
        """From the counts of points in one basis.

        Args:
            counts: One a row.
            n: Qubits.

        Raises:
            InputError: Corrections of more outcomes than fit in memory.
        """
        readout = counts[0].readout if counts else None
        seen = np.arange(2**n) if 2**n <= _ALL or readout is not None else _seen(counts)
        checks.memory(f"frequencies of {len(seen)} outcomes", 8 * 4 * len(counts) * len(seen))
        q = np.zeros((len(counts), len(seen)))
        for row, of in zip(q, counts):
            row[np.searchsorted(seen, of.outcomes)] = of.weights
        shots = np.array([of.shots for of in counts], dtype=float)
        return Read(q, shots, None if readout is None else _factors(readout, n))

    @cached_property
    def y(self) -> Array:
        """F q, shape (rows, outcomes)."""
        return self.forward(self.q)

    @cached_property
    def sure(self) -> Array:
        """q for variances: with the shots of a prior spread evenly; shape (rows, outcomes)."""
        if np.all(np.isinf(self.shots)):
            return self.q
        m = self.shots[:, None]
        smooth: Array = (m * self.q + PRIOR / self.q.shape[1]) / (m + PRIOR)
        return smooth

    @property
    def of_a_mean(self) -> Array:
        """What variances of a shot are multiplied by, (1 + FEW/M)/M; shape (rows,)."""
        return np.asarray((1 + FEW / self.shots) / self.shots)

    @property
    def excess(self) -> Array:
        """By how much sum_y y^2 is too large on average, shape (rows,)."""
        squares = np.sum(self.y**2, axis=1)
        found: Array = (self.q @ self._diagonal - squares) / np.maximum(self.shots - 1, 1)
        return found

    def forward(self, rows: Array) -> Array:
        """F times every row."""
        return rows if self.factors is None else _along(self.factors, rows)

    def backward(self, rows: Array) -> Array:
        """F^T times every row."""
        return rows if self.factors is None else _along(self.factors.mT, rows)

    @cached_property
    def _weights(self) -> Array | None:
        return None if self.factors is None else self.factors.mT @ self.factors

    @property
    def _diagonal(self) -> Array:
        """W_xx, shape (outcomes,)."""
        ones = np.ones((1, self.q.shape[1]))
        w = self._weights
        diagonal: Array = ones[0] if w is None else _along(w * np.eye(2), ones)[0]
        return diagonal

    def traces(self) -> Array:
        """tr(C C') of the covariances of all rows of y, shape (rows, rows).

        With C = (F Diag(q) F^T - y y^T) / M and u = F^T y it is

            [q^T (W o W) q' - q^T u'^2 - q'^T u^2 + (y^T y')^2] / (M M')
        """
        q, y, w = self.sure, self.forward(self.sure), self._weights
        mixed = q @ (self.backward(y) ** 2).T
        found = q @ (q if w is None else _along(w**2, q)).T - mixed - mixed.T + (y @ y.T) ** 2
        return np.asarray(np.outer(self.of_a_mean, self.of_a_mean) * np.maximum(found, 0.0))


@dataclass(frozen=True, eq=False)
class Shifted:
    """The shifted points of one basis.

    Args:
        read: Of all phi_r + pi/2 and then all phi_r - pi/2, shape (2R, outcomes).
        jacobian: The rows of A of these rotations, shape (R, P).
    """

    read: Read
    jacobian: Array

    @cached_property
    def derivatives(self) -> Array:
        """d_r, shape (R, outcomes)."""
        up, down = np.split(self.read.y, 2)
        return np.asarray((up - down) / 2)

    def sums(self) -> Array:
        """A^T S A, shape (P, P)."""
        products = self.derivatives @ self.derivatives.T
        excess = np.sum(np.split(self.read.excess, 2), axis=0) / 4
        found: Array = self.jacobian.T @ (products - np.diag(excess)) @ self.jacobian
        return found

    @cached_property
    def traces(self) -> Array:
        """tr(C_r C_s), shape (R, R)."""
        r = len(self.jacobian)
        blocks = self.read.traces().reshape(2, r, 2, r)
        return np.asarray(blocks.sum(axis=(0, 2)) / 16)


@dataclass(frozen=True, eq=False)
class ShiftedNoise:
    """The errors of A^T S A by the shots of one basis, by the formula above.

    Args:
        shifted: What was counted.
    """

    shifted: Shifted

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v^T A^T S A w). Cost: m X R operations for X outcomes and m vectors."""
        read, slopes = self.shifted.read, self.shifted.derivatives
        a, b = self.shifted.jacobian @ v, self.shifted.jacobian @ w
        second = of_pairs(self.shifted.traces, a, b)
        first, at_once = np.zeros(v.shape[1]), max(_MOST // max(slopes.shape[1], 1), 1)
        for start in range(0, len(first), at_once):
            now = slice(start, start + at_once)
            one, other = (read.backward(each[:, now].T @ slopes) for each in (a, b))
            first[now] = _of_first_order(read, a[:, now], b[:, now], one, other)
        return np.asarray(np.maximum(first - second, second))


def _of_first_order(read: Read, a: Array, b: Array, one: Array, other: Array) -> Array:
    """sum_r+- Var_q(a_r h_b + b_r h_a) / (4 M_r), shape (m,).

    Args:
        read: Of the shifted points.
        a: Shape (R, m).
        b: Shape (R, m).
        one: F^T h_a, shape (m, outcomes).
        other: F^T h_b, likewise.
    """
    q, both = read.sure, (np.concatenate([each, each]) for each in (a, b))
    a, b = both
    mean, crossed = q @ one.T, q @ other.T
    of_one, of_other = q @ (one**2).T - mean**2, q @ (other**2).T - crossed**2
    of_both = q @ (one * other).T - mean * crossed
    each = a**2 * of_other + b**2 * of_one + 2 * a * b * of_both
    return np.asarray(read.of_a_mean @ np.maximum(each, 0.0) / 4)


def purity_sums(read: Read) -> tuple[float, float]:
    """(sum_x p^2, its variance) from the one row of a `Read`.

    The variance is 4 Var_q(y) / M, in which the noise of y counts twice, less 2 tr C^2.
    """
    value = float(np.sum(read.y[0] ** 2) - read.excess[0])
    if np.isinf(read.shots[0]):
        return value, 0.0
    q, u = read.sure[0], read.backward(read.y)[0]
    first = 4 * float(q @ u**2 - (q @ u) ** 2) * float(read.of_a_mean[0])
    second = 2 * float(read.traces()[0, 0])
    return value, max(first - second, second)


def _seen(counts: Sequence[Counts]) -> Array:
    return np.unique(np.concatenate([of.outcomes for of in counts]))


def _factors(readout: Readout, n: int) -> Array:
    """The inverse of what readout does to the distribution of every qubit, shape (n, 2, 2)."""
    read_as = [readout.zeros(np.array([0, 1 << q]), 1 << q) for q in range(n)]
    return np.array([[zero, 1 - zero] for zero in read_as])


def _along(factors: Array, rows: Array) -> Array:
    """A product of matrices over the qubits times every row, shape (rows, 2^n)."""
    found = rows
    for q, factor in enumerate(factors):
        found = found.reshape(len(rows), -1, 2, 2**q)
        found = np.einsum("ab,rhbl->rhal", factor, found)
    return found.reshape(rows.shape)
