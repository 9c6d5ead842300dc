r"""Counts of many points, read all at once: what `Counts.mean` and `Counts.zeros` give for each.

The outcomes of all points stand one after the other, with a border where a point begins. A function
y of the outcome is evaluated for all of them together, and sum w y and sum w y^2 are taken between
the borders; what a point gives does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.pauli import Pauli
from qng.plan.counts import Counts, parities, variance_of

# Numbers of outcomes and words that are held at once.
_MOST: Final = 2**22


@dataclass(frozen=True, eq=False)
class Pooled:
    """The counts of many points.

    Args:
        counts: One a point.
        outcomes: Of all of them, one after the other.
        weights: Their relative frequencies.
        sizes: How many outcomes every point has, shape (points,).
    """

    counts: Sequence[Counts]
    outcomes: Integers
    weights: Array
    sizes: Integers

    @staticmethod
    def of(counts: Sequence[Counts]) -> Pooled:
        """From the counts of at least one point."""
        return Pooled(
            counts,
            np.concatenate([one.outcomes for one in counts]),
            np.concatenate([one.weights for one in counts]),
            np.array([len(one.outcomes) for one in counts]),
        )

    def zeros(self, measured: Sequence[int]) -> tuple[Array, Array]:
        """Probabilities that all qubits of a mask are 0, and their variances, shape (points,).

        Args:
            measured: The mask of every point.
        """
        masks = np.repeat(np.asarray(measured, dtype=np.int64), self.sizes)
        values, overheads = 1.0 * (self.outcomes & masks == 0), np.ones(len(self.counts))
        for k, part in self._corrected():
            readout = self.counts[k].readout
            assert readout is not None
            values[part] = readout.zeros(self.outcomes[part], measured[k])
            overheads[k] = readout.overhead(measured[k])
        mean, variance = self._averages(values, np.full(len(overheads), 1 / 2), overheads / 2)
        return mean, np.maximum(variance, 0.0)

    def mean(self, words: Sequence[Pauli], coefficients: Sequence[float]) -> tuple[Array, Array]:
        """Values of sum_j c_j <W_j> and their variances, shape (points,); as `Counts.mean`.

        Args:
            words: Distinct words other than the identity, with letters of the basis.
            coefficients: Real, shape (words,).
        """
        c = np.asarray(coefficients, dtype=float)
        values = self._at_outcomes(lambda outcomes: _sums(parities(outcomes, words), c), len(c))
        shift, further = np.empty((2, len(self.counts)))
        corrected = dict(self._corrected())
        for k, part in corrected.items():
            values[part] = _sums(self.counts[k].signs(words), c)
            shift[k], further[k] = self.counts[k].further(words, c)
        plain = [k for k in range(len(self.counts)) if k not in corrected]
        if plain:
            shift[plain], further[plain] = self.counts[plain[0]].further(words, c)
        return self._averages(values, shift, further)

    def _corrected(self) -> list[tuple[int, slice]]:
        """The points with readout errors to correct for, and where their outcomes stand."""
        which = [k for k, one in enumerate(self.counts) if one.readout is not None]
        stops = np.cumsum(self.sizes)
        return [(k, slice(int(stops[k] - self.sizes[k]), int(stops[k]))) for k in which]

    def _at_outcomes(self, y: Callable[[Integers], Array], words: int) -> Array:
        """y at all outcomes, evaluated once for each of a few."""
        few = int(self.outcomes.max()) + 1
        once = few <= len(self.outcomes)
        asked = np.arange(few) if once else self.outcomes
        step = max(_MOST // max(words, 1), 1)
        parts = (asked[start : start + step] for start in range(0, len(asked), step))
        found = np.concatenate([y(part) for part in parts])
        return found[self.outcomes] if once else found

    def _averages(self, values: Array, shift: Array, further: Array) -> tuple[Array, Array]:
        """Means of y, and their variances; the last two are those of `variance_of`."""
        starts = np.cumsum(self.sizes) - self.sizes
        mean = np.add.reduceat(self.weights * values, starts)
        square = np.add.reduceat(self.weights * values**2, starts)
        shots = np.array([one.shots for one in self.counts], dtype=float)
        exact = np.isinf(shots)
        variance = variance_of(np.where(exact, 1.0, shots), mean, square, shift, further)
        return mean, np.where(exact, 0.0, variance)


def _sums(signs: Array, c: Array) -> Array:
    """sum_j c_j W_j, a row at a time, so that rows do not depend on each other."""
    return np.asarray(np.einsum("kw,w->k", signs, c))
