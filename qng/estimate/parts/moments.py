"""Covariance matrices of commuting Pauli words from counted bits, with the errors of the entries.

With y = A^T z for words z_r = +-1, and N shots,

    S = sum (y - <y>)(y - <y>)^T / (N - 1)

is an unbiased estimate of Sigma = Cov(y) and positive semidefinite. With d = y - E y and
mu_ij = E d_i^2 d_j^2,

    Var S_ij = (mu_ij - Sigma_ij^2) / N + (Sigma_ii Sigma_jj + Sigma_ij^2) / (N (N - 1)),

exactly. The second term is what is left where the first vanishes, as for a word with mean 0. The
moments are those of the shots together with `PRIOR` further ones in which every word is +1 or -1
at random, so that no error is zero by accident (`counts`). As the first term is taken at means that
have errors of their own, the second is counted `SECOND` times (`products`): then an interval of
1.96 standard errors covers about 93 % or more also where a mean is a few of its errors away from 0.

Where all means are known to vanish S = sum y y^T / N, and the second term is absent.

Bits that are corrected for readout errors have products of values that are not the values of
products. There S is the U-statistic with the kernel (q + q')/2 - (y y'^T + y' y^T)/2, q_ij being
the value of y_i y_j; d_i d_j becomes q_ij - y_i E y_j - y_j E y_i + E y_i E y_j above. It is
unbiased as well, but need not be positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Array, Flags, Integers
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.estimate.parts.products import second_order
from qng.plan.counts import PRIOR, Counts

_AT_ONCE: Final = 256


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


def covariance(counts: Counts, bits: Bits, jacobian: Array) -> tuple[Array, Array]:
    """S, an estimate of Cov(y) for y = A^T z, and the variances of its entries.

    Args:
        counts: Shots in a basis that has the words; or the exact distribution, without variances.
        bits: What z is.
        jacobian: A, shape (m, P).

    Returns:
        Both of shape (P, P).

    Raises:
        InputError: A single shot, unless all means are known.

    Cost: two products of (P, k) and (k, P) matrices for k different outcomes; corrected for
    readout errors k P m^2 operations, and P^2 m^2 where the rates have errors.
    """
    y = (counts.signs(bits.words) * bits.signs) @ jacobian
    mean = np.zeros(jacobian.shape[1]) if bits.centred else counts.weights @ y
    found = _averages(counts, bits, jacobian, y, mean)
    if counts.is_exact:
        return found.products, np.zeros_like(found.products)
    n = counts.shots
    if n < 2 and not bits.centred:
        raise InputError(
            "a covariance matrix needs at least 2 shots of every block, one had 1: give more shots"
        )
    value = found.products
    smooth = _smoothed(found, jacobian, mean, n)
    variance = (smooth.squares - smooth.products**2) / n
    if bits.centred:
        variance[_constant(jacobian)] = 0.0
    else:
        value = value + found.covariance / (n - 1)
        own = np.diag(smooth.covariance)
        variance += second_order(own[:, None], own, smooth.covariance) / (n * (n - 1))
    if counts.readout is not None:
        variance += _drift(counts, bits, jacobian, mean)
    return value, np.maximum(variance, 0.0)


@dataclass(frozen=True, eq=False)
class _Averages:
    """Averages of d = y - c about a centre c, all of shape (P, P).

    Args:
        covariance: Of d_i d_j.
        products: Of D_ij, which is d_i d_j with the products of words z_r z_s as they are counted.
        squares: Of D_ij^2.
    """

    covariance: Array
    products: Array
    squares: Array


def _averages(counts: Counts, bits: Bits, jacobian: Array, y: Array, centre: Array) -> _Averages:
    """Averages over the shots.

    D_ij = d_i d_j, but where readout errors are corrected: there q_ij is the value of y_i y_j, and

        D_ij = q_ij - y_i c_j - y_j c_i + c_i c_j
    """
    d = y - centre
    root = np.sqrt(counts.weights)[:, None]
    covariance = _gram(root * d)
    if counts.readout is None:
        return _Averages(covariance, covariance, _gram(root * d**2))
    masks, where = _pairs(bits)
    words = [Pauli(0, int(mask)) for mask in masks]
    signs = np.outer(bits.signs, bits.signs)
    products, squares = np.zeros_like(covariance), np.zeros_like(covariance)
    for start in range(0, len(y), _AT_ONCE):
        now = slice(start, start + _AT_ONCE)
        pairs = counts.readout.signs(counts.outcomes[now], words)[:, where] * signs
        q = jacobian.T @ pairs @ jacobian
        crossed = y[now, :, None] * centre
        values = q - crossed - crossed.transpose(0, 2, 1) + np.outer(centre, centre)
        products += np.tensordot(counts.weights[now], values, 1)
        squares += np.tensordot(counts.weights[now], values**2, 1)
    return _Averages(covariance, products, squares)


def _gram(rows: Array) -> Array:
    """X^T X."""
    gram: Array = rows.T @ rows
    return gram


def _constant(jacobian: Array) -> Flags:
    """Where y_i y_j does not depend on z: both are of one rotation, the same; shape (P, P)."""
    used = (jacobian != 0).astype(float)
    numbers = used.sum(axis=0)
    return np.asarray(np.outer(numbers, numbers) == _gram(used))


def _smoothed(found: _Averages, jacobian: Array, centre: Array, shots: float) -> _Averages:
    """Averages over the shots and `PRIOR` further ones.

    In these the words are independent, with mean zero: with G = A^T A, H_ij = sum_r A_ri^2 A_rj^2,

        E d_i d_j      = G_ij + c_i c_j
        E y_i^2 y_j^2  = G_ii G_jj + 2 G_ij^2 - 2 H_ij
        E d_i^2 d_j^2  = E y_i^2 y_j^2 + G_ii c_j^2 + G_jj c_i^2 + c_i^2 c_j^2 + 4 G_ij c_i c_j
    """
    gram, square, both = _gram(jacobian), centre**2, np.outer(centre, centre)
    own = np.diag(gram)
    even = gram + both
    squares = np.outer(own, own) + 2 * gram**2 - 2 * _gram(jacobian**2)
    squares += np.outer(own, square) + np.outer(square, own) + np.outer(square, square)
    squares += 4 * gram * both
    share = shots / (shots + PRIOR)
    return _Averages(
        share * found.covariance + (1 - share) * even,
        share * found.products + (1 - share) * even,
        share * found.squares + (1 - share) * squares,
    )


def _drift(counts: Counts, bits: Bits, jacobian: Array, mean: Array) -> Array:
    """Variances that come from the errors of the readout rates, shape (P, P).

    To first order errors of the means of words and of their products move an entry by

        dS_ij = sum_rs A_ri A_sj d<z_r z_s> - sum_r (<y_i> A_rj + <y_j> A_ri) d<z_r>
    """
    readout = counts.readout
    variance = np.zeros((jacobian.shape[1],) * 2)
    if readout is None or np.isinf(readout.shots):
        return variance
    masks, where = _pairs(bits)
    words = [Pauli(0, int(mask)) for mask in masks] + list(bits.words)
    signed = jacobian * bits.signs[:, None]

    def of_entry(i: int, j: int) -> float:
        of_pairs = np.bincount(
            where.ravel(), np.outer(signed[:, i], signed[:, j]).ravel(), len(masks)
        )
        of_words = -mean[i] * signed[:, j] - mean[j] * signed[:, i]
        slopes = np.concatenate([of_pairs, of_words])
        used = [k for k in np.flatnonzero(slopes) if words[k].support]
        return readout.drift_of_mean(
            counts.outcomes, counts.weights, [words[k] for k in used], np.asarray(slopes[used])
        )

    for i in range(len(mean)):
        for j in range(i + 1):
            variance[i, j] = variance[j, i] = of_entry(i, j)
    return variance


def _pairs(bits: Bits) -> tuple[Integers, NDArray[np.intp]]:
    """The products of all pairs of words: distinct masks, and which is whose, shape (m, m)."""
    masks = np.array([word.support for word in bits.words], dtype=np.int64)
    distinct, where = np.unique(masks[:, None] ^ masks, return_inverse=True)
    return distinct, where.reshape(len(masks), len(masks))
