"""A scan along a coordinate as a table for people and as data for machines."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from qng.problem.molecule.reference import LOWER
from qng.report import cells
from qng.report.data import plain
from qng.report.grid import Cell, Grid, measured, number, row
from qng.report.statistics import accuracy_name
from qng.run.scanned import Scan

NOTE: Final = (
    "start: whence the lowest energy came: up from the point before, down from the one after, own "
    "from where the problem starts. error: E - E_exact. solved: as judged by `qng run`, with shots "
    "from the energies of its points without them."
)


def scan_data(found: Scan) -> dict[str, Any]:
    """A scan: how it was made, and one list a column with a value a point."""
    setting, points = found.setting, found.points
    molecule = {
        key: value
        for key, value in setting.molecule.items()
        if value is None or isinstance(value, (str, int, float, bool))
    }
    return plain(
        {
            "title": found.title,
            "unit": found.unit,
            "of": setting.of,
            "molecule": molecule,
            "coordinate": setting.coordinate,
            "method": setting.label,
            "executor": setting.executor,
            "shots": None if setting.shots is None else str(setting.shots),
            "values": found.values,
            "energy": found.energies,
            "std_error": found.std_errors,
            "exact": found.exact,
            "hartree_fock": found.hartree_fock,
            "error": found.errors,
            "steps": [point.run.nit for point in points],
            "start": [point.way for point in points],
            "solved": found.solved_points,
            "theta": [point.run.x for point in points],
            "energies": [{way: run.fun for way, run in point.runs.items()} for point in points],
            "nonparallelity": found.nonparallelity,
            "evaluations": sum(run.nfev for point in points for run in point.runs.values()),
            "interrupted": found.interrupted,
            **_levels(found),
            "missing": dict(found.missing),
            "how": [point.how for point in points],
        }
    )


def _levels(found: Scan) -> dict[str, Any]:
    """The levels at every point, of a scan of several."""
    if found.setting.levels == 1:
        return {}
    return {"levels": found.levels, "exact_levels": found.exact_levels}


def levels_grid(found: Scan) -> Grid:
    """A row a point of a scan of several levels, each with its error."""
    unit, known = (f" ({found.unit})" if found.unit else ""), found.exact_levels
    is_known = bool(np.any(np.isfinite(known)))
    heads = [found.setting.coordinate]
    for k in range(found.setting.levels):
        heads += [f"level {k}{unit}", *(["error"] if is_known else [])]
    rows = []
    for point, energies, exact in zip(found.points, found.levels, known):
        line: list[Any] = [number(point.value, "{:.6g}")]
        for energy, level in zip(energies, exact):
            line.append(number(float(energy), "{:.8f}"))
            line += [number(float(energy - level), "{:.2e}")] if is_known else []
        rows.append(row(*line, number(float(point.run.nit), "{:.0f}"), point.way))
    return Grid(
        title=cells.headed(found.title, f"levels by {found.setting.label}"),
        heads=(*heads, "steps", "start"),
        rows=tuple(rows),
        name="scan",
        words=0,
    )


def scan_grid(found: Scan) -> Grid:
    """A row a point; columns without a number are left out."""
    if found.setting.levels > 1:
        return levels_grid(found)
    unit = f" ({found.unit})" if found.unit else ""
    errors = found.std_errors
    has = {
        "hf": bool(np.any(np.isfinite(found.hartree_fock))),
        "exact": bool(np.any(np.isfinite(found.exact))),
    }
    heads = [found.setting.coordinate]
    heads += [f"Hartree-Fock{unit}"] if has["hf"] else []
    heads += [f"{found.setting.label}{unit}"]
    heads += [f"exact{unit}", f"error{unit}", "solved"] if has["exact"] else []
    heads += ["steps", "start"]
    rows = []
    for k, point in enumerate(found.points):
        run = point.run
        line: list[Any] = [number(point.value, "{:.6g}")]
        line += [number(point.hartree_fock, "{:.8f}")] if has["hf"] else []
        line.append(measured(run.fun, None if errors is None else float(errors[k]), 8))
        if has["exact"]:
            known = run.solved
            word = "-" if known is None else "yes" if known else "no"
            line += [number(run.reference, "{:.8f}"), _error(found, k)]
            line.append("failed" if run.failed else word)
        line += [number(float(run.nit), "{:.0f}"), point.way]
        rows.append(row(*line))
    return Grid(
        title=cells.headed(found.title, found.setting.label),
        heads=tuple(heads),
        rows=tuple(rows),
        name="scan",
        words=0,
    )


def _error(found: Scan, k: int) -> Cell:
    error, errors = float(found.errors[k]), found.std_errors
    if errors is None:
        return number(error, "{:.2e}")
    return measured(error, float(errors[k]), 8)


def scan_lines(found: Scan) -> list[tuple[str, str]]:
    """How it ended, how far it is from the exact curve, and what it cost."""
    setting, runs = found.setting, [run for p in found.points for run in p.runs.values()]
    unit = f" {found.unit}" if found.unit else ""
    lines = [("points", f"{len(found)} of {len(setting.values)}")]
    if found.points and np.any(np.isfinite(found.exact)):
        where = f"reached at {found.solved} point(s)"
        where += " by all levels" if found.setting.levels > 1 else ""
        lines.append((accuracy_name(found.level_accuracy, found.unit), where))
    if setting.levels > 1 and (setting.shots is not None or setting.executor != "statevector"):
        lines.append(("levels", "of the states themselves, without shots and noise"))
    if found.nonparallelity is not None and found.setting.levels == 1:
        lines.append(("nonparallelity", f"{found.nonparallelity:.3g}{unit}"))
    lines += [
        ("steps", f"{sum(run.nit for run in runs)} in {len(runs)} run(s)"),
        ("circuit evaluations", f"{sum(run.nfev for run in runs)}"),
        ("seconds", f"{sum(run.seconds for run in runs):.3g}"),
    ]
    failed = sum(point.run.failed for point in found.points)
    lines += [("failed", f"{failed} point(s)")] if failed else []
    below = [f"{point.value:g}" for point in found if LOWER in (point.how or "")]
    if below:
        which = below[0] if len(below) == 1 else f"{len(below)} points, {below[0]} to {below[-1]},"
        text = f"at {which} {LOWER} of another spin or symmetry: `how` of --json"
        lines.append(("note", text))
    if out := found.left:
        text = (
            f"at {len(out)} point(s), {out[0]:g} first, states lie below the levels of the sector, "
            "which the circuit leaves: add a penalty (qng.symmetries.penalised)"
        )
        lines.append(("sector", text))
    lines += [("missing", f"{value}: {why}") for value, why in found.missing.items()]
    lines += [("cut", found.interrupted)] if found.interrupted else []
    return lines
