"""Readout errors of single qubits, and bits that are corrected for them.

A qubit in |0> is read as 1 with probability a, one in |1> as 0 with probability b. With
gamma = 1 / (1 - a - b) and z = +-1 what was read,

    s = gamma (z + a - b)        has the mean <Z> of the qubit before it was read,
    p = (1 + s) / 2              that of the projector on |0>,

and products over qubits have the means of products, as long as qubits err independently. So each
shot gives an unbiased value, and the variance over shots is the true one, larger by the gammas.

The model is that of tensored mitigation: Bravyi et al., Phys. Rev. A 103, 042605 (2021),
arXiv:2006.14044; the inverse is applied to functions of outcomes instead of to distributions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.pauli import Pauli
from qng.errors import InputError


@dataclass(frozen=True, eq=False)
class Readout:
    """Error rates of the qubits of a circuit.

    Args:
        false_one: a, shape (n,).
        false_zero: b, shape (n,).
        shots: With how many each was measured; infinite where they are known.

    Raises:
        InputError: Rates outside [0, 1], or a qubit whose bit says nothing (a + b >= 1).
    """

    false_one: Array
    false_zero: Array
    shots: float = np.inf

    def __post_init__(self) -> None:
        a, b = self.false_one, self.false_zero
        if a.shape != b.shape or a.ndim != 1 or np.any((a < 0) | (b < 0) | (a + b >= 1)):
            raise InputError(
                "readout errors are two rates a qubit, not negative and with a sum below 1, "
                f"not {a.tolist()} and {b.tolist()}"
            )

    @property
    def gamma(self) -> Array:
        """1 / (1 - a - b), shape (n,)."""
        return np.asarray(1 / (1 - self.false_one - self.false_zero))

    def signs(self, outcomes: Integers, words: Sequence[Pauli]) -> Array:
        """Unbiased values of words at outcomes, shape (k, words)."""
        s = self._single(outcomes)
        return np.stack([np.prod(s[:, list(word.qubits)], axis=1) for word in words], axis=1)

    def zeros(self, outcomes: Integers, mask: int) -> Array:
        """Unbiased values of the projector on |0...0> of some qubits, shape (k,)."""
        qubits = list(Pauli(0, mask).qubits)
        return np.asarray(np.prod((1 + self._single(outcomes)[:, qubits]) / 2, axis=1))

    def overhead(self, mask: int) -> float:
        """The factor by which variances grow at most: the product of gamma^2 over the qubits."""
        return float(np.prod(self.gamma[list(Pauli(0, mask).qubits)] ** 2))

    def drift_of_mean(
        self, outcomes: Integers, weights: Array, words: Sequence[Pauli], coefficients: Array
    ) -> float:
        """Variance of the mean of sum_j c_j W_j that comes from the errors of a and b.

        Args:
            outcomes: Shape (k,).
            weights: Their frequencies, shape (k,).
            words: The words W_j.
            coefficients: c_j, shape (words,).
        """
        s, slopes = self._single(outcomes), np.zeros((2, len(self.gamma)))
        for word, c in zip(words, coefficients):
            slopes += c * self._slopes(weights, s, s, list(word.qubits))
        return self._variance(slopes)

    def drift_of_zeros(self, outcomes: Integers, weights: Array, mask: int) -> float:
        """Variance of the mean of `zeros` that comes from the errors of a and b."""
        s = self._single(outcomes)
        qubits = list(Pauli(0, mask).qubits)
        return self._variance(self._slopes(weights, s, (1 + s) / 2, qubits) / 2)

    def _slopes(self, weights: Array, s: Array, factors: Array, qubits: list[int]) -> Array:
        """d/da and d/db of the mean of a product of factors f(s) with f' = 1, shape (2, n)."""
        slopes = np.zeros((2, len(self.gamma)))
        for q in qubits:
            rest = weights * np.prod(factors[:, [other for other in qubits if other != q]], axis=1)
            # d s / da = gamma (s + 1), d s / db = gamma (s - 1).
            for row, sign in enumerate((1.0, -1.0)):
                slopes[row, q] = self.gamma[q] * float(rest @ (s[:, q] + sign))
        return slopes

    def _variance(self, slopes: Array) -> float:
        if np.isinf(self.shots):
            return 0.0
        rates = np.stack([self.false_one, self.false_zero])
        smooth = (rates * self.shots + 1) / (self.shots + 2)
        return float(np.sum(slopes**2 * smooth * (1 - smooth)) / self.shots)

    def _single(self, outcomes: Integers) -> Array:
        n = len(self.gamma)
        z = 1.0 - 2.0 * (outcomes[:, None] >> np.arange(n) & 1)
        return np.asarray(self.gamma * (z + self.false_one - self.false_zero))
