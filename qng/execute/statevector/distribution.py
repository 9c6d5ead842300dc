"""Outcomes of a measurement, drawn from the probabilities of a state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.pauli import bits
from qng.plan.counts import Counts

_MANY: Final = 2**10


@dataclass(frozen=True, eq=False)
class Distribution:
    """Probabilities of the outcomes of some qubits in Z.

    Args:
        measured: The qubits, as a mask.
        p: Shape (2^m,); bit k of the index is the outcome of the k-th measured qubit.
    """

    measured: int
    p: Array

    @staticmethod
    def of(psi: Amplitudes, measured: int) -> Distribution:
        """Of a state, where its other qubits are not looked at."""
        p = np.abs(psi) ** 2
        p /= p.sum()
        n = len(p).bit_length() - 1
        others = tuple(n - 1 - q for q in range(n) if not measured >> q & 1)
        marginal = p.reshape((2,) * n).sum(axis=others).ravel() if others else p
        # A sum may be rounded above 1.
        return Distribution(measured, np.minimum(marginal, 1.0))

    def counts(self) -> Counts:
        """The distribution itself."""
        found = np.flatnonzero(self.p)
        return Counts(self._masks(found), self.p[found], np.inf)

    def draw(self, shots: int, rng: np.random.Generator) -> Counts:
        """Counts of independent shots.

        Cost: the smaller of 2^m binomial draws, and `shots` searches in the cumulative sum.
        """
        if len(self.p) <= max(_MANY, shots):
            drawn = rng.multinomial(shots, self.p)
            found = np.flatnonzero(drawn)
            return Counts(self._masks(found), drawn[found] / shots, float(shots))
        cumulative = self._cumulative
        total = cumulative[-1]
        indices = np.searchsorted(cumulative, np.sort(rng.random(shots)) * total, side="right")
        # A product that is rounded up to the total belongs to the last outcome that adds to it.
        last = np.searchsorted(cumulative, total)
        found, times = np.unique(np.minimum(indices, last), return_counts=True)
        return Counts(self._masks(found), times / shots, float(shots))

    @cached_property
    def _cumulative(self) -> Array:
        return np.cumsum(self.p)

    def _masks(self, indices: Integers) -> Integers:
        """Outcomes of the measured qubits as masks over all qubits."""
        if self.measured & (self.measured + 1) == 0:
            return indices
        masks = np.zeros_like(indices)
        for k, q in enumerate(bits(self.measured)):
            masks |= (indices >> k & 1) << q
        return masks
