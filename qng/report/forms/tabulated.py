"""The tables of a result, with what a reader of each has to know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qng.report.ansatz import geometry_lines
from qng.report.cells import headed
from qng.report.compared import comparison_grid, comparison_notes
from qng.report.diagnosis import diagnosis_grids
from qng.report.evolution import evolution_grid
from qng.report.evolution import summary_lines as evolution_lines
from qng.report.excited import excited_grid
from qng.report.forms.kinds import kind_of, metric_parts, steps_parts
from qng.report.grid import Grid, lines_grid
from qng.report.metrics import title_of
from qng.report.scan import NOTE as SCAN_NOTE
from qng.report.scan import scan_grid, scan_lines
from qng.report.several import by_problem_grid, several_grid, several_notes
from qng.report.spent import axis_of
from qng.report.squares import NOTE as ADAM_NOTE
from qng.report.squares import adam_grid
from qng.report.tables import (
    LARGEST_PRINTED,
    STEPS_NOTE,
    metric_grid,
    metric_lines,
    run_grid,
    run_lines,
    steps_grid,
)
from qng.run.comparison import Comparison
from qng.run.made import MetricResult
from qng.run.several import Comparisons

ROWS = 12
"""Rows of a trace in a table, about, where nothing is said."""


def tables(value: Any, against: str | None = None, rows: int = ROWS) -> tuple[Grid, ...]:
    """The tables that a terminal shows of a result; several of comparisons on several problems.

    Args:
        value: Whatever `save` keeps.
        against: Of comparisons the axis of cost; shots or circuits by default.
        rows: Of a trace about so many, the first and the last among them.

    Raises:
        InputError: A value that has no table.
    """
    kind = kind_of(value)
    if kind == "Comparison":
        return (_compared(value, against),)
    if kind == "Comparisons":
        return _several(value, against)
    if kind == "Run":
        return (replace(run_grid(value, rows), notes=_joined(run_lines(value))),)
    if kind == "Evolution":
        return (replace(evolution_grid(value, rows), notes=_joined(evolution_lines(value))),)
    if kind == "Scan":
        return (replace(scan_grid(value), notes=(*_joined(scan_lines(value)), SCAN_NOTE)),)
    if kind == "ExcitedStates":
        return (excited_grid(value),)
    if kind == "Metric":
        return (_metric(value),)
    if kind == "Steps":
        reports, made = steps_parts(value)
        known = made.get("problem") or {}
        title = known.get("title") or known.get("name") or ""
        head = headed(title, "one step")
        return (replace(steps_grid(reports, head, known.get("unit", "")), notes=(STEPS_NOTE,)),)
    if kind == "Diagnosis":
        return diagnosis_grids(value)
    if kind == "AdamReport":
        title = headed(value.problem, "what Adam divides by")
        return (replace(adam_grid(value, title, rows), notes=(ADAM_NOTE,)),)
    found = getattr(value, "geometry", value)
    title = getattr(value, "title", "") or "geometry of the ansatz"
    return (lines_grid(geometry_lines(found), title, "geometry"),)


def _compared(compared: Comparison, against: str | None) -> Grid:
    axis = None if against is None else axis_of(against)
    return replace(comparison_grid(compared, axis), notes=tuple(comparison_notes(compared, axis)))


def _several(several: Comparisons, against: str | None) -> tuple[Grid, ...]:
    axis = None if against is None else axis_of(against)
    over = replace(several_grid(several, axis), notes=tuple(several_notes(several, axis)))
    each = (
        replace(_compared(compared, against), name=f"comparison-{name}")
        for name, compared in several.problems.items()
    )
    return (*each, over, by_problem_grid(several, axis))


def _metric(value: Any) -> Grid:
    metric, names, _ = metric_parts(value)
    head = title_of(value) if isinstance(value, MetricResult) else "metric"
    lines = metric_lines(metric, names)
    if metric.size > LARGEST_PRINTED:
        return lines_grid(lines, head, "metric")
    wanted = ("eigenvalues", "rank", "condition", "trace")
    notes = _joined([line for line in lines if line[0] in wanted])
    return replace(metric_grid(metric, names, head), notes=notes)


def _joined(lines: list[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{key}: {text}" for key, text in lines)
