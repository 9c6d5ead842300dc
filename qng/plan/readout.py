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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.pauli import Pauli, bits
from qng.errors import InputError

Rate = tuple[int, bool]
"""The name of a qubit, and whether it is the rate b at which 1 is read as 0, not a."""

Drift = dict[Rate, float]
"""By how much a number moves where a rate is one standard error larger."""

UNREAD: Final = -1
"""The name of qubits that are not measured."""


@dataclass(frozen=True, eq=False)
class Readout:
    """Error rates of the qubits of a circuit.

    Args:
        false_one: a, shape (n,).
        false_zero: b, shape (n,).
        shots: With how many each was measured; infinite where they are known.
        names: Of the qubits whose rates they are, physical ones: rates of one name are the same
            measurement, for all circuits of a batch (`calibrated`). `UNREAD` for qubits that are
            not measured; None: 0, 1, ..., n - 1.
        nudge: By how much values are moved as if the rates had been others, shape (2, n).

    Raises:
        InputError: Rates outside [0, 1], or a qubit whose bit says nothing (a + b >= 1).
    """

    false_one: Array
    false_zero: Array
    shots: float = np.inf
    names: tuple[int, ...] | None = None
    nudge: Array | None = None

    def __post_init__(self) -> None:
        a, b = self.false_one, self.false_zero
        if a.shape != b.shape or a.ndim != 1 or np.any((a < 0) | (b < 0) | (a + b >= 1)):
            raise InputError(
                "readout errors are two rates a qubit, not negative and with a sum below 1, "
                f"not {a.tolist()} and {b.tolist()}"
            )

    @cached_property
    def gamma(self) -> Array:
        """1 / (1 - a - b), shape (n,)."""
        return np.asarray(1 / (1 - self.false_one - self.false_zero))

    def signs(self, outcomes: Integers, words: Sequence[Pauli]) -> Array:
        """Unbiased values of words at outcomes, shape (k, words)."""
        s = self._single(outcomes)
        return np.stack([np.prod(s[:, list(word.qubits)], axis=1) for word in words], axis=1)

    def zeros(self, outcomes: Integers, mask: int) -> Array:
        """Unbiased values of the projector on |0...0> of some qubits, shape (k,)."""
        qubits = list(bits(mask))
        return np.asarray(np.prod((1 + self._single(outcomes)[:, qubits]) / 2, axis=1))

    def overhead(self, mask: int) -> float:
        """The factor by which variances grow at most: the product of gamma^2 over the qubits."""
        return float(np.prod(self.gamma[list(bits(mask))] ** 2))

    def drift_of_mean(
        self, outcomes: Integers, weights: Array, words: Sequence[Pauli], coefficients: Array
    ) -> Drift:
        """By how much the mean of sum_j c_j W_j moves with every rate.

        Args:
            outcomes: Shape (k,).
            weights: Their frequencies, shape (k,).
            words: The words W_j.
            coefficients: c_j, shape (words,).
        """
        s, slopes = self._single(outcomes), np.zeros((2, len(self.gamma)))
        for word, c in zip(words, coefficients):
            slopes += c * self._slopes(weights, s, s, list(word.qubits))
        return self._drift(slopes)

    def drift_of_zeros(self, outcomes: Integers, weights: Array, mask: int) -> Drift:
        """By how much the mean of `zeros` moves with every rate."""
        s, qubits = self._single(outcomes), list(bits(mask))
        return self._drift(self._slopes(weights, s, (1 + s) / 2, qubits) / 2)

    def _slopes(self, weights: Array, s: Array, factors: Array, qubits: list[int]) -> Array:
        """d/da and d/db of the mean of a product of factors f(s) with f' = 1, shape (2, n)."""
        slopes = np.zeros((2, len(self.gamma)))
        for q in qubits:
            rest = weights * np.prod(factors[:, [other for other in qubits if other != q]], axis=1)
            slopes[:, q] = self.gamma[q] * np.array([rest @ (s[:, q] + 1), rest @ (s[:, q] - 1)])
        return slopes

    def _drift(self, slopes: Array) -> Drift:
        drift: Drift = {}
        if np.isinf(self.shots):
            return drift
        for zero, row in enumerate(slopes * self._errors):
            for name, moved in zip(self._names, row.tolist()):
                if name != UNREAD and moved:
                    drift[name, bool(zero)] = drift.get((name, bool(zero)), 0.0) + moved
        return drift

    @property
    def rates(self) -> Iterator[Rate]:
        """The rates that have errors: nothing where they are known."""
        if not np.isinf(self.shots):
            for name in self._names:
                if name != UNREAD:
                    yield from ((name, False), (name, True))

    def nudged(self, rate: Rate, by: float) -> Readout:
        """The readout with one rate moved, and all of them taken as known.

            d s / da = gamma (s + 1),   d s / db = gamma (s - 1)

        Args:
            rate: Which one, here or of another circuit.
            by: How far, in standard errors.
        """
        (name, zero), nudge = rate, np.zeros((2, len(self.false_one)))
        nudge[int(zero)] = by * self._errors[int(zero)] * (np.array(self._names) == name)
        return replace(self, shots=np.inf, nudge=nudge)

    @property
    def _names(self) -> tuple[int, ...]:
        return tuple(range(len(self.false_one))) if self.names is None else self.names

    @property
    def _errors(self) -> Array:
        """Standard errors of a and b, shape (2, n); not zero where none of few shots was wrong."""
        smooth = (np.stack([self.false_one, self.false_zero]) * self.shots + 1) / (self.shots + 2)
        return np.asarray(np.sqrt(smooth * (1 - smooth) / self.shots))

    def _single(self, outcomes: Integers) -> Array:
        n = len(self.gamma)
        z = 1.0 - 2.0 * (outcomes[:, None] >> np.arange(n) & 1)
        s = np.asarray(self.gamma * (z + self.false_one - self.false_zero))
        if self.nudge is not None:
            s = s + self.gamma * ((s + 1) * self.nudge[0] + (s - 1) * self.nudge[1])
        return s
