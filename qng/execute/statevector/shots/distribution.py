"""Outcomes of a measurement, drawn from the probabilities of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.pauli import bits
from qng.plan.counts import Counts

FEW: Final = 2**10
"""Outcomes up to which points are drawn by binomial numbers (`drawn`), whatever their shots."""

# Numbers of outcomes that are held at once.
_HELD: Final = 2**16


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
        return Distribution(measured, probabilities(psi[None], measured)[0])

    def counts(self) -> Counts:
        """The distribution itself."""
        found = np.flatnonzero(self.p)
        return Counts(_masks(self.measured, found), self.p[found], np.inf)

    def draw(self, shots: int, rng: np.random.Generator) -> Counts:
        """Counts of independent shots.

        Cost: the smaller of 2^m binomial draws, and `shots` searches in the cumulative sum.
        """
        if len(self.p) <= max(FEW, shots):
            return drawn(self.measured, [self.p], np.array([shots]), [rng])[0]
        cumulative = self._cumulative
        total = cumulative[-1]
        indices = np.searchsorted(cumulative, np.sort(rng.random(shots)) * total, side="right")
        # A product that is rounded up to the total belongs to the last outcome that adds to it.
        last = np.searchsorted(cumulative, total)
        found, times = np.unique(np.minimum(indices, last), return_counts=True)
        return Counts(_masks(self.measured, found), times / shots, float(shots))

    @cached_property
    def _cumulative(self) -> Array:
        return np.cumsum(self.p)


def probabilities(states: Amplitudes, measured: int) -> Array:
    """Those of the outcomes of some qubits.

    Args:
        states: Shape (states, 2^n).
        measured: The qubits, as a mask.

    Returns:
        Shape (states, 2^m); bit k of an index is the outcome of the k-th measured qubit.
    """
    p = np.abs(states)
    p *= p
    p /= p.sum(axis=1, keepdims=True)
    n = p.shape[1].bit_length() - 1
    for q in reversed(range(n)):
        if not measured >> q & 1:
            pairs = p.reshape(len(p), -1, 2, 2**q)
            p = (pairs[:, :, 0] + pairs[:, :, 1]).reshape(len(p), -1)
    # A sum may be rounded above 1.
    return np.minimum(p, 1.0, out=p)


def drawn(
    measured: int, p: Sequence[Array], shots: Integers, streams: Sequence[np.random.Generator]
) -> list[Counts]:
    """Counts of independent shots of many points, by binomial draws.

    Args:
        measured: The qubits, as a mask.
        p: The probabilities at every point, each of shape (2^m,).
        shots: At every point, shape (points,).
        streams: From which the points are drawn.
    """
    found: list[Counts] = []
    step = max(_HELD >> measured.bit_count(), 1)
    for start in range(0, len(p), step):
        part = slice(start, start + step)
        of_each = zip(streams[part], shots[part].tolist(), p[part])
        table = np.array([stream.multinomial(often, of) for stream, often, of in of_each])
        seen = table != 0
        sizes = np.count_nonzero(seen, axis=1)
        which = np.flatnonzero(seen)
        outcomes = _masks(measured, which & (table.shape[1] - 1))
        weights = table.ravel()[which] / np.repeat(shots[part], sizes)
        found += Counts.many(outcomes, weights, sizes, shots[part].astype(float))
    return found


def _masks(measured: int, indices: Integers) -> Integers:
    """Outcomes of the measured qubits as masks over all qubits."""
    if measured & (measured + 1) == 0:
        return indices
    masks = np.zeros_like(indices)
    for k, q in enumerate(bits(measured)):
        masks |= (indices >> k & 1) << q
    return masks
