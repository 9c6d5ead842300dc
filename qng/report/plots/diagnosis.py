"""A picture of a diagnosis: slopes, eigenvalues of metric and Hessian, energies."""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.report.plots import look
from qng.report.plots.bars import Bars
from qng.report.plots.captions import versions_of
from qng.report.plots.lines import Level, Line, Lines
from qng.report.plots.picture import Panel, Picture
from qng.run.diagnosis.diagnosis import Diagnosis
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.reading import root

_MOST: Final = 12


def diagnosis(found: Diagnosis, title: str | None = None, width: float = look.PAGE) -> Picture:
    """The evidence of a diagnosis.

    Args:
        found: Of `qng.diagnose`.
        title: By default what it is of, with the verdict.
        width: Inches.
    """
    e = found.evidence
    panels: list[Panel] = []
    if len(e.gradient):
        panels.append(_slopes(e))
    if len(e.metric):
        panels.append(_spectrum(e.metric, e.metric_error, "eigenvalue of $g$", "metric"))
    if len(e.hessian):
        unit = look.in_units("eigenvalue of $H$", e.unit)
        panels.append(_spectrum(e.hessian, None, unit, "Hessian"))
    panels.append(_energies(e))
    exact = not e.slope.std_error
    none = exact and 0 <= root(e.slope.value) <= e.rounding
    first = f"grad . g^-1 . grad = {0.0 if none else e.slope.value:.4g}"
    if e.slope.std_error:
        first += f" +- {e.slope.std_error:.2g}"
    first += f" {e.unit}^2" if e.unit else ""
    first += f", g by {e.metric_by}" if e.metric_by else ""
    words = found.held[0].title if found.held else "undecided"
    problem = found.made.problem
    name = problem.title or problem.name
    caption = versions_of([found.made])
    shown = (f"{name}: {words}" if name else words) if title is None else title
    return Picture("diagnosis", tuple(panels), f"{shown}\n{first}", caption, columns=2, width=width)


def _slopes(e: Evidence) -> Bars:
    """The largest entries of the gradient."""
    order = np.argsort(-np.abs(e.gradient), kind="stable")[:_MOST]
    expected = None if e.gradient_error is None else e.gradient_error[order]
    slopes = e.gradient[order]
    if expected is None:
        slopes = np.where(np.abs(slopes) <= e.rounding, 0.0, slopes)
    return Bars(
        tuple(e.parameters[k] for k in order),
        slopes,
        look.in_units("slope", e.unit),
        expected,
        said=("slope", "its standard error"),
        title="gradient",
    )


def _spectrum(values: np.ndarray, errors: np.ndarray | None, label: str, title: str) -> Lines:
    place = np.arange(1.0, len(values) + 1)
    lower = None if errors is None else values - errors
    upper = None if errors is None else values + errors
    line = Line("", place, values, lower, upper, mark="points", bars=errors is not None)
    return Lines(
        (line,), "number of the eigenvalue", label, (Level("0", 0.0),), whole=True,
        x_range=(0.5, len(values) + 0.5), title=title, naming="none",
    )  # fmt: skip


def _energies(e: Evidence) -> Bars:
    """The energy here, where minimisations end, and the reference."""
    rows, values = ["here"], [e.energy.value]
    if e.read is not None and e.noise:
        rows.append(f"read by {e.executor}")
        values.append(e.read.value)
    if e.drop is not None and e.drop.value > 0:
        rows.append("down negative curvature")
        values.append(e.energy.value - e.drop.value)
    if e.bottom is not None:
        rows.append("minimised from here")
        values.append(e.bottom)
    if len(e.bottoms):
        rows.append("from random starts, lowest")
        values.append(float(e.bottoms.min()))
    if e.reference is not None:
        zero, label = e.reference, "above the reference"
    else:
        zero, label = min(values), "above the lowest"
    return Bars(
        tuple(rows),
        np.array(values) - zero,
        look.in_units(label, e.unit),
        title="energies",
        colour=0,
    )
