"""Means of Pauli words from the shots of one circuit, and what is known of their errors.

For words W_a with signs s_a that one measurement shows, and N shots,

    m_a = s_a <W_a>,   Cov(m_a, m_b) = (s_a s_b <W_a W_b> - m_a m_b) / N,

with the averages of the shots together with `PRIOR` further ones (`counts`), so that no error is
zero by accident. Where m_a m_b is subtracted from something, what is to be added again is the
unbiased estimate: the averages of the shots alone, and N - 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.circuit.pauli import Pauli
from qng.plan.counts import Counts


@dataclass(frozen=True, eq=False)
class Means:
    """Means of words, or of sums of words, and their errors.

    Args:
        value: m, shape (sums,).
        covariance: Of m, with the prior; shape (sums, sums).
        unbiased: The same without the prior.
        is_exact: Whether it comes from a distribution and not from shots.
    """

    value: Array
    covariance: Array
    unbiased: Array
    is_exact: bool


def means(counts: Counts, words: Sequence[Pauli], signs: Array) -> Means:
    """The means of signed words.

    Args:
        counts: Shots in a basis that has the words, or the exact distribution.
        words: W_a, in letters of the basis.
        signs: s_a, shape (words,).
    """
    numbers: dict[Pauli, int] = {}
    which = [numbers.setdefault(word, len(numbers)) for word in words]
    signed = np.zeros((len(words), len(numbers)))
    signed[np.arange(len(words)), which] = signs
    return sums(counts, list(numbers), signed)


def sums(counts: Counts, words: Sequence[Pauli], coefficients: Array) -> Means:
    """The means of sums of words, y_a = sum_j c_aj W_j.

    Args:
        counts: Shots in a basis that has the words, or the exact distribution.
        words: W_j, distinct, in letters of the basis.
        coefficients: c, shape (sums, words).
    """
    even = coefficients
    if counts.readout is not None:
        even = even * [counts.readout.overhead(word.support) for word in words]
    values = counts.signs(words) @ coefficients.T
    mean, covariance = counts.moments(values, even @ coefficients.T)
    unbiased = np.zeros_like(covariance)
    if not counts.is_exact:
        unbiased = (values.T * counts.weights) @ values - mean[:, None] * mean
        unbiased /= max(counts.shots - 1, 1)
    return Means(mean, covariance, unbiased, counts.is_exact)


def images(words: Sequence[Pauli], psi: Amplitudes) -> Amplitudes:
    """P psi of every word P, shape (words, 2^n).

    Args:
        words: The words.
        psi: Shape (2^n,).
    """
    index = np.arange(len(psi))
    out = np.empty((len(words), len(psi)), dtype=complex)
    for k, word in enumerate(words):
        # P|j> = i^|x & z| (-1)^|z & j| |j ^ x>
        from_index = index ^ word.x
        sign = 1.0 - 2.0 * (np.bitwise_count(from_index & word.z) & 1)
        out[k] = 1j ** (word.x & word.z).bit_count() * sign * psi[from_index]
    return out
