"""Bits that were counted, and what they say about Pauli words: means with true errors.

A variance taken from the observed frequencies alone is zero where all outcomes agree, although
the next N shots may differ. So variances, never values, are those of the frequencies with a few
further shots spread evenly over the outcomes (`PRIOR`), and larger by 1 + `FEW`/N, as the interval
stays about the mean that was seen and variances have errors of their own: then an interval of 1.96
standard errors around the mean of a word covers at least 93 % for every mean and any number of
shots from two on. For sums of words half of the further shots go to the outcomes that matter most
(`rare.py`), so that it does for a projector as well. Pseudo-counts are those of Agresti and Coull,
Am. Stat. 52, 119 (1998), for the outcomes of a whole register.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Integers
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.plan.rare import further
from qng.plan.readout import Drift, Readout

PRIOR: Final = 6.0
"""Shots added where a variance is estimated, for single words evenly over the outcomes."""

FEW: Final = 4.0
"""Variances of means of N shots are larger by 1 + FEW/N. The least coverage is 93.05 %, at N = 25;
with 3 it would be 92.2 %, at N = 12, and without 86.7 %, at N = 4."""


N = TypeVar("N", float, Array)


@dataclass(frozen=True, eq=False)
class Counts:
    """The outcomes of one point in one measurement basis.

    Args:
        outcomes: Distinct outcomes as masks, bit q what qubit q showed; shape (k,).
        weights: Their relative frequencies, which sum to 1; shape (k,).
        shots: N; infinite for an exact distribution.
        readout: Readout errors to correct for, where they are known. Variances take them as exact:
            their own errors belong to all counts of a batch together (`calibrated`).
    """

    outcomes: Integers
    weights: Array
    shots: float
    readout: Readout | None = None

    def __post_init__(self) -> None:
        if self.outcomes.shape != self.weights.shape or self.outcomes.ndim != 1:
            raise InputError(
                f"counts need as many weights as outcomes, not {self.weights.shape} "
                f"and {self.outcomes.shape}"
            )
        _check(self.shots, float(self.weights.sum()))

    @staticmethod
    def many(outcomes: Integers, weights: Array, sizes: Integers, shots: Array) -> list[Counts]:
        """The counts of many points, whose outcomes are given one after the other.

        Args:
            outcomes: Distinct for every point, shape (sum of the sizes,).
            weights: Their relative frequencies, which sum to 1 for every point.
            sizes: How many outcomes each point has, at least one, shape (points,).
            shots: Of every point, shape (points,).

        Raises:
            InputError: Weights that do not sum to 1.
        """
        stops = np.cumsum(sizes)
        starts = stops - sizes
        if len(sizes):
            totals = np.add.reduceat(weights, starts)
            worst = int(np.argmax(np.abs(totals - 1.0)))
            _check(float(shots[worst]), float(totals[worst]))
        return [
            _known(outcomes[start:stop], weights[start:stop], of)
            for start, stop, of in zip(starts.tolist(), stops.tolist(), shots.tolist())
        ]

    @staticmethod
    def of(outcomes: ArrayLike, counts: ArrayLike) -> Counts:
        """From outcomes, which may repeat, and how often each was seen.

        Raises:
            InputError: Nothing was counted.
        """
        masks, inverse = np.unique(np.asarray(outcomes, dtype=np.int64), return_inverse=True)
        seen = np.bincount(inverse.ravel(), np.asarray(counts, dtype=float), len(masks))
        shots = float(seen.sum())
        if not shots > 0:
            raise InputError("no shot was counted")
        return Counts(masks, seen / shots, shots)

    @property
    def is_exact(self) -> bool:
        """Whether it is a distribution and not a sample."""
        return math.isinf(self.shots)

    def signs(self, words: Sequence[Pauli]) -> Array:
        """+1 or -1 of every word at every outcome, shape (k, words).

        The words have the letters of the measurement basis wherever they act. Corrected for
        readout errors they are unbiased values instead, whose products are not those of products.
        """
        if self.readout is not None:
            return self.readout.signs(self.outcomes, words)
        return parities(self.outcomes, words)

    def zeros(self, measured: int) -> tuple[float, float]:
        """(probability that all qubits of a mask are 0, variance of it), corrected for readout.

        The probability may lie outside [0, 1] where it is corrected.
        """
        values, overhead = 1.0 * (self.outcomes & measured == 0), 1.0
        if self.readout is not None:
            values = self.readout.zeros(self.outcomes, measured)
            overhead = self.readout.overhead(measured)
        mean = float(self.weights @ values)
        if self.is_exact:
            return mean, 0.0
        square = float(self.weights @ values**2)
        return mean, max(variance_of(self.shots, mean, square, 1 / 2, overhead / 2), 0.0)

    def drift_of_zeros(self, measured: int) -> Drift:
        """By how much the probability of `zeros` moves with the readout rates."""
        if self.readout is None:
            return {}
        return self.readout.drift_of_zeros(self.outcomes, self.weights, measured)

    def drift_of_mean(self, words: Sequence[Pauli], coefficients: ArrayLike) -> Drift:
        """By how much the value of `mean` moves with the readout rates; arguments as there."""
        if self.readout is None:
            return {}
        c = np.asarray(coefficients, dtype=float)
        return self.readout.drift_of_mean(self.outcomes, self.weights, words, c)

    def probability(self, outcome: int = 0) -> tuple[float, float]:
        """(frequency, variance of it) of one outcome as it was read."""
        found = self.weights[self.outcomes == outcome]
        p = float(found.sum())
        if self.is_exact:
            return p, 0.0
        return p, variance_of(self.shots, p, p, 1 / 2, 1 / 2)

    def mean(self, words: Sequence[Pauli], coefficients: ArrayLike) -> tuple[float, float]:
        """(value, variance of it) of sum_j c_j <W_j>.

        Args:
            words: Distinct words other than the identity, with letters of the basis.
            coefficients: Real, shape (words,).
        """
        c = np.asarray(coefficients, dtype=float)
        values = self.signs(words) @ c
        mean = float(self.weights @ values)
        if self.is_exact:
            return mean, 0.0
        square = float(self.weights @ values**2)
        return mean, variance_of(self.shots, mean, square, *self.further(words, c))

    def further(self, words: Sequence[Pauli], coefficients: Array) -> tuple[float, float]:
        """The means of y and y^2, y = sum_j c_j W_j, over the further shots; as in `mean`."""
        c = coefficients.tolist()
        shift, even, rare = further(tuple(word.support for word in words), tuple(c))
        if self.readout is not None:
            even = sum(x * x * self.readout.overhead(w.support) for x, w in zip(c, words))
            rare *= max((self.readout.overhead(word.support) for word in words), default=1.0)
        return shift, (even + rare) / 2

    def moments(self, values: Array, even: Array) -> tuple[Array, Array]:
        """Means of some functions of the outcome, and the covariance of these means.

        Args:
            values: The functions at every outcome, shape (k, m).
            even: <f_i f_j> over evenly distributed outcomes, where the functions have mean zero;
                shape (m, m).

        Returns:
            Shapes (m,) and (m, m).
        """
        mean = self.weights @ values
        if self.is_exact:
            return mean, np.zeros((len(mean), len(mean)))
        n = self.shots
        second = (values.T * self.weights) @ values
        smooth = n / (n + PRIOR) * mean
        spread = (n * second + PRIOR * even) / (n + PRIOR) - np.outer(smooth, smooth)
        return mean, spread * _of_a_mean(n)


def _check(shots: float, total: float) -> None:
    if not (shots > 0 and math.isclose(total, 1.0, abs_tol=1e-6)):
        raise InputError(
            f"counts need shots and weights that sum to 1, not {shots} shots and weights that "
            f"sum to {total:.6g}"
        )


def _known(outcomes: Integers, weights: Array, shots: float) -> Counts:
    """Counts of which the caller has checked everything."""
    counts = object.__new__(Counts)
    # The readout is the default of the class: None.
    known = counts.__dict__
    known["outcomes"], known["weights"], known["shots"] = outcomes, weights, shots
    return counts


def parities(outcomes: Integers, words: Sequence[Pauli]) -> Array:
    """+1 or -1 of every word at every outcome, shape (k, words)."""
    masks = np.array([word.support for word in words], dtype=np.int64)
    odd = np.bitwise_count(outcomes[:, None] & masks[None]) & 1
    return np.where(odd, -1.0, 1.0)


def variance_of(shots: N, mean: N, square: N, shift: N | float, further: N | float) -> N:
    """The variance of a mean of N shots, with `PRIOR` further ones; of numbers, or of arrays.

    Args:
        shots: N.
        mean: Of the shots.
        square: The mean of the squares of the shots.
        shift: The mean of the further shots.
        further: The mean of their squares.
    """
    smooth = (shots * mean + PRIOR * shift) / (shots + PRIOR)
    second = (shots * square + PRIOR * further) / (shots + PRIOR)
    return (second - smooth**2) * _of_a_mean(shots)


def _of_a_mean(shots: N) -> N:
    """Variance of a mean over that of a shot, (1 + FEW/N)/N."""
    return (1 + FEW / shots) / shots
