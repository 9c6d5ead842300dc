"""The picture of a scan: the curve with the exact one, and its error."""

from __future__ import annotations

import numpy as np

from qng.report.plots import look
from qng.report.plots.captions import versions_of
from qng.report.plots.lines import ROUNDING, Level, Line, Lines
from qng.report.plots.picture import Picture
from qng.run.scanned import Scan


def scan(found: Scan, title: str | None = None, width: float = 4.4) -> Picture:
    """Energies along the coordinate with Hartree-Fock and the exact curve, and errors below.

    Args:
        found: The scan.
        title: Above it; by default the problem's.
        width: Inches.
    """
    if found.setting.levels > 1:
        return _of_levels(found, title, width)
    x, setting = found.values, found.setting
    drawn = []
    if np.any(np.isfinite(found.hartree_fock)):
        drawn.append(Line("Hartree-Fock", x, found.hartree_fock))
    drawn.append(_measured(found))
    is_known = bool(np.any(np.isfinite(found.exact)))
    if is_known:
        drawn.append(Line("exact", x, found.exact, mark="reference"))
    across = look.plain(setting.coordinate)
    panels = [Lines(tuple(drawn), across, look.in_units("energy", found.unit))]
    if is_known:
        panels.append(_errors(found, across))
    return Picture(
        "scan",
        tuple(panels),
        found.title if title is None else title,
        _caption(found),
        columns=1,
        width=width,
    )


def _of_levels(found: Scan, title: str | None, width: float) -> Picture:
    """Every level along the coordinate with the exact one, and the errors below."""
    x, across = found.values, look.plain(found.setting.coordinate)
    names = [f"level {k}" for k in range(found.setting.levels)]
    known = found.exact_levels
    drawn = [Line(name, x, y, mark="points") for name, y in zip(names, found.levels.T)]
    drawn += [
        Line("" if k else "exact", x, y, mark="reference")
        for k, y in enumerate(known.T)
        if np.any(np.isfinite(y))
    ]
    panels = [Lines(tuple(drawn), across, look.in_units("energy", found.unit))]
    if np.any(np.isfinite(known)):
        off = [
            Line(name, x, y, mark="both") for name, y in zip(names, np.abs(found.levels - known).T)
        ]
        label = look.in_units("error", found.unit)
        panels.append(Lines(tuple(off), across, label, log_y=True, floor=ROUNDING, tall=0.8))
    heading = found.title if title is None else title
    return Picture("scan", tuple(panels), heading, _caption(found), columns=1, width=width)


def _caption(found: Scan) -> str:
    setting = found.setting
    made = [run.made for point in found.points for run in point.runs.values() if run.made]
    shots = "" if setting.shots is None else f", {setting.shots} shots a step"
    said = f"{setting.label}, at most {setting.steps} steps a point, {setting.executor}{shots}"
    several = " Levels by a weighted sum." if setting.levels > 1 else ""
    return f"{said}.{several} {versions_of(made)}."


def _measured(found: Scan) -> Line:
    """The curve, with error bars where it was sampled."""
    y, errors = found.energies, found.std_errors
    if errors is None:
        return Line(found.setting.label, found.values, y, mark="both")
    return Line(
        found.setting.label, found.values, y, y - errors, y + errors, mark="points", bars=True
    )


def _errors(found: Scan, across: str) -> Lines:
    """Errors: of exact energies on a logarithmic axis, of sampled ones with their bars."""
    accuracy = found.points[0].run.accuracy
    name, y, errors = found.setting.label, found.errors, found.std_errors
    label = look.in_units("error", found.unit)
    if errors is not None:
        line = Line(name, found.values, y, y - errors, y + errors, mark="points", bars=True)
        return Lines((line,), across, label, levels=(Level("accuracy", accuracy),), tall=0.8)
    line = Line(name, found.values, np.abs(y), mark="both")
    levels = (Level("accuracy", accuracy),)
    return Lines((line,), across, label, levels=levels, log_y=True, floor=ROUNDING, tall=0.8)
