"""Covariance matrices of commuting Pauli words from counted bits, with the errors of the entries.

With y = A^T z for words z_r = +-1, and N shots,

    S = sum (y - <y>)(y - <y>)^T / (N - 1)

is an unbiased estimate of Sigma = Cov(y) and positive semidefinite. With d = y - E y and
mu_ij = E d_i^2 d_j^2,

    Var S_ij = (mu_ij - Sigma_ij^2) / N + (Sigma_ii Sigma_jj + Sigma_ij^2) / (N (N - 1)),

exactly. The second term is what is left where the first vanishes, as for a word with mean 0. The
moments are those of the shots together with `PRIOR` further ones in which every word is +1 or -1
at random, so that no error is zero by accident (`counts`). As the first term is taken at means that
have errors of their own, the second is counted `SECOND` times: then an interval of 1.96 standard
errors covers about 93 % or more also where a mean is a few of its errors away from 0.

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

from qng.arrays import Array, Integers
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.plan.counts import PRIOR, Counts

SECOND: Final = 5.0
"""How often the term of second order in a variance is counted."""

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


def covariance(counts: Counts, bits: Bits, a: Array) -> tuple[Array, Array]:
    """S, an estimate of Cov(y) for y = A^T z, and the variances of its entries.

    Args:
        counts: Shots in a basis that has the words; or the exact distribution, without variances.
        bits: What z is.
        a: A, shape (m, P).

    Returns:
        Both of shape (P, P).

    Raises:
        InputError: A single shot, unless all means are known.

    Cost: two products of (P, k) and (k, P) matrices for k different outcomes; corrected for
    readout errors k P m^2 operations, and P^2 m^2 where the rates have errors.
    """
    y = (counts.signs(bits.words) * bits.signs) @ a
    mean = np.zeros(a.shape[1]) if bits.centred else counts.weights @ y
    found = _about(counts, bits, a, y, mean)
    if counts.is_exact:
        return found.products, np.zeros_like(found.products)
    n = counts.shots
    if n < 2 and not bits.centred:
        raise InputError(
            "a covariance matrix needs at least 2 shots of every block, one had 1: give more shots"
        )
    value = found.products
    smooth = _smoothed(found, a, mean, n)
    variance = (smooth.squares - smooth.products**2) / n
    if bits.centred:
        # Entries of single rotations, whose squares are 1.
        used = (a != 0).astype(float)
        variance[np.outer(used.sum(axis=0), used.sum(axis=0)) == _gram(used)] = 0.0
    else:
        value = value + found.spread / (n - 1)
        own = np.diag(smooth.spread)
        variance += SECOND * (np.outer(own, own) + smooth.spread**2) / (n * (n - 1))
    if counts.readout is not None:
        variance += _drift(counts, bits, a, mean)
    return value, np.maximum(variance, 0.0)


@dataclass(frozen=True, eq=False)
class _Moments:
    """Averages of d = y - c about a centre c, all of shape (P, P).

    Args:
        spread: Of d_i d_j.
        products: Of D_ij, which is d_i d_j with the products of words z_r z_s as they are counted.
        squares: Of D_ij^2.
    """

    spread: Array
    products: Array
    squares: Array


def _about(counts: Counts, bits: Bits, a: Array, y: Array, centre: Array) -> _Moments:
    """Averages over the shots."""
    d = y - centre
    root = np.sqrt(counts.weights)[:, None]
    spread = _gram(root * d)
    if counts.readout is None:
        return _Moments(spread, spread, _gram(root * d**2))
    masks, where = _pairs(bits)
    words = [Pauli(0, int(mask)) for mask in masks]
    signs = np.outer(bits.signs, bits.signs)
    products, squares = np.zeros_like(spread), np.zeros_like(spread)
    for start in range(0, len(y), _AT_ONCE):
        now = slice(start, start + _AT_ONCE)
        pairs = counts.readout.signs(counts.outcomes[now], words)[:, where] * signs
        crossed = y[now, :, None] * centre
        values = a.T @ pairs @ a - crossed - crossed.transpose(0, 2, 1) + np.outer(centre, centre)
        products += np.tensordot(counts.weights[now], values, 1)
        squares += np.tensordot(counts.weights[now], values**2, 1)
    return _Moments(spread, products, squares)


def _gram(rows: Array) -> Array:
    gram: Array = rows.T @ rows
    return gram


def _smoothed(found: _Moments, a: Array, centre: Array, shots: float) -> _Moments:
    """Averages over the shots and `PRIOR` further ones with independent words of mean zero."""
    even, square = _gram(a), centre**2
    spread = even + np.outer(centre, centre)
    own = np.diag(even)
    squares = np.outer(own, own) + 2 * even**2 - 2 * _gram(a**2)
    squares += np.outer(own, square) + np.outer(square, own) + np.outer(square, square)
    squares += 4 * even * np.outer(centre, centre)
    share = shots / (shots + PRIOR)
    return _Moments(
        share * found.spread + (1 - share) * spread,
        share * found.products + (1 - share) * spread,
        share * found.squares + (1 - share) * squares,
    )


def _drift(counts: Counts, bits: Bits, a: Array, mean: Array) -> Array:
    """Variances that come from the errors of the readout rates, shape (P, P)."""
    assert counts.readout is not None
    variance = np.zeros((a.shape[1],) * 2)
    if np.isinf(counts.readout.shots):
        return variance
    masks, where = _pairs(bits)
    words = [Pauli(0, int(mask)) for mask in masks] + list(bits.words)
    signed = a * bits.signs[:, None]
    for i in range(len(mean)):
        for j in range(i + 1):
            pairs = np.outer(signed[:, i], signed[:, j]).ravel()
            c = np.bincount(where.ravel(), pairs, len(masks))
            c = np.concatenate([c, -mean[i] * signed[:, j] - mean[j] * signed[:, i]])
            used = [k for k in np.flatnonzero(c) if words[k].support]
            variance[i, j] = variance[j, i] = counts.readout.drift_of_mean(
                counts.outcomes, counts.weights, [words[k] for k in used], np.asarray(c[used])
            )
    return variance


def _pairs(bits: Bits) -> tuple[Integers, NDArray[np.intp]]:
    """The products of all pairs of words: distinct masks, and which is whose, shape (m, m)."""
    masks = np.array([word.support for word in bits.words], dtype=np.int64)
    distinct, where = np.unique(masks[:, None] ^ masks, return_inverse=True)
    return distinct, where.reshape(len(masks), len(masks))
