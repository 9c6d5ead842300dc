"""How much the energy still changes from step to step, where it is known with errors only.

A change of two readings that is below its noise says nothing: on any slope there is soon one. So a
line is fitted to the energies of the last W steps,

    b = sum_k (x_k - x) E_k / S,    var b = sum_k (x_k - x)^2 s_k^2 / S^2,    S = sum_k (x_k - x)^2

with x_k the steps taken before point k, x their mean and s_k the standard errors, and the energy
has settled where

    |b| + z sigma_b <= tol

for W = 4, 8, 16, ... and the readings scatter about the line by no more than their errors (below
the 99 % quantile of chi^2; an energy that jumps up and down has not settled). A window of W points
is looked at every W/4 steps, so that a run of N points has L < 2 N looks, and Phi(-z) = 1 % / L: as
long as the energy falls or rises by more than tol a step, a run is called settled with a
probability of at most 1 % (`FALSE_ALARM`), all its looks together.

Where the energy does not change any more, that is seen with a probability of more than 98 % once
sigma_b < tol / 2z. With equal errors sigma_b = s sqrt(12 / (W^3 - W)): shots that are few need long
windows, W ~ (48 z^2 s^2 / tol^2)^(1/3), and `lacking` says how many more would do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    for points in windows(len(rows)):
        if rows[-1].step % _every(points):
            continue
        trend = fitted(rows[-points:])
        if trend is not None and trend.straight and abs(trend.slope) + z * trend.error <= tol:
            return trend
    return None


def fitted(rows: Sequence[Step]) -> Trend | None:
    """The change of the energy a step in a window; None where theta has hardly moved."""
    moves = _moves(rows)
    if moves[-1] < SHORTEST - 2:
        return None
    energies = np.array([row.energy for row in rows])
    return _line(moves, energies, np.array([row.std_error or 0.0 for row in rows]))


def windows(points: int) -> list[int]:
    """The windows that so many points have."""
    return [SHORTEST << k for k in range(max(points.bit_length() - SHORTEST.bit_length() + 1, 0))]


def looks(limit: int) -> int:
    """How often a run of so many points is looked at, at most."""
    return max(sum(-(-limit // _every(points)) for points in windows(limit)), 1)


def _every(points: int) -> int:
    """After how many steps a window is looked at again."""
    return points // SHORTEST


def lacking(rows: Sequence[Step], tol: float, limit: int) -> float:
    """How many times as many shots are needed to see in a run that its energy has settled.

    Of equal errors, and half of its points where it has; at most 1 where there are enough, and
    infinite where no number is.
    """
    spread = float(np.median([row.std_error or 0.0 for row in rows])) if rows else 0.0
    points = (windows(limit // 2) or [SHORTEST])[-1]
    error = spread * math.sqrt(12 / (points**3 - points))
    needed = 2 * deviations(looks(limit), FALSE_ALARM) * error
    return (needed / tol) ** 2 if tol > 0 else math.inf


def _moves(rows: Sequence[Step]) -> Array:
    """How often theta has moved before each point."""
    moved = [float(not np.array_equal(a.theta, b.theta)) for a, b in pairwise(rows)]
    return np.cumsum([0.0, *moved])


def _line(x: Array, energies: Array, spreads: Array) -> Trend:
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
