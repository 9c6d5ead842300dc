"""Levels of a Hamiltonian, as a table and as data."""

from __future__ import annotations

from typing import Any

from qng.report.cells import headed
from qng.report.data import plain
from qng.report.grid import Grid, number, row
from qng.run.excited.results import ExcitedStates


def excited_grid(found: ExcitedStates) -> Grid:
    """The states, a row each.

    Args:
        found: Of `qng.excited.ssvqe` or `vqd`.
    """
    unit = f" ({found.goal.unit})" if found.goal.unit else ""
    rows = []
    for one in found.rows():
        energy, spread = number(one["energy"], "{:.8g}"), one["std_error"]
        cells = [energy] if spread is None else [energy, number(spread, "{:.1e}")]
        cells += [number(one["excitation"], "{:.6g}"), number(one["overlap"], "{:.1e}")]
        if found.levels is not None:
            cells += [number(one["level"], "{:.8g}"), number(one["error"], "{:.1e}")]
        rows.append(row(str(one["state"]), *cells))
    heads = ["state", f"energy{unit}", *([] if found.std_error is None else ["std. error"])]
    heads += [f"excitation{unit}", "largest overlap\nwith one below"]
    heads += [] if found.levels is None else [f"exact level{unit}", "error"]
    return Grid(
        title=headed(found.goal.title or found.goal.name, f"levels by {found.method.upper()}"),
        heads=tuple(heads),
        rows=tuple(rows),
        notes=(found.message,),
        name=f"levels-{found.goal.name}",
    )


def excited_data(found: ExcitedStates) -> dict[str, Any]:
    """Everything but the traces of the runs.

    Args:
        found: Of `qng.excited.ssvqe` or `vqd`.
    """
    names = ("points", "exact", "overlaps", "overlap_errors", "weights", "references", "message")
    return plain(
        {
            "problem": found.goal.name,
            "method": found.method,
            "unit": found.goal.unit,
            "accuracy": found.goal.accuracy,
            "states": found.rows(),
            **{name: getattr(found, name) for name in names},
        }
    )
