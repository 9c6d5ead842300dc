"""Covariance matrices of commuting Pauli words from counted bits, with their errors.

With y = A^T z for words z_r = +-1, and N shots,

    S = sum (y - <y>)(y - <y>)^T / (N - 1)

is an unbiased estimate of Sigma = Cov(y) and positive semidefinite. With d = y - E y and
mu_ij = E d_i^2 d_j^2,

    Var S_ij = (mu_ij - Sigma_ij^2) / N + (Sigma_ii Sigma_jj + Sigma_ij^2) / (N (N - 1)),

exactly. As v^T S w is S_ij for the columns A v and A w in the place of those of A, this is the
variance of every such number, with all that entries of the same shots have in common. The second
term is what is left where the first vanishes, as for a word with mean 0. The moments are those of
the shots together with `PRIOR` further ones in which every word is +1 or -1 at random, so that no
error is zero by accident (`counts`). As the first term is taken at means that have errors of their
own, the second is counted `SECOND` times (`products`): then an interval of 1.96 standard errors
covers about 93 % or more also where a mean is a few of its errors away from 0.

Where all means are known to vanish S = sum y y^T / N, and the second term is absent.

Bits that are corrected for readout errors have products of values that are not the values of
products. There S is the U-statistic with the kernel (q + q')/2 - (y y'^T + y' y^T)/2, q_ij being
the value of y_i y_j; d_i d_j becomes q_ij - y_i E y_j - y_j E y_i + E y_i E y_j above. It is
unbiased as well, but need not be positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Array, Flags, Integers
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.estimate.parts.products import second_order
from qng.geometry.noise import entry_errors
from qng.plan.counts import PRIOR, Counts

# Outcomes, and numbers of outcomes and vectors, that are held at once.
_AT_ONCE: Final = 256
_MOST: Final = 2**22


@dataclass(frozen=True, eq=False)
class Bits:
    """Words of Z letters with signs, z_r.

    Args:
        words: The words.
        signs: Their signs, shape (m,).
        centred: Whether all E z_r are known to vanish.
    """

    words: tuple[Pauli, ...]
    signs: Array
    centred: bool


def means(counts: Counts, bits: Bits) -> tuple[Array, Array]:
    """The means of z_r and their variances, both of shape (m,)."""
    found = [counts.mean([word], [sign]) for word, sign in zip(bits.words, bits.signs)]
    mean, variance = np.array(found).reshape(-1, 2).T
    return mean, variance


def covariance(counts: Counts, bits: Bits, jacobian: Array) -> tuple[Array, Array | None]:
    """S, an estimate of Cov(y) for y = A^T z, and the variances of its entries.

    Args:
        counts: Shots in a basis that has the words; or the exact distribution.
        bits: What z is.
        jacobian: A, shape (m, P).

    Returns:
        Both of shape (P, P); no variances of what is exact.

    Raises:
        InputError: A single shot, unless all means are known.

    Cost: products of (P, k) and (k, P) matrices for k different outcomes; corrected for readout
    errors k P m^2 operations, and P times as many for the variances.
    """
    z = counts.signs(bits.words) * bits.signs
    y = z @ jacobian
    centre = np.zeros(y.shape[1]) if bits.centred else counts.weights @ y
    d = y - centre
    weighted = d.T * counts.weights
    of_bits = weighted @ d
    value = of_bits if counts.readout is None else _corrected(counts, bits, jacobian, centre)
    if counts.is_exact:
        return value, None
    if not bits.centred:
        if counts.shots < 2:
            raise InputError(
                "a covariance matrix needs at least 2 shots of every block, one had 1: give more "
                "shots"
            )
        value = value + of_bits / (counts.shots - 1)
    if counts.readout is not None:
        own = np.arange(y.shape[1])
        return value, entry_errors(CountedNoise(counts, bits, jacobian, own), len(own)) ** 2
    fourth = (weighted * d.T) @ (d * d)
    return value, _variances(counts.shots, bits.centred, jacobian, centre, of_bits, fourth)


def _variances(
    shots: float, centred: bool, a: Array, centre: Array, second: Array, fourth: Array
) -> Array:
    """Var S_ij of all entries, by the averages of d_i d_j and d_i^2 d_j^2.

    They are made those over `PRIOR` further shots as well, as in `_smoothed`.
    """
    a2, share = a * a, shots / (shots + PRIOR)
    gram, crossed = a.T @ a, np.outer(centre, centre)
    both, own = gram + crossed, gram.diagonal() + centre**2
    even = np.outer(own, own) + 2 * gram * (gram + 2 * crossed) - 2 * (a2.T @ a2)
    second = share * second + (1 - share) * both
    fourth = share * fourth + (1 - share) * even
    variances: Array = (fourth - second**2) / shots
    if centred:
        # y_i y_j does not depend on z where both are of one rotation, the same.
        moves = (a != 0).astype(float)
        alone = moves.sum(axis=0)
        variances[np.outer(alone, alone) == moves.T @ moves] = 0.0
    elif shots > 1:
        spread = second.diagonal()
        variances += second_order(spread[:, None], spread, second) / (shots * (shots - 1))
    return np.maximum(variances, 0.0)


@dataclass(frozen=True, eq=False)
class CountedNoise:
    """The errors of S: variances of v^T S w from the shots themselves.

    Args:
        counts: The shots.
        bits: What z is.
        jacobian: The columns of A that are not zero, shape (m, p).
        columns: Which these are of all P, shape (p,).
    """

    counts: Counts
    bits: Bits
    jacobian: Array
    columns: Integers

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v^T S w). Cost: k p m operations for k different outcomes."""
        a, b = self.jacobian @ v[self.columns], self.jacobian @ w[self.columns]
        moved = np.flatnonzero(np.any(a != 0, axis=0) & np.any(b != 0, axis=0))
        variances = np.zeros(v.shape[1])
        if not len(moved):
            return variances
        z = self.counts.signs(self.bits.words) * self.bits.signs
        at_once = max(_MOST // len(z), 1)
        for start in range(0, len(moved), at_once):
            now = moved[start : start + at_once]
            variances[now] = self._of(z, a[:, now], b[:, now])
        return variances

    def _of(self, z: Array, a: Array, b: Array) -> Array:
        """Var S_ij with a and b for the columns i and j of A, shape (m, q)."""
        counts, bits = self.counts, self.bits
        mean = np.zeros(z.shape[1]) if bits.centred else counts.weights @ z
        found = _averages(counts, bits, z, mean, a, b)
        smooth = _smoothed(found, mean, a, b, counts.shots)
        n = counts.shots
        variance = (smooth.squares - smooth.products**2) / n
        if bits.centred:
            variance[_constant(a, b)] = 0.0
        elif n > 1:
            variance += second_order(smooth.first, smooth.other, smooth.both) / (n * (n - 1))
        return np.asarray(np.maximum(variance, 0.0))


class _Averages(NamedTuple):
    """Averages of d = y - c about a centre c, for pairs (i, j), shape (pairs,).

    Args:
        first: Of d_i^2.
        other: Of d_j^2.
        both: Of d_i d_j.
        products: Of D_ij, which is d_i d_j with the products of words z_r z_s as they are counted.
        squares: Of D_ij^2.
    """

    first: Array
    other: Array
    both: Array
    products: Array
    squares: Array


def _averages(counts: Counts, bits: Bits, z: Array, mean: Array, a: Array, b: Array) -> _Averages:
    """Averages over the shots, of pairs of columns.

    D_ij = d_i d_j, but where readout errors are corrected: there q_ij is the value of y_i y_j, and

        D_ij = q_ij - y_i c_j - y_j c_i + c_i c_j
    """
    d, e = (z - mean) @ a, (z - mean) @ b
    first, other, both = (counts.weights @ x for x in (d**2, e**2, d * e))
    if counts.readout is None:
        return _Averages(first, other, both, both, counts.weights @ (d * e) ** 2)
    products, squares = np.zeros_like(both), np.zeros_like(both)
    for now, pairs in _products(counts, bits):
        q = np.einsum("krs,ri,si->ki", pairs, a, b, optimize=True)
        y, x, c, f = z[now] @ a, z[now] @ b, mean @ a, mean @ b
        values = q - y * f - x * c + c * f
        products += counts.weights[now] @ values
        squares += counts.weights[now] @ values**2
    return _Averages(first, other, both, products, squares)


def _corrected(counts: Counts, bits: Bits, jacobian: Array, centre: Array) -> Array:
    """The average of D over the shots where readout errors are corrected, shape (P, P)."""
    m = len(bits.words)
    q = sum(
        (np.tensordot(counts.weights[now], pairs, 1) for now, pairs in _products(counts, bits)),
        np.zeros((m, m)),
    )
    mean = counts.weights @ counts.signs(bits.words) * bits.signs
    crossed = np.outer(mean @ jacobian, centre)
    value: Array = jacobian.T @ q @ jacobian - crossed - crossed.T + np.outer(centre, centre)
    return value


def _products(counts: Counts, bits: Bits) -> Iterator[tuple[slice, Array]]:
    """Values of z_r z_s at some outcomes after others, shape (outcomes, m, m)."""
    assert counts.readout is not None
    masks, where = _pairs(bits)
    words = [Pauli(0, int(mask)) for mask in masks]
    signs = np.outer(bits.signs, bits.signs)
    for start in range(0, len(counts.outcomes), _AT_ONCE):
        now = slice(start, start + _AT_ONCE)
        yield now, counts.readout.signs(counts.outcomes[now], words)[:, where] * signs


def _constant(a: Array, b: Array) -> Flags:
    """Where y_i y_j does not depend on z: both are of one rotation, the same."""
    first, other = a != 0, b != 0
    numbers = first.sum(axis=0) * other.sum(axis=0)
    return np.asarray(numbers == np.sum(first & other, axis=0))


def _smoothed(found: _Averages, mean: Array, a: Array, b: Array, shots: float) -> _Averages:
    """Averages over the shots and `PRIOR` further ones.

    In these the words are independent, with mean zero: with G = A^T A, H_ij = sum_r A_ri^2 A_rj^2,

        E d_i d_j      = G_ij + c_i c_j
        E y_i^2 y_j^2  = G_ii G_jj + 2 G_ij^2 - 2 H_ij
        E d_i^2 d_j^2  = (G_ii + c_i^2) (G_jj + c_j^2) + 2 G_ij^2 - 2 H_ij + 4 G_ij c_i c_j
    """
    c, f, a2, b2 = mean @ a, mean @ b, a**2, b**2
    own, other = a2.sum(axis=0) + c**2, b2.sum(axis=0) + f**2
    both, centres = np.sum(a * b, axis=0), c * f
    squares = own * other + 2 * both**2 - 2 * np.sum(a2 * b2, axis=0) + 4 * both * centres
    even = _Averages(own, other, both + centres, both + centres, squares)
    share = shots / (shots + PRIOR)
    return _Averages(*(share * x + (1 - share) * y for x, y in zip(found, even)))


def _pairs(bits: Bits) -> tuple[Integers, NDArray[np.intp]]:
    """The products of all pairs of words: distinct masks, and which is whose, shape (m, m)."""
    masks = np.array([word.support for word in bits.words], dtype=np.int64)
    distinct, where = np.unique(masks[:, None] ^ masks, return_inverse=True)
    return distinct, where.reshape(len(masks), len(masks))
