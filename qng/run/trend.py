"""How much the energy still changes from step to step, where it is known with errors only.

A change of two readings that is below its noise says nothing: on any slope there is soon one. So a
line is fitted to the energies of the last W steps,

    b = sum_k (x_k - x) E_k / S,    var b = sum_k (x_k - x)^2 s_k^2 / S^2,    S = sum_k (x_k - x)^2

with x_k the steps taken before point k, x their mean and s_k the standard errors, and the energy
has settled where

    |b| + z sigma_b <= tol

for W = 4, 8, 16, ... and the readings scatter about the line by no more than their errors (below
the 99 % quantile of chi^2; an energy that jumps up and down has not settled). A run of N points is
looked at L = N log_2(N/2) times at most, and Phi(-z) = 1 % / L: as long as the energy falls or
rises by more than tol a step, a run is called settled with a probability of at most 1 %
(`FALSE_ALARM`), all its looks together.

Where the energy does not change any more, that is seen with a probability of more than 98 % once
sigma_b < tol / 2z. With equal errors sigma_b = s sqrt(12 / (W^3 - W)): shots that are few need long
windows, W ~ (48 z^2 s^2 / tol^2)^(1/3), and `lacking` says how many more would do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.optimize.method import Step
from qng.run.judge import deviations

FALSE_ALARM: Final = 0.01
"""Probability, at most, that a run is called settled while its energy changes by more than tol."""

SHORTEST: Final = 4
"""Points of the shortest window."""

# Deviation of a normal variable below which it is in 99 % of cases.
_NINETY_NINE: Final = 2.326


@dataclass(frozen=True)
class Trend:
    """The change of the energy a step in a window.

    Args:
        slope: b.
        error: sigma_b.
        points: W.
        straight: Whether the readings scatter about the line by no more than their errors.
    """

    slope: float
    error: float
    points: int
    straight: bool


def settled(rows: Sequence[Step], tol: float, limit: int) -> Trend | None:
    """The first window in which the energy changes by no more than tol; None if there is none.

    Args:
        rows: Points that were kept, the newest last; one that was not left is there twice.
        tol: A step, in the unit of the energy.
        limit: Points that the run may have.
    """
    z = deviations(looks(limit), FALSE_ALARM)
    for trend in trends(rows):
        if trend.straight and abs(trend.slope) + z * trend.error <= tol:
            return trend
    return None


def trends(rows: Sequence[Step]) -> Iterator[Trend]:
    """The change of the energy in the windows of 4, 8, 16, ... points that end here."""
    moves = _moves(rows)
    energies = np.array([row.energy for row in rows])
    spreads = np.array([row.std_error or 0.0 for row in rows])
    points = SHORTEST
    while points <= len(rows):
        if len(np.unique(moves[-points:])) >= SHORTEST - 1:
            yield _fitted(moves[-points:], energies[-points:], spreads[-points:])
        points *= 2


def looks(limit: int) -> int:
    """How many windows a run of so many points has, at most."""
    return max(limit * (limit.bit_length() - 2), 1)


def lacking(rows: Sequence[Step], tol: float, limit: int) -> float:
    """How many times as many shots are needed to see in a run that its energy has settled.

    Of equal errors, and half of its points where it has; at most 1 where there are enough, and
    infinite where no number is.
    """
    spread = float(np.median([row.std_error or 0.0 for row in rows])) if rows else 0.0
    points = SHORTEST
    while 4 * points <= limit:
        points *= 2
    error = spread * math.sqrt(12 / (points**3 - points))
    needed = 2 * deviations(looks(limit), FALSE_ALARM) * error
    return (needed / tol) ** 2 if tol > 0 else math.inf


def _moves(rows: Sequence[Step]) -> Array:
    """How often theta has moved before each point."""
    moved = [float(not np.array_equal(a.theta, b.theta)) for a, b in pairwise(rows)]
    return np.cumsum([0.0, *moved])


def _fitted(x: Array, energies: Array, spreads: Array) -> Trend:
    away = x - x.mean()
    total = float(away @ away)
    slope = float(away @ energies) / total
    error = math.sqrt(float(away**2 @ spreads**2)) / total
    rest = energies - energies.mean() - slope * away
    freedom = len(x) - 2
    # Of the errors, the line has taken up a part.
    expected = float((1 - 1 / len(x) - away**2 / total) @ spreads**2)
    allowed = (1 - 2 / (9 * freedom) + _NINETY_NINE * math.sqrt(2 / (9 * freedom))) ** 3
    return Trend(slope, error, len(x), float(rest @ rest) <= allowed * expected)
