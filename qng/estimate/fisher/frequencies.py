"""How often outcomes were seen, at a point and at its shifts, and what derivatives that gives.

With frequencies p = k/N of N shots at phi, and q_r+, q_r- of M_r+, M_r- shots at phi_r + pi/2 and
phi_r - pi/2, for every outcome x

    1/p     is (N + 1) / (k + 1)
    d_r p   is (q_r+ - q_r-) / 2
    V_r     is [q_r+ (1 - q_r+) / (M_r+ - 1) + q_r- (1 - q_r-) / (M_r- - 1)] / 4,

the last an unbiased estimate of the variance of d_r p.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qng.arrays import Array
from qng.plan.counts import PRIOR, Counts


@dataclass(frozen=True, eq=False)
class Frequencies:
    """What was counted, over all outcomes that were seen anywhere.

    Args:
        centre: p, shape (outcomes,).
        shots: N.
        shifted: q, + and then -, shape (2, R, outcomes).
        shifted_shots: M, shape (2, R).
        others: Whether there are outcomes that were seen nowhere.
    """

    centre: Array
    shots: float
    shifted: Array
    shifted_shots: Array
    others: bool

    @staticmethod
    def of(counts: Sequence[Counts], outcomes: int) -> Frequencies:
        """From the counts at the centre, at all shifts +, and at all shifts -.

        Args:
            counts: 2R + 1 of them.
            outcomes: How many there can be.
        """
        seen = np.unique(np.concatenate([c.outcomes[c.weights > 0] for c in counts]))
        rows = np.zeros((len(counts), len(seen)))
        for row, c in zip(rows, counts):
            shown = c.weights > 0
            row[np.searchsorted(seen, c.outcomes[shown])] = c.weights[shown]
        shots = np.array([c.shots for c in counts])
        shape = (2, len(counts) // 2)
        return Frequencies(
            rows[0],
            float(shots[0]),
            rows[1:].reshape(*shape, -1),
            shots[1:].reshape(shape),
            len(seen) < outcomes,
        )

    @property
    def counts(self) -> Array:
        """k, how often every outcome was seen at the centre; shape (outcomes,)."""
        return np.asarray(np.rint(self.shots * self.centre))

    @property
    def inverse(self) -> Array:
        """1/p, shape (outcomes,)."""
        return np.asarray((self.shots + 1) / (self.counts + 1))

    @property
    def derivatives(self) -> Array:
        """d_r p, shape (R, outcomes)."""
        return np.asarray((self.shifted[0] - self.shifted[1]) / 2)

    @property
    def noise(self) -> Array:
        """V_r, shape (R, outcomes)."""
        shots = np.maximum(self.shifted_shots - 1, 1)[..., None]
        return np.asarray(np.sum(self.shifted * (1 - self.shifted) / shots, axis=0) / 4)

    @property
    def smooth(self) -> Array:
        """q with the shots of a prior spread evenly over the outcomes, for variances."""
        shots = self.shifted_shots[..., None]
        even = PRIOR / len(self.centre)
        return np.asarray((shots * self.shifted + even) / (shots + PRIOR))

    def with_others(self) -> Frequencies:
        """With one outcome more, which stands for all that were not seen."""
        if not self.others:
            return self
        shifted = np.concatenate([self.shifted, np.zeros((*self.shifted_shots.shape, 1))], axis=2)
        centre = np.append(self.centre, 0.0)
        return Frequencies(centre, self.shots, shifted, self.shifted_shots, False)
