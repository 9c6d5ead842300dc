"""Axes of pictures: those of `qng.report.spent`, and what pictures need of them."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest

from qng.arrays import Array
from qng.report import spent as spending
from qng.run.results import Comparison, Run


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


def default_axis(comparison: Comparison) -> str:
    """Shots where there are any; circuits where energies are exact."""
    return spending.default_axis(comparison)


def unknown(comparison: Comparison, axis: str) -> list[str]:
    """The methods of which nobody knows what they spend."""
    return [
        method
        for method, runs in comparison.runs.items()
        if any(np.isnan(spent(run, axis)).any() for run in runs)
    ]


def wilson(k: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of k in n."""
    if n == 0:
        return 0.0, 1.0
    found = binomtest(k, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)
