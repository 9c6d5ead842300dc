"""Results as tables for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qng.geometry import Metric
from qng.geometry.spectrum import measured
from qng.problem.problem import Problem
from qng.report.statistics import accuracy_name, metric_data, problem_data, summaries
from qng.run.results import Comparison, Run, StepReport

if TYPE_CHECKING:
    from qng.run.preview import Preview

LARGEST_PRINTED: Final = 12
"""A metric of more parameters than this is printed as a summary."""

_TERMS_SHOWN: Final = 20


def comparison_table(comparison: Comparison) -> RenderableType:
    """One row a method."""
    has_reference = comparison.reference is not None
    unit = f" ({comparison.unit})" if comparison.unit else ""
    table = _table()
    table.add_column("method")
    table.add_column("lr", justify="right")
    if has_reference:
        for head in ("solved", "steps\nto it", "evals\nto it"):
            table.add_column(head, justify="right")
    what = "final error" if has_reference else "final energy"
    table.add_column(f"{what}{unit}\nmedian [quartiles]", justify="right")
    table.add_column("evals\nin all", justify="right")
    table.add_column("time\n(s)", justify="right")
    centre, edges = ("{:.1e}", "{:.0e}") if has_reference else ("{:.6f}", "{:.3f}")
    for s in summaries(comparison):
        lower, upper = (_shown(value, edges) for value in (s.error.lower, s.error.upper))
        cells = [s.method, _shown(s.learning_rate, "{:g}")]
        if has_reference:
            cells += [
                f"{s.reached}/{s.starts}",
                _shown(s.steps.median, "{:g}", "never"),
                _shown(s.cost.median, "{:g}", "never"),
            ]
        cells += [
            f"{_shown(s.error.median, centre)} [{lower}, {upper}]",
            _shown(s.evaluations.median, "{:g}"),
            _shown(s.seconds.median, "{:.2f}"),
        ]
        _add(table, cells)
    title = comparison.title or comparison.problem
    return _titled(f"{title}: {_starts(comparison)}", table)


def comparison_notes(comparison: Comparison) -> list[str]:
    """What a reader of the table has to know, one line each."""
    notes = []
    if comparison.reference is not None:
        name = accuracy_name(comparison.accuracy, comparison.unit)
        notes.append(
            f"solved: within the {name}, of E_ref = {comparison.reference:.10g} at some step; "
            "steps and evals to it are medians over the solved starts, errors are over all"
        )
    if not {"ng", "diag-ng"}.isdisjoint(comparison.runs):
        notes.append(
            "lr: comparable rates are lr_ng = 4 lr_qng, because the classical Fisher matrix is "
            "I <= 4 g (g: Fubini-Study metric)"
        )
    for s in summaries(comparison):
        if s.failed:
            first = next(run for run in comparison.runs[s.method] if run.failed)
            notes.append(f"failed: {s.failed} of {s.starts} runs of {s.method}; {first.message}")
    return notes


def run_table(run: Run, rows: int = 12) -> RenderableType:
    """The trace, thinned to about so many rows; the first and the last are always there."""
    reference = run.reference
    candidates: list[tuple[str, Callable[[Any], float], str]] = [
        ("step", lambda r: r.step, "{:d}"),
        (f"energy{f' ({run.unit})' if run.unit else ''}", lambda r: r.energy, "{:.8f}"),
        ("error", lambda r: r.energy - (math.nan if reference is None else reference), "{:.1e}"),
        ("+-", lambda r: math.nan if r.std_error is None else r.std_error, "{:.1e}"),
        ("|grad|", lambda r: r.gradient_norm, "{:.1e}"),
        ("length", lambda r: r.length, "{:.1e}"),
        ("rank", lambda r: r.rank or math.nan, "{:d}"),
        ("cond.", lambda r: r.condition, "{:.1e}"),
        ("fidelity", lambda r: r.fidelity, "{:.4f}"),
        ("evals", lambda r: r.evaluations, "{:d}"),
        ("shots", lambda r: r.shots or math.nan, "{:d}"),
    ]
    chosen = [run.trace.rows[k] for k in _thinned(len(run.trace), rows)]
    table = _table()
    columns = []
    for head, value, form in candidates:
        if any(not math.isnan(value(row)) for row in run.trace.rows):
            table.add_column(head, justify="right")
            columns.append((value, form))
    for row in chosen:
        _add(table, [_shown(value(row), form) for value, form in columns])
    return _titled(f"{run.problem}: {run.method}", table)


def run_summary(run: Run) -> Table:
    """How it ended."""
    unit = f" {run.unit}" if run.unit else ""
    noise = "" if run.std_error is None else f" +- {run.std_error:.1e}"
    lines = [("energy", f"{run.fun:.10g}{noise}{unit}")]
    if run.reference is not None and run.error is not None:
        step = run.steps_to()
        when = "not reached" if step is None else f"reached at step {step}"
        lines += [
            ("reference", f"{run.reference:.10g}{unit}"),
            ("error", f"{run.error:.3g}{unit}"),
            (accuracy_name(run.accuracy, run.unit), when),
        ]
    unmet = "; tol was not met" if not (run.success or run.failed) else ""
    return _pairs(
        [
            *lines,
            ("steps", f"{run.nit}"),
            *_form(run),
            ("circuit evaluations", f"{run.nfev}"),
            *([("shots", f"{run.shots}")] if run.shots else []),
            ("seconds", f"{run.seconds:.2f}"),
            ("failed" if run.failed else "ended", run.message + unmet),
        ]
    )


def _form(run: Run) -> list[tuple[str, str]]:
    """The form of the metric, where there was a choice, and the products of an iterative solve."""
    names = {"Implicit": "by products, no matrix", "LowRank": "low rank", "Dense": "dense"}
    found = sorted({names[name] for name in run.trace["metric"] if name in names})
    if not found:
        return []
    products = int(np.sum(run.trace["iterations"]))
    return [("metric", "; ".join(found) + (f" ({products} products)" if products else ""))]


def steps_table(reports: Sequence[StepReport], title: str, unit: str = "") -> RenderableType:
    """One row a method."""
    table = _table()
    table.add_column("method")
    suffix = f"\n({unit})" if unit else ""
    heads = ("lr", "length\n(rad)", "angle to\nqng (deg)", "KL", f"predicted\ndecrease{suffix}")
    for head in (*heads, f"actual\ndecrease{suffix}"):
        table.add_column(head, justify="right")
    for r in reports:
        numbers = [_shown(v, "{:.3e}") for v in (r.kl, r.predicted, r.actual)]
        cells = [_shown(r.eta, "{:g}"), _shown(r.length, "{:.4f}"), _shown(r.angle, "{:.2f}")]
        _add(table, [r.method, *cells, *numbers])
    return _titled(title, table)


STEPS_NOTE: Final = (
    "length: sqrt(d^T g d), g the Fubini-Study metric; KL: of measuring every qubit in the "
    "computational basis, d^T I d / 2 <= 2 length^2 to second order, because I <= 4 g"
)


def metric_table(metric: Metric, parameters: Sequence[str], title: str) -> RenderableType:
    """The matrix: a dot is zero by decision, a number was computed, in brackets its error."""
    errors = metric.std_error
    table = _table()
    table.add_column("")
    for name in parameters:
        table.add_column(Text(name), justify="right")
    for name, row, mask in zip(parameters, metric.dense(), measured(metric), strict=True):
        # Adding 0.0 turns a rounded -0.0 into 0.0.
        cells = [f"{round(v, 4) + 0.0:.4f}" if m else "." for v, m in zip(row, mask, strict=True)]
        if errors is not None:
            k = len(table.rows)
            cells = [
                with_error(v, e) if m else "." for v, e, m in zip(row, errors[k], mask, strict=True)
            ]
        _add(table, [name, *cells])
    return _titled(title, table)


def with_error(value: float, error: float) -> str:
    """A number with the error of its last two digits in brackets, as 0.2475(12)."""
    if not error > 0:
        return f"{round(value, 4) + 0.0:.4f}"
    digits = min(max(1 - math.floor(math.log10(error)), 0), 12)
    return f"{round(value, digits) + 0.0:.{digits}f}({round(error * 10**digits)})"


def metric_summary(metric: Metric, parameters: Sequence[str]) -> Table:
    """Blocks, eigenvalues, rank and condition."""
    data = metric_data(metric, parameters)
    values = [f"{v:.4g}" for v in data["eigenvalues"]]
    if len(values) > LARGEST_PRINTED:
        values = [*values[:6], "...", *values[-3:]]
    filled = int(measured(metric).sum())
    blocks = ["{" + ", ".join(_shortened(block, 8)) + "}" for block in data["blocks"]]
    return _pairs(
        [
            ("parameters", f"{metric.size}"),
            ("entries computed", f"{filled} of {metric.size**2}"),
            (f"blocks ({len(blocks)})", " ".join(_shortened(blocks, 16)) or "none"),
            ("eigenvalues", "  ".join(values) or "none"),
            ("rank", f"{data['rank']} of {metric.size}"),
            ("condition", f"{_shown(data['condition'], '{:.3e}')} (of the nonzero eigenvalues)"),
            ("trace", f"{float(metric.diagonal().sum()):.6g}"),
        ]
    )


def preview_table(preview: Preview) -> RenderableType:
    """One row a quantity, and one for the whole step."""
    table = _table()
    table.add_column("")
    for head in ("circuits", "points", "shots", "two-qubit\ndepth"):
        table.add_column(head, justify="right")
    for name, cost in {**preview.parts, "one step": preview.step}.items():
        shots = f"{cost.shots}" if preview.shots is not None else "exact"
        _add(table, [name, f"{cost.circuits}", f"{cost.points}", shots, f"{cost.depth}"])
    return _titled(f"{preview.problem}: {preview.method} on {preview.executor}", table)


def preview_notes(preview: Preview, steps: int) -> list[str]:
    """What a reader of the table has to know, one line each."""
    notes = [
        "one step: equal circuits are run once; a circuit is one with its measurement basis, a "
        "point one with its angles; depth in CX gates, before any transpilation"
    ]
    if preview.shots is not None:
        notes.append(
            "shots: energy 10 %, the rest half and half; from the second step on they are split "
            "for the smallest variance of the step"
        )
        total = steps * preview.step.shots
        notes.append(f"{steps} steps: {steps} batches, {total:_} shots".replace("_", " "))
    return notes


def problems_table(problems: Sequence[Problem]) -> Table:
    """One row a problem of the library."""
    table = _table()
    for head in ("name", "qubits", "parameters", "terms", "reference energy", "title"):
        words = head in ("name", "title")
        table.add_column(head, justify="left" if words else "right", overflow="fold")
    for problem in problems:
        data = problem_data(problem)
        energy = _shown(data["reference"]["energy"], "{:.8f}") if data["reference"] else "-"
        unit = f" {problem.unit}" if problem.unit else "   "
        counts = [str(data[key]) for key in ("qubits", "parameters", "terms")]
        _add(table, [problem.name, *counts, energy + unit, problem.title])
    return table


def problem_summary(problem: Problem) -> Table:
    """One problem in detail."""
    circuit, reference = problem.circuit, problem.reference_energy()
    unit = f" {problem.unit}" if problem.unit else ""
    terms = [f"{c.real:+.6g} {word}" for word, c in problem.observable]
    start = zip(circuit.parameters, problem.initial, strict=True)
    source = " ".join(problem.source.split())
    return _pairs(
        [
            ("title", problem.title),
            ("source", source or "-"),
            ("qubits", str(circuit.n_qubits)),
            (
                "operations",
                f"{circuit.n_rotations} rotations with parameters, "
                f"{len(circuit.ops) - circuit.n_rotations} gates without, "
                f"{len(circuit.blocks())} blocks of commuting rotations",
            ),
            (
                f"parameters ({circuit.n_parameters})",
                ", ".join(f"{name} = {value:.4g}" for name, value in start),
            ),
            ("frozen", ", ".join(problem.frozen) or "none"),
            (f"observable ({len(terms)} terms)", "  ".join(_shortened(terms, _TERMS_SHOWN))),
            (
                "reference",
                f"{reference.energy:.10g}{unit} ({reference.how})" if reference else "unknown",
            ),
            ("solved within", accuracy_name(problem.accuracy, problem.unit)),
        ]
    )


def _thinned(length: int, rows: int) -> list[int]:
    if rows < 1:
        return []
    if length <= rows:
        return list(range(length))
    return sorted({round(k) for k in np.linspace(0, length - 1, max(rows, 2))})


def _shown(value: float | None, form: str, infinite: str = "inf") -> str:
    if value is None or math.isnan(value):
        return "-"
    return infinite if math.isinf(value) else form.format(value)


def _shortened(items: Sequence[str], most: int) -> list[str]:
    if len(items) <= most:
        return list(items)
    return [*items[: most - 1], f"... {len(items) - most + 1} more"]


def _starts(comparison: Comparison) -> str:
    n = len(comparison.starts)
    return f"{n} start{'s' if n > 1 else ''}, at most {comparison.steps} steps"


def _table() -> Table:
    return Table(box=box.SIMPLE, header_style="bold", padding=(0, 1, 0, 0))


def _titled(title: str, table: Table) -> RenderableType:
    # A title of the table itself would be wrapped at the width of the table.
    return Group(Text(title, style="bold"), table)


def _pairs(lines: Iterable[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for key, text in lines:
        _add(table, [key, text])
    return table


def _add(table: Table, cells: Iterable[str]) -> None:
    # Text, so that a name with brackets is not read as markup.
    table.add_row(*(Text(cell) for cell in cells))
