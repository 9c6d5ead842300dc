"""Pictures at a point: metric, Berry curvature, the steps that methods would take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng.errors import InputError
from qng.geometry import Metric
from qng.geometry.spectrum import decomposed, measured, spectrum
from qng.report.plots import look
from qng.report.plots.bars import Bars
from qng.report.plots.captions import versions_of
from qng.report.plots.matrix import Eigenvalues, HeatMap
from qng.report.plots.picture import Picture
from qng.run.results import StepReport


def metric(
    metric: Metric, parameters: Sequence[str], title: str = "", label: str = "entry of $g$"
) -> Picture:
    """The matrix M as a heat map, with its eigenvalues beside it.

    Hatched entries are zero by decision. Eigenvalues below the rounding floor are drawn open, on
    the floor. Where the metric is estimated its errors are shown: entries within two of them of
    zero have a dot, eigenvalues have bars.

    Args:
        metric: Of P parameters.
        parameters: Their names.
        title: Above it.
        label: Of the colour bar.
    """
    return Picture(
        "metric",
        (heat_map_of(metric, parameters, label), eigenvalues_of(metric)),
        title,
        f"{metric.size} parameters. {versions_of()}.",
        columns=2,
        width=look.PAGE,
        shares=(1.3, 1.0),
    )


def heat_map(
    matrix: ArrayLike,
    parameters: Sequence[str] = (),
    *,
    std_error: ArrayLike | None = None,
    title: str = "",
    label: str = "entry",
    caption: str = "",
    width: float = look.COLUMN,
) -> Picture:
    """Any square matrix as colours, zero white.

    Args:
        matrix: Shape (P, P).
        parameters: Names of rows and columns; by default their numbers.
        std_error: Of the entries.
        title: Above it.
        label: Of the colour bar, with the unit.
        caption: Below it.
        width: Inches.
    """
    values = np.asarray(matrix, dtype=float)
    if values.ndim != 2 or len(values) != values.shape[1]:
        raise InputError(f"a heat map is of a square matrix, not of shape {values.shape}")
    names = tuple(parameters) or tuple(map(str, range(len(values))))
    if len(names) != len(values):
        raise InputError(f"{len(names)} names for {len(values)} rows")
    errors = None if std_error is None else np.asarray(std_error, dtype=float)
    panel = HeatMap(values, np.ones(values.shape, dtype=bool), names, label, errors)
    return Picture("heat map", (panel,), title, caption, width=width)


def eigenvalues(
    values: ArrayLike,
    *,
    floor: float = 0.0,
    std_error: ArrayLike | None = None,
    title: str = "",
    label: str = "eigenvalue",
    caption: str = "",
    width: float = look.COLUMN,
) -> Picture:
    """The eigenvalues of a matrix.

    Args:
        values: Shape (P,), in any order.
        floor: At or below it one is rounding.
        std_error: Of every one, shape (P,).
        title: Above it.
        label: Of the vertical axis.
        caption: Below it.
        width: Inches.
    """
    given = np.atleast_1d(np.asarray(values, dtype=float))
    order = np.argsort(-given, kind="stable")
    errors = None if std_error is None else np.asarray(std_error, dtype=float)[order]
    panel = Eigenvalues(given[order], float(floor), errors, label)
    return Picture("spectrum", (panel,), title, caption, width=width)


def curvature(found: Any, parameters: Sequence[str], title: str = "", caption: str = "") -> Picture:
    """The Berry curvature F as a heat map; it is antisymmetric.

    Args:
        found: Of `qng.berry_curvature`: an array of shape (P, P), or an estimate with errors.
        parameters: Names of the P parameters.
        title: Above it.
        caption: Below it.
    """
    values, errors = getattr(found, "value", found), getattr(found, "std_error", None)
    picture = heat_map(
        values,
        parameters,
        std_error=errors,
        title=title or "Berry curvature",
        label="$F_{ij}$",
        caption=caption or f"F = 2 Im <d_i psi|d_j psi>. {versions_of()}.",
    )
    return Picture("curvature", picture.panels, picture.title, picture.caption)


def steps(reports: Sequence[StepReport], title: str = "", unit: str = "") -> Picture:
    """The predicted and the actual decrease of every method, and the length of its step.

    Args:
        reports: One a method, at one point.
        title: Above it.
        unit: Of the energies.
    """
    names = tuple(report.method for report in reports)
    left = Bars(
        names,
        np.array([report.actual for report in reports]),
        look.in_units("decrease of the energy", unit),
        np.array([report.predicted for report in reports]),
        colour=1,
    )
    lengths = np.array([report.length for report in reports])
    right = Bars(names, lengths, "Fubini-Study length (rad)", colour=2, unnamed=True)
    caption = f"one step from the same point. {versions_of()}."
    return Picture("steps", (left, right), title, caption, columns=2, width=5.6, shares=(1.2, 1.0))


def heat_map_of(metric: Metric, parameters: Sequence[str], label: str) -> HeatMap:
    """The panel of the entries of a metric."""
    errors = metric.std_error
    return HeatMap(
        np.asarray(metric.dense(), dtype=float),
        measured(metric),
        tuple(parameters),
        label,
        None if errors is None else np.asarray(errors, dtype=float),
    )


def eigenvalues_of(metric: Metric) -> Eigenvalues:
    """The panel of the eigenvalues of a metric, with their errors where it has any."""
    if metric.std_error is None:
        values, floor = spectrum(metric)
        return Eigenvalues(np.array(values), floor)
    values, _, errors = decomposed(metric)
    return Eigenvalues(values[::-1].copy(), 0.0, errors[::-1].copy())
