"""Outcomes of a measurement, drawn from the probabilities of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.pauli import bits
from qng.execute.statevector.kernels import draws
from qng.execute.statevector.shots.streams import Streams
from qng.plan.counts import Counts

FEW: Final = 2**10
"""Outcomes up to which points are drawn in tables (`drawn`), whatever their shots."""

# Shots of an outcome, on average, up to which a number each is faster than a binomial draw.
_FEW_EACH: Final = 16

# Cells of the table that leads from a number to its outcome, for an outcome.
_CELLS: Final = 4

# Outcomes up to which binomial draws always do, and no kernel is needed.
_SHORT: Final = 2**5

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
        """Counts of independent shots, by searches in the cumulative sum.

        Cost: one search a shot; for more outcomes than shots.
        """
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
    measured: int, p: Array, which: Sequence[int], shots: Integers, streams: Streams
) -> list[Counts]:
    """Counts of independent shots of many points.

    Args:
        measured: The qubits, as a mask.
        p: Distinct probabilities, shape (states, 2^m).
        which: Of which state every point is.
        shots: At every point, at least one, shape (points,).
        streams: From which the points are drawn.

    Cost: a point takes a number of its stream a shot, or 2^m binomial draws where that is less.
    """
    found: list[Counts] = []
    step = max(_HELD >> measured.bit_count(), 1)
    for start in range(0, len(which), step):
        part = slice(start, start + step)
        often = shots[part]
        indices, weights, sizes = _seen(p, np.array(which[part]), often, streams.part(part))
        found += Counts.many(_masks(measured, indices), weights, sizes, often.astype(float))
    return found


def _seen(
    p: Array, which: Integers, shots: Integers, streams: Streams
) -> tuple[Integers, Array, Integers]:
    """Indices of the outcomes of one point after the other, their weights, how many each has."""
    table = np.empty((len(which), p.shape[1]), dtype=np.int64)
    one_by_one = (p.shape[1] > _SHORT) & (shots <= _FEW_EACH * p.shape[1])
    for k in np.flatnonzero(~one_by_one).tolist():
        table[k] = streams[k].multinomial(shots[k], p[which[k]])
    if not np.any(one_by_one):
        times = table[table != 0]
        sizes = np.count_nonzero(table, axis=1)
        return np.nonzero(table)[1], times / np.repeat(shots, sizes), sizes
    here, sizes = np.flatnonzero(one_by_one), np.empty(len(which), dtype=np.int64)
    indices, weights = np.empty(table.size, dtype=np.int64), np.empty(table.size)
    scratch = np.empty(p.shape[1]), np.empty(_CELLS * p.shape[1] + 1, dtype=np.int64)
    room = indices, weights, sizes, table
    n = draws.outcomes(*room, p, here, which, shots, streams.states, *scratch)
    return indices[:n].copy(), weights[:n].copy(), sizes


def _masks(measured: int, indices: Integers) -> Integers:
    """Outcomes of the measured qubits as masks over all qubits."""
    if measured & (measured + 1) == 0:
        return indices
    masks = np.zeros_like(indices)
    for k, q in enumerate(bits(measured)):
        masks |= (indices >> k & 1) << q
    return masks
