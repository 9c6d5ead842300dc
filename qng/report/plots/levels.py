"""The picture of levels: beside the exact ones, and how far from these they are."""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array
from qng.report.cells import headed
from qng.report.plots import look
from qng.report.plots.captions import versions_of
from qng.report.plots.lines import ROUNDING, Level, Line, Lines
from qng.report.plots.picture import Picture
from qng.report.statistics import accuracy_name
from qng.run.excited.results import ExcitedStates

# Half the length of a dash, in states.
_DASH: Final = 0.3


def levels(found: ExcitedStates, title: str | None = None, width: float = look.PAGE) -> Picture:
    """Energies by the number of the state with the exact levels, and errors beside them.

    Args:
        found: Of `qng.excited.ssvqe` or `vqd`.
        title: Above it; by default the problem's.
        width: Inches.
    """
    x, y, spread = np.arange(float(len(found))), found.energies, found.std_error
    name, across = found.method.upper(), "state"
    low, high = (None, None) if spread is None else (y - spread, y + spread)
    drawn = [Line(name, x, y, low, high, mark="points", bars=True)]
    if found.levels is not None:
        drawn.append(_dashes(found.levels))
    energy = look.in_units("energy", found.goal.unit)
    ends = (-0.5, len(found) - 0.5)
    panels = [Lines(tuple(drawn), across, energy, whole=True, x_range=ends, naming="legend")]
    errors = found.errors
    if errors is not None:
        bound = r" + 2\sigma" if found.exact is None and spread is not None else ""
        panels.append(
            Lines(
                (Line(name, x, errors, mark="points"),),
                across,
                look.in_units(f"$|E_k - e_k|{bound}$", found.goal.unit),
                levels=(Level(_accuracy(found), found.goal.accuracy),),
                log_y=True,
                floor=ROUNDING,
                whole=True,
                x_range=ends,
                naming="legend",
            )
        )
    return Picture(
        "levels",
        tuple(panels),
        headed(found.goal.title or found.goal.name, "levels") if title is None else title,
        _caption(found),
        columns=2,
        width=width if len(panels) > 1 else look.COLUMN,
    )


def _dashes(values: Array) -> Line:
    """The exact levels, each a dash at its place."""
    x = np.concatenate([[k - _DASH, k + _DASH, k + _DASH] for k in range(len(values))])
    y = np.concatenate([[value, value, np.nan] for value in values])
    return Line("exact", x, y, mark="reference")


def _accuracy(found: ExcitedStates) -> str:
    return accuracy_name(found.goal.accuracy, found.goal.unit).partition(",")[0]


def _caption(found: ExcitedStates) -> str:
    recipes = [run.made for run in found.runs if run.made is not None]
    made = found.made
    if made is None:
        return f"{versions_of(recipes)}."
    shots = "exact" if made.shots is None else f"{made.shots} shots a step"
    starts = f", {made.starts} starts" if made.starts > 1 else ""
    said = f"{found.method.upper()} with {made.label}, at most {made.steps} steps{starts}"
    cut = f"; {found.interrupted}" if found.interrupted else ""
    return f"{said}, {made.executor}, {shots}{cut}. {versions_of(recipes)}."
