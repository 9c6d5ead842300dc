"""Axes of pictures: those of `qng.report.spent`, and what pictures need of them."""

from __future__ import annotations

import math

from qng.arrays import Array
from qng.report import spent as spending
from qng.report.profile import cost_to, is_known, known_until
from qng.run.comparison import Comparison
from qng.run.results import Run


def label_of(axis: str, of: Run | Comparison) -> str:
    """The label of an axis.

    Raises:
        UnknownNameError: There is no such axis.
    """
    if axis == "steps":
        return "step"
    return spending.label_of(spending.axis_of(axis), of)


def spent(run: Run, axis: str) -> Array:
    """Spent before each point of a run is known, shape (nit + 1,); see `qng.report.spent`."""
    return spending.spent(run, spending.axis_of(axis))


def cost_of(run: Run, axis: str) -> float:
    """Spent until a run is solved; infinite where it is not, NaN where nobody knows it."""
    return cost_to(run, spending.axis_of(axis))


def least_cost_of(run: Run, axis: str) -> float:
    """Spent at least until a run is solved: one that was cut is known up to there."""
    cost = cost_of(run, axis)
    return cost if math.isfinite(cost) else known_until(run, spending.axis_of(axis))


def default_axis(comparison: Comparison) -> str:
    """Shots where there are any, circuits where energies are exact; steps where nobody knows."""
    axis = spending.default_axis(comparison)
    return axis if len(unknown(comparison, axis)) < len(comparison.runs) else "steps"


def unknown(comparison: Comparison, axis: str) -> list[str]:
    """The methods of which nobody knows what they spend."""
    name = spending.axis_of(axis)
    return [
        method
        for method, runs in comparison.runs.items()
        if not all(is_known(run, name) for run in runs)
    ]


def counted_how(of: Run | Comparison, axis: str) -> str:
    """What a reader of costs has to know."""
    name = spending.axis_of(axis)
    lines = spending.in_words(spending.counting(of, name))
    return " ".join(f"{line[0].upper()}{line[1:]}." for line in lines)
