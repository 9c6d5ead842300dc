"""Levels of a Hamiltonian, as a table and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qng.report.cells import headed
from qng.report.data import plain
from qng.report.grid import Grid, number, row, said
from qng.report.statistics import accuracy_name
from qng.run.excited.results import ExcitedStates
from qng.run.preview import Preview


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
            cells.append(said("yes" if one["solved"] else found.why_not(one["state"])))
        rows.append(row(str(one["state"]), *cells))
    heads = ["state", f"energy{unit}", *([] if found.std_error is None else ["std. error"])]
    heads += [f"excitation{unit}", "largest overlap\nwith one below"]
    heads += [] if found.levels is None else [f"exact level{unit}", "error", "solved"]
    return Grid(
        title=headed(found.goal.title or found.goal.name, f"levels by {found.method.upper()}"),
        heads=tuple(heads),
        rows=tuple(rows),
        notes=tuple(f"{key}: {text}" for key, text in excited_lines(found)),
        name=f"levels-{found.goal.name}",
    )


def excited_lines(found: ExcitedStates) -> list[tuple[str, str]]:
    """What it cost, where it was cut, and what is to be distrusted.

    Args:
        found: Of `qng.excited.ssvqe` or `vqd`.
    """
    lines = []
    if found.solved is not None:
        accuracy = accuracy_name(found.goal.accuracy, found.goal.unit)
        lines.append((accuracy, f"reached by {sum(found.solved)} of {len(found)} state(s)"))
    if found.levels is not None and found.exact is not None:
        lines.append(("errors", "of the states themselves, without shots and noise"))
    elif found.levels is not None and found.std_error is not None:
        lines.append(("errors", "with two standard errors added"))
    if found.method == "vqd" and len(found) > 1:
        lines.append(("penalties", ", ".join(f"{beta:.4g}" for beta in found.weights)))
    if found.references:
        lines.append(("references", ", ".join(found.references)))
    if found.nfev:
        lines.append(("circuit evaluations", str(found.nfev)))
    lines += [("shots", str(found.shots))] if found.shots else []
    lines += [("cut", found.interrupted)] if found.interrupted else []
    return [*lines, ("states", found.message)]


def excited_data(found: ExcitedStates) -> dict[str, Any]:
    """Everything but the traces of the runs.

    Args:
        found: Of `qng.excited.ssvqe` or `vqd`.
    """
    names = ["points", "exact", "overlaps", "overlap_errors", "weights", "references", "outside"]
    names += ["ritz", "nfev", "shots", "interrupted", "message"]
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


def cost_grid(previews: Sequence[Preview], steps: int, starts: int) -> Grid:
    """What the runs of a search would cost, a row each.

    Args:
        previews: Of a step of each.
        steps: Of every run.
        starts: Of every state.
    """
    rows = [
        row(
            preview.problem,
            number(float(preview.step.circuits), "{:.0f}"),
            number(float(preview.step.points), "{:.0f}"),
            number(float(preview.step.shots + sum(preview.search)), "{:.0f}"),
            number(float(starts * preview.total(steps)), "{:.0f}"),
        )
        for preview in previews
    ]
    heads = ("run", "circuits", "points", "shots a step", f"shots of {steps} steps")
    if starts > 1:
        heads = (*heads[:-1], f"{heads[-1]}, {starts} starts")
    title = f"{previews[0].method} on {previews[0].executor}: nothing was run"
    return Grid(title=title, heads=heads, rows=tuple(rows), name="cost")


def cost_data(previews: Sequence[Preview], steps: int, starts: int) -> dict[str, Any]:
    """The same as data; arguments as of `cost_grid`."""
    return plain(
        {
            "method": previews[0].method,
            "executor": previews[0].executor,
            "steps": steps,
            "starts": starts,
            "runs": [
                {
                    "problem": preview.problem,
                    "circuits": preview.step.circuits,
                    "points": preview.step.points,
                    "shots_per_step": preview.step.shots + sum(preview.search),
                    "shots": starts * preview.total(steps),
                }
                for preview in previews
            ],
        }
    )
