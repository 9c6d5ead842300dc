"""The picture of one run: its errors or energies, and its gradients."""

from __future__ import annotations

from typing import Literal

import numpy as np

from qng.arrays import Array
from qng.report.cells import headed
from qng.report.plots import look
from qng.report.plots.along import accuracy_levels, energy_label, sampled
from qng.report.plots.captions import caption_of
from qng.report.plots.lines import ROUNDING, Line, Lines
from qng.report.plots.picture import Picture
from qng.report.spent import of_models
from qng.report.statistics import distances, ground_of
from qng.run.results import Run


def trace(run: Run) -> Picture:
    """The error, or E where there is no reference, and |grad E| of one run against the step.

    Energies that are sampled have a band; where the run is judged by the exact energies of its
    points, the readings stand beside them.
    """
    known = run.reference is not None
    values = distances(run)
    place = np.arange(len(values), dtype=float)
    mark: Literal["both", "line"] = "both" if len(values) <= 40 else "line"
    band = sampled(run)
    lower, upper = (None, None) if band is None else (band.lower, band.upper)
    drawn = (Line(run.method, place, values, lower, upper, mark), *_readings(run, place))
    said = [run.message.partition(":")[0], *([] if band is None else [band.words])]
    top = Lines(
        lines=drawn,
        x_label="step",
        y_label=energy_label(run),
        levels=accuracy_levels(run),
        log_y=known,
        whole=True,
        floor=ROUNDING if known else 0.0,
        title=headed(run.problem, run.method),
        note="; ".join([*said, *(["circles: readings, 1 standard error"] if drawn[1:] else [])]),
        naming="ends",
    )
    norms = Line("", place, run.trace["gradient_norm"], mark=mark, like=run.method)
    bottom = Lines(
        lines=(norms,),
        x_label="step",
        y_label=f"gradient norm{_per(run)}",
        log_y=True,
        whole=True,
        tall=0.75,
    )
    return Picture("trace", (top, bottom), "", caption_of(run), columns=1, width=4.4)


def _readings(run: Run, place: Array) -> tuple[Line, ...]:
    """What was measured, where the run is judged by exact energies of its points."""
    if ground_of(run) != "points":
        return ()
    values, errors = run.trace["energy"], np.nan_to_num(run.trace["std_error"])
    if run.reference is not None:
        values = np.abs(values - run.reference)
    lower, upper = values - errors, values + errors
    return (Line("", place, values, lower, upper, "open", bars=True, like=run.method),)


def _per(run: Run) -> str:
    """The unit of a gradient: per radian of a circuit's angles."""
    angle = "" if of_models(run) else "/rad"
    return f" ({look.plain(run.unit)}{angle})" if run.unit else ""
