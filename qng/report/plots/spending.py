"""What was spent before each point of a run is known, along the axes of pictures."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.stats import binomtest

from qng.arrays import Array
from qng.errors import InputError
from qng.run.results import Comparison, Run

_LABELS: Final = {
    "steps": "step",
    "circuits": "circuit evaluations",
    "shots": "shots",
    "seconds": "wall time (s)",
}


def label_of(axis: str) -> str:
    """The label of an axis.

    Raises:
        InputError: There is no such axis.
    """
    if axis not in _LABELS:
        raise InputError(f"there is no axis {axis!r}; there are {', '.join(_LABELS)}")
    return _LABELS[axis]


def spent(run: Run, axis: str) -> Array:
    """Spent before each point of a run is known, shape (nit + 1,)."""
    label_of(axis)
    if axis == "steps":
        return np.arange(len(run.trace), dtype=float)
    column = {"circuits": "evaluations"}.get(axis, axis)
    return np.concatenate([[0.0], run.trace[column].astype(float)[:-1]])


def default_axis(comparison: Comparison) -> str:
    """Shots where there are any; circuits where energies are exact."""
    counted = any(run.shots for runs in comparison.runs.values() for run in runs)
    return "shots" if counted else "circuits"


def wilson(k: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of k in n."""
    if n == 0:
        return 0.0, 1.0
    found = binomtest(k, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)
