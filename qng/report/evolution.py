"""An evolution in time as data for machines and as a table for people."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from rich.console import RenderableType
from rich.table import Table

from qng.arrays import Array
from qng.geometry import SmoothCutoff
from qng.report import cells
from qng.report.data import plain
from qng.report.grid import Grid, number, rich
from qng.run.evolution import Evolution
from qng.run.target import is_of_models

NOTE: Final = (
    "1-F: infidelity to exact evolution from the same state. residual: the speed at which the "
    "state leaves the equation of motion; drift: its integral, in real time a bound on the angle "
    "to the exact state. length: of the path of the state, radians."
)

_ROWS: Final = 12

_COLUMNS: Final = ("time", "energy", "variance", "speed", "length", "residual", "drift", "rank")


def evolution_data(found: Evolution) -> dict[str, Any]:
    """An evolution: everything.

    Returns:
        How it was made and how it ended, one list a column with a value a time, the points in
        radians, means of observables, and the same of exact evolution.
    """
    made, exact = found.made, found.exact
    return plain(
        {
            "problem": found.goal.name,
            "unit": found.goal.unit,
            "kind": made.kind,
            "principle": made.principle,
            "integrator": made.integrator.name,
            "rtol": made.integrator.rtol,
            "atol": made.integrator.atol,
            "step": made.integrator.step,
            "solve": repr(made.solve),
            "executor": made.executor,
            "success": found.success,
            "message": found.message,
            "steps": found.steps,
            "evaluations": found.nfev,
            "x": found.x,
            **{f"{column}s" if column == "time" else column: found[column] for column in _COLUMNS},
            "condition": found["condition"],
            "theta": found.points,
            "means": found.means,
            "exact": None
            if exact is None
            else {
                "energy": exact.energies,
                "infidelity": found.infidelities,
                "ground_weight": exact.ground,
                "means": exact.means,
            },
        }
    )


def evolution_table(found: Evolution, rows: int = _ROWS) -> RenderableType:
    """Some of the rows for a terminal; see `evolution_grid`."""
    return rich(evolution_grid(found, rows))


def evolution_grid(found: Evolution, rows: int = _ROWS) -> Grid:
    """Some of the rows; columns without a number are left out.

    Args:
        found: The evolution.
        rows: About how many; the first and the last are always there.
    """
    unit = f" ({found.goal.unit})" if found.goal.unit else ""
    exact = None if found.exact is None else found.exact.energies
    word = "loss" if is_of_models(found.made.problem) and exact is None else "energy"
    columns: list[tuple[str, Array | None, str]] = [
        ("t" if found.real else "tau", found.times, "{:.4g}"),
        (f"{word}{unit}", found.energies, "{:.8f}"),
        (f"exact{unit}", exact, "{:.8f}"),
        ("1-F", None if exact is None else found.infidelities, "{:.1e}"),
        ("residual", found["residual"], "{:.1e}"),
        ("drift", found["drift"], "{:.2e}"),
        ("length", found["length"], "{:.4f}"),
    ]
    for name, values in found.means.items():
        columns.append((f"<{name}>", values, "{:.6f}"))
        columns.append(
            ("exact", None if found.exact is None else found.exact.means[name], "{:.6f}")
        )
    columns.append(("rank", found["rank"], "{:.0f}"))
    shown = [(head, v, form) for head, v, form in columns if v is not None and np.any(~np.isnan(v))]
    title = found.goal.title or found.goal.name
    return Grid(
        title=cells.headed(title, kind_in_words(found)),
        heads=tuple(head for head, _, _ in shown),
        rows=tuple(
            tuple(number(float(values[k]), form) for _, values, form in shown)
            for k in cells.thinned(len(found), rows)
        ),
        name=f"evolution-{found.goal.name}",
        words=0,
    )


def evolution_summary(found: Evolution) -> Table:
    """How it ended, for a terminal."""
    return cells.pairs(summary_lines(found))


def summary_lines(found: Evolution) -> list[tuple[str, str]]:
    """How it ended, how far it went, and what it cost."""
    made, integrator = found.made, found.made.integrator
    how = (
        f"Euler's steps of {integrator.step:g}"
        if integrator.name == "euler"
        else f"{integrator.name}, rtol {integrator.rtol:g}, atol {integrator.atol:g}"
    )
    solve = "" if made.principle == "tdvp" or made.solve == SmoothCutoff() else repr(made.solve)
    reference = found.goal.reference
    last = found.moments[-1]
    lines: list[tuple[str, str]] = [("energy at the end", f"{last.energy:.10g} {found.goal.unit}")]
    if found.exact is not None:
        angle = math.acos(math.sqrt(min(float(found.exact.fidelities[-1]), 1.0)))
        lines.append(("exact", f"{found.exact.energies[-1]:.10g} {found.goal.unit}"))
        lines.append(("angle to the exact state", f"{angle:.3g} rad"))
    if last.drift is not None:
        lines.append(("drift", f"{last.drift:.3g} rad"))
    if reference is not None and not found.real:
        lines.append(("above the reference", f"{last.energy - reference:.3g} {found.goal.unit}"))
    lines += [
        ("integrator", how),
        *([("solver", solve)] if solve else []),
        ("steps", f"{found.steps}"),
        ("equations", f"{found.nfev}"),
        ("ended" if found.success else "failed", found.message),
    ]
    return [(name, value.strip()) for name, value in lines]


def kind_in_words(found: Evolution) -> str:
    """Such as "imaginary time (McLachlan)"."""
    names: dict[str, str] = {"mclachlan": "McLachlan", "tdvp": "TDVP"}
    return f"{found.made.kind} time ({names[found.made.principle]})"
