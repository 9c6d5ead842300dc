"""Whether a problem is solved at a point, and on which ground that is said: the only place.

    error_k = E(theta_k) - E_ref,    solved at k where error_k <= accuracy

Readings with errors are no energies: among N of them one lies far below the truth by chance. So a
run is judged on one of three grounds,

    energies    its energies are exact
    points      the exact energies of its points, without shots and noise: wherever these are cheap
    bounds      E_k + z s_k - E_ref <= accuracy, s_k the standard error of E_k

What is judged is the point: its parameters are the solution, whatever led to them, so that on a
noisy executor the energy of the noiseless state counts. Bounds are of what the executor measures,
its noise and readout errors that nobody corrects included. A bound is looked at N times in a run,
N - 1 being its limit on steps. By

    Phi(-z) = Phi(-2) / N

a run none of whose points is within the accuracy is called solved with a probability of at most
Phi(-2) = 2.3 % (`FALSE_ALARM`), however many steps it does and whatever ends it; a single look
needs the usual two standard errors. A run that is given more steps once it was seen is judged up to
its first limit as before, and the N_j points that it is given then, for the j-th time in all, by

    Phi(-z) = Phi(-2) / (j (j - 1) N_j),    j = 2, 3, ...,

which are Phi(-2) more in all: who goes on until something is solved is wrong in at most 4.6 %.
Points that a method has chosen by their own readings (`Step.fresh`) are not judged by these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.optimize.method import Step
from qng.problem.given import Ensemble

Ground = Literal["energies", "points", "bounds"]

DEVIATIONS: Final = 2.0
"""Standard errors that a bound at a single point is away from its reading."""

FALSE_ALARM: Final = NormalDist().cdf(-DEVIATIONS)
"""Probability, at most, that a run is called solved by bounds although none of its points is."""

# Changes of amplitudes, below which the exact energy of a point is cheap: some 50 ms.
_CHEAP: Final = 2**25


@dataclass(frozen=True, eq=False)
class Judgement:
    """The errors of the points of a run.

    Args:
        ground: On which they are known.
        errors: E - E_ref at every point, shape (nit + 1,); on the ground of bounds
            |E - E_ref| + 2 s, which the true distance exceeds in 2.3 % of cases; energies where
            there is no reference; NaN where nothing is known.
        limits: What has to be within an accuracy, shape (nit + 1,): the errors, or
            E + z s - E_ref; infinite where a point cannot be judged.
        deviations: The largest z; 0 where energies are exact.
        false_alarm: The probability, at most, that by these bounds something is called solved that
            is not.
    """

    ground: Ground
    errors: Array
    limits: Array
    deviations: float = 0.0
    false_alarm: float = FALSE_ALARM

    def solved_at(self, accuracy: float) -> int | None:
        """The first point whose error is within an accuracy; None if there is none."""
        good = np.flatnonzero(self.limits <= accuracy)
        return int(good[0]) if len(good) else None


def judged(
    rows: Sequence[Step], reference: float | None, looks: int, later: Sequence[int] = ()
) -> Judgement:
    """The errors of the points of a run, on the best ground that there is.

    Args:
        rows: Its trace.
        reference: E_ref; None: there is none, and nothing is solved.
        looks: N, the number of points that the run could have had.
        later: N_2, N_3, ..., the points that it was given once it was seen.
    """
    energies = np.array([row.energy for row in rows])
    spreads = np.array([row.std_error or 0.0 for row in rows])
    points = np.array([row.exact for row in rows])
    zero = 0.0 if reference is None else reference
    if np.any(np.isfinite(points)):
        return Judgement("points", points - zero, _known(points - zero, reference))
    if not np.any(spreads > 0):
        return Judgement("energies", energies - zero, _known(energies - zero, reference))
    if reference is None:
        return Judgement("bounds", energies, np.full(len(rows), math.inf))
    z = _bounds(len(rows), looks, later)
    fresh = np.array([row.fresh for row in rows])
    limits = np.where(fresh, energies + z * spreads - zero, math.inf)
    distances = np.abs(energies - zero) + DEVIATIONS * spreads
    return Judgement(
        ground="bounds",
        errors=distances,
        limits=_known(limits, reference),
        deviations=float(z.max(initial=0.0)),
        false_alarm=(2 if later else 1) * FALSE_ALARM,
    )


def _bounds(points: int, looks: int, later: Sequence[int]) -> Array:
    """z of every point, shape (points,)."""
    found = [np.full(looks, deviations(looks))]
    for j, given in enumerate(later, start=2):
        found.append(np.full(given, deviations(j * (j - 1) * given)))
    return np.concatenate([*found, np.full(points, found[-1][-1])])[:points]


def deviations(looks: int, false_alarm: float = FALSE_ALARM) -> float:
    """z with Phi(-z) = false_alarm / looks.

    Example:
        >>> round(deviations(1), 3), round(deviations(100), 2)
        (2.0, 3.51)
    """
    return -NormalDist().inv_cdf(false_alarm / max(looks, 1))


def is_cheap(ensemble: Ensemble, observable: PauliSum) -> bool:
    """Whether the exact energy of a point is: (operations + words) 2^n <= 2^25 in all.

    It depends on the problem alone, so that all runs of a comparison are judged on one ground.
    """

    def changes(circuit: Circuit) -> int:
        return (len(circuit.ops) + len(observable)) << circuit.n_qubits

    return sum(changes(circuit) for circuit, _ in ensemble) <= _CHEAP


def _known(limits: Array, reference: float | None) -> Array:
    """Infinite where nothing can be judged."""
    if reference is None:
        return np.full(len(limits), math.inf)
    return np.where(np.isnan(limits), math.inf, limits)
