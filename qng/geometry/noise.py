r"""The errors of a metric as what they come from, so that any number made of it has its own.

Entries that are read off the same shots err together. What is kept is therefore not a table of
errors but their sources, each of which knows one thing, for all vectors v and w,

    Var(v^T M w),

from which the rest follows: errors of entries by unit vectors, of eigenvalues by eigenvectors,
and those in other coordinates, as v^T (A^T M A) w = (A v)^T M (A w). Independent sources add.

    Terms         M = sum_k x_k T_k with independent numbers x_k
    Independent   the entries themselves are such numbers
    OnDiagonal    of a diagonal matrix, by the covariance of its entries
    Bounded       the entries may err together in any way: the upper bound
    Pulled        of A^T M A
    Sum           of a sum of independent matrices
    Together      of a sum of matrices that may err together in any way: the upper bound
    Largest       of one matrix that is known in several ways: the largest

What counts bits has sources of its own, beside its estimator (`estimate.parts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from qng.arrays import Array

# Pairs of unit vectors that are asked for together.
_AT_ONCE: Final = 512

# Numbers that are held at once.
_MOST: Final = 2**20


class Noise(Protocol):
    """Where the errors of a symmetric matrix M of shape (P, P) come from."""

    def variances(self, v: Array, w: Array, /) -> Array:
        """Var(v_q^T M w_q) of the columns of v and w.

        Args:
            v: Shape (P, m).
            w: Shape (P, m).

        Returns:
            Shape (m,), not negative.
        """


@dataclass(frozen=True, eq=False)
class Terms:
    """M = constant + sum_k x_k T_k: Var(v^T M w) = sum_k sigma_k^2 (v^T T_k w)^2.

    Args:
        tensors: T_k, symmetric, shape (K, P, P).
        errors: sigma_k, the standard errors of the independent x_k, shape (K,).
    """

    tensors: Array
    errors: Array

    def variances(self, v: Array, w: Array) -> Array:
        """The sum over k. Cost: K P^2 m."""
        variances = np.zeros(v.shape[1])
        at_once = max(_MOST // max(self.tensors[..., 0].size, 1), 1)
        for start in range(0, len(variances), at_once):
            now = slice(start, start + at_once)
            products = np.sum(v[:, now] * (self.tensors @ w[:, now]), axis=1)
            variances[now] = self.errors**2 @ products**2
        return variances


@dataclass(frozen=True, eq=False)
class Independent:
    """Entries with errors that have nothing in common, (i, j) and (j, i) being one.

    sum_{i<j} sigma_ij^2 (v_i w_j + v_j w_i)^2 + sum_i sigma_ii^2 v_i^2 w_i^2

    Args:
        std_error: sigma, symmetric, shape (P, P).
    """

    std_error: Array

    def variances(self, v: Array, w: Array) -> Array:
        """The sum above. Cost: P^2 m."""
        both = self.std_error**2
        own = np.diag(both).copy()
        np.fill_diagonal(both, 0.0)
        return of_pairs(both, v, w) + own @ (v * w) ** 2


@dataclass(frozen=True, eq=False)
class OnDiagonal:
    """A diagonal matrix: Var(sum_i v_i w_i M_ii).

    Args:
        covariance: Of the M_ii, shape (P, P).
    """

    covariance: Array

    def variances(self, v: Array, w: Array) -> Array:
        """The form of the covariance. Cost: P^2 m."""
        product = v * w
        return np.asarray(np.maximum(np.sum(product * (self.covariance @ product), axis=0), 0.0))


@dataclass(frozen=True, eq=False)
class Bounded:
    """Entries whose errors may hang together in any way: at most (|v|^T sigma |w|)^2.

    Args:
        std_error: sigma, symmetric, shape (P, P).
    """

    std_error: Array

    def variances(self, v: Array, w: Array) -> Array:
        """The bound. Cost: P^2 m."""
        return np.asarray(np.sum(np.abs(v) * (self.std_error @ np.abs(w)), axis=0) ** 2)


@dataclass(frozen=True, eq=False)
class Pulled:
    """Of A^T M A: that of M at A v and A w.

    Args:
        noise: Of M.
        a: A, shape (P, Q).
    """

    noise: Noise
    a: Array

    def variances(self, v: Array, w: Array) -> Array:
        """Those of M."""
        return self.noise.variances(self.a @ v, self.a @ w)


@dataclass(frozen=True, eq=False)
class Sum:
    """Of a sum of independent matrices: sum_k f_k Var(v^T M_k w).

    Args:
        parts: Of the M_k.
        factors: f_k, squares of weights; shape (K,).
    """

    parts: tuple[Noise, ...]
    factors: Array

    @staticmethod
    def of(parts: Sequence[Noise], factors: Sequence[float] | Array | None = None) -> Sum:
        """The sum, in which sums among the parts are taken apart.

        Args:
            parts: Of the M_k.
            factors: f_k; by default 1.
        """
        given = np.ones(len(parts)) if factors is None else np.asarray(factors, dtype=float)
        flat: list[tuple[Noise, float]] = []
        for part, factor in zip(parts, given.tolist()):
            inner = zip(part.parts, part.factors) if isinstance(part, Sum) else [(part, 1.0)]
            flat += [(one, factor * float(f)) for one, f in inner]
        return Sum(tuple(part for part, _ in flat), np.array([f for _, f in flat]))

    def variances(self, v: Array, w: Array) -> Array:
        """The sum of the parts."""
        total = np.zeros(v.shape[1])
        for part, factor in zip(self.parts, self.factors):
            total += factor * part.variances(v, w)
        return total


@dataclass(frozen=True, eq=False)
class Together:
    """Of a sum whose parts may err together: at most (sum_k c_k sigma(v^T M_k w))^2.

    Args:
        parts: Of the M_k.
        weights: c_k >= 0, shape (K,).
    """

    parts: tuple[Noise, ...]
    weights: Array

    def variances(self, v: Array, w: Array) -> Array:
        """The square of the sum of the errors."""
        total = np.zeros(v.shape[1])
        for part, weight in zip(self.parts, self.weights):
            total += weight * np.sqrt(part.variances(v, w))
        return np.asarray(total**2)


@dataclass(frozen=True, eq=False)
class Largest:
    """Of a matrix whose errors are known in several ways: the largest.

    Args:
        parts: Of the same matrix.
    """

    parts: tuple[Noise, ...]

    def variances(self, v: Array, w: Array) -> Array:
        """The largest of the parts."""
        return np.asarray(np.max([part.variances(v, w) for part in self.parts], axis=0))


def of_pairs(variances: Array, v: Array, w: Array) -> Array:
    """sum_{i<j} V_ij (v_i w_j + v_j w_i)^2 + sum_i 2 V_ii v_i^2 w_i^2.

    Multiplied out, it is sum_ij V_ij (v_i^2 w_j^2 + v_i w_i v_j w_j).

    Args:
        variances: V, symmetric, V_ii being half the variance of M_ii; shape (P, P).
        v: Shape (P, m).
        w: Shape (P, m).
    """
    product = v * w
    squares = np.sum(v**2 * (variances @ w**2), axis=0)
    total: Array = squares + np.sum(product * (variances @ product), axis=0)
    return np.maximum(total, 0.0)


def entry_errors(noise: Noise, size: int) -> Array:
    """Standard errors of the entries, by unit vectors; shape (P, P).

    Args:
        noise: Of M.
        size: P.
    """
    errors, unit = np.zeros((size, size)), np.eye(size)
    row, column = np.triu_indices(size)
    for start in range(0, len(row), _AT_ONCE):
        i, j = row[start : start + _AT_ONCE], column[start : start + _AT_ONCE]
        errors[i, j] = errors[j, i] = np.sqrt(noise.variances(unit[:, i], unit[:, j]))
    return errors


def on_diagonal(noise: Noise, size: int) -> OnDiagonal:
    """The noise of the diagonal of M alone.

    As M_ii - M_jj = (e_i + e_j)^T M (e_i - e_j), its covariance is

        Cov(M_ii, M_jj) = [Var M_ii + Var M_jj - Var(M_ii - M_jj)] / 2,

    brought to the nearest one that can be, with the same variances, where bounds stand for these.

    Args:
        noise: Of M.
        size: P.
    """
    if isinstance(noise, Sum):
        total = np.zeros((size, size))
        for part, factor in zip(noise.parts, noise.factors):
            total += factor * on_diagonal(part, size).covariance
        return OnDiagonal(total)
    unit = np.eye(size)
    own = noise.variances(unit, unit)
    noisy = np.flatnonzero(own)
    first, other = noisy[np.array(np.triu_indices(len(noisy), 1))]
    covariance = np.diag(own)
    for start in range(0, len(first), _AT_ONCE):
        i, j = first[start : start + _AT_ONCE], other[start : start + _AT_ONCE]
        apart = noise.variances(unit[:, i] + unit[:, j], unit[:, i] - unit[:, j])
        covariance[i, j] = covariance[j, i] = (own[i] + own[j] - apart) / 2
    if len(first) == 0:
        return OnDiagonal(covariance)
    w, u = np.linalg.eigh(covariance)
    positive = (u * np.maximum(w, 0.0)) @ u.T
    raised = np.diag(positive)
    scale = np.sqrt(own / np.where(raised > 0, raised, 1.0))
    return OnDiagonal(scale[:, None] * positive * scale)
